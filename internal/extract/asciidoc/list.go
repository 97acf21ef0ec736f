package asciidoc

import (
	"strconv"
	"strings"

	"multivac/internal/extract/light"
)

// An item is the beginning of an item.
type item struct {
	key     string // what marks of one list have in common
	ordered bool
	number  int // that it says, or 0
	term    string
	text    string
}

// itemOf returns the item that t begins.
func itemOf(t string) (item, bool) {
	if t == "" {
		return item{}, false
	}
	mark, text, ok := strings.Cut(t, " ")
	if ok && len(mark) < 10 {
		text = strings.TrimSpace(text)
		switch c := mark[0]; {
		case mark == "-" || mark == "•" || len(mark) < 6 && strings.Trim(mark, "*") == "":
			return item{key: mark, text: checked(text)}, true
		case len(mark) < 6 && strings.Trim(mark, ".") == "":
			return item{key: mark, ordered: true, text: text}, true
		case c >= '0' && c <= '9' && strings.HasSuffix(mark, "."):
			if n, err := strconv.Atoi(mark[:len(mark)-1]); err == nil {
				return item{key: "1.", ordered: true, number: n, text: text}, true
			}
		case len(mark) == 2 && mark[1] == '.' && (c|0x20 >= 'a' && c|0x20 <= 'z'):
			return item{key: "a.", ordered: true, text: text}, true
		case strings.HasSuffix(mark, ")") && strings.Trim(strings.ToLower(mark[:len(mark)-1]), "ivx") == "" && len(mark) > 1:
			return item{key: "i)", ordered: true, text: text}, true
		case isCallout(mark):
			n, _ := strconv.Atoi(mark[1 : len(mark)-1])
			return item{key: "<1>", ordered: true, number: n, text: text}, true
		}
	}
	return definition(t)
}

// checked returns the text of an item of a list to check.
func checked(t string) string {
	if rest, ok := strings.CutPrefix(t, "[*] "); ok {
		return "[x] " + rest
	}
	return t
}

func isCallout(t string) bool {
	return len(t) > 2 && t[0] == '<' && t[len(t)-1] == '>' && strings.Trim(t[1:len(t)-1], "0123456789.") == ""
}

// definition returns the item that begins with a term: "term:: text".
func definition(t string) (item, bool) {
	for i := 1; i+1 < len(t); i++ {
		k := strings.IndexAny(t[i:], ":;")
		if k < 0 {
			break
		}
		i += k
		n := len(t[i:]) - len(strings.TrimLeft(t[i:], t[i:i+1]))
		end := i + n
		if n >= 2 && n <= 4 && !(t[i] == ';' && n != 2) && (end == len(t) || light.IsSpace(t[end])) {
			return item{key: t[i:end], term: strings.TrimSpace(t[:i]), text: strings.TrimSpace(t[end:])}, true
		}
		i = end - 1
	}
	return item{}, false
}

// maxTerms is how long terms with one text may be together, in bytes.
const maxTerms = 400

// openItem opens an item.
func (r *reader) openItem(it item) {
	if r.item && it.term != "" && len(r.term) < maxTerms && len(r.lists) > 0 && r.lists[len(r.lists)-1].key == it.key {
		it.term = r.term + ", " + it.term // two terms with one text
		r.item = false
	}
	r.writeItem()
	r.attached = false
	n := len(r.lists)
	for n > 0 && r.lists[n-1].key != it.key {
		n--
	}
	switch {
	case n > 0:
		r.lists = r.lists[:n]
	case len(r.lists) < r.Limits.Depth:
		if len(r.lists) == 0 {
			r.writeTitle(r.upcoming.title, r.Line)
		}
		r.lists = append(r.lists, list{key: it.key, number: r.upcoming.start})
	}
	r.upcoming = properties{}
	last := &r.lists[len(r.lists)-1]
	last.number++
	if it.number > 0 {
		last.number = it.number
	}
	r.mark = "-"
	if it.ordered {
		r.mark = strconv.Itoa(last.number) + "."
	}
	r.item, r.term = true, it.term
	if it.text != "" {
		r.para.Add(it.text, r.Line)
	}
}

// writeItem writes the item that is open.
func (r *reader) writeItem() {
	if !r.item {
		return
	}
	r.item = false
	line := max(r.para.Line(), 1)
	t, at := r.para.Take()
	if len(at) == 0 {
		line = r.Line
		at = []int{line}
	}
	r.Item(r.base+len(r.lists)-1, r.mark, light.Defined(r.inline(r.term, line), r.inline(t, line)), at)
	r.term = ""
}

// leaveList ends the lists, unless what follows is attached to the open item.
func (r *reader) leaveList() {
	r.writeItem()
	if r.attached {
		r.attached = false
		r.Inside(r.base + len(r.lists))
		return
	}
	if r.blank || len(r.lists) > 0 {
		r.endLists()
	}
}

// endLists ends the lists of the innermost block.
func (r *reader) endLists() {
	r.flush()
	r.writeItem()
	r.lists, r.attached = nil, false
	r.Inside(r.base)
}
