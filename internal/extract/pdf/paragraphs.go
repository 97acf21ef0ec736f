package pdf

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line is a row of a column as text.
type line struct {
	text   string
	x0, x1 float32
	y      float32
	size   float32
	bold   bool
	block  int32
	label  bool    // it begins with the sign or number of a list
	alone  bool    // it is a heading, as the bookmarks say
	first  float32 // how wide its first word is
}

// A paragraph is lines that are read as one.
type paragraph struct {
	lines []line
	rtl   bool
	// column is where the lines of its column begin and end.
	x0, x1 float32
}

var listed = regexp.MustCompile(`^([•◦▪▫‣⁃·●○■□◆◇➢➤✓–—*-]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\(?[ivx]{1,5}[.)])\s+\S`)

// linesOf returns the lines of a column.
func linesOf(rows []row, rtl bool, headings map[string]int) []line {
	lines := make([]line, 0, len(rows))
	for _, r := range rows {
		m := r.main()
		l := line{text: r.text(runsRTL(r.text(false), rtl)), x0: r.x0(), x1: r.x1(), y: r.y(), size: m.size, bold: r.bold(), block: m.block}
		if l.text == "" {
			continue
		}
		l.alone = headingOf(headings, l.text) > 0
		l.label = listed.MatchString(l.text)
		if n := utf8.RuneCountInString(l.text); n > 0 {
			l.first = (l.x1 - l.x0) * float32(utf8.RuneCountInString(firstWord(l.text))) / float32(n)
		}
		lines = append(lines, l)
	}
	return lines
}

// headingOf returns the level of the heading that a text is, with or without its
// number, or 0.
func headingOf(headings map[string]int, text string) int {
	if len(headings) == 0 || len(text) > maxHeading {
		return 0
	}
	key := letters(text)
	if level := headings[key]; level > 0 {
		return level
	}
	return headings[strings.TrimLeft(key, "0123456789")]
}

// paragraphsOf returns the paragraphs that rows are. all is the whole column, or nil
// where the rows are. headings are the levels of those that the bookmarks name on
// the page.
func paragraphsOf(rows, all []row, rtl bool, headings map[string]int) []paragraph {
	lines := linesOf(rows, rtl, headings)
	if len(lines) == 0 {
		return nil
	}
	c := columnOf(lines, rtl)
	if all != nil {
		c = columnOf(linesOf(all, rtl, nil), rtl)
	}
	return c.paragraphs(lines)
}

// paragraphs returns the paragraphs of lines.
func (c column) paragraphs(lines []line) []paragraph {
	var all []paragraph
	for i, l := range lines {
		if n := len(all); n > 0 && c.goesOn(all[n-1].lines, l) {
			all[n-1].lines = append(all[n-1].lines, lines[i])
			continue
		}
		all = append(all, paragraph{lines: []line{l}, rtl: c.rtl, x0: c.x0, x1: c.x1})
	}
	return all
}

// A column is what its lines share.
type column struct {
	leading float32 // from line to line
	size    float32 // of most lines
	x0, x1  float32
	rtl     bool
}

// columnOf returns what lines share, of which there is one at least.
func columnOf(lines []line, rtl bool) column {
	c := column{leading: leading(lines), x0: lines[0].x0, x1: lines[0].x1, rtl: rtl}
	sizes := make([]float32, len(lines))
	for i, l := range lines {
		c.x0, c.x1, sizes[i] = min(c.x0, l.x0), max(c.x1, l.x1), l.size
	}
	slices.Sort(sizes)
	c.size = sizes[len(sizes)/2]
	return c
}

// leading returns the usual distance of lines, in sizes of their font.
func leading(lines []line) float32 {
	var all []float32
	for i := 1; i < len(lines); i++ {
		if d := (lines[i].y - lines[i-1].y) / max(lines[i].size, 1); d > 0.8 && d < 2.5 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return 1.2
	}
	slices.Sort(all)
	usual := all[(len(all)-1)/3] // most paragraphs have several lines, but not all
	if len(all) < 4 {
		return min(usual, 1.5)
	}
	return usual
}

