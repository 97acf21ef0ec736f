package store

import (
	"errors"
	"testing"

	"multivac"
)

func TestVersionBefore(t *testing.T) {
	ordered := []Version{{}, {Segmenter: 1}, {Segmenter: 2}, {Segmenter: 2, Vectors: 1}, {Segmenter: 2, Vectors: 300}, {Segmenter: 3}}
	for i, v := range ordered {
		for k, w := range ordered {
			if got, want := v.Before(w), i < k; got != want {
				t.Errorf("%+v.Before(%+v) = %v, want %v", v, w, got, want)
			}
		}
	}
}

func TestValidVectors(t *testing.T) {
	passages := []multivac.Passage{{Sentences: make([]multivac.Span, 2)}, {}, {Sentences: make([]multivac.Span, 1)}}
	made := Version{Segmenter: 1, Vectors: 1}
	f := func(bytes int, v Version, of []multivac.Passage, want error) {
		t.Helper()
		if err := ValidVectors(make([]byte, bytes), v, of); !errors.Is(err, want) {
			t.Errorf("%d bytes of %+v for %d passages: %v, want %v", bytes, v, len(of), err, want)
		}
	}
	f(3*VectorSize, made, passages, nil)
	f(0, made, passages, nil)
	f(0, Version{}, passages, nil)
	f(2*VectorSize, made, passages, multivac.ErrInvalid)
	f(3*VectorSize-1, made, passages, multivac.ErrInvalid)
	f(3*VectorSize, Version{Segmenter: 1}, passages, multivac.ErrInvalid)
	f(VectorSize, made, nil, multivac.ErrInvalid)
}
