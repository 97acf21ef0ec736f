package odf

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
)

// A list is one that is open.
type list struct {
	style   string
	number  int  // of the item that was begun last
	pending bool // an item was begun, and has no paragraph yet
	said    bool // an item has had one
	header  bool // in a part of the list that has no number
}

// A counter is one level of the lists of one style.
type counter struct {
	style string
	level int
}

// startList begins a list, or an item of one.
func (r *reader) startList(e element) func() {
	f := r.top()
	n := len(f.lists)
	if e.tag != "text:list" {
		if n == 0 {
			return nil
		}
		l := &f.lists[n-1]
		before := l.header
		l.header, l.pending = e.tag == "text:list-header", e.tag != "text:list-header"
		if v, err := strconv.Atoi(e.get("text:start-value")); err == nil {
			l.number = v - 1
		}
		return func() {
			if n <= len(f.lists) {
				f.lists[n-1].pending, f.lists[n-1].header = false, before
			}
		}
	}
	l := list{style: e.get("text:style-name")}
	if l.style == "" && n > 0 {
		l.style = f.lists[n-1].style
	}
	at := counter{l.style, n + 1}
	l.number = r.levelOf(at).start - 1
	if v, ok := r.ids[e.get("text:continue-list")]; ok && n == 0 {
		l.number = v
	} else if e.get("text:continue-numbering") == "true" && r.counts[at] > 0 {
		l.number = r.counts[at]
	}
	f.lists = append(f.lists, l)
	return func() {
		last := f.lists[n]
		f.lists = f.lists[:n]
		r.counts[at] = last.number
		if id := e.get("xml:id"); id != "" {
			r.ids[id] = last.number
		}
		if n == 0 && f.table == nil && !f.held {
			r.flushLater()
		}
	}
}

// levelOf returns how the items of a level are marked.
func (r *reader) levelOf(c counter) listLevel {
	if l, ok := r.styles.lists[c.style][c.level]; ok {
		return l
	}
	return listLevel{start: 1}
}

// label returns what stands before the next item of the innermost list, and
// counts the item.
func (r *reader) label(lists []list) string {
	n := len(lists)
	lists[n-1].number++
	level := r.levelOf(counter{lists[n-1].style, n})
	return level.label(n, func(at int) (int, string) {
		return lists[at-1].number, r.levelOf(counter{lists[n-1].style, at}).format
	})
}

// label returns the numbers of a level, such as "1.2." or "b)". Each comes from
// number, with its format.
func (l listLevel) label(level int, number func(level int) (int, string)) string {
	if !l.numbered || l.format == "" {
		return ""
	}
	var all []string
	for at := max(1, level-max(l.levels, 1)+1); at <= level; at++ {
		if n, format := number(at); format != "" {
			all = append(all, numeral(max(n, 1), format))
		}
	}
	return l.prefix + strings.Join(all, ".") + l.suffix
}

// headingLabel returns the number of a heading, and counts it.
func (r *reader) headingLabel(e element, level int, f *flow) string {
	if n := len(f.lists); n > 0 {
		if !f.lists[n-1].pending {
			return ""
		}
		f.lists[n-1].pending = false
		return r.label(f.lists)
	}
	if level >= len(r.heads) || e.get("text:is-list-header") == "true" {
		return ""
	}
	if r.heads[level]++; r.heads[level] == 1 {
		r.heads[level] = r.styles.outline[level].start
	}
	if v, err := strconv.Atoi(e.get("text:start-value")); err == nil {
		r.heads[level] = v
	}
	clear(r.heads[level+1:])
	return r.styles.outline[level].label(level, func(at int) (int, string) { return r.heads[at], r.styles.outline[at].format })
}

// numeral writes a number as the format says: "1", "a", "A", "i" or "I".
func numeral(n int, format string) string {
	switch format {
	case "a":
		return letters(n)
	case "A":
		return strings.ToUpper(letters(n))
	case "i":
		return strings.ToLower(numeral(n, "I"))
	case "I":
		if n < 1 { // letters and Roman numerals have none
			return ""
		}
		return extract.Roman(n)
	}
	return strconv.Itoa(n)
}

func letters(n int) (s string) {
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}
