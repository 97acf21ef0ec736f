package docx

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
)

// A block is a paragraph of the text or what else is set apart from others.
type block struct {
	kind  kind
	level int    // of a heading from 1, of an item from 0
	label string // of an item: "- ", "1. "
	text  string // in paragraphs and code with line ends
	bold  bool
	note  bool // a remark of this program
	rows  []row
	table tableLook
}

type kind int

const (
	plain kind = iota
	heading
	item
	more // a paragraph of the item above it
	code
	grid
	ready // in Markdown
)

// A writer writes blocks as Markdown.
type writer struct {
	out   *extract.Output
	spare *int     // bytes that may be written twice
	last  kind     // of block
	code  []string // paragraphs of code that belong together
}

// line writes a line. Word keeps no lines and no pages, so it stands nowhere.
func (w *writer) line(t string) { w.out.Line(t, multivac.Place{}) }

// blank writes the blank line between blocks. Items of a list stand close.
func (w *writer) blank(k kind) {
	if w.out.Len() > 0 && (k != item || w.last != item && w.last != more) {
		w.line("")
	}
	w.last = k
}

func (w *writer) write(b block) {
	if b.kind == code {
		w.code = append(w.code, b.text)
		return
	}
	w.endCode()
	switch b.kind {
	case plain:
		for t := range strings.SplitSeq(b.text, "\n") {
			w.blank(plain)
			if w.out.Len() == 0 && (t == "---" || t == "+++") { // no settings of a page begin here
				continue
			}
			w.line(extract.Escape(t))
		}
	case ready:
		w.blank(ready)
		for t := range strings.SplitSeq(b.text, "\n") {
			w.line(t)
		}
	case heading:
		w.blank(heading)
		w.line(strings.Repeat("#", min(b.level, 6)) + " " + b.text)
	case item:
		w.blank(item)
		w.line(strings.Repeat("  ", b.level) + b.label + b.text)
	case more:
		w.blank(more)
		w.line(strings.Repeat("  ", b.level+1) + b.text)
	case grid:
		r := newRows(w, b.table)
		for _, row := range b.rows {
			r.add(row)
		}
		r.end()
	}
}

// endCode writes the code that waits.
func (w *writer) endCode() {
	text := strings.Trim(strings.Join(w.code, "\n"), "\n")
	if w.code = nil; strings.TrimSpace(text) == "" {
		return
	}
	fence := extract.Fence(text)
	w.blank(code)
	w.line(fence)
	for t := range strings.SplitSeq(text, "\n") {
		w.line(t)
	}
	w.line(fence)
}

// flat returns blocks as the text of a cell. Tables in it are not deeper than the
// limit.
func flat(blocks []block) string {
	var all []string
	for _, b := range blocks {
		t := b.text
		if b.kind == item {
			t = strings.TrimPrefix(b.label, "- ") + t
		}
		all = append(all, t)
		for _, r := range b.rows {
			for _, c := range r.cells {
				if c.merge != goesOn {
					all = append(all, flat(c.blocks))
				}
			}
		}
	}
	return extract.OneLine(strings.Join(all, " "))
}

// add adds a block to the flow.
func (w *walker) add(b block) {
	f := w.flow
	w.said = w.said || !b.note
	if b.kind != item && b.kind != more {
		f.levels = f.levels[:0]
	}
	if !f.direct {
		f.blocks = append(f.blocks, b)
		return
	}
	if len(f.levels) == 0 { // the list is over
		w.writeNotes()
	}
	w.writer.write(b)
}

// writeNotes writes the notes that wait.
func (w *walker) writeNotes() {
	for _, b := range w.noted {
		w.writer.write(b)
	}
	w.noted = nil
}

// finish writes the rest at the end.
func (w *walker) finish() {
	w.writeNotes()
	w.endCode()
}

// nest returns how deep an item of that level stands in its list: 0 for the first
// level that is there.
func (f *flow) nest(level, limit int) int {
	for len(f.levels) > 0 && f.levels[len(f.levels)-1] >= level {
		f.levels = f.levels[:len(f.levels)-1]
	}
	if n := len(f.levels); n < limit || n == 0 {
		f.levels = append(f.levels, level)
	}
	return len(f.levels) - 1
}

// broken splits a paragraph at its line breaks, unless a sentence goes on behind
// them.
func broken(t string) string {
	if !strings.Contains(t, "\n") {
		return extract.OneLine(t)
	}
	var b strings.Builder
	for l := range strings.SplitSeq(t, "\n") {
		if l = extract.OneLine(l); l == "" {
			continue
		}
		switch first, _ := utf8.DecodeRuneInString(l); {
		case b.Len() == 0:
		case unicode.IsLower(first) || strings.HasSuffix(b.String(), ","):
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
		b.WriteString(l)
	}
	return b.String()
}
