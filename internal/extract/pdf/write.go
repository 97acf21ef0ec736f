package pdf

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A writer writes a document as light Markdown.
type writer struct {
	*document
	out   *extract.Output
	title string // the first heading

	levels map[int]int            // of headings by their size, in tenths of a point
	marks  map[int]map[string]int // levels of headings by page and text, as the bookmarks say
	tagged bool                   // the file says what its headings are

	page    int
	begun   bool
	open    string    // a paragraph that may go on in the next column or on the next page
	openAt  int       // the page it began on
	openEnd line      // its last line
	x1      float32   // where its column ends
	items   []float32 // indents of the lists that are open
}

func (w *writer) write() {
	w.prepare()
	for i := range w.pages {
		if w.out.Err() != nil {
			return
		}
		p := &w.pages[i]
		w.page = p.number
		for k := range p.all {
			w.part(p, k)
		}
		if p.reason != "" {
			w.flush()
			w.block(fmt.Sprintf("(page %d %s)", p.number, p.reason))
		}
		for _, c := range p.comments {
			w.flush()
			w.block(extract.Escape(extract.OneLine(clean(c))))
		}
	}
	w.flush()
}

// prepare finds out which sizes headings have.
func (w *writer) prepare() {
	var larger []int
	for tenths := range w.sizes {
		if float32(tenths)/10 >= largerBy*w.body {
			larger = append(larger, tenths)
		}
	}
	slices.Sort(larger)
	slices.Reverse(larger)
	w.levels = map[int]int{}
	level, last := 0, 0
	for _, tenths := range larger {
		if level == 0 || float32(last-tenths) > 0.06*float32(last) {
			level++
		}
		last = tenths
		w.levels[tenths] = min(level, 5)
	}
	w.marks = map[int]map[string]int{}
	for _, b := range w.info.Bookmarks {
		if w.marks[b.Page] == nil {
			w.marks[b.Page] = map[string]int{}
		}
		for _, key := range []string{letters(b.Title), strings.TrimLeft(letters(b.Title), "0123456789")} {
			if key != "" {
				w.marks[b.Page][key] = min(b.Depth+1, 6)
			}
		}
	}
	for _, p := range w.pages {
		w.tagged = w.tagged || slices.ContainsFunc(p.elements, func(e Element) bool { return headingLevel(e.Type) > 0 })
	}
}

// largerBy is by how much the text of a heading is larger than other text.
const largerBy = 1.12

// part writes the text of a page that runs in one direction.
func (w *writer) part(p *leaf, k int) {
	s, rows := &p.all[k], p.rows[k]
	if k == 0 {
		rows = withoutAsides(rows, s)
	}
	rows = withoutContents(rows)
	w.notCode(p, rows)
	rtl := runsRTL(textOf(rows), false)
	for _, f := range flows(rows, rtl, 0) {
		if f.code {
			w.code(f.rows)
			continue
		}
		if f.borders != nil && w.table(f, rtl) {
			continue
		}
		w.lines(p, f.rows, f.column)
	}
}

// lines writes lines of a column, and the tables between them. column is all that
// the column has, or nil where these are its lines.
func (w *writer) lines(p *leaf, rows, column []row) {
	at := slices.IndexFunc(rows, func(r row) bool { return r.grid() != nil })
	if at < 0 {
		for _, par := range paragraphsOf(rows, column, runsRTL(textOf(rows), false), w.marks[p.number]) {
			w.paragraph(p, par)
		}
		return
	}
	w.lines(p, rows[:at], column)
	for i, s := range rows[at] {
		if s.grid == nil {
			w.lines(p, []row{rows[at][i : i+1]}, nil)
			continue
		}
		w.flush()
		w.items = nil
		w.rows(s.grid.rows)
	}
	w.lines(p, rows[at+1:], column)
}

// textOf returns the text of rows, in no order that matters.
func textOf(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		for _, s := range r {
			b.WriteString(s.text)
		}
	}
	return b.String()
}

