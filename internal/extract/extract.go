// Package extract turns the bytes of a file into text with headings, lists
// and tables in light Markdown. It is pure: it opens no file, follows no
// reference and runs nothing.
package extract

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"multivac"
)

// Media types beside those that multivac names.
const (
	tsv       = "text/tab-separated-values"
	jsonLines = "application/jsonl"
)

// Extracted is the text of a document.
type Extracted struct {
	Title string // empty where the document names none
	Text  string // UTF-8; light Markdown or plain text
	// Lines[i] is the line of the file, from 1, on which line i of Text, from
	// 0, began. It is nil where both have the same lines.
	Lines []int
}

// A Format is a kind of document that can be read.
type Format interface {
	MediaTypes() []string // as IANA registers them, the usual one first
	Extensions() []string // with the dot, in lower case, the usual one first
	// Extract returns the text of body, or an ErrInvalid that says what to
	// do about it. It takes any bytes.
	Extract(body []byte) (Extracted, error)
}

// Formats are all formats that can be read.
func Formats() []Format { return formats }

var formats = []Format{plain{markdown: true}, plain{}, restructured{}, page{}, table{delimiter: 0}, table{delimiter: '\t'}}

// Extract returns the text of body, or an ErrInvalid that says what to do
// about it: one for an unknown type, for what is not text in UTF-8, UTF-16 or
// the encoding that it declares, and for what holds no text.
func Extract(mediaType string, body []byte) (Extracted, error) {
	f, err := format(mediaType)
	if err != nil {
		return Extracted{}, err
	}
	if body, err = toUTF8(f, body); err != nil {
		return Extracted{}, err
	}
	e, err := f.Extract(body)
	if err != nil {
		return Extracted{}, err
	}
	if strings.TrimSpace(strings.TrimPrefix(e.Text, bom)) == "" {
		return Extracted{}, multivac.Errorf(multivac.ErrInvalid, "check that it is the right file; pages that a script fills have to be saved from a browser",
			"there is no text in it")
	}
	e.Title = multivac.Clip(strings.Join(strings.Fields(e.Title), " "), multivac.MaxTitle-len("…"))
	return e, nil
}

// ErrNoText is the kind of ErrInvalid of what is no more than the settings of a
// page, such as the _index.md of a section.
var ErrNoText = fmt.Errorf("%w: no text", multivac.ErrInvalid)

// Check returns an ErrInvalid where Extract would not even try: for an
// unknown type, for what is not text, and for front matter without a text. It
// is cheap.
func Check(t multivac.Telling) error {
	f, err := format(t.MediaType)
	if err != nil {
		return err
	}
	if err := check(f, t.Body); err != nil {
		return err
	}
	if p, ok := f.(plain); ok && p.markdown && isSettings(t.Body) {
		return multivac.Errorf(ErrNoText, "leave it out, or write the text", "there is nothing but front matter in it")
	}
	return nil
}

// Known reports whether the extension of name is that of a kind of document
// that can be read, gzipped or not.
func Known(name string) bool {
	_, ok := byExtension(name)
	return ok
}

