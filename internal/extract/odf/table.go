package odf

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A table is one of a text or of a slide. It is held until its end, since it
// may stand in a frame that comes below a paragraph.
type table struct {
	rows []sheet.Row
	row  sheet.Row
	deep int // tables in a cell of it, whose text is that of the cell
	head bool
}

// A cell is what has been read of a cell.
type cell struct {
	texts  []string
	plain  bool // some of it is not bold
	header bool
	seen   bool // it has a paragraph, if an empty one
}

func (c *cell) add(b block) {
	t := b.text
	if b.kind == item && b.label != "" {
		t = b.label + " " + t
	}
	for _, row := range b.rows {
		for _, k := range row.Cells {
			t += " " + k.Text
		}
	}
	if t = strings.TrimSpace(t); t != "" {
		c.texts = append(c.texts, t)
		c.plain = c.plain || b.plain
	}
}

func (c *cell) text() string { return strings.Join(c.texts, " ") }

// startTable reads the elements of a table of a text.
func (r *reader) startTable(e element) func() {
	f := r.top()
	if e.tag == "table:table" {
		if f.table != nil {
			f.table.deep++
			return func() { f.table.deep-- }
		}
		t := &table{}
		f.table = t
		return func() {
			f.table = nil
			r.emit(block{kind: tabular, rows: t.rows})
			if len(f.lists) == 0 && !f.held {
				r.flushLater()
			}
		}
	}
	t := f.table
	if t == nil || t.deep > 0 {
		return nil
	}
	switch e.tag {
	case "table:table-header-rows":
		t.head = true
		return func() { t.head = false }
	case "table:table-row":
		t.row = sheet.Row{Head: t.head}
		return func() {
			if !sheet.IsEmptyRow(t.row.Cells) {
				t.rows = append(t.rows, t.row)
			}
			t.row = sheet.Row{}
		}
	case "table:table-cell":
		return r.startCell(e, f, t)
	}
	return nil
}

func (r *reader) startCell(e element, f *flow, t *table) func() {
	if f.cell != nil {
		return nil
	}
	c := &cell{}
	lists := f.lists // a list around the table says nothing of its cells
	f.cell, f.lists = c, nil
	return func() {
		f.cell, f.lists = nil, lists
		k := sheet.Cell{Text: c.text(), Header: c.header, Bold: !c.plain && len(c.texts) > 0,
			Cols: e.count("table:number-columns-spanned"), Rows: e.count("table:number-rows-spanned")}
		n := min(e.count("table:number-columns-repeated"), maxRepeated)
		if n > 1 && r.w.Spare < n*(len(k.Text)+4) {
			n = 1
		}
		for i := range n {
			if i > 0 {
				r.w.Spare -= len(k.Text) + 4
			}
			t.row.Cells = append(t.row.Cells, k)
		}
		if r.cells += n; r.cells > r.limits.Cells {
			r.w.Out.Fail(extract.MaxCells.Exceeded("split it", "there are over %d cells in a table", r.limits.Cells))
		}
	}
}

// maxRepeated is how many cells one element stands for at most.
const maxRepeated = 1000
