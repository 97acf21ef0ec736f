// Package html reads pages in HTML. It extracts the text that a reader of the
// page sees or can open, in the order of the source.
package html

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// Format is HTML.
var Format = extract.Format{
	Name: "HTML", Types: []string{multivac.HTML, "application/xhtml+xml"}, Extensions: []string{".html", ".htm", ".xhtml"}, Text: true,
	Extract: Read, Declared: declared, Begins: begins,
}

// begins reports whether a file that begins with head is a page.
func begins(head []byte) bool {
	start, ok := extract.Start(head)
	return ok && (bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")))
}

// Read returns the text of a page, in the order of the source. Headings, lists,
// tables and preformatted text are written as in Markdown, and other text with
// a paragraph per line. Parts that are not content are left out. Parts that a
// reader can open count as open: tabs and accordions, each under its name.
func Read(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
	body = bytes.TrimPrefix(body, []byte(extract.BOM))
	w := writer{out: extract.NewOutput(ctx, l), depthLimit: l.Depth, line: 1, survey: surveyOf(ctx, body), spare: sheet.Spare(body)}
	z := html.NewTokenizer(bytes.NewReader(body))
	for n := 0; w.out.Err() == nil; {
		kind := z.Next()
		if kind == html.ErrorToken { // the end; the tokenizer takes any bytes
			break
		}
		w.until = w.line + bytes.Count(z.Raw(), []byte("\n"))
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			n++
		}
		w.token(z, kind, n)
		w.line = w.until
	}
	w.finish()
	title := w.title
	if strings.TrimSpace(title) == "" {
		title = w.h1
	}
	return w.out.Extracted(title)
}

// token writes the text of a token. n counts the start tags.
func (w *writer) token(z *html.Tokenizer, kind html.TokenType, n int) {
	switch kind {
	case html.TextToken:
		w.text(z.Text())
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := z.TagName()
		w.e.read(z, string(name), more)
		w.start(n)
		if tag := w.e.tag; kind == html.SelfClosingTagToken && w.nested > 0 && w.skip == tag && !raw[tag] { // <svg/>
			w.end(tag)
		}
	case html.EndTagToken:
		name, _ := z.TagName()
		w.end(string(name))
	}
}

// raw are the elements whose content has no tags for the tokenizer.
var raw = extract.Words("script style noscript iframe noembed noframes textarea title xmp plaintext")

// skipped are the elements without content of the page.
var skipped = extract.Words("script style noscript template svg math nav iframe object noframes noembed canvas audio video map select textarea dialog xmp plaintext rt rp del s strike datalist")

// Blocks are the elements that begin and end a paragraph.
var Blocks = extract.Words(`p div section article main header footer aside figure figcaption address details summary form fieldset legend
	blockquote center hgroup search body html head ul ol menu dir dl caption thead tbody tfoot frameset frame option`)

// Voids are the elements without content, which have no end tag.
var Voids = extract.Words("area base br col embed hr img input link meta param source track wbr")

// enders are the elements whose end tag also ends other elements, which have no
// end tag.
var enders = map[string]map[string]bool{
	"p":  Blocks,
	"li": extract.Words("ul ol menu dir"),
	"td": extract.Words("tr table"), "th": extract.Words("tr table"), "tr": extract.Words("table thead tbody tfoot"),
	"dt": extract.Words("dl"), "dd": extract.Words("dl"),
	"rt": extract.Words("ruby"), "rp": extract.Words("ruby"),
}

// The last line written. It decides whether a blank line comes next.
const (
	paragraph = iota
	item
)

