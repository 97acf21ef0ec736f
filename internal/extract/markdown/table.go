package markdown

import "strings"

// groups fills the empty cells at the start of a row from the row above. A
// reader of the table sees the group, but a row that is quoted alone has to
// name it:
//
//	| Europe | Basic | 9  |      | Europe | Basic | 9  |
//	|        | Team  | 40 |      | Europe | Team  | 40 |
type groups struct {
	header bool     // the row of dashes was read
	above  []string // the cells of the row above, without their bars
}

// row reports whether t is a row of the current table.
func (g *groups) row(t string) bool {
	return strings.IndexByte(t, '|') >= 0 && (g.header || isDashes(t))
}

// fill returns the row t with its first cells filled, and whether any is.
func (g *groups) fill(t string) (string, bool) {
	if isDashes(t) {
		g.header = true
		return "", false
	}
	if !g.header || t[0] != '|' {
		return "", false
	}
	cells := splitRow(t)
	empty := 0
	for empty < len(cells) && cells[empty] == "" {
		empty++
	}
	above := g.above
	if empty == 0 {
		g.above = cells
	}
	if empty == 0 || empty == len(cells) || len(above) != len(cells) || above[0] == "" {
		return "", false
	}
	for _, c := range cells[empty:] {
		if c == "" {
			return "", false
		}
	}
	copy(cells, above[:empty])
	g.above = cells
	return "| " + strings.Join(cells, " | ") + " |", true
}

func isDashes(t string) bool {
	return strings.IndexByte(t, '-') >= 0 && strings.IndexByte(t, '|') >= 0 && strings.Trim(t, "|-: \t") == ""
}

// splitRow returns the cells of a row between bars.
func splitRow(t string) []string {
	t = strings.TrimPrefix(t, "|")
	if strings.HasSuffix(t, "|") && !strings.HasSuffix(t, `\|`) {
		t = t[:len(t)-1]
	}
	var all []string
	from := 0
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++
		case '|':
			all = append(all, strings.TrimSpace(t[from:i]))
			from = i + 1
		}
	}
	return append(all, strings.TrimSpace(t[from:]))
}
