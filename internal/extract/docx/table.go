package docx

import (
	"encoding/xml"
	"strconv"

	"multivac/internal/extract/sheet"
)

// A table is being read.
type table struct {
	look tableLook
	out  *rows // where its rows are written at once
	rows []row // where they are not
	row  *row
}

// tableLook is what is known of a table before its rows.
type tableLook struct {
	columns int
	styled  bool // its style sets the first row apart
	header  bool // and the table uses that
}

// A row is a row of a table.
type row struct {
	cells   []cell
	head    bool // it is repeated on each page
	dropped bool // deleted or hidden
}

// A cell is a cell of a row.
type cell struct {
	blocks  []block
	cols    int
	merge   merge
	dropped bool
	rows    int  // that it spans
	covered bool // by one that spans it
}

// merge is what a cell has to do with the one above it.
type merge int

const (
	alone merge = iota
	begun       // it spans the cells below that go on
	goesOn
)

func (w *walker) startTable() {
	f, end := w.inner()
	if f.table != nil || w.tables >= w.limits.Depth { // its cells are read as if they stood in no table
		w.top().name = ""
		w.top().ends = end
		return
	}
	w.flow = f
	w.endJoined()
	f.table = &table{}
	w.tables++
	w.top().ends = func() {
		w.flow = f
		w.endTable()
		end()
	}
}

func (w *walker) endTable() {
	f := w.flow
	t := f.table
	f.table = nil
	w.tables--
	if t == nil {
		return
	}
	if t.out != nil {
		t.out.end()
		w.writeNotes()
		f.levels = f.levels[:0]
	} else if len(t.rows) > 0 {
		w.add(block{kind: grid, rows: t.rows, table: t.look})
	}
}

func (w *walker) startRow() {
	f := w.flow
	t := f.table
	if t == nil || t.row != nil {
		return
	}
	t.row = &row{}
	w.top().ends = func() {
		w.flow = f
		r := t.row
		if t.row = nil; r.dropped || f.table != t {
			return
		}
		if !f.direct {
			t.rows = append(t.rows, *r)
			return
		}
		if t.out == nil {
			w.writeNotes()
			w.endCode()
			t.out = newRows(w.writer, t.look)
		}
		t.out.add(*r)
	}
}

func (w *walker) startCell() {
	t := w.flow.table
	if t == nil || t.row == nil {
		return
	}
	r, f := t.row, w.push()
	f.cell = &cell{cols: 1}
	w.top().ends = func() {
		w.pop(f)
		if f.cell.blocks = f.blocks; !f.cell.dropped {
			r.cells = append(r.cells, *f.cell)
		}
	}
}

// tableSetting reads a setting of a table, a row or a cell.
func (w *walker) tableSetting(e xml.StartElement) {
	t := w.flow.table
	switch v := attribute(e, "val"); {
	case w.flow.cell != nil && t == nil:
		w.flow.cell.set(e.Name.Local, v)
	case t == nil:
	case e.Name.Local == "gridCol":
		t.look.columns++
	case e.Name.Local == "tblStyle":
		t.look.styled = w.styles.of(v).header
	case e.Name.Local == "tblLook":
		bits, err := strconv.ParseUint(v, 16, 16)
		first := attribute(e, "firstRow")
		t.look.header = t.look.styled && (first != "" && isOn(first) || first == "" && err == nil && bits&0x20 != 0)
	case t.row != nil:
		t.row.set(e.Name.Local, v)
	}
}

func (r *row) set(name, v string) {
	switch name {
	case "tblHeader":
		r.head = v == "" || isOn(v)
	case "hidden", "del":
		r.dropped = v == "" || isOn(v)
	case "gridBefore":
		if n := atoi(v, 0); n > 0 {
			r.cells = append(r.cells, cell{cols: n})
		}
	}
}

func (c *cell) set(name, v string) {
	switch name {
	case "gridSpan":
		c.cols = max(atoi(v, 1), 1)
	case "vMerge":
		if c.merge = goesOn; v == "restart" {
			c.merge = begun
		}
	case "hMerge": // of old documents; the text stands in the first cell
		c.dropped = v != "restart"
	case "cellDel":
		c.dropped = true
	}
}

