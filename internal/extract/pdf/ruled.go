package pdf

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"multivac/internal/extract/sheet"
)

// A table may have no lines but level ones, as in books: one above it, one below its
// header, and one below it, all of them as long. Its columns are told by the gaps in
// its text. Text between such lines, such as that below a running head, in a box or in
// columns, is no table: what would be its header is no line of several cells, or what
// would be its cells are lines of prose.

const (
	leastRules  = 3
	manyLined   = 5
	largeText   = 40  // points: what is larger is in no table
	maxRuled    = 50  // groups of lines of one length on a page
	maxHeader   = 4   // lines of a header
	proseCell   = 6.5 // words that each line of a cell has where the column is prose
	leastProse  = 4   // lines of such a column
	cellGap     = 0.7 // between cells, in sizes of their font
	fewWords    = 4   // that each line has in the columns of a page
	overlapping = 0.3 // of the width of a text or column, where one reaches over the other
)

// caption begins the text between two tables that stand below each other.
var caption = regexp.MustCompile(`^(?i:table|tabelle|tableau|tabla|tabella|tab\.|figure|fig\.|abbildung|abb\.|algorithm|listing)\s`)

// A ruled is a table that level lines divide.
type ruled struct {
	lo, hi float32   // where its lines begin and end
	ys     []float32 // of its lines
	bands  [][]row   // between them
	parts  []rule    // shorter lines, which stand below cells of several columns
}

// withRuled returns the segments of a plane with one for each table that has level
// lines only.
func withRuled(segments []segment, level, up []rule, known words) []segment {
	if len(segments) > maxSegments {
		return segments
	}
	for _, g := range sameLength(level, up) {
		g.parts = level
		segments = g.take(segments, known)
	}
	return segments
}

// sameLength returns the groups of lines that begin and end at the same place, and
// that nothing crosses, from top to bottom.
func sameLength(level, up []rule) (all []ruled) {
	used := make([]bool, len(level))
	for i, a := range level {
		if used[i] || slices.ContainsFunc(up, a.crosses) {
			continue
		}
		g := ruled{lo: a.lo, hi: a.hi, ys: []float32{a.at}}
		for k := i + 1; k < len(level); k++ {
			if b := level[k]; !used[k] && abs(a.lo-b.lo) <= near && abs(a.hi-b.hi) <= near {
				used[k] = true
				g.ys = append(g.ys, b.at)
			}
		}
		if len(g.ys) >= leastRules && len(all) < maxRuled {
			all = append(all, g)
		}
	}
	return all
}

// take takes the text of the group's tables out, and puts a segment in the place of
// each.
func (g ruled) take(segments []segment, known words) []segment {
	g.fill(segments)
	for k := 0; k+2 < len(g.ys); k++ {
		if g.cellsAbove(k, segments) {
			continue
		}
		end := g.end(k)
		rows, ok := g.table(k, end, known)
		if !ok {
			continue
		}
		var inside, kept []segment
		for _, s := range segments {
			if g.band(s) >= k && g.band(s) < end {
				inside = append(inside, s)
			} else {
				kept = append(kept, s)
			}
		}
		segments = append(kept, standIn(inside, &grid{rows: rows}, g.lo, g.hi))
		k = end - 1 // one line may end a table and begin the next
	}
	return segments
}

// standIn returns the segment that stands for a table with some segments.
func standIn(inside []segment, g *grid, x0, x1 float32) segment {
	place := inside[0]
	for _, s := range inside[1:] {
		place.letters += s.letters
		place.first, place.y = min(place.first, s.first), min(place.y, s.y)
		place.aside = place.aside && s.aside
	}
	place.x0, place.x1, place.block, place.pieces, place.bold, place.pitch, place.typed, place.grid = x0, x1, 0, nil, false, 0, 0, g
	place.text = textOf([]row{inside})
	return place
}

