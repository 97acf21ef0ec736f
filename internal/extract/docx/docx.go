// Package docx reads documents of Word. It makes the text that a reader of the
// document sees, once: tracked changes as accepted, notes behind the paragraph
// that refers to them, numbers of lists and headings as they are shown.
package docx

import (
	"bytes"
	"cmp"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
	"multivac/internal/extract/sheet"
)

// Format is documents and templates of Word, with and without macros.
var Format = extract.Format{
	Name: "Word",
	Types: []string{
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.template",
		"application/vnd.ms-word.document.macroenabled.12",
		"application/vnd.ms-word.template.macroenabled.12",
	},
	Extensions: []string{".docx", ".docm", ".dotx", ".dotm"},
	Extract:    read,
	Begins:     begins,
}

// begins reports whether a file that begins with head is a document of Word. Its
// first member names the kinds of the others, or is one of a folder of Word.
func begins(head []byte) bool {
	const header = 30
	if len(head) < header || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	if bytes.Contains(head, []byte("word/")) {
		return true
	}
	at := header + int(binary.LittleEndian.Uint16(head[26:])) + int(binary.LittleEndian.Uint16(head[28:]))
	if at > len(head) || !bytes.HasPrefix(head[header:], []byte("[Content_Types].xml")) {
		return false
	}
	kinds := head[at:]
	if binary.LittleEndian.Uint16(head[8:]) == 8 { // deflated: its beginning is enough
		kinds, _ = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(kinds)), 64<<10))
	}
	return bytes.Contains(kinds, []byte("wordprocessingml")) || bytes.Contains(kinds, []byte("ms-word"))
}

// A document is what is known of a file before its text is read.
type document struct {
	archive    *parts.Archive
	main       string // the part with the text
	references map[string]parts.Reference
	styles     *styles
	numbering  *numbering
	notes      map[string][]block // by kind and identifier
	prompts    map[string]string  // of content controls, by name
	limits     extract.Limits
	depth      int // documents that this one is in
}

func read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	a, err := parts.Open(body, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	d, err := open(a, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	return d.read(ctx, sheet.Spare(body))
}

// read returns the text. Of it, so many bytes may be written twice.
func (d *document) read(ctx context.Context, spare int) (extract.Extracted, error) {
	out := extract.NewOutput(ctx, d.limits)
	w := &walker{document: d, out: out, writer: &writer{out: out, spare: &spare}}
	for _, kind := range []string{"footnotes", "endnotes"} {
		if part := d.part(kind); part != "" {
			w.part(part, &flow{})
		}
	}
	w.part(d.main, &flow{direct: true})
	w.finish()
	if !w.said && out.Err() == nil && w.unread != "" {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "open it in Word and save it again, or tell that file",
			"all of its text is in a file inside of it: %s", w.unread)
	}
	e, err := out.Extracted(cmp.Or(d.title(), w.title, w.heading))
	if err != nil { // what was read so far is no document
		return extract.Extracted{}, err
	}
	return e, nil
}

// open reads all but the text.
func open(a *parts.Archive, l extract.Limits) (*document, error) {
	d := &document{archive: a, limits: l, notes: map[string][]block{}}
	root, err := a.References("")
	if err != nil {
		return nil, err
	}
	for _, r := range root {
		if r.Kind == "officeDocument" && !r.Outside {
			d.main = r.Target
		}
	}
	if !a.Has(d.main) {
		d.main = "word/document.xml"
	}
	if !a.Has(d.main) || a.Has("xl/workbook.xml") || a.Has("ppt/presentation.xml") {
		return nil, d.noWord()
	}
	if d.references, err = a.References(d.main); err != nil {
		return nil, err
	}
	var s xmlStyles
	if err := d.decode(d.part("styles"), &s); err != nil {
		return nil, err
	}
	d.styles = newStyles(s)
	var n xmlNumbering
	if err := d.decode(d.part("numbering"), &n); err != nil {
		return nil, err
	}
	d.numbering = newNumbering(n, d.styles)
	var g glossary
	if d.decode(d.part("glossaryDocument"), &g) == nil { // Word shows the text without it
		d.prompts = g.prompts()
	}
	return d, nil
}

// noWord says what the archive is instead.
func (d *document) noWord() error {
	kind, remedy := "no document of Word", "check that it is the right file"
	for part, is := range map[string]string{"xl/workbook.xml": ".xlsx", "xl/workbook.bin": ".xlsb", "ppt/presentation.xml": ".pptx", "content.xml": ".odt"} {
		if d.archive.Has(part) {
			kind, remedy = "no document of Word but one of another kind", "give it the extension "+is
		}
	}
	return multivac.Errorf(multivac.ErrInvalid, remedy, "the file is %s", kind)
}

// part returns the name of the part of a kind that the text refers to, or "".
func (d *document) part(kind string) string {
	found := ""
	for _, r := range d.references {
		if r.Kind == kind && !r.Outside && (found == "" || r.Target < found) {
			found = r.Target
		}
	}
	return found
}

// decode reads a part of settings into v, if there is one.
func (d *document) decode(part string, v any) error {
	if part == "" {
		return nil
	}
	x, err := openPart(d.archive, part, true)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		err = x.Decode(v)
	}
	if err != nil {
		return parts.Broken(part, err)
	}
	return nil
}

// title returns the title among the document's properties.
func (d *document) title() string {
	root, err := d.archive.References("")
	if err != nil {
		return ""
	}
	var core struct {
		Title string `xml:"title"`
	}
	for _, r := range root {
		if r.Kind == "core-properties" && path.Ext(r.Target) == ".xml" && d.decode(r.Target, &core) != nil {
			return ""
		}
	}
	return extract.OneLine(core.Title)
}
