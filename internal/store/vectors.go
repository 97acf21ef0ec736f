package store

import (
	"errors"

	"multivac"
)

// Version is that of passages: what cut them, and what made their vectors, 0
// where nothing did. Of two the lower one is older.
func Version(segmenter, vectors int) int { return segmenter<<vectorBits | vectors }

// VectorsOf returns the version of what made the vectors of passages of a
// Version; 0 where they have none.
func VectorsOf(version int) int { return version & (1<<vectorBits - 1) }

const vectorBits = 8

// DropVectors makes of a change what it is without vectors.
func (c *Change) DropVectors() {
	c.Segmenter -= VectorsOf(c.Segmenter)
	for i := range c.Passages {
		c.Passages[i].Vectors = nil
	}
}

// PackVectors writes the vectors of passages one after the other.
func PackVectors(passages []multivac.Passage) (packed []byte) {
	n := 0
	for _, p := range passages {
		n += len(p.Vectors)
	}
	if n == 0 {
		return nil
	}
	packed = make([]byte, 0, n)
	for _, p := range passages {
		packed = append(packed, p.Vectors...)
	}
	return packed
}

// UnpackVectors is the inverse of PackVectors: it gives each passage its part of
// what is packed, which they share. It returns an error where that is not what
// their sentences need.
func UnpackVectors(packed []byte, passages []multivac.Passage) error {
	if len(packed) == 0 {
		return nil
	}
	for i := range passages {
		n := multivac.VectorSize * len(passages[i].Sentences)
		if n > len(packed) {
			return errVectors
		}
		if n > 0 {
			passages[i].Vectors, packed = packed[:n:n], packed[n:]
		}
	}
	if len(packed) > 0 {
		return errVectors
	}
	return nil
}

var errVectors = errors.New("there are not as many vectors as sentences")
