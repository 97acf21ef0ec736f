package extract

import "strings"

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
