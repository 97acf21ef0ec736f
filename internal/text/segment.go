// Package text cuts a document into passages and sentences, and sentences into
// words. It is pure and changes no byte: it returns offsets into the text.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac"
	"multivac/internal/frontmatter"
)

// Version is the version of Segment. A change has to increase it if, for any
// text, Segment then returns other passages or sentences, or another kind,
// heading or lead. Stores keep the version with the passages. Documents with an
// older one are outdated and are refreshed in the background. A change that
// only makes Segment faster keeps the version, and so does a change of words
// and stems: they are not stored, but made when the index is built at each
// start.
//
//  1. the first
//  2. a sentence may have 600 characters, not bytes
//  3. a sentence that announces something stands in one passage with it, and a
//     question with its answer; front matter is context; tables have header
//     rows; more abbreviations end no sentence
const Version = 3

// Lengths of passages, in words, roughly. Paragraphs are joined until a passage
// has shortPassage words, and paragraphs of more than longPassage are split.
const (
	shortPassage = 60
	longPassage  = 200
)

// wholeItem is the length of the longest list item, in bytes, that stays one
// sentence even if it holds several: a step and its warning are one answer.
const wholeItem = 300

// maxHeading is the length of the longest heading in a path, in bytes.
const maxHeading = 200

// Segment cuts s, which is Markdown or plain text, into passages in the order
// of the text. It accepts any bytes and takes time linear in them.
//
// A passage stands under one heading and holds one kind of thing: sentences,
// list items, table rows or lines of code. A sentence that announces a list,
// table or code block is the first sentence of its passage. Segment leaves out
// HTML comments, link definitions, lines that are only tags and images, and
// sentences without a letter or digit. Front matter is not cut: what it says
// becomes the outermost heading of every passage.
func Segment(s string) []multivac.Passage {
	g := segmenter{s: s, spans: make([]multivac.Span, 0, len(s)/100+2)}
	g.blocks()
	g.flush()
	if len(g.passages) == 0 {
		for _, h := range g.headings {
			g.add(multivac.Prose, h)
		}
		g.path = g.context
		g.flush()
	}
	for i := range g.passages {
		p := &g.passages[i]
		end := len(g.spans)
		if i+1 < len(g.firsts) {
			end = g.firsts[i+1]
		}
		p.Sentences = g.spans[g.firsts[i]:end:end]
		p.Start, p.End = p.Sentences[0].Start, p.Sentences[len(p.Sentences)-1].End
		p.Text = s[p.Start:p.End]
	}
	return g.passages
}

// A segmenter reads a text once, line by line.
type segmenter struct {
	s        string
	passages []multivac.Passage // Segment sets their text and sentences at the end
	firsts   []int              // index in spans of the first sentence of each passage
	spans    []multivac.Span    // the sentences of all passages, in one array

	context  string          // from the front matter
	stack    [6]string       // the current heading of each level
	path     string          // context and stack, joined
	headings []multivac.Span // all headings: the sentences of a text that has no others

	// The open passage.
	kind   multivac.Kind
	lead   string
	first  int // index in spans of its first sentence
	weight int // its words, roughly

	// The open paragraph or list item.
	open    bool
	item    bool
	defined bool // it is a term and its definition
	start   int
	end     int
	rows    int // its lines

	inTags   bool // true after a line of tags, until a blank line
	inList   bool
	listLead string
	before   multivac.Span // the latest sentence, which may introduce the next block
	quote    int           // level of block quotation of the previous line
}

// A line is one line of the text without its line end and the ">" of block
// quotations.
type line struct {
	start, end int // without white space at both ends
	indent     int // in columns
	quote      int // level of block quotation
	next       int // where the next line begins
}