// goesOn reports whether l goes on with the paragraph of lines.
func (c column) goesOn(lines []line, l line) bool {
	last := lines[len(lines)-1]
	em := max(l.size, last.size, 1)
	gap := (l.y - last.y) / em
	switch {
	case l.block != last.block && (l.block != 0 || last.block != 0):
		return false
	case l.block != 0 && l.block == last.block && gap < 4*c.leading && gap > 0:
		return true // the file says so
	case l.size > largerBy*c.size && abs(l.size-last.size) < 0.02*em && gap > 0 && gap < 1.6:
		return !l.alone && !last.alone // a heading of several lines
	case !lines[0].label && c.runsOn(last, l, gap):
		return true
	case l.alone, last.alone, gap > 1.3*c.leading+0.05, gap < 0, abs(l.size-last.size) > 0.12*em, l.bold != last.bold, l.label:
		return false
	}
	if lines[0].label { // it hangs below the text behind the sign
		return c.indent(l) > c.indent(lines[0])+0.3*em || c.indent(l) > c.indent(lines[0])-0.3*em && !c.short(last, l) && startsLow(l.text)
	}
	if c.short(last, l) {
		return startsLow(l.text) && !endsSentence(last.text)
	}
	if c.indent(l) > c.indent(last)+0.8*em && c.indent(last) < 0.5*em {
		return false // indented, as a new paragraph is
	}
	return true
}

// The first line of a paragraph may be bold or larger than the rest, as in
// newspapers, but not by as much as a title is. It has some words: a column may be
// as narrow as a short heading.
const (
	largerFirst = 1.4
	leastFirst  = 4
)

// runsOn reports whether a line that is bold or larger runs on into the next one,
// gap below it, which is not: it fills its column, and its sentence goes on.
func (c column) runsOn(first, l line, gap float32) bool {
	larger := first.size > 1.02*l.size
	switch {
	case !larger && (!first.bold || l.bold), first.size > largerFirst*l.size, first.size < 0.98*l.size, first.alone, l.alone, l.label:
		return false
	case gap <= 0, gap > 1.1*c.leading+0.05, abs(c.indent(l)-c.indent(first)) > 2*l.size, c.short(first, l), endsSentence(first.text), strings.Count(first.text, " ") < leastFirst-1:
		return false
	}
	return startsLow(l.text) || !larger && first.x1 > c.x1-l.size && !startsNumbered(first.text)
}

// startsNumbered reports whether a text begins with a number, as headings do.
func startsNumbered(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func (c column) indent(l line) float32 {
	if c.rtl {
		return c.x1 - l.x1
	}
	return l.x0 - c.x0
}

// short reports whether the first word of the next line would have fitted on l:
// so the line ends there on purpose.
func (c column) short(l, next line) bool {
	room := c.x1 - l.x1
	if c.rtl {
		room = l.x0 - c.x0
	} else if centred := l.x0 - c.x0; centred > l.size && abs(centred-room) < l.size {
		room += centred
	}
	return room > next.first+0.5*l.size
}

func startsLow(s string) bool {
	c, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(c)
}

// endsSentence reports whether a text ends as a sentence does.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, `"'”’»)]`)
	c, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?:;…。！？：；؟۔।", c)
}

// text returns the text of a paragraph.
func (p paragraph) text(known words) string {
	t := ""
	for _, l := range p.lines {
		t = join(t, l.text, known)
	}
	return t
}

// mixed reports whether the first line is larger than the last one, as in no heading.
func (p paragraph) mixed() bool {
	return p.lines[0].size > 1.1*p.lines[len(p.lines)-1].size
}

func (p paragraph) bold() bool {
	for _, l := range p.lines {
		if !l.bold {
			return false
		}
	}
	return true
}