// paragraph writes a paragraph, or keeps it where it may go on.
func (w *writer) paragraph(p *leaf, par paragraph) {
	t := par.text(w.words)
	level := w.level(p, par, t)
	first, last := par.lines[0], par.lines[len(par.lines)-1]
	if w.open != "" && level == 0 && !first.label && w.continues(par, t) {
		if w.openAt != w.page { // a place of its own for what is on this page
			w.breakPage(&t)
		}
		w.open = join(w.open, t, w.words)
		w.openEnd, w.x1 = last, par.x1
		return
	}
	w.flush()
	switch {
	case level > 0:
		w.items = nil
		w.heading(level, t)
	case first.label:
		w.item(par, t)
	default:
		w.items = nil
		w.open, w.openAt, w.openEnd, w.x1 = t, w.page, last, par.x1
	}
}

// breakPage writes the part of the open paragraph that stands on the page before.
// A word that is broken there is written whole.
func (w *writer) breakPage(next *string) {
	first := firstWord(*next)
	if joined := join(w.open, first, w.words); !strings.HasSuffix(joined, " "+first) { // one word
		w.open, *next = joined, strings.TrimSpace(strings.TrimPrefix(*next, first))
	}
	w.separate()
	w.out.Line(extract.Escape(w.open), w.on(w.openAt))
	w.begun = false // no blank line before what follows
	w.open, w.openAt = "", w.page
}

// continues reports whether par goes on with the open paragraph.
func (w *writer) continues(par paragraph, t string) bool {
	first := par.lines[0]
	if endsSentence(w.open) && !strings.HasSuffix(w.open, ":") || abs(first.size-w.openEnd.size) > 0.1*first.size || first.bold != w.openEnd.bold {
		return false
	}
	c, _ := utf8.DecodeRuneInString(t)
	return unicode.IsLower(c) || isIdeograph(c) || strings.HasSuffix(w.open, "-") ||
		w.openEnd.x1 > w.x1-3*w.openEnd.size && !unicode.IsPunct(c) && len(w.open) > 40
}

// flush writes the open paragraph.
func (w *writer) flush() {
	if w.open == "" {
		return
	}
	page := w.page
	w.page = w.openAt
	w.block(extract.Escape(w.open))
	w.page, w.open = page, ""
}

// block writes a line with a blank line before it.
func (w *writer) block(t string) {
	w.separate()
	w.out.Line(t, w.at())
	w.begun = true
}

func (w *writer) at() multivac.Place { return w.on(w.page) }

// on returns the place that a page is.
func (w *writer) on(page int) multivac.Place {
	p := multivac.Place{Page: page}
	if i := page - 1; i >= 0 && i < len(w.pages) && w.pages[i].label != strconv.Itoa(page) {
		p.Label = w.pages[i].label
	}
	return p
}

func (w *writer) separate() {
	if w.begun {
		w.out.Line("", w.at())
	}
}

func (w *writer) heading(level int, t string) {
	if w.title == "" {
		w.title = t
	}
	w.block(strings.Repeat("#", level) + " " + t)
}

var sign = regexp.MustCompile(`^([•◦▪▫‣⁃·●○■□◆◇➢➤✓–—*-])\s+`)

// item writes an item of a list, as deep as it is indented.
func (w *writer) item(par paragraph, t string) {
	in := par.lines[0].x0
	if par.rtl {
		in = -par.lines[0].x1
	}
	for len(w.items) > 0 && in < w.items[len(w.items)-1]-2 {
		w.items = w.items[:len(w.items)-1]
	}
	list := len(w.items) > 0
	if n := len(w.items); n == 0 || in > w.items[n-1]+2 {
		w.items = append(w.items, in)
	}
	t = sign.ReplaceAllString(t, "- ")
	t = strings.Repeat("  ", min(len(w.items)-1, 8)) + t
	if list {
		w.out.Line(t, w.at())
		return
	}
	w.block(t)
}

// headingLevel returns the level of an element of the tree of structure, or 0.
func headingLevel(kind string) int {
	switch kind {
	case "H", "Title":
		return 1
	case "H1", "H2", "H3", "H4", "H5", "H6":
		return int(kind[1] - '0')
	}
	return 0
}

// heading returns the level of the heading that a block of the tree of structure
// belongs to, or 0.
func (p *leaf) heading(block int32) int {
	for e := int(block); e > 0 && e <= len(p.elements); {
		if l := headingLevel(p.elements[e-1].Type); l > 0 {
			return l
		}
		parent := int(p.elements[e-1].Parent)
		if parent >= e {
			break
		}
		e = parent
	}
	return 0
}

