// Package mediawiki reads the pages of wikis in the markup of MediaWiki.
package mediawiki

import (
	"context"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// Format is the markup of MediaWiki. What a reader of the page sees becomes
// light Markdown. The wiki's templates are not known: they are left out, but for
// those whose words are known to be seen.
var Format = extract.Format{
	Name: "MediaWiki", Types: []string{"text/x-wiki", "text/x-mediawiki"}, Extensions: []string{".wiki", ".mediawiki"}, Text: true,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		text := string(body)
		if target := redirect(text); target != "" {
			return extract.Extracted{}, multivac.Errorf(extract.ErrNoText, "tell "+multivac.Clip(target, 80), "it only leads to another page")
		}
		r := reader{Page: light.NewPage(ctx, l, text)}
		r.prepare(r.Rest)
		for r.next < len(r.lines) && r.Out.Err() == nil {
			r.read(r.take())
		}
		r.endLists()
		return r.Finish(r.title)
	},
}

// redirect returns the page that text leads to, if it is only that.
func redirect(text string) string {
	t := strings.TrimSpace(strings.TrimPrefix(text, extract.BOM))
	if len(t) < 9 || !strings.EqualFold(t[:9], "#redirect") {
		return ""
	}
	_, target, ok := strings.Cut(t[:min(len(t), 1000)], "[[")
	if target, _, closed := strings.Cut(target, "]]"); ok && closed {
		return target
	}
	return ""
}

// A reader makes light Markdown of a page.
type reader struct {
	light.Page
	title string
	lines []string // of the page, without what is not seen
	at    []int    // their lines in the file
	next  int      // the line that is read next
	codes []code   // that lines refer to
	notes []note

	para    light.Block
	numbers []int  // of the items of the open lists, by depth
	marks   string // of the list that is open
	term    string // that waits for its definition
	termAt  int
}

// take returns the next line.
func (r *reader) take() string {
	l := r.lines[r.next]
	r.Line = r.at[r.next]
	r.next++
	return l
}

func (r *reader) read(l string) {
	t := strings.TrimSpace(l)
	if t != "" && strings.IndexByte("*#;:", l[0]) >= 0 && !isTable(t) {
		r.flush()
		r.listItem(l)
		return
	}
	if r.marks != "" {
		r.endLists()
	}
	level, heading := section(t)
	switch {
	case t == "":
		r.flush()
	case l[0] == codeMark:
		r.flush()
		r.code(l[1:])
	case level > 0:
		r.flush()
		r.Heading(level, r.inline(heading), r.Line)
	case strings.HasPrefix(l, "----"):
		r.flush()
		if t = strings.TrimLeft(t, "-"); t != "" {
			r.para.Add(t, r.Line)
		}
	case isTable(t):
		r.flush()
		r.table()
	case light.IsSpace(l[0]) && r.para.Empty():
		r.indented(l)
	default:
		r.para.Add(t, r.Line)
	}
}

// isTable reports whether a table begins with t.
func isTable(t string) bool { return strings.HasPrefix(strings.TrimLeft(t, ":"), "{|") }

// flush writes the paragraph that is open.
func (r *reader) flush() {
	if r.para.Empty() {
		return
	}
	t, at := r.para.Take()
	r.Paragraph(r.inline(t), at)
}

// section returns the level and text of the heading that t is, or 0.
func section(t string) (int, string) {
	n := len(t) - len(strings.TrimLeft(t, "="))
	k := len(t) - len(strings.TrimRight(t, "="))
	if n == 0 || k == 0 || n == len(t) {
		return 0, ""
	}
	n = min(n, k, 6)
	return n, t[n : len(t)-n]
}

// indented reads lines that begin with a space: they keep their line ends.
func (r *reader) indented(l string) {
	var b light.Block
	for {
		b.Add(r.inline(strings.TrimPrefix(l, " ")), r.Line)
		if r.next == len(r.lines) || r.Out.Err() != nil {
			break
		}
		if l = r.lines[r.next]; l == "" || l[0] != ' ' || strings.TrimSpace(l) == "" || isTable(strings.TrimSpace(l)) {
			break
		}
		r.take()
	}
	r.Code("", &b)
}

// listItem reads an item. Each of its marks is a list that it is in.
func (r *reader) listItem(l string) {
	n := len(l) - len(strings.TrimLeft(l, "*#;:"))
	marks, t := l[:n], strings.TrimSpace(l[n:])
	if over := n - r.Limits.Depth; over > 0 {
		marks, n = marks[over:], r.Limits.Depth
	}
	last := marks[n-1]
	if r.term != "" && last != ':' {
		r.writeTerm()
	}
	defines := r.term != "" && n == len(r.marks)
	if r.numbers = r.numbers[:min(n, len(r.numbers))]; r.marks != "" && len(r.numbers) == n && marks[n-1] != r.marks[min(n, len(r.marks))-1] && !defines {
		r.numbers[n-1] = 0
	}
	for len(r.numbers) < n {
		r.numbers = append(r.numbers, 0)
	}
	r.marks = marks
	at := []int{r.Line}
	switch {
	case last == ':' && defines:
		term := r.term
		r.term = ""
		r.Item(n-1, "-", light.Defined(term, r.inline(t)), []int{r.termAt})
	case last == ':' && strings.Trim(marks, ":") == "":
		r.EndList()
		r.Paragraph(r.inline(t), at)
	case last == ':':
		r.Inside(len(strings.TrimRight(marks, ":")))
		r.Paragraph(r.inline(t), at)
	case last == ';':
		r.define(n, t)
	case last == '#':
		r.numbers[n-1]++
		r.Item(n-1, strconv.Itoa(r.numbers[n-1])+".", r.inline(t), at)
	default:
		r.Item(n-1, "-", r.inline(t), at)
	}
}

// define reads a term, with its definition if that is in the same line.
func (r *reader) define(depth int, t string) {
	r.termAt = r.Line
	term, definition, ok := strings.Cut(t, " : ")
	if !ok {
		term, definition, ok = strings.Cut(t, ": ")
	}
	if !ok || strings.Contains(term, "[[") && !strings.Contains(term, "]]") {
		r.term = r.inline(t)
		return
	}
	r.Item(depth-1, "-", light.Defined(r.inline(term), r.inline(definition)), []int{r.Line})
}

// writeTerm writes a term that nothing defines.
func (r *reader) writeTerm() {
	if r.term == "" {
		return
	}
	term := r.term
	r.term = ""
	r.Item(max(0, len(r.marks)-1), "-", term, []int{r.termAt})
}

func (r *reader) endLists() {
	r.flush()
	r.writeTerm()
	r.numbers, r.marks = nil, ""
	r.EndList()
}
