package epub

import (
	"bytes"
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/html"
	"multivac/internal/extract/parts"
)

// readPage returns the text of a page of a book.
func readPage(ctx context.Context, name string, body []byte, l extract.Limits) (string, error) {
	text := ""
	asPage := html.Format
	asPage.Extract = func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		e, err := html.Read(ctx, asHTML(body), l)
		text = e.Text
		e.Text = "read" // for a page of pictures has no text, and is no error
		return e, err
	}
	_, err := extract.Formats{asPage}.Extract(ctx, asPage.Types[0], body, l)
	return withoutControls(text), ofPage(name, err)
}

// withoutControls returns text without characters that cannot be shown.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, text)
}

// captions returns the words in a drawing, a line each.
func captions(ctx context.Context, a *parts.Archive, name string) (string, error) {
	var b strings.Builder
	var words []byte
	inText := false
	err := scan(ctx, a, name, visitor{
		start: func(name string, _ func(string) string) {
			inText = inText || name == "text"
			words = append(words, ' ')
		},
		text: func(s string) {
			if inText {
				words = append(words, s...)
			}
		},
		end: func(name string) {
			if name != "text" {
				return
			}
			inText = false
			if t := extract.OneLine(string(words)); t != "" {
				b.WriteString(extract.Escape(t) + "\n\n")
			}
			words = words[:0]
		},
	})
	if err != nil && !isMissing(err) {
		err = parts.Broken(name, err)
	}
	return withoutControls(b.String()), err
}

// asHTML returns a page of XHTML as readers of HTML understand it. They know no
// empty elements but those of HTML, so that <title/> would hide the rest of the
// page; no sections of CDATA; no prefixes; and no formulas. Marks of notes and of the pages of
// the printed book get the role by which readers know them.
func asHTML(page []byte) []byte {
	x := xhtml{in: page}
	x.out.Grow(len(page) + len(page)/16)
	for len(x.in) > 0 {
		n := bytes.IndexByte(x.in, '<')
		if n < 0 {
			break
		}
		x.copy(n)
		x.markup()
	}
	x.copy(len(x.in))
	return x.out.Bytes()
}

// An xhtml is a page that is being rewritten.
type xhtml struct {
	in  []byte // what was not read yet
	out bytes.Buffer
}

// copy writes the next n bytes.
func (x *xhtml) copy(n int) {
	x.out.Write(x.in[:n])
	x.in = x.in[n:]
}

// markup rewrites what x.in begins with, a "<".
func (x *xhtml) markup() {
	switch {
	case bytes.HasPrefix(x.in, []byte("<!--")):
		x.copy(through(x.in, "-->"))
	case bytes.HasPrefix(x.in, []byte("<![CDATA[")):
		n := through(x.in, "]]>")
		x.out.WriteString(escapeText.Replace(string(bytes.TrimSuffix(x.in[len("<![CDATA["):n], []byte("]]>")))))
		x.in = x.in[n:]
	case bytes.HasPrefix(x.in, []byte("<?")):
		x.in = x.in[through(x.in, "?>"):]
	case bytes.HasPrefix(x.in, []byte("<!")):
		x.in = x.in[declaration(x.in):]
	default:
		x.tag()
	}
}

var escapeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// through returns how many bytes of in there are up to the end of mark: all where
// there is none.
func through(in []byte, mark string) int {
	if i := bytes.Index(in, []byte(mark)); i >= 0 {
		return i + len(mark)
	}
	return len(in)
}

// declaration returns how many bytes a document type takes, with the
// declarations in it.
func declaration(in []byte) int {
	end := bytes.IndexByte(in, '>')
	if within := bytes.IndexByte(in, '['); end >= 0 && within >= 0 && within < end {
		if i := bytes.IndexByte(in[within:], ']'); i >= 0 {
			return within + i + through(in[within+i:], ">")
		}
	}
	return through(in, ">")
}

