package cache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"

	"multivac"
)

// prefix begins the name of every entry in Redis, so that an ACL can restrict a
// user to it: ~multivac:answer:*
var prefix = fmt.Sprintf("multivac:answer:%d:", encoding)

// A sealer encrypts entries. Each has a key of its own, made from the secret of
// the store and the entry's key in the cache.
//
// Without the secret, nobody can read an entry, make one, or move one to
// another place. The entry's key contains the fingerprint of the collection. So
// the key of its encryption exists only as long as the collection has the
// content that the answer was made from. A deletion removes it, in every
// process that has followed the deletion, and the rest in Redis is noise.
type sealer struct{ secret []byte }

func newSealer(secret []byte) (sealer, error) {
	// Not the secret itself, from which other keys are made, too.
	key, err := hkdf.Key(sha256.New, secret, nil, "multivac: answers in the far cache", sha512.BlockSize)
	return sealer{key}, err
}

// entry returns the name of an entry in Redis and the cipher that encrypts it.
func (s sealer) entry(key string) (name string, aead cipher.AEAD, err error) {
	mac := hmac.New(sha512.New, s.secret)
	mac.Write([]byte{encoding})
	mac.Write([]byte(key))
	sum := mac.Sum(nil)
	block, err := aes.NewCipher(sum[32:])
	if err != nil {
		return "", nil, err
	}
	aead, err = cipher.NewGCMWithRandomNonce(block)
	return prefix + base64.RawURLEncoding.EncodeToString(sum[:16]), aead, err
}

func seal(aead cipher.AEAD, a multivac.Answer) []byte {
	return aead.Seal(nil, nil, appendAnswer(nil, a), nil)
}

// open decrypts an entry. It returns an error unless it was sealed with the
// secret, for this entry.
func open(aead cipher.AEAD, sealed []byte) (multivac.Answer, error) {
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return multivac.Answer{}, errEntry
	}
	return decodeAnswer(plain)
}