// line reads the line at pos. It removes at most so many marks of block
// quotation.
func (g *segmenter) line(pos, quotes int) line {
	l := line{start: pos, end: len(g.s), next: len(g.s)}
	if i := strings.IndexByte(g.s[pos:], '\n'); i >= 0 {
		l.end, l.next = pos+i, pos+i+1
	}
	for {
		l.indent = 0
	indentation:
		for ; l.start < l.end; l.start++ {
			switch g.s[l.start] {
			case ' ':
				l.indent++
			case '\t':
				l.indent += 4 - l.indent%4
			case '\r', '\v', '\f':
			default:
				break indentation
			}
		}
		if l.quote == quotes || l.start == l.end || l.indent > 3 || g.s[l.start] != '>' {
			break
		}
		l.quote++
		l.start++
		if l.start < l.end && g.s[l.start] == ' ' {
			l.start++
		}
	}
	for l.end > l.start && isBlank(g.s[l.end-1]) {
		l.end--
	}
	return l
}

// maxQuote is the deepest level of block quotation.
const maxQuote = 16

func (g *segmenter) blocks() {
	matter, pos := frontmatter.Split(g.s)
	g.context, g.path = matter.Context, matter.Context
	if pos == 0 {
		pos = len(g.s) - len(strings.TrimPrefix(g.s, "\ufeff"))
	}
	blank := true // whether the previous line is blank or there is none
	for pos < len(g.s) {
		l := g.line(pos, maxQuote)
		if l.quote != g.quote {
			g.closeParagraph()
			g.quote = l.quote
		}
		if l.start == l.end {
			if !g.awaitsDefinition(l.next) {
				g.closeParagraph()
			}
			blank = true
			pos = l.next
			continue
		}
		pos = g.block(l, blank)
		blank = false
	}
	g.closeParagraph()
}

// block reads the block that begins with l, or adds l to the open paragraph. It
// returns where the next line begins.
func (g *segmenter) block(l line, blank bool) int {
	t := g.s[l.start:l.end]
	flat := l.indent < 4 || g.inList
	if g.open && !g.item && g.rows <= 2 && flat {
		if level := underline(t, utf8.RuneCountInString(g.s[g.start:g.end])); level > 0 {
			h := multivac.Span{Start: g.start, End: g.end}
			g.open, g.defined = false, false
			g.heading(level, h)
			return l.next
		}
	}
	switch c := t[0]; {
	case (c == '`' || c == '~') && flat && fence(t) > 0:
		return g.fenced(l)
	case c == '#' && l.indent < 4:
		if level, from, to := atx(t); level > 0 {
			g.closeParagraph()
			g.heading(level, multivac.Span{Start: l.start + from, End: l.start + to})
			return l.next
		}
	case c == '<' && strings.HasPrefix(t, "<!--"):
		g.interrupt()
		if i := strings.Index(g.s[l.start:], "-->"); i >= 0 {
			return l.start + i + len("-->")
		}
		return len(g.s)
	case (c == '-' || c == '*' || c == '_' || c == '=') && isRule(t):
		g.interrupt()
		g.inList = false
		return l.next
	}
	if g.isTable(l) {
		return g.table(l)
	}
	if n, number := marker(t); n > 0 && (number <= 1 || !g.open || g.inList) {
		g.listItem(l, n)
		return l.next
	}
	if blank {
		g.inTags = false
	}
	if !g.open && !flat && !g.inTags {
		return g.indented(l)
	}
	if isFurniture(t) && (t[0] != '[' || !g.open) {
		g.interrupt()
		g.inTags = t[0] == '<'
		return l.next
	}
	if g.defined && isDefinition(g.following(l)) {
		g.closeParagraph()
	}
	g.paragraph(l, blank)
	g.defined = g.open && g.rows > 1 && (g.defined || isDefinition(t))
	return l.next
}

// isDefinition reports whether t defines the term on the line above: ": text".
func isDefinition(t string) bool { return len(t) > 2 && t[0] == ':' && isBlank(t[1]) }

// awaitsDefinition reports whether the open paragraph is a term whose
// definition begins at pos, after a blank line.
func (g *segmenter) awaitsDefinition(pos int) bool {
	if !g.open || g.item || g.rows > 1 || pos >= len(g.s) {
		return false
	}
	l := g.line(pos, maxQuote)
	return l.quote == g.quote && l.indent < 4 && isDefinition(g.s[l.start:l.end])
}

// following returns the line after l, or "" after the last line.
func (g *segmenter) following(l line) string {
	if l.next >= len(g.s) {
		return ""
	}
	k := g.line(l.next, maxQuote)
	return g.s[k.start:k.end]
}

