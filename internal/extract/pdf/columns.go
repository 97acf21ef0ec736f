package pdf

import (
	"slices"
	"strings"
)

// A flow is a part of a page that is read from top to bottom: lines of one column,
// or the rows of a table.
type flow struct {
	rows    []row
	borders []float32 // between the columns of a table; nil for lines
	code    bool
	column  []row // the lines of the whole column, where blocks of code divide it
}

// maxDepth is how often parts of a page are divided, and maxSegments how much may be
// on a page that is divided. A page of a newspaper has a thousand.
const (
	maxDepth    = 12
	maxSegments = 20_000
)

func count(rows []row) (n int) {
	for _, r := range rows {
		n += len(r)
	}
	return n
}

// flows returns the parts of a page in the order in which they are read.
//
// A page is divided where a gap runs down between at least three lines on its left
// and on its right: what is above comes first, then the left side, the right side,
// and what is below. It is a table instead where both sides stand on the same
// lines, and either one is not prose; rtl has the right side come first.
func flows(rows []row, rtl bool, depth int) []flow {
	if len(rows) == 0 {
		return nil
	}
	if depth > maxDepth || depth == 0 && count(rows) > maxSegments {
		return []flow{{rows: rows}}
	}
	if code := codeIn(rows); len(code) > 0 {
		if code = outsideColumns(rows, code); len(code) > 0 {
			return around(rows, code, rtl, depth)
		}
	}
	c, ok := gutter(rows)
	if !ok {
		return []flow{{rows: rows}}
	}
	inside := rows[c.from:c.to]
	all := flows(rows[:c.from], rtl, depth+1)
	if c.table {
		all = append(all, flow{rows: inside, borders: borders(inside)})
	} else {
		a, b := divide(inside, c.x)
		if rtl {
			a, b = b, a
		}
		all = append(append(all, flows(a, rtl, depth+1)...), flows(b, rtl, depth+1)...)
	}
	return append(all, flows(rows[c.to:], rtl, depth+1)...)
}

// around returns the parts of a page with blocks of code.
func around(rows []row, code []stretch, rtl bool, depth int) (all []flow) {
	column := without(rows, code)
	text := func(from, to int) {
		parts := flows(rows[from:to], rtl, depth+1)
		if len(parts) == 1 && parts[0].borders == nil {
			parts[0].column = column
		}
		all = append(all, parts...)
	}
	end := 0
	for _, c := range code {
		text(end, c.from)
		all = append(all, flow{rows: rows[c.from:c.to], code: true})
		end = c.to
	}
	text(end, len(rows))
	return all
}

// without returns rows but for those of code.
func without(rows []row, code []stretch) (rest []row) {
	end := 0
	for _, c := range code {
		rest = append(rest, rows[end:c.from]...)
		end = c.to
	}
	return append(rest, rows[end:]...)
}

// outsideColumns returns the blocks of code that stand in no column: these are found
// when the page is divided. What is code does not say where columns are, for its
// indented lines stand as if they were one.
func outsideColumns(rows []row, code []stretch) []stretch {
	plain := without(rows, code)
	g, ok := gutter(plain)
	if !ok || g.table {
		return code
	}
	top, bottom := plain[g.from].y(), plain[g.to-1].y()
	return slices.DeleteFunc(code, func(c stretch) bool {
		left, right := rows[c.from].x0(), rows[c.from].x1()
		for _, r := range rows[c.from:c.to] {
			left, right = min(left, r.x0()), max(right, r.x1())
		}
		return rows[c.to-1].y() > top && rows[c.from].y() < bottom && (right <= g.x || left >= g.x)
	})
}

// divide returns what is left and what is right of x.
func divide(rows []row, x float32) (left, right []row) {
	for _, r := range rows {
		i := 0
		for i < len(r) && r[i].x0 < x {
			i++
		}
		if i > 0 {
			left = append(left, r[:i])
		}
		if i < len(r) {
			right = append(right, r[i:])
		}
	}
	return left, right
}

// A gap is what divides rows[from:to] at x.
type gap struct {
	from, to int
	x        float32
	lines    int // on the side that has fewer
	table    bool
}

// leastLines is how many lines stand on each side of a gap. Of a table, two are
// enough where there are three columns.
const leastLines = 3

// maxGaps bounds the places that are tried on a page.
const maxGaps = 200

// gutter returns the gap that divides the most lines. One between columns of prose
// comes before those of a table in one of them.
func gutter(rows []row) (best gap, ok bool) {
	all := gaps(rows)
	if len(all) == 0 {
		return best, false
	}
	best = all[0]
	for _, c := range all {
		if 5*c.lines < 3*all[0].lines {
			break
		}
		if !isTable(rows[c.from:c.to], c.x) {
			return c, true
		}
	}
	best.table = true
	best.trim(rows)
	return best, true
}

