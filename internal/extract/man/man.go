// Package man reads the pages of manuals: roff with the macros of man or mdoc.
package man

import (
	"context"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/light"
	"multivac/internal/extract/plain"
)

// Format is a page of a manual. Sections become headings, paragraphs with tags
// items, tables those of Markdown, and text that is not filled code. A file that
// only has the name of a page, such as syslog.1, is plain text.
var Format = extract.Format{
	Name: "man page", Types: []string{"text/troff", "application/x-troff-man", "application/x-troff"},
	Extensions: []string{".man", ".1", ".2", ".3", ".4", ".5", ".6", ".7", ".8", ".9", ".mdoc"}, Text: true,
	Begins: begins,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		text := string(body)
		if !isPage(text) {
			return plain.Format.Extract(ctx, body, l)
		}
		r := newReader(light.NewPage(ctx, l, text))
		for r.Out.Err() == nil {
			l, ok := r.next()
			if !ok {
				break
			}
			r.read(l)
		}
		r.endLists()
		if r.Out.Len() == 0 && r.source != "" && r.Out.Err() == nil {
			return extract.Extracted{}, multivac.Errorf(extract.ErrNoText, "tell "+multivac.Clip(r.source, 80), "it only leads to another page")
		}
		return r.Finish(r.title)
	},
}

// sections are the macros that only pages of manuals have.
var sections = extract.Words("TH SH SS Dd Dt Sh Ss so")

// isPage reports whether any line is a macro of a page.
func isPage(text string) bool {
	for l := range strings.Lines(text) {
		if name, _, ok := control(strings.TrimRight(l, "\r\n")); ok && sections[name] {
			return true
		}
	}
	return false
}

// firsts are the macros and requests that pages begin with.
var firsts = extract.Words("TH SH Dd Dt Os Sh so de ds ie if nr ig hy nh ad mso als tr")

// begins reports whether a file begins with a macro of a page, or with a
// comment of roff.
func begins(head []byte) bool {
	for l := range strings.Lines(strings.TrimPrefix(string(head), extract.BOM)) {
		t := strings.TrimSpace(l)
		switch name, rest, ok := control(t); {
		case strings.HasPrefix(t, `.\"`) || strings.HasPrefix(t, `'\"`):
			return true
		case t == "" || t == ".":
		default:
			return ok && firsts[name] && rest != ""
		}
	}
	return false
}

// control returns the macro that l calls, and the rest of the line.
func control(l string) (name, rest string, ok bool) {
	if l == "" || l[0] != '.' && l[0] != '\'' {
		return "", "", false
	}
	l = strings.TrimLeft(l[1:], " \t")
	end := strings.IndexAny(l, " \t\\")
	if end < 0 {
		end = len(l)
	}
	return l[:end], strings.TrimLeft(l[end:], " \t"), true
}

// A reader makes light Markdown of a page.
type reader struct {
	light.Page
	title   string
	source  string // the page that this one leads to
	strings map[string]string
	numbers map[string]register

	translated map[string]string   // what is written for characters with names
	macros     map[string][]string // that the page defines
	pending    []string            // lines of macros that the page defines, the next one last; behind each macro its name
	active     map[string]bool     // macros whose lines are being read
	elses      []bool              // whether the else of a condition is read, the innermost last

	para    light.Block
	glue    bool // what follows is not set apart from what was read before
	heading int  // the level of a heading whose text is in the next line
	code    bool // lines are not filled
	lines   light.Block

	levels []level // the outermost first
	deeper int     // levels that are too deep to be told apart
	item   bool    // an item is open that nothing was written of
	mark   string  // its mark
	tag    string  // its term
	head   bool    // its term is in the next line
	link   string  // the address of a link whose text is being read
	linked int     // bytes of text before the link

	mdoc
}

// A level is text that is set in, or a list of mdoc.
type level struct {
	item   bool   // an item is open
	kind   string // of the list: "-tag", "-bullet"; empty outside mdoc
	number int    // of the last item
}

func newReader(p light.Page) *reader {
	return &reader{Page: p, levels: make([]level, 1), numbers: map[string]register{}, translated: map[string]string{}, macros: map[string][]string{}, active: map[string]bool{},
		strings: map[string]string{"R": "®", "Tm": "™", "lq": "“", "rq": "”", "Lt": "<", "Gt": ">", "Le": "≤", "Ge": "≥", "Ne": "≠", "Am": "&", "Ba": "|", "Pm": "±", "q": `"`, "Lq": "“", "Rq": "”", "aa": "´", "ga": "`", "Na": "NaN", "If": "∞", "Pi": "π"}}
}

