package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
)

func TestSpans(t *testing.T) {
	for _, spans := range [][]multivac.Span{nil, {{Start: 7, End: 8}}, {{Start: 7, End: 300}, {Start: 300, End: 301}, {Start: 999, End: 1000}}} {
		got, err := UnpackSpans(PackSpans(spans, 7), 7, 1000)
		if diff := cmp.Diff(spans, got); diff != "" || err != nil {
			t.Errorf("packed and unpacked: %v\n%s", err, diff)
		}
	}
	if got, err := UnpackSpans(PackSpans([]multivac.Span{{Start: 7, End: 1001}}, 7), 7, 1000); err == nil {
		t.Errorf("a sentence beyond its passage: got %v, want an error", got)
	}
}

// Whatever a damaged file has, the sentences of a passage are inside it.
func FuzzSpans(f *testing.F) {
	f.Add([]byte{}, 0, 10)
	f.Add([]byte{1, 2, 0, 3}, 5, 10)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1}, 5, 10)
	f.Fuzz(func(t *testing.T, packed []byte, start, end int) {
		if start < 0 || start >= end {
			return
		}
		spans, err := UnpackSpans(packed, start, end)
		if err != nil {
			return
		}
		last := start
		for _, s := range spans {
			if s.Start < last || s.Start >= s.End || s.End > end {
				t.Fatalf("UnpackSpans(%v, %d, %d): %v", packed, start, end, spans)
			}
			last = s.End
		}
	})
}
