package index

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/bits"

	"multivac/internal/store"
)

// A mark stands for the content of a document. The sum of marks modulo 2^128
// stands for many documents in any order, and a document is taken out by
// subtraction. Marks of different contents are equal by chance only, and nobody
// without the key can look for two that are.
type mark struct{ high, low uint64 }

func (m mark) plus(n mark) mark {
	low, carry := bits.Add64(m.low, n.low, 0)
	high, _ := bits.Add64(m.high, n.high, carry)
	return mark{high, low}
}

func (m mark) minus(n mark) mark {
	low, borrow := bits.Sub64(m.low, n.low, 0)
	high, _ := bits.Sub64(m.high, n.high, borrow)
	return mark{high, low}
}

func (m mark) bytes() (b [16]byte) {
	binary.BigEndian.PutUint64(b[:8], m.high)
	binary.BigEndian.PutUint64(b[8:], m.low)
	return b
}

// A marker makes marks; for one goroutine at a time.
type marker struct{ mac hash.Hash }

func newMarker(key [16]byte) marker { return marker{hmac.New(sha256.New, key[:])} }

// mark returns the mark of the document, revision, content and version of a
// change.
func (m marker) mark(c store.Change) mark {
	m.mac.Reset()
	var numbers [24]byte
	binary.BigEndian.PutUint64(numbers[:8], uint64(c.Revision))
	binary.BigEndian.PutUint64(numbers[8:16], uint64(c.Version.Segmenter))
	binary.BigEndian.PutUint64(numbers[16:], uint64(c.Version.Vectors))
	m.mac.Write(numbers[:])
	m.mac.Write(c.Hash[:])
	m.mac.Write([]byte(c.Document)) // last, for it alone has no fixed length
	var sum [sha256.Size]byte
	m.mac.Sum(sum[:0])
	return mark{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
}
