package charset

import "unicode/utf8"

const (
	// denseSample is how many bytes around characters that are not ASCII are looked at,
	// wherever they stand.
	denseSample = 32 << 10
	// enough is how often each byte is to be in the sample, where it is in the
	// text at all.
	enough = 4
	// maxSample bounds the sample in bytes.
	maxSample = 128 << 10
	// before and after are how many bytes around a byte are read with it, at
	// least.
	before, after = 16, 48
)

// boundary reports whether c is a character of its own in every encoding with
// ASCII in it. Larger bytes of ASCII may be the second of a longer character.
func boundary(c byte) bool { return c < '0' }

// sample returns the parts of b that tell encodings apart: the first bytes that
// are not ASCII and what stands around them, and of each such byte that comes
// later, the first few. Parts begin and end between characters, but the last one.
func sample(b []byte) []byte {
	var out []byte
	var seen [256]int
	end := 0 // of the last part
	for i := 0; i < len(b) && len(out) < maxSample; i++ {
		if b[i] < utf8.RuneSelf || len(out) >= denseSample && seen[b[i]] >= enough {
			continue
		}
		start, stop := max(end, i-before), min(len(b), i+after)
		for start > end && !boundary(b[start-1]) {
			start--
		}
		for stop < len(b) && !boundary(b[stop]) && stop-start < maxSample {
			stop++
		}
		for _, c := range b[start:stop] {
			seen[c]++
		}
		out = append(out, b[start:stop]...)
		end, i = stop, stop-1
	}
	return out[:min(len(out), maxSample)]
}

// CountUTF8 returns how many bytes of b are not UTF-8, and how many characters
// of several bytes are.
func CountUTF8(b []byte) (broken, whole int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		default:
			whole++
		}
		i += n
	}
	return broken, whole
}
