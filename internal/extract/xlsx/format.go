package xlsx

import (
	"strings"
	"unicode/utf8"
)

// A format says how a number is shown: up to three sections, for numbers above,
// below and at 0, and one for text.
type format struct {
	sections []section
	text     *section // nil where text is shown as it is
	local    bool     // the date follows the reader's country, so it is shown as year-month-day
}

// A section of a format.
type section struct {
	kind      sectionKind
	parts     []part
	language  uint32  // of the names of months; 0 is English, unknownLanguage one that cannot be written
	condition byte    // '<', '>', '=', 'l' (≤), 'g' (≥), 'n' (≠) or 0 for none
	limit     decimal // of the condition
}

type sectionKind int

const (
	literal sectionKind = iota // only the same text for each number
	numeric
	date
	general
	textual
)

// A part of a section is of a kind:
//
//	"    text as it is
//	0 # ?  a digit
//	. , % E /  what they mean in numbers
//	@ G    the text, or the number in General
//	y m d h s a  a date; n is a minute
//	H N S  hours, minutes and seconds that do not end at 24 or 60
//	f      fractions of a second
//	p      before or after noon
//	!      a calendar that cannot be written
type part struct {
	kind byte
	text string // the text, or as many letters as there are
}

// maxCode is the longest format that is read. Excel writes up to 255 letters.
const maxCode = 1000

// parseFormat reads a format such as #,##0.00;[Red]-#,##0.00.
func parseFormat(code string) *format {
	f := &format{}
	if code == "" || len(code) > maxCode {
		code = "General"
	}
	for rest, more := code, true; more; {
		var s section
		s, rest, more = parseSection(rest)
		s.finish()
		if s.kind == textual || len(f.sections) == 3 {
			if f.text == nil {
				f.text = &s
			}
			continue
		}
		f.sections = append(f.sections, s)
	}
	return f
}

// isDate reports whether numbers are shown as dates or times.
func (f *format) isDate() bool { return len(f.sections) > 0 && f.sections[0].kind == date }

// hides reports whether nothing is shown at all, as by ;;;.
func (f *format) hides() bool {
	for _, s := range f.sections {
		if len(s.parts) > 0 {
			return false
		}
	}
	return f.text != nil && len(f.text.parts) == 0
}

func (s *section) add(kind byte, text string) {
	if n := len(s.parts) - 1; kind == '"' && n >= 0 && s.parts[n].kind == '"' {
		s.parts[n].text += text
		return
	}
	s.parts = append(s.parts, part{kind, text})
}

// parseSection reads the first section of code, and returns what is behind it.
func parseSection(code string) (s section, rest string, more bool) {
	for code != "" {
		r, n := utf8.DecodeRuneInString(code)
		switch {
		case r == ';':
			return s, code[1:], true
		case r == '"':
			text, after, _ := strings.Cut(code[1:], `"`)
			s.add('"', text)
			code = after
			continue
		case r == '[':
			if inside, after, ok := strings.Cut(code[1:], "]"); ok {
				s.bracket(inside)
				code = after
				continue
			}
			s.add('"', "[")
		case r == '\\' || r == '_' || r == '*':
			_, m := utf8.DecodeRuneInString(code[1:])
			s.escaped(r, code[1:1+m])
			n += m
		default:
			n = s.unquoted(code, r, n)
		}
		code = code[n:]
	}
	return s, "", false
}

// escaped adds what stands behind \, which is shown; behind _, which is as wide
// as it; or behind *, which fills the cell.
func (s *section) escaped(mark rune, next string) {
	switch {
	case mark == '\\':
		s.add('"', next)
	case mark == '_' || next == " ":
		s.add('"', " ")
	}
}

// unquoted adds what code begins with, and returns how long that is.
func (s *section) unquoted(code string, r rune, size int) int {
	lower := strings.ToLower(code[:min(len(code), 16)])
	for _, word := range []string{"general", "am/pm", "a/p", "上午/下午", "午前/午後"} {
		if strings.HasPrefix(lower, word) {
			kind := byte('p')
			if word == "general" {
				kind = 'G'
			}
			s.add(kind, word)
			return len(word)
		}
	}
	if r == 'E' && len(code) > 1 && (code[1] == '+' || code[1] == '-') {
		s.add('E', code[1:2])
		return 2
	}
	if strings.ContainsRune("0#?.,%/@", r) {
		s.add(byte(r), "")
		return 1
	}
	run := len(lower) - len(strings.TrimLeft(lower, lower[:1]))
	switch c := lower[0]; c {
	case 'y', 'm', 'd', 'h', 's':
		s.add(c, lower[:run])
		return run
	case 'a':
		if run >= 3 {
			s.add('a', lower[:run])
			return run
		}
	case 'e', 'g', 'b':
		s.add('!', lower[:run])
		return run
	}
	s.add('"', code[:size])
	return size
}

// bracket adds what stands in brackets: a colour, a condition, a currency and
// its country, or time that does not end at 24 hours.
func (s *section) bracket(inside string) {
	lower := strings.ToLower(inside)
	switch {
	case lower == "":
	case strings.Trim(lower, lower[:1]) == "" && strings.Contains("hms", lower[:1]):
		s.add(map[byte]byte{'h': 'H', 'm': 'N', 's': 'S'}[lower[0]], lower)
	case inside[0] == '$':
		currency, country, _ := strings.Cut(inside[1:], "-")
		if currency != "" {
			s.add('"', currency)
		}
		known := false
		if s.language, known = languageOf(country); !known {
			s.add('!', "")
		}
	case strings.IndexByte("<>=", inside[0]) >= 0:
		s.setCondition(inside)
	}
}

