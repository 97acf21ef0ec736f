package docx

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/sheet"
)

// maxInside is how many documents deep a document may be inside of others.
const maxInside = 4

// inserted reads a file inside the document in its place, as Word shows it. One
// that cannot be read is named there.
func (w *walker) inserted(id string) {
	if w.hidden > 0 {
		return
	}
	part := w.references[id].Target
	text, err := w.file(part)
	switch {
	case errors.Is(err, multivac.ErrTooLarge) || w.out.Context().Err() != nil:
		w.out.Fail(err)
	case err != nil:
		w.unread = part
		w.add(unread(part))
	case strings.TrimSpace(text) != "":
		w.count(len(text))
		w.add(block{kind: ready, text: strings.TrimSpace(text)})
	}
}

// unread says that a part is not read.
func unread(part string) block {
	return block{text: "[" + cmp.Or(part, "a part that is missing") + " is not read]", note: true}
}

// file returns the text of a file inside the document, in Markdown. Programs do
// not agree on names, so that what the file is shows at its beginning.
func (w *walker) file(part string) (string, error) {
	b, err := w.archive.Bytes(part)
	if err != nil {
		return "", err
	}
	start, isText := extract.Start(b[:min(len(b), 512)])
	encoding := "" // as a file says around the page
	ext := strings.ToLower(path.Ext(part))
	switch {
	case begins(b):
		return w.within(b)
	case bytes.HasPrefix(start, []byte("mime-version:")) || ext == ".mht" || ext == ".mhtml":
		if b, encoding, err = pageOf(b); err != nil {
			return "", err
		}
	case bytes.HasPrefix(start, []byte("{")) || !isText && utf8.Valid(b):
		return "", errors.ErrUnsupported
	case bytes.HasPrefix(start, []byte("<")) || strings.HasSuffix(ext, "html") || ext == ".htm":
	case ext == ".txt":
		b, err = decoded(b, "")
		return paragraphs(string(b)), err
	default:
		return "", errors.ErrUnsupported
	}
	if b, err = decoded(b, encoding); err != nil {
		return "", err
	}
	e, err := html.Read(w.out.Context(), b, w.limits)
	return e.Text, err
}

// paragraphs returns each line of t as a paragraph.
func paragraphs(t string) string {
	var all []string
	for line := range strings.Lines(t) {
		all = append(all, extract.Escape(extract.OneLine(line)))
	}
	return strings.Join(all, "\n\n")
}

// within returns the text of a document of Word inside this one.
func (w *walker) within(body []byte) (string, error) {
	if w.depth == maxInside {
		return "", errors.ErrUnsupported
	}
	a, err := w.archive.Within(body)
	if err != nil {
		return "", err
	}
	d, err := open(a, w.limits)
	if err != nil {
		return "", err
	}
	d.depth = w.depth + 1
	e, err := d.read(w.out.Context(), sheet.Spare(body))
	return e.Text, err
}

// pageOf returns the page in a file of MHTML, which is built like a mail, and the
// encoding that the file says it is in.
func pageOf(b []byte) (page []byte, encoding string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(bytes.TrimLeft(b, " \t\r\n")))
	if err != nil {
		return nil, "", err
	}
	_, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return nil, "", err
	}
	for all := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		p, err := all.NextPart() // it decodes quoted-printable
		if err != nil {
			return nil, "", err
		}
		kind, parameters, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if kind != "text/html" {
			continue
		}
		in := io.Reader(p)
		if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") {
			in = base64.NewDecoder(base64.StdEncoding, p)
		}
		page, err = io.ReadAll(in)
		return page, parameters["charset"], err
	}
}

// decoded returns a page or text in UTF-8. One that says no encoding and is in none
// surely is read as Windows-1252, as Word does.
func decoded(b []byte, declared string) ([]byte, error) {
	if utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 {
		return bytes.TrimPrefix(b, []byte(extract.BOM)), nil
	}
	text, err := extract.ToUTF8(func(b []byte) string { return cmp.Or(html.Format.Declared(b), declared) }, b)
	if err == nil || bytes.IndexByte(b, 0) >= 0 {
		return text, err
	}
	in, err := charset.NewReaderLabel("windows-1252", bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}