// MediaType returns the type of a file by its extension, or, where it has
// none, by head, how it begins. It returns an ErrInvalid for what is not a
// document: programs, pictures, and whatever else is unknown.
func MediaType(name string, head []byte) (string, error) {
	if t, ok := byExtension(name); ok {
		return t, nil
	}
	base := path.Base(strings.ReplaceAll(plainName(name), `\`, "/"))
	if ext := path.Ext(base); ext != "" && ext != "." {
		return "", multivac.Errorf(multivac.ErrInvalid, "tell "+known(), "%s is not a kind of document I can read", multivac.Clip(ext, 20))
	}
	switch start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte(bom)), " \t\r\n")); {
	case isUTF16(head):
		return multivac.Plain, nil
	case bytes.IndexByte(head, 0) < 0 && (bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))):
		return multivac.HTML, nil
	case bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(wholeRunes(head)):
		return "", multivac.Errorf(multivac.ErrInvalid, "tell "+known(), "%s is not a kind of document I can read: it is not text", multivac.Clip(base, 80))
	case bytes.HasPrefix(start, []byte(`{"`)) && holdsText(start):
		return jsonLines, nil
	}
	return multivac.Markdown, nil
}

// holdsText reports whether the beginning of a line of JSON Lines names a text.
func holdsText(start []byte) bool {
	return bytes.Contains(start, []byte(`"text"`)) || bytes.Contains(start, []byte(`"content"`)) || bytes.Contains(start, []byte(`"page_content"`))
}

// known lists the extensions, for people.
func known() string {
	var all []string
	for _, f := range formats {
		all = append(all, f.Extensions()[0])
	}
	return strings.Join(slices.Compact(all), ", ") + " or .jsonl"
}

func format(mediaType string) (Format, error) {
	t, _, _ := strings.Cut(mediaType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	if t == "" {
		t = multivac.Markdown
	}
	if t == jsonLines || t == "application/x-ndjson" {
		return nil, multivac.Errorf(multivac.ErrInvalid, "tell each line as a document of its own", "JSON Lines hold many documents")
	}
	var all []string
	for _, f := range formats {
		if slices.Contains(f.MediaTypes(), t) {
			return f, nil
		}
		all = append(all, f.MediaTypes()[0])
	}
	return nil, multivac.Errorf(multivac.ErrInvalid, "use "+strings.Join(all, ", "), "media type %q is not a kind of document I can read", multivac.Clip(t, 80))
}

func byExtension(name string) (mediaType string, ok bool) {
	ext := strings.ToLower(path.Ext(plainName(name)))
	if ext == ".jsonl" || ext == ".ndjson" {
		return jsonLines, true
	}
	for _, f := range formats {
		if ext != "" && slices.Contains(f.Extensions(), ext) {
			return f.MediaTypes()[0], true
		}
	}
	return "", false
}

// plainName returns name without the extension that says it is gzipped.
func plainName(name string) string {
	if n := len(name) - len(".gz"); n > 0 && strings.EqualFold(name[n:], ".gz") {
		return name[:n]
	}
	return name
}

// bom marks UTF-8, where Windows thinks it has to be marked. It stays in a
// text that is kept byte for byte.
const bom = "\ufeff"

func isUTF16(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0xFF && b[1] == 0xFE || b[0] == 0xFE && b[1] == 0xFF)
}

// check returns an ErrInvalid for what is neither in UTF-8 or UTF-16 nor in
// the encoding that it declares.
func check(f Format, body []byte) error {
	if encodingOf(f, body) == nil {
		return checkBytes(body)
	}
	if i := bytes.IndexByte(body, 0); i >= 0 {
		return binary(i)
	}
	return nil
}

// toUTF8 returns body in UTF-8.
func toUTF8(f Format, body []byte) ([]byte, error) {
	if err := check(f, body); err != nil {
		return nil, err
	}
	if e := encodingOf(f, body); e != nil {
		return decode(e, body)
	}
	return fromUTF16(body)
}

// fromUTF16 returns b in UTF-8 if it is marked as UTF-16, and else b.
func fromUTF16(b []byte) ([]byte, error) {
	if !isUTF16(b) {
		return b, nil
	}
	b, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(b)
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it is marked as UTF-16 and is not: %v", err)
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return nil, binary(i)
	}
	return b, nil
}

// checkBytes returns an ErrInvalid for what is neither UTF-8 nor UTF-16.
func checkBytes(b []byte) error {
	if isUTF16(b) {
		if len(b)%2 != 0 {
			return multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8", "it is marked as UTF-16 and is not: it has an odd number of bytes")
		}
		return nil
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return binary(i)
	}
	if utf8.Valid(b) {
		return nil
	}
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return multivac.Errorf(multivac.ErrInvalid, "save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8",
		"it is not UTF-8: byte %#02x at offset %d", b[i], i)
}

func binary(offset int) error {
	return multivac.Errorf(multivac.ErrInvalid, "tell "+known(), "it is not text: there is a zero byte at offset %d", offset)
}

// wholeRunes returns b without the beginning of a rune that it ends in.
func wholeRunes(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}
