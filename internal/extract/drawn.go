package extract

import "strings"

// Tables that are drawn in reStructuredText and Pandoc become those of Markdown.

// isGridBorder reports whether t is a line such as +-----+---+.
func isGridBorder(t string) bool {
	return len(t) > 4 && t[0] == '+' && t[len(t)-1] == '+' && strings.Trim(t, "+-=:") == "" && strings.ContainsAny(t, "-=")
}

// isSimpleBorder reports whether t is a line such as =====  ===.
func isSimpleBorder(t string) bool {
	return len(t) > 4 && t[0] == '=' && strings.Trim(t, "= ") == "" && strings.Contains(t, "= ")
}

// grid reads the table that begins with the border t.
func (r *rewriter) grid(t string) {
	r.changed = true
	r.emit("")
	var columns []int // where the bars stand, in runes
	for i := range len(t) {
		if t[i] == '+' {
			columns = append(columns, i)
		}
	}
	cells := make([]string, len(columns)-1)
	first := r.line
	for r.rest != "" {
		l := strings.TrimSpace(peekLine(r.rest))
		if l == "" || l[0] != '+' && l[0] != '|' {
			break
		}
		r.next()
		if l[0] == '+' {
			r.gridRow(cells, first)
			if strings.Join(cells, "") != "" && strings.Contains(l, "=") {
				r.emit(strings.Repeat("|---", len(cells)) + "|")
			}
			clear(cells)
			first = r.line + 1
			continue
		}
		line := []rune(l)
		for i := range cells {
			if from, to := min(columns[i]+1, len(line)), min(columns[i+1], len(line)); from < to {
				cells[i] = strings.TrimSpace(cells[i] + " " + strings.TrimSpace(string(line[from:to])))
			}
		}
	}
	r.gridRow(cells, first)
	r.emit("")
}

// gridRow writes a row that began on that line.
func (r *rewriter) gridRow(cells []string, line int) {
	if strings.Join(cells, "") == "" {
		return
	}
	var b strings.Builder
	writeRow(&b, cells)
	last := r.line
	r.line = min(line, last)
	r.emit(b.String())
	r.line = last
}

// simple reads the table that begins with the border l: a header up to the
// second border, if there is a third, and rows, of which those without a first
// cell go on with the one above.
func (r *rewriter) simple(l string) {
	r.changed = true
	border := strings.TrimRight(l, " \t\r\n")
	var columns []int
	for i := range len(border) {
		if border[i] == '=' && (i == 0 || border[i-1] == ' ') {
			columns = append(columns, i)
		}
	}
	r.emit("")
	var cells []string
	first, borders := r.line, 1
	for r.rest != "" && borders < 3 {
		l := strings.TrimRight(peekLine(r.rest), " \t\r\n")
		t := strings.TrimSpace(l)
		if t == "" && borders == 2 && !simpleGoesOn(r.rest) {
			break
		}
		r.next()
		if isSimpleBorder(t) {
			r.gridRow(cells, first)
			if borders++; borders == 2 && len(cells) > 0 && simpleGoesOn(r.rest) {
				r.emit(strings.Repeat("|---", len(columns)) + "|")
			}
			cells, first = nil, r.line+1
			continue
		}
		if t == "" || strings.Trim(t, "- ") == "" {
			continue
		}
		row := simpleCells([]rune(l), columns)
		if row[0] != "" || cells == nil {
			r.gridRow(cells, first)
			cells, first = row, r.line
			continue
		}
		for i, c := range row {
			cells[i] = strings.TrimSpace(cells[i] + " " + c)
		}
	}
	r.gridRow(cells, first)
	r.emit("")
}

// simpleGoesOn reports whether a border comes before the next blank line but
// one: the table goes on.
func simpleGoesOn(rest string) bool {
	const most = 400
	for range most {
		l := peekLine(rest)
		if l == "" {
			return false
		}
		if isSimpleBorder(strings.TrimSpace(l)) {
			return true
		}
		rest = rest[len(l):]
		if strings.TrimSpace(l) == "" && strings.TrimSpace(peekLine(rest)) == "" {
			return false
		}
	}
	return false
}

func simpleCells(line []rune, columns []int) []string {
	cells := make([]string, len(columns))
	for i, from := range columns {
		to := len(line)
		if i+1 < len(columns) {
			to = min(to, columns[i+1])
		}
		if from < to {
			cells[i] = strings.TrimSpace(string(line[from:to]))
		}
	}
	return cells
}

// peekLine returns the first line of rest, with its line end.
func peekLine(rest string) string {
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		return rest[:i+1]
	}
	return rest
}
