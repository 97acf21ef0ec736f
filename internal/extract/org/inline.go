package org

import (
	"html"
	"path"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// special are the bytes that something of Org begins or ends with.
const special = "*/_=~+[]<>{}\\@^sc"

// maxNested is how deep text within text is rewritten: the text of a footnote.
const maxNested = 3

// inline returns what a reader sees of a text. Its footnotes are kept for the
// end of the section.
func (r *reader) inline(t string, line int) string { return r.nested(t, line, 0) }

func (r *reader) nested(t string, line, depth int) string {
	if depth == maxNested || !strings.ContainsAny(t, "*/_=~+[<{\\@^") {
		return t
	}
	x := light.NewInline(t)
	for x.To(special) {
		if !r.piece(x, line, depth) {
			x.Copy(1)
		}
	}
	return x.String()
}

// piece rewrites what x stands at, and reports whether that is more than a
// byte.
func (r *reader) piece(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	switch rest[0] {
	case '*', '/', '_', '=', '~', '+':
		return emphasis(x) || rest[0] == '_' && script(x)
	case '^':
		return script(x)
	case '[':
		return r.bracket(x, line, depth)
	case '<':
		return target(x)
	case '{':
		return r.macro(x, line, depth)
	case '\\':
		return entity(x)
	case '@':
		return export(x)
	case 's', 'c':
		return source(x)
	}
	return false
}

// emphasis leaves out the marks of emphasis, and struck-out words.
func emphasis(x *light.Inline) bool {
	c, at := x.In[x.At], x.At
	if b := x.Before(); !light.IsSpace(b) && strings.IndexByte("-('\"{[*/_+", b) < 0 || light.IsSpace(x.ByteAt(at+1)) {
		return false
	}
	end := x.Find(string(c), at+2, func(i int) bool {
		b, a := x.ByteAt(i-1), x.ByteAt(i+1)
		return !light.IsSpace(b) && (light.IsSpace(a) || strings.IndexByte("-.,;:!?'\")}[]\\*/_+", a) >= 0)
	})
	if end < 0 || strings.Count(x.In[at:min(end, at+light.MaxTag)], "\n") > 1 {
		return false
	}
	switch c {
	case '=', '~':
		x.Skip(1)
		x.Copy(end - at - 1)
		x.Skip(1)
	case '+':
		x.Skip(end + 1 - at)
	default:
		x.Skip(1)
		x.Drop(end, 1)
	}
	return true
}

// script reads x^{2} and H_{2}O.
func script(x *light.Inline) bool {
	if light.IsSpace(x.Before()) || x.ByteAt(x.At+1) != '{' {
		return false
	}
	n := light.Bracket(x.In[x.At+1:], '{', '}')
	if n == 0 {
		return false
	}
	x.Drop(x.At+n, 1)
	if x.In[x.At] == '^' {
		x.Copy(1)
		x.Skip(1)
	} else {
		x.Skip(2)
	}
	return true
}

// bracket reads links, footnotes and citations.
func (r *reader) bracket(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	switch {
	case strings.HasPrefix(rest, "[["):
		return link(x)
	case strings.HasPrefix(rest, "[fn:"):
		n := light.Bracket(rest, '[', ']')
		if n == 0 {
			return false
		}
		if _, text, ok := strings.Cut(rest[len("[fn:"):n-1], ":"); ok {
			r.Note(r.nested(text, line, depth+1), line)
		}
		x.Skip(n)
		return true
	case strings.HasPrefix(rest, "[cite:") || strings.HasPrefix(rest, "[cite/"):
		n := light.Bracket(rest, '[', ']')
		x.Skip(n)
		return n > 0
	}
	return false
}

// link reads [[target][text]] and [[target]].
func link(x *light.Inline) bool {
	end := x.Find("]]", x.At+2, nil)
	if end < 0 || end-x.At > light.MaxTag {
		return false
	}
	inner := x.In[x.At+2 : end]
	n := end + 2 - x.At
	if target, text, ok := strings.Cut(inner, "]["); ok {
		if isImage(text) {
			x.Skip(n)
			return true
		}
		x.Skip(2 + len(target) + 2)
		x.Drop(end, 2)
		return true
	}
	x.Replace(n, shown(inner))
	return true
}

// shown returns what a link without a text of its own shows.
func shown(target string) string {
	switch {
	case isImage(target) || strings.HasPrefix(target, "id:"):
		return ""
	case strings.HasPrefix(target, "file:"):
		return strings.TrimPrefix(target, "file:")
	}
	return strings.ReplaceAll(strings.TrimLeft(target, "*#"), "\n", " ")
}

var images = extract.Words(".png .jpg .jpeg .gif .svg .webp .bmp .tiff .eps .xpm .pbm")

func isImage(target string) bool {
	return images[strings.ToLower(path.Ext(target))] && (strings.HasPrefix(target, "file:") || strings.HasPrefix(target, ".") || strings.HasPrefix(target, "/") || strings.HasPrefix(target, "http"))
}

// target reads the places that links lead to: <<name>> is not seen, <<<name>>>
// is.
func target(x *light.Inline) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "<<") {
		return false
	}
	end := strings.Index(rest[:min(len(rest), light.MaxTag)], ">>")
	if end < 3 || strings.Contains(rest[:end], "\n") {
		return false
	}
	if strings.HasPrefix(rest, "<<<") {
		if !strings.HasPrefix(rest[end:], ">>>") {
			return false
		}
		x.Skip(3)
		x.Copy(end - 3)
		x.Skip(3)
		return true
	}
	if light.IsSpace(rest[2]) {
		return false
	}
	x.Skip(end + 2)
	return true
}

