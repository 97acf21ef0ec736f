package docx

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
)

// levels is how many levels a list of Word has.
const levels = 9

// The lists of a document as they are written.
type xmlNumbering struct {
	Lists []struct {
		ID        string     `xml:"abstractNumId,attr"`
		Levels    []xmlLevel `xml:"lvl"`
		StyleLink value      `xml:"numStyleLink"` // the style that has its levels
	} `xml:"abstractNum"`
	Numbers []struct {
		ID        string `xml:"numId,attr"`
		List      value  `xml:"abstractNumId"`
		Overrides []struct {
			Level string    `xml:"ilvl,attr"`
			Start *value    `xml:"startOverride"`
			Lvl   *xmlLevel `xml:"lvl"`
		} `xml:"lvlOverride"`
	} `xml:"num"`
}

type xmlLevel struct {
	Level   string  `xml:"ilvl,attr"`
	Start   *value  `xml:"start"`
	Format  *value  `xml:"numFmt"`
	Text    value   `xml:"lvlText"`
	Suffix  value   `xml:"suff"`
	Restart *value  `xml:"lvlRestart"`
	Style   value   `xml:"pStyle"`
	Legal   *toggle `xml:"isLgl"`
	Hidden  *toggle `xml:"rPr>vanish"`
}

// A level is how the items of a list look on one of its levels.
type level struct {
	start   int
	format  string
	text    string // with %1 in the place of the number of the first level
	glued   bool   // no space follows
	restart int    // it begins again after a level below this one, counted from 1; -1 after any
	legal   bool   // all numbers are decimal
	hidden  bool
	style   string
}

// A list counts its items. Several numbers may share it.
type list struct {
	levels [levels]level
	count  [levels]int
	begun  [levels]bool
}

// A number is what paragraphs refer to: a list, and what differs from it.
type number struct {
	list   *list
	levels map[int]level
	starts map[int]int // where it begins at its first use
}

// numbering are the lists of a document, by the identifier of the number.
type numbering struct{ numbers map[string]*number }

func newNumbering(x xmlNumbering, s *styles) *numbering {
	lists, links := map[string]*list{}, map[string]string{}
	for _, y := range x.Lists {
		l := &list{}
		for i := range l.levels {
			l.levels[i] = newLevel(xmlLevel{})
		}
		for _, z := range y.Levels {
			l.levels[levelOf(z.Level)] = newLevel(z)
		}
		lists[y.ID] = l
		if y.StyleLink.Val != "" {
			links[y.ID] = y.StyleLink.Val
		}
	}
	n := &numbering{numbers: make(map[string]*number, len(x.Numbers))}
	listOf := make(map[string]string, len(x.Numbers))
	for _, y := range x.Numbers {
		listOf[y.ID] = y.List.Val
	}
	for _, y := range x.Numbers {
		id := y.List.Val
		if link, ok := links[id]; ok {
			id = listOf[s.of(link).numberID]
		}
		l := lists[id]
		if l == nil {
			continue
		}
		m := &number{list: l, levels: map[int]level{}, starts: map[int]int{}}
		for _, o := range y.Overrides {
			i := levelOf(o.Level)
			if o.Lvl != nil {
				m.levels[i] = newLevel(*o.Lvl)
			}
			if o.Start != nil {
				m.starts[i] = atoi(o.Start.Val, 1)
			}
		}
		n.numbers[y.ID] = m
	}
	return n
}

func newLevel(x xmlLevel) level {
	l := level{
		start: 0, format: "decimal", text: x.Text.Val, glued: x.Suffix.Val == "nothing", restart: -1,
		legal: x.Legal.on(), hidden: x.Hidden.on(), style: x.Style.Val,
	}
	if x.Start != nil {
		l.start = atoi(x.Start.Val, 0)
	}
	if x.Format != nil {
		l.format = x.Format.Val
	}
	if x.Restart != nil {
		l.restart = atoi(x.Restart.Val, -1)
	}
	return l
}

func atoi(t string, otherwise int) int {
	if n, err := strconv.Atoi(strings.TrimSpace(t)); err == nil {
		return n
	}
	return otherwise
}

func (n *number) level(i int) level {
	if l, ok := n.levels[i]; ok {
		return l
	}
	return n.list.levels[i]
}

// levelOfStyle returns the level of a list that belongs to one of the styles,
// or 0.
func (n *numbering) levelOfStyle(id string, styles []string) int {
	m := n.numbers[id]
	if m == nil {
		return 0
	}
	for _, s := range styles {
		for i := range levels {
			if s != "" && m.level(i).style == s {
				return i
			}
		}
	}
	return 0
}

// A label is what stands before an item.
type label struct {
	text  string // its number; empty for a bullet
	none  bool   // nothing is shown, as where an item has a second paragraph
	glued bool
}

// next counts an item, and returns its label. It reports whether there is such a
// list.
func (n *numbering) next(id string, i int) (label, bool) {
	m := n.numbers[id]
	if m == nil {
		return label{}, false
	}
	l, at := m.list, m.level(i)
	switch start, ok := m.starts[i]; {
	case ok:
		l.count[i] = start
		delete(m.starts, i)
	case l.begun[i]:
		l.count[i]++
	default:
		l.count[i] = at.start
	}
	l.begun[i] = true
	for k := i + 1; k < levels; k++ {
		if r := m.level(k).restart; r < 0 || r > i {
			l.begun[k] = false
		}
	}
	if at.format == "bullet" {
		return label{none: strings.TrimSpace(at.text) == ""}, true
	}
	text := m.text(i)
	return label{text: text, none: text == "", glued: at.glued}, true
}

// text returns the number as it is shown: 2.1, a) or § 3.
func (n *number) text(i int) string {
	at := n.level(i)
	if at.hidden {
		return ""
	}
	var b strings.Builder
	for k := 0; k < len(at.text); k++ {
		if c := at.text[k:]; c[0] != '%' || len(c) < 2 || c[1] < '1' || c[1] > '9' {
			b.WriteByte(c[0])
			continue
		}
		k++
		above := int(at.text[k] - '1')
		format, count := n.level(above).format, n.list.count[above]
		if at.legal && format != "decimalZero" { // Word's own "Section 1.01" is so
			format = "decimal"
		}
		if !n.list.begun[above] {
			count = n.level(above).start
		}
		b.WriteString(numeral(count, format))
	}
	return extract.OneLine(b.String())
}