// fill finds the rows between the lines.
func (g *ruled) fill(segments []segment) {
	between := make([][]segment, len(g.ys)-1)
	for _, s := range segments {
		if k := g.band(s); k >= 0 {
			between[k] = append(between[k], s)
		}
	}
	g.bands = make([][]row, len(between))
	for k, all := range between {
		g.bands[k] = rowsOf(all)
	}
}

// band returns the line below which a segment stands, or -1 where it does not stand
// between two.
func (g ruled) band(s segment) int {
	x, y := (s.x0+s.x1)/2, s.y-0.3*s.size
	k, _ := slices.BinarySearch(g.ys, y)
	if x < g.lo-near || x > g.hi+near || k == len(g.ys) || s.grid != nil {
		return -1
	}
	return k - 1
}

// cellsAbove reports whether cells stand close above line k: so it divides the rows of
// a table that begins elsewhere.
func (g ruled) cellsAbove(k int, segments []segment) bool {
	var row []segment
	for _, s := range segments {
		if x := (s.x0 + s.x1) / 2; x > g.lo-near && x < g.hi+near && s.y < g.ys[k]+near && s.y > g.ys[k]-1.5*min(s.size, largeText) && s.grid == nil {
			row = append(row, s)
		}
	}
	return slices.ContainsFunc(rowsOf(row), isRowOfCells) || k > 0 && slices.ContainsFunc(g.bands[k-1], isRowOfCells)
}

// end returns the line that ends the table whose first line is k, or k where no
// table begins there.
func (g ruled) end(k int) int {
	if head := g.bands[k]; len(head) == 0 || len(head) > maxHeader || !slices.ContainsFunc(head, isRowOfCells) {
		return k
	}
	end := k + 1
	for end < len(g.bands) && isBody(g.bands[end], g.ys[end+1]-g.ys[end]) {
		end++
	}
	return end
}

// isRowOfCells reports whether there is a gap in a row as between cells: raised and
// lowered letters stand close to others.
func isRowOfCells(r row) bool {
	for i := 1; i < len(r); i++ {
		if r[i].x0-r[i-1].x1 > cellGap*r[i].size {
			return true
		}
	}
	return false
}

// isBody reports whether what stands between two lines may be a part of a table: cells,
// or a single line that is no caption. Double lines have nothing between them.
func isBody(rows []row, height float32) bool {
	if len(rows) == 0 {
		return height < 6
	}
	return slices.ContainsFunc(rows, isRowOfCells) || len(rows) == 1 && !caption.MatchString(rows[0].text(false))
}

// A span is where a column begins and ends.
type span struct{ x0, x1 float32 }

// table returns the rows of the table between lines from and to, and whether it is
// one.
func (g ruled) table(from, to int, known words) ([]sheet.Row, bool) {
	if to < from+2 {
		return nil, false
	}
	var body []row
	bands := 0
	for _, b := range g.bands[from+1 : to] {
		body = append(body, b...)
		bands += min(len(b), 1)
	}
	if bands >= manyLined && len(body) == bands {
		return nil, false // the gaps say more where each of many rows has its line
	}
	columns := columnsOf(g.bands[from], body)
	if len(columns) < 2 || !namesColumns(g.bands[from], columns) || !isTabular(body, columns) {
		return nil, false
	}
	rows := g.header(g.bands[from], columns, known)
	for _, b := range g.bands[from+1 : to] {
		rows = append(rows, bodyOf(b, columns, bands, known)...)
	}
	return rows, true
}

// namesColumns reports whether a header has one line of cells that begins at the first
// column, as rows do, and whether they stand above different columns.
func namesColumns(head []row, columns []span) bool {
	if !mostlyWords(head) {
		return false
	}
	whole := 0
	for _, r := range head {
		if !isRowOfCells(r) {
			continue
		}
		last := -1
		for k, s := range r {
			first, end := under(s, columns)
			if first == last && s.x0-r[k-1].x1 > cellGap*s.size {
				return false
			}
			if last = first; k == 0 && first == 0 && end == 0 {
				whole++
			}
		}
	}
	return whole < 2
}