// gaps returns the gaps that divide rows, the one that divides the most lines first.
func gaps(rows []row) (all []gap) {
	tried := map[int]bool{}
	for _, r := range rows {
		for i, s := range r {
			at := int(s.x0 / 2)
			if i == 0 && s.x0 <= rows[0].x0() || tried[at] || len(tried) > maxGaps {
				continue
			}
			tried[at] = true
			all = append(all, runs(rows, s.x0-0.1*s.size, 0.7*s.size)...)
		}
	}
	slices.SortStableFunc(all, func(a, b gap) int { return b.lines - a.lines })
	return all
}

// trim takes lines above and below a table out of it: those before the first row
// that has both sides, and those after the last one, but for what goes on right of
// the gap close below.
func (c *gap) trim(rows []row) {
	both := func(r row) bool { return r[0].x0 < c.x && r[len(r)-1].x0 >= c.x }
	for c.from < c.to && !both(rows[c.from]) {
		c.from++
	}
	end := c.to
	for end > c.from && !both(rows[end-1]) {
		end--
	}
	for end < c.to && rows[end][0].x0 >= c.x && rows[end].y()-rows[end-1].y() < 1.5*rows[end].main().size {
		end++
	}
	c.to = end
}

// runs returns the runs of rows in which nothing stands from x-width to x.
func runs(rows []row, x, width float32) (all []gap) {
	c := gap{x: x - width/2}
	lefts, rights, lastRight, lastLeft := 0, 0, 0, 0
	end := func(i int) {
		if c.lines = min(lefts, rights); c.lines >= leastLines {
			c.to = i
			if lefts > 0 && lastRight < lastLeft { // lines below the right side that do not go on the left
				for k := lastRight + 1; k <= lastLeft; k++ {
					if rows[k].y()-rows[k-1].y() > 2*rows[k].main().size {
						c.to = k
						break
					}
				}
			}
			all = append(all, c)
		}
		c.from, lefts, rights = i+1, 0, 0
	}
	for i, r := range rows {
		crossed, l, right := false, false, false
		for _, s := range r {
			switch {
			case s.x1 <= x-width+0.05*s.size:
				l = true
			case s.x0 >= x-0.2:
				right = true
			default:
				crossed = true
			}
		}
		if crossed {
			end(i)
			continue
		}
		if l {
			lefts, lastLeft = lefts+1, i
		}
		if right {
			rights, lastRight = rights+1, i
		}
	}
	end(len(rows))
	return all
}

// isTable reports whether rows that x divides are those of a table: most have both
// sides, and the sides are not both prose. Where one side was drawn before the
// other one, they are columns unless their lines are quite short.
func isTable(rows []row, x float32) bool {
	a, b := divide(rows, x)
	both := len(a) + len(b) - len(rows)
	if 2*both < min(len(a), len(b)) {
		return false
	}
	if byColumn(a, b) {
		return wordsIn(a) < 2.5 && wordsIn(b) < 2.5 && both == len(rows)
	}
	return !isProse(a) || !isProse(b)
}

// byColumn reports whether the sides are drawn one after the other, but for a few
// lines: the drawing goes from side to side much less often than there are lines
// with both.
func byColumn(a, b []row) bool {
	type drawn struct{ first, side int }
	var all []drawn
	for side, rows := range [][]row{a, b} {
		for _, r := range rows {
			for _, s := range r {
				all = append(all, drawn{s.first, side})
			}
		}
	}
	slices.SortFunc(all, func(a, b drawn) int { return a.first - b.first })
	changes := 0
	for i := 1; i < len(all); i++ {
		if all[i].side != all[i-1].side {
			changes++
		}
	}
	return changes == 1 || 3*changes <= min(len(a), len(b))
}

// wordsIn returns how many words there are in a row.
func wordsIn(rows []row) float32 {
	n := 0
	for _, r := range rows {
		for _, s := range r {
			n++
			if s.grid == nil {
				n += strings.Count(s.text, " ")
			}
		}
	}
	return float32(n) / float32(len(rows))
}

// isProse reports whether the rows of a column are lines of text: mostly one piece
// of several words, that fill the column.
func isProse(rows []row) bool {
	pieces, width, widest := 0, float32(0), float32(0)
	for _, r := range rows {
		pieces += len(r)
		w := r.x1() - r.x0()
		width += w
		widest = max(widest, w)
	}
	n := float32(len(rows))
	return float32(pieces) < 1.3*n && wordsIn(rows) >= 3 && width/n > 0.6*widest
}

// borders returns where the columns of a table are divided: in the middle of each
// gap that runs through all rows but those with one cell.
func borders(rows []row) []float32 {
	var cells []span
	for _, r := range rows {
		for _, s := range r {
			cells = append(cells, span{s.x0, s.x1})
		}
	}
	slices.SortFunc(cells, func(a, b span) int {
		if a.x0 < b.x0 {
			return -1
		} else if a.x0 > b.x0 {
			return 1
		}
		return 0
	})
	var at []float32
	end := cells[0].x1
	for _, c := range cells[1:] {
		if c.x0 > end+0.5 {
			at = append(at, (c.x0+end)/2)
		}
		end = max(end, c.x1)
	}
	return at
}
