// Package pdf reads PDF files. What is drawn on their pages comes from a
// [Reader], and this package makes text of it: which characters are seen, which
// of them are words, lines, columns, paragraphs, headings, lists and tables, and
// in which order they are read.
package pdf

import (
	"bytes"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// maxGlyphs is how many characters are read of a page. One of small print has
// twenty thousand.
const maxGlyphs = 200_000

// New returns the format PDF, whose pages r reads. Where r is nil, files are
// known, but not read.
func New(r Reader) extract.Format {
	return extract.Format{
		Name: "PDF", Types: []string{"application/pdf", "application/x-pdf"}, Extensions: []string{".pdf"}, Waits: true,
		Begins: func(head []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte(magic)) },
		Check:  check,
		Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
			if err := check(body); err != nil {
				return extract.Extracted{}, err
			}
			if r == nil {
				return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "use a program that has one", "there is no reader of PDF files here")
			}
			return read(ctx, r, body, l)
		},
	}
}

// magic begins a PDF. It may stand behind other things, such as the headers of a
// web server.
const (
	magic    = "%PDF-"
	searched = 1 << 13
)

// check refuses what is no PDF.
func check(body []byte) error {
	if bytes.Contains(body[:min(len(body), searched)], []byte(magic)) {
		return nil
	}
	if len(body) == 0 {
		return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is empty")
	}
	return multivac.Errorf(multivac.ErrInvalid, "check that it is the right file", "this is not a PDF file, for nothing in it says so")
}

func read(ctx context.Context, r Reader, body []byte, l extract.Limits) (extract.Extracted, error) {
	d := document{words: words{}, sizes: map[int]int{}, left: l.Bytes}
	info, err := r.Read(ctx, body, Limits{Pages: l.Pages, Glyphs: maxGlyphs}, d.add)
	if err != nil {
		return extract.Extracted{}, err
	}
	if err := d.unread(); err != nil {
		return extract.Extracted{}, err
	}
	d.info = info
	for n := range damaged(body, len(d.pages), l) {
		if p := &d.pages[n-1]; p.reason == "" {
			p.reason = "could not be read to its end: its data is damaged"
		}
	}
	d.measure()
	d.running()
	w := writer{document: &d, out: extract.NewOutput(ctx, l)}
	w.write()
	title := titleOf(info.Title)
	if title == "" {
		title = w.title
	}
	return w.out.Extracted(title)
}

// A document is a file whose pages have been read.
type document struct {
	info  Info
	pages []leaf
	words words
	sizes map[int]int // characters of each size, in tenths of a point
	body  float32     // the size of most text
	left  int64       // bytes of text that it may still have

	letters, typed int // all, and those in fonts of typewriters
}

// A leaf is the text of a page.
type leaf struct {
	number   int
	label    string
	all      []plane // the one with the most text first; rows are made of them
	rows     [][]row
	elements []Element
	blocks   []int32
	comments []string
	reason   string // why there is no text, or ""
	failed   bool   // it should have had some
}

// sizeOf is about how many bytes a piece of text or a part of the structure takes
// next to its text. They count as text does: a file of a few bytes can have many.
const sizeOf = 100

// add takes a page. What it draws is kept as text only.
func (d *document) add(p Page) error {
	k := cut(&p)
	s := leaf{number: p.Number, label: extract.OneLine(clean(p.Label)), elements: p.Elements, blocks: k.blocks, comments: p.Comments}
	s.reason, s.failed = unreadable(&p, k)
	if !s.failed {
		for _, plane := range k.order {
			segments := withGrids(once(plane.segments), plane.level, plane.up, d.words)
			rows := rowsOf(withRuled(segments, plane.level, plane.up, d.words))
			s.all, s.rows = append(s.all, *plane), append(s.rows, rows)
			d.note(rows)
		}
	}
	d.left -= int64(sizeOf*len(p.Elements) + sizeOf)
	for _, c := range p.Comments {
		d.left -= int64(len(c))
	}
	d.pages = append(d.pages, s)
	if d.left < 0 {
		return extract.MaxText.Exceeded("split it", "there is too much text in it")
	}
	return nil
}