// maxHeading is how many characters a heading has at most.
const maxHeading = 200

// level returns the level of the heading that a paragraph is, or 0. It is what the
// tree of structure says; else what the bookmarks say; else what the size of its
// font says, if the file says nothing.
func (w *writer) level(p *leaf, par paragraph, t string) int {
	if l := p.heading(par.lines[0].block); l > 0 {
		return l
	}
	if len(t) > maxHeading {
		return 0
	}
	if l := headingOf(w.marks[p.number], t); l > 0 {
		return l
	}
	if w.tagged || par.mixed() || len(par.lines) > 3 || !strings.ContainsFunc(t, unicode.IsLetter) {
		return 0
	}
	if l := w.levels[int(10*par.lines[0].size+0.5)]; l > 0 && !strings.HasSuffix(t, ",") {
		return l
	}
	if par.bold() && len(par.lines) == 1 && par.lines[0].size >= 0.95*w.body && len(t) < 100 && !endsSentence(t) && !par.lines[0].label {
		return min(len(w.levels)+2, 6)
	}
	return 0
}

// letters returns the letters and digits of a text, in lower case.
func letters(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

// table writes a table, and reports whether it is one: two columns or more whose
// cells are aligned.
func (w *writer) table(f flow, rtl bool) bool {
	n := len(f.borders) + 1
	if n < 2 || slices.ContainsFunc(f.rows, func(r row) bool { return r.grid() != nil }) {
		return false
	}
	var rows []sheet.Row
	lastY, goOn := float32(0), 0
	for i, r := range f.rows {
		cells, bold := make([]row, n), make([]bool, n)
		for _, s := range r {
			c := 0
			for c < n-1 && (s.x0+s.x1)/2 > f.borders[c] {
				c++
			}
			bold[c] = s.bold && (bold[c] || len(cells[c]) == 0)
			cells[c] = append(cells[c], s)
		}
		out := sheet.Row{Cells: make([]sheet.Cell, n)}
		for c := range cells {
			if len(cells[c]) > 0 {
				out.Cells[c] = sheet.Cell{Text: cells[c].text(rtl), Bold: bold[c]}
			}
		}
		gap := r.y() - lastY
		lastY = r.y()
		if i > 0 && out.Cells[0].Text == "" && gap < 1.5*r.main().size { // the row before goes on
			above := rows[len(rows)-1].Cells
			for c := range above {
				above[c].Text = join(above[c].Text, out.Cells[c].Text, w.words)
			}
			goOn++
			continue
		}
		rows = append(rows, out)
	}
	w.flush()
	w.items = nil
	if n == 2 && isHanging(rows, goOn) {
		for _, r := range rows {
			w.block(extract.Escape(strings.TrimSpace(r.Cells[0].Text + " " + r.Cells[1].Text)))
		}
		return true
	}
	w.rows(rows)
	return true
}

// isHanging reports whether rows of two columns are no table, but words and what
// is said of each, in lines of text that hang next to them. goOn is how many rows
// went on with the one before.
func isHanging(rows []sheet.Row, goOn int) bool {
	left, right := 0, 0
	for _, r := range rows {
		left += len(strings.Fields(r.Cells[0].Text))
		right += len(strings.Fields(r.Cells[1].Text))
	}
	return left <= 4*len(rows) && (right > 8*len(rows) || 3*goOn > len(rows) && right > 5*len(rows))
}

// rows writes the rows of a table.
func (w *writer) rows(rows []sheet.Row) {
	spare := 64 << 10
	inner := extract.NewOutput(w.out.Context(), extract.Default)
	s := sheet.Sheet{Out: inner, Separate: func(int) {}, Spare: &spare}
	plain := true // nothing marks a header
	for i := range rows {
		plain = plain && !slices.ContainsFunc(rows[i].Cells, func(c sheet.Cell) bool { return c.Bold || c.Cols > 1 || c.Rows > 1 }) && !rows[i].Head
	}
	s.CSV = plain
	for i := range rows {
		rows[i].Line = 1
		s.Add(rows[i])
	}
	s.End()
	w.separate()
	for l := range strings.Lines(inner.String()) {
		w.out.Line(strings.TrimRight(l, "\n"), w.at())
	}
	w.begun = true
}
