package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// drawn writes the text of boxes on a sheet, and the titles of its charts.
func (w *workbook) drawn(p *page, to map[string]parts.Reference) error {
	for _, part := range targets(to, "drawing") {
		charts, err := w.archive.References(part)
		if err != nil {
			return err
		}
		if err := w.texts(p, part, "sp"); err != nil {
			return err
		}
		for _, chart := range targets(charts, "chart") {
			if err := w.texts(p, chart, "title"); err != nil {
				return err
			}
		}
	}
	return nil
}

// targets returns the parts of a kind, in order.
func targets(to map[string]parts.Reference, kind string) (all []string) {
	for _, r := range to {
		if r.Kind == kind && !r.Outside {
			all = append(all, r.Target)
		}
	}
	slices.Sort(all)
	return all
}

// A drawnReader reads the text in shapes of a part.
type drawnReader struct {
	page   *page
	within string // the element that holds text
	above  []string
	row    []byte
	text   []byte
	hidden bool
}

// texts writes the paragraphs in all elements of that name.
func (w *workbook) texts(p *page, part, within string) error {
	if !w.archive.Has(part) {
		return nil
	}
	d, err := w.archive.XML(part)
	if err != nil {
		return err
	}
	r := &drawnReader{page: p, within: within}
	for p.out.Err() == nil {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return parts.Broken(part, err)
		}
		if len(r.above) > maxDepth {
			return tooDeep(part)
		}
		r.take(t)
	}
	return nil
}

func (r *drawnReader) take(t xml.Token) {
	switch t := t.(type) {
	case xml.StartElement:
		switch name := t.Name.Local; {
		case name == "from":
			r.row = r.row[:0]
		case name == r.within:
			r.hidden = false
		case name == "cNvPr" && isTrue(attribute(t, "hidden"), false):
			r.hidden = true
		case name == "br" || name == "tab":
			r.text = append(r.text, ' ')
		}
		r.above = append(r.above, t.Name.Local)
	case xml.EndElement:
		r.above = r.above[:len(r.above)-1]
		if t.Name.Local == "p" {
			r.write()
		}
	case xml.CharData:
		switch n := len(r.above); {
		case n > 1 && r.above[n-1] == "row" && r.above[n-2] == "from":
			r.row = append(r.row, t...)
		case n > 1 && r.above[n-1] == "t" && slices.Contains(r.above, r.within) && !slices.Contains(r.above, "Fallback"):
			r.text = append(r.text, t...)
		}
	}
}

// write writes a paragraph, at the row that its shape begins at.
func (r *drawnReader) write() {
	t := clean(string(r.text))
	if r.text = r.text[:0]; t == "" || r.hidden {
		return
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(r.row)))
	if err != nil || n < 0 || n > maxRow {
		n = 0
	}
	r.page.separate(n + 1)
	r.page.out.Line(extract.Escape(t), extract.AtLine(n+1))
}
