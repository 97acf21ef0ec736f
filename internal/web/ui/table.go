package ui

import (
	"strings"

	"multivac"
)

// A tableView is a row of a table below the table's header, between its
// neighbouring rows.
type tableView struct {
	Header []string
	Before [][]string
	Row    [][]piece // cells
	After  [][]string
}

// rowsAround is how many rows are shown before and after the quoted one.
const rowsAround = 2

// newTableView returns nil if q is not a row of a table with a known header.
func newTableView(q multivac.Quotation) *tableView {
	header, row := cells(q.Lead), cells(q.Text)
	if len(header) < 2 || len(header) != len(row) {
		return nil
	}
	v := &tableView{Header: texts(q.Lead, header)}
	for _, c := range row {
		v.Row = append(v.Row, pieces(q.Text[c.Start:c.End], shifted(q.Marks, c)))
	}
	before, after := rows(q.Before, q.Lead, len(header)), rows(q.After, q.Lead, len(header))
	v.Before = before[max(0, len(before)-rowsAround):]
	v.After = after[:min(len(after), rowsAround)]
	return v
}

// cells returns the cells of a row such as "a | b", with or without bars at its
// ends, without the spaces around them. It returns fewer than 2 if s is not a row.
func cells(s string) []multivac.Span {
	line := strings.TrimRight(s, " \t\r\n")
	if strings.Contains(line, "\n") {
		return nil
	}
	start := len(line) - len(strings.TrimLeft(line, " \t"))
	if strings.HasPrefix(line[start:], "|") {
		start++
	}
	var found []multivac.Span
	for i := start; i <= len(line); i++ {
		switch {
		case i+1 < len(line) && line[i] == '\\':
			i++
		case i == len(line) && start < i, i < len(line) && line[i] == '|':
			inner := line[start:i]
			left := len(inner) - len(strings.TrimLeft(inner, " \t"))
			found = append(found, multivac.Span{Start: start + left, End: start + max(left, len(strings.TrimRight(inner, " \t")))})
			start = i + 1
		}
	}
	return found
}

// rows returns the rows in s that have width cells, without header and
// delimiter row.
func rows(s, header string, width int) [][]string {
	var found [][]string
	for line := range strings.Lines(s) {
		c := cells(line)
		if len(c) != width || strings.TrimSpace(line) == strings.TrimSpace(header) || strings.Trim(line, "|:- \t\r\n") == "" {
			continue
		}
		found = append(found, texts(line, c))
	}
	return found
}

func texts(s string, spans []multivac.Span) []string {
	var t []string
	for _, c := range spans {
		t = append(t, s[c.Start:c.End])
	}
	return t
}

// shifted returns the marks that touch the cell c, relative to its start.
func shifted(marks []multivac.Span, c multivac.Span) []multivac.Span {
	var inside []multivac.Span
	for _, m := range marks {
		if start, end := max(m.Start, c.Start), min(m.End, c.End); start < end {
			inside = append(inside, multivac.Span{Start: start - c.Start, End: end - c.Start})
		}
	}
	return inside
}