// raw are the elements whose content a reader of HTML takes as it is.
var raw = extract.Words("script style")

// tag rewrites a tag.
func (x *xhtml) tag() {
	start := 1
	if bytes.HasPrefix(x.in, []byte("</")) {
		start = 2
	}
	name, prefix := tagName(x.in[start:])
	if name == "" {
		x.copy(1)
		return
	}
	end, ok := tagEnd(x.in)
	if !ok {
		x.copy(end)
		return
	}
	attributes := x.in[start+prefix+len(name) : end-1]
	empty := start == 1 && bytes.HasSuffix(attributes, []byte("/"))
	if name == "math" && start == 1 && !empty {
		mark := "</" + string(x.in[1:1+prefix]) + name
		x.in = x.in[end:]
		n := through(x.in, mark)
		x.out.WriteString(formula(attributes, bytes.TrimSuffix(x.in[:n], []byte(mark))))
		x.in = x.in[min(len(x.in), n+len(">")):]
		return
	}
	x.out.Write(x.in[:start])
	x.out.WriteString(name)
	x.out.Write(bytes.TrimSuffix(attributes, []byte("/")))
	x.in = x.in[end:]
	x.out.WriteString(role(attributes, x.in) + ">")
	switch {
	case empty && !html.Voids[strings.ToLower(name)]:
		x.out.WriteString("</" + name + ">")
	case raw[name] && !empty && start == 1:
		x.copy(max(0, through(x.in, "</"+name)-len("</"+name)))
	}
}

// role returns the role by which readers know what is no text of the book: the
// number of a page in print, and the mark of a note, before the text after. A
// mark is short: a word that leads to a note stays.
func role(attributes, after []byte) string {
	switch words := extract.Words(typeOf(attributes)); {
	case words["pagebreak"]:
		return ` role="doc-pagelist"`
	case words["noteref"] && isMark(after):
		return ` role="doc-noteref"`
	}
	return ""
}

// typeOf returns the type of an element in a book, epub:type, or "".
func typeOf(attributes []byte) string {
	_, kind, ok := bytes.Cut(attributes, []byte(":type="))
	if !ok || len(kind) < 2 {
		return ""
	}
	if i := bytes.IndexByte(kind[1:], kind[0]); i >= 0 {
		kind = kind[1 : 1+i]
	}
	return string(kind)
}

// maxMark is how many bytes the mark of a note takes with the tags in it.
const maxMark = 200

// isMark reports whether a link ends after a mark of a note: a number, also one
// of letters such as iv, a letter, or signs.
func isMark(after []byte) bool {
	after = after[:min(len(after), maxMark)]
	end := bytes.Index(after, []byte("</a"))
	if end < 0 {
		return false
	}
	var letters []byte
	inTag := false
	for _, c := range after[:end] {
		switch {
		case c == '<':
			inTag = true
		case c == '>':
			inTag = false
		case !inTag && (c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80):
			letters = append(letters, c|0x20)
		}
	}
	return len(letters) < 2 || len(bytes.Trim(letters, "ivxl")) == 0
}

// tagEnd returns how many bytes the tag takes that in begins with, or how many
// come before the next one where it has no end. Values in quotation marks may
// have any characters but those.
func tagEnd(in []byte) (end int, ok bool) {
	quote := byte(0)
	for i := 1; i < len(in); i++ {
		switch c := in[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return i, false
		case c == '>':
			return i + 1, true
		}
	}
	return len(in), false
}

// tagName returns the name that a tag begins with, and how many bytes its prefix
// takes.
func tagName(in []byte) (name string, prefix int) {
	n := 0
	for ; n < len(in); n++ {
		c := in[n]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			continue
		case n > prefix && (c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'):
			continue
		case n > 0 && c == ':' && prefix == 0:
			prefix = n + 1
			continue
		}
		break
	}
	return string(in[prefix:n]), prefix
}
