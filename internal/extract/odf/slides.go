package odf

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// slides are the pages of a presentation.
type slides struct {
	any    bool // one has begun
	number int
	hidden bool
	notes  bool // in the notes of one
	shapes []shape
	said   []block // the notes
}

// A shape is a text on a slide, and where it is.
type shape struct {
	y, x  float64
	title bool
	text  []block
}

// running are the kinds of shapes that are on every slide.
var running = extract.Words("header footer date-time page-number")

// startSlide begins a slide, or its notes.
func (r *reader) startSlide(e element) func() {
	s := &r.slides
	if e.tag == "presentation:notes" {
		s.notes = true
		return func() { s.notes = false }
	}
	s.any = true
	s.number++
	s.hidden = r.styles.hidden("drawing-page", e.get("draw:style-name"))
	s.shapes, s.said = nil, nil
	return r.endSlide
}

// endSlide writes a slide: its title, the rest from the top to the bottom, and
// the notes.
func (r *reader) endSlide() {
	s := &r.slides
	r.w.Place = multivac.Place{Slide: s.number}
	slices.SortStableFunc(s.shapes, func(a, b shape) int {
		switch {
		case a.title != b.title && a.title:
			return -1
		case a.title != b.title:
			return 1
		case a.y != b.y:
			return cmp.Compare(a.y, b.y)
		}
		return cmp.Compare(a.x, b.x)
	})
	title, rest := "", s.shapes
	for len(rest) > 0 && rest[0].title {
		for _, b := range rest[0].text {
			title = strings.TrimSpace(title + " " + extract.OneLine(b.text))
		}
		rest = rest[1:]
	}
	switch alone := len(rest) == 0 && len(s.said) == 0; {
	case title == "" && alone: // nothing is on it
	case alone || len(title) > maxTitle: // nothing could be quoted of a heading
		r.w.SetTitle(title)
		r.w.Heading(1, marked("", s.hidden))
		r.w.Paragraph(title)
	default:
		r.w.SetTitle(title)
		r.w.Heading(1, marked(title, s.hidden))
	}
	for _, h := range rest {
		r.emitAll(h.text)
	}
	r.flushLater()
	if len(s.said) > 0 {
		r.w.Heading(2, "Notes")
		r.emitAll(s.said)
	}
	s.shapes, s.said = nil, nil
}

// maxTitle is the longest title that is a heading, in bytes. Of a heading, no
// more is kept.
const maxTitle = 200

// marked returns the title of a slide, and that it is hidden.
func marked(title string, hidden bool) string {
	if hidden {
		title += " (hidden slide)"
	}
	return strings.TrimSpace(title)
}

// startShape begins the text of a shape.
func (r *reader) startShape(e element) func() {
	if !r.slides.any || len(r.flows) > 1 {
		return r.startFlow(false)
	}
	r.flows = append(r.flows, &flow{held: true})
	h := shape{title: e.get("presentation:class") == "title"}
	h.x, h.y = length(e.get("svg:x")), math.Round(length(e.get("svg:y")))
	if x, y, ok := translation(e.get("draw:transform")); ok {
		h.x, h.y = x, math.Round(y)
	}
	return func() {
		h.text = r.endFlow().blocks
		switch s := &r.slides; {
		case len(h.text) == 0:
		case s.notes:
			s.said = append(s.said, h.text...)
		default:
			s.shapes = append(s.shapes, h)
		}
	}
}

// length returns a length in centimetres, or 0.
func length(s string) float64 {
	for unit, cm := range map[string]float64{"cm": 1, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			if v, err := strconv.ParseFloat(n, 64); err == nil && !math.IsNaN(v) {
				return v * cm
			}
		}
	}
	return 0
}

// translation returns where a shape that is turned has its origin.
func translation(s string) (x, y float64, ok bool) {
	_, s, ok = strings.Cut(s, "translate")
	_, s, open := strings.Cut(s, "(")
	s, _, closed := strings.Cut(s, ")")
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
	if !ok || !open || !closed || len(f) == 0 {
		return 0, 0, false
	}
	if len(f) > 1 {
		y = length(f[1])
	}
	return length(f[0]), y, true
}
