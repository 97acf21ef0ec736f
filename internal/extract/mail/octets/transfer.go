// Package octets makes text and bytes of how mails carry them: in base64 and
// quoted-printable, in the encodings of many countries and in encoded words. It
// takes any bytes, and what is broken loses no more than what is broken.
package octets

import (
	"bytes"
	"strings"
)

// Transfer undoes a transfer encoding. Unknown ones are taken for none. A footer
// that a mailing list has put behind base64 comes apart, as it stands.
func Transfer(b []byte, encoding string) (data, footer []byte) {
	if decode := transfers[strings.ToLower(strings.TrimSpace(encoding))]; decode != nil {
		return decode(b)
	}
	return b, nil
}

// transfers undo the transfer encodings that make other bytes of a text.
var transfers = map[string]func([]byte) (data, footer []byte){
	"base64": fromBase64, "quoted-printable": alone(fromQuotedPrintable),
	"x-uuencode": alone(fromUU), "uuencode": alone(fromUU), "x-uue": alone(fromUU),
}

func alone(decode func([]byte) []byte) func([]byte) (data, footer []byte) {
	return func(b []byte) (data, footer []byte) { return decode(b), nil }
}

// IsCoded reports whether Transfer undoes a transfer encoding.
func IsCoded(encoding string) bool {
	return transfers[strings.ToLower(strings.TrimSpace(encoding))] != nil
}

// fromBase64 reads base64 line by line. Padding in the middle ends a piece, as
// where two pieces were put one behind the other. Strange characters are passed
// over, and of a cut end what is whole is read.
func fromBase64(b []byte) (data, footer []byte) {
	data = make([]byte, 0, len(b)/4*3)
	bits, n, padded := uint32(0), 0, false
	for rest := b; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		if isWords(line) || padded && len(bytes.TrimSpace(line))%4 != 0 {
			return data, rest
		}
		rest = rest[len(line):]
		for _, c := range line {
			if c == '=' {
				bits, n, padded = 0, 0, true
				continue
			}
			v, ok := sextet(c)
			if !ok {
				continue
			}
			bits, n = bits<<6|v, n+6
			if n >= 8 {
				n -= 8
				data = append(data, byte(bits>>n))
			}
		}
	}
	return data, nil
}

// isWords reports whether a line is no base64: a rule, or words with spaces.
func isWords(line []byte) bool {
	line = bytes.TrimSpace(line)
	strange := 0
	for i, c := range line {
		_, ok := sextet(c)
		switch {
		case c == ' ':
			strange += 3
		case !ok && (c != '=' || i < len(line)-2):
			strange++
		}
	}
	return strange > len(line)/12+1
}

func sextet(c byte) (uint32, bool) {
	switch {
	case c >= 'A' && c <= 'Z':
		return uint32(c - 'A'), true
	case c >= 'a' && c <= 'z':
		return uint32(c-'a') + 26, true
	case c >= '0' && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}

func fromQuotedPrintable(b []byte) []byte {
	data := make([]byte, 0, len(b))
	for line := range bytes.Lines(b) {
		text := bytes.TrimRight(line, " \t\r\n")
		soft := len(text) > 0 && text[len(text)-1] == '='
		if soft {
			text = text[:len(text)-1]
		}
		data = appendHex(data, text, '=')
		if !soft && line[len(line)-1] == '\n' {
			data = append(data, '\n')
		}
	}
	return data
}

// appendHex appends text, in which mark stands before two hexadecimal digits.
func appendHex(to, text []byte, mark byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] == mark && i+2 < len(text) {
			if high, low := hexDigit(text[i+1]), hexDigit(text[i+2]); high < 16 && low < 16 {
				to = append(to, high<<4|low)
				i += 2
				continue
			}
		}
		to = append(to, text[i])
	}
	return to
}

// Percent undoes the %41 of a parameter.
func Percent(s string) []byte { return appendHex(nil, []byte(s), '%') }

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// fromUU reads the lines between begin and end.
func fromUU(b []byte) []byte {
	var data []byte
	begun := false
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !begun:
			begun = bytes.HasPrefix(line, []byte("begin "))
		case len(line) == 0 || bytes.Equal(line, []byte("end")):
			return data
		default:
			data = appendUU(data, line)
		}
	}
	return data
}

func appendUU(data, line []byte) []byte {
	size := int(line[0]-' ') & 63
	bits, n := uint32(0), 0
	for _, c := range line[1:] {
		bits, n = bits<<6|uint32(c-' ')&63, n+6
		if n >= 8 && size > 0 {
			n, size = n-8, size-1
			data = append(data, byte(bits>>n))
		}
	}
	return data
}
