// Package odf reads OpenDocument files: texts, spreadsheets and presentations,
// as LibreOffice writes them, packed or as flat XML.
package odf

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"strings"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/blocks"
	"multivac/internal/extract/parts"
)

const media = "application/vnd.oasis.opendocument."

// Text is texts, as of a word processor.
var Text = extract.Format{
	Name: "OpenDocument text", Types: []string{media + "text", media + "text-template", media + "text-master", media + "text-flat-xml"},
	Extensions: []string{".odt", ".ott", ".odm", ".fodt"}, Extract: Read, Begins: begins("text"),
}

// Spreadsheet is spreadsheets.
var Spreadsheet = extract.Format{
	Name: "OpenDocument spreadsheet", Types: []string{media + "spreadsheet", media + "spreadsheet-template", media + "spreadsheet-flat-xml"},
	Extensions: []string{".ods", ".ots", ".fods"}, Extract: Read, Begins: begins("spreadsheet"),
}

// Presentation is presentations.
var Presentation = extract.Format{
	Name: "OpenDocument presentation", Types: []string{media + "presentation", media + "presentation-template", media + "presentation-flat-xml"},
	Extensions: []string{".odp", ".otp", ".fodp"}, Extract: Read, Begins: begins("presentation"),
}

// begins returns what tells files of a kind by how they begin: an archive
// whose first part is its media type, or flat XML that names it near its start.
func begins(kind string) func([]byte) bool {
	return func(head []byte) bool {
		const at = 30 // the length of a header in an archive
		if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
			return len(head) > at && bytes.HasPrefix(head[at:], []byte("mimetype"+media+kind))
		}
		start, ok := extract.Start(head)
		if !ok || !bytes.HasPrefix(start, []byte("<?xml")) {
			return false
		}
		_, root, ok := bytes.Cut(start, []byte("<office:document "))
		if i := bytes.Index(root, []byte(`office:mimetype="`+media)); i >= 0 {
			return bytes.HasPrefix(root[i:], []byte(`office:mimetype="`+media+kind))
		}
		return ok && kind == "text" // its name may come too late; Read finds out
	}
}

// Read returns the text of a document of any of the kinds.
func Read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	r := &reader{w: blocks.New(ctx, l), limits: l, styles: newStyles()}
	if !bytes.HasPrefix(body, []byte("PK")) && !bytes.HasPrefix(body, []byte("\xd0\xcf\x11\xe0")) {
		err := r.flat(body)
		return r.result(err)
	}
	a, err := parts.Open(body, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	return r.result(r.packed(a))
}

func (r *reader) result(err error) (extract.Extracted, error) {
	r.w.Out.Fail(err)
	e, err := r.w.Extracted(r.title)
	if err != nil {
		return extract.Extracted{}, err
	}
	return e, nil
}

// packed reads the parts of an archive.
func (r *reader) packed(a *parts.Archive) error {
	if err := locked(a); err != nil {
		return err
	}
	if !a.Has("content.xml") {
		return multivac.Errorf(multivac.ErrInvalid, "check that it is the right file, or save it again as OpenDocument", "the file is no OpenDocument file: it has no content.xml")
	}
	for _, part := range []string{"meta.xml", "styles.xml", "content.xml"} {
		d, err := a.XML(part)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		r.archive = a
		if err := r.part(part, d); err != nil {
			return parts.Broken(part, err)
		}
	}
	return nil
}

// locked returns an ErrInvalid for an archive whose parts are encrypted. They
// unpack as noise.
func locked(a *parts.Archive) error {
	d, err := a.XML("META-INF/manifest.xml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return parts.Broken("manifest.xml", err)
		}
		if s, ok := t.(xml.StartElement); ok && s.Name.Local == "encryption-data" {
			return multivac.Errorf(multivac.ErrInvalid, "save it without one", "the file has a password")
		}
	}
}

// flat reads a document that is one file of XML.
func (r *reader) flat(body []byte) error {
	in := io.Reader(bytes.NewReader(body))
	sixteen := bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.HasPrefix(body, []byte("\xfe\xff"))
	if sixteen {
		in = transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	} else if !bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, []byte(extract.BOM)), " \t\r\n"), []byte("<")) {
		return multivac.Errorf(multivac.ErrInvalid, "check that it is the right file, or save it again as OpenDocument", "the file is no OpenDocument file: it is neither an archive nor XML")
	}
	d := xml.NewDecoder(in)
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if sixteen && strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return in, nil
		}
		return charset.NewReaderLabel(label, in)
	}
	if err := r.part("the document", d); err != nil {
		return parts.Broken("the document", err)
	}
	if !r.body {
		return multivac.Errorf(multivac.ErrInvalid, "check that it is the right file, or save it again as OpenDocument", "the file is no OpenDocument file: it is XML of another kind")
	}
	return nil
}
