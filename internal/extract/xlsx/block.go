package xlsx

import (
	"slices"
)

// A block is rows that are one table, or text.
type block struct {
	first, end  int // of its rows in the grid
	left, right int32
	single      bool // it is one cell
	table       bool // it begins with the header of a table that has a name
}

// blocks cuts a sheet where there is an empty row and something else begins
// below it, and around tables that have a name.
func (p *page) blocks(tables []span) []block {
	pieces := p.pieces(tables)
	var all []block
	for i, b := range pieces {
		n := len(all) - 1
		continues := n >= 0 && p.continues(all[n], b)
		if continues && b.single { // a note in the table, or the title of the next one
			continues = i+1 < len(pieces) && p.continues(all[n], pieces[i+1])
		}
		if continues {
			all[n].end = b.end
		} else {
			all = append(all, b)
		}
	}
	return all
}

// pieces cuts a sheet at each empty row, and around tables that have a name.
func (p *page) pieces(tables []span) (all []block) {
	cuts, tops := cutsAround(tables)
	merged := slices.Clone(p.merged)
	slices.SortFunc(merged, func(a, b span) int { return int(a.top - b.top) })
	last := int32(-1) // the latest row that is not empty
	for i, r := range p.rows {
		left, right, n := p.extent(r)
		if r.hidden || n == 0 {
			if r.hidden {
				last = max(last, r.number)
			}
			continue
		}
		cut := r.number > last+1
		for len(cuts) > 0 && cuts[0] <= r.number {
			cut, cuts = true, cuts[1:]
		}
		if cut || len(all) == 0 {
			all = append(all, block{first: i, left: left, right: right, single: n == 1, table: tops[r.number]})
		}
		b := &all[len(all)-1]
		b.single = b.single && b.first == i
		b.end, b.left, b.right = i+1, min(b.left, left), max(b.right, right)
		for last = max(last, r.number); len(merged) > 0 && merged[0].top <= r.number; merged = merged[1:] {
			last = max(last, merged[0].bottom)
		}
	}
	return all
}

// cutsAround returns the rows at which tables begin, and those behind them.
// Tables side by side are read as one.
func cutsAround(tables []span) (cuts []int32, tops map[int32]bool) {
	tops = map[int32]bool{}
	for i, t := range tables {
		beside := slices.ContainsFunc(slices.Concat(tables[:i], tables[i+1:]), func(o span) bool { return o.top <= t.bottom && t.top <= o.bottom })
		if !beside {
			cuts, tops[t.top] = append(cuts, t.top, t.bottom+1), true
		}
	}
	slices.Sort(cuts)
	return cuts, tops
}

// extent returns the first and the last column of a row that are shown, and how
// many are.
func (p *page) extent(r row) (left, right int32, n int) {
	for _, c := range p.cells[r.first:r.end] {
		if p.isHidden(c.column) || !p.hasText(c) {
			continue
		}
		if n++; n == 1 {
			left = c.column
		}
		right = c.column
	}
	return left, right, n
}

// continues reports whether b goes on with the table a, behind an empty row.
func (p *page) continues(a, b block) bool {
	return !a.single && a.right > a.left && !b.table && b.left >= a.left && b.right <= a.right && !p.beginsTable(b)
}

// looked is how many rows are looked at to tell a header.
const looked = 8

// beginsTable reports whether the first row is a header: it is bold, or text
// above numbers.
func (p *page) beginsTable(b block) bool {
	if b.end-b.first < 2 || b.single {
		return false
	}
	first := p.rows[b.first]
	bold, n := true, 0
	for _, c := range p.cells[first.first:first.end] {
		if p.isHidden(c.column) {
			continue
		}
		if c.kind == value || c.kind == truth || c.kind == day || c.kind == failed {
			return false
		}
		bold = bold && p.isBold(c)
		n++
	}
	if n < 2 || bold {
		return n > 1
	}
	for _, c := range p.cells[first.first:first.end] {
		numbers, others := 0, 0
		for _, r := range p.rows[b.first+1 : min(b.end, b.first+1+looked)] {
			below, ok := p.cellAt(r.number, c.column)
			switch {
			case !ok || r.hidden || p.isHidden(c.column):
			case below.kind == value || below.kind == day:
				numbers++
			default:
				others++
			}
		}
		if numbers > 0 && numbers >= others {
			return true
		}
	}
	return false
}