// A writer writes a page as Markdown. It does not recurse, however deep
// elements are nested.
type writer struct {
	*survey
	out        *extract.Output
	depthLimit int // of lists, tables and regions; deeper ones are read as if they were not nested
	spare      int // bytes that may be written twice
	last       int
	line       int // line of the source on which the current token begins
	until      int // line on which it ends
	e          element

	buf    []byte // the block being read, without white space at its ends
	begun  int    // the line it began on
	space  bool   // white space is due before the next word
	prefix string // "# ", "- "

	skip   string // the element that is left out
	nested int    // how many elements of that name are open
	within int    // how many blocks are open in it, if it is inline

	inTitle   bool
	title, h1 string
	level     int    // of the current heading
	naming    bool   // the heading is the name of a panel
	depth     int    // of the headings above
	ended     int    // the highest level of the panels that have ended
	anchor    int    // where in buf the latest link began
	link      bool   // it links to a place within the page
	href      string // where the latest link leads
	linked    bool   // it ended, and nothing came after it
	lists     []int  // the lists that are open: the next number, or 0
	term      bool   // in a term
	dt        bool   // buf holds a term that waits for its definition
	pre       bool   // in preformatted text
	code      []byte // the preformatted text
	codeLines []int  // the source line of each line of code
	bold      int    // open elements

	regions []region // open regions, the innermost last
	queue   []int    // tabs that wait for their panels
	taken   bool     // one of them has its panel
	pending *tab     // the button of an accordion, whose panel comes next
	toggled bool     // the last element may open the next one
	submits bool     // the button that is being left out sends a form

	raisedAt   int    // where in buf the raised text begins, plus 1
	spaced     bool   // white space comes before it
	raisedLink bool   // it is a link, or in one
	lost       string // raised text that was left out just before
	apart      bool   // white space follows it

	tables []grid // open tables
	deep   int    // tables that are nested too deep, which are read as text
}

// A region is an open element whose end matters.
type region struct {
	open
	kind  int
	level int // of the heading that ends with it, or 0
	shift int // how many levels deeper its headings are written than in the page, or unknown
}

// The kinds of regions.
const (
	panel = iota
	details
	captioned
	title
	raised
)

// What a region does not know before its first heading.
const (
	unknownShift = -1
	unknownLevel = -1
)

func (w *writer) start(n int) {
	e := &w.e
	tag := e.tag
	if w.nested > 0 && w.skips(tag) {
		return
	}
	if w.leavesOut(e) {
		w.leaveOut(tag)
		if !inline[tag] && (tag == "nav" || tag == "dialog" || e.isOther() || e.isCalled(otherWords)) {
			w.dropPending() // it was the button of a menu
		}
		return
	}
	switch tag {
	case "title":
		w.inTitle = w.title == ""
		return
	case "br":
		w.lineBreak()
		return
	case "hr":
		w.flush()
		return
	case "img", "input", "wbr":
		return
	}
	w.trackStart(tag)
	if w.startTab(n) {
		return
	}
	if tag == "button" && !w.headed[n] && w.isAction(e) {
		w.leaveOut(tag)
		return
	}
	w.startRegion(n)
	if len(w.tables) > 0 && w.startInTable(tag) {
		return
	}
	w.startElement(tag)
}

func (w *writer) leaveOut(tag string) {
	w.skip, w.nested, w.within, w.submits = tag, 1, 0, w.e.submits
}

// isAction reports whether a button only does something, and is not the text of
// the heading, term or column head around it.
func (w *writer) isAction(e *element) bool {
	inName := w.level > 0 || w.term || w.inCell() && w.tables[len(w.tables)-1].cell.Header
	return !inName || len(w.buf) > 0 && !e.isToggler()
}

// skips reports whether the tag belongs to the part that is left out.
func (w *writer) skips(tag string) bool {
	if tag != w.skip && (w.skip != "p" || !Blocks[tag]) {
		if isBlock(tag) {
			w.within++
		}
		return true
	}
	if enders[w.skip] == nil {
		w.nested++
		return true
	}
	w.nested = 0
	return false
}

