package rank

import (
	"slices"
	"strings"

	"multivac"
)

// A layout is the sentences of a list, with the marks of its items. A list may
// have several passages, because it is long or has code between its items.
type layout struct {
	entries []entry
	lead    int // how many of the first entries introduce the list
}

// An entry is a sentence of a list.
type entry struct {
	multivac.Span
	item   bool   // it begins an item; otherwise it is a part of the one before
	line   string // of an item: what stands before it on its line, such as "  2. "
	indent int    // of an item, in bytes
	number int    // of an item; 0 for a bullet
}

// lay returns the list that passages[at] is part of, and the entry of the first
// sentence of that passage. The passages follow each other in one document. The
// layout is empty if there is no list.
func lay(passages []multivac.Passage, at int) (l layout, first int) {
	from, to := listAround(passages, at)
	for i := from; i < to; i++ {
		p, start := passages[i], len(l.entries)
		if i == at {
			first = start
		}
		for k, s := range p.Sentences {
			e := entry{Span: s}
			if k > 0 {
				e.mark(p.Text[p.Sentences[k-1].End-p.Start : s.Start-p.Start])
			}
			l.entries = append(l.entries, e)
		}
		if i == from {
			l.lead = leadOf(p)
		}
	}
	for i, start := from, 0; i < to; i++ {
		if begins := i == from && l.lead == 0 || i > from && passages[i].Start-passages[i-1].End >= leastMark; begins {
			l.infer(start)
		}
		start += len(passages[i].Sentences)
	}
	return l, first
}

// These bound the bytes between two passages of one list: at least a line end,
// a mark and a space, and at most a fence or a line with an image, too.
const (
	leastMark = 3
	mostApart = 200
)

// listAround returns the passages of the list that passages[at] is part of.
// Code is part of a list if it stands between two items, or if the last item
// introduces it.
func listAround(passages []multivac.Passage, at int) (from, to int) {
	holds := func(p multivac.Passage) bool { return p.Kind == multivac.List || p.Kind == multivac.Code }
	joined := func(a, b multivac.Passage) bool {
		return holds(a) && holds(b) && a.Heading == b.Heading && b.Start-a.End <= mostApart && (a.Kind != b.Kind || a.Lead == b.Lead)
	}
	from, to = at, at+1
	for from > 0 && joined(passages[from-1], passages[from]) {
		from--
	}
	for to < len(passages) && joined(passages[to-1], passages[to]) {
		to++
	}
	for from < to && passages[from].Kind == multivac.Code && !(from+1 < to && continues(passages[from+1])) {
		from++
	}
	for to > from && passages[to-1].Kind == multivac.Code && leadOf(passages[to-1]) == 0 {
		to--
	}
	if at < from || at >= to || !holds(passages[at]) {
		return at, at
	}
	return from, to
}

// continues reports whether p is a list that does not begin with the number 1,
// so that the first step is before it.
func continues(p multivac.Passage) bool {
	if p.Kind != multivac.List || len(p.Sentences) < 2 {
		return false
	}
	var second entry
	second.mark(p.Text[p.Sentences[0].End-p.Start : p.Sentences[1].Start-p.Start])
	return second.number > 2
}

// leadOf returns how many sentences at the beginning of p introduce the rest.
func leadOf(p multivac.Passage) int {
	if p.Lead == "" {
		return 0
	}
	return 1 + slices.IndexFunc(p.Sentences[:min(len(p.Sentences), mostLeads)], func(s multivac.Span) bool { return oneLine(p.Sentence(s)) == p.Lead })
}

// mostLeads is how many sentences at most are searched for the lead.
const mostLeads = 5

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// mark reads the mark of an item from the text between two sentences.
func (e *entry) mark(between string) {
	end := strings.LastIndexByte(between, '\n')
	if end < 0 {
		return
	}
	line := between[end+1:]
	if _, number, ok := readMark(line); ok {
		e.item, e.line, e.number = true, line, number
		e.indent = len(line) - len(strings.TrimLeft(line, indentation))
	}
}