// paragraph adds l to the open paragraph or list item, or opens one.
func (g *segmenter) paragraph(l line, blank bool) {
	if g.open {
		g.end = l.end
		g.rows++
		return
	}
	if g.inList && blank && l.indent < 2 {
		g.inList = false
	}
	start := l.start
	if n := footnote(g.s[l.start:l.end]); n < l.end-l.start {
		start += n
	}
	g.open, g.item = true, g.inList
	g.start, g.end, g.rows = start, l.end, 1
}

// closeParagraph cuts the open paragraph or list item into sentences, if there
// is one.
func (g *segmenter) closeParagraph() {
	if !g.open {
		return
	}
	g.open, g.defined = false, false
	n := len(g.spans)
	switch {
	case !g.item:
		g.prose(g.start, g.end)
	case g.end-g.start <= wholeItem:
		g.add(multivac.List, multivac.Span{Start: g.start, End: g.end})
	default:
		g.begin(multivac.List, g.listLead)
		from := len(g.spans)
		g.sentences(g.start, g.end)
		g.spread(from)
	}
	if len(g.spans) > n {
		g.before = g.spans[len(g.spans)-1]
	}
}

// prose adds a paragraph to the open passage if both are short. Otherwise it
// makes one or several passages of the paragraph.
func (g *segmenter) prose(start, end int) {
	if g.kind != multivac.Prose {
		g.begin(multivac.Prose, "")
	}
	from := len(g.spans)
	g.sentences(start, end)
	w := g.wordsFrom(from)
	if w == 0 {
		return
	}
	if g.weight >= shortPassage || g.weight+w > longPassage {
		g.flushBefore(from)
	}
	parts := (w + longPassage*3/4 - 1) / longPassage // up to a quarter more than longPassage is no reason to split
	size, sum := w, 0
	if parts > 1 {
		size = (w + parts - 1) / parts
	}
	limit := size
	for i := from; i < len(g.spans); i++ {
		w := g.words(g.spans[i])
		if sum > 0 && sum+w/2 > limit {
			g.flushBefore(i)
			limit += size
		}
		sum += w
		g.weight += w
	}
}

// spread distributes the sentences spans[from:] over passages of the open kind,
// so that none of them is too long.
func (g *segmenter) spread(from int) {
	for i := from; i < len(g.spans); i++ {
		w := g.words(g.spans[i])
		if g.weight > 0 && g.weight+w > longPassage {
			g.flushBefore(i)
		}
		g.weight += w
	}
}

// wordsFrom counts the words of the sentences spans[i:].
func (g *segmenter) wordsFrom(i int) (n int) {
	for _, s := range g.spans[i:] {
		n += g.words(s)
	}
	return n
}

// words counts the words of a span, roughly. In scripts without spaces between
// words, 12 bytes count as one word.
func (g *segmenter) words(s multivac.Span) int {
	n, inWord := 0, false
	for i := s.Start; i < s.End; i++ {
		if isBlank(g.s[i]) {
			inWord = false
		} else if !inWord {
			n++
			inWord = true
		}
	}
	return max(n, (s.End-s.Start)/12)
}

// begin opens a passage, unless one of this kind and lead is open.
func (g *segmenter) begin(kind multivac.Kind, lead string) {
	if g.kind == kind && g.lead == lead {
		return
	}
	g.flush()
	g.kind, g.lead = kind, lead
}

// add adds a sentence to the open passage of the kind. It trims the sentence
// and cuts it if it is too long.
func (g *segmenter) add(kind multivac.Kind, s multivac.Span) {
	if kind == multivac.List {
		g.begin(kind, g.listLead)
	} else if g.kind != kind {
		g.begin(kind, "")
	}
	from := len(g.spans)
	g.sentence(s.Start, s.End)
	g.spread(from)
}

func (g *segmenter) flush() { g.flushTo(len(g.spans)) }

// flushTo ends the open passage before the sentence spans[end] and opens
// another one of the same kind.
func (g *segmenter) flushTo(end int) {
	if end > g.first {
		g.firsts = append(g.firsts, g.first)
		g.passages = append(g.passages, multivac.Passage{
			Number: len(g.passages), Kind: g.kind, Heading: g.path, Lead: g.lead,
		})
	}
	g.first, g.weight = end, 0
}

