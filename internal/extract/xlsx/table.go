package xlsx

import (
	"slices"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A tableWriter writes a block.
type tableWriter struct {
	*page
	columns []int32 // that have text of their own, in order
	sheet   *sheet.Sheet
	marked  bool // the header is known
	titled  bool // the last line is a heading, or a bold one below it
	last    int32
}

// writeBlock writes the lines above a table, and the table.
func (p *page) writeBlock(b block) {
	w := &tableWriter{page: p, columns: p.columns(b)}
	var top []line
	i := b.first
	for ; i < b.end && len(top) < sheet.HeldRows; i++ {
		if r := p.rows[i]; !r.hidden {
			if l := p.line(r); l.own {
				top = append(top, l)
			}
		}
	}
	if len(w.columns) == 1 && !b.table && isProse(top) {
		w.writeProse(top, i, b.end)
		return
	}
	if !b.table {
		top = w.writeAbove(top)
	}
	header := w.header(top)
	if b.table {
		header = max(header, 1)
	}
	w.marked = header > 0 && len(top) > header
	w.sheet = &sheet.Sheet{Out: p.out, CSV: !w.marked && mayHaveHeader(top), Spare: &p.spare, Separate: p.separate}
	for k, l := range top {
		w.add(l, w.marked && k < header)
	}
	for ; i < b.end && p.out.Err() == nil; i++ {
		if r := p.rows[i]; !r.hidden {
			if l := p.line(r); l.own {
				w.add(l, false)
			}
		}
	}
	w.sheet.End()
}

// columns returns the columns of a block that have text of their own. The others
// are there for looks.
func (p *page) columns(b block) []int32 {
	var all []int32
	see := func(c int32) {
		if !p.seen[c] && !p.isHidden(c) {
			p.seen[c] = true
			all = append(all, c)
		}
	}
	for _, r := range p.rows[b.first:b.end] {
		for _, c := range p.cells[r.first:r.end] {
			if !r.hidden && p.hasText(c) {
				see(c.column)
			}
		}
	}
	for _, c := range p.moved {
		if b.left <= c && c <= b.right {
			see(c)
		}
	}
	for _, c := range all {
		p.seen[c] = false
	}
	slices.Sort(all)
	return all
}

// movedColumns returns the columns in which merged cells are shown whose own
// column is hidden.
func (p *page) movedColumns() (all []int32) {
	for _, m := range p.merged {
		c := m.left
		for c < m.right && p.isHidden(c) {
			c++
		}
		if c > m.left && len(all) < looked {
			all = append(all, c)
		}
	}
	return all
}

// at returns the number of a column among those of the block.
func (w *tableWriter) at(column int32) int {
	i, _ := slices.BinarySearch(w.columns, column)
	return i
}

// covers returns how many columns of the block a cell spans.
func (w *tableWriter) covers(c shown) int { return max(w.at(c.column+c.cols)-w.at(c.column), 1) }

// What a column of text is told by.
const (
	shortName = 40  // bytes of the longest of a list of names
	maxTitle  = 100 // bytes of a title
)

// isProse reports whether lines of one cell each are text, and no list of names.
func isProse(lines []line) bool {
	if len(lines) < 3 {
		return true
	}
	for _, l := range lines {
		if t := l.cells[0].text; len(t) > shortName || !isTitle(t) {
			return true
		}
	}
	return false
}

// isTitle reports whether t may be a title: it is short, and no sentence.
func isTitle(t string) bool {
	return t != "" && len(t) <= maxTitle && strings.IndexByte(".!?;,", t[len(t)-1]) < 0
}

// writeProse writes lines of one cell each, and the rows that follow.
func (w *tableWriter) writeProse(lines []line, next, end int) {
	plain := slices.ContainsFunc(lines, func(l line) bool { return !l.cells[0].bold })
	for _, l := range lines {
		w.writeText(l, plain)
	}
	for ; next < end && w.out.Err() == nil; next++ {
		if r := w.rows[next]; !r.hidden {
			if l := w.line(r); l.own {
				w.writeText(l, plain)
			}
		}
	}
}

// writeText writes a line as a paragraph or, where it stands out, as a heading.
func (w *tableWriter) writeText(l line, plain bool) {
	var cells []string
	bold := true
	for _, c := range l.cells {
		cells, bold = append(cells, c.text), bold && c.bold
	}
	t := strings.Join(cells, ", ")
	if len(cells) == 2 {
		t = strings.TrimSuffix(cells[0], ":") + ": " + cells[1]
	}
	w.separate(int(l.number))
	if plain && bold && len(cells) == 1 && isTitle(t) && !w.titled { // below a title is a note
		w.titled = true
		w.out.Line("## "+t, extract.AtLine(int(l.number)))
		return
	}
	w.titled = w.titled && bold
	w.out.Line(extract.Escape(t), extract.AtLine(int(l.number)))
}

// writeAbove writes the lines that stand above a table, and returns the others.
func (w *tableWriter) writeAbove(lines []line) []line {
	n := w.boldAbove(lines)
	for _, l := range lines[:n] {
		w.writeText(l, true)
	}
	lines = lines[n:]
	width := w.commonWidth(lines)
	for width > 1 && len(lines) > 1 && w.isAbove(lines[0], width) {
		w.writeText(lines[0], true)
		lines = lines[1:]
	}
	return lines
}

// boldAbove returns how many of the first lines are a title and notes above the
// header of a table: several that are bold and have one cell each or two, a name
// and what it is. The header has a name for each column. One line alone, and two
// cells that stand apart from each other, may rather name groups of columns.
func (w *tableWriter) boldAbove(lines []line) int {
	n, wide, apart := 0, 2, 0
	for n < len(lines) && len(lines[n].cells) < min(3, len(w.columns)) && isBoldRow(lines[n]) {
		if cells := lines[n].cells; len(cells) == 2 {
			wide = 3
			switch at := w.at(cells[1].column); {
			case w.at(cells[0].column) > 0 || w.covers(cells[1]) > 1:
				return 0
			case at == len(w.columns)-1 && at > 2:
				apart++
			case at > 1:
				return 0
			}
		}
		n++
	}
	if n < 2 || n == len(lines) || apart == 1 || len(lines[n].cells) < max(wide, w.commonWidth(lines[n:])) {
		return 0
	}
	return n
}

// isAbove reports whether a line is shorter than the rows of the table, as
// titles and dates above it are.
func (w *tableWriter) isAbove(l line, width int) bool {
	first := l.cells[0]
	switch len(l.cells) {
	case 1:
		return w.at(first.column) == 0 || first.cols > 1
	case 2:
		return width > 3 && w.at(first.column) == 0 && w.filled(l) < width && !(first.bold && l.cells[1].bold)
	}
	return false
}

// filled returns how many columns of the block a line has, up to the last one
// with text.
func (w *tableWriter) filled(l line) int {
	last := l.cells[len(l.cells)-1]
	return w.at(last.column) + w.covers(last)
}

// commonWidth returns how many columns most of the lines have.
func (w *tableWriter) commonWidth(lines []line) int {
	count, best := map[int]int{}, 0
	for _, l := range lines {
		n := w.filled(l)
		if len(l.cells) == 1 {
			n = 1
		}
		if count[n]++; count[n] > count[best] || count[n] == count[best] && n > best {
			best = n
		}
	}
	return best
}

// maxHeader is how many rows a header may have.
const maxHeader = 8

// header returns how many of the first lines are the header, as far as their
// looks tell: they are bold, or cells in them span several columns.
func (w *tableWriter) header(lines []line) int {
	bold := 0
	for bold < len(lines) && bold < maxHeader && isBoldRow(lines[bold]) && (bold == 0 || len(lines[bold].cells) > 1) {
		bold++
	}
	if bold == len(lines) {
		bold = 0
	}
	if len(lines) < 3 || len(lines[0].cells) < 2 && len(w.columns) > 2 {
		return bold
	}
	deep, wide := 2, false
	for _, c := range lines[0].cells {
		deep, wide = max(deep, int(min(c.rows, maxHeader))), wide || w.covers(c) > 1
	}
	if !wide || deep >= len(lines) || slices.ContainsFunc(lines[:deep], hasValues) {
		return bold
	}
	return max(deep, bold)
}

// mayHaveHeader reports whether the cells are to tell if the first line is a
// header. It is none where it has no text, and in a form.
func mayHaveHeader(lines []line) bool {
	if len(lines) == 0 || !slices.ContainsFunc(lines[0].cells, func(c shown) bool { return c.kind == byNumber || c.kind == inline }) {
		return false
	}
	names, colons, wide := 0, 0, 0
	for _, l := range lines {
		first := l.cells[0]
		if first.bold && len(l.cells) > 1 && !l.cells[1].bold {
			names++
		}
		if strings.HasSuffix(first.text, ":") {
			colons++
		}
		if len(l.cells) > 1 && l.cells[1].cols > 1 && len(l.cells) == 2 {
			wide++
		}
	}
	return max(names, colons, wide)*2 <= len(lines)
}

// isBoldRow reports whether all of a row is bold, and it may be a header.
func isBoldRow(l line) bool {
	return !slices.ContainsFunc(l.cells, func(c shown) bool { return !c.bold })
}

// hasValues reports whether a row is no header: there are numbers in it that are
// no years.
func hasValues(l line) bool {
	return slices.ContainsFunc(l.cells, func(c shown) bool { return c.kind == value && len(c.text) != 4 || c.kind == truth })
}

// maxPadded is how many columns a table may have whose rows are all brought to
// the same length.
const maxPadded = 256

// add adds a row to the table.
func (w *tableWriter) add(l line, head bool) {
	r := sheet.Row{Line: int(l.number), Head: head, Gap: w.last > 0 && l.number > w.last+1 && !head}
	w.last = l.number
	if first := l.cells[0]; len(l.cells) == 1 && w.marked && !head && (w.covers(first) > 1 || first.bold && w.at(first.column) == 0) {
		r.Cells = []sheet.Cell{{Text: first.text, Cols: w.covers(first), Header: first.bold && isTitle(first.text)}}
		w.sheet.Add(r)
		return
	}
	width := len(w.columns)
	if width > maxPadded {
		width = w.filled(l)
	}
	if w.blanks -= width - len(l.cells); w.blanks < 0 {
		r.Cells = compact(l)
		w.sheet.Add(r)
		return
	}
	r.Cells = make([]sheet.Cell, width)
	for _, c := range l.cells {
		at := w.at(c.column)
		for k := range w.covers(c) {
			if at+k < width && (k == 0 || len(c.text) <= maxRepeated && w.pay(len(c.text)+4)) {
				r.Cells[at+k] = sheet.Cell{Text: c.text, Bold: c.bold}
			}
		}
	}
	w.sheet.Add(r)
}

// compact returns the cells of a row without the empty ones between, for a sheet
// that has little but those.
func compact(l line) (all []sheet.Cell) {
	for _, c := range l.cells {
		all = append(all, sheet.Cell{Text: c.text, Bold: c.bold})
	}
	return all
}