func (w *writer) startElement(tag string) {
	switch tag {
	case "a":
		w.separateLinks()
		w.anchor, w.href, w.link = len(w.buf), w.e.href, strings.HasPrefix(w.e.href, "#")
		w.raisedLink = w.raisedLink || w.raisedAt > 0
	case "b", "strong":
		w.bold++
	case "table":
		w.flush()
		if len(w.tables) == w.depthLimit {
			w.deep++
			return
		}
		s := &sheet.Sheet{Out: w.out, Spare: &w.spare, Separate: func(line int) { w.blank(paragraph, line) }}
		w.tables = append(w.tables, grid{sheet: s})
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.startHeading(int(tag[1] - '0'))
	case "ul", "menu", "dir":
		w.open(0)
	case "ol":
		w.open(1)
	case "li":
		w.flush()
		w.prefix = w.bullet()
	case "dt":
		w.flush()
		w.prefix, w.term = "- ", true
	case "dd":
		w.startDefinition()
	case "pre":
		w.flush()
		w.pre, w.code, w.codeLines = true, w.code[:0], append(w.codeLines[:0], w.line)
	default:
		w.block(tag)
	}
}

func (w *writer) startDefinition() {
	w.term = false
	if !w.dt {
		w.flush()
		w.prefix = "- "
		return
	}
	w.dt, w.space = false, true
	if last := w.buf[len(w.buf)-1]; strings.IndexByte("?!:", last) < 0 {
		w.buf = append(w.buf, ':')
	}
}

func (w *writer) end(tag string) {
	if w.nested > 0 {
		if tag == w.skip {
			if w.nested--; w.nested == 0 && tag == "button" {
				w.toggled = !w.submits
			}
			return
		}
		outside := false
		if inline[w.skip] && isBlock(tag) {
			outside = w.within == 0 // the element around it ends, so its end tag is missing
			w.within--
		}
		if !enders[w.skip][tag] && !outside {
			return
		}
		w.nested = 0 // the end of the element around it also ends it
	}
	switch tag {
	case "title":
		w.inTitle = false
		return
	case "pre":
		w.endPre()
		return
	}
	if tag != "table" {
		w.trackEnd(tag)
	}
	if len(w.tables) > 0 && w.endInTable(tag) {
		if tag == "table" { // its last row is written
			w.trackEnd(tag)
		}
		return
	}
	switch tag {
	case "a":
		w.endAnchor()
	case "b", "strong":
		w.bold = max(0, w.bold-1)
	case "h1", "h2", "h3", "h4", "h5", "h6", "li", "dd", "dl":
		w.toggled = w.toggled || tag >= "h2" && tag <= "h6"
		w.close()
	case "dt":
		w.term, w.toggled = false, true
		w.dt = len(w.buf) > 0
	case "ul", "ol", "menu", "dir":
		w.close()
		w.lists = w.lists[:max(0, len(w.lists)-1)]
	case "button":
		w.toggled = true
	default:
		w.block(tag)
	}
}

// finish writes the rest at the end.
func (w *writer) finish() {
	if w.pending != nil && w.pending.text {
		w.writePending()
	}
	w.flush()
	w.endTables()
	w.endPre()
}

func (w *writer) open(number int) {
	w.flush()
	if len(w.lists) < w.depthLimit {
		w.lists = append(w.lists, number)
	}
}

