// Package restructured reads reStructuredText.
package restructured

import (
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// Format is reStructuredText. It is kept byte for byte but for what
// is not to be read: directives, comments and roles. Tables become those of
// Markdown.
var Format = extract.Format{
	Name: "reStructuredText", Types: []string{"text/x-rst", "text/prs.fallenstein.rst"}, Extensions: []string{".rst"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		text := string(body)
		r := restructuring{Writer: light.New(ctx, l, text)}
		for r.Rest != "" && r.Out.Err() == nil {
			r.read(r.Next())
		}
		r.end(0)
		return r.Extracted(text)
	},
}

// A restructuring makes light Markdown of reStructuredText. Its containers are
// the directives that are open: all end with their indentation.
type restructuring struct {
	light.Writer
	before  string // the line before, without white space around it
	literal bool   // a block of code follows, after "::"
	columns int    // in which it was announced
}

// Names of containers that hold no text.
const (
	codeBlock = "\x00code"
	leftOut   = "\x00out"
)

// end ends the container r.open[i] and those in it.
func (r *restructuring) end(i int) {
	for k := len(r.Open) - 1; k >= i; k-- {
		if r.Open[k].Name == codeBlock {
			r.Emit("```")
		}
		r.Close(k)
	}
}

// inside ends the containers that l does not belong to, and takes the
// indentation of the others off it.
func (r *restructuring) inside(l string) string {
	if light.IsBlankStart(l) {
		return l
	}
	for i := 0; i < len(r.Open); i++ {
		c := &r.Open[i]
		indent := light.Columns4(l)
		if c.Inner < 0 && indent > c.Indent {
			c.Inner = indent
		}
		if c.Inner < 0 || indent < c.Inner {
			r.end(i)
			break
		}
		l = light.Outdent(l, c.Inner)
	}
	return l
}

func (r *restructuring) read(l string) {
	inner := r.inside(l)
	if len(inner) != len(l) {
		r.Changed = true
	}
	l = inner
	t := strings.TrimSpace(l)
	before := r.before
	r.before = t
	name := ""
	if n := len(r.Open); n > 0 {
		name = r.Open[n-1].Name
	}
	switch {
	case name == leftOut:
		r.Changed = true
		return
	case t == "":
		r.Write(l)
		return
	case r.Option(t):
		return
	case name == codeBlock:
		r.Write(l)
		return
	case r.literal && light.Columns4(l) > r.columns:
		r.literal = false
		r.openCode(r.columns)
		r.read(l)
		return
	}
	r.literal = false
	switch {
	case strings.HasPrefix(t, ".. ") || t == ".." || strings.HasPrefix(t, "__ "):
		r.directive(t, light.Columns4(l))
	case light.IsGridBorder(t):
		r.Grid(t)
	case light.IsSimpleBorder(t):
		r.Simple(l)
	default:
		if before != "" && len(t) > 2 && strings.Trim(t, t[:1]) == "" && strings.IndexByte("=-~^\"'*+#`.", t[0]) >= 0 {
			r.Level = 3
			switch t[0] {
			case '=':
				r.Level = 1
			case '-':
				r.Level = 2
			}
		}
		r.text(l, t)
	}
}

func (r *restructuring) openCode(indent int) {
	r.Begin(light.Container{Form: light.Indented, Name: codeBlock, Indent: indent, Inner: -1}, "", "")
	r.Emit("```")
}

// text rewrites the roles of a line, and the mark of a block of code at its end.
func (r *restructuring) text(l, t string) {
	end := l[len(strings.TrimRight(l, " \t\r\n")):]
	line := strings.TrimSuffix(l, end)
	if strings.HasSuffix(t, "::") {
		r.literal, r.columns, r.Changed = true, light.Columns4(l), true
		if t == "::" {
			r.Emit("")
			return
		}
		line = strings.TrimRight(strings.TrimSuffix(line, "::"), " ") + ":"
	}
	if strings.IndexByte(line, '`') >= 0 {
		line = roles(line)
	}
	if line+end != l {
		r.Changed = true
	}
	r.Write(line + end)
}

// roles writes what a reader sees of the roles and links in a line: of
// :ref:`text <target>` the text, and of :func:`~a.b` the code.
func roles(line string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			break
		}
		if strings.HasPrefix(line[i:], "``") {
			n := light.CodeSpan(line[i:])
			b.WriteString(line[:i+n])
			line = line[i+n:]
			continue
		}
		end := strings.IndexByte(line[i+1:], '`')
		if end < 0 {
			break
		}
		before, inner, after := line[:i], line[i+1:i+1+end], line[i+end+2:]
		role := ""
		if k := strings.LastIndexByte(strings.TrimSuffix(before, ":"), ':'); strings.HasSuffix(before, ":") && k >= 0 && k < len(before)-1 && light.IsIdentifier(before[k+1:len(before)-1]) {
			for k > 0 && light.IsWordByte(before[k-1]) { // :py:func:
				if p := strings.LastIndexByte(before[:k], ':'); p >= 0 && light.IsIdentifier(before[p+1:k]) {
					k = p
				} else {
					break
				}
			}
			role, before = before[k:], before[:k]
		}
		isLink := role == "" && strings.HasPrefix(after, "_")
		switch k := strings.LastIndexByte(inner, '<'); {
		case (role != "" || isLink) && k > 0 && strings.HasSuffix(inner, ">"):
			inner = strings.TrimSpace(inner[:k])
		case strings.Contains(role, "ref") || strings.Contains(role, "doc") || strings.Contains(role, "term") || isLink:
		case role != "":
			inner = "`" + strings.TrimLeft(inner, "~!") + "`"
		default:
			inner = "`" + inner + "`"
		}
		if isLink {
			after = strings.TrimLeft(after, "_")
		}
		b.WriteString(before)
		b.WriteString(inner)
		line = after
	}
	b.WriteString(line)
	return b.String()
}

