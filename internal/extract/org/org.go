// Package org reads Org, the outlines of Emacs.
package org

import (
	"context"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/light"
)

// Format is Org. What a reader of the exported page sees becomes light
// Markdown: no drawers, dates of planning, comments and subtrees that are
// commented out or archived.
var Format = extract.Format{
	Name: "Org", Types: []string{"text/org", "text/x-org"}, Extensions: []string{".org"}, Text: true,
	Begins: begins,
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		text := string(body)
		r := reader{Page: light.NewPage(ctx, l, text)}
		r.text = r.Rest
		r.survey = surveyOf(r.text)
		if title := r.inline(r.title, r.titleLine); strings.TrimSpace(title) != "" {
			r.Heading(1, title, r.titleLine)
			r.shift = 1
		}
		for r.Rest != "" && r.Out.Err() == nil {
			r.read(strings.TrimRight(r.Next(), "\r\n"))
		}
		r.flush()
		return r.Finish("")
	},
}

// begins reports whether a file begins with a setting of Org.
func begins(head []byte) bool {
	l := light.PeekLine(strings.TrimLeft(strings.TrimPrefix(string(head), extract.BOM), " \t\r\n"))
	key, _, ok := keyword(strings.TrimSpace(l))
	return ok && (strings.HasPrefix(key, "begin_") || firstKeys[key])
}

var firstKeys = extract.Words("title author date startup options setupfile filetags email property description keywords language")

// A reader makes light Markdown of an outline.
type reader struct {
	light.Page
	survey
	text string

	out     int         // level of the subtree that is left out, or 0
	shift   int         // how much deeper the headings are written
	heading bool        // the line before is a headline: its planning may follow
	para    light.Block // the paragraph or item that is open
	mark    string      // of the item that is open
	lists   []list      // that are open, the innermost last
	blank   int         // blank lines before this one
}

// A list is a list that is open.
type list struct {
	indent int // of its bullets

}

// at returns the offset of the next line.
func (r *reader) at() int { return len(r.text) - len(r.Rest) }

func (r *reader) read(l string) {
	if level := stars(l); level > 0 {
		r.headline(l, level)
		return
	}
	if r.out > 0 {
		return
	}
	t, heading := strings.TrimSpace(l), r.heading
	r.heading = false
	if t == "" {
		r.flush()
		if r.blank++; r.blank == 2 {
			r.lists = nil
			r.EndList()
		}
		return
	}
	r.blank = 0
	indent := light.Columns4(l)
	mark, n := bullet(t, indent)
	r.leaveLists(indent, n > 0)
	switch {
	case heading && isPlanning(t):
		r.heading = true
	case strings.HasPrefix(t, "CLOCK: ") || isRule(t):
		r.flush()
	case t == "#" || strings.HasPrefix(t, "# "):
		r.flush()
	case strings.HasPrefix(t, "#+"):
		r.keyword(t)
	case t[0] == ':' && (t == ":" || t[1] == ' '):
		r.fixed(t)
	case t[0] == ':' && r.drawer(t):
	case t[0] == '|':
		r.table(t)
	case light.IsGridBorder(t):
		r.flush()
		r.Grid(t)
	case n > 0:
		r.openItem(t, mark, n, indent)
	case strings.HasPrefix(l, "[fn:") && strings.Contains(t, "]"):
		r.flush()
		_, t, _ = strings.Cut(t, "]")
		r.para.Add(t, r.Line)
	default:
		r.para.Add(t, r.Line)
	}
}

// flush writes the paragraph or item that is open.
func (r *reader) flush() {
	if r.para.Empty() {
		return
	}
	mark := r.mark
	r.mark = ""
	line := r.para.Line()
	text, at := r.para.Take()
	if mark == "" {
		r.Paragraph(r.inline(text, line), at)
		return
	}
	if term, definition, ok := strings.Cut(text, " ::"); ok && mark == "-" && !strings.Contains(term, "\n") && (definition == "" || light.IsSpace(definition[0])) {
		text = light.Defined(term, definition)
	}
	r.Item(len(r.lists)-1, mark, cookies(r.inline(text, line)), at)
}

// leaveLists ends the lists that a line with that indentation is not in.
func (r *reader) leaveLists(indent int, item bool) {
	n := len(r.lists)
	for n > 0 && (indent < r.lists[n-1].indent || indent == r.lists[n-1].indent && !item) {
		n--
	}
	if n < len(r.lists) {
		r.flush()
		r.lists = r.lists[:n]
		r.Inside(n)
	}
}

// isRule reports whether t is a horizontal rule.
func isRule(t string) bool { return len(t) >= 5 && strings.Trim(t, "-") == "" }

// drawer leaves out the drawer that t opens, and reports whether it does. What
// a program has printed into one stays.
func (r *reader) drawer(t string) bool {
	if len(t) < 3 || t[len(t)-1] != ':' || !isName(t[1:len(t)-1]) {
		return false
	}
	r.flush()
	if strings.EqualFold(t, ":END:") || strings.EqualFold(t, ":RESULTS:") {
		return true
	}
	end, ok := r.endOf(":", r.at())
	for ok && r.at() <= end && r.Rest != "" {
		r.Next()
	}
	return ok
}

// isName reports whether t is of letters, digits, - and _.
func isName(t string) bool {
	for i := range len(t) {
		if !light.IsWordByte(t[i]) && t[i] != '-' {
			return false
		}
	}
	return t != ""
}

// fixed reads lines that begin with a colon: code.
func (r *reader) fixed(t string) {
	r.flush()
	var b light.Block
	for {
		b.Add(strings.TrimPrefix(strings.TrimPrefix(t, ":"), " "), r.Line)
		t = strings.TrimSpace(light.PeekLine(r.Rest))
		if t != ":" && !strings.HasPrefix(t, ": ") {
			break
		}
		r.Next()
	}
	r.Code("", &b)
}
