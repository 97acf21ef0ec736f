package asciidoc

import (
	"encoding/csv"
	"strconv"
	"strings"

	"multivac/internal/extract/light"
	"multivac/internal/extract/sheet"
)

// maxColumns is how many columns a table may have.
const maxColumns = 1000

// columns returns the style of each column: cols="1,2*h,a".
func columns(value string) []string {
	var all []string
	if n, err := strconv.Atoi(value); err == nil {
		return make([]string, max(0, min(n, maxColumns)))
	}
	separator := ","
	if !strings.Contains(value, ",") && strings.Contains(value, ";") {
		separator = ";"
	}
	for c := range strings.SplitSeq(value, separator) {
		n := 1
		if times, rest, ok := strings.Cut(c, "*"); ok {
			if k, err := strconv.Atoi(strings.TrimSpace(times)); err == nil {
				n = k
			}
			c = rest
		}
		for range min(n, maxColumns-len(all)) {
			all = append(all, strings.TrimSpace(c))
		}
	}
	return all
}

// A cell is a cell as it is read.
type cell struct {
	text   light.Block
	cols   int
	rows   int
	times  int
	header bool
	line   int
}

// table reads a table.
func (r *reader) table(mark, end string, as properties) {
	r.writeTitle(as.title, r.Line)
	if as.between != "" {
		mark = as.between
	}
	if as.format == "csv" && as.between == "" {
		mark = ","
	}
	b := r.lines(end)
	t, at := b.Take()
	if len(at) == 0 {
		return
	}
	lines := strings.Split(t, "\n")
	if mark == "," || mark == ":" || as.format == "csv" || as.format == "dsv" || as.format == "tsv" {
		if as.format == "tsv" {
			mark = "\t"
		}
		r.Table(r.valuesOf(t, at, mark, as))
		return
	}
	cells, first := cellsOf(lines, at, mark)
	width := len(as.columns)
	if width == 0 {
		width = max(first, 1)
	}
	// The first row is a header where it stands in one line with a blank one below.
	if !as.noHeader && len(lines) > 1 && strings.TrimSpace(lines[0]) != "" && strings.TrimSpace(lines[1]) == "" && (len(as.columns) == 0 || first == width) {
		as.header = true
	}
	r.Table(r.rowsOf(cells, width, as))
}

// cellsOf returns the cells of a table, and how many stand in its first line.
func cellsOf(lines []string, at []int, mark string) (cells []cell, first int) {
	for i, l := range lines {
		rest := l
		for {
			k := indexMark(rest, mark)
			if k < 0 {
				break
			}
			before, c := specOf(rest[:k])
			if n := len(cells); n > 0 {
				cells[n-1].text.Add(strings.ReplaceAll(before, `\`+mark, mark), at[i])
			}
			c.line = at[i]
			cells = append(cells, c)
			rest = rest[k+len(mark):]
			if len(cells) > 0 && i == firstLine(lines) {
				first += max(1, c.times) * max(1, c.cols)
			}
		}
		if n := len(cells); n > 0 {
			cells[n-1].text.Add(strings.ReplaceAll(rest, `\`+mark, mark), at[i])
		}
	}
	return cells, first
}

// firstLine returns the index of the first line that is not blank.
func firstLine(lines []string) int {
	for i := range min(len(lines), 20) {
		if strings.TrimSpace(lines[i]) != "" {
			return i
		}
	}
	return 0
}

func indexMark(t, mark string) int {
	from := 0
	for {
		k := strings.Index(t[from:], mark)
		if k < 0 {
			return -1
		}
		if k += from; k == 0 || t[k-1] != '\\' {
			return k
		}
		from = k + len(mark)
	}
}

// specOf returns t without what its last word says of the next cell: 2+, .3+^,
// 2*h.
func specOf(t string) (string, cell) {
	i := len(t)
	for i > 0 && strings.IndexByte("0123456789.+*<>^adehlmsv", t[i-1]) >= 0 && len(t)-i < 16 {
		i--
	}
	spec := t[i:]
	if spec == "" || i > 0 && !light.IsSpace(t[i-1]) {
		return t, cell{}
	}
	var c cell
	rest := spec
	n := len(rest) - len(strings.TrimLeft(rest, "0123456789."))
	if n < len(rest) && n > 0 && (rest[n] == '+' || rest[n] == '*') {
		cols, rows, _ := strings.Cut(rest[:n], ".")
		c.cols, _ = strconv.Atoi(cols)
		c.rows, _ = strconv.Atoi(rows)
		if rest[n] == '*' {
			c.times, c.cols, c.rows = min(c.cols, maxColumns), 0, 0
		}
		rest = rest[n+1:]
	} else if n > 0 {
		return t, cell{}
	}
	style := strings.TrimLeft(rest, "<>^.")
	if len(style) > 1 || len(style) == 1 && strings.IndexByte("adehlmsv", style[0]) < 0 {
		return t, cell{}
	}
	c.cols, c.rows, c.header = min(c.cols, maxColumns), min(c.rows, 1<<16), style == "h"
	return t[:i], c
}

// rowsOf sets cells in rows.
func (r *reader) rowsOf(cells []cell, width int, as properties) []sheet.Row {
	var rows []sheet.Row
	var row sheet.Row
	below := make([]int, width) // rows that cells from above still take, by column
	used, line := 0, 0
	end := func() {
		if row.Line == 0 {
			row.Line = line
		}
		row.Head = as.header && len(rows) == 0
		rows = append(rows, row)
		row, used = sheet.Row{}, 0
		for i := range below {
			if below[i] > 0 {
				below[i]--
				used++
			}
		}
	}
	for i := range cells {
		c := &cells[i]
		t, _ := c.text.Take()
		t, line = strings.TrimSpace(t), c.line
		for range max(1, c.times) {
			if !r.Pay(4) || c.times > 1 && !r.Pay(len(t)) {
				break
			}
			for used >= width { // the row is full of cells from above
				end()
				if width == 0 {
					break
				}
			}
			if row.Line == 0 {
				row.Line = c.line
			}
			row.Cells = append(row.Cells, sheet.Cell{Text: r.inline(t, c.line), Header: c.header, Cols: c.cols, Rows: c.rows})
			cols := min(max(1, c.cols), width)
			if c.rows > 1 {
				for k := used; k < min(used+cols, width); k++ {
					below[k] = c.rows - 1
				}
			}
			if used += cols; used >= width {
				end()
			}
		}
	}
	if len(row.Cells) > 0 {
		end()
	}
	if as.footer && len(rows) > 1 {
		rows[len(rows)-1].Foot = true
	}
	return rows
}

// valuesOf returns the rows of a table of values.
func (r *reader) valuesOf(t string, at []int, mark string, as properties) []sheet.Row {
	c := csv.NewReader(strings.NewReader(t))
	c.Comma, c.LazyQuotes, c.FieldsPerRecord, c.TrimLeadingSpace = []rune(mark)[0], true, -1, mark != "\t"
	var rows []sheet.Row
	if strings.ContainsRune("\r\n\"\ufffd\x00", c.Comma) {
		return nil
	}
	for r.Out.Err() == nil {
		record, err := c.Read()
		if err != nil {
			break
		}
		line, _ := c.FieldPos(0)
		row := sheet.Row{Line: at[max(0, min(line-1, len(at)-1))]}
		for _, v := range record {
			row.Cells = append(row.Cells, sheet.Cell{Text: r.inline(strings.TrimSpace(v), row.Line)})
		}
		row.Head = len(rows) == 0 && as.header
		rows = append(rows, row)
	}
	return rows
}