// These directives hold code, nothing to read, and a title.
var (
	restructuredCode  = extract.Words("code code-block sourcecode parsed-literal literalinclude highlight prompt math graphviz mermaid doctest testcode ipython")
	restructuredNone  = extract.Words("image toctree contents index include raw meta highlight currentmodule module automodule sectnum default-role role target-notes bibliography rst-class class")
	restructuredTitle = extract.Words("admonition topic sidebar tab tab-item group-tab dropdown details collapse card")
	restructuredFlow  = extract.Words(`note tip hint seealso warning caution danger important attention error todo tabs tab-set grid container only table list-table figure
		epigraph pull-quote compound rubric centered glossary`)
)

// directive rewrites a directive, a comment, a target or a footnote.
func (r *restructuring) directive(t string, indent int) {
	r.Changed = true
	rest := strings.TrimSpace(t[2:])
	name, argument, ok := strings.Cut(rest, "::")
	name, argument = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(argument)
	c := light.Container{Form: light.Indented, Name: "directive", Indent: indent, Inner: -1, Meta: true}
	switch {
	case strings.HasPrefix(rest, "["): // a footnote
		if _, text, closed := strings.Cut(rest, "] "); closed {
			r.Begin(c, "", "")
			r.Emit(roles(text))
		}
		return
	case !ok || !light.IsIdentifier(name) || restructuredNone[name]:
		c.Name = leftOut
		r.Begin(c, "", "")
		return
	case restructuredCode[name]:
		r.openCode(indent)
		r.Open[len(r.Open)-1].Meta = true
		return
	case restructuredTitle[name]:
		r.Begin(c, name, argument)
		return
	case strings.HasPrefix(name, "version") || name == "deprecated":
		version, text, _ := strings.Cut(argument, " ")
		r.Begin(c, "", map[string]string{"versionadded": "Added in version ", "deprecated": "Deprecated since version "}[name]+version)
		argument = text
	default:
		kind := ""
		if restructuredFlow[name] {
			kind = name
		}
		r.Begin(c, kind, "")
	}
	if argument != "" {
		r.Emit(roles(argument))
	}
}
