package store

import (
	"encoding/binary"
	"errors"

	"multivac"
)

// PackSpans packs spans, which are in order from start on. For each it writes two
// varints: the distance from the end of the span before, and the length. For
// example, from 100 on, [100:120) and [121:125) are 0 20 1 4.
func PackSpans(spans []multivac.Span, start int) []byte {
	packed := make([]byte, 0, 4*len(spans))
	for _, s := range spans {
		packed = binary.AppendUvarint(packed, uint64(s.Start-start))
		packed = binary.AppendUvarint(packed, uint64(s.End-s.Start))
		start = s.End
	}
	return packed
}

var errSpans = errors.New("sentences of a passage are out of place")

// UnpackSpans is the inverse of PackSpans. It returns an error where packed are not
// spans that are in order between start and end.
func UnpackSpans(packed []byte, start, end int) ([]multivac.Span, error) {
	var spans []multivac.Span
	for len(packed) > 0 {
		gap, n := binary.Uvarint(packed)
		if n <= 0 || gap > uint64(end-start) {
			return nil, errSpans
		}
		length, m := binary.Uvarint(packed[n:])
		if m <= 0 || length == 0 || length > uint64(end-start)-gap {
			return nil, errSpans
		}
		packed = packed[n+m:]
		start += int(gap)
		spans = append(spans, multivac.Span{Start: start, End: start + int(length)})
		start += int(length)
	}
	return spans, nil
}
