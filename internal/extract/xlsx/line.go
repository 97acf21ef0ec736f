package xlsx

import (
	"cmp"
	"slices"
	"sort"
)

// A line is a row as it is shown.
type line struct {
	number int32
	cells  []shown // those with text, by column
	own    bool    // not all of it is repeated from above
}

// A shown cell.
type shown struct {
	column int32
	cols   int32 // how many it spans
	rows   int32
	text   string
	kind   kind
	bold   bool
	copied bool // it repeats a cell above, which spans several rows
}

// line returns a row as it is shown. Rows are asked for in order.
func (p *page) line(r row) line {
	l := line{number: r.number}
	merges := p.merges.at(r.number)
	for _, c := range p.cells[r.first:r.end] {
		if p.isHidden(c.column) || isCovered(merges, c.column) {
			continue
		}
		if t := p.show(p.grid, c); t != "" {
			l.cells, l.own = append(l.cells, shown{column: c.column, cols: 1, rows: 1, text: t, kind: c.kind, bold: p.isBold(c)}), true
		}
	}
	before := len(l.cells)
	for _, m := range merges {
		p.merge(&l, m)
	}
	if len(l.cells) > before {
		slices.SortStableFunc(l.cells, func(a, b shown) int { return cmp.Compare(a.column, b.column) })
	}
	return l
}

func (p *page) isHidden(column int32) bool { return int(column) < len(p.hidden) && p.hidden[column] }

// hasText reports whether the format of a cell shows anything.
func (p *page) hasText(c cell) bool {
	return int(c.style) >= len(p.styles) || !p.styles[c.style].format.hides()
}

func (p *page) isBold(c cell) bool { return int(c.style) < len(p.styles) && p.styles[c.style].bold }

// A merge is cells that are shown as one.
type merge struct {
	span
	shown bool // in a row above
}

// merges are those of a sheet.
type merges struct {
	below  []*merge // that begin in rows below, from the top down
	active []*merge // that are in the row, from the left
	page   *page
}

func newMerges(p *page) *merges {
	m := &merges{page: p}
	for _, s := range p.merged {
		m.below = append(m.below, &merge{span: s})
	}
	slices.SortStableFunc(m.below, func(a, b *merge) int { return cmp.Compare(a.top, b.top) })
	return m
}

// at returns the merged cells that are in a row, from the left. Rows are asked
// for in order.
func (m *merges) at(row int32) []*merge {
	ended := func(x *merge) bool { return x.bottom < row || !m.page.pay(8) }
	m.active = slices.DeleteFunc(m.active, ended)
	for len(m.below) > 0 && m.below[0].top <= row {
		x := m.below[0]
		m.below = m.below[1:]
		i, found := slices.BinarySearchFunc(m.active, x.left, func(a *merge, left int32) int { return cmp.Compare(a.left, left) })
		overlaps := found || i > 0 && m.active[i-1].right >= x.left || i < len(m.active) && m.active[i].left <= x.right
		if !overlaps && !ended(x) { // overlapping ones are an error of the file
			m.active = slices.Insert(m.active, i, x)
		}
	}
	return m.active
}

// isCovered reports whether a cell is part of a merged one.
func isCovered(merges []*merge, column int32) bool {
	i := sort.Search(len(merges), func(i int) bool { return merges[i].right >= column })
	return i < len(merges) && merges[i].left <= column
}

// maxRepeated is the longest text of merged cells that is repeated in the rows
// below, and in the next columns, in bytes. What is longer is a note.
const maxRepeated = 100

// merge adds a merged cell to a row. In each row below, it is repeated.
func (p *page) merge(l *line, m *merge) {
	left := m.left
	for left <= m.right && p.isHidden(left) {
		left++
	}
	c, ok := p.cellAt(m.top, m.left)
	if left > m.right || !ok {
		return
	}
	t := p.show(p.grid, c)
	if t == "" || m.shown && (len(t) > maxRepeated || !p.pay(len(t))) {
		return
	}
	l.cells = append(l.cells, shown{
		column: left, cols: m.right - left + 1, rows: m.bottom - l.number + 1, text: t, kind: c.kind, bold: p.isBold(c), copied: m.shown,
	})
	l.own = l.own || !m.shown
	m.shown = true
}

// cellAt returns the cell at a place.
func (g *grid) cellAt(row, column int32) (cell, bool) {
	i := sort.Search(len(g.rows), func(i int) bool { return g.rows[i].number >= row })
	if i == len(g.rows) || g.rows[i].number != row {
		return cell{}, false
	}
	cells := g.cells[g.rows[i].first:g.rows[i].end]
	j := sort.Search(len(cells), func(j int) bool { return cells[j].column >= column })
	if j == len(cells) || cells[j].column != column {
		return cell{}, false
	}
	return cells[j], true
}
