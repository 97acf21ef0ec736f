package extract

import (
	"strings"

	"multivac/internal/frontmatter"
)

// A rewriter makes light Markdown of what only the generator of a site
// understands: callouts, tabs, JSX, shortcodes and HTML. It goes through a text
// once, line by line. Lines without such things stay as they are, and so do
// code blocks and code in a line.
//
// What has a name of its own, such as a tab, a callout with a title or an
// accordion, becomes a section: its name is a heading one level below the one
// it stands under, and an empty heading of that level ends it. So the heading
// is context of all that it holds, and of nothing after it. In a list, where a
// heading would end the list, the name is a line in bold.
type rewriter struct {
	rest string // what has not been read yet
	line int    // of the line that is being read, from 1

	out     strings.Builder
	lines   []int
	changed bool
	blank   bool // the last line written was blank

	ends   ends        // what is closed somewhere in the text
	open   []container // outermost first
	level  int         // of the heading above
	fence  string      // the mark of the code block that is open
	until  string      // the mark that ends what is left out, or kept as it is
	drop   bool        // leave it out
	list   bool        // in a list
	after  bool        // the line before is part of a paragraph
	markup bool        // after a line of tags, up to a blank one: nothing there is code
	table  groups
	tabs   int // level of the headings that are docsify's tabs; -1 before the first, 0 outside
}

// A container is a callout, a tab or an element that is open.
type container struct {
	form   form
	name   string
	size   int      // marks, of fences and colons
	indent int      // of the line that opened it
	inner  int      // columns that its content is set in; -1 until that is known
	keep   int      // columns of its indentation that belong to a list around it
	level  int      // of the heading that names it, 0 where there is none
	outer  int      // level of the heading above it
	names  []string // of the tabs in it that have not begun
	meta   bool     // only options have been read
}

// A form says how a container ends.
type form int

const (
	indented  form = iota // with its indentation
	colons                // at :::
	fenced                // at its fence
	quotation             // with its quotation
	tagged                // at its end tag
	shortcode             // at its closing shortcode
)

// maxOpen is how deep containers are told apart.
const maxOpen = 32

// rewrite returns Markdown as light Markdown, and the line of body on which
// each of its lines began, nil where nothing changed.
func rewrite(text string) (string, []int) {
	_, start := frontmatter.Split(text)
	r := rewriter{rest: text[start:], ends: findEnds(text), blank: true}
	r.out.Grow(len(text))
	for l := range strings.Lines(text[:start]) {
		r.line++
		r.write(l)
	}
	for r.rest != "" {
		r.read(r.next())
	}
	for len(r.open) > 0 {
		r.close(len(r.open) - 1)
	}
	if !r.changed {
		return text, nil
	}
	return r.out.String(), r.lines
}

// next takes the next line, with its line end.
func (r *rewriter) next() string {
	l := peekLine(r.rest)
	r.rest = r.rest[len(l):]
	r.line++
	return l
}

// write writes a line as it is.
func (r *rewriter) write(l string) {
	r.out.WriteString(l)
	if !strings.HasSuffix(l, "\n") {
		r.out.WriteByte('\n')
	}
	r.lines = append(r.lines, r.line)
	r.blank = strings.TrimSpace(l) == ""
}

// emit writes a line that is not as it was.
func (r *rewriter) emit(l string) {
	r.changed = true
	if strings.TrimSpace(l) == "" {
		if !r.blank {
			r.write("")
		}
		return
	}
	r.write(l)
}

// read reads a line and rewrites it.
func (r *rewriter) read(l string) {
	if r.until != "" {
		r.skip(l)
		return
	}
	inner := r.inside(l)
	if len(inner) != len(l) {
		r.changed = true
	}
	l = inner
	t := strings.TrimSpace(l)
	switch {
	case r.fence != "":
		if isFenceEnd(t, r.fence) {
			r.fence = ""
		}
		r.write(l)
		return
	case t == "":
		r.after, r.markup = false, false
		r.write(l)
		return
	case r.option(t):
		return
	}
	indent := columns4(l)
	if !r.after && r.list && indent == 0 && !isItem(t) {
		r.list = false
	}
	r.list = r.list || isItem(t) && indent < 4
	switch isCode := indent >= 4 && !r.list && !r.after && !r.inElement(); {
	case isCode && r.markup:
		l, indent, r.changed = strings.TrimLeft(l, " \t"), 0, true
	case isCode:
		r.write(l)
		return
	}
	r.block(l, t, indent)
}