// mostlyWords reports whether most parts of rows have letters, unlike the arrows and
// corners of a drawing.
func mostlyWords(rows []row) bool {
	parts, words := 0, 0
	for _, r := range rows {
		for _, s := range r {
			parts++
			if strings.ContainsFunc(s.text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) {
				words++
			}
		}
	}
	return 2*words > parts
}

// columnsOf returns the columns of a table: where the cells of its body stand, and
// those of its header that stand above none of them.
func columnsOf(head, body []row) []span {
	var all []span
	for _, r := range body {
		for _, s := range r {
			if isRowOfCells(r) {
				all = append(all, span{s.x0, s.x1})
			}
		}
	}
	columns := merged(all)
	for _, s := range head[len(head)-1] {
		if first, _ := over(s, columns); len(columns) > 0 && first < 0 {
			columns = merged(append(columns, span{s.x0, s.x1}))
		}
	}
	return columns
}

// merged returns spans with those as one that overlap, from left to right.
func merged(all []span) (out []span) {
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.x0, b.x0) })
	for _, s := range all {
		if n := len(out); n > 0 && s.x0 <= out[n-1].x1+2 {
			out[n-1].x1 = max(out[n-1].x1, s.x1)
			continue
		}
		out = append(out, s)
	}
	return out
}

