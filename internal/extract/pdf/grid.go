package pdf

import (
	"cmp"
	"slices"
	"strings"

	"multivac/internal/extract/sheet"
)

// A table whose cells are divided by lines is told by those lines, whatever the
// gaps in its text are: lines that cross make a grid, and a cell goes on where no
// line ends it.

// A rule is a line, level or upright.
type rule struct{ at, lo, hi float32 }

// A grid is a table that lines divide. Its text is taken out of the page, and a
// segment stands for it there.
type grid struct {
	xs, ys []float32 // of the lines, in order
	level  []rule
	up     []rule
	rows   []sheet.Row
	cells  [][]segment // of each field, row by row
}

const (
	near       = 3    // points that lines miss each other by where they meet, or lie apart that are one
	maxLines   = 2000 // of a page in one direction
	maxFields  = 5000 // of a grid
	leastFull  = 4    // cells with text
	shortCell  = 60   // letters of one
	maxSpanned = 200  // bytes of text in a cell of several rows or columns
)

// rules returns the lines of a page as they stand where text at angle is level.
func rules(p *Page, angle int) (level, up []rule) {
	if angle%90 != 0 {
		return nil, nil
	}
	for _, r := range p.Rules {
		a, b := turned(r.Left, r.Bottom, angle), turned(r.Right, r.Top, angle)
		x0, x1, y0, y1 := min(a.x, b.x), max(a.x, b.x), min(a.y, b.y), max(a.y, b.y)
		if x1-x0 >= y1-y0 {
			level = append(level, rule{(y0 + y1) / 2, x0, x1})
		} else {
			up = append(up, rule{(x0 + x1) / 2, y0, y1})
		}
	}
	return joined(level), joined(up)
}

// joined returns lines with those as one that lie on one another or go on.
func joined(all []rule) (out []rule) {
	slices.SortFunc(all, func(a, b rule) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lo, b.lo)) })
	for i := 0; i < len(all) && len(out) < maxLines; {
		end := i
		for end < len(all) && all[end].at-all[i].at <= near {
			end++
		}
		same := all[i:end]
		i = end
		slices.SortFunc(same, func(a, b rule) int { return cmp.Compare(a.lo, b.lo) })
		for k, r := range same {
			if n := len(out); k > 0 && r.lo <= out[n-1].hi+near {
				out[n-1].hi = max(out[n-1].hi, r.hi)
				continue
			}
			out = append(out, r)
		}
	}
	return out
}

// grids returns the grids that lines make: those that are connected by crossings.
func grids(level, up []rule) (all []*grid) {
	group := make([]int, len(up))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	first := make([]int, len(level)) // an upright line that each one crosses
	for i, h := range level {
		first[i] = -1
		for k, v := range up {
			if !v.crosses(h) {
				continue
			}
			if first[i] < 0 {
				first[i] = k
			}
			group[root(k)] = root(first[i])
		}
	}
	of := map[int]*grid{}
	for k, v := range up {
		g := of[root(k)]
		if g == nil {
			g = &grid{}
			of[root(k)], all = g, append(all, g)
		}
		g.up = append(g.up, v)
	}
	for i, h := range level {
		if first[i] >= 0 {
			of[root(first[i])].level = append(of[root(first[i])].level, h)
		}
	}
	return slices.DeleteFunc(all, func(g *grid) bool { return !g.measure() })
}

func (r rule) crosses(o rule) bool {
	return o.at >= r.lo-near && o.at <= r.hi+near && r.at >= o.lo-near && r.at <= o.hi+near
}

// measure finds the fields, and reports whether there are two rows and columns.
func (g *grid) measure() bool {
	if len(g.level) < 2 || len(g.up) < 2 {
		return false
	}
	g.xs, g.ys = ends(g.up, g.level), ends(g.level, g.up)
	return len(g.xs) > 2 && len(g.ys) > 2 && (len(g.xs)-1)*(len(g.ys)-1) <= maxFields
}