// interrupt ends the open paragraph and passage before text that is left out,
// so that no passage spans it.
func (g *segmenter) interrupt() {
	g.closeParagraph()
	g.flush()
	g.before = multivac.Span{}
}

func (g *segmenter) heading(level int, h multivac.Span) {
	g.interrupt()
	g.inList = false
	g.headings = append(g.headings, h)
	t := oneLine(strings.TrimSpace(g.s[h.Start:h.End]))
	if i := strings.LastIndex(t, "{#"); i > 0 && strings.HasSuffix(t, "}") {
		t = strings.TrimSpace(t[:i])
	}
	g.stack[level-1] = multivac.Clip(t, maxHeading)
	clear(g.stack[level:])
	g.path = g.context
	for _, t := range g.stack[:level] {
		if t == "" {
			continue
		}
		if g.path != "" {
			g.path += multivac.HeadingSeparator
		}
		g.path += t
	}
}

func oneLine(t string) string {
	if strings.IndexByte(t, '\n') < 0 {
		return t
	}
	return strings.Join(strings.Fields(t), " ")
}

func (g *segmenter) listItem(l line, n int) {
	g.closeParagraph()
	if !g.inList {
		g.inList, g.listLead = true, g.introduced(multivac.List)
		g.lead = g.listLead
	}
	start := l.start + n
	if t := g.s[start:l.end]; len(t) > 3 && t[0] == '[' && strings.IndexByte(" xX", t[1]) >= 0 && t[2] == ']' && isBlank(t[3]) {
		start += 4
	}
	g.open, g.item = true, true
	g.start, g.end, g.rows = start, max(start, l.end), 1
}

// fenced reads the code block that l opens.
func (g *segmenter) fenced(l line) int {
	g.closeParagraph()
	g.lead = g.introduced(multivac.Code)
	c, n := g.s[l.start], fence(g.s[l.start:l.end])
	pos := l.next
	for pos < len(g.s) {
		k := g.line(pos, l.quote)
		if k.quote < l.quote {
			break
		}
		pos = k.next
		t := g.s[k.start:k.end]
		if k.indent < 4+l.indent && len(t) >= n && strings.Trim(t, string(c)) == "" {
			break
		}
		g.add(multivac.Code, multivac.Span{Start: k.start, End: k.end})
	}
	g.flush()
	g.kind = ""
	g.before = multivac.Span{}
	return pos
}

// indented reads the indented lines up to a blank one. They are code, or a
// paragraph if they read like one, as in plain text.
func (g *segmenter) indented(l line) int {
	end, rows, pos := l.end, 1, l.next
	for pos < len(g.s) {
		k := g.line(pos, maxQuote)
		if k.start == k.end || k.indent < 4 || k.quote != l.quote {
			break
		}
		end, pos = k.end, k.next
		rows++
	}
	if isProse(g.s[l.start:end]) {
		g.open, g.item = true, false
		g.start, g.end, g.rows = l.start, end, rows
		return pos
	}
	if g.kind != multivac.Code {
		g.lead = g.introduced(multivac.Code)
	}
	for p := l.start; p < pos; {
		k := g.line(p, maxQuote)
		g.add(multivac.Code, multivac.Span{Start: k.start, End: k.end})
		p = k.next
	}
	g.before = multivac.Span{}
	return pos
}

// isTable reports whether a table begins with l: l is a row between bars, or a
// header above a row of dashes.
func (g *segmenter) isTable(l line) bool {
	t := g.s[l.start:l.end]
	if strings.IndexByte(t, '|') < 0 {
		return false
	}
	if t[0] == '|' && len(t) > 2 && t[len(t)-1] == '|' {
		return true
	}
	if l.next >= len(g.s) {
		return false
	}
	k := g.line(l.next, maxQuote)
	return k.quote == l.quote && isDelimiter(g.s[k.start:k.end])
}

