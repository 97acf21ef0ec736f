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

// prefix begins the name of every entry in Redis, so that a user of Redis
// can be limited to it: ~multivac:answer:*
var prefix = fmt.Sprintf("multivac:answer:%d:", encoding)

// A sealer encrypts entries, each with a key of its own that is made of the
// secret of the store and of the entry's key here.
//
// Without the secret an entry cannot be read or made, or put in another's place. As the entry's key holds the fingerprint of the collection,
// the key of its encryption is there for as long as the collection holds what
// the answer was made from. A deletion takes the key away in every process that
// has followed it, and what is left in Redis cannot be read.
type sealer struct{ secret []byte }

func newSealer(secret []byte) (sealer, error) {
	// The secret itself is not used, for other keys are made of it, too.
	key, err := hkdf.Key(sha256.New, secret, nil, "multivac: answers in the far cache", sha512.BlockSize)
	return sealer{key}, err
}

// entry returns the name of an entry in Redis and what encrypts it.
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

// open returns what was sealed, or an error where it was not sealed with the
// secret for this entry.
func open(aead cipher.AEAD, sealed []byte) (multivac.Answer, error) {
	plain, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return multivac.Answer{}, errEntry
	}
	return decodeAnswer(plain)
}
