package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"multivac"
)

// page is HTML. Its text comes in the order of the source: headings, lists,
// tables and preformatted text as Markdown has them, the rest a paragraph a
// line. What is not content, or not to be seen, is left out.
type page struct{}

func (page) MediaTypes() []string { return []string{multivac.HTML, "application/xhtml+xml"} }
func (page) Extensions() []string { return []string{".html", ".htm", ".xhtml"} }

func (page) Extract(body []byte) (Extracted, error) {
	w := writer{line: 1}
	z := html.NewTokenizer(bytes.NewReader(bytes.TrimPrefix(body, []byte(bom))))
	for {
		kind := z.Next()
		if kind == html.ErrorToken { // the end; the tokenizer takes any bytes
			break
		}
		w.until = w.line + bytes.Count(z.Raw(), []byte("\n"))
		switch kind {
		case html.TextToken:
			w.text(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			w.start(tag, more && isHidden(z))
			if kind == html.SelfClosingTagToken && w.nested > 0 && w.skip == tag && !raw[tag] { // <svg/>
				w.end(tag)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		}
		w.line = w.until
	}
	w.flush()
	w.endTables()
	w.endPre()
	title := w.title
	if strings.TrimSpace(title) == "" {
		title = w.h1
	}
	return Extracted{Title: title, Text: w.out.String(), Lines: w.lines}, nil
}

// isHidden reports whether the attributes of the tag hide it, or say that it
// is a way to other pages.
func isHidden(z *html.Tokenizer) bool {
	hidden := false
	for {
		key, value, more := z.TagAttr()
		switch string(key) {
		case "hidden":
			hidden = hidden || !bytes.EqualFold(value, []byte("until-found"))
		case "aria-hidden":
			hidden = hidden || string(value) == "true"
		case "role":
			hidden = hidden || string(value) == "navigation"
		case "style":
			s := strings.ReplaceAll(strings.ToLower(string(value)), " ", "")
			hidden = hidden || strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden")
		}
		if !more {
			return hidden
		}
	}
}

// raw are the elements in which the tokenizer sees no tags.
var raw = set("script style noscript iframe noembed noframes textarea title xmp plaintext")

// skipped are the elements that hold no content of the page.
var skipped = set("script style noscript template svg math nav iframe object noframes noembed canvas audio video map select button textarea dialog xmp plaintext")

// blocks are the elements that begin and end a paragraph.
var blocks = set(`p div section article main header footer aside figure figcaption address details summary form fieldset legend
	blockquote center hgroup search body html head ul ol menu dir dl caption thead tbody tfoot frameset frame option`)

var voids = set("area base br col embed hr img input link meta param source track wbr")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// enders are the elements whose end ends others that have no end tag.
var enders = map[string]map[string]bool{
	"p":  blocks,
	"li": set("ul ol menu dir"),
	"td": set("tr table"), "th": set("tr table"), "tr": set("table thead tbody tfoot"),
	"dt": set("dl"), "dd": set("dl"),
}

// What was written last, which says whether a blank line comes next.
const (
	paragraph = iota
	item
	row
)

// A writer writes a page as Markdown. Nothing in it recurses, however deep
// elements are nested.
type writer struct {
	out   strings.Builder
	lines []int
	last  int
	line  int // of the source, where the token begins that is being read
	until int // and where it ends

	buf    []byte // the block being read, without white space at its ends
	begun  int    // the line it began on
	space  bool   // white space is due before the next word
	prefix string // "# ", "- "

	skip   string // the element that is being left out
	nested int    // how many of that name are open

	inTitle   bool
	title, h1 string
	level     int    // of the heading being read
	anchor    int    // where in buf the latest link began
	lists     []int  // the lists that are open: the next number, or 0
	dt        bool   // buf holds a term that waits for its definition
	pre       bool   // in preformatted text,
	code      []byte // which is this,
	codeLines []int  // and the line that each of its lines began on

	tables []grid // that are open
	deep   int    // tables that are too deep to be any
}

// A grid is a table that is being read.
type grid struct {
	layout  bool // it holds more than cells: headings, other tables
	cells   []string
	inCell  bool
	headers int // cells of the row that are th
	rows    int
	line    int // where the row began
	head    bool
}

func (w *writer) start(tag string, hidden bool) {
	if w.nested > 0 {
		if tag != w.skip && (w.skip != "p" || !blocks[tag]) {
			return
		}
		if enders[w.skip] == nil {
			w.nested++
			return
		}
		w.nested = 0
	}
	switch {
	case (hidden || skipped[tag]) && !voids[tag] && tag != "body" && tag != "html":
		w.skip, w.nested = tag, 1
		return
	case tag == "title":
		w.inTitle = w.title == ""
		return
	case tag == "br":
		w.lineBreak()
		return
	case tag == "hr":
		w.flush()
		return
	case tag == "img" || tag == "input" || tag == "wbr":
		return
	}
	if len(w.tables) > 0 && w.startInTable(tag) {
		return
	}
	switch tag {
	case "a":
		w.anchor = len(w.buf)
	case "table":
		w.flush()
		if len(w.tables) == maxNested {
			w.deep++
			return
		}
		w.tables = append(w.tables, grid{})
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.flush()
		w.level = int(tag[1] - '0')
		w.prefix = strings.Repeat("#", w.level) + " "
	case "ul", "menu", "dir":
		w.open(0)
	case "ol":
		w.open(1)
	case "li":
		w.flush()
		w.prefix = w.bullet()
	case "dt":
		w.flush()
		w.prefix = "- "
	case "dd":
		if w.dt {
			w.dt, w.space = false, true
			w.buf = append(w.buf, ':')
			return
		}
		w.flush()
		w.prefix = "- "
	case "pre":
		w.flush()
		w.pre, w.code, w.codeLines = true, w.code[:0], append(w.codeLines[:0], w.line)
	default:
		w.block(tag)
	}
}

func (w *writer) end(tag string) {
	if w.nested > 0 {
		if tag == w.skip {
			w.nested--
			return
		}
		if !enders[w.skip][tag] {
			return
		}
		w.nested = 0 // the end of what it stands in ends it
	}
	switch tag {
	case "title":
		w.inTitle = false
		return
	case "pre":
		w.endPre()
		return
	}
	if len(w.tables) > 0 && w.endInTable(tag) {
		return
	}
	switch tag {
	case "a":
		w.endAnchor()
	case "h1", "h2", "h3", "h4", "h5", "h6", "li", "dd", "dl":
		w.close()
	case "dt":
		w.dt = len(w.buf) > 0
	case "ul", "ol", "menu", "dir":
		w.close()
		w.lists = w.lists[:max(0, len(w.lists)-1)]
	default:
		w.block(tag)
	}
}

// maxNested is how deep lists and tables are told apart.
const maxNested = 32

func (w *writer) open(number int) {
	w.flush()
	if len(w.lists) < maxNested {
		w.lists = append(w.lists, number)
	}
}

// block ends the paragraph at the begin or end of an element that makes one.
// In an item or a cell, which stays on one line, it is but a space.
func (w *writer) block(tag string) {
	switch {
	case !blocks[tag]:
	case w.inCell() || w.prefix != "":
		w.space = true
	default:
		w.flush()
	}
}

func (w *writer) bullet() string {
	n := len(w.lists)
	if n == 0 {
		return "- "
	}
	indent := strings.Repeat("  ", n-1)
	if w.lists[n-1] == 0 {
		return indent + "- "
	}
	w.lists[n-1]++
	return indent + strconv.Itoa(w.lists[n-1]-1) + ". "
}

func (w *writer) inCell() bool {
	return len(w.tables) > 0 && w.tables[len(w.tables)-1].inCell && !w.tables[len(w.tables)-1].layout
}

// startInTable does what a tag does in a table, and reports whether that is all.
func (w *writer) startInTable(tag string) bool {
	g := &w.tables[len(w.tables)-1]
	switch tag {
	case "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre":
		if g.inCell {
			w.layOut(g)
		}
		return false
	case "thead":
		g.head = true
	case "tbody", "tfoot":
		g.head = false
	case "tr":
		w.endRow()
		return true
	case "td", "th":
		w.endCell()
		w.flush() // what stands between the cells
		if len(g.cells) == 0 {
			g.line = w.line
		}
		g.inCell = true
		if tag == "th" {
			g.headers++
		}
		return true
	case "li", "dt", "dd", "ul", "ol":
		if g.inCell && !g.layout {
			w.space = true
			return true
		}
	}
	return false
}

func (w *writer) endInTable(tag string) bool {
	switch tag {
	case "table":
		if w.deep > 0 {
			w.deep--
			return true
		}
		w.endRow()
		w.tables = w.tables[:len(w.tables)-1]
		w.last = paragraph
		return true
	case "tr":
		w.endRow()
		return true
	case "td", "th":
		w.endCell()
		return true
	case "thead":
		w.endRow()
		w.tables[len(w.tables)-1].head = false
	case "li", "dt", "dd", "ul", "ol":
		if w.inCell() {
			w.space = true
			return true
		}
	}
	return false
}

// layOut makes paragraphs of the cells of a table that is there for the looks.
func (w *writer) layOut(g *grid) {
	g.layout = true
	text, begun := w.buf, w.begun
	w.buf = nil
	for _, c := range g.cells {
		w.emit("", escape(c), g.line, paragraph)
	}
	g.cells = nil
	w.buf, w.begun = text, begun
	w.flush()
}

func (w *writer) endCell() {
	g := &w.tables[len(w.tables)-1]
	if g.layout {
		w.flush()
		g.inCell = false
		return
	}
	if !g.inCell {
		return
	}
	g.cells = append(g.cells, string(w.buf))
	w.buf, w.space, g.inCell = w.buf[:0], false, false
}

// longCell is how many bytes of text no cell of a table of data has.
const longCell = 600

func (w *writer) endRow() {
	w.endCell()
	g := &w.tables[len(w.tables)-1]
	cells, headers := g.cells, g.headers
	g.cells, g.headers = g.cells[:0], 0
	if isEmpty(cells) {
		return
	}
	for _, c := range cells {
		if len(c) > longCell {
			for _, c := range cells {
				w.emit("", escape(c), g.line, paragraph)
			}
			return
		}
	}
	if g.rows == 0 || w.last != row {
		w.blank(paragraph, g.line)
	}
	writeRow(&w.out, cells)
	w.lines = append(w.lines, g.line)
	w.last = row
	if g.rows == 0 && (headers == len(cells) || g.head) {
		w.out.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
		w.lines = append(w.lines, g.line)
	}
	g.rows++
}

func (w *writer) endTables() {
	for len(w.tables) > 0 {
		w.endInTable("table")
	}
}

// text adds words to the block being read.
func (w *writer) text(t []byte) {
	switch {
	case w.nested > 0:
		return
	case w.inTitle:
		w.title += string(t)
		w.inTitle = false
		return
	case w.pre:
		w.preformatted(t)
		return
	}
	line := w.line
	for len(t) > 0 {
		n := bytes.IndexFunc(t, unicode.IsSpace)
		if n != 0 {
			if n < 0 {
				n = len(t)
			}
			if len(w.buf) == 0 {
				w.begun = line
			}
			w.word(t[:n])
			t = t[n:]
			continue
		}
		if t[0] == '\n' {
			line = min(line+1, w.until)
		}
		w.space = true
		t = t[1:]
		for len(t) > 0 && !utf8.RuneStart(t[0]) { // of a longer space
			t = t[1:]
		}
	}
}

// preformatted adds t to the code. The tokenizer has made \n of every line
// end; one right after the tag does not count.
func (w *writer) preformatted(t []byte) {
	line := w.line
	for i, c := range t {
		if c == '\n' {
			line = min(line+1, w.until)
			if i == 0 && len(w.code) == 0 {
				w.codeLines[0], t = line, t[1:]
			} else {
				w.codeLines = append(w.codeLines, line)
			}
		}
	}
	w.code = append(w.code, t...)
}

// softHyphen says where a word may be broken.
var softHyphen = []byte("\u00ad")

func (w *writer) word(s []byte) {
	if bytes.Contains(s, softHyphen) {
		if s = bytes.ReplaceAll(s, softHyphen, nil); len(s) == 0 {
			return
		}
	}
	if w.space && len(w.buf) > 0 {
		w.buf = append(w.buf, ' ')
	}
	w.space = false
	w.buf = append(w.buf, s...)
}

// lineBreak keeps a line break that the writer set, where there can be one.
func (w *writer) lineBreak() {
	switch {
	case w.nested > 0:
	case w.pre:
		w.code, w.codeLines = append(w.code, '\n'), append(w.codeLines, w.line)
	case w.inCell() || w.prefix != "":
		w.space = true
	default:
		w.flush()
	}
}

// flush writes the block that was read. A mark stays due until there is one:
// an item may begin with a paragraph.
func (w *writer) flush() {
	w.space, w.dt = false, false
	if len(w.buf) == 0 {
		return
	}
	t, kind := string(w.buf), paragraph
	w.buf = w.buf[:0]
	switch {
	case w.prefix == "":
		t = escape(t)
	case w.level == 0:
		kind = item
	case w.level == 1 && w.h1 == "":
		w.h1 = t
	}
	w.emit(w.prefix, t, w.begun, kind)
	w.prefix, w.level = "", 0
}

// endAnchor takes out of a heading the links to itself and to its source that
// documentation has there.
func (w *writer) endAnchor() {
	if w.level == 0 || w.anchor > len(w.buf) {
		return
	}
	switch strings.TrimSpace(string(w.buf[w.anchor:])) {
	case "#", "¶", "§", "[src]", "[source]", "[edit]":
		w.buf = bytes.TrimRight(w.buf[:w.anchor], " ")
	}
}

// close writes the block that was read; its mark is no longer due.
func (w *writer) close() {
	w.flush()
	w.prefix, w.level = "", 0
}

// escape keeps a paragraph from being taken for something else in Markdown,
// where that would hide its words.
func escape(t string) string {
	hides := false
	switch {
	case t == "":
	case t[0] == '#':
		hides = strings.HasPrefix(strings.TrimLeft(t, "#"), " ")
	case t[0] == '<' || t[0] == '|':
		hides = strings.HasPrefix(t, "<!--") || strings.HasSuffix(t, ">") || strings.HasSuffix(t, "|")
	case t[0] == '[':
		hides = strings.HasPrefix(t, "[!") || strings.Contains(t, "]: ")
	default:
		hides = strings.HasPrefix(t, "```") || strings.HasPrefix(t, "~~~") || strings.HasPrefix(t, "![")
	}
	if hides {
		return `\` + t
	}
	return t
}

// emit writes a line, after a blank one where Markdown wants one.
func (w *writer) emit(prefix, t string, line, kind int) {
	if strings.TrimSpace(t) == "" {
		return
	}
	w.blank(kind, line)
	w.out.WriteString(prefix)
	w.out.WriteString(t)
	w.out.WriteByte('\n')
	w.lines = append(w.lines, line)
}

func (w *writer) blank(kind, line int) {
	if w.out.Len() > 0 && (kind != item || w.last != item) {
		w.out.WriteByte('\n')
		w.lines = append(w.lines, line)
	}
	w.last = kind
}

// endPre writes preformatted text as a block of code.
func (w *writer) endPre() {
	if !w.pre {
		return
	}
	w.pre = false
	code := string(w.code)
	if strings.TrimSpace(code) == "" {
		return
	}
	longest, run := 2, 0
	for i := range len(code) {
		if run++; code[i] != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	w.emit("", fence, w.codeLines[0], paragraph)
	for i, t := range strings.Split(strings.TrimRight(code, "\n"), "\n") {
		w.out.WriteString(t)
		w.out.WriteByte('\n')
		w.lines = append(w.lines, w.codeLines[i])
	}
	w.out.WriteString(fence + "\n")
	w.lines = append(w.lines, w.line)
}
