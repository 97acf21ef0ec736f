package light

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A Page writes a document that is not Markdown, block by block, with a blank
// line between them.
type Page struct {
	Writer

	inner int    // columns that the blocks of the open item are set in, 0 outside lists
	item  bool   // the block written last is an item
	first string // the first heading
	notes []note
	spare int
}

// A note is text that stands at the end of its section.
type note struct {
	text string
	at   []int
}

// maxItem is how deep items are set in. What cuts the text into passages reads
// deeper ones in the same way.
const maxItem = 8

// NewPage returns a page that reads text.
func NewPage(ctx context.Context, l extract.Limits, text string) Page {
	p := Page{Writer: New(ctx, l, strings.TrimPrefix(text, extract.BOM)), spare: 2*len(text) + 64<<10}
	p.Changed = true
	return p
}

// Pay reports whether n more bytes may be written that stand elsewhere in the
// file, and counts them.
func (p *Page) Pay(n int) bool {
	if n > p.spare {
		return false
	}
	p.spare -= n
	return true
}

// A Block is the text of a block while it is gathered, and the line of the file
// for each of its lines.
type Block struct {
	text []byte
	at   []int
}

// Add adds a line.
func (b *Block) Add(t string, line int) {
	if len(b.at) > 0 {
		b.text = append(b.text, '\n')
	}
	b.text, b.at = append(b.text, t...), append(b.at, line)
}

// Join adds t to the last line, or begins the first one.
func (b *Block) Join(t string, line int) {
	if b.Empty() {
		b.at = append(b.at, line)
	}
	b.text = append(b.text, t...)
}

// Empty reports whether there is no line.
func (b *Block) Empty() bool { return len(b.at) == 0 }

// Len returns the number of bytes.
func (b *Block) Len() int { return len(b.text) }

// Last returns the last byte, or 0.
func (b *Block) Last() byte {
	if len(b.text) == 0 {
		return 0
	}
	return b.text[len(b.text)-1]
}

// Text returns the lines, with line ends between them.
func (b *Block) Text() string { return string(b.text) }

// Take returns the text and the line of each of its lines, and empties b.
func (b *Block) Take() (string, []int) {
	t, at := b.Text(), b.at
	*b = Block{}
	return t, at
}

// Line returns the line of the file on which b begins, or 0.
func (b *Block) Line() int {
	if len(b.at) == 0 {
		return 0
	}
	return b.at[0]
}

// EmitAt writes a line that stands on that line of the file.
func (p *Page) EmitAt(line int, l string) {
	last := p.Line
	p.Line = max(line, 1)
	p.Emit(l)
	p.Line = last
}

// Heading writes a heading, after the notes of the section above it.
func (p *Page) Heading(level int, t string, line int) {
	p.EndList()
	p.writeNotes()
	if t = extract.OneLine(t); t == "" {
		return
	}
	if p.first == "" {
		p.first = t
	}
	p.Level = max(1, min(level, 6))
	p.Emit("")
	p.EmitAt(line, strings.Repeat("#", p.Level)+" "+t)
	p.Emit("")
}

// Inside sets what follows in the item that is open at a depth, from 1. At 0 the
// list ends.
func (p *Page) Inside(depth int) {
	p.inner = 2 * min(depth, maxItem, p.Limits.Depth)
	p.List = p.inner > 0
	p.item = p.item && p.List
}

// EndList ends all lists.
func (p *Page) EndList() { p.Inside(0) }

// Inner returns the columns that the blocks of the open item are set in.
func (p *Page) Inner() int { return p.inner }

// Paragraph writes a paragraph. Each of its lines stands on the line of the file
// in at.
func (p *Page) Paragraph(t string, at []int) {
	if strings.TrimSpace(t) == "" {
		return
	}
	p.Emit("")
	p.item = false
	p.write("", t, at)
}

// Item writes an item of a list at a depth, from 0, with its mark: "-" or "1.".
func (p *Page) Item(depth int, mark, t string, at []int) {
	p.Inside(depth + 1)
	if strings.TrimSpace(t) == "" {
		return
	}
	if !p.item {
		p.Emit("")
	}
	p.item, p.List = true, true
	p.write(mark+" ", t, at)
}

