package markdown

import (
	"bytes"
	"html"
	"strings"

	"multivac/internal/extract/light"
)

// content rewrites a line of text: its tags, shortcodes and links.
func (r *rewriter) content(l string) {
	if !strings.ContainsAny(l, "<{[&]") {
		r.Write(l)
		return
	}
	s := strings.TrimRight(l, "\r\n")
	c := cursor{rewriter: r, s: s, indent: light.Columns4(s)}
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
		r.Write(l)
	case !isBlankLine(c.b):
		r.Emit(strings.TrimRight(string(c.b), " \t") + "\n")
	case !c.written:
		r.Emit("")
	}
	r.Changed = r.Changed || c.changed
	r.markup = r.markup || c.changed && strings.HasPrefix(t, "<")
}

// A cursor goes through one line.
type cursor struct {
	*rewriter
	s       string
	i       int
	b       []byte // the rewritten line
	indent  int
	inline  bool // the line is an item, a row or a heading, and has to stay one line
	changed bool
	written bool // part of the line was already written
	done    bool
}

// special rewrites the mark at the cursor, and reports whether there was one.
func (c *cursor) special() bool {
	rest := c.s[c.i:]
	switch rest[0] {
	case '\\':
		n := min(2, len(rest))
		c.b = append(c.b, rest[:n]...)
		c.i += n
		return true
	case '`':
		n := light.CodeSpan(rest)
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

// replace replaces the next n bytes by text.
func (c *cursor) replace(n int, text string) bool {
	c.i += n
	c.b = append(c.b, text...)
	c.changed = true
	return true
}

// leaveOut leaves out a comment, which may span several lines.
func (c *cursor) leaveOut(from, to string) bool {
	n := strings.Index(c.s[c.i:], to) // only once, because a comment without an end takes the rest of the line
	if n < 0 {
		c.until, c.drop, c.done = to, true, true
		return c.replace(len(c.s)-c.i, "")
	}
	return c.replace(n+len(to), "")
}

// attributes leaves out attributes after a link, an image or a span, as in
// "[text](address){.button}" and "[text]{.class}".
func (c *cursor) attributes(rest string) bool {
	if len(c.b) == 0 || strings.IndexByte(")]`*_", c.b[len(c.b)-1]) < 0 {
		return false
	}
	rest = rest[:min(len(rest), light.MaxTag)]
	end := strings.IndexByte(rest, '}')
	inner := strings.TrimLeft(rest[1:max(1, end)], " ")
	if end < 0 || inner == "" || strings.IndexByte(".#:", inner[0]) < 0 && attribute(rest, "width") == "" && attribute(rest, "target") == "" {
		return false
	}
	if n := len(c.b) - 1; c.b[n] == ']' {
		from := max(0, n-light.MaxTag)
		if open := bytes.LastIndexByte(c.b[from:], '['); open >= 0 {
			c.b = append(c.b[:from+open], c.b[from+open+1:n]...)
		}
	}
	return c.replace(end+1, "")
}

// wikiLink writes the text of a link such as [[Page|text]].
func (c *cursor) wikiLink(rest string) bool {
	rest = rest[:min(len(rest), light.MaxTag)]
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

// entity writes the character of an entity, unless Markdown would read it as a
// mark.
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

// space replaces the next n bytes by a space, unless there is one already.
func (c *cursor) space(n int) bool {
	if last := len(c.b) - 1; last < 0 || c.b[last] == ' ' {
		return c.replace(n, "")
	}
	return c.replace(n, " ")
}

// left is about how many bytes are still to be read.
func (c *cursor) left() int { return len(c.Rest) + len(c.s) - c.i }

func (c *cursor) isOpenTag(name string) bool {
	for i := range c.Open {
		if c.Open[i].Form == light.Tagged && c.Open[i].Name == name {
			return true
		}
	}
	return false
}

// isBlankLine reports whether b is white space.
func isBlankLine(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }

// flush writes the part of the line read so far as a line of its own.
func (c *cursor) flush(end string) {
	if t := strings.TrimRight(string(c.b), " \t"); strings.TrimSpace(t) != "" {
		c.Emit(t + end)
		c.written = true
	}
	c.b = c.b[:0]
}
