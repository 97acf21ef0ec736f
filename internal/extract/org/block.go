package org

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
	"multivac/internal/extract/sheet"
)

// isVerbatim are the blocks whose lines are not read as Org.
var isVerbatim = extract.Words("src example export comment latex html")

// keyword reads a line "#+KEY: value", or the block that it begins.
func (r *reader) keyword(t string) {
	key, value, ok := keyword(t)
	if !ok {
		r.para.Add(t, r.Line)
		return
	}
	r.flush()
	name, begins := strings.CutPrefix(key, "begin_")
	end, ends := strings.CutPrefix(key, "end_")
	switch {
	case begins && isVerbatim[name]:
		r.verbatim(name, value)
	case begins:
		if _, ok := r.endOf(name, r.at()); ok {
			r.Begin(light.Container{Form: light.Tagged, Name: name, Indent: r.Inner()}, name, "")
		}
	case ends:
		r.CloseNamed(light.Tagged, end)
	case key == "caption":
		r.Paragraph(r.inline(value, r.Line), []int{r.Line})
	}
}

// verbatim reads a block whose lines are code, or left out.
func (r *reader) verbatim(name, arguments string) {
	end, ok := r.endOf(name, r.at())
	if !ok {
		return
	}
	shown := name == "src" || name == "example"
	fields := strings.Fields(arguments)
	for i, f := range fields {
		if f == ":exports" && i+1 < len(fields) && (fields[i+1] == "none" || fields[i+1] == "results") {
			shown = false
		}
	}
	language := ""
	if name == "src" && len(fields) > 0 && fields[0][0] != ':' && fields[0][0] != '-' {
		language = fields[0]
	}
	var lines []string
	least, first := -1, r.Line+1
	for r.at() < end {
		l := strings.TrimRight(r.Next(), "\r\n")
		if indent := light.Columns4(l); strings.TrimSpace(l) != "" && (least < 0 || indent < least) {
			least = indent
		}
		lines = append(lines, l)
	}
	r.Next()
	if !shown {
		return
	}
	var b light.Block
	for i, l := range lines {
		l = light.Outdent(l, least)
		if t := strings.TrimLeft(l, " \t"); strings.HasPrefix(t, ",*") || strings.HasPrefix(t, ",#+") || strings.HasPrefix(t, ",,") {
			l = l[:len(l)-len(t)] + t[1:]
		}
		b.Add(l, first+i)
	}
	r.Code(language, &b)
}

// table reads the table that begins with the row t. What stands above its first
// rule is its header.
func (r *reader) table(t string) {
	r.flush()
	var rows []sheet.Row
	ruled := false
	for {
		switch {
		case strings.HasPrefix(t, "|-"):
			if !ruled && len(rows) > 0 && strings.HasPrefix(strings.TrimSpace(light.PeekLine(r.Rest)), "|") {
				for i := range rows {
					rows[i].Head = true
				}
			}
			ruled = ruled || len(rows) > 0
		default:
			if row, ok := r.row(t); ok {
				rows = append(rows, row)
			}
		}
		t = strings.TrimSpace(light.PeekLine(r.Rest))
		if t == "" || t[0] != '|' || r.Out.Err() != nil {
			break
		}
		r.Next()
	}
	r.Table(rows)
}

// row returns the row t, unless it is only for the program that lays it out.
func (r *reader) row(t string) (sheet.Row, bool) {
	t = strings.TrimSuffix(strings.TrimPrefix(t, "|"), "|")
	row := sheet.Row{Line: r.Line}
	layout := true
	for c := range strings.SplitSeq(t, "|") {
		c = strings.TrimSpace(c)
		layout = layout && (c == "" || isCookie(c))
		row.Cells = append(row.Cells, sheet.Cell{Text: r.inline(c, r.Line)})
	}
	return row, !layout && row.Cells[0].Text != "/"
}

// isCookie reports whether the cell c says how wide its column is: <l>, <10>.
func isCookie(c string) bool {
	return len(c) > 2 && c[0] == '<' && c[len(c)-1] == '>' && strings.Trim(c[1:len(c)-1], "lrc0123456789") == ""
}