// table reads the table that begins with l.
func (g *segmenter) table(l line) int {
	g.closeParagraph()
	lead, pos := g.header(l)
	g.introduced(multivac.Table)
	g.lead = multivac.Clip(lead, multivac.MaxSentence)
	for pos < len(g.s) {
		k := g.line(pos, maxQuote)
		t := g.s[k.start:k.end]
		if k.quote != l.quote || strings.IndexByte(t, '|') < 0 || t[0] == '#' || fence(t) > 0 {
			break
		}
		pos = k.next
		if !isDelimiter(t) {
			from, to := row(g.s, k.start, k.end)
			g.add(multivac.Table, multivac.Span{Start: from, End: to})
		}
	}
	g.flush()
	g.kind = ""
	g.before = multivac.Span{}
	return pos
}

// maxHeader is the largest number of header rows of a table.
const maxHeader = 4

// header returns the header of the table that begins with l, and where its
// first row of data begins. It joins several header rows by column.
func (g *segmenter) header(l line) (lead string, pos int) {
	var rows []multivac.Span
	for k := l; len(rows) < maxHeader; k = g.line(k.next, maxQuote) {
		t := g.s[k.start:k.end]
		if k.quote != l.quote || strings.IndexByte(t, '|') < 0 {
			break
		}
		if isDelimiter(t) {
			if len(rows) == 0 {
				break
			}
			return g.joined(rows), k.next
		}
		from, to := row(g.s, k.start, k.end)
		rows = append(rows, multivac.Span{Start: from, End: to})
		if k.next >= len(g.s) {
			break
		}
	}
	return "", l.start
}

// joined joins header rows by column. An empty cell belongs to the cell on its
// left:
//
//	| Price |      |
//	| Basic | Team |   becomes  Price Basic | Price Team
func (g *segmenter) joined(rows []multivac.Span) string {
	if len(rows) == 1 {
		return g.s[rows[0].Start:rows[0].End]
	}
	var columns []string
	for n, r := range rows {
		over := "" // the nearest cell on the left that is not empty
		for i, c := range cells(g.s[r.Start:r.End]) {
			if i == len(columns) {
				columns = append(columns, "")
			}
			if c != "" || n == len(rows)-1 {
				over = c
			}
			if over != "" && over != columns[i] {
				columns[i] = strings.TrimSpace(columns[i] + " " + over)
			}
		}
	}
	return strings.Join(columns, " | ")
}

// cells returns the cells of a table row that has no bars around it.
func cells(row string) []string {
	var all []string
	from := 0
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			all = append(all, strings.TrimSpace(row[from:i]))
			from = i + 1
		}
	}
	return append(all, strings.TrimSpace(row[from:]))
}

// row returns the span of a table row without the bars around it.
func row(s string, start, end int) (int, int) {
	if start < end && s[start] == '|' {
		start++
	}
	if start < end && s[end-1] == '|' && s[end-2] != '\\' {
		end--
	}
	return trim(s, start, end)
}

// fence returns how many marks of a code fence t begins with, or 0.
func fence(t string) int {
	n := 0
	for n < len(t) && t[n] == t[0] {
		n++
	}
	if n < 3 || t[0] != '`' && t[0] != '~' || t[0] == '`' && strings.IndexByte(t[n:], '`') >= 0 {
		return 0
	}
	return n
}

// atx returns the level of the heading t and the span of its text, or level 0
// if t is no heading.
func atx(t string) (level, from, to int) {
	for level < len(t) && t[level] == '#' {
		level++
	}
	if level > 6 || level < len(t) && !isBlank(t[level]) {
		return 0, 0, 0
	}
	from, to = level, len(t)
	for from < to && isBlank(t[from]) {
		from++
	}
	end := to
	for end > from && t[end-1] == '#' {
		end--
	}
	if end == from || isBlank(t[end-1]) {
		for end > from && isBlank(t[end-1]) {
			end--
		}
		to = end
	}
	return level, from, to
}

// underline returns the level of the heading that t underlines, or 0. Besides
// the two underlines of Markdown it knows those of reStructuredText, which are
// as long as the heading. length is that of the heading, in characters.
func underline(t string, length int) int {
	if len(t) < 2 || strings.Trim(t, t[:1]) != "" {
		return 0
	}
	switch c := t[0]; {
	case c == '=':
		return 1
	case c == '-':
		return 2
	case strings.IndexByte("~^\"*+", c) >= 0 && len(t) >= 4 && len(t) >= length-1 && len(t) <= length+3:
		return 3
	}
	return 0
}

