package html

import (
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A grid is a table that is being read.
type grid struct {
	layout bool // it holds other things than cells: headings, other tables
	row    sheet.Row
	cell   sheet.Cell
	inCell bool
	plain  bool // the cell has text that is not bold
	head   bool
	foot   bool
	body   int
	sheet  *sheet.Sheet
}

func (w *writer) inCell() bool {
	return len(w.tables) > 0 && w.tables[len(w.tables)-1].inCell && !w.tables[len(w.tables)-1].layout
}

// startInTable handles a start tag in a table. It returns true if nothing else
// has to be done for the tag.
func (w *writer) startInTable(tag string) bool {
	g := &w.tables[len(w.tables)-1]
	switch tag {
	case "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre":
		if g.inCell {
			w.layOut(g)
		}
		return false
	case "thead", "tbody", "tfoot":
		w.endRow()
		g.head, g.foot = tag == "thead", tag == "tfoot"
		g.body++
	case "tr":
		w.endRow()
		return true
	case "td", "th":
		w.endCell()
		w.flush() // text between the cells
		if len(g.row.Cells) == 0 {
			g.row.Line = w.line
		}
		g.inCell, g.plain, w.bold = true, false, 0
		g.cell = sheet.Cell{Header: tag == "th", Cols: w.e.cols, Rows: w.e.rows}
		return true
	case "li", "dt", "dd", "ul", "ol":
		if g.inCell && !g.layout {
			w.space = true
			return true
		}
	}
	return false
}

func (w *writer) endInTable(tag string) bool {
	switch tag {
	case "table":
		if w.deep > 0 {
			w.deep--
			return true
		}
		w.endRow()
		w.tables[len(w.tables)-1].sheet.End()
		w.tables = w.tables[:len(w.tables)-1]
		return true
	case "tr":
		w.endRow()
		return true
	case "td", "th":
		w.endCell()
		return true
	case "thead", "tbody", "tfoot":
		w.endRow()
		g := &w.tables[len(w.tables)-1]
		g.head, g.foot = false, false
		g.body++
	case "li", "dt", "dd", "ul", "ol":
		if w.inCell() {
			w.space = true
			return true
		}
	}
	return false
}

// layOut turns the cells of a table that only arranges the page into
// paragraphs.
func (w *writer) layOut(g *grid) {
	g.layout = true
	text, begun := w.buf, w.begun
	w.buf = nil
	g.sheet.End()
	for _, c := range g.row.Cells {
		w.emit("", extract.Escape(c.Text), g.row.Line, paragraph)
	}
	g.row.Cells = nil
	w.buf, w.begun = text, begun
	w.flush()
}

func (w *writer) endCell() {
	g := &w.tables[len(w.tables)-1]
	if g.layout {
		w.flush()
		g.inCell = false
		return
	}
	if !g.inCell {
		return
	}
	w.endRaised()
	g.cell.Text, g.cell.Bold = string(w.buf), !g.plain && len(w.buf) > 0
	g.row.Cells = append(g.row.Cells, g.cell)
	w.buf, w.space, g.inCell = w.buf[:0], false, false
}

// longCell is the longest text of a cell of a data table, in bytes. A table
// with a longer cell arranges text.
const longCell = 600

func (w *writer) endRow() {
	w.endCell()
	g := &w.tables[len(w.tables)-1]
	r := g.row
	g.row = sheet.Row{}
	if len(r.Cells) == 0 {
		return
	}
	for _, c := range r.Cells {
		if len(c.Text) > longCell {
			g.sheet.End()
			for _, c := range r.Cells {
				w.emit("", extract.Escape(c.Text), r.Line, paragraph)
			}
			return
		}
	}
	r.Head, r.Foot, r.Body = g.head, g.foot, g.body
	g.sheet.Add(r)
}

func (w *writer) endTables() {
	for len(w.tables) > 0 {
		w.endInTable("table")
	}
}
