package org

import (
	"sort"
	"strings"

	"multivac/internal/extract/light"
)

// A survey is what is to be known of a file before it is read.
type survey struct {
	title     string
	titleLine int
	todo      map[string]bool   // the states of a headline
	excluded  map[string]bool   // the tags of what is not shown
	macros    map[string]string // what stands for {{{name}}}

	headlines []int            // their offsets
	ends      map[string][]int // offsets of what ends blocks, by name, and drawers, by ":"
}

// surveyOf reads a file for the first time.
func surveyOf(text string) survey {
	s := survey{
		todo:     map[string]bool{"TODO": true, "DONE": true},
		excluded: map[string]bool{"noexport": true, "ARCHIVE": true},
		macros:   map[string]string{}, ends: map[string][]int{},
	}
	verbatim := ""
	for at, line := 0, 1; at < len(text); line++ {
		l := light.PeekLine(text[at:])
		t := strings.TrimSpace(l)
		switch key, value, ok := keyword(t); {
		case stars(l) > 0:
			s.headlines = append(s.headlines, at)
			verbatim = ""
		case strings.EqualFold(t, ":END:"):
			s.ends[":"] = append(s.ends[":"], at)
		case !ok:
		case strings.HasPrefix(key, "end_"):
			name := key[len("end_"):]
			s.ends[name] = append(s.ends[name], at)
			if name == verbatim {
				verbatim = ""
			}
		case verbatim != "":
		case strings.HasPrefix(key, "begin_"):
			if name := key[len("begin_"):]; isVerbatim[name] {
				verbatim = name
			}
		default:
			s.setting(key, value, line)
		}
		at += len(l)
	}
	return s
}

// setting notes what a setting of the file says.
func (s *survey) setting(key, value string, line int) {
	switch key {
	case "title":
		if s.titleLine == 0 {
			s.titleLine = line
		}
		s.title = strings.TrimSpace(s.title + " " + value)
	case "todo", "seq_todo", "typ_todo":
		for w := range strings.FieldsSeq(value) {
			if w, _, _ = strings.Cut(w, "("); w != "|" {
				s.todo[w] = true
			}
		}
	case "exclude_tags":
		for w := range strings.FieldsSeq(value) {
			s.excluded[w] = true
		}
	case "macro":
		if name, text, ok := strings.Cut(value, " "); ok {
			s.macros[name] = strings.TrimSpace(text)
		}
	}
}

// endOf returns where the block or drawer ends that was opened before at. No
// headline stands in one.
func (s *survey) endOf(name string, at int) (int, bool) {
	end, ok := next(s.ends[name], at)
	if !ok {
		return 0, false
	}
	headline, between := next(s.headlines, at)
	return end, !between || end < headline
}

func next(offsets []int, at int) (int, bool) {
	i := sort.SearchInts(offsets, at)
	if i == len(offsets) {
		return 0, false
	}
	return offsets[i], true
}

// maxKey is the longest key of a line "#+KEY: value", in bytes.
const maxKey = 40

// keyword returns what a line "#+KEY: value" or "#+BEGIN_NAME value" says, with
// the key in lower case.
func keyword(t string) (key, value string, ok bool) {
	t, ok = strings.CutPrefix(t, "#+")
	if !ok {
		return "", "", false
	}
	i := strings.IndexAny(t, ": \t[")
	if i < 0 {
		i = len(t)
	}
	if i == 0 || i > maxKey {
		return "", "", false
	}
	key, value = strings.ToLower(t[:i]), t[i:]
	if strings.HasPrefix(value, "[") { // #+CAPTION[short]: long
		if n := light.Bracket(value, '[', ']'); n > 0 {
			value = value[n:]
		}
	}
	if !strings.HasPrefix(value, ":") && !strings.HasPrefix(key, "begin_") && !strings.HasPrefix(key, "end_") {
		return "", "", false
	}
	return key, strings.TrimSpace(strings.TrimPrefix(value, ":")), true
}
