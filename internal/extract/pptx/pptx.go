// Package pptx reads the presentations of PowerPoint, and of what else writes
// its format.
package pptx

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"io"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// Format is PPTX. A presentation becomes the text of its slides in the order of
// the show, each under its title. What only repeats on the slides is left out:
// their number, the date and the footer.
var Format = extract.Format{
	Name: "PowerPoint",
	Types: []string{
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"application/vnd.openxmlformats-officedocument.presentationml.slideshow",
		"application/vnd.ms-powerpoint.presentation.macroenabled.12",
		"application/vnd.ms-powerpoint.slideshow.macroenabled.12",
	},
	Extensions: []string{".pptx", ".pptm", ".ppsx", ".ppsm"},
	Extract:    read, Begins: begins,
}

// begins reports whether a file that begins with head is a presentation. An
// archive says so by the names of its first parts, or by the list of the kinds
// of its parts, which comes first.
func begins(head []byte) bool {
	const fixed = 30 // bytes of the header of a part before its name
	if len(head) < fixed || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false
	}
	if bytes.Contains(head, []byte("ppt/presentation.xml")) || bytes.Contains(head, []byte("ppt/slides/")) {
		return true
	}
	method := binary.LittleEndian.Uint16(head[8:])
	start := fixed + int(binary.LittleEndian.Uint16(head[26:])) + int(binary.LittleEndian.Uint16(head[28:]))
	if method != 8 || start >= len(head) {
		return false
	}
	const enough = 16 << 10
	kinds, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(head[start:])), enough)) // it ends where head does
	return bytes.Contains(kinds, []byte("/ppt/presentation.xml")) || bytes.Contains(kinds, []byte("presentationml."))
}

// A reader reads one presentation.
type reader struct {
	writer
	archive *parts.Archive
	limits  extract.Limits
	spare   int // bytes that may still be repeated for the merged cells of tables
	deck    deck
	layouts map[string]*layout
	done    map[string]bool // parts that are not read again
}

// read returns the text of a presentation.
func read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	a, err := parts.Open(body, l)
	if err != nil {
		return extract.Extracted{}, err
	}
	r := &reader{
		writer: writer{out: extract.NewOutput(ctx, l)}, archive: a, limits: l, spare: 2*len(body) + 64<<10,
		layouts: map[string]*layout{}, done: map[string]bool{},
	}
	if err := r.presentation(); err != nil {
		return extract.Extracted{}, err
	}
	title, err := r.title()
	if err != nil {
		return extract.Extracted{}, err
	}
	for i, part := range r.deck.slides {
		if err := r.slide(part, i+1); err != nil {
			return extract.Extracted{}, err
		}
		if err := r.out.Err(); err != nil {
			return extract.Extracted{}, err
		}
	}
	if !r.written {
		return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "tell a text of what its pictures show", "there is no text on its slides")
	}
	if title == "" {
		title = r.first
	}
	return r.out.Extracted(title)
}

// A deck is what a presentation says of its slides.
type deck struct {
	slides        []string // the parts, in the order of the show
	width, height float64
	marks         marks // of text that has no others
}

// presentation reads which slides are shown, in which order.
func (r *reader) presentation() error {
	part, err := r.main()
	if err != nil {
		return err
	}
	root, err := r.load(part)
	if err != nil {
		return err
	}
	if root.name != "presentation" {
		return multivac.Errorf(multivac.ErrInvalid, "give it the extension of what it is", "the file is not a presentation")
	}
	to, err := r.archive.References(part)
	if err != nil {
		return err
	}
	r.deck.width, r.deck.height = 9_144_000, 6_858_000
	if size := root.kid("sldSz"); size.number("cx") > 0 && size.number("cy") > 0 {
		r.deck.width, r.deck.height = size.number("cx"), size.number("cy")
	}
	r.deck.marks = marksOf(root.kid("defaultTextStyle"))
	for _, s := range root.kid("sldIdLst").all("sldId") {
		slide, ok := to[s.get("r:id")]
		if !ok || slide.Outside {
			return multivac.Errorf(multivac.ErrInvalid, "save it again", "the file is broken: a slide of the show is missing")
		}
		if !r.done[slide.Target] { // no slide is shown twice, whatever the list says
			r.done[slide.Target] = true
			r.deck.slides = append(r.deck.slides, slide.Target)
		}
	}
	return nil
}

// main returns the name of the part that all others hang on.
func (r *reader) main() (string, error) {
	to, err := r.archive.References("")
	if err != nil {
		return "", err
	}
	if part := related(to, "officeDocument"); part != "" {
		return part, nil
	}
	if usual := "ppt/presentation.xml"; r.archive.Has(usual) {
		return usual, nil
	}
	return "", multivac.Errorf(multivac.ErrInvalid, "give it the extension of what it is", "the file is not a presentation")
}

// title returns the title among the properties of the document, or "" where it
// is only the one that PowerPoint gives.
func (r *reader) title() (string, error) {
	to, err := r.archive.References("")
	if err != nil {
		return "", err
	}
	part := related(to, "core-properties")
	if !r.archive.Has(part) {
		return "", nil
	}
	root, err := r.load(part)
	if err != nil {
		return "", r.fatal(err)
	}
	title := extract.OneLine(clean(root.kid("title").textOf()))
	if isMadeUp(strings.ToLower(title)) {
		return "", nil
	}
	return title, nil
}

// isMadeUp reports whether a title is one that a program gives.
func isMadeUp(title string) bool {
	switch {
	case title == "presentation", title == "untitled", title == "untitled presentation":
		return true
	case strings.Contains(title, "powerpoint"):
		return len(strings.Fields(title)) <= 3 || strings.HasPrefix(title, "microsoft powerpoint - ")
	}
	number, ok := strings.CutPrefix(title, "slide ")
	return ok && strings.Trim(number, "0123456789") == ""
}
