package extract

import (
	"strings"
)

// restructured is reStructuredText. It is kept byte for byte but for what is
// not to be read: directives, comments and roles. Tables become those of
// Markdown.
type restructured struct{}

func (restructured) MediaTypes() []string { return []string{"text/x-rst", "text/prs.fallenstein.rst"} }
func (restructured) Extensions() []string { return []string{".rst"} }

func (restructured) Extract(body []byte) (Extracted, error) {
	r := restructuring{rewriter: rewriter{rest: string(body), blank: true}}
	r.out.Grow(len(body))
	for r.rest != "" {
		r.read(r.next())
	}
	r.end(0)
	text, lines := string(body), []int(nil)
	if r.changed {
		text, lines = r.out.String(), r.lines
	}
	return Extracted{Title: heading(text), Text: text, Lines: lines}, nil
}

// A restructuring makes light Markdown of reStructuredText. Its containers are
// the directives that are open: all end with their indentation.
type restructuring struct {
	rewriter
	before  string // the line before, without white space around it
	literal bool   // a block of code follows, after "::"
	columns int    // in which it was announced
}

// What a container may be, besides one of text.
const (
	codeBlock = "\x00code"
	leftOut   = "\x00out"
)

// end ends the container r.open[i] and those in it.
func (r *restructuring) end(i int) {
	for k := len(r.open) - 1; k >= i; k-- {
		if r.open[k].name == codeBlock {
			r.emit("```")
		}
		r.close(k)
	}
}

// inside ends the containers that l does not belong to, and takes the
// indentation of the others off it.
func (r *restructuring) inside(l string) string {
	if isBlankStart(l) {
		return l
	}
	for i := 0; i < len(r.open); i++ {
		c := &r.open[i]
		indent := columns4(l)
		if c.inner < 0 && indent > c.indent {
			c.inner = indent
		}
		if c.inner < 0 || indent < c.inner {
			r.end(i)
			break
		}
		l = outdent(l, c.inner)
	}
	return l
}

func (r *restructuring) read(l string) {
	inner := r.inside(l)
	if len(inner) != len(l) {
		r.changed = true
	}
	l = inner
	t := strings.TrimSpace(l)
	before := r.before
	r.before = t
	name := ""
	if n := len(r.open); n > 0 {
		name = r.open[n-1].name
	}
	switch {
	case name == leftOut:
		r.changed = true
		return
	case t == "":
		r.write(l)
		return
	case r.option(t):
		return
	case name == codeBlock:
		r.write(l)
		return
	case r.literal && columns4(l) > r.columns:
		r.literal = false
		r.openCode(r.columns)
		r.read(l)
		return
	}
	r.literal = false
	switch {
	case strings.HasPrefix(t, ".. ") || t == ".." || strings.HasPrefix(t, "__ "):
		r.directive(t, columns4(l))
	case isGridBorder(t):
		r.grid(t)
	case isSimpleBorder(t):
		r.simple(l)
	default:
		if before != "" && len(t) > 2 && strings.Trim(t, t[:1]) == "" && strings.IndexByte("=-~^\"'*+#`.", t[0]) >= 0 {
			r.level = 3
			switch t[0] {
			case '=':
				r.level = 1
			case '-':
				r.level = 2
			}
		}
		r.text(l, t)
	}
}

func (r *restructuring) openCode(indent int) {
	r.begin(container{form: indented, name: codeBlock, indent: indent, inner: -1}, "", "")
	r.emit("```")
}

// text rewrites the roles of a line, and the mark of a block of code at its end.
func (r *restructuring) text(l, t string) {
	end := l[len(strings.TrimRight(l, " \t\r\n")):]
	line := strings.TrimSuffix(l, end)
	if strings.HasSuffix(t, "::") {
		r.literal, r.columns, r.changed = true, columns4(l), true
		if t == "::" {
			r.emit("")
			return
		}
		line = strings.TrimRight(strings.TrimSuffix(line, "::"), " ") + ":"
	}
	if strings.IndexByte(line, '`') >= 0 {
		line = roles(line)
	}
	if line+end != l {
		r.changed = true
	}
	r.write(line + end)
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
			n := codeSpan(line[i:])
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
		if k := strings.LastIndexByte(strings.TrimSuffix(before, ":"), ':'); strings.HasSuffix(before, ":") && k >= 0 && k < len(before)-1 && isIdentifier(before[k+1:len(before)-1]) {
			for k > 0 && isWordByte(before[k-1]) { // :py:func:
				if p := strings.LastIndexByte(before[:k], ':'); p >= 0 && isIdentifier(before[p+1:k]) {
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
	restructuredCode  = set("code code-block sourcecode parsed-literal literalinclude highlight prompt math graphviz mermaid doctest testcode ipython")
	restructuredNone  = set("image toctree contents index include raw meta highlight currentmodule module automodule sectnum default-role role target-notes bibliography rst-class class")
	restructuredTitle = set("admonition topic sidebar tab tab-item group-tab dropdown details collapse card")
	restructuredFlow  = set(`note tip hint seealso warning caution danger important attention error todo tabs tab-set grid container only table list-table figure
		epigraph pull-quote compound rubric centered glossary`)
)

// directive rewrites a directive, a comment, a target or a footnote.
func (r *restructuring) directive(t string, indent int) {
	r.changed = true
	rest := strings.TrimSpace(t[2:])
	name, argument, ok := strings.Cut(rest, "::")
	name, argument = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(argument)
	c := container{form: indented, name: "directive", indent: indent, inner: -1, meta: true}
	switch {
	case strings.HasPrefix(rest, "["): // a footnote
		if _, text, closed := strings.Cut(rest, "] "); closed {
			r.begin(c, "", "")
			r.emit(roles(text))
		}
		return
	case !ok || !isIdentifier(name) || restructuredNone[name]:
		c.name = leftOut
		r.begin(c, "", "")
		return
	case restructuredCode[name]:
		r.openCode(indent)
		r.open[len(r.open)-1].meta = true
		return
	case restructuredTitle[name]:
		r.begin(c, name, argument)
		return
	case strings.HasPrefix(name, "version") || name == "deprecated":
		version, text, _ := strings.Cut(argument, " ")
		r.begin(c, "", map[string]string{"versionadded": "Added in version ", "deprecated": "Deprecated since version "}[name]+version)
		argument = text
	default:
		kind := ""
		if restructuredFlow[name] {
			kind = name
		}
		r.begin(c, kind, "")
	}
	if argument != "" {
		r.emit(roles(argument))
	}
}