// indentation is what may stand before a mark: white space, and the marks of
// block quotations.
const indentation = " \t>"

// readMark reads the text before a list item on its line. It returns the mark
// and, if the item has a number, that number.
func readMark(line string) (mark string, number int, ok bool) {
	mark = strings.TrimSpace(strings.TrimLeft(line, indentation))
	for _, box := range [...]string{"[ ]", "[x]", "[X]"} {
		mark = strings.TrimSpace(strings.TrimSuffix(mark, box))
	}
	digits := strings.TrimRight(mark, ".)")
	switch {
	case mark == "" || len(mark) > 10:
		return mark, 0, false
	case strings.Contains("-*+•◦‣▪●○–", mark):
		return mark, 0, true
	case len(digits) != len(mark)-1:
		return mark, 0, false
	}
	for _, c := range []byte(digits) {
		if !isDigit(c) {
			return mark, 0, false
		}
		number = 10*number + int(c-'0')
	}
	return mark, number, digits != ""
}

// infer completes an item whose mark is outside its passage. It is like the
// next numbered item that has none before it, or else like the item after it
// or, at the end, before it.
func (l *layout) infer(at int) {
	e := &l.entries[at]
	e.item = true
	var begun []int // indentations at which numbers begin with 1 later
	next := -1
	for i := at + 1; i < len(l.entries); i++ {
		switch o := l.entries[i]; {
		case !o.item:
			continue
		case o.number == 1:
			begun = append(begun, o.indent)
		case o.number > 1 && !slices.Contains(begun, o.indent):
			e.line, e.indent, e.number = o.line, o.indent, o.number-1
			return
		}
		if next < 0 {
			next = i
		}
	}
	before := -1
	for i := at - 1; i >= 0; i-- {
		if o := l.entries[i]; o.item && (before < 0 || o.indent < l.entries[before].indent) {
			before = i
		}
	}
	switch {
	case before >= 0 && l.entries[before].number > 0:
		e.indent, e.number = l.entries[before].indent, l.entries[before].number
		for _, o := range l.entries[before:at] {
			if o.item && o.indent == e.indent {
				e.number = o.number + 1
			}
		}
	case next >= 0 && l.entries[next].number == 0:
		e.line, e.indent = l.entries[next].line, l.entries[next].indent
	}
}

// around returns the first and the last entry of the list that the entry at is
// part of, with what introduces it. A list within a numbered list is a part of
// that. ordered reports whether its items have numbers. The list is empty if
// last < first.
func (l *layout) around(at int) (first, last int, ordered bool) {
	root := l.root(max(at, l.lead))
	if root < 0 {
		return 0, -1, false
	}
	like := l.entries[root]
	sibling := func(e entry) bool { return (e.number > 0) == (like.number > 0) }
	first, last = root, root
	for i, after := root-1, like; i >= l.lead; i-- {
		if e := l.entries[i]; e.item && e.indent <= like.indent {
			if e.indent < like.indent || !sibling(e) || e.number > after.number {
				break
			}
			first, after = i, e
		}
	}
	for i, before := root+1, like; i < len(l.entries); i++ {
		if e := l.entries[i]; e.item && e.indent <= like.indent {
			if e.indent < like.indent || !sibling(e) || e.number < before.number {
				break
			}
			before = e
		}
		last = i
	}
	if !slices.ContainsFunc(l.entries[l.lead:first], func(e entry) bool { return e.item }) {
		first = 0
	}
	return first, last, like.number > 0
}

// root returns the item of the outermost numbered list that has the entry at,
// or of the outermost list if none has numbers. Before the first item, it is
// that. It is -1 if there is no item.
func (l *layout) root(at int) int {
	root := -1
	for i := min(at, len(l.entries)-1); i >= l.lead; i-- {
		e := l.entries[i]
		if e.item && (root < 0 || e.indent < l.entries[root].indent && (e.number > 0 || l.entries[root].number == 0)) {
			root = i
		}
	}
	if root < 0 {
		return slices.IndexFunc(l.entries, func(e entry) bool { return e.item })
	}
	return root
}
