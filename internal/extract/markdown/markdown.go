package markdown

import (
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
	"multivac/internal/frontmatter"
)

// A rewriter turns marks that only the generator of a site understands into
// light Markdown: callouts, tabs, JSX, shortcodes and HTML. It reads a text once,
// line by line. Lines without such marks stay as they are, and so do code blocks
// and code within lines.
//
// A tab, an accordion or a callout with a title becomes a section. Its name is a
// heading one level below the heading above it, and an empty heading of that
// level ends it:
//
//	=== "Windows"          ### Windows
//	    Use the MSI.       Use the MSI.
//	                       ###
//
// So the name is context of its content only. In a list, a heading would end
// the list, so the name is a line in bold there.
type rewriter struct {
	light.Writer
	ends   ends   // the elements that are closed somewhere in the text
	fence  string // the mark of the open code block
	until  string // the mark that ends the current part, which is left out or kept as it is
	drop   bool   // the part is left out
	markup bool   // after a line of tags, up to a blank line: nothing there is code
	table  groups
	tabs   int // level of the headings that are docsify's tabs; -1 before the first, 0 outside
}

// rewrite rewrites text to light Markdown.
func rewrite(ctx context.Context, l extract.Limits, text string) *rewriter {
	_, start := frontmatter.Split(text)
	r := &rewriter{Writer: light.New(ctx, l, text[start:]), ends: findEnds(text)}
	for l := range strings.Lines(text[:start]) {
		r.Line++
		r.Write(l)
	}
	for r.Rest != "" && r.Out.Err() == nil {
		r.read(r.Next())
	}
	for len(r.Open) > 0 {
		r.Close(len(r.Open) - 1)
	}
	return r
}

// read reads a line and rewrites it.
func (r *rewriter) read(l string) {
	if r.until != "" {
		r.skip(l)
		return
	}
	inner := r.inside(l)
	if len(inner) != len(l) {
		r.Changed = true
	}
	l = inner
	t := strings.TrimSpace(l)
	switch {
	case r.fence != "":
		if isFenceEnd(t, r.fence) {
			r.fence = ""
		}
		r.Write(l)
		return
	case t == "":
		r.After, r.markup = false, false
		r.Write(l)
		return
	case r.Option(t):
		return
	}
	indent := light.Columns4(l)
	if !r.After && r.List && indent == 0 && !isItem(t) {
		r.List = false
	}
	r.List = r.List || isItem(t) && indent < 4
	switch isCode := indent >= 4 && !r.List && !r.After && !r.inElement(); {
	case isCode && r.markup:
		l, indent, r.Changed = strings.TrimLeft(l, " \t"), 0, true
	case isCode:
		r.Write(l)
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
	case c == '+' && light.IsGridBorder(t):
		r.Grid(t)
	case c == '@' && r.tabLine(t, "@tab"), c == '=' && r.tabLine(t, "=="):
	case isNoText(t):
		r.Emit("")
	case indent == 0 && isModuleLine(t):
		r.module(t)
	case c == '|' || r.table.row(t):
		if row, ok := r.table.fill(t); ok {
			l, r.Changed = row+"\n", true
		}
		r.content(l)
		return
	default:
		paragraph = true
		r.content(l)
	}
	r.table = groups{}
	r.After = paragraph && r.until == "" && !r.Blank
}

// inside ends the containers that l does not belong to. It removes the
// indentation of the others from l.
func (r *rewriter) inside(l string) string {
	t := strings.TrimSpace(l)
	for i := 0; i < len(r.Open); i++ {
		c := &r.Open[i]
		switch c.Form {
		case light.Indented:
			if t == "" {
				continue
			}
			if light.Columns4(l) < c.Inner {
				r.fence = ""
				r.Close(i)
				return l
			}
			l = light.Outdent(l, c.Inner-c.Keep)
		case light.Quotation:
			if t == "" || t[0] != '>' {
				r.Close(i)
				return l
			}
		case light.Tagged:
			if t == "" || r.fence != "" && c.Inner < 0 {
				continue
			}
			if c.Inner < 0 && !strings.HasPrefix(t, "</") {
				if c.Inner = light.Columns4(l); c.Inner <= c.Indent {
					c.Inner = 0
				}
			}
			l = light.Outdent(l, min(light.Columns4(l), max(c.Inner, 0)))
		}
	}
	return l
}

