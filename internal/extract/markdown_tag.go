package extract

import (
	"bytes"
	"html"
	"strings"
)

// ends are what is closed in a text: tags by name with the offset of the last
// end tag, and the names of shortcodes.
type ends struct {
	length int
	tags   map[string]int
	codes  map[string]bool
}

func findEnds(text string) ends {
	e := ends{length: len(text), tags: map[string]int{}, codes: map[string]bool{}}
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '/')
		if n < 0 {
			break
		}
		i += n + 1
		before := strings.TrimRight(text[max(0, i-8):i-1], " ")
		name := text[i : i+nameEnd(text[i:min(len(text), i+maxTagName)])]
		switch {
		case name == "":
		case strings.HasSuffix(text[:i-1], "<"):
			e.tags[name] = i
		case strings.HasSuffix(before, "{{<") || strings.HasSuffix(before, "{{%"):
			e.codes[strings.ToLower(name)] = true
		}
	}
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "{%")
		if !ok {
			return e
		}
		rest = after
		word := strings.TrimLeft(after[:min(len(after), maxTagName)], "- ")
		if name, ok := strings.CutPrefix(word[:nameEnd(word)], "end"); ok {
			e.codes[strings.ToLower(name)] = true
		}
	}
}

// maxTagName is the longest name of a tag that is looked at, and maxTag the
// longest tag, shortcode, link or code in a line, in bytes: what is not closed
// must not be searched to the end of a long line at each mark.
const (
	maxTagName = 64
	maxTag     = 4096
)

// nameEnd returns how many bytes of t are a name.
func nameEnd(t string) int {
	for i := range len(t) {
		c := t[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || strings.IndexByte("-_:.", c) >= 0)) {
			return i
		}
	}
	return len(t)
}

// closes reports whether an end tag of that name follows in the last n bytes.
func (r *rewriter) closes(name string, n int) bool {
	at, ok := r.ends.tags[name]
	return ok && at >= r.ends.length-n
}

// A tag is one of HTML or JSX.
type tag struct {
	name        string
	attributes  map[string]string
	end, single bool // </x>, <x/>
}

// parseTag reads the tag that s begins with, and returns how many bytes it
// takes: 0 where it is none, such as <https://example.org>, or where s ends
// before it does.
func parseTag(s string) (t tag, n int) {
	s = s[:min(len(s), maxTag)]
	i := 1
	if t.end = strings.HasPrefix(s[i:], "/"); t.end {
		i++
	}
	t.name = s[i : i+nameEnd(s[i:])]
	if i += len(t.name); t.name == "" {
		if strings.HasPrefix(s[i:], ">") { // a fragment of JSX
			return t, i + 1
		}
		return t, 0
	}
	t.attributes = map[string]string{}
	for i < len(s) {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case c == '>':
			return t, i + 1
		case c == '/' && strings.HasPrefix(s[i:], "/>"):
			t.single = true
			return t, i + 2
		case !isBlankByte(s[i-1]) && s[i-1] != '"' && s[i-1] != '\'' && s[i-1] != '}':
			return t, 0
		case c == '{':
			if i += braces(s[i:]); s[i-1] != '}' {
				return t, 0
			}
		default:
			size := parseAttribute(s[i:], t.attributes)
			if size == 0 {
				return t, 0
			}
			i += size
		}
	}
	return t, 0
}