// block rewrites a line that is neither blank nor code.
func (r *rewriter) block(l, t string, indent int) {
	paragraph := false
	switch c := t[0]; {
	case (c == '`' || c == '~') && r.openFence(l, t, indent):
	case c == '#' && r.heading(l, t):
	case c == '<' && strings.HasPrefix(t, "<!--") && r.comment(l, t):
	case c == ':' && r.colons(t, indent):
	case (c == '!' || c == '?' || c == '=') && r.indented(t, indent):
	case c == '>' && r.quotation(l, t):
	case c == '+' && isGridBorder(t):
		r.grid(t)
	case c == '@' && r.tabLine(t, "@tab"), c == '=' && r.tabLine(t, "=="):
	case isNoText(t):
		r.emit("")
	case indent == 0 && isModuleLine(t):
		r.module(t)
	case c == '|' || r.table.row(t):
		if row, ok := r.table.fill(t); ok {
			l, r.changed = row+"\n", true
		}
		r.content(l)
		return
	default:
		paragraph = true
		r.content(l)
	}
	r.table = groups{}
	r.after = paragraph && r.until == "" && !r.blank
}

// inside ends the containers that l does not belong to any more, and takes the
// indentation of the others off it.
func (r *rewriter) inside(l string) string {
	t := strings.TrimSpace(l)
	for i := 0; i < len(r.open); i++ {
		c := &r.open[i]
		switch c.form {
		case indented:
			if t == "" {
				continue
			}
			if columns4(l) < c.inner {
				r.fence = ""
				r.close(i)
				return l
			}
			l = outdent(l, c.inner-c.keep)
		case quotation:
			if t == "" || t[0] != '>' {
				r.close(i)
				return l
			}
		case tagged:
			if t == "" || r.fence != "" && c.inner < 0 {
				continue
			}
			if c.inner < 0 && !strings.HasPrefix(t, "</") {
				if c.inner = columns4(l); c.inner <= c.indent {
					c.inner = 0
				}
			}
			l = outdent(l, min(columns4(l), max(c.inner, 0)))
		}
	}
	return l
}

// inElement reports whether an element is open: what is set in there is no code.
func (r *rewriter) inElement() bool {
	for i := range r.open {
		if r.open[i].form == tagged {
			return true
		}
	}
	return false
}

