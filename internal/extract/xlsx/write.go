package xlsx

import (
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/place"
)

// write writes a sheet below its name. It has an output of its own, for tables
// are written with lines as their places, and these lines are on a sheet.
func (w *workbook) write(out *extract.Output, s named, l extract.Limits) error {
	to, err := w.archive.References(s.part)
	if err != nil {
		return err
	}
	headers, err := w.tables(to)
	if err != nil {
		return err
	}
	g, err := readGrid(w.archive, s.part, out, &w.left, l.Cells)
	if err != nil {
		return err
	}
	if w.withHidden {
		g.unhide()
	}
	l.Bytes -= int64(out.Len())
	p := &page{workbook: w, grid: g, out: extract.NewOutput(out.Context(), l), spare: 2*len(g.text) + 8*len(g.cells) + minSpare, blanks: blanksPerCell*len(g.cells) + minSpare}
	p.merges, p.moved, p.seen = newMerges(p), p.movedColumns(), make([]bool, maxColumn+1)
	for _, b := range p.blocks(headers) {
		if p.out.Err() != nil {
			break
		}
		p.writeBlock(b)
	}
	if err := w.drawn(p, to); err != nil {
		return err
	}
	e, err := p.out.Extracted("")
	if err != nil {
		out.Fail(err)
		return nil
	}
	if strings.TrimSpace(e.Text) == "" {
		return nil
	}
	if out.Len() > 0 {
		out.Line("", multivac.Place{})
	}
	lines, offset := place.Read(e.Places, e.Text), 0
	out.Line("# "+s.heading, multivac.Place{Sheet: s.name})
	out.Line("", multivac.Place{})
	for line := range strings.Lines(e.Text) {
		out.Line(strings.TrimSuffix(line, "\n"), multivac.Place{Sheet: s.name, Line: lines.At(offset).Line})
		offset += len(line)
	}
	return nil
}

// What a sheet may make more of than it has.
const (
	minSpare      = 1 << 20
	blanksPerCell = 16
)

// A page is a sheet that is being written.
type page struct {
	*workbook
	*grid
	out    *extract.Output
	spare  int // bytes that may be written more than once
	blanks int // empty cells that may be written
	merges *merges
	moved  []int32 // columns in which merged cells are shown whose own column is hidden
	seen   []bool  // by column; what counts columns uses it
}

// separate writes what comes before a paragraph or a table.
func (p *page) separate(line int) {
	if p.out.Len() > 0 {
		p.out.Line("", extract.AtLine(line))
	}
}

// pay reports whether n more bytes may be repeated, and counts them.
func (p *page) pay(n int) bool {
	if p.spare < n {
		return false
	}
	p.spare -= n
	return true
}