// next returns the next line, with those that it is continued in.
func (r *reader) next() (string, bool) {
	var all strings.Builder
	for {
		l, ok := r.line()
		if !ok {
			return all.String(), all.Len() > 0
		}
		l = withoutComment(l)
		n := len(l) - len(strings.TrimRight(l, `\`))
		if n%2 == 0 {
			if all.Len() == 0 {
				return l, true
			}
			all.WriteString(l)
			return all.String(), true
		}
		all.WriteString(l[:len(l)-1])
	}
}

// line returns the next line of the file, or of a macro.
func (r *reader) line() (string, bool) {
	for len(r.pending) > 0 {
		n := len(r.pending) - 1
		l := r.pending[n]
		r.pending = r.pending[:n]
		name, ends := strings.CutPrefix(l, noSpace)
		if !ends {
			return l, true
		}
		delete(r.active, name)
	}
	if r.Rest == "" {
		return "", false
	}
	return strings.TrimRight(r.Next(), "\r\n"), true
}

// withoutComment returns l without the comment at its end.
func withoutComment(l string) string {
	for i := 0; i+1 < len(l); i++ {
		if l[i] != '\\' {
			continue
		}
		if l[i+1] == '"' || l[i+1] == '#' {
			if i == 0 {
				return "." // a line of its own says nothing
			}
			return l[:i]
		}
		i++
	}
	return l
}

func (r *reader) read(l string) {
	name, rest, ok := control(l)
	for ok && (name == "if" || name == "ie" || name == "el") {
		if l, ok = r.condition(name, rest); !ok {
			return
		}
		name, rest, ok = control(l)
	}
	switch {
	case !ok:
		r.text(l)
	case name == "" || r.request(name, rest):
	case r.macro(name, rest) || r.mdocMacro(name, rest):
	default:
		r.expand(name, rest)
	}
}

// text reads a line of text.
func (r *reader) text(l string) {
	l = strings.TrimSuffix(strings.ReplaceAll(l, `\}`, ""), `\{`)
	if l != "" && !r.code && light.IsSpace(l[0]) && !r.glue {
		r.flush()
	}
	if l == "" && !r.code {
		r.flush()
		return
	}
	r.glue = r.glue || r.unspaced && r.begun
	r.add(r.escaped(l))
	r.begun = r.unspaced
}

// add adds text to what is being read.
func (r *reader) add(t string) {
	glue := r.glue || strings.HasPrefix(t, noSpace)
	t, r.glue = strings.CutSuffix(t, noSpace)
	t = strings.ReplaceAll(t, noSpace, "")
	switch {
	case r.heading > 0:
		level := r.heading
		r.heading = 0
		r.Heading(level, t, r.Line)
	case r.head:
		r.tag += t
		if r.head = r.glue || r.open > 0; r.head && !r.glue {
			r.tag += " "
		}
	case r.code && glue:
		r.lines.Join(t, r.Line)
	case r.code:
		r.lines.Add(t, r.Line)
	case glue:
		r.para.Join(t, r.Line)
	case t == "":
	case r.para.Empty() || strings.IndexByte(".!?", r.para.Last()) >= 0:
		r.para.Add(t, r.Line)
	default: // a sentence goes on, of which each word in another font has a line
		r.para.Join(" "+t, r.Line)
	}
}

// depth returns how deep an item of the innermost level is.
func (r *reader) depth() int {
	n := 0
	for _, l := range r.levels[:len(r.levels)-1] {
		if l.item {
			n++
		}
	}
	return n
}

// inside sets what follows in the item that is open, if any.
func (r *reader) inside() {
	n := r.depth()
	if r.levels[len(r.levels)-1].item {
		n++
	}
	r.Inside(n)
}

// flush writes the paragraph that is open. A term without a text stays open.
func (r *reader) flush() {
	if r.lines.Empty() && r.para.Empty() || r.head {
		return
	}
	r.glue = false
	if !r.lines.Empty() {
		r.writeTerm()
		r.inside()
		r.Code("", &r.lines)
		return
	}
	t, at := r.para.Take()
	if r.item {
		r.item = false
		r.Item(r.depth(), r.mark, light.Defined(r.tag, t), at)
		r.tag = ""
		return
	}
	r.inside()
	if mark, rest := marked(t); mark != "" {
		n := r.depth()
		if r.levels[len(r.levels)-1].item {
			n++
		}
		r.Item(n, mark, rest, at)
		return
	}
	r.Paragraph(t, at)
}

// marked returns the mark of an item that was drawn rather than marked, and its
// text: "• text", "1. text".
func marked(t string) (mark, rest string) {
	t = strings.TrimLeft(t, " ")
	if rest, ok := strings.CutPrefix(t, "• "); ok {
		return "-", rest
	}
	n := 0
	for n < len(t) && n < 3 && t[n] >= '0' && t[n] <= '9' {
		n++
	}
	if n > 0 && strings.HasPrefix(t[n:], ". ") {
		return t[:n+1], t[n+2:]
	}
	return "", ""
}

// writeTerm writes a term that has no text of its own.
func (r *reader) writeTerm() {
	if !r.item {
		return
	}
	r.item, r.head = false, false
	r.Item(r.depth(), r.mark, r.tag, []int{r.Line})
	r.tag = ""
}

// close writes what is open.
func (r *reader) close() {
	r.head, r.heading, r.glue = false, 0, false
	r.flush()
	r.writeTerm()
}

// endLists ends all lists and all text that is set in.
func (r *reader) endLists() {
	r.close()
	r.code = false
	r.levels, r.deeper = append(r.levels[:0], level{}), 0
	r.endMdoc()
	r.EndList()
}

// openItem opens an item of the innermost level. Options that are told one below
// the other, with one text, are one item.
func (r *reader) openItem(tag string) {
	r.head = false
	before := ""
	if r.item && r.para.Empty() && strings.HasPrefix(r.tag, "-") && (tag == "" || strings.HasPrefix(tag, "-")) {
		before = r.tag + ", "
	} else {
		r.close()
	}
	last := &r.levels[len(r.levels)-1]
	last.item, r.item, r.mark, r.tag = true, true, "-", before
	if mark, ok := markOf(tag); ok {
		r.mark = mark
		return
	}
	r.tag += tag
}

// markOf returns the mark of an item whose term is only that: a bullet or a
// number.
func markOf(tag string) (string, bool) {
	switch t := strings.TrimSpace(tag); t {
	case "•", "*", "-", "o", "+", "·", "–", "—", "−", "○", "◦", "▪", "■", "□", "∙":
		return "-", true
	default:
		number := strings.Trim(t, "().]")
		if number != "" && number != t && len(number) < 4 && strings.Trim(number, "0123456789") == "" && strings.IndexByte("([", t[0]) < 0 {
			return number + ".", true
		}
	}
	return "", false
}
