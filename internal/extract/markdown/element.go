package markdown

import (
	"strings"

	"multivac/internal/extract/html"
	"multivac/internal/extract/light"
	"multivac/internal/place"
)

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
		if c.inline || c.List {
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
		c.CloseNamed(light.Tagged, t.name)
	case name == "hr":
		c.i += n
		c.flush("")
		c.Emit("***")
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

// join joins a tag over several lines into the current line.
func (c *cursor) join(rest string) string {
	const most = 30
	name := rest[1 : 1+nameEnd(rest[1:])]
	if name == "" || !isElement(name) && (name[0] < 'A' || name[0] > 'Z') {
		return rest
	}
	joined, following := c.s, c.Rest
	for range most {
		l := light.PeekLine(following)
		if strings.TrimSpace(l) == "" || len(joined) > 4096 {
			return rest
		}
		following = following[len(l):]
		joined += " " + strings.TrimSpace(l)
		if strings.IndexByte(l, '>') < 0 {
			continue
		}
		if _, n := parseTag(joined[c.i:]); n > 0 {
			c.Line += strings.Count(c.Rest[:len(c.Rest)-len(following)], "\n")
			c.Rest, c.s = following, joined
			return c.s[c.i:]
		}
	}
	return rest
}

// superscript separates raised text from the text before it: 10<sup>6</sup>
// becomes 10^6, not 106. The mark of a footnote, which is a link, is left out.
func (c *cursor) superscript(t tag, n int) bool {
	if t.end {
		return c.replace(n, "")
	}
	after := c.s[c.i+n : min(len(c.s), c.i+n+light.MaxTag)]
	inner, _, ok := strings.Cut(after, "</sup>")
	if ok && strings.Contains(inner, "<a ") || strings.HasPrefix(inner, "[") {
		return c.replace(n+min(len(after), len(inner)+len("</sup>")), "")
	}
	if len(c.b) > 0 && light.IsWordByte(c.b[len(c.b)-1]) {
		return c.replace(n, "^")
	}
	return c.replace(n, "")
}

func isHiddenTag(t tag) bool {
	silent := t.attributes["aria-hidden"] == "true" && t.name != "figcaption" // which is seen
	if _, hidden := t.attributes["hidden"]; hidden || silent || t.attributes["role"] == "navigation" {
		return true
	}
	style := strings.ReplaceAll(strings.ToLower(t.attributes["style"]), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
}

// whole reads the element at the cursor as HTML, up to its end tag.
func (c *cursor) whole(t tag, name string) {
	first := c.Line
	text := c.element(t.name)
	last := c.Line
	c.written = true
	if isHiddenTag(t) {
		return
	}
	e, err := html.Read(c.Out.Context(), []byte(text), c.Limits)
	c.Out.Fail(err)
	if name == "summary" {
		c.summary(e.Text)
		return
	}
	c.Emit("")
	places := place.Read(e.Places, e.Text)
	offset := 0
	for _, l := range strings.Split(strings.TrimSuffix(e.Text, "\n"), "\n") {
		c.Line = first
		if at := places.At(offset); at.Line > 0 {
			c.Line = min(first+at.Line-1, last)
		}
		c.emitHTML(l)
		offset += len(l) + 1
	}
	c.Line = last
	c.Emit("")
}

// element reads the element at the cursor, which may span several lines. An
// unclosed element ends with its paragraph.
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
	for c.Rest != "" && (closed || !light.IsBlankStart(c.Rest)) {
		l := c.Next()
		if at = balance(l, name, &depth); at >= 0 {
			b.WriteString(l[:at])
			c.s = strings.TrimRight(l[at:], "\r\n")
			break
		}
		b.WriteString(l)
	}
	return b.String()
}

// emitHTML writes a line of text made from HTML. Its headings stay below the
// current section.
func (c *cursor) emitHTML(l string) {
	if strings.HasPrefix(l, "#") && c.heading(l+"\n", l) {
		return
	}
	c.changed = true
	c.rewriter.Changed = true
	c.Write(l)
}

// balance continues to count the tags of that name in t. It returns the end of
// the tag that closes the first of them, or -1.
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

// summary names the open details.
func (c *cursor) summary(text string) {
	title := strings.Join(strings.Fields(strings.TrimLeft(text, "#")), " ")
	n := len(c.Open)
	if n > 0 && c.Open[n-1].Name == "details" && c.Open[n-1].Level == 0 {
		d := c.Open[n-1]
		c.Open = c.Open[:n-1]
		c.Begin(d, "", title)
		return
	}
	c.Emit(title)
}

// named are parts of the names of components with a title above their content.
// callouts are those among them that are callouts.
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

// component opens an element with more of the text in it.
func (c *cursor) component(t tag) {
	d := light.Container{Form: light.Tagged, Name: t.name, Indent: c.indent, Inner: -1}
	kind, title := "", ""
	if !isElement(strings.ToLower(t.name)) && oneOf(t.name, named) {
		title = first(t.attributes, "label", "title", "header", "heading", "summary", "tab")
		kind = t.name
		if oneOf(t.name, callouts) {
			kind = first(t.attributes, "type", "kind", "variant", "intent", "severity", "status", "color")
		}
		kind, title = c.tabName(d.Name, kind, title, t.attributes)
	}
	d.Names = quotedStrings(t.attributes["items"])
	c.Begin(d, kind, title)
	c.written = true
}

// tabName returns the name of a tab that has none itself: its value, or the
// next name in the list of the tabs around it.
func (r *rewriter) tabName(name, kind, title string, attributes map[string]string) (string, string) {
	if !strings.Contains(strings.ToLower(name), "tab") || title != "" {
		return kind, title
	}
	if isTabs(name) {
		return "", ""
	}
	if n := len(r.Open); n > 0 && len(r.Open[n-1].Names) > 0 {
		title = r.Open[n-1].Names[0]
		r.Open[n-1].Names = r.Open[n-1].Names[1:]
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

// maxNames is the largest number of tab names read from one list.
const maxNames = 32

// quotedStrings returns the strings in a list of JSX: ['a', "b"].
func quotedStrings(t string) (all []string) {
	for len(all) < maxNames {
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