// write writes the lines of a paragraph or an item. A line that Markdown could
// take for the beginning of something else goes on in the line above.
func (p *Page) write(mark, t string, at []int) {
	indent := strings.Repeat(" ", p.inner)
	if mark != "" {
		indent = indent[:max(0, len(indent)-2)]
	}
	var line strings.Builder
	begun := 0
	end := func() {
		if line.Len() > 0 {
			p.EmitAt(begun, indent+line.String())
			line.Reset()
			if mark != "" {
				indent, mark = indent+"  ", ""
			}
		}
	}
	first := true
	for i, l := range strings.Split(t, "\n") {
		if l = extract.OneLine(l); l == "" {
			continue
		}
		if line.Len() > 0 {
			if !startsWithLetter(l) {
				line.WriteString(" " + l)
				continue
			}
			end()
		}
		if begun = at[min(i, len(at)-1)]; first {
			if line.WriteString(mark); mark == "" {
				l = escape(l)
			}
			first = false
		}
		line.WriteString(l)
	}
	end()
}

func startsWithLetter(t string) bool {
	r, _ := utf8.DecodeRuneInString(t)
	return unicode.IsLetter(r)
}

// escape keeps the first line of a paragraph from being taken for something
// else.
func escape(t string) string {
	if t[0] == '>' {
		return `\` + t
	}
	return extract.Escape(t)
}

// Defined returns a term with its definition, as one item.
func Defined(term, definition string) string {
	term, definition = strings.TrimSpace(term), strings.TrimLeft(definition, " \t")
	switch {
	case term == "":
		return definition
	case strings.TrimSpace(definition) == "":
		return term
	case strings.ContainsRune("?!:？！：", lastRune(term)):
		return term + " " + definition
	}
	return term + ": " + definition
}

// Code writes lines as they are, between fences.
func (p *Page) Code(language string, b *Block) {
	t, at := b.Take()
	lines := strings.Split(t, "\n")
	for len(lines) > 0 && len(at) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines, at = lines[1:], at[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 || len(at) == 0 {
		return
	}
	if !IsIdentifier(language) {
		language = ""
	}
	indent, fence := strings.Repeat(" ", p.inner), extract.Fence(strings.Join(lines, "\n"))
	p.Emit("")
	p.EmitAt(at[0], indent+fence+language)
	for i, l := range lines {
		last := p.Line
		p.Line = at[min(i, len(at)-1)]
		p.Write(strings.TrimRight(indent+l, " \t\r"))
		p.Line = last
	}
	p.EmitAt(at[min(len(lines), len(at))-1], indent+fence)
	p.Emit("")
	p.item = false
}

// Table writes a table.
func (p *Page) Table(rows []sheet.Row) {
	if len(rows) == 0 {
		return
	}
	p.Emit("")
	begun := p.Out.Len()
	s := sheet.Sheet{Out: p.Out, Spare: &p.spare, Separate: func(line int) {
		if p.Blank = p.Out.Len() == begun; !p.Blank {
			p.EmitAt(line, "")
		}
	}}
	for _, r := range rows {
		s.Add(r)
	}
	s.End()
	p.Blank, p.item = false, false
	p.Emit("")
}

// Note keeps text for the end of the section: a footnote, which stands next to
// the sentence that refers to it.
func (p *Page) Note(t string, line int) {
	if t = extract.OneLine(t); t != "" {
		p.notes = append(p.notes, note{t, []int{line}})
	}
}

func (p *Page) writeNotes() {
	notes := p.notes
	p.notes = nil
	for _, n := range notes {
		p.Paragraph(n.text, n.at)
	}
}

// Finish returns what was made. Without a title, the first heading is the title.
func (p *Page) Finish(title string) (extract.Extracted, error) {
	p.EndList()
	p.writeNotes()
	if title == "" {
		title = p.first
	}
	return p.Out.Extracted(title)
}
