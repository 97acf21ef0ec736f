// Package asciidoc reads AsciiDoc.
package asciidoc

import (
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// Format is AsciiDoc. What a reader of the page sees becomes light Markdown.
// Attributes are those that the file itself sets, and conditions are those of a
// page in HTML. No other file is read.
var Format = extract.Format{
	Name: "AsciiDoc", Types: []string{"text/asciidoc", "text/x-asciidoc"}, Extensions: []string{".adoc", ".asciidoc"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		r := newReader(light.NewPage(ctx, l, string(body)))
		r.survey(r.Rest)
		for r.Out.Err() == nil {
			l, ok := r.next()
			if !ok {
				break
			}
			r.read(l)
		}
		r.closeTo(0)
		return r.Finish(r.title)
	},
}

// A reader makes light Markdown of a file.
type reader struct {
	light.Page
	attributes
	titles map[string]string // of sections and blocks, by their ids
	title  string
	header bool   // the lines below the title, up to a blank one
	held   string // a line that is read again
	holds  bool

	para   light.Block // the paragraph or item that is open
	as     properties  // what its attributes say
	isCode bool        // it is literal
	item   bool        // it is an item
	term   string      // the term of the item
	mark   string

	upcoming properties // of the next block
	lists    []list     // that are open in the innermost block
	base     int        // items that the open blocks stand in
	blank    bool       // the line before is blank
	attached bool       // the line before attaches the next block to the open item
	blocks   []block    // that are open, the innermost last
}

// A list is a list that is open.
type list struct {
	key    string // of its marks
	number int    // of the last item
}

// A block is a block between two lines that are the same.
type block struct {
	delimiter string
	lists     []list // that were open around it
	open      int    // containers around it
	as        properties
}

func newReader(p light.Page) *reader {
	return &reader{Page: p, attributes: newAttributes(), titles: map[string]string{}}
}

func (r *reader) read(l string) {
	t := strings.TrimSpace(l)
	wasBlank := r.blank
	r.blank = t == ""
	switch {
	case t == "":
		r.header = false
		r.flush()
	case strings.HasPrefix(l, "//") && !strings.HasPrefix(l, "///"):
	case r.header && !r.isEntry(t):
		r.Paragraph(r.inline(t, r.Line), []int{r.Line})
	case r.endsBlock(l):
	case !r.para.Empty() && r.isUnderline(t):
	case !r.para.Empty() && !r.interrupts(l, t):
		r.addTo(l, t)
	default:
		r.flush()
		r.begin(l, t, wasBlank)
	}
}

// addTo adds a line to the paragraph that is open.
func (r *reader) addTo(l, t string) {
	if r.isCode {
		t = l
	}
	r.para.Add(t, r.Line)
}

// interrupts reports whether a line ends the paragraph above it.
func (r *reader) interrupts(l, t string) bool {
	if _, _, ok := delimiter(l); ok || isProperties(l) {
		return true
	}
	if r.isCode || len(r.lists) == 0 && !r.item {
		return false
	}
	_, isItem := itemOf(t)
	return t == "+" || isItem
}

// begin reads the line that begins something.
func (r *reader) begin(l, t string, wasBlank bool) {
	if r.setting(l, t) {
		return
	}
	if kind, mark, ok := delimiter(l); ok {
		r.leaveList()
		r.openBlock(kind, mark, strings.TrimSpace(l))
		return
	}
	level, heading := section(l)
	it, isItem := itemOf(t)
	switch {
	case level > 0 && !r.attached:
		r.section(level, heading)
	case isRule(t):
		r.leaveList()
	case t == "+" && len(r.lists) > 0:
		r.attached = true
	case isItem:
		r.openItem(it)
	case r.blockMacro(t):
	case r.item && r.para.Empty(): // the text of a term
		r.para.Add(t, r.Line)
	case light.IsSpace(l[0]) && r.upcoming.style == "":
		if !wasBlank {
			r.leaveList()
		}
		r.startParagraph(l, true)
	default:
		r.leaveList()
		r.startParagraph(t, isCode[r.upcoming.style])
	}
}

// setting reads the lines that say something of what follows, and reports
// whether it is one.
func (r *reader) setting(l, t string) bool {
	switch {
	case isProperties(l):
		if !r.attached && r.blank {
			r.endLists()
		}
		r.upcoming.read(t[1 : len(t)-1])
	case len(t) > 2 && l[0] == '.' && t[1] != '.' && t[1] != ' ':
		r.upcoming.title = t[1:]
	case r.isEntry(t):
		r.entry(t)
	default:
		return false
	}
	return true
}

// startParagraph opens a paragraph.
func (r *reader) startParagraph(t string, code bool) {
	r.as, r.upcoming = r.upcoming, properties{}
	r.isCode = code
	if !code {
		if kind, rest, ok := strings.Cut(t, ": "); ok && admonitions[kind] {
			r.as.style, t = kind, rest
		}
	}
	r.para.Add(t, r.Line)
}

// admonitions are the paragraphs and blocks that have a kind.
var admonitions = extract.Words("NOTE TIP IMPORTANT WARNING CAUTION")

// isCode are the styles of paragraphs and blocks whose lines are kept.
var isCode = extract.Words("source listing literal stem latexmath asciimath")

// flush writes the paragraph or item that is open. A term without a text stays
// open.
func (r *reader) flush() {
	if r.para.Empty() {
		return
	}
	if r.item {
		r.writeItem()
		return
	}
	line := r.para.Line()
	as, code := r.as, r.isCode
	r.as, r.isCode = properties{}, false
	if code {
		r.writeTitle(as.title, line)
		r.Code(as.language, &r.para)
		return
	}
	t, at := r.para.Take()
	if as.style == "comment" {
		return
	}
	n := len(r.Open)
	named := as.title != "" || admonitions[as.style]
	if named {
		r.Begin(light.Container{Form: light.Tagged, Indent: r.Inner()}, strings.ToLower(as.style), r.inline(as.title, line))
	}
	r.Paragraph(r.inline(t, line), at)
	r.attribute(as, line)
	if named && len(r.Open) > n {
		r.Close(n)
	}
}

// attribute writes whom a quotation is from.
func (r *reader) attribute(as properties, line int) {
	if (as.style == "quote" || as.style == "verse") && as.by != "" {
		r.Paragraph("— "+r.inline(as.by, line), []int{line})
	}
}

// writeTitle writes the title of a block that has no section of its own.
func (r *reader) writeTitle(t string, line int) {
	if t != "" {
		r.Paragraph(r.inline(t, line), []int{line})
	}
}

// section begins a section.
func (r *reader) section(level int, t string) {
	r.closeTo(0)
	r.upcoming = properties{}
	if level == 1 && r.title == "" && r.Out.Len() == 0 {
		r.header = true
		r.title = extract.OneLine(r.inline(t, r.Line))
		r.values["doctitle"] = r.title
	}
	r.Heading(level, r.inline(t, r.Line), r.Line)
}

// section returns the level and text of the heading that l is, or 0.
func section(l string) (int, string) {
	if l == "" || l[0] != '=' && l[0] != '#' {
		return 0, ""
	}
	n := len(l) - len(strings.TrimLeft(l, l[:1]))
	if n > 6 || n == len(l) || l[n] != ' ' {
		return 0, ""
	}
	return n, strings.TrimSpace(strings.TrimRight(l[n:], " "))
}

// isUnderline reads a heading with a line below it, and reports whether t is
// that line.
func (r *reader) isUnderline(t string) bool {
	if r.isCode || r.item || len(t) < 2 || strings.Trim(t, t[:1]) != "" {
		return false
	}
	level := 1 + strings.IndexByte("=-~^+", t[0])
	text := r.para.Text()
	if level == 0 || strings.Contains(text, "\n") || abs(len([]rune(text))-len(t)) > 1 {
		return false
	}
	line := r.Line
	r.Line = r.para.Line()
	r.para.Take()
	r.as = properties{}
	r.section(level, text)
	r.Line = line
	return true
}

func abs(n int) int { return max(n, -n) }

// isRule reports whether t is a rule or the end of a page.
func isRule(t string) bool {
	switch t {
	case "'''", "---", "- - -", "***", "* * *", "<<<":
		return true
	}
	return len(t) > 3 && (strings.Trim(t, "'") == "" || strings.Trim(t, "<") == "")
}

// unseen are the macros of what has no text.
var unseen = extract.Words("image video audio toc icon")

// blockMacro reads a macro that has a line of its own, and reports whether t is
// one that has no text of its own.
func (r *reader) blockMacro(t string) bool {
	name, rest, ok := strings.Cut(t, "::")
	if !ok || !unseen[name] || !strings.HasSuffix(rest, "]") || strings.HasPrefix(rest, " ") {
		return false
	}
	r.leaveList()
	r.writeTitle(r.upcoming.title, r.Line)
	r.upcoming = properties{}
	return true
}
