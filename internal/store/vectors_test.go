package store

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
)

func TestVersion(t *testing.T) {
	plain, enriched, next := Version(2, 0), Version(2, 1), Version(3, 0)
	if !(2 < plain && plain < enriched && enriched < next) {
		t.Errorf("versions %d, %d and %d are out of order", plain, enriched, next)
	}
	if VectorsOf(plain) != 0 || VectorsOf(enriched) != 1 || VectorsOf(2) == 1 {
		t.Errorf("vectors are of %d, %d, and %d before there were any", VectorsOf(plain), VectorsOf(enriched), VectorsOf(2))
	}
}

// passages with so many sentences each, of which nobody knows the vectors.
func passages(sentences ...int) (all []multivac.Passage) {
	for _, n := range sentences {
		all = append(all, multivac.Passage{Sentences: make([]multivac.Span, n)})
	}
	return all
}

func TestVectors(t *testing.T) {
	want := passages(2, 0, 1)
	want[0].Vectors = bytes.Repeat([]byte{1}, 2*multivac.VectorSize)
	want[2].Vectors = bytes.Repeat([]byte{2}, multivac.VectorSize)
	got := passages(2, 0, 1)
	err := UnpackVectors(PackVectors(want), got)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("packed and unpacked: %v\n%s", err, diff)
	}
	if err := UnpackVectors(PackVectors(passages(2)), passages(2)); err != nil {
		t.Errorf("none: %v", err)
	}
	for _, other := range [][]multivac.Passage{passages(2, 2), passages(2), nil} {
		if err := UnpackVectors(PackVectors(want), other); err == nil {
			t.Errorf("vectors of 3 sentences were given to %+v", other)
		}
	}
}
