// Package jsontext writes long strings as JSON in pieces, so that the memory never
// holds a second copy of them.
package jsontext

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// pieceSize is how many bytes of a string are written at a time.
const pieceSize = 32 << 10

// Write writes s, which must be UTF-8, as a JSON string. It writes the bytes
// that encoding/json writes where it does not escape HTML.
func Write[T ~string | ~[]byte](w io.Writer, s T) error {
	if _, err := io.WriteString(w, `"`); err != nil {
		return err
	}
	var piece bytes.Buffer
	enc := json.NewEncoder(&piece)
	enc.SetEscapeHTML(false)
	for len(s) > 0 {
		n := min(pieceSize, len(s))
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n++
		}
		piece.Reset()
		if err := enc.Encode(string(s[:n])); err != nil {
			return err
		}
		b := piece.Bytes()
		if _, err := w.Write(b[1 : len(b)-2]); err != nil { // without quotation marks and the end of the line
			return err
		}
		s = s[n:]
	}
	_, err := io.WriteString(w, `"`)
	return err
}
