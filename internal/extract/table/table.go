// Package table reads comma-separated values and their relatives.
package table

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// CSV is comma-separated values, and files with semicolons, tabs or bars in place of
// the commas.
var CSV = extract.Format{
	Name: "CSV", Types: []string{multivac.CSV, "application/csv"}, Extensions: []string{".csv"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return read(ctx, body, l, 0)
	},
}

// TSV is tab-separated values.
var TSV = extract.Format{
	Name: "TSV", Types: []string{"text/tab-separated-values"}, Extensions: []string{".tsv"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		return read(ctx, body, l, '\t')
	},
}

// read makes a table in Markdown of a file with that mark between the fields;
// with 0 it finds the mark. Rows may differ in length; a row's line ends become
// spaces. What stands above the table becomes paragraphs.
func read(ctx context.Context, body []byte, l extract.Limits, comma rune) (extract.Extracted, error) {
	body, skipped := bytes.TrimPrefix(body, []byte(extract.BOM)), 0
	if line, rest, ok := bytes.Cut(body, []byte("\n")); ok && len(line) >= 5 && strings.EqualFold(string(line[:4]), "sep=") { // Excel's
		comma, body, skipped = rune(line[4]), rest, 1
	}
	if comma == 0 || strings.ContainsRune("\r\n\"\ufffd", comma) {
		comma = delimiter(body)
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = comma, true, -1, true
	c := csvWriter{out: extract.NewOutput(ctx, l), spare: sheet.Spare(body)}
	c.sheet = sheet.Sheet{Out: c.out, CSV: true, Spare: &c.spare, Separate: c.separate}
	c.out.Grow(len(body) + len(body)/8)
	for next := 1; c.out.Err() == nil; {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "mend it", "table: %v", err)
		}
		line, _ := r.FieldPos(0)
		c.add(record, line+skipped, line > next)
		next = line + 1
		for _, field := range record {
			next += strings.Count(field, "\n")
		}
	}
	c.end()
	return c.out.Extracted(c.title)
}

// A csvWriter writes records as Markdown.
type csvWriter struct {
	out   *extract.Output
	sheet sheet.Sheet
	spare int
	title string
	top   []sheet.Row // the first rows, until it is known where the table begins
	begun bool
	gap   bool
}

func (c *csvWriter) add(record []string, line int, gap bool) {
	r := sheet.Row{Cells: make([]sheet.Cell, len(record)), Line: line, Gap: gap || c.gap}
	for i, field := range record {
		r.Cells[i].Text = field
	}
	if c.gap = sheet.IsEmptyRow(r.Cells); c.gap {
		return
	}
	if c.begun {
		c.sheet.Add(r)
		return
	}
	if c.top = append(c.top, r); len(c.top) == sheet.HeldRows {
		c.begin()
	}
}

func (c *csvWriter) end() {
	c.begin()
	c.sheet.End()
}

// begin writes what stands above the table, and gives the rest to the sheet.
func (c *csvWriter) begin() {
	if c.begun {
		return
	}
	c.begun = true
	n := linesAbove(c.top)
	for i, r := range c.top[:n] {
		c.separate(r.Line)
		t := paragraphOf(r.Cells)
		c.out.Line(extract.Escape(t), extract.AtLine(r.Line))
		if i == 0 {
			c.title = t
		}
	}
	for i, r := range c.top[n:] {
		if i == 0 {
			r.Gap = false
			r.Cells[0].Text = strings.TrimPrefix(r.Cells[0].Text, "#")
		}
		c.sheet.Add(r)
	}
	c.top = nil
}

func (c *csvWriter) separate(line int) {
	if c.out.Len() > 0 {
		c.out.Line("", extract.AtLine(line))
	}
}

// linesAbove returns how many rows stand above a table, in which most rows
// have more cells: a title, comments, when it was made.
func linesAbove(rows []sheet.Row) int {
	width := commonWidth(rows)
	if width < 2 {
		return 0
	}
	n := 0
	for n < len(rows)-1 {
		cells := rows[n].Cells
		w := filled(cells)
		switch {
		case isComment(cells) && (w != width || strings.Count(strings.TrimSpace(cells[0].Text), " ") > 1):
		case w < width && (w == 1 || w == 2 && width > 3 && strings.TrimSpace(cells[0].Text) != "" || separated(rows[n:], width)):
		default:
			return n
		}
		n++
	}
	return n
}

func isComment(cells []sheet.Cell) bool {
	return strings.HasPrefix(strings.TrimSpace(cells[0].Text), "#")
}

// separated reports whether the rows above the first gap all are shorter than
// the table.
func separated(rows []sheet.Row, width int) bool {
	for i, r := range rows {
		if i > 0 && r.Gap {
			return true
		}
		if filled(r.Cells) >= width {
			return false
		}
	}
	return false
}

// filled returns how many cells a row has, not counting blank ones at its end.
func filled(cells []sheet.Cell) int {
	n := len(cells)
	for n > 0 && strings.TrimSpace(cells[n-1].Text) == "" {
		n--
	}
	return n
}

// commonWidth returns how many cells most of the rows have.
func commonWidth(rows []sheet.Row) int {
	count := map[int]int{}
	best := 0
	for _, r := range rows {
		n := filled(r.Cells)
		count[n]++
		if count[n] > count[best] || count[n] == count[best] && n > best {
			best = n
		}
	}
	return best
}

// paragraphOf returns the row as a line of text.
func paragraphOf(cells []sheet.Cell) string {
	var parts []string
	for _, c := range cells {
		if t := extract.OneLine(c.Text); t != "" {
			parts = append(parts, t)
		}
	}
	t := strings.Join(parts, ", ")
	if len(parts) == 2 && !isComment(cells) {
		t = strings.TrimSuffix(parts[0], ":") + ": " + parts[1]
	}
	return strings.TrimLeft(t, "# ")
}

// delimiter returns the mark between the fields: of the usual marks the one that is
// in most of the first lines and, where 2 are, most often in the first line.
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
