package extract

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"multivac"
)

// table is comma-separated values and their relatives. The first row heads
// the others. Rows may differ in length; a row's line ends become spaces.
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
	var e Extracted
	var b strings.Builder
	b.Grow(len(body) + len(body)/8)
	for rows := 0; ; {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return e, multivac.Errorf(multivac.ErrInvalid, "mend it", "table: %v", err)
		}
		if isEmpty(record) {
			continue
		}
		line, _ := r.FieldPos(0)
		if rows == 1 {
			b.WriteString(strings.Repeat("|---", max(columns(b.String()), 1)) + "|\n")
			e.Lines = append(e.Lines, line+skipped)
		}
		writeRow(&b, record)
		e.Lines = append(e.Lines, line+skipped)
		rows++
	}
	e.Text = b.String()
	return e, nil
}

func isEmpty(record []string) bool {
	for _, field := range record {
		if strings.TrimSpace(field) != "" {
			return false
		}
	}
	return true
}

// columns returns how many cells the row has that a text begins with.
func columns(row string) int { return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") - 1 }

var escapeBar = strings.NewReplacer("|", `\|`)

// writeRow writes cells as a table row in Markdown, on one line.
func writeRow(b *strings.Builder, cells []string) {
	for _, c := range cells {
		b.WriteString("| ")
		for i, word := range strings.Fields(c) {
			if i > 0 {
				b.WriteByte(' ')
			}
			escapeBar.WriteString(b, word)
		}
		b.WriteByte(' ')
	}
	b.WriteString("|\n")
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
