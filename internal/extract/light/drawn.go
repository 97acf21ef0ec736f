package light

import (
	"strings"

	"multivac/internal/extract/sheet"
)

// Tables that are drawn with lines, as reStructuredText and Pandoc have them, become
// tables of Markdown.

// IsGridBorder reports whether t is a line such as +-----+---+.
func IsGridBorder(t string) bool {
	return len(t) > 4 && t[0] == '+' && t[len(t)-1] == '+' && strings.Trim(t, "+-=:") == "" && strings.ContainsAny(t, "-=")
}

// IsSimpleBorder reports whether t is a line such as =====  ===.
func IsSimpleBorder(t string) bool {
	return len(t) > 4 && t[0] == '=' && strings.Trim(t, "= ") == "" && strings.Contains(t, "= ")
}

// Grid reads the table that begins with the border t.
func (b *Writer) Grid(t string) {
	b.Changed = true
	b.Emit("")
	var columns []int // where the bars stand, in runes
	for i := range len(t) {
		if t[i] == '+' {
			columns = append(columns, i)
		}
	}
	cells := make([]string, len(columns)-1)
	first := b.Line
	for b.Rest != "" {
		l := strings.TrimSpace(PeekLine(b.Rest))
		if l == "" || l[0] != '+' && l[0] != '|' {
			break
		}
		b.Next()
		if l[0] == '+' {
			b.gridRow(cells, first)
			if strings.Join(cells, "") != "" && strings.Contains(l, "=") {
				b.Emit(strings.Repeat("|---", len(cells)) + "|")
			}
			clear(cells)
			first = b.Line + 1
			continue
		}
		line := []rune(l)
		for i := range cells {
			if from, to := min(columns[i]+1, len(line)), min(columns[i+1], len(line)); from < to {
				cells[i] = strings.TrimSpace(cells[i] + " " + strings.TrimSpace(string(line[from:to])))
			}
		}
	}
	b.gridRow(cells, first)
	b.Emit("")
}

// gridRow writes a row that began on that line.
func (b *Writer) gridRow(cells []string, line int) {
	if strings.Join(cells, "") == "" {
		return
	}
	last := b.Line
	b.Line = min(line, last)
	b.Emit(sheet.RowOf(cells) + "\n")
	b.Line = last
}

// Simple reads the table that begins with the border l. Where it has 3 borders,
// the rows above the second one are its header. A row without a first cell
// continues the row above it.
func (b *Writer) Simple(l string) {
	b.Changed = true
	border := strings.TrimRight(l, " \t\r\n")
	var columns []int
	for i := range len(border) {
		if border[i] == '=' && (i == 0 || border[i-1] == ' ') {
			columns = append(columns, i)
		}
	}
	b.Emit("")
	var cells []string
	first, borders := b.Line, 1
	for b.Rest != "" && borders < 3 {
		l := strings.TrimRight(PeekLine(b.Rest), " \t\r\n")
		t := strings.TrimSpace(l)
		if t == "" && borders == 2 && !simpleGoesOn(b.Rest) {
			break
		}
		b.Next()
		if IsSimpleBorder(t) {
			b.gridRow(cells, first)
			if borders++; borders == 2 && len(cells) > 0 && simpleGoesOn(b.Rest) {
				b.Emit(strings.Repeat("|---", len(columns)) + "|")
			}
			cells, first = nil, b.Line+1
			continue
		}
		if t == "" || strings.Trim(t, "- ") == "" {
			continue
		}
		row := simpleCells([]rune(l), columns)
		if row[0] != "" || cells == nil {
			b.gridRow(cells, first)
			cells, first = row, b.Line
			continue
		}
		for i, c := range row {
			cells[i] = strings.TrimSpace(cells[i] + " " + c)
		}
	}
	b.gridRow(cells, first)
	b.Emit("")
}

// simpleGoesOn reports whether another border comes before 2 blank lines: then
// the table goes on.
func simpleGoesOn(rest string) bool {
	const most = 400
	for range most {
		l := PeekLine(rest)
		if l == "" {
			return false
		}
		if IsSimpleBorder(strings.TrimSpace(l)) {
			return true
		}
		rest = rest[len(l):]
		if strings.TrimSpace(l) == "" && strings.TrimSpace(PeekLine(rest)) == "" {
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

// PeekLine returns the first line of rest, with its line end.
func PeekLine(rest string) string {
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		return rest[:i+1]
	}
	return rest
}