// macro reads {{{name(arguments)}}}.
func (r *reader) macro(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "{{{") {
		return false
	}
	end := strings.Index(rest[:min(len(rest), light.MaxTag)], "}}}")
	if end < 0 {
		return false
	}
	name, arguments, _ := strings.Cut(rest[3:end], "(")
	body := r.macros[name]
	for i, a := range strings.Split(strings.TrimSuffix(arguments, ")"), ",") {
		if i < 9 {
			body = strings.ReplaceAll(body, "$"+string(rune('1'+i)), strings.TrimSpace(a))
		}
		if len(body) > light.MaxTag {
			break
		}
	}
	if len(body) > light.MaxTag || !r.Pay(len(body)) {
		return false
	}
	x.Replace(end+3, strings.ReplaceAll(r.nested(body, line, depth+1), "\n", " "))
	return true
}

// names are entities that HTML does not have by that name.
var names = map[string]string{
	"vert": "|", "under": "_", "slash": "/", "to": "→", "dots": "…", "ldots": "…", "nbsp": " ", "quot": `"`, "dollar": "$", "colon": ":", "star": "*",
	"EUR": "€", "pound": "£", "checkmark": "✓", "deg": "°", "plus": "+", "S": "§", "langle": "⟨", "rangle": "⟩", "approx": "≈",
}

// entity reads \alpha, \alpha{} and the mark of a line break.
func entity(x *light.Inline) bool {
	rest := x.Rest()
	if strings.HasPrefix(rest, `\\`) {
		if t := strings.TrimLeft(rest[2:], " \t"); t == "" || t[0] == '\n' {
			x.Skip(2)
			return true
		}
		return false
	}
	n := 1
	for n < len(rest) && n < 40 && (rest[n] >= 'a' && rest[n] <= 'z' || rest[n] >= 'A' && rest[n] <= 'Z' || n > 1 && rest[n] >= '0' && rest[n] <= '9') {
		n++
	}
	name := rest[1:n]
	t, ok := names[name]
	if !ok {
		code := "&" + name + ";"
		if t = html.UnescapeString(code); t == code || name == "" {
			return false
		}
		t = strings.ReplaceAll(strings.Trim(t, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060"), "\u00a0", " ")
	}
	if strings.HasPrefix(rest[n:], "{}") {
		n += 2
	}
	x.Replace(n, t)
	return true
}

// export leaves out @@html:…@@, which is written into other kinds of pages.
func export(x *light.Inline) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "@@") {
		return false
	}
	end := strings.Index(rest[2:min(len(rest), light.MaxTag)], "@@")
	if end < 0 {
		return false
	}
	if backend, _, ok := strings.Cut(rest[2:2+end], ":"); !ok || !isName(backend) {
		return false
	}
	x.Skip(end + 4)
	return true
}

// source reads src_go[…]{code}, and leaves out call_name(…).
func source(x *light.Inline) bool {
	rest := x.Rest()
	isCall := strings.HasPrefix(rest, "call_")
	if light.IsWordByte(x.Before()) || !isCall && !strings.HasPrefix(rest, "src_") {
		return false
	}
	n := 4
	for n < len(rest) && (light.IsWordByte(rest[n]) || rest[n] == '-') {
		n++
	}
	if n < len(rest) && rest[n] == '[' {
		n += light.Bracket(rest[n:], '[', ']')
	}
	open, closing := byte('{'), byte('}')
	if isCall {
		open, closing = '(', ')'
	}
	if n >= len(rest) || rest[n] != open {
		return false
	}
	size := light.Bracket(rest[n:], open, closing)
	switch {
	case size == 0:
		return false
	case isCall:
		x.Skip(n + size)
	default:
		x.Skip(n + 1)
		x.Copy(size - 2)
		x.Skip(1)
	}
	return true
}
