package jsontext

import "unicode/utf8"

const hex = "0123456789abcdef"

// Append appends s to b as a JSON string: the bytes that encoding/json writes
// where it does not escape HTML.
func Append(b []byte, s string) []byte {
	b = append(b, '"')
	kept := 0 // s[kept:i] is to be appended as it is
	for i := 0; i < len(s); {
		size, escaped := next(s[i:])
		if escaped {
			b = appendEscaped(append(b, s[kept:i]...), s[i:])
			kept = i + size
		}
		i += size
	}
	return append(append(b, s[kept:]...), '"')
}

// next returns the size of the character at the start of s, and whether it must
// not stand in JSON as it is.
func next(s string) (size int, escaped bool) {
	if c := s[0]; c < utf8.RuneSelf {
		return 1, c < ' ' || c == '"' || c == '\\'
	}
	r, size := utf8.DecodeRuneInString(s)
	return size, r == '\u2028' || r == '\u2029' || r == utf8.RuneError && size == 1
}

// appendEscaped appends the character at the start of s, which next says is
// escaped.
func appendEscaped(b []byte, s string) []byte {
	switch c := s[0]; c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	default:
		r, _ := utf8.DecodeRuneInString(s)
		return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
}