func (s *section) setCondition(t string) {
	number := strings.TrimLeft(t, "<>=")
	limit, ok := parseDecimal(number)
	condition, known := map[string]byte{"<": '<', ">": '>', "=": '=', "<=": 'l', ">=": 'g', "<>": 'n'}[t[:len(t)-len(number)]]
	if ok && known {
		s.condition, s.limit = condition, limit
	}
}

// finish says what kind of section it is, and makes out what letters mean that
// have several meanings.
func (s *section) finish() {
	seen := map[byte]bool{}
	for _, p := range s.parts {
		seen[p.kind] = true
	}
	has := func(kinds string) bool {
		for i := range len(kinds) {
			if seen[kinds[i]] {
				return true
			}
		}
		return false
	}
	switch {
	case has("ymdhsaHNSp") || has("!") && !has("0#?"):
		s.kind = date
		s.finishDate()
		return
	case has("0#?"):
		s.kind = numeric
	case has("G"):
		s.kind = general
	case has("@"):
		s.kind = textual
	}
	for i, p := range s.parts {
		if p.kind == '!' {
			s.parts[i].kind = '"'
		}
	}
}

// finishDate tells minutes from months, and fractions of seconds from digits.
func (s *section) finishDate() {
	last := byte(0) // the unit before
	var parts []part
	for i := 0; i < len(s.parts); i++ {
		p := s.parts[i]
		switch {
		case p.kind == 'm' && (last == 'h' || last == 'H' || nextUnit(s.parts[i+1:]) == 's' || nextUnit(s.parts[i+1:]) == 'S') && len(p.text) < 3:
			p.kind = 'n'
			last = 'n'
		case strings.IndexByte("ymdhsHNS", p.kind) >= 0:
			last = p.kind
		case p.kind == '.' && i+1 < len(s.parts) && s.parts[i+1].kind == '0':
			n := 0
			for i+1 < len(s.parts) && s.parts[i+1].kind == '0' {
				i, n = i+1, n+1
			}
			p = part{'f', strings.Repeat("0", min(n, 3))}
		case strings.IndexByte("0#?.,%/@", p.kind) >= 0:
			p = part{'"', string(p.kind)}
		case p.kind == 'E':
			p = part{'"', "E" + p.text}
		case p.kind == 'G':
			continue
		}
		parts = append(parts, p)
	}
	s.parts = parts
}

// named reports whether the section shows names of months or days.
func (s *section) named() bool {
	for _, p := range s.parts {
		if p.kind == 'a' || (p.kind == 'm' || p.kind == 'd') && len(p.text) > 2 {
			return true
		}
	}
	return false
}

// nextUnit returns the kind of the first part that is a unit of time.
func nextUnit(parts []part) byte {
	for _, p := range parts {
		if strings.IndexByte("ymdhsHNS", p.kind) >= 0 {
			return p.kind
		}
	}
	return 0
}

// number returns a number as it is shown. From1904 is how the workbook counts
// days.
func (f *format) number(raw string, from1904 bool) string {
	n, ok := parseDecimal(raw)
	if !ok {
		return raw
	}
	if len(f.sections) == 0 { // only for text
		return n.general()
	}
	s, minus := f.choose(n)
	if s.kind == date {
		n.negative = minus
		return s.date(n, from1904, f.local)
	}
	n.negative = false
	t := ""
	if s.kind == numeric {
		t = s.number(n)
	} else {
		t = s.with(n.general())
	}
	if minus && strings.ContainsAny(t, "123456789") {
		t = "-" + t
	}
	return t
}

// choose returns the section for a number, and whether a minus comes before it.
func (f *format) choose(n decimal) (s *section, minus bool) {
	all := f.sections
	if all[0].condition != 0 || len(all) > 1 && all[1].condition != 0 {
		for i := range all {
			if all[i].holds(n, i) {
				return &all[i], n.negative && (all[i].condition != '<' && all[i].condition != 'l')
			}
		}
		return &all[len(all)-1], n.negative
	}
	switch {
	case len(all) == 1 || !n.negative && len(n.d) > 0:
		return &all[0], n.negative
	case n.negative:
		return &all[1], false // it says by itself how a number below 0 looks
	case len(all) == 3:
		return &all[2], false
	}
	return &all[0], false
}

// holds reports whether the condition of the section at i holds. One without a
// condition takes what is left.
func (s *section) holds(n decimal, i int) bool {
	switch s.condition {
	case '<':
		return n.less(s.limit)
	case 'l':
		return !s.limit.less(n)
	case '>':
		return s.limit.less(n)
	case 'g':
		return !n.less(s.limit)
	case '=':
		return !n.less(s.limit) && !s.limit.less(n)
	case 'n':
		return n.less(s.limit) || s.limit.less(n)
	}
	return i > 0 || !n.negative && len(n.d) > 0
}

// with returns the section with t in the place of the text or of General.
func (s *section) with(t string) string {
	var b strings.Builder
	for _, p := range s.parts {
		switch p.kind {
		case '@', 'G':
			b.WriteString(t)
		case '"':
			b.WriteString(p.text)
		case '!', 'p':
			b.WriteString(p.text)
		default:
			b.WriteByte(p.kind)
		}
	}
	return b.String()
}

// string returns text as it is shown.
func (f *format) string(t string) string {
	if f.text == nil {
		return t
	}
	return f.text.with(t)
}