// note counts what all pages share.
func (d *document) note(rows []row) {
	for _, r := range rows {
		for _, s := range r {
			d.sizes[int(10*s.size+0.5)] += s.letters
			d.letters += s.letters
			if s.pitch > 0 {
				d.typed += s.letters
			}
			d.left -= int64(len(s.text) + sizeOf)
		}
		d.words.see(r.text(false))
	}
}

// measure finds out the size of most text.
func (d *document) measure() {
	most := 0
	for _, tenths := range slices.Sorted(maps.Keys(d.sizes)) {
		if n := d.sizes[tenths]; n > most {
			most, d.body = n, float32(tenths)/10
		}
	}
}

// once returns segments without those that are drawn again, at most a fifth of
// their size away, as shadows are.
func once(segments []segment) []segment {
	seen := map[string][]segment{}
	kept := make([]segment, 0, len(segments))
next:
	for _, s := range segments {
		for _, o := range seen[s.text] {
			if d := 0.2 * s.size; abs(o.x0-s.x0) <= d && abs(o.y-s.y) <= d {
				continue next
			}
		}
		if len(seen[s.text]) < 100 {
			seen[s.text] = append(seen[s.text], s)
		}
		kept = append(kept, s)
	}
	return kept
}

// scanned is the share of a page that a picture covers where the page is taken for
// one that was scanned.
const scanned = 0.3

// unreadable says why there is no text of a page, or "" where there is, or where
// it is blank. failed reports whether a reader sees text where there is none for
// us.
func unreadable(p *Page, k *cutter) (reason string, failed bool) {
	switch {
	case p.Failed != "":
		return "could not be read: " + p.Failed, true
	case k.total > 20 && 2*(k.strange+k.guessed.wrong()) > k.total:
		return "could not be read: its fonts do not say which characters they draw", true
	case k.total > 0 || len(p.Values) > 0:
		return "", false
	}
	area := (p.Box.Right - p.Box.Left) * (p.Box.Top - p.Box.Bottom)
	for _, r := range p.Pictures {
		w, h := min(r.Right, p.Box.Right)-max(r.Left, p.Box.Left), min(r.Top, p.Box.Top)-max(r.Bottom, p.Box.Bottom)
		if w > 0 && h > 0 && w*h > scanned*area {
			return "is a picture without text", true
		}
	}
	return "", false
}

// unread returns an error where no page has text.
func (d *document) unread() error {
	pictures, first := 0, ""
	for _, p := range d.pages {
		if len(p.all) > 0 || len(p.comments) > 0 {
			return nil
		}
		if strings.HasPrefix(p.reason, "is a picture") {
			pictures++
		} else if first == "" {
			first = p.reason
		}
	}
	switch {
	case pictures > 0:
		return multivac.Errorf(multivac.ErrInvalid, "have a program recognise their text (OCR) and tell what it makes", "its pages are pictures without text, as a scanner makes them")
	case first != "":
		return multivac.Errorf(multivac.ErrInvalid, "print it to a new PDF file and tell that", "none of its pages can be read: a page %s", first)
	}
	return nil // the house says that there is no text in it
}

var (
	madeUp  = regexp.MustCompile(`(?i)^(untitled|unknown|document\d*|title|slide 1|powerpoint presentation|about:blank|\W*)$|\.(docx?|xlsx?|pptx?|indd|dvi|tex|qxd|pdf|odt|html?)$|^https?://`)
	program = regexp.MustCompile(`^Microsoft (Word|PowerPoint|Excel) - `)
)

// titleOf returns the title in a file's properties, unless a program made it up.
func titleOf(s string) string {
	s = extract.OneLine(clean(program.ReplaceAllString(s, "")))
	if madeUp.MatchString(s) {
		return ""
	}
	return s
}