// isRule reports whether t is a horizontal rule.
func isRule(t string) bool {
	n := 0
	for i := range len(t) {
		switch {
		case t[i] == t[0]:
			n++
		case !isBlank(t[i]):
			return false
		}
	}
	return n >= 3
}

// bullets mark list items, besides those of Markdown.
var bullets = []string{"•", "◦", "‣", "▪", "●", "○", "–"}

// marker returns how many bytes of t mark it as a list item, or 0, and the
// number of a numbered item.
func marker(t string) (n, number int) {
	switch c := t[0]; {
	case c == '-' || c == '*' || c == '+':
		n = 1
	case c >= '0' && c <= '9':
		for n < len(t) && n < 9 && t[n] >= '0' && t[n] <= '9' {
			number = number*10 + int(t[n]-'0')
			n++
		}
		if n == len(t) || t[n] != '.' && t[n] != ')' {
			return 0, 0
		}
		n++
	case c == 0xE2:
		for _, b := range bullets {
			if strings.HasPrefix(t, b) {
				n = len(b)
			}
		}
		if n == 0 {
			return 0, 0
		}
	default:
		return 0, 0
	}
	if n < len(t) && !isBlank(t[n]) {
		return 0, 0
	}
	for n < len(t) && isBlank(t[n]) {
		n++
	}
	return n, number
}

// isDelimiter reports whether t is the row of dashes under the header of a
// table.
func isDelimiter(t string) bool {
	bars, dashes := 0, 0
	for i := range len(t) {
		switch t[i] {
		case '|':
			bars++
		case '-':
			dashes++
		case ' ', '\t', ':':
		default:
			return false
		}
	}
	return bars > 0 && dashes > 0
}

// isFurniture reports whether t is a line without text: tags, images, a link
// definition or the mark of an alert.
func isFurniture(t string) bool {
	switch {
	case t[0] == '<' || strings.HasPrefix(t, "![") || strings.HasPrefix(t, "[!"):
		return onlyMarkup(t)
	case t[0] == '[' && !strings.HasPrefix(t, "[^"):
		i := strings.Index(t, "]: ")
		return i > 0 && strings.IndexByte(t[:i], ']') < 0
	}
	return false
}

// onlyMarkup reports whether t is only tags and images.
func onlyMarkup(t string) bool {
	for i := 0; i < len(t); {
		var end string
		switch {
		case t[i] == '<':
			end = ">"
		case strings.HasPrefix(t[i:], "[![") || strings.HasPrefix(t[i:], "!["):
			end = ")"
		case t[i] == '[' && strings.HasPrefix(t[i:], "[!"):
			end = "]"
		case t[i] == ']' && i+1 < len(t) && t[i+1] == '(':
			end = ")"
		case isBlank(t[i]) || t[i] == '|' || t[i] == '&':
			i++
			continue
		default:
			return false
		}
		n := strings.Index(t[i:], end)
		if n < 0 {
			return false
		}
		i += n + 1
	}
	return true
}

// footnote returns how many bytes of t mark it as a footnote, or 0.
func footnote(t string) int {
	if !strings.HasPrefix(t, "[^") {
		return 0
	}
	i := strings.Index(t, "]:")
	if i < 0 || strings.IndexByte(t[:i], ' ') >= 0 {
		return 0
	}
	return i + 2
}

// isProse reports whether the indented text t reads like sentences: it has many
// words, and few characters that are not letters.
func isProse(t string) bool {
	letters, marks, words, inWord := 0, 0, 0, false
	for _, r := range t {
		switch {
		case unicode.IsSpace(r):
			inWord = false
			continue
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letters++
		case !strings.ContainsRune(".,;:'’\"”“()-–—!?", r):
			marks++
		}
		if !inWord {
			words++
			inWord = true
		}
	}
	return words >= 6 && marks*12 < letters && letters > 3*words
}

// isBlank reports whether b is ASCII white space.
func isBlank(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