// over returns the first and the last column that a segment reaches over, or -1.
func over(s segment, columns []span) (first, last int) {
	first, last = -1, -1
	for i, c := range columns {
		if shared := min(s.x1, c.x1) - max(s.x0, c.x0); shared > overlapping*min(s.x1-s.x0, c.x1-c.x0) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return first, last
}

// under returns the columns of a segment: those that it reaches over, or the nearest.
func under(s segment, columns []span) (first, last int) {
	if first, last = over(s, columns); first >= 0 {
		return first, last
	}
	x := (s.x0 + s.x1) / 2
	first = 0
	for i, c := range columns {
		if abs((c.x0+c.x1)/2-x) < abs((columns[first].x0+columns[first].x1)/2-x) {
			first = i
		}
	}
	return first, first
}

// isTabular reports whether the rows of a body are those of a table: there is one of
// several cells, most others go on with one, none reaches over all columns, as where the
// gaps between cells are too narrow to be seen, and at most one column is prose.
func isTabular(body []row, columns []span) bool {
	several, alone, wide := 0, 0, 0
	lines, words := make([]int, len(columns)), make([]int, len(columns))
	for i, r := range body {
		switch first, last := under(r[0], columns); {
		case isRowOfCells(r):
			several++
		case first == 0 && last == len(columns)-1:
			if i < len(body)-1 { // the last one may be a note
				wide++
			}
		case first == 0:
			alone++
		}
		for _, s := range r {
			first, _ := under(s, columns)
			lines[first]++
			words[first] += 1 + strings.Count(s.text, " ")
		}
	}
	prose := 0
	for i := 1; i < len(columns); i++ {
		x := (columns[i-1].x1 + columns[i].x0) / 2
		if a, b := divide(body, x); len(a) >= leastLines && len(b) >= leastLines && min(wordsIn(a), wordsIn(b)) >= fewWords && !isTable(body, x) {
			return false
		}
	}
	for i := range columns {
		if lines[i] >= leastProse && float64(words[i]) > proseCell*float64(lines[i]) {
			prose++
		}
	}
	return several > 0 && alone <= several && wide == 0 && prose < 2
}

// A making is a row of a table as lines are added to it.
type making struct {
	cells []sheet.Cell // of each column
	wide  []int        // how many columns the text of each one reaches over
	full  []bool       // there is text
}

func newMaking(n int) *making {
	return &making{make([]sheet.Cell, n), make([]int, n), make([]bool, n)}
}

// add adds a line. at returns the columns of each part.
func (m *making) add(r row, at func(segment) (first, last int), known words) {
	for _, s := range r {
		first, last := at(s)
		c := &m.cells[first]
		text := row{s}.text(runsRTL(s.text, false))
		c.Bold = s.bold && (c.Bold || !m.full[first])
		c.Text, m.full[first] = join(c.Text, text, known), true
		m.wide[first] = max(m.wide[first], last-first+1)
	}
}

// row returns the row.
func (m *making) row() (r sheet.Row) {
	for i := 0; i < len(m.cells); {
		c, n := m.cells[i], max(m.wide[i], 1)
		for k := i + 1; k < i+n; k++ { // the next cell begins there
			if m.full[k] {
				n = k - i
			}
		}
		if n > 1 {
			c.Cols = n
		}
		r.Cells = append(r.Cells, c)
		i += n
	}
	return r
}

// header returns the rows of a header: one, and one more for each line whose cells
// stand above several columns.
func (g ruled) header(head []row, columns []span, known words) (rows []sheet.Row) {
	var m *making
	end := func() {
		if m != nil {
			r := m.row()
			r.Head = true
			rows = append(rows, r)
			m = nil
		}
	}
	for i, r := range head {
		at := func(s segment) (first, last int) { return g.above(s, columns, i == len(head)-1) }
		wide := slices.ContainsFunc(r, func(s segment) bool { first, last := at(s); return last > first })
		if wide {
			end()
		}
		if m == nil {
			m = newMaking(len(columns))
		}
		m.add(r, at, known)
		if wide {
			end()
		}
	}
	end()
	return rows
}

// isRest reports whether a line is the rest of cells: it has no first cell, and is not
// one of several numbers or words, whose first cell is that of the line above.
func isRest(r row, columns []span) bool {
	first, _ := under(r[0], columns)
	if first == 0 || len(r) == 1 {
		return first > 0
	}
	numbers := slices.ContainsFunc(r, func(s segment) bool { return direction(s.text) == number })
	return !numbers && (first > 1 || wordsIn([]row{r}) > 1.5*float32(len(r)))
}

// above returns the columns that a cell of the header stands above. A shorter line
// below it says so. Without one, what stands between two columns is above both, unless
// it is in the last line.
func (g ruled) above(s segment, columns []span, last bool) (from, to int) {
	for _, r := range g.parts {
		if r.at > s.y-0.3*s.size && r.at < s.y+s.size && r.hi-r.lo < g.hi-g.lo-near && s.x0 >= r.lo-near && s.x1 <= r.hi+near {
			if from, to = over(segment{x0: r.lo, x1: r.hi}, columns); from >= 0 {
				return from, to
			}
		}
	}
	if from, _ = over(s, columns); from >= 0 || last {
		return under(s, columns)
	}
	for to < len(columns)-1 && columns[to].x1 < s.x0 {
		to++
	}
	return max(to-1, 0), to
}

// bodyOf returns the rows between two lines. Where lines divide the rows, they are one,
// unless they are many or have as many cells each. Elsewhere a line is a row, unless it goes on
// with the cells of another one close above it.
func bodyOf(band []row, columns []span, bands int, known words) (rows []sheet.Row) {
	divided := bands >= leastRules && len(band) < leastUnruled && slices.ContainsFunc(band, func(r row) bool { return len(r) != len(band[0]) })
	var m *making
	for i, r := range band {
		if goesOn := i > 0 && (divided || r.y()-band[i-1].y() < 1.5*r.main().size && isRest(r, columns)); !goesOn {
			above := m
			if m != nil {
				rows = append(rows, m.row())
			}
			m = newMaking(len(columns))
			if first, _ := under(r[0], columns); first == 1 && above != nil && len(r) > 1 {
				m.cells[0] = above.cells[0] // it has the name of the group that it belongs to
			}
		}
		m.add(r, func(s segment) (int, int) { return under(s, columns) }, known)
	}
	if m != nil {
		rows = append(rows, m.row())
	}
	return rows
}