// ends returns where lines divide a grid. Where most of those across go on beyond
// the first or last one, there is a column or row more, which is open.
func ends(lines, across []rule) (at []float32) {
	for _, l := range lines {
		if n := len(at); n == 0 || l.at-at[n-1] > near {
			at = append(at, l.at)
		}
	}
	lo, hi := make([]float32, len(across)), make([]float32, len(across))
	for i, l := range across {
		lo[i], hi[i] = l.lo, l.hi
	}
	slices.Sort(lo)
	slices.Sort(hi)
	const open = 10
	if l := lo[len(lo)/2]; l < at[0]-open {
		at = slices.Insert(at, 0, l)
	}
	if h := hi[len(hi)/2]; h > at[len(at)-1]+open {
		at = append(at, h)
	}
	return at
}

// field returns the row and column that a segment stands in.
func (g *grid) field(s segment) (row, column int, ok bool) {
	x, y := (s.x0+s.x1)/2, s.y-0.3*s.size
	column, _ = slices.BinarySearch(g.xs, x)
	row, _ = slices.BinarySearch(g.ys, y)
	return row - 1, column - 1, row > 0 && column > 0 && row < len(g.ys) && column < len(g.xs)
}

// take takes the segments out that stand in the grid, and puts one in their place.
// It changes nothing where they are no table.
func (g *grid) take(segments []segment, known words) []segment {
	kept, inside := make([]segment, 0, len(segments)), []segment(nil)
	for _, s := range segments {
		if _, _, ok := g.field(s); ok {
			inside = append(inside, s)
		} else {
			kept = append(kept, s)
		}
	}
	if len(inside) < leastFull {
		return segments
	}
	g.divide(inside)
	g.xs = g.used(inside, g.xs, func(s segment) int { _, c, _ := g.field(s); return c })
	g.ys = g.used(inside, g.ys, func(s segment) int { r, _, _ := g.field(s); return r })
	if len(g.xs) < 3 || len(g.ys) < 3 {
		return segments
	}
	g.cells = make([][]segment, (len(g.ys)-1)*(len(g.xs)-1))
	for _, s := range inside {
		row, column, _ := g.field(s)
		i := row*(len(g.xs)-1) + column
		g.cells[i] = append(g.cells[i], s)
	}
	if !g.isTable() {
		return segments
	}
	place := standIn(inside, g, g.xs[0], g.xs[len(g.xs)-1])
	if !g.write(known) {
		return segments
	}
	return append(kept, place)
}

// used returns the lines at, but for those that end a row or column without any
// text: double lines, and frames around the text of a cell.
func (g *grid) used(inside []segment, at []float32, field func(segment) int) []float32 {
	full := make([]bool, len(at)-1)
	for _, s := range inside {
		full[field(s)] = true
	}
	kept := make([]float32, 0, len(at))
	for i, y := range at {
		if i == 0 || full[i-1] || i < len(full) && len(kept) == 0 {
			kept = append(kept, y)
		} else if !slices.Contains(full[i:], true) {
			break
		}
	}
	return kept
}

// isTable reports whether there is text as in a table: in enough cells, in two or
// more of most rows, and with a column whose texts are short.
func (g *grid) isTable() bool {
	n := len(g.xs) - 1
	full, rows, several := 0, 0, 0
	letters, cells := make([]int, n), make([]int, n)
	for r := range len(g.ys) - 1 {
		here := 0
		for c, segments := range g.cells[r*n : (r+1)*n] {
			for _, s := range segments {
				letters[c] += s.letters
			}
			if len(segments) > 0 {
				cells[c]++
				here++
			}
		}
		full += here
		rows += min(here, 1)
		several += min(here/2, 1)
	}
	short := false
	for c := range cells {
		short = short || cells[c] > 0 && letters[c] <= shortCell*cells[c]
	}
	return full >= leastFull && several >= 2 && 2*several >= rows && short
}

// divide adds rows where a field has several lines of text in most columns, which
// no lines divide.
func (g *grid) divide(inside []segment) {
	bands := make([][]segment, len(g.ys)-1)
	for _, s := range inside {
		r, _, _ := g.field(s)
		bands[r] = append(bands[r], s)
	}
	var more []rule
	for _, band := range bands {
		rows := rowsOf(band)
		if len(rows) < 2 || !g.unruled(rows) {
			continue
		}
		for i := 1; i < len(rows); i++ {
			if _, c, _ := g.field(rows[i][0]); c == 0 || len(rows[i]) > (len(g.xs)-1)/2 {
				more = append(more, rule{(rows[i-1].y()+rows[i].y()-0.6*rows[i].main().size)/2 + 0.1*rows[i].main().size, g.xs[0], g.xs[len(g.xs)-1]})
			}
		}
	}
	if (len(g.ys)+len(more))*len(g.xs) > maxFields {
		return
	}
	for _, r := range more {
		g.level = append(g.level, r)
		g.ys = append(g.ys, r.at)
	}
	slices.Sort(g.ys)
}

