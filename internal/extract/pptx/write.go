package pptx

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"multivac"
	"multivac/internal/extract"
)

// maxHeading is the longest title that is a heading, in bytes. A longer one is a
// text of its own: of a heading, no more is kept.
const maxHeading = 200

// A writer writes slides as light Markdown.
type writer struct {
	out     *extract.Output
	place   multivac.Place
	pending []heading    // that are written before the next text
	headed  [levels]bool // the levels with a heading above that is not empty
	written bool         // there is text
	inList  bool         // the last line is of a list
	first   string       // the first heading
}

// A heading is that of a slide, of a chart or of notes. An empty one ends those of
// its level.
type heading struct {
	level int
	text  string
}

// head announces a heading. It is written where text follows.
func (w *writer) head(level int, text string) {
	for n := len(w.pending); n > 0 && w.pending[n-1].level >= level && w.pending[n-1].text == ""; n-- {
		w.pending = w.pending[:n-1] // what it ends, the new one ends as well
	}
	w.pending = append(w.pending, heading{level, text})
}

// block begins another block: below the headings that wait, and a blank line.
func (w *writer) block(list bool) {
	pending := w.pending
	w.pending = nil
	for _, h := range pending {
		if h.text == "" && !slices.Contains(w.headed[h.level:], true) {
			continue
		}
		clear(w.headed[h.level:])
		w.headed[h.level] = h.text != ""
		w.blank()
		w.line(strings.TrimRight(strings.Repeat("#", h.level)+" "+h.text, " "))
		w.inList = false
	}
	if !list || !w.inList {
		w.blank()
	}
	w.inList = list
}

func (w *writer) blank() {
	if w.out.Len() > 0 {
		w.out.Line("", w.place)
	}
}

func (w *writer) line(t string) {
	w.written = true
	w.out.Line(t, w.place)
}

// paragraphs writes the paragraphs of a shape.
func (w *writer) paragraphs(all []paragraph) {
	var count [levels]int
	deepest := 0 // an item may be nested in the one above, and no deeper
	for _, p := range all {
		level := min(p.level, deepest)
		if p.mark != numbered {
			clear(count[level:])
		}
		switch p.mark {
		case numbered:
			if count[level]++; p.start > 0 && count[level] == 1 {
				count[level] = p.start
			}
			clear(count[level+1:])
			w.item(level, strconv.Itoa(count[level])+".", p.text)
		case bullet:
			w.item(level, "-", p.text)
		default:
			deepest = 0
			w.text(p.text)
			continue
		}
		deepest = min(level+1, levels-1)
	}
	w.inList = false // what another shape lists is another list
}

// item writes an item of a list.
func (w *writer) item(level int, mark, text string) {
	w.block(true)
	w.line(strings.Repeat("   ", level) + mark + " " + text)
}

// text writes lines, each as a paragraph.
func (w *writer) text(lines ...string) {
	for _, l := range lines {
		if l != "" {
			w.block(false)
			w.line(extract.Escape(l))
		}
	}
}

// endSlide writes the title of a slide that has no other text, for nothing could
// be quoted of a heading alone.
func (w *writer) endSlide(title string, hidden bool) {
	if len(w.pending) == 0 || w.pending[0].level > slideLevel {
		return
	}
	w.pending = nil
	if title != "" {
		w.head(slideLevel, marked("", hidden))
		w.text(title)
	}
}

// Levels of headings.
const (
	slideLevel = 1
	innerLevel = 2 // of notes, and of a chart
)

// marked returns the title of a slide, and that it is hidden.
func marked(title string, hidden bool) string {
	if hidden {
		title += " (hidden slide)"
	}
	return strings.TrimSpace(title)
}

// unseen are characters that no reader sees, and what forms of PowerPoint write
// in the place of line ends.
var unseen = strings.NewReplacer("\u00ad", "", "\u200b", "", "\u2060", "", "\ufeff", "", "_x000B_", " ", "_x000D_", " ", "_x000A_", " ")

// clean returns t without what no reader sees.
func clean(t string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, unseen.Replace(t))
}
