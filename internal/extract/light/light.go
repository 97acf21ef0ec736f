// Package light writes light Markdown line by line: sections that end, lists
// and tables that were drawn. Markdown and reStructuredText are written by it.
package light

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
	"multivac/internal/extract/plain"
	"multivac/internal/place"
)

// A Writer makes light Markdown of a text, line by line: it writes what a format
// keeps, and the containers that it opens and closes.
type Writer struct {
	Rest string // what was not read yet
	Line int    // of the line that is being read, from 1

	Out     *extract.Output
	Limits  extract.Limits
	Changed bool // something was written that is not as it was
	Blank   bool // the line written last is blank

	Open  []Container // outermost first
	Level int         // of the heading above
	List  bool        // in a list
	After bool        // the line before is part of a paragraph
}

// New returns a writer that reads text.
func New(ctx context.Context, l extract.Limits, text string) Writer {
	b := Writer{Rest: text, Out: extract.NewOutput(ctx, l), Limits: l, Blank: true}
	b.Out.Grow(len(text))
	return b
}

// Made returns what was made of text: the text itself where nothing changed.
func (b *Writer) Made(text string) string {
	if b.Changed {
		return b.Out.String()
	}
	return text
}

// Extracted returns what was made of text, with its title and places.
func (b *Writer) Extracted(text string) (extract.Extracted, error) {
	title := plain.Title(b.Made(text))
	if b.Changed {
		return b.Out.Extracted(title)
	}
	return extract.Extracted{Title: title, Text: text, Places: place.SameLines}, b.Out.Err()
}

// A Container is a callout, a tab or an element that is open.
type Container struct {
	Form   Form
	Name   string
	Size   int      // marks, of fences and colons
	Indent int      // of the line that opened it
	Inner  int      // columns that its content is set in; -1 until that is known
	Keep   int      // columns of its indentation that belong to a list around it
	Level  int      // of the heading that names it, 0 where there is none
	outer  int      // level of the heading above it
	Names  []string // of the tabs in it that have not begun
	Meta   bool     // only options have been read
}

// A Form says how a container ends.
type Form int

const (
	Indented  Form = iota // with its indentation
	Colons                // at :::
	Fenced                // at its fence
	Quotation             // with its quotation
	Tagged                // at its end tag
	Shortcode             // at its closing shortcode
)

// Next takes the next line, with its line end.
func (b *Writer) Next() string {
	l := PeekLine(b.Rest)
	b.Rest = b.Rest[len(l):]
	b.Line++
	return l
}

// Write writes a line as it is.
func (b *Writer) Write(l string) {
	b.Out.Line(strings.TrimSuffix(l, "\n"), extract.AtLine(b.Line))
	b.Blank = strings.TrimSpace(l) == ""
}

// Emit writes a line that is not as it was.
func (b *Writer) Emit(l string) {
	b.Changed = true
	if strings.TrimSpace(l) == "" {
		if !b.Blank {
			b.Write("")
		}
		return
	}
	b.Write(l)
}

// Columns4 returns how many columns l is set in.
func Columns4(l string) int {
	n := 0
	for i := range len(l) {
		switch l[i] {
		case ' ':
			n++
		case '\t':
			n += 4 - n%4
		default:
			return n
		}
	}
	return n
}

// Outdent takes n columns of white space off l.
func Outdent(l string, n int) string {
	at := 0
	for n > at && l != "" {
		switch l[0] {
		case ' ':
			at++
		case '\t':
			at += 4 - at%4
		default:
			return l
		}
		l = l[1:]
	}
	return l
}

// IsIdentifier reports whether t is a name of letters, digits and - _ : .
func IsIdentifier(t string) bool {
	for i := range len(t) {
		c := t[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || strings.IndexByte("-_:.", c) >= 0)) {
			return false
		}
	}
	return t != ""
}

// Option leaves out the options at the beginning of a directive, ":name: value",
// and reports whether t is one.
func (b *Writer) Option(t string) bool {
	if len(b.Open) == 0 {
		return false
	}
	c := &b.Open[len(b.Open)-1]
	if !c.Meta {
		return false
	}
	name, _, ok := strings.Cut(t[1:], ":")
	c.Meta = t[0] == ':' && ok && IsIdentifier(name)
	return c.Meta
}

// Begin opens a container. Its name is its title, or else its kind, where that
// tells a reader something: "Warning" does, "Note" does not.
func (b *Writer) Begin(c Container, kind, title string) {
	b.Changed = true
	name := strings.Join(strings.Fields(title), " ")
	if name == "" && grave[strings.ToLower(kind)] {
		first, n := utf8.DecodeRuneInString(kind)
		name = string(unicode.ToUpper(first)) + strings.ReplaceAll(kind[n:], "-", " ")
	}
	c.outer = b.Level
	b.After = false
	if b.List = b.List && c.Indent > 0; b.List {
		c.Keep = c.Indent
	}
	switch {
	case name == "":
		b.Emit("")
	case b.List:
		end := ":"
		if strings.ContainsRune(".:!?？：", lastRune(name)) {
			end = ""
		}
		b.Emit("")
		b.Emit(strings.Repeat(" ", c.Indent) + "**" + name + end + "**")
		b.Emit("")
	default:
		c.Level = 6
		if b.Level > 0 {
			c.Level = min(b.Level+1, 6)
		}
		b.Level = c.Level
		b.Emit(strings.Repeat("#", c.Level) + " " + name)
	}
	if len(b.Open) < b.Limits.Depth {
		b.Open = append(b.Open, c)
	} else if c.Level > 0 {
		b.Level = c.outer
	}
}

func lastRune(t string) rune {
	last, _ := utf8.DecodeLastRuneInString(t)
	return last
}

// Close ends the container b.Open[i] and those in it.
func (b *Writer) Close(i int) {
	level, outer := 0, b.Level
	for _, c := range b.Open[i:] {
		if c.Level > 0 && level == 0 {
			level, outer = c.Level, c.outer
		}
	}
	b.Open = b.Open[:i]
	b.Changed, b.After = true, false
	b.Level = outer
	if level > 0 {
		b.Emit(strings.Repeat("#", level))
	} else {
		b.Emit("")
	}
}

// CloseNamed ends the innermost container of that form and name, and reports
// whether there is one.
func (b *Writer) CloseNamed(f Form, name string) bool {
	for i := len(b.Open) - 1; i >= 0; i-- {
		if b.Open[i].Form == f && b.Open[i].Name == name {
			b.Close(i)
			return true
		}
	}
	return false
}

// grave are the kinds of callouts whose name tells a reader something.
var grave = extract.Words(`warning warn caution danger important attention error bug failure fail missing critical deprecated deprecation alert security
	experimental beta breaking severe fatal versionadded versionchanged versionremoved`)

// IsWordByte reports whether c is of a word: a letter, a digit, _ or a part of a
// character beyond ASCII.
func IsWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// IsBlankStart reports whether the first line of t is blank.
func IsBlankStart(t string) bool {
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

// CodeSpan returns how many bytes the code takes that t begins with, or the
// marks alone where it does not end in t.
func CodeSpan(t string) int {
	n := len(t) - len(strings.TrimLeft(t, "`"))
	t = t[:min(len(t), max(n, MaxTag))]
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

// MaxTag is the longest tag, shortcode, link or code in a line, in bytes. What is
// not closed must not be searched to the end of a long line at each mark.
const MaxTag = 4096
