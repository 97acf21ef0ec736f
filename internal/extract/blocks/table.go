package blocks

import (
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
	"multivac/internal/place"
)

// longCell is the longest text of a cell of a table with data, in bytes. A row
// with a longer cell arranges text, and so does a table of one cell.
const longCell = 600

// A Table is a table that is being written.
type Table struct {
	w     *Writer
	at    multivac.Place
	sheet *sheet.Sheet
	out   *extract.Output // what the sheet writes, whose places are lines only
	rows  int
	first *sheet.Row // the only row so far
}

// Table begins a table. With unmarked set, nothing in it marks a header, and no
// cell spans others.
func (w *Writer) Table(unmarked bool) *Table {
	t := &Table{w: w, at: w.Place, out: extract.NewOutput(w.Out.Context(), w.limits)}
	t.sheet = &sheet.Sheet{CSV: unmarked, Spare: &w.Spare, Out: t.out, Separate: func(line int) {
		if t.out.Len() > 0 {
			t.out.Line("", extract.AtLine(line))
		}
	}}
	return t
}

// Add writes the next row. The line of the row becomes a part of its place.
func (t *Table) Add(r sheet.Row) {
	if t.w.Out.Err() != nil || sheet.IsEmptyRow(r.Cells) {
		return
	}
	for i := range r.Cells {
		r.Cells[i].Text = Clean(r.Cells[i].Text)
	}
	if t.rows++; t.rows == 1 && len(r.Cells) == 1 {
		t.first = &r
		return
	}
	t.addFirst()
	t.add(r)
}

func (t *Table) addFirst() {
	if t.first != nil {
		r := *t.first
		t.first = nil
		t.add(r)
	}
}

func (t *Table) add(r sheet.Row) {
	for _, c := range r.Cells {
		if len(c.Text) > longCell {
			t.write()
			t.arrange(r)
			return
		}
	}
	t.sheet.Add(r)
	t.w.Out.Fail(t.out.Err())
}

// arrange writes the cells of a row as paragraphs.
func (t *Table) arrange(r sheet.Row) {
	before := t.w.Place
	t.w.Place = t.at
	t.w.Place.Line = r.Line
	for _, c := range r.Cells {
		t.w.Paragraph(c.Text)
	}
	t.w.Place = before
}

// End writes the rest of the table.
func (t *Table) End() {
	if t.first != nil {
		t.arrange(*t.first)
		return
	}
	t.write()
}

// write moves what the sheet has written into the text.
func (t *Table) write() {
	t.sheet.End()
	e, err := t.out.Extracted("")
	t.out = extract.NewOutput(t.w.Out.Context(), t.w.limits)
	t.sheet.Out = t.out
	if t.w.Out.Fail(err); err != nil || e.Text == "" {
		return
	}
	t.w.block(other)
	lines, offset := place.Read(e.Places, e.Text), 0
	for l := range strings.Lines(e.Text) {
		if t.w.Out.Err() != nil {
			return
		}
		p := t.at
		p.Line = lines.At(offset).Line
		t.w.Out.Line(strings.TrimSuffix(l, "\n"), p)
		offset += len(l)
	}
}
