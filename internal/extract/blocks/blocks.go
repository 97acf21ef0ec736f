// Package blocks writes what documents of word processors are made of as light
// Markdown: headings, paragraphs, items of lists, tables and code, with a blank
// line where Markdown wants one.
package blocks

import (
	"context"
	"strings"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
)

// A Writer writes blocks, one below the other.
type Writer struct {
	Out   *extract.Output
	Place multivac.Place // of what is written next
	Spare int            // how many bytes may still be written twice, for cells that stand for others
	Title string         // the first heading, or what SetTitle got

	limits extract.Limits
	headed bool     // the last heading has text
	code   []string // the lines of the open block of code
	last   kind
}

// The kinds of the last block written. They decide whether a blank line comes
// next.
type kind int

const (
	other kind = iota
	item
)

// spareAtFirst is how many bytes even a small document may repeat.
const spareAtFirst = 64 << 10

// New returns a writer whose text keeps to l and ends with ctx.
func New(ctx context.Context, l extract.Limits) *Writer {
	return &Writer{Out: extract.NewOutput(ctx, l), Spare: spareAtFirst, limits: l}
}

// Extracted returns the text. Its title is title or, where that is empty, the
// first heading.
func (w *Writer) Extracted(title string) (extract.Extracted, error) {
	w.endCode()
	if strings.TrimSpace(title) == "" {
		title = w.Title
	}
	return w.Out.Extracted(title)
}

// Heading writes a heading. Levels below the sixth are written as the sixth.
// One without text ends what the heading above says of the text below it.
func (w *Writer) Heading(level int, t string) {
	t = extract.OneLine(Clean(t))
	if t == "" && !w.headed {
		return
	}
	w.headed = t != ""
	w.SetTitle(t)
	w.block(other)
	mark := strings.Repeat("#", min(max(level, 1), 6))
	w.Out.Line(strings.TrimSpace(mark+" "+t), w.Place)
}

// SetTitle gives the document a title, unless it has one.
func (w *Writer) SetTitle(t string) {
	if w.Title == "" {
		w.Title = extract.OneLine(Clean(t))
	}
}

// Paragraph writes a paragraph. Its line ends stay.
func (w *Writer) Paragraph(t string) {
	first := true
	for l := range strings.SplitSeq(Clean(t), "\n") {
		if l = extract.OneLine(l); l == "" {
			continue
		}
		if first {
			w.block(other)
		}
		first = false
		w.Out.Line(plain(l), w.Place)
	}
}

// plain returns a line of a paragraph so that it is taken for nothing else.
func plain(l string) string {
	if e := extract.Escape(l); e != l {
		return e
	}
	if strings.Trim(l, l[:1]) == "" && strings.IndexByte("=-~^\"*+_", l[0]) >= 0 { // it would underline the line above
		return `\` + l
	}
	return l
}

// Item writes an item of a list, depth lists deep from 1 on. A label is what
// stands before the item in the document, such as "1." or "a)"; a bullet is
// none.
func (w *Writer) Item(depth int, label, t string) {
	t = extract.OneLine(Clean(t))
	if t == "" {
		return
	}
	mark := "- "
	switch label = extract.OneLine(Clean(label)); {
	case isNumber(label):
		mark = label + " "
	case hasWord(label):
		mark += label + " "
	}
	w.block(item)
	_, _ = w.Out.WriteString(w.indent(depth - 1))
	_, _ = w.Out.WriteString(mark)
	w.Out.Line(t, w.Place)
}

// More writes a further paragraph of the last item.
func (w *Writer) More(depth int, t string) {
	if t = extract.OneLine(Clean(t)); t == "" {
		return
	}
	w.block(other)
	w.last = item
	_, _ = w.Out.WriteString(w.indent(depth))
	w.Out.Line(t, w.Place)
}

func (w *Writer) indent(depth int) string {
	return strings.Repeat("  ", min(max(depth, 0), max(w.limits.Depth, 1)))
}

// isNumber reports whether Markdown takes a label for the number of an item.
func isNumber(label string) bool {
	n := len(label) - 1
	return n > 0 && n < 9 && (label[n] == '.' || label[n] == ')') && strings.Trim(label[:n], "0123456789") == ""
}

func hasWord(label string) bool {
	return strings.IndexFunc(label, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0x2fff && r < 0xe000
	}) >= 0
}

// Code writes a line of code. Lines that follow each other are one block.
func (w *Writer) Code(t string) {
	t = strings.ReplaceAll(strings.TrimRight(Clean(t), " \n"), "\n", " ")
	if t != "" || len(w.code) > 0 {
		w.code = append(w.code, t)
	}
}

// endCode writes the open block of code between two fences, which are longer
// than any in it.
func (w *Writer) endCode() {
	code := w.code
	w.code = nil
	for len(code) > 0 && code[len(code)-1] == "" {
		code = code[:len(code)-1]
	}
	if len(code) == 0 {
		return
	}
	w.block(other)
	longest := 2
	for _, l := range code {
		if t := strings.TrimSpace(l); strings.Trim(t, "`") == "" {
			longest = max(longest, len(t))
		}
	}
	fence := strings.Repeat("`", longest+1)
	w.Out.Line(fence, w.Place)
	for _, l := range code {
		w.Out.Line(l, w.Place)
	}
	w.Out.Line(fence, w.Place)
}

// block ends the block before, and writes the blank line after it.
func (w *Writer) block(k kind) {
	w.endCode()
	if w.Out.Len() > 0 && (k != item || w.last != item) {
		w.Out.Line("", w.Place)
	}
	w.last = k
}

// End ends a list: another one that follows is another list.
func (w *Writer) End() { w.last = other }

// Clean returns t without characters that are not seen, such as soft hyphens,
// and without controls. Carriage returns and tabs become spaces.
func Clean(t string) string {
	if strings.IndexFunc(t, unseen) < 0 && utf8.ValidString(t) {
		return t
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return ' '
		case unseen(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(t, "\ufffd"))
}

// unseen reports whether r is a control, or a mark without width that says
// where a line may break. Spaces of no width stay, because Thai and Khmer
// separate words by them.
func unseen(r rune) bool {
	return r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0xad || r == 0x2060 || r == 0xfeff || r == 0x2028 || r == 0x2029 || r&0xfffe == 0xfffe
}
