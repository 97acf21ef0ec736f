package org

import (
	"regexp"
	"strings"

	"multivac/internal/extract/light"
)

// stars returns the level of the headline that l is, or 0.
func stars(l string) int {
	n := 0
	for n < len(l) && l[n] == '*' {
		n++
	}
	if n == 0 || n == len(l) || l[n] != ' ' {
		return 0
	}
	return n
}

// headline reads a headline, or leaves out what stands below it.
func (r *reader) headline(l string, level int) {
	r.flush()
	if r.out > 0 && level > r.out {
		return
	}
	r.out, r.heading, r.lists, r.blank = 0, true, nil, 0
	r.EndList()
	if len(r.Open) > 0 {
		r.Close(0)
	}
	t := strings.TrimSpace(l[level:])
	t, tags := r.tags(t)
	if word, rest, _ := strings.Cut(t, " "); r.todo[word] {
		t = strings.TrimSpace(rest)
	}
	if len(t) > 3 && strings.HasPrefix(t, "[#") && t[3] == ']' {
		t = strings.TrimSpace(t[4:])
	}
	if t == "COMMENT" || strings.HasPrefix(t, "COMMENT ") || tags {
		r.out = level
		return
	}
	r.Heading(level+r.shift, cookies(r.inline(t, r.Line)), r.Line)
}

// tags returns a headline without the tags at its end, and whether one of them
// says that it is not shown.
func (r *reader) tags(t string) (rest string, excluded bool) {
	i := strings.LastIndexByte(t, ' ') + 1
	tags := t[i:]
	if len(tags) < 3 || tags[0] != ':' || tags[len(tags)-1] != ':' {
		return t, false
	}
	for tag := range strings.SplitSeq(strings.Trim(tags, ":"), ":") {
		if strings.Trim(tag, "_@#%") != "" && !isName(strings.Trim(tag, "@#%")) {
			return t, false
		}
		excluded = excluded || r.excluded[tag]
	}
	return strings.TrimSpace(t[:i]), excluded
}

var cookie = regexp.MustCompile(`\s*\[(\d*/\d*|\d*%)\]`)

// cookies leaves out how much of a list is done: [1/3], [33%].
func cookies(t string) string {
	if !strings.Contains(t, "/") && !strings.Contains(t, "%]") {
		return t
	}
	return cookie.ReplaceAllString(t, "")
}

// isPlanning reports whether t says when something is to be done.
func isPlanning(t string) bool {
	for _, key := range [...]string{"SCHEDULED:", "DEADLINE:", "CLOSED:"} {
		if strings.HasPrefix(t, key) {
			return true
		}
	}
	return false
}

// bullet returns the mark of the item that t is, "-" or the number with a dot,
// and how many bytes mark it, or 0.
func bullet(t string, indent int) (mark string, n int) {
	switch c := t[0]; {
	case c == '-' || c == '+' || c == '*' && indent > 0:
		mark, n = "-", 1
	case c >= '0' && c <= '9':
		for n < len(t) && n < 9 && t[n] >= '0' && t[n] <= '9' {
			n++
		}
		mark = t[:n] + "."
	default:
		return "", 0
	}
	if mark != "-" {
		if n == len(t) || t[n] != '.' && t[n] != ')' {
			return "", 0
		}
		n++
	}
	if n < len(t) && !light.IsSpace(t[n]) {
		return "", 0
	}
	return mark, n
}

// openItem opens the item t, whose mark takes n bytes.
func (r *reader) openItem(t, mark string, n, indent int) {
	r.flush()
	if k := len(r.lists); k == 0 || r.lists[k-1].indent < indent {
		r.lists = append(r.lists, list{indent: indent})
	}
	t = strings.TrimSpace(t[n:])
	if strings.HasPrefix(t, "[@") { // a number for the item
		if number, rest, ok := strings.Cut(t[2:], "]"); ok && mark != "-" && isName(number) {
			mark, t = number+".", strings.TrimSpace(rest)
		}
	}
	if strings.HasPrefix(t, "[-] ") {
		t = "[ ] " + t[4:]
	}
	r.Inside(len(r.lists))
	if t != "" {
		r.mark = mark
		r.para.Add(t, r.Line)
	}
}