// longCell is the longest text of a cell of a data table, in bytes. A row with a
// longer cell arranges text.
const longCell = 600

// Rows write a table as Markdown. They hold the first ones, until it is known how
// far their cells reach down.
type rows struct {
	w     *writer
	look  tableLook
	sheet sheet.Sheet
	held  []row
	ready bool
	count int
	head  bool           // all rows so far are heads
	above map[int]string // text of cells that span others, by column
}

// heldRows is how many rows may be joined to a header.
const heldRows = 8

func newRows(w *writer, look tableLook) *rows {
	r := &rows{w: w, look: look, above: map[int]string{}, head: true}
	r.sheet = sheet.Sheet{Out: w.out, Spare: w.spare, Separate: func(int) { w.blank(grid) }}
	return r
}

func (r *rows) add(x row) {
	if r.ready {
		r.write(x)
		return
	}
	if r.held = append(r.held, x); len(r.held) == heldRows {
		r.release()
	}
}

func (r *rows) end() {
	r.release()
	r.sheet.End()
}

// release writes the rows that are held.
func (r *rows) release() {
	if r.ready {
		return
	}
	r.ready = true
	if len(r.held) > 0 {
		r.span(r.held)
	}
	for _, x := range r.held {
		r.write(x)
	}
	r.held = nil
}

// span finds out over how many rows the cells of the first one reach.
func (r *rows) span(held []row) {
	column := 0
	for i := range held[0].cells {
		c := &held[0].cells[i]
		for n := 1; c.merge == begun && n < len(held); n++ {
			below := held[n].at(column)
			if below == nil || below.merge != goesOn {
				break
			}
			below.covered = true
			c.rows = n + 1
		}
		column += c.cols
	}
}

// at returns the cell of a column, or nil.
func (x row) at(column int) *cell {
	for i := range x.cells {
		if column == 0 {
			return &x.cells[i]
		}
		if column -= x.cells[i].cols; column < 0 {
			return nil
		}
	}
	return nil
}

func (r *rows) write(x row) {
	r.count++
	r.head = r.head && x.head
	if r.arranges(x) {
		r.sheet.End()
		for _, c := range x.cells {
			for _, b := range c.blocks {
				if c.merge != goesOn {
					r.w.write(b)
				}
			}
		}
		r.w.endCode()
		return
	}
	y, column := sheet.Row{Head: r.head}, 0
	for _, c := range x.cells {
		if !c.covered {
			y.Cells = append(y.Cells, sheet.Cell{
				Text: r.textOf(c, column), Cols: c.cols, Rows: c.rows,
				Header: len(c.blocks) == 1 && c.blocks[0].kind == heading,
				Bold:   r.count == 1 && r.look.header || c.isBold(),
			})
		}
		column = min(column+c.cols, 1<<20)
	}
	r.w.last = grid
	r.sheet.Add(y)
}

// textOf returns the text of a cell, which may be that of one above.
func (r *rows) textOf(c cell, column int) string {
	if c.merge == goesOn {
		t := r.above[column]
		if *r.w.spare < len(t)+4 {
			return ""
		}
		*r.w.spare -= len(t) + 4
		return t
	}
	t := flat(c.blocks)
	delete(r.above, column)
	if c.merge == begun {
		r.above[column] = t
	}
	return t
}

// isBold reports whether all text of a cell is bold.
func (c cell) isBold() bool {
	for _, b := range c.blocks {
		if !b.bold {
			return false
		}
	}
	return len(c.blocks) > 0
}

// arranges reports whether a row only sets text apart: a frame around it, or
// columns with headings, long texts or tables of their own.
func (r *rows) arranges(x row) bool {
	if len(x.cells) == 1 && r.look.columns < 2 {
		return true
	}
	for _, c := range x.cells {
		size := 0
		for _, b := range c.blocks {
			size += len(b.text)
			if b.kind == heading && len(c.blocks) > 1 || b.kind == code || b.isTable() || size > longCell {
				return true
			}
		}
	}
	return false
}

// isTable reports whether a block is a table whose rows say something only with
// their columns.
func (b block) isTable() bool {
	return len(b.rows) > 1 && len(b.rows[0].cells) > 1
}
