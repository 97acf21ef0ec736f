// Package rtf reads the Rich Text Format, as word processors and mail programs
// write it.
package rtf

import (
	"bytes"
	"context"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/blocks"
)

// Format is the Rich Text Format. Its files are no text for what is read
// before: they may hold bytes in any encoding, and binary data.
var Format = extract.Format{
	Name: "RTF", Types: []string{"application/rtf", "text/rtf", "text/richtext"}, Extensions: []string{".rtf"},
	Extract: Read,
	Begins:  func(head []byte) bool { return bytes.HasPrefix(trimmed(head), []byte(begin)) },
}

const begin = `{\rtf`

func trimmed(b []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(b, []byte(extract.BOM)), " \t\r\n")
}

// Read returns the text of a document.
func Read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	body = trimmed(body)
	if !bytes.HasPrefix(body, []byte(begin)) {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file, or save it again as RTF", "the file is no RTF: it does not begin with %s", begin)
	}
	r := newReader(blocks.New(ctx, l), body)
	r.most = l.Cells
	r.read()
	if open := len(r.stack) + r.deep; open > 1 { // programs forget the last bracket, but no more
		r.w.Out.Fail(multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: it ends within %d groups", open))
	}
	r.finish()
	e, err := r.w.Extracted(string(r.title))
	if err != nil {
		return extract.Extracted{}, err
	}
	return e, nil
}