// inElement reports whether an element is open. Indented text in it is not
// code.
func (r *rewriter) inElement() bool {
	for i := range r.Open {
		if r.Open[i].Form == light.Tagged {
			return true
		}
	}
	return false
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

// openFence opens a code block, or a directive of MyST in the same form, and
// reports whether t is one.
func (r *rewriter) openFence(l, t string, indent int) bool {
	n := len(t) - len(strings.TrimLeft(t, t[:1]))
	if n < 3 || t[0] == '`' && strings.Contains(t[n:], "`") {
		return false
	}
	if r.endFence(t, n) {
		return true
	}
	if name, argument, ok := directive(strings.TrimSpace(t[n:])); ok && !codeDirectives[name] {
		r.Changed = true
		if noText[name] {
			r.until, r.drop = t[:n], true
			return true
		}
		r.Begin(light.Container{Form: light.Fenced, Name: t[:1], Size: n, Indent: indent, Meta: true}, name, argument)
		return true
	}
	r.fence = t[:n]
	r.Write(l)
	return true
}

// endFence ends the directive that t closes, a line of n marks.
func (r *rewriter) endFence(t string, n int) bool {
	if len(t) != n {
		return false
	}
	for i := len(r.Open) - 1; i >= 0; i-- {
		if c := r.Open[i]; c.Form == light.Fenced && c.Name == t[:1] && n >= c.Size {
			r.Close(i)
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
	if name = strings.TrimSpace(name); !ok || !light.IsIdentifier(name) {
		return "", "", false
	}
	return strings.ToLower(name), strings.TrimSpace(argument), true
}

// codeDirectives hold code. noText are directives without text to read.
var (
	codeDirectives = extract.Words("code code-block code-cell sourcecode literalinclude math mermaid parsed-literal prompt eval-rst csv-table graphviz plantuml")
	noText         = extract.Words("toctree image include contents index bibliography raw meta tableofcontents sectnum")
)

// heading notes the level of the heading t, and reports whether it is one. In a
// section, it makes the heading deeper than the section.
func (r *rewriter) heading(l, t string) bool {
	level := len(t) - len(strings.TrimLeft(t, "#"))
	if level > 6 || level < len(t) && t[level] != ' ' && t[level] != '\t' {
		return false
	}
	title := withoutAttributes(t[level:])
	deeper := level
	for i := range r.Open {
		if at := r.Open[i].Level; at > 0 && deeper <= at {
			deeper = min(at+1, 6)
		}
	}
	if r.tabs != 0 {
		if r.tabs < 0 {
			r.tabs = deeper
		}
	}
	r.Level, r.List = deeper, false
	if deeper != level || title != t[level:] {
		l = strings.Repeat("#", deeper) + title + "\n"
		r.Changed = true
	}
	r.content(l)
	return true
}

// withoutAttributes removes the attributes of Pandoc and kramdown from the end
// of a heading: "{#anchor .class}".
func withoutAttributes(t string) string {
	i := strings.LastIndexByte(t, '{')
	if i <= 0 || !strings.HasSuffix(t, "}") || len(t)-i < 3 || strings.IndexByte("#.:-", t[i+1]) < 0 {
		return t
	}
	return strings.TrimRight(t[:i], " \t")
}

// comment keeps an unfinished comment as it is, because the segmenter leaves it
// out. Docsify's tabs are between comments.
func (r *rewriter) comment(l, t string) bool {
	switch {
	case strings.HasPrefix(t, "<!-- tabs:start"):
		r.tabs = -1
	case strings.HasPrefix(t, "<!-- tabs:end") && r.tabs > 0:
		r.Emit(strings.Repeat("#", r.tabs))
		r.tabs = 0
		return true
	}
	i := strings.Index(t, "-->")
	if i >= 0 && i+len("-->") < len(t) {
		return false
	}
	r.Write(l)
	if i < 0 {
		r.until, r.drop = "-->", false
	}
	return true
}

// skip continues a part that ends at a mark.
func (r *rewriter) skip(l string) {
	t := strings.TrimSpace(l)
	switch isEnd := strings.Contains(l, r.until); {
	case r.drop:
		r.Changed = true
	case isEnd && r.until[0] == '{': // code in a shortcode
		r.Emit("```")
	default:
		r.Write(l)
	}
	isFence := r.until[0] == '`' || r.until[0] == '~'
	if isFence && isFenceEnd(t, r.until) || !isFence && strings.Contains(l, r.until) || r.until == blankLine && t == "" {
		r.until = ""
	}
}

// blankLine is the mark of a part that ends at a blank line.
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

// module leaves out a line of JSX, and a block that it opens, up to a blank
// line.
func (r *rewriter) module(t string) {
	r.Changed = true
	if strings.Count(t, "{")+strings.Count(t, "(")+strings.Count(t, "[") > strings.Count(t, "}")+strings.Count(t, ")")+strings.Count(t, "]") {
		r.until, r.drop = blankLine, true
	}
}

// isNoText reports whether t is a generator's mark without text to quote: a
// table of contents, or attributes.
func isNoText(t string) bool {
	switch strings.ToLower(t) {
	case "[toc]", "[[toc]]", "[[_toc_]]", "{{toc}}", "\\newpage", "\\pagebreak", "{:toc}", "{: toc}":
		return true
	}
	return strings.HasPrefix(t, "{:") && strings.HasSuffix(t, "}") || strings.HasPrefix(t, "{.") && strings.HasSuffix(t, "}")
}
