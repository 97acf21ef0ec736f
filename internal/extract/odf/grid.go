package odf

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/blocks"
	"multivac/internal/extract/sheet"
)

// A grid writes the cells of a sheet: what stands above a table as paragraphs,
// and tables.
type grid struct {
	w     *blocks.Writer
	name  string // of the sheet
	named bool   // the name is written
	held  []gridRow
	table *blocks.Table // nil until it is known where it begins
	left  int           // the first column of the table
}

type gridRow struct {
	cells []gridCell
	line  int
	head  bool
	gap   bool // an empty row comes before it
}

type gridCell struct {
	text string
	bold bool
	over bool // the cell on its left spans it
}

// title writes the heading of the sheet.
func (g *grid) title() {
	if !g.named {
		g.named = true
		title := g.w.Title
		g.w.Heading(1, g.name)
		g.w.Title = title // the name of a sheet is no title of a document
	}
}

func (g *grid) add(r gridRow) {
	for n := len(r.cells); n > 0 && r.cells[n-1].text == "" && !r.cells[n-1].over; n-- {
		r.cells = r.cells[:n-1]
	}
	switch {
	case len(r.cells) == 0:
		return
	case r.gap && r.isHead() && g.any(), g.table != nil && r.first() < g.left: // another table
		g.end()
	}
	if g.table != nil {
		g.write(r, false)
		return
	}
	if g.held = append(g.held, r); len(g.held) == sheet.HeldRows {
		g.begin()
	}
}

// any reports whether a table has begun, as far as can be told.
func (g *grid) any() bool {
	n := 0
	for _, r := range g.held {
		if r.filled() > 1 {
			n++
		}
	}
	return g.table != nil || n > 1
}

// isHead reports whether the row is marked as the header of a table.
func (r gridRow) isHead() bool {
	n := 0
	for _, k := range r.cells {
		if k.text != "" && !k.bold {
			return r.head
		}
		if k.text != "" {
			n++
		}
	}
	return n > 1 || r.head
}

// first returns the first column that says something.
func (r gridRow) first() int {
	for i, k := range r.cells {
		if k.text != "" {
			return i
		}
	}
	return len(r.cells)
}

// filled returns how many cells say something.
func (r gridRow) filled() (n int) {
	for _, k := range r.cells {
		if k.text != "" {
			n++
		}
	}
	return n
}

// begin writes what stands above the table, and begins it.
func (g *grid) begin() {
	rows := g.held
	g.held = nil
	if len(rows) == 0 {
		return
	}
	g.title()
	n := above(rows)
	for _, r := range rows[:n] {
		place := g.w.Place
		g.w.Place.Line = r.line
		g.w.Paragraph(r.oneLine())
		g.w.Place = place
	}
	rows = rows[n:]
	heads := 0
	for heads < len(rows) && rows[heads].isHead() && (heads == 0 || !rows[heads].gap) {
		heads++
	}
	if heads == len(rows) {
		heads = min(heads, 1)
	}
	g.left = len(rows[0].cells)
	for _, r := range rows {
		g.left = min(g.left, r.first())
	}
	g.table = g.w.Table(heads == 0)
	for i, r := range rows {
		r.gap = r.gap && i > 0
		g.write(r, i < heads)
	}
}

// oneLine returns a row above a table as a line of text.
func (r gridRow) oneLine() string {
	var all []string
	for _, k := range r.cells {
		if t := extract.OneLine(k.text); t != "" {
			all = append(all, t)
		}
	}
	if len(all) == 2 {
		return strings.TrimSuffix(all[0], ":") + ": " + all[1]
	}
	return strings.Join(all, ", ")
}

// above returns how many rows stand above a table, in which most rows have
// more cells: a title, when it was made.
func above(rows []gridRow) int {
	count, width := map[int]int{}, 0
	for _, r := range rows {
		n := r.filled()
		count[n]++
		if count[n] > count[width] || count[n] == count[width] && n > width {
			width = n
		}
	}
	n := 0
	for n < len(rows)-1 {
		f := rows[n].filled()
		if f >= width || f > 1 && (f > 2 || width < 4) || rows[n].head {
			break
		}
		n++
	}
	return n
}

func (g *grid) write(r gridRow, header bool) {
	g.table.Add(sheet.Row{Cells: cellsOf(r.cells, g.left, header), Line: r.line, Head: header, Gap: r.gap})
}

// end writes the rest.
func (g *grid) end() {
	g.begin()
	if g.table != nil {
		g.table.End()
		g.table = nil
	}
}