func isBlankByte(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// parseAttribute reads an attribute and returns how many bytes it takes.
func parseAttribute(s string, into map[string]string) int {
	i := 0
	for i < len(s) && (isWordByte(s[i]) || i > 0 && strings.IndexByte("-:.", s[i]) >= 0 || i == 0 && strings.IndexByte("@:#", s[i]) >= 0) {
		i++
	}
	name := strings.ToLower(s[:i])
	if i == 0 || i == len(s) || s[i] != '=' {
		into[name] = ""
		return i
	}
	value := s[i+1:]
	size := 0
	switch {
	case value == "" || value[0] == '<':
		return 0
	case value[0] == '"' || value[0] == '\'':
		n := strings.IndexByte(value[1:], value[0])
		if n < 0 || strings.IndexByte(value[1:n+1], '<') >= 0 {
			return 0
		}
		size, value = n+2, value[1:n+1]
	case value[0] == '{':
		if size = braces(value); value[size-1] != '}' {
			return 0
		}
		value = strings.TrimSpace(value[1 : size-1])
		if n := len(value); n > 1 && strings.IndexByte("\"'`", value[0]) >= 0 && value[0] == value[n-1] {
			value = value[1 : n-1]
		}
	default:
		for size < len(value) && strings.IndexByte(" \t\n>\"'`=<", value[size]) < 0 {
			size++
		}
		if value = strings.TrimSuffix(value[:size], "/"); len(value) < size && size > 0 {
			size = len(value)
		}
	}
	into[name] = value
	return i + 1 + size
}

// braces returns how many bytes the braces that s begins with take, all of s
// where they are not closed.
func braces(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// These elements are read as HTML from their tag to their end tag; Markdown may
// stand in all others.
var wholes = set(`table ul ol menu dl pre script style svg iframe video audio template noscript nav form select textarea picture object math title
	h1 h2 h3 h4 h5 h6 canvas head button`)

// inlines are the elements that stand in a line of text.
var inlines = set(`a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark q rp rt ruby s samp small span strike
	strong sub sup time tt u var wbr`)

func isElement(name string) bool {
	return blocks[name] || wholes[name] || inlines[name] || name == "hr" || name == "li" || name == "td" || name == "tr" || name == "th" || name == "dt" || name == "dd"
}

// isTag reports whether t, which stands after before and with so many bytes
// left, is a tag that a reader does not see. What looks like one and is not,
// such as List<String> or <your-name>, stays.
func (r *rewriter) isTag(t tag, before []byte, left int) bool {
	_, closed := r.ends.tags[t.name]
	isUpper := t.name != "" && t.name[0] >= 'A' && t.name[0] <= 'Z'
	atStart := isBlankLine(before)
	switch {
	case t.name == "":
		return atStart
	case isElement(t.name):
		return t.end || closed || t.single || voids[t.name] && inlines[t.name] || t.name == "hr" || atStart && blocks[t.name]
	case isElement(strings.ToLower(t.name)):
		return closed || t.single || t.end || strings.EqualFold(t.name, "br")
	case isUpper:
		isGlued := len(before) > 0 && isWordByte(before[len(before)-1]) && !t.end
		return !isGlued && (closed || t.single)
	}
	return closed && (atStart || t.end) && (t.end || r.closes(t.name, left)) || t.single && atStart && strings.Contains(t.name, "-")
}

// content rewrites a line of text: its tags, shortcodes and links.
func (r *rewriter) content(l string) {
	if strings.IndexAny(l, "<{[&]") < 0 {
		r.write(l)
		return
	}
	s := strings.TrimRight(l, "\r\n")
	c := cursor{rewriter: r, s: s, indent: columns4(s)}
	t := strings.TrimSpace(s)
	c.inline = t != "" && (strings.IndexByte("|#>", t[0]) >= 0 || isItem(t) || r.table.header)
	for c.i < len(c.s) && !c.done {
		if !c.special() {
			c.b = append(c.b, c.s[c.i])
			c.i++
		}
	}
	switch {
	case !c.changed:
		r.write(l)
	case !isBlankLine(c.b):
		r.emit(strings.TrimRight(string(c.b), " \t") + "\n")
	case !c.written:
		r.emit("")
	}
	r.changed = r.changed || c.changed
}

// A cursor goes through one line.
type cursor struct {
	*rewriter
	s       string
	i       int
	b       []byte // what is to be written
	indent  int
	inline  bool // the line is an item, a row or a heading, and has to stay one
	changed bool
	written bool // something of the line was written already
	done    bool
}

// special rewrites what stands at the cursor, and reports whether it did.
func (c *cursor) special() bool {
	rest := c.s[c.i:]
	switch rest[0] {
	case '\\':
		n := min(2, len(rest))
		c.b = append(c.b, rest[:n]...)
		c.i += n
		return true
	case '`':
		n := codeSpan(rest)
		c.b = append(c.b, rest[:n]...)
		c.i += n
		return true
	case '<':
		if strings.HasPrefix(rest, "<!--") {
			return c.leaveOut("<!--", "-->")
		}
		return c.tag(rest)
	case '{':
		switch {
		case strings.HasPrefix(rest, "{/*"):
			return c.leaveOut("{/*", "*/}")
		case strings.HasPrefix(rest, "{' '}") || strings.HasPrefix(rest, `{" "}`):
			return c.replace(5, " ")
		case strings.HasPrefix(rest, "{%"):
			return c.liquid(rest)
		case strings.HasPrefix(rest, "{{<") || strings.HasPrefix(rest, "{{%"):
			return c.hugo(rest)
		}
		return c.attributes(rest)
	case '[':
		return c.wikiLink(rest)
	case '&':
		return c.entity(rest)
	}
	return false
}

// replace puts text in the place of the next n bytes.
func (c *cursor) replace(n int, text string) bool {
	c.i += n
	c.b = append(c.b, text...)
	c.changed = true
	return true
}

// leaveOut leaves out a comment, which may go on over lines.
func (c *cursor) leaveOut(from, to string) bool {
	n := strings.Index(c.s[c.i:], to) // once: without an end the line is done
	if n < 0 {
		c.until, c.drop, c.done = to, true, true
		return c.replace(len(c.s)-c.i, "")
	}
	return c.replace(n+len(to), "")
}

// codeSpan returns how many bytes the code takes that t begins with, or the
// marks alone where it does not end in t.
func codeSpan(t string) int {
	n := len(t) - len(strings.TrimLeft(t, "`"))
	t = t[:min(len(t), max(n, maxTag))]
	for i := n; i < len(t); {
		k := strings.IndexByte(t[i:], '`')
		if k < 0 {
			break
		}
		i += k
		size := len(t[i:]) - len(strings.TrimLeft(t[i:], "`"))
		if i += size; size == n {
			return i
		}
	}
	return n
}

// attributes leaves out attributes behind a link, an image or a span, as in
// "[text](address){.button}" and "[text]{.class}".
func (c *cursor) attributes(rest string) bool {
	if len(c.b) == 0 || strings.IndexByte(")]`*_", c.b[len(c.b)-1]) < 0 {
		return false
	}
	rest = rest[:min(len(rest), maxTag)]
	end := strings.IndexByte(rest, '}')
	inner := strings.TrimLeft(rest[1:max(1, end)], " ")
	if end < 0 || inner == "" || strings.IndexByte(".#:", inner[0]) < 0 && attribute(rest, "width") == "" && attribute(rest, "target") == "" {
		return false
	}
	if n := len(c.b) - 1; c.b[n] == ']' {
		from := max(0, n-maxTag)
		if open := bytes.LastIndexByte(c.b[from:], '['); open >= 0 {
			c.b = append(c.b[:from+open], c.b[from+open+1:n]...)
		}
	}
	return c.replace(end+1, "")
}

// wikiLink writes the text of a link such as [[Page|text]].
func (c *cursor) wikiLink(rest string) bool {
	rest = rest[:min(len(rest), maxTag)]
	end := strings.Index(rest, "]]")
	if !strings.HasPrefix(rest, "[[") || end < 0 || strings.HasPrefix(rest[end:], "]](") {
		return false
	}
	inner := rest[2:end]
	if inner == "" || strings.TrimSpace(inner) != inner || strings.ContainsAny(inner, "[]`") || strings.Trim(inner, "0123456789") == "" {
		return false
	}
	if n := len(c.b); n > 0 && c.b[n-1] == '!' { // embeds another page
		c.b = c.b[:n-1]
		return c.replace(end+2, "")
	}
	if i := strings.LastIndexByte(inner, '|'); i >= 0 {
		inner = strings.TrimRight(inner[i+1:], `\`)
	}
	return c.replace(end+2, inner)
}

// entity writes the character that an entity stands for, unless it would be
// taken for a mark.
func (c *cursor) entity(rest string) bool {
	end := strings.IndexByte(rest[:min(len(rest), 12)], ';')
	if end < 2 {
		return false
	}
	text := html.UnescapeString(rest[:end+1])
	if text == rest[:end+1] || strings.ContainsAny(text, "<>|`*_#[]\\{}~\r\n\x00") {
		return false
	}
	if text == "\u00a0" || text == "\u200b" {
		text = " "
	}
	return c.replace(end+1, text)
}

// space puts a space in the place of the next n bytes, where there is none.
func (c *cursor) space(n int) bool {
	if last := len(c.b) - 1; last < 0 || c.b[last] == ' ' {
		return c.replace(n, "")
	}
	return c.replace(n, " ")
}

// left is how many bytes have not been read, about.
func (c *cursor) left() int { return len(c.rest) + len(c.s) - c.i }

func (c *cursor) isOpenTag(name string) bool {
	for i := range c.open {
		if c.open[i].form == tagged && c.open[i].name == name {
			return true
		}
	}
	return false
}

// isBlankLine reports whether b is white space.
func isBlankLine(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// flush writes what was read of the line so far as a line of its own.
func (c *cursor) flush(end string) {
	if t := strings.TrimRight(string(c.b), " \t"); strings.TrimSpace(t) != "" {
		c.emit(t + end)
		c.written = true
	}
	c.b = c.b[:0]
}

// tag rewrites the tag at the cursor.
func (c *cursor) tag(rest string) bool {
	atStart := !c.inline && isBlankLine(c.b)
	t, n := parseTag(rest)
	if n == 0 && atStart {
		rest = c.join(rest)
		t, n = parseTag(rest)
	}
	if n == 0 || !c.isTag(t, c.b, c.left()) {
		return false
	}
	name := t.name
	if isElement(strings.ToLower(name)) {
		name = strings.ToLower(name)
	}
	c.changed = true
	switch {
	case name == "br":
		c.i += n
		if c.inline || c.list {
			return c.replace(0, " ")
		}
		c.flush("  ")
	case name == "sup":
		return c.superscript(t, n)
	case inlines[name]:
		return c.replace(n, "")
	case c.inline:
		return c.space(n)
	case t.end && !isElement(name) && !c.isOpenTag(t.name):
		return c.replace(n, "")
	case t.end:
		c.i += n
		c.flush("")
		c.closeNamed(tagged, t.name)
	case name == "hr":
		c.i += n
		c.flush("")
		c.emit("***")
		c.written = true
	case t.single || name == "" || !atStart && !isElement(name):
		return c.replace(n, "")
	case wholes[name] || isHiddenTag(t) || name == "summary":
		c.flush("")
		c.whole(t, name)
	case c.closes(t.name, c.left()):
		c.flush("")
		c.i += n
		c.component(t)
	default:
		c.flush("")
		c.i += n
	}
	return true
}

// join adds the lines to the current one over which a tag goes on.
func (c *cursor) join(rest string) string {
	const most = 30
	name := rest[1 : 1+nameEnd(rest[1:])]
	if name == "" || !isElement(name) && (name[0] < 'A' || name[0] > 'Z') {
		return rest
	}
	joined, following := c.s, c.rest
	for range most {
		l := peekLine(following)
		if strings.TrimSpace(l) == "" || len(joined) > 4096 {
			return rest
		}
		following = following[len(l):]
		joined += " " + strings.TrimSpace(l)
		if strings.IndexByte(l, '>') < 0 {
			continue
		}
		if _, n := parseTag(joined[c.i:]); n > 0 {
			c.line += strings.Count(c.rest[:len(c.rest)-len(following)], "\n")
			c.rest, c.s = following, joined
			return c.s[c.i:]
		}
	}
	return rest
}

// superscript keeps the distance of what is set high: 10<sup>6</sup> is not
// 106. The mark of a footnote, which is a link, is left out.
func (c *cursor) superscript(t tag, n int) bool {
	if t.end {
		return c.replace(n, "")
	}
	after := c.s[c.i+n : min(len(c.s), c.i+n+maxTag)]
	inner, _, ok := strings.Cut(after, "</sup>")
	if ok && strings.Contains(inner, "<a ") || strings.HasPrefix(inner, "[") {
		return c.replace(n+min(len(after), len(inner)+len("</sup>")), "")
	}
	if len(c.b) > 0 && isWordByte(c.b[len(c.b)-1]) {
		return c.replace(n, "^")
	}
	return c.replace(n, "")
}

func isHiddenTag(t tag) bool {
	if _, hidden := t.attributes["hidden"]; hidden || t.attributes["aria-hidden"] == "true" || t.attributes["role"] == "navigation" {
		return true
	}
	style := strings.ReplaceAll(strings.ToLower(t.attributes["style"]), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// whole reads the element at the cursor as HTML, up to its end tag.
func (c *cursor) whole(t tag, name string) {
	first := c.line
	text := c.element(t.name)
	last := c.line
	c.written = true
	if isHiddenTag(t) {
		return
	}
	e, _ := page{}.Extract([]byte(text)) // which takes any bytes
	if name == "summary" {
		c.summary(e.Text)
		return
	}
	c.emit("")
	for i, l := range strings.Split(strings.TrimSuffix(e.Text, "\n"), "\n") {
		c.line = first
		if i < len(e.Lines) {
			c.line = min(first+e.Lines[i]-1, last)
		}
		c.emitHTML(l)
	}
	c.line = last
	c.emit("")
}

// element takes the element at the cursor, which may go on over lines. One that
// is not closed ends with its paragraph.
func (c *cursor) element(name string) string {
	closed := c.closes(name, c.left())
	depth := 0
	at := balance(c.s[c.i:], name, &depth)
	if at >= 0 {
		c.i += at
		return c.s[c.i-at : c.i]
	}
	var b strings.Builder
	b.WriteString(c.s[c.i:])
	b.WriteByte('\n')
	c.s, c.i = "", 0
	for c.rest != "" && (closed || !isBlankStart(c.rest)) {
		l := c.next()
		if at = balance(l, name, &depth); at >= 0 {
			b.WriteString(l[:at])
			c.s = strings.TrimRight(l[at:], "\r\n")
			break
		}
		b.WriteString(l)
	}
	return b.String()
}

// isBlankStart reports whether the first line of t is blank.
func isBlankStart(t string) bool {
	for i := range len(t) {
		switch t[i] {
		case '\n':
			return true
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return true
}

// emitHTML writes a line that page made, whose headings are kept below the
// section that it stands in.
func (c *cursor) emitHTML(l string) {
	if strings.HasPrefix(l, "#") && c.heading(l+"\n", l) {
		return
	}
	c.changed = true
	c.rewriter.changed = true
	c.write(l)
}

// balance goes on with counting the tags of that name in t, and returns where
// the end tag ends that closes the first of them, or -1.
func balance(t, name string, depth *int) int {
	for i := 0; ; {
		n := strings.IndexByte(t[i:], '<')
		if n < 0 {
			return -1
		}
		i += n + 1
		isEnd := strings.HasPrefix(t[i:], "/")
		if isEnd {
			i++
		}
		if nameEnd(t[i:min(len(t), i+maxTagName)]) != len(name) || !strings.EqualFold(t[i:i+len(name)], name) {
			continue
		}
		if !isEnd {
			*depth++
			continue
		}
		if *depth--; *depth <= 0 {
			end := strings.IndexByte(t[i:], '>')
			if end < 0 {
				return len(t)
			}
			return i + end + 1
		}
	}
}

// summary names the details that are open.
func (c *cursor) summary(text string) {
	title := strings.Join(strings.Fields(strings.TrimLeft(text, "#")), " ")
	n := len(c.open)
	if n > 0 && c.open[n-1].name == "details" && c.open[n-1].level == 0 {
		d := c.open[n-1]
		c.open = c.open[:n-1]
		c.begin(d, "", title)
		return
	}
	c.emit(title)
}

// named are what the components are called whose title a reader sees above what
// they hold, callouts those of them that are callouts.
var (
	named    = strings.Fields("tab accordion collaps details expand step card panel callout admonition alert aside hint notice note warning tip caution danger info spoiler")
	callouts = strings.Fields("callout admonition alert aside hint notice")
)

func oneOf(name string, words []string) bool {
	name = strings.ToLower(name)
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// component opens an element that holds more of the text.
func (c *cursor) component(t tag) {
	d := container{form: tagged, name: t.name, indent: c.indent, inner: -1}
	kind, title := "", ""
	if !isElement(strings.ToLower(t.name)) && oneOf(t.name, named) {
		title = first(t.attributes, "label", "title", "header", "heading", "summary", "tab")
		kind = t.name
		if oneOf(t.name, callouts) {
			kind = first(t.attributes, "type", "kind", "variant", "intent", "severity", "status", "color")
		}
		kind, title = c.tabName(d.name, kind, title, t.attributes)
	}
	d.names = quotedStrings(t.attributes["items"])
	c.begin(d, kind, title)
	c.written = true
}

// tabName finds the name of a tab without one: its value, or the next of the
// names that the tabs around it have.
func (r *rewriter) tabName(name, kind, title string, attributes map[string]string) (string, string) {
	if !strings.Contains(strings.ToLower(name), "tab") || title != "" {
		return kind, title
	}
	if isTabs(name) {
		return "", ""
	}
	if n := len(r.open); n > 0 && len(r.open[n-1].names) > 0 {
		title = r.open[n-1].names[0]
		r.open[n-1].names = r.open[n-1].names[1:]
		return kind, title
	}
	return kind, first(attributes, "value", "name")
}

func first(attributes map[string]string, names ...string) string {
	for _, n := range names {
		if v := attributes[n]; v != "" && !strings.ContainsAny(v, "<>{}") {
			return v
		}
	}
	return ""
}

// quotedStrings returns the strings in a list of JSX: ['a', "b"].
func quotedStrings(t string) (all []string) {
	for len(all) < maxOpen {
		i := strings.IndexAny(t, `'"`)
		if i < 0 {
			return all
		}
		value, rest, ok := strings.Cut(t[i+1:], t[i:i+1])
		if !ok {
			return all
		}
		all, t = append(all, value), rest
	}
	return all
}
