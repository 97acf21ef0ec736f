package markdown

import (
	"strings"

	"multivac/internal/extract/light"
)

// liquid rewrites a tag of Liquid, as in GitBook and Jekyll, at the cursor. In
// the middle of a line, it only rewrites a tag that ends something.
func (c *cursor) liquid(rest string) bool {
	end := strings.Index(rest[:min(len(rest), light.MaxTag)], "%}")
	if end < 2 {
		return false
	}
	name, arguments := call(strings.Trim(rest[2:end], "- "))
	atStart := !c.inline && isBlankLine(c.b)
	ended, isEnd := strings.CutPrefix(name, "end")
	switch {
	case isEnd && c.isOpen(ended):
		c.i += end + 2
		c.flush("")
		c.CloseNamed(light.Shortcode, ended)
		c.changed = true
		return true
	case isEnd && strings.Contains(ended, "raw") || name == "raw":
		return c.replace(end+2, "")
	case !atStart || name == "":
		return false
	case name == "comment":
		c.until, c.drop, c.done = "endcomment", true, true
		return c.replace(len(c.s)-c.i, "")
	case name == "highlight":
		return c.highlight(arguments, "{% endhighlight")
	}
	return c.shortcode(name, arguments, end+2)
}

// hugo rewrites a shortcode of Hugo at the cursor.
func (c *cursor) hugo(rest string) bool {
	closing := " >}}"
	if rest[2] == '%' {
		closing = " %}}"
	}
	end := strings.Index(rest[:min(len(rest), light.MaxTag)], closing[1:])
	inner := strings.TrimSpace(rest[3:max(3, end)])
	if end < 0 || inner == "" || strings.HasPrefix(inner, "/*") {
		return false
	}
	size := end + 3
	inner = strings.TrimSpace(strings.TrimSuffix(inner, "/"))
	if ended, isEnd := strings.CutPrefix(inner, "/"); isEnd {
		c.i += size
		c.flush("")
		c.CloseNamed(light.Shortcode, strings.ToLower(strings.TrimSpace(ended)))
		c.changed = true
		return true
	}
	name, arguments := call(inner)
	if n := len(c.b); n > 0 && strings.IndexByte(`("=`, c.b[n-1]) >= 0 { // it is part of an address
		address := ""
		if to := positional(arguments); len(to) > 0 && strings.HasSuffix(name, "ref") {
			address = to[0]
		}
		return c.replace(size, address)
	}
	if text := attribute(arguments, "text"); text != "" && !c.ends.codes[name] {
		return c.replace(size, text)
	}
	switch {
	case name == "highlight" && isBlankLine(c.b):
		return c.highlight(arguments, rest[:3]+" /highlight")
	case isBlankLine(c.b) && light.IsBlankStart(rest[size:]) || c.ends.codes[name]:
		return c.shortcode(name, arguments, size)
	}
	return false
}

// call reads the name of a shortcode and the text after it.
func call(t string) (name, arguments string) {
	name, arguments, _ = strings.Cut(t, " ")
	return strings.ToLower(name), strings.TrimSpace(arguments)
}

func (c *cursor) isOpen(name string) bool {
	for i := range c.Open {
		if c.Open[i].Form == light.Shortcode && c.Open[i].Name == name {
			return true
		}
	}
	return false
}

// highlight writes the text up to the mark as a code block.
func (c *cursor) highlight(language, until string) bool {
	language, _, _ = strings.Cut(language, " ")
	c.Emit("```" + strings.Trim(language, `"`))
	c.until, c.drop, c.done, c.written = until, false, true, true
	return c.replace(len(c.s)-c.i, "")
}

// shortcode opens the callout or tab of a shortcode of n bytes. Other
// shortcodes are left out.
func (c *cursor) shortcode(name, arguments string, n int) bool {
	c.i += n
	c.changed = true
	if !c.ends.codes[name] {
		return true
	}
	c.flush("")
	kind, title := "", ""
	if oneOf(name, named) && !isTabs(name) {
		for _, a := range []string{"title", "name", "header", "label", "summary"} {
			if title == "" {
				title = attribute(arguments, a)
			}
		}
		positional := positional(arguments)
		kind = name
		switch {
		case oneOf(name, callouts):
			kind = attribute(arguments, "style")
			for _, a := range []string{"type", "color", "level", "context"} {
				if kind == "" {
					kind = attribute(arguments, a)
				}
			}
			if kind == "" && len(positional) > 0 {
				kind, positional = positional[0], positional[1:]
			}
			if title == "" && len(positional) > 0 {
				title = positional[0]
			}
		case title == "" && len(positional) > 0:
			title = strings.Join(positional, " ")
		}
		kind, title = c.tabName(name, kind, title, nil)
	}
	names := strings.Split(attribute(arguments, "items"), ",")
	if names[0] == "" {
		names = nil
	}
	c.Begin(light.Container{Form: light.Shortcode, Name: name, Indent: c.indent, Names: names}, kind, title)
	c.written = true
	return true
}

// positional returns the arguments of a shortcode that have no name.
func positional(t string) (all []string) {
	for t = strings.TrimSpace(t); t != ""; t = strings.TrimSpace(t) {
		if t[0] == '"' || t[0] == '`' || t[0] == '\'' {
			value, rest, ok := strings.Cut(t[1:], t[:1])
			if !ok {
				return all
			}
			all, t = append(all, value), rest
			continue
		}
		word, rest, _ := strings.Cut(t, " ")
		if name, value, ok := strings.Cut(word, "="); ok && light.IsIdentifier(name) {
			if value != "" && value[0] == '"' && (len(value) == 1 || !strings.HasSuffix(value, `"`)) {
				_, rest, _ = strings.Cut(rest, `"`)
			}
		} else {
			all = append(all, word)
		}
		t = rest
	}
	return all
}
