package asciidoc

import (
	"html"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// special are the bytes that something begins or ends with.
const special = "*_`#^~+<[]&()-=\\\"',abfhiklmpsx"

// maxNested is how deep text within text is rewritten: the text of a footnote.
const maxNested = 3

// inline returns what a reader sees of a text. Its footnotes are kept for the
// end of the section.
func (r *reader) inline(t string, line int) string { return r.nested(r.substituted(t, kept), line, 0) }

// marked are the signs that are no marks in the value of an attribute. Until the
// marks of a text are read, others that no text has stand for them.
const marked = "*_`#^~+"

// standIn is what stands for the first of marked.
const standIn = '\ufdd0'

// kept returns a value whose signs are no marks.
func kept(t string) string {
	if !strings.ContainsAny(t, marked) {
		return t
	}
	return strings.Map(func(c rune) rune {
		if i := strings.IndexRune(marked, c); i >= 0 {
			return standIn + rune(i)
		}
		return c
	}, t)
}

func asIs(t string) string { return t }

func (r *reader) nested(t string, line, depth int) string {
	if depth == maxNested || t == "" {
		return t
	}
	x := light.NewInline(t)
	for x.To(special) {
		if !r.piece(x, line, depth) {
			x.Copy(1)
		}
	}
	return strings.Map(visible, x.String())
}

// visible leaves out what is not seen.
func visible(c rune) rune {
	switch c {
	case '\u00a0':
		return ' '
	case '\u00ad', '\u200b', '\u2060', '\ufeff':
		return -1
	}
	if c >= standIn && int(c-standIn) < len(marked) {
		return rune(marked[c-standIn])
	}
	return c
}

// piece rewrites what x stands at, and reports whether that is more than a
// byte.
func (r *reader) piece(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	switch rest[0] {
	case '*', '_', '`', '#':
		return marks(x)
	case '^', '~':
		return script(x)
	case '+':
		return literal(x)
	case '<':
		return r.reference(x, line, depth) || replaced(x)
	case '[':
		return bracket(x)
	case '&':
		return entity(x)
	case '(':
		return index(x) || replaced(x)
	case '-', '=':
		return replaced(x)
	case '\\':
		return escape(x)
	case '"', '\'':
		return quotation(x)
	case ']', ')', ',':
		return false
	}
	return !light.IsWordByte(x.Before()) && r.macro(x, line, depth)
}

// marks leaves out the marks of emphasis: two anywhere, one around words.
func marks(x *light.Inline) bool {
	c, at := x.In[x.At], x.At
	if x.ByteAt(at+1) == c {
		end := x.Find(string([]byte{c, c}), at+3, nil)
		if end < 0 {
			x.Copy(2)
			return true
		}
		x.Skip(2)
		x.Drop(end, 2)
		return true
	}
	if b := x.Before(); light.IsWordByte(b) || b == ';' || b == ':' || b == '}' || light.IsSpace(x.ByteAt(at+1)) {
		return false
	}
	end := x.Find(string(c), at+2, func(i int) bool {
		return !light.IsSpace(x.ByteAt(i-1)) && !light.IsWordByte(x.ByteAt(i+1)) && x.ByteAt(i-1) != '\\'
	})
	if end < 0 {
		return false
	}
	x.Skip(1)
	x.Drop(end, 1)
	return true
}

// script reads x^2^ and H~2~O.
func script(x *light.Inline) bool {
	c := x.In[x.At]
	end := strings.IndexByte(x.In[x.At+1:min(len(x.In), x.At+100)], c)
	if end < 1 || strings.ContainsAny(x.In[x.At+1:x.At+1+end], " \n") {
		return false
	}
	t := x.In[x.At+1 : x.At+1+end]
	if c == '^' && strings.Trim(t, "0123456789-−+n") == "" {
		t = "^" + t
	}
	x.Replace(end+2, t)
	return true
}

// literal reads what is not rewritten: +a+, ++a++, +++a+++; and the mark of a
// line break.
func literal(x *light.Inline) bool {
	rest := x.Rest()
	n := min(3, len(rest)-len(strings.TrimLeft(rest, "+")))
	if n == 1 {
		if light.IsSpace(x.Before()) && (len(rest) == 1 || rest[1] == '\n') {
			x.Skip(1)
			return true
		}
		if light.IsWordByte(x.Before()) || light.IsSpace(x.ByteAt(x.At+1)) {
			return false
		}
	}
	mark := rest[:n]
	end := x.Find(mark, x.At+n+1, func(i int) bool {
		return n > 1 || !light.IsSpace(x.ByteAt(i-1)) && !light.IsWordByte(x.ByteAt(i+1))
	})
	if end < 0 {
		x.Copy(n)
		return true
	}
	size := end - x.At - n
	x.Skip(n)
	if n == 3 {
		x.Replace(size, html.UnescapeString(withoutTags(strings.ReplaceAll(x.In[x.At:x.At+size], "\n", " "))))
	} else {
		x.Copy(size)
	}
	x.Skip(n)
	return true
}

// reference reads <<id,text>> and <http://address>.
func (r *reader) reference(x *light.Inline, line, depth int) bool {
	rest := x.Rest()
	end := strings.IndexByte(rest[:min(len(rest), light.MaxTag)], '>')
	if end < 0 {
		return false
	}
	if strings.HasPrefix(rest, "<http://") || strings.HasPrefix(rest, "<https://") {
		x.Skip(1)
		x.Copy(end - 1)
		x.Skip(1)
		return true
	}
	if !strings.HasPrefix(rest, "<<") || end < 3 || x.ByteAt(x.At+end+1) != '>' {
		return false
	}
	id, text, ok := strings.Cut(rest[2:end], ",")
	if !ok {
		text = r.titleOf(id)
	}
	x.Replace(end+2, extract.OneLine(r.nested(text, line, depth+1)))
	return true
}

// titleOf returns the title of what an id is of, or what a page shows in its
// place.
func (r *reader) titleOf(id string) string {
	id = strings.TrimPrefix(strings.TrimSpace(id), "#")
	if t, ok := r.titles[id]; ok && r.Pay(len(t)) {
		return r.substituted(t, kept)
	}
	if _, ok := r.titles[autoID(id)]; ok {
		return id
	}
	return "[" + id + "]"
}

// bracket leaves out anchors, [[id]], and roles, [.role]#text#.
func bracket(x *light.Inline) bool {
	rest := x.Rest()
	n := light.Bracket(rest, '[', ']')
	switch {
	case n == 0:
		return false
	case strings.HasPrefix(rest, "[[["):
		x.Skip(2)
		x.Drop(x.At-2+n-2, 2)
		return true
	case strings.HasPrefix(rest, "[[") && strings.HasSuffix(rest[:n], "]]") && n > 4 && light.IsWordByte(rest[2]):
		x.Skip(n)
		return true
	case n < len(rest) && strings.IndexByte("*_`#^~", rest[n]) >= 0 && !light.IsWordByte(x.Before()) && n > 2 && !light.IsSpace(x.ByteAt(x.At+n+1)) && (rest[1] == '.' || rest[1] == '#' || isName(rest[1:n-1])):
		if strings.Contains(rest[:n], "line-through") && rest[n] == '#' {
			if end := strings.IndexByte(rest[n+1:min(len(rest), n+light.MaxTag)], '#'); end >= 0 {
				x.Skip(n + end + 2)
				return true
			}
		}
		x.Skip(n)
		return true
	}
	return false
}

// entity reads &amp; and the like.
func entity(x *light.Inline) bool {
	t, n := light.Entity(x.Rest())
	if n == 0 {
		return false
	}
	x.Replace(n, t)
	return true
}

// index reads the entries of an index: ((seen)) and (((not, seen))).
func index(x *light.Inline) bool {
	rest := x.Rest()
	if !strings.HasPrefix(rest, "((") {
		return false
	}
	n := light.Bracket(rest, '(', ')')
	switch {
	case n == 0 || !strings.HasSuffix(rest[:n], "))"):
		return false
	case strings.HasPrefix(rest, "(((") && strings.HasSuffix(rest[:n], ")))"):
		x.Skip(n)
	default:
		x.Drop(x.At+n-2, 2)
		x.Skip(2)
	}
	return true
}

// signs are what a page shows in the place of other signs.
var signs = [...][2]string{{"(C)", "©"}, {"(R)", "®"}, {"(TM)", "™"}, {"->", "→"}, {"=>", "⇒"}, {"<-", "←"}, {"<=", "⇐"}}

func replaced(x *light.Inline) bool {
	rest := x.Rest()
	for _, s := range signs {
		if strings.HasPrefix(rest, s[0]) {
			x.Replace(len(s[0]), s[1])
			return true
		}
	}
	if strings.HasPrefix(rest, "--") && !strings.HasPrefix(rest, "---") {
		b, a := x.Before(), x.ByteAt(x.At+2)
		if b == ' ' && a == ' ' && x.At > 0 || light.IsWordByte(b) && light.IsWordByte(a) {
			x.Replace(2, "—")
			return true
		}
		x.Copy(2)
		return true
	}
	return false
}

// escape leaves out the mark that keeps the next sign as it is.
func escape(x *light.Inline) bool {
	n := 1
	switch c := x.ByteAt(x.At + 1); {
	case strings.IndexByte("*_`#^~+", c) >= 0:
		for n < 3 && x.ByteAt(x.At+1+n) == c {
			n++
		}
	case strings.IndexByte("<[(&-", c) >= 0 || strings.HasPrefix(x.Rest()[1:], "http"):
	default:
		return false
	}
	x.Skip(1)
	x.Copy(n)
	return true
}

// quotation reads "`a`" and '`a`'.
func quotation(x *light.Inline) bool {
	c := x.In[x.At]
	if x.ByteAt(x.At+1) != '`' || light.IsWordByte(x.Before()) {
		return false
	}
	end := x.Find("`"+string(c), x.At+3, nil)
	if end < 0 {
		return false
	}
	open, closing := "“", "”"
	if c == '\'' {
		open, closing = "‘", "’"
	}
	inner := x.In[x.At+2 : end]
	if strings.ContainsAny(inner, "*_`#") && len(inner) > light.MaxTag {
		return false
	}
	x.Replace(2, open)
	x.Swap(end, 2, closing)
	return true
}