// columns4 returns how many columns l is set in.
func columns4(l string) int {
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

// outdent takes n columns of white space off l.
func outdent(l string, n int) string {
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

// isItem reports whether t begins a list item.
func isItem(t string) bool {
	i := 0
	switch {
	case strings.IndexByte("-*+", t[0]) >= 0:
		i = 1
	default:
		for i < len(t) && i < 9 && t[i] >= '0' && t[i] <= '9' {
			i++
		}
		if i == 0 || i == len(t) || t[i] != '.' && t[i] != ')' {
			return false
		}
		i++
	}
	return i < len(t) && (t[i] == ' ' || t[i] == '\t')
}

// openFence opens a code block, or the directive of MyST that is written like
// one, and reports whether t is one.
func (r *rewriter) openFence(l, t string, indent int) bool {
	n := len(t) - len(strings.TrimLeft(t, t[:1]))
	if n < 3 || t[0] == '`' && strings.Contains(t[n:], "`") {
		return false
	}
	if r.endFence(t, n) {
		return true
	}
	if name, argument, ok := directive(strings.TrimSpace(t[n:])); ok && !codeDirectives[name] {
		r.changed = true
		if noText[name] {
			r.until, r.drop = t[:n], true
			return true
		}
		r.begin(container{form: fenced, name: t[:1], size: n, indent: indent, meta: true}, name, argument)
		return true
	}
	r.fence = t[:n]
	r.write(l)
	return true
}

// endFence ends the directive that t, n marks, is the end of.
func (r *rewriter) endFence(t string, n int) bool {
	if len(t) != n {
		return false
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		if c := r.open[i]; c.form == fenced && c.name == t[:1] && n >= c.size {
			r.close(i)
			return true
		}
	}
	return false
}

func isFenceEnd(t, fence string) bool {
	return len(t) >= len(fence) && strings.Trim(t, fence[:1]) == ""
}

// directive reads what follows the marks of a directive of MyST: "{note} Title".
func directive(t string) (name, argument string, ok bool) {
	if !strings.HasPrefix(t, "{") {
		return "", "", false
	}
	name, argument, ok = strings.Cut(t[1:], "}")
	if name = strings.TrimSpace(name); !ok || !isIdentifier(name) {
		return "", "", false
	}
	return strings.ToLower(name), strings.TrimSpace(argument), true
}

// isIdentifier reports whether t is a name of letters, digits and - _ : .
func isIdentifier(t string) bool {
	for i := range len(t) {
		c := t[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && (c >= '0' && c <= '9' || strings.IndexByte("-_:.", c) >= 0)) {
			return false
		}
	}
	return t != ""
}

// codeDirectives hold code; noText are those that hold nothing to read.
var (
	codeDirectives = set("code code-block code-cell sourcecode literalinclude math mermaid parsed-literal prompt eval-rst csv-table graphviz plantuml")
	noText         = set("toctree image include contents index bibliography raw meta tableofcontents sectnum")
)

// option leaves out the options at the beginning of a directive, ":name: value",
// and reports whether t is one.
func (r *rewriter) option(t string) bool {
	if len(r.open) == 0 {
		return false
	}
	c := &r.open[len(r.open)-1]
	if !c.meta {
		return false
	}
	name, _, ok := strings.Cut(t[1:], ":")
	c.meta = t[0] == ':' && ok && isIdentifier(name)
	return c.meta
}

// heading keeps the level of the heading t, and reports whether it is one. In
// a section it is made deeper than the section.
func (r *rewriter) heading(l, t string) bool {
	level := len(t) - len(strings.TrimLeft(t, "#"))
	if level > 6 || level < len(t) && t[level] != ' ' && t[level] != '\t' {
		return false
	}
	title := withoutAttributes(t[level:])
	deeper := level
	for i := range r.open {
		if at := r.open[i].level; at > 0 && deeper <= at {
			deeper = min(at+1, 6)
		}
	}
	if r.tabs != 0 {
		if r.tabs < 0 {
			r.tabs = deeper
		}
	}
	r.level, r.list = deeper, false
	if deeper != level || title != t[level:] {
		l = strings.Repeat("#", deeper) + title + "\n"
		r.changed = true
	}
	r.content(l)
	return true
}

// withoutAttributes takes the attributes of Pandoc and kramdown off the end of
// a heading: "{#anchor .class}".
func withoutAttributes(t string) string {
	i := strings.LastIndexByte(t, '{')
	if i <= 0 || !strings.HasSuffix(t, "}") || len(t)-i < 3 || strings.IndexByte("#.:-", t[i+1]) < 0 {
		return t
	}
	return strings.TrimRight(t[:i], " \t")
}

// comment keeps a comment that goes on as it is; the segmenter leaves it out.
// Docsify's tabs stand between comments.
func (r *rewriter) comment(l, t string) bool {
	switch {
	case strings.HasPrefix(t, "<!-- tabs:start"):
		r.tabs = -1
	case strings.HasPrefix(t, "<!-- tabs:end") && r.tabs > 0:
		r.emit(strings.Repeat("#", r.tabs))
		r.tabs = 0
		return true
	}
	i := strings.Index(t, "-->")
	if i >= 0 && i+len("-->") < len(t) {
		return false
	}
	r.write(l)
	if i < 0 {
		r.until, r.drop = "-->", false
	}
	return true
}

// skip goes on with what ends at a mark.
func (r *rewriter) skip(l string) {
	t := strings.TrimSpace(l)
	switch isEnd := strings.Contains(l, r.until); {
	case r.drop:
		r.changed = true
	case isEnd && r.until[0] == '{': // of code in a shortcode
		r.emit("```")
	default:
		r.write(l)
	}
	isFence := r.until[0] == '`' || r.until[0] == '~'
	if isFence && isFenceEnd(t, r.until) || !isFence && strings.Contains(l, r.until) || r.until == blankLine && t == "" {
		r.until = ""
	}
}

// blankLine is the mark of what ends at a blank line.
const blankLine = "\n\n"

// isModuleLine reports whether t imports or exports something in JSX.
func isModuleLine(t string) bool {
	switch {
	case strings.HasPrefix(t, "import "):
		return isImport(t)
	case strings.HasPrefix(t, "export "):
		word, _, _ := strings.Cut(t[len("export "):], " ")
		return word == "default" || word == "const" || word == "let" || word == "function" || strings.HasPrefix(word, "{")
	}
	return false
}

func isImport(t string) bool {
	t = strings.TrimRight(t, "; ")
	quoted := len(t) > 0 && (t[len(t)-1] == '"' || t[len(t)-1] == '\'')
	name := strings.TrimLeft(t[len("import "):], " ")
	return quoted && (strings.Contains(t, " from ") || strings.IndexByte(`"'`, name[0]) >= 0) || name == "{"
}

// module leaves out a line of JSX, and what it opens up to a blank line.
func (r *rewriter) module(t string) {
	r.changed = true
	if strings.Count(t, "{")+strings.Count(t, "(")+strings.Count(t, "[") > strings.Count(t, "}")+strings.Count(t, ")")+strings.Count(t, "]") {
		r.until, r.drop = blankLine, true
	}
}

// isNoText reports whether t is a mark of a generator that stands for nothing
// that could be quoted: a table of contents, or attributes.
func isNoText(t string) bool {
	switch strings.ToLower(t) {
	case "[toc]", "[[toc]]", "[[_toc_]]", "{{toc}}", "\\newpage", "\\pagebreak", "{:toc}", "{: toc}":
		return true
	}
	return strings.HasPrefix(t, "{:") && strings.HasSuffix(t, "}") || strings.HasPrefix(t, "{.") && strings.HasSuffix(t, "}")
}
