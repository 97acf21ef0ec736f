package extract

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"multivac"
)

// table is comma-separated values and their relatives. Rows may differ in
// length; a row's line ends become spaces. What stands above the table becomes
// paragraphs.
type table struct{ delimiter rune } // found in the file where 0

func (t table) MediaTypes() []string {
	if t.delimiter == '\t' {
		return []string{tsv}
	}
	return []string{multivac.CSV, "application/csv"}
}

func (t table) Extensions() []string {
	if t.delimiter == '\t' {
		return []string{".tsv"}
	}
	return []string{".csv"}
}

func (t table) Extract(body []byte) (Extracted, error) {
	body = bytes.TrimPrefix(body, []byte(bom))
	comma, skipped := t.delimiter, 0
	if line, rest, ok := bytes.Cut(body, []byte("\n")); ok && len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") { // Excel's
		comma, body, skipped = rune(line[4]), rest, 1
	}
	if comma == 0 || strings.ContainsRune("\r\n\"\ufffd", comma) {
		comma = delimiter(body)
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = comma, true, -1, true
	c := csvWriter{spare: spare(body)}
	c.sheet = sheet{out: &c.out, csv: true, spare: &c.spare, separate: c.separate}
	c.out.Grow(len(body) + len(body)/8)
	for next := 1; ; {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Extracted{}, multivac.Errorf(multivac.ErrInvalid, "mend it", "table: %v", err)
		}
		line, _ := r.FieldPos(0)
		c.add(record, line+skipped, line > next)
		next = line + 1
		for _, field := range record {
			next += strings.Count(field, "\n")
		}
	}
	c.end()
	return Extracted{Title: c.title, Text: c.out.String(), Lines: c.out.lines}, nil
}

// spare returns how many bytes may be written twice for cells that stand for
// others: no table of a reasonable form needs more.
func spare(body []byte) int { return 2*len(body) + 64<<10 }

// A csvWriter writes records as Markdown.
type csvWriter struct {
	out   output
	sheet sheet
	spare int
	title string
	top   []tableRow // the first rows, until it is known where the table begins
	begun bool
	gap   bool
}

func (c *csvWriter) add(record []string, line int, gap bool) {
	r := tableRow{cells: make([]cell, len(record)), line: line, gap: gap || c.gap}
	for i, field := range record {
		r.cells[i].text = field
	}
	if c.gap = isEmptyRow(r.cells); c.gap {
		return
	}
	if c.begun {
		c.sheet.add(r)
		return
	}
	if c.top = append(c.top, r); len(c.top) == heldRows {
		c.begin()
	}
}

func (c *csvWriter) end() {
	c.begin()
	c.sheet.end()
}

// begin writes what stands above the table, and gives the rest to the sheet.
func (c *csvWriter) begin() {
	if c.begun {
		return
	}
	c.begun = true
	n := linesAbove(c.top)
	for i, r := range c.top[:n] {
		c.separate(r.line)
		t := paragraphOf(r.cells)
		c.out.line(escape(t), r.line)
		if i == 0 {
			c.title = t
		}
	}
	for i, r := range c.top[n:] {
		if i == 0 {
			r.gap = false
			r.cells[0].text = strings.TrimPrefix(r.cells[0].text, "#")
		}
		c.sheet.add(r)
	}
	c.top = nil
}

func (c *csvWriter) separate(line int) {
	if c.out.Len() > 0 {
		c.out.line("", line)
	}
}

// linesAbove returns how many rows stand above a table, in which most rows
// have more cells: a title, comments, when it was made.
func linesAbove(rows []tableRow) int {
	width := commonWidth(rows)
	if width < 2 {
		return 0
	}
	n := 0
	for n < len(rows)-1 {
		cells := rows[n].cells
		w := filled(cells)
		switch {
		case isComment(cells) && (w != width || strings.Count(strings.TrimSpace(cells[0].text), " ") > 1):
		case w < width && (w == 1 || w == 2 && width > 3 && strings.TrimSpace(cells[0].text) != "" || separated(rows[n:], width)):
		default:
			return n
		}
		n++
	}
	return n
}

func isComment(cells []cell) bool { return strings.HasPrefix(strings.TrimSpace(cells[0].text), "#") }

// separated reports whether the rows above the first gap all are shorter than
// the table.
func separated(rows []tableRow, width int) bool {
	for i, r := range rows {
		if i > 0 && r.gap {
			return true
		}
		if filled(r.cells) >= width {
			return false
		}
	}
	return false
}

// filled returns how many cells a row has without blank ones at its end.
func filled(cells []cell) int {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1].text) == "" {
		n--
	}
	return n
}

// commonWidth returns how many cells most of the rows have.
func commonWidth(rows []tableRow) int {
	count := map[int]int{}
	best := 0
	for _, r := range rows {
		n := filled(r.cells)
		count[n]++
		if count[n] > count[best] || count[n] == count[best] && n > best {
			best = n
		}
	}
	return best
}

// paragraphOf returns the row as a line of text.
func paragraphOf(cells []cell) string {
	var parts []string
	for _, c := range cells {
		if t := oneLine(c.text); t != "" {
			parts = append(parts, t)
		}
	}
	t := strings.Join(parts, ", ")
	if len(parts) == 2 && !isComment(cells) {
		t = strings.TrimSuffix(parts[0], ":") + ": " + parts[1]
	}
	return strings.TrimLeft(t, "# ")
}

// delimiter returns what stands between the fields: of the usual marks the
// one that is in most of the first lines, and most often in the first.
func delimiter(body []byte) rune {
	const lines = 20
	marks := [...]byte{',', ';', '\t', '|'}
	var first, in [len(marks)]int // the first line's, the lines that have it
	var seen [len(marks)]bool
	n, blank, quoted := 0, true, false
	for _, c := range body[:min(len(body), 64<<10)] {
		k := bytes.IndexByte(marks[:], c)
		switch {
		case c == '"':
			quoted, blank = !quoted, false
		case quoted || c == '\r':
		case c == '\n' && !blank:
			n++
			seen, blank = [len(marks)]bool{}, true
		case c == '\n':
		case k < 0:
			blank = false
		default:
			blank = false
			if n == 0 {
				first[k]++
			}
			if !seen[k] {
				seen[k] = true
				in[k]++
			}
		}
		if n == lines {
			break
		}
	}
	best := 0
	for k := range marks {
		if in[k] > in[best] || in[k] == in[best] && first[k] > first[best] {
			best = k
		}
	}
	return rune(marks[best])
}