// block ends the paragraph at the start or end of a block element. An item or a
// cell stays on one line, so a space is written there.
func (w *writer) block(tag string) {
	switch {
	case !Blocks[tag]:
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

// text adds words to the current block.
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
	if len(bytes.TrimSpace(t)) > 0 {
		w.toggled = false
		if w.pending != nil {
			w.writePending()
		}
		if len(w.tables) > 0 && w.bold == 0 {
			w.tables[len(w.tables)-1].plain = true
		}
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
		w.space, w.apart = true, true
		t = t[1:]
		for len(t) > 0 && !utf8.RuneStart(t[0]) { // skip the rest of a longer space
			t = t[1:]
		}
	}
}

// preformatted adds t to the code. The tokenizer has turned every line end into
// \n. A line end right after the tag does not count.
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

// unseenMarks are invisible characters, such as soft hyphens.
var unseenMarks = strings.NewReplacer("\u00ad", "", "\u2060", "", "\ufeff", "")

// withoutMarks returns a word without invisible characters. Spaces of no width
// stay, because Thai and Khmer separate words by them.
func withoutMarks(s []byte) []byte {
	ascii := true
	for _, c := range s {
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return s
	}
	t := unseenMarks.Replace(string(s))
	if rest := strings.ReplaceAll(t, "\u200b", ""); strings.IndexFunc(rest, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		t = rest
	}
	return []byte(t)
}

func (w *writer) word(s []byte) {
	if s = withoutMarks(s); len(s) == 0 {
		return
	}
	if w.lost != "" {
		s = w.restore(s)
	}
	if w.space && len(w.buf) > 0 {
		w.buf = append(w.buf, ' ')
	}
	w.space, w.linked = false, false
	w.buf = append(w.buf, s...)
}

// lineBreak keeps a line break of the page, if Markdown can have one there.
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

// flush writes the current block. If it is empty, its mark stays due, because
// an item may begin with a paragraph.
func (w *writer) flush() {
	w.endRaised()
	w.space, w.dt, w.lost = false, false, ""
	if len(w.buf) == 0 {
		return
	}
	t, kind := string(w.buf), paragraph
	w.buf = w.buf[:0]
	switch {
	case w.prefix == "":
		t = extract.Escape(t)
	case w.level == 0:
		kind = item
	case w.naming && len(t) > maxName: // that is text, not a name
		w.prefix, t = "", extract.Escape(t)
	default:
		if w.level == 1 && w.h1 == "" && !w.naming {
			w.h1 = t
		}
		w.writeHeading(w.level, t, w.begun)
		w.prefix, w.level, w.naming = "", 0, false
		return
	}
	w.emit(w.prefix, t, w.begun, kind)
	w.prefix, w.level, w.naming = "", 0, false
}

// separateLinks sets a link apart from one to elsewhere that ends right before it,
// as the style of the page does: no word is two links. Scripts without spaces need
// none.
func (w *writer) separateLinks() {
	if !w.linked || w.e.href == "" || w.e.href == w.href || w.raisedAt > 0 {
		return
	}
	last, _ := utf8.DecodeLastRune(w.buf)
	w.space = w.space || last < 0x0E00 && (unicode.IsLetter(last) || unicode.IsDigit(last))
}

// endAnchor removes links to a heading itself, or to its source, from the
// heading, as documentation has them.
func (w *writer) endAnchor() {
	w.link, w.linked = false, w.href != "" && len(w.buf) > w.anchor
	if w.level == 0 || w.anchor > len(w.buf) {
		return
	}
	switch strings.TrimSpace(string(w.buf[w.anchor:])) {
	case "#", "¶", "§", "[src]", "[source]", "[edit]":
		w.buf = bytes.TrimRight(w.buf[:w.anchor], " ")
	}
}

// close writes the current block. Its mark is then no longer due.
func (w *writer) close() {
	w.flush()
	w.prefix, w.level, w.naming = "", 0, false
}

// emit writes a line, after a blank line if Markdown wants one.
func (w *writer) emit(prefix, t string, line, kind int) {
	if strings.TrimSpace(t) == "" {
		return
	}
	w.blank(kind, line)
	_, _ = w.out.WriteString(prefix)
	w.out.Line(t, extract.AtLine(line))
}

// blank writes the blank line that Markdown wants before a block. It also
// writes the end of the panels that have ended: a heading without text.
func (w *writer) blank(kind, line int) {
	if w.ended > 0 {
		level := w.ended
		w.ended = 0
		w.emit("", strings.Repeat("#", level), line, paragraph)
	}
	if w.out.Len() > 0 && (kind != item || w.last != item) {
		w.out.Line("", extract.AtLine(line))
	}
	w.last = kind
}

// endPre writes preformatted text as a code block.
func (w *writer) endPre() {
	if !w.pre {
		return
	}
	w.pre = false
	code := string(w.code)
	if strings.TrimSpace(code) == "" {
		return
	}
	fence := extract.Fence(code)
	w.emit("", fence, w.codeLines[0], paragraph)
	for i, t := range strings.Split(strings.TrimRight(code, "\n"), "\n") {
		w.out.Line(t, extract.AtLine(w.codeLines[i]))
	}
	w.out.Line(fence, extract.AtLine(w.line))
}
