// Package auth makes keys, and decides what their holders may do. It reads no
// requests: web hands it the text of a key and the address that it came from.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"multivac"
)

// The text of a key is mvk_<id>_<secret><checksum>: 10 letters and digits that name
// the key, 52 for 256 random bits, and 7 that show whether it was mistyped or cut
// off, without a look into the store.
const (
	prefix       = "mvk_"
	idBytes      = 6
	idLen        = 10
	secretBytes  = 32
	secretLen    = 52
	checkLen     = 7
	textLen      = len(prefix) + idLen + 1 + secretLen + checkLen
	longestInput = 256 // bytes of what can be a key, with room for spaces
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewText returns the text of a new key, and its ID.
func NewText() (multivac.KeyID, multivac.KeyText) {
	b := make([]byte, idBytes+secretBytes)
	rand.Read(b) // never fails
	id := letters.EncodeToString(b[:idBytes])
	text := prefix + id + "_" + letters.EncodeToString(b[idBytes:])
	return multivac.KeyID(id), multivac.KeyText(text + checksum(text))
}

func checksum(s string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(s)))
	return letters.EncodeToString(sum[:])
}

// Parse returns the ID in the text of a key, or an ErrUnauthorized if the text is
// no key. It does not look for the key.
func Parse(text multivac.KeyText) (multivac.KeyID, error) {
	id, err := shaped(text)
	if err != nil {
		return "", err
	}
	s := string(text)
	if subtle.ConstantTimeCompare([]byte(checksum(s[:len(s)-checkLen])), []byte(s[len(s)-checkLen:])) == 0 {
		return "", errMistyped()
	}
	return id, nil
}

// shaped is Parse without the checksum, which is not needed for a key whose hash is
// right.
func shaped(text multivac.KeyText) (multivac.KeyID, error) {
	s := string(text)
	if !strings.HasPrefix(s, prefix) {
		return "", multivac.Errorf(multivac.ErrUnauthorized, "send a key that `multivac keys create` made; it begins with mvk_", "what was sent is no key")
	}
	if len(s) != textLen || s[len(prefix)+idLen] != '_' {
		return "", errMistyped()
	}
	return multivac.KeyID(s[len(prefix) : len(prefix)+idLen]), nil
}

func errMistyped() error {
	return multivac.Errorf(multivac.ErrUnauthorized, "copy it whole, from mvk_ to its end", "the key is cut off or mistyped")
}

// Hash returns what is stored of a key. Slow hashes such as bcrypt protect secrets
// that people choose, of which there are few enough to try. 256 random bits cannot
// be tried, so SHA-256 protects them as well, and each request pays little.
func Hash(text multivac.KeyText) multivac.KeyHash {
	var b [textLen]byte // stays on the stack
	return sha256.Sum256(append(b[:0], text...))
}

// matches compares in constant time.
func matches(a, b multivac.KeyHash) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// ReadText returns the text of the key in what a file or a header holds.
func ReadText(s string) multivac.KeyText { return multivac.KeyText(strings.TrimSpace(s)) }
