package mediawiki

import (
	"strconv"
	"strings"

	"multivac/internal/extract/sheet"
)

// A grid is a table while it is read.
type grid struct {
	rows    []sheet.Row
	row     sheet.Row
	cell    strings.Builder // the last cell of the row
	open    bool            // there is one
	nested  int             // tables in a cell
	caption string
}

// table reads the table that began with the last line.
func (r *reader) table() {
	var g grid
	at := r.Line
	for r.next < len(r.lines) && r.Out.Err() == nil {
		l := strings.TrimSpace(r.take())
		if strings.HasPrefix(l, "|}") && g.nested == 0 {
			break
		}
		r.tableLine(&g, l)
	}
	g.endRow(r)
	if g.caption != "" {
		r.Paragraph(r.inline(g.caption), []int{at})
	}
	r.Table(g.rows)
}

// tableLine reads a line of a table. The cells of a table in a cell are text of
// that.
func (r *reader) tableLine(g *grid, l string) {
	switch {
	case l == "":
	case l[0] == codeMark:
		g.add(r.codeText(l[1:]))
	case strings.HasPrefix(l, "{|"):
		g.nested++
	case strings.HasPrefix(l, "|}"):
		g.nested--
		g.add(l[2:])
	case strings.HasPrefix(l, "|-"):
		if g.nested == 0 {
			g.endRow(r)
		}
	case strings.HasPrefix(l, "|+"):
		if _, t, ok := cellOf(l[2:]); ok || g.nested == 0 {
			g.caption = strings.TrimSpace(t)
		}
	case l[0] == '|' || l[0] == '!':
		mark := "||"
		if l[0] == '!' {
			l = strings.ReplaceAll(l, "!!", "||")
		}
		for c := range strings.SplitSeq(l[1:], mark) {
			attributes, t, _ := cellOf(c)
			if g.nested > 0 {
				g.add(t)
				continue
			}
			g.endCell(r)
			g.open = true
			if len(g.row.Cells) == 0 {
				g.row.Line = r.Line
			}
			cols, _ := strconv.Atoi(attribute(attributes, "colspan"))
			rows, _ := strconv.Atoi(attribute(attributes, "rowspan"))
			g.row.Cells = append(g.row.Cells, sheet.Cell{Header: l[0] == '!', Cols: max(0, min(cols, 1000)), Rows: max(0, min(rows, 1<<16))})
			g.cell.WriteString(t)
		}
	default:
		g.add(strings.TrimLeft(l, "*#:; "))
	}
}

// add adds text to the last cell.
func (g *grid) add(t string) {
	if g.open && t != "" {
		g.cell.WriteString(" " + t)
	}
}

func (g *grid) endCell(r *reader) {
	if !g.open {
		return
	}
	g.row.Cells[len(g.row.Cells)-1].Text = strings.TrimSpace(r.inline(g.cell.String()))
	g.cell.Reset()
	g.open = false
}

func (g *grid) endRow(r *reader) {
	g.endCell(r)
	if len(g.row.Cells) > 0 {
		g.rows = append(g.rows, g.row)
	}
	g.row = sheet.Row{}
}

// cellOf returns the attributes of a cell and its text. A bar in a link is none
// between them.
func cellOf(t string) (attributes, text string, ok bool) {
	i := strings.IndexByte(t, '|')
	if i < 0 || strings.Contains(t[:i], "[[") {
		return "", t, false
	}
	return t[:i], t[i+1:], true
}

// codeText returns the code that a line of a table stands for, as text.
func (r *reader) codeText(index string) string {
	if n, err := strconv.Atoi(index); err == nil && n >= 0 && n < len(r.codes) {
		return protect(strings.ReplaceAll(r.codes[n].text, "\n", " "))
	}
	return ""
}