// leastUnruled is how many lines of text between two lines may be rows. Fewer are
// rows of numbers only.
const leastUnruled = 4

// unruled reports whether most columns that have text have it on most lines, as
// rows have that nothing divides.
func (g *grid) unruled(rows []row) bool {
	lines := make([]int, len(g.xs)-1)
	numbers, pieces := 0, 0
	for _, r := range rows {
		last := -1
		for _, s := range r {
			pieces++
			if direction(s.text) == number {
				numbers++
			}
			if _, c, _ := g.field(s); c != last && c >= 0 && c < len(lines) {
				lines[c]++
				last = c
			}
		}
	}
	full, most, all := 0, 0, 0
	for _, n := range lines {
		if n > 0 {
			full++
		}
		if 10*n >= 7*len(rows) {
			most++
		}
		if n == len(rows) {
			all++
		}
	}
	if len(rows) < leastUnruled {
		return full > 2 && all == full && 2*numbers > pieces
	}
	return full > 1 && 3*most >= 2*full && wordsIn(rows) < 4*float32(full)
}

// write makes the rows of the table. It reports whether they are one: in boxes
// that are put together, most cells reach over others, and a frame holds a text.
func (g *grid) write(known words) bool {
	n, m := len(g.xs)-1, len(g.ys)-1
	cells, over, frame := 0, 0, false
	taken := make([]bool, n*m)
	for r := range m {
		var out sheet.Row
		for c := range n {
			if taken[r*n+c] {
				continue
			}
			cols, rows := 1, 1
			for c+cols < n && !taken[r*n+c+cols] && !crossed(g.up, g.xs[c+cols], (g.ys[r]+g.ys[r+1])/2) {
				cols++
			}
			for r+rows < m && !crossed(g.level, g.ys[r+rows], (g.xs[c]+g.xs[c+1])/2) {
				rows++
			}
			var all []segment
			for y := r; y < r+rows; y++ {
				for x := c; x < c+cols; x++ {
					taken[y*n+x] = true
					all = append(all, g.cells[y*n+x]...)
				}
			}
			cell := sheet.Cell{Text: cellText(all, known), Bold: len(all) > 0, Cols: cols, Rows: rows}
			for _, s := range all {
				cell.Bold = cell.Bold && s.bold
			}
			out.Cells = append(out.Cells, cell)
			cells++
			if cols*rows > 1 {
				over++
				frame = frame || len(cell.Text) > maxSpanned
			}
		}
		if len(out.Cells) > 0 {
			g.rows = append(g.rows, out)
		}
	}
	g.cells, g.level, g.up = nil, nil, nil
	return 2*over <= cells && !frame
}

// crossed reports whether one of the lines at a place runs past a point of it.
func crossed(lines []rule, at, point float32) bool {
	for _, l := range lines {
		if abs(l.at-at) <= near && l.lo <= point && point <= l.hi {
			return true
		}
	}
	return false
}

// cellText returns the text of a cell, whose lines are joined.
func cellText(all []segment, known words) string {
	rows := rowsOf(all)
	rtl := runsRTL(textOf(rows), false)
	var b []string
	t := ""
	for _, r := range rows {
		l := r.text(runsRTL(r.text(false), rtl))
		if listed.MatchString(l) && t != "" {
			b, t = append(b, t), ""
		}
		t = join(t, l, known)
	}
	return strings.Join(append(b, t), " ")
}

// withGrids returns the segments of a plane with one for each table that lines
// divide, unless there are more segments than on a page that is divided.
func withGrids(segments []segment, level, up []rule, known words) []segment {
	if len(segments) > maxSegments {
		return segments
	}
	for _, g := range grids(level, up) {
		segments = g.take(segments, known)
	}
	return segments
}
