package man

import (
	"strings"

	"multivac/internal/extract/sheet"
)

// A layout is what the head of a table says of its columns.
type layout struct {
	tab  string   // between the cells
	rows []string // formats of the rows, the last one of all that follow
}

// table reads the lines between .TS and .TE.
func (r *reader) table() {
	r.flush()
	r.writeTerm()
	t := layout{tab: "\t"}
	if lines, ended := t.read(r, true); ended { // a table without a layout
		for _, l := range lines {
			r.lines.Add(r.escaped(l), r.Line)
		}
		r.inside()
		r.Code("", &r.lines)
		return
	}
	var rows []sheet.Row
	ruled := false
	for r.Out.Err() == nil {
		l, ok := r.next()
		if !ok || strings.HasPrefix(l, ".TE") {
			break
		}
		switch name, _, isMacro := control(l); {
		case isMacro && sections[name] && name != "so": // the end of the table is missing
			r.pending = append(r.pending, l)
			r.inside()
			r.Table(rows)
			return
		case name == "T&":
			t.rows = nil
			if _, ended := t.read(r, false); ended {
				r.pending = append(r.pending, ".TE")
			}
		case isMacro && !strings.HasPrefix(l, ".\\") && name != "":
		case strings.Trim(l, "_= \t") == "" && l != "":
			if !ruled && len(rows) > 0 && len(rows) < 4 {
				for i := range rows {
					rows[i].Head = true
				}
			}
			ruled = ruled || len(rows) > 0
		case strings.TrimSpace(l) != "":
			rows = append(rows, r.tableRow(l, t, rows))
		}
	}
	if len(rows) > 1 && !ruled && len(t.rows) > 1 && isBold(t.rows[0]) && !isBold(t.rows[1]) {
		rows[0].Head = true
	}
	r.inside()
	r.Table(rows)
}

// read reads the options, where they may stand, and the formats. Where the table
// ends before they do, it returns their lines.
func (t *layout) read(r *reader, options bool) (lines []string, ended bool) {
	for r.Out.Err() == nil {
		l, ok := r.line()
		if !ok || strings.HasPrefix(l, ".TE") {
			return lines, true
		}
		lines = append(lines, l)
		l = strings.TrimSpace(withoutComment(l))
		if options && strings.HasSuffix(l, ";") {
			if _, tab, ok := strings.Cut(l, "tab"); ok {
				if tab = strings.TrimLeft(tab, " ("); tab != "" {
					t.tab = string([]rune(tab)[:1])
				}
			}
			options, lines = false, lines[:len(lines)-1]
			continue
		}
		options = false
		format, end := strings.CutSuffix(l, ".")
		for f := range strings.SplitSeq(format, ",") {
			t.rows = append(t.rows, f)
		}
		if end {
			return nil, false
		}
	}
	return nil, false
}

// columns returns the kind of each column of a row: l, c, r, n, a, s for a cell
// that goes on, ^ for one from above.
func columns(format string) []byte {
	var all []byte
	parens := 0
	for i := range len(format) {
		switch c := format[i] | 0x20; {
		case format[i] == '(':
			parens++
		case format[i] == ')':
			parens--
		case parens > 0:
		case i > 0 && (format[i-1]|0x20) == 'f': // the name of a font
		case strings.IndexByte("lcrnas", c) >= 0:
			all = append(all, c)
		case format[i] == '^':
			all = append(all, '^')
		}
	}
	return all
}

// isBold reports whether all cells of a row are in bold.
func isBold(format string) bool {
	n := len(columns(format))
	return n > 0 && strings.Count(strings.ToLower(format), "b") >= n
}

// tableRow reads a row. Its cells may go on in the lines below, between T{ and T}.
func (r *reader) tableRow(l string, t layout, above []sheet.Row) sheet.Row {
	row := sheet.Row{Line: r.Line}
	var kinds []byte
	if len(t.rows) > 0 {
		kinds = columns(t.rows[min(len(above), len(t.rows)-1)])
	}
	for k := 0; ; k++ {
		for k < len(kinds) && kinds[k] == 's' && len(row.Cells) > 0 {
			row.Cells[len(row.Cells)-1].Cols = max(1, row.Cells[len(row.Cells)-1].Cols) + 1
			k++
		}
		cell, rest, more := strings.Cut(l, t.tab)
		if strings.TrimSpace(cell) == "T{" {
			cell, rest, more = r.tableBlock(t.tab)
		} else {
			cell = r.escaped(cell)
		}
		l = rest
		if c := strings.TrimSpace(cell); (c == "" && k < len(kinds) && kinds[k] == '^' || c == `^`) && len(above) > 0 {
			if cells := above[len(above)-1].Cells; k < len(cells) && r.Pay(len(cells[k].Text)) {
				cell = cells[k].Text
			}
		}
		if strings.Trim(cell, "_= ") == "" {
			cell = ""
		}
		row.Cells = append(row.Cells, sheet.Cell{Text: strings.ReplaceAll(cell, noSpace, "")})
		if !more {
			return row
		}
	}
}

// tableBlock reads a cell up to T}, and returns what comes after it.
func (r *reader) tableBlock(tab string) (cell, rest string, more bool) {
	var words []string
	for r.Out.Err() == nil {
		l, ok := r.next()
		if !ok {
			break
		}
		if after, ok := strings.CutPrefix(l, "T}"); ok {
			_, rest, more = strings.Cut(after, tab)
			break
		}
		name, arguments, isMacro := control(l)
		switch {
		case !isMacro:
			words = append(words, r.escaped(l))
		case len(name) == 2 && strings.Trim(name, "BIRS") == "":
			words = append(words, strings.Join(r.words(arguments), ""))
		case len(name) == 1 && strings.Trim(name, "BIR") == "":
			words = append(words, strings.Join(r.words(arguments), " "))
		case isCallable(name):
			words = append(words, r.rendered(name, arguments))
		}
	}
	return strings.Join(words, " "), rest, more
}
