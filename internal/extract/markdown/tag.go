package markdown

import (
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/light"
)

// ends knows what is closed somewhere in a text: tags, by the offset of the
// last end tag of each name, and shortcodes by name.
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

// maxTagName is the length of the longest tag name, in bytes.
const maxTagName = 64

// nameEnd returns how many bytes at the start of t are a name.
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

// A tag is a tag of HTML or JSX.
type tag struct {
	name        string
	attributes  map[string]string
	end, single bool // </x>, <x/>
}

// parseTag reads the tag at the start of s, and returns its length. The length
// is 0 if s does not begin with a tag, as with <https://example.org>, or if the
// tag does not end in s.
func parseTag(s string) (t tag, n int) {
	s = s[:min(len(s), light.MaxTag)]
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

// parseAttribute reads an attribute and returns its length.
func parseAttribute(s string, into map[string]string) int {
	i := 0
	for i < len(s) && (light.IsWordByte(s[i]) || i > 0 && strings.IndexByte("-:.", s[i]) >= 0 || i == 0 && strings.IndexByte("@:#", s[i]) >= 0) {
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

// braces returns the length of the braces at the start of s, or of s if they
// are not closed.
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

// wholes are the elements that are read as HTML, from their tag to their end
// tag. All others may contain Markdown.
var wholes = extract.Words(`table ul ol menu dl pre script style svg iframe video audio template noscript nav form select textarea picture object math title
	h1 h2 h3 h4 h5 h6 canvas head button`)

// inlines are the elements that stand in a line of text.
var inlines = extract.Words(`a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark q rp rt ruby s samp small span strike
	strong sub sup time tt u var wbr`)

func isElement(name string) bool {
	return html.Blocks[name] || wholes[name] || inlines[name] || name == "hr" || name == "li" || name == "td" || name == "tr" || name == "th" || name == "dt" || name == "dd"
}

// isTag reports whether t is a tag that a reader does not see. before is the
// text before it, left how many bytes come after. Text that only looks like a
// tag stays, such as List<String> or <your-name>.
func (r *rewriter) isTag(t tag, before []byte, left int) bool {
	_, closed := r.ends.tags[t.name]
	isUpper := t.name != "" && t.name[0] >= 'A' && t.name[0] <= 'Z'
	atStart := isBlankLine(before)
	switch {
	case t.name == "":
		return atStart
	case isElement(t.name):
		return t.end || closed || t.single || html.Voids[t.name] && inlines[t.name] || t.name == "hr" || atStart && html.Blocks[t.name]
	case isElement(strings.ToLower(t.name)):
		return closed || t.single || t.end || strings.EqualFold(t.name, "br")
	case isUpper:
		isGlued := len(before) > 0 && light.IsWordByte(before[len(before)-1]) && !t.end
		return !isGlued && (closed || t.single)
	}
	return closed && (atStart || t.end) && (t.end || r.closes(t.name, left)) || t.single && atStart && strings.Contains(t.name, "-")
}
