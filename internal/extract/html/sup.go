package html

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// maxMark is the longest mark of a note, in bytes.
const maxMark = 16

// raisedText is text above the line, with its surroundings.
type raisedText struct {
	base   string // the text before it in the block
	text   string
	spaced bool // white space is between them
	linked bool // it is a link within the page, or in one
	cell   bool // it stands in a cell of a table
}

// ordinals are the endings of numbers, and abbr the raised letters of
// abbreviations.
var (
	ordinals = extract.Words("st nd rd th er re ère e ème eme o os as º ª ter te ten de")
	abbrs    = extract.Words("me mme lle mlle lles mes gr vve dr")
	units2   = extract.Words("m cm mm km dm nm µm μm in ft yd mi s ms kg px ha hm")
)

// write returns raised text in the form for a line. It returns nothing for the
// mark of a footnote. A raised number after a number counts as a footnote,
// unless something shows that it is a power. For example, 10 with a raised 6
// becomes 10^6, and 30 with a raised 1 becomes 30.
func (r raisedText) write(s *survey) (text string, apart bool) {
	t := r.text
	before, _ := utf8.DecodeLastRuneInString(r.base)
	word := lastWord(r.base)
	switch {
	case t == "" || r.linked && isMark(t):
		return "", false
	case r.base == "" && isMark(t): // the number of the footnote itself
		return "", false
	case r.spaced && isMark(t) && word != "10":
		return "", false
	case strings.EqualFold(t, "tm"):
		return "™", false
	case strings.EqualFold(t, "sm"):
		return "℠", false
	case strings.Trim(t, "®©™℠°") == "":
		return t, false
	case isCharge(t) && unicode.IsLetter(before):
		return t, false
	case unicode.IsDigit(before) && ordinals[strings.ToLower(t)] && !(r.cell && s.notes[t]):
		return t, false
	case unicode.IsLetter(before) && (abbrs[strings.ToLower(t)] || t == "o" && strings.EqualFold(word, "n")):
		return t, false
	case isSymbols(t):
		return "", false
	case r.isPower(s, word, before):
		return power(t, unicode.IsLetter(before)), false
	case isMark(t):
		return "", false
	}
	return t, true
}

// isPower reports whether the text is an exponent of the word before it.
func (r raisedText) isPower(s *survey, word string, before rune) bool {
	t := strings.ReplaceAll(r.text, "−", "-")
	n, negative := strings.CutPrefix(t, "-")
	digits := n != "" && strings.Trim(n, "0123456789") == ""
	switch {
	case !digits && !isFormula(t):
		return false
	case before == ')':
		open := strings.LastIndexByte(r.base, '(')
		return open >= 0 && strings.ContainsAny(r.base[open:], "+-−*/×·=^")
	case unicode.IsDigit(before) && !digits:
		return word == "10" || word == "2" || word == "1" && len(n) == 1
	case unicode.IsDigit(before):
		return negative || r.isTimes(word) || (word == "10" || word == "2") && !s.isFootnote(t, r, word)
	case !unicode.IsLetter(before):
		return false
	case digits && (n == "2" || n == "3" || negative) && units2[word]:
		return true
	}
	return utf8.RuneCountInString(word) == 1 && (!digits || unicode.IsLower(before) || !s.notes[t])
}

// isTimes reports whether the number before is in a product or an equation.
func (r raisedText) isTimes(word string) bool {
	rest := strings.TrimRight(strings.TrimSuffix(r.base, word), " ")
	last, _ := utf8.DecodeLastRuneInString(rest)
	return strings.ContainsRune("×·*^=≈", last) || last == 'x' && len(rest) > 1 && !unicode.IsLetter(rune(rest[len(rest)-2]))
}

// isFootnote reports whether the page counts its footnotes up to t, or has a
// footnote of that number. In a cell with nothing but the number before, t is
// more likely a footnote than a power.
func (s *survey) isFootnote(t string, r raisedText, word string) bool {
	if s.notes[t] {
		return true
	}
	switch {
	case t == "1":
		return true
	case !s.marks["1"]:
		return false
	case r.cell && r.base == word:
		return s.marks[string(t[len(t)-1]-1)] || t == "2"
	}
	return t == "2" && word == "2"
}

// power returns an exponent in the form for a line.
func power(t string, unit bool) string {
	t = strings.ReplaceAll(t, "−", "-")
	switch {
	case unit && t == "2":
		return "²"
	case unit && t == "3":
		return "³"
	case strings.ContainsAny(t, " +*/") || strings.LastIndexByte(t, '-') > 0:
		return "^(" + t + ")"
	}
	return "^" + t
}

// isFormula reports whether t may be an exponent with letters: n, n+1.
func isFormula(t string) bool {
	letters := 0
	for _, r := range t {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r) || strings.ContainsRune("+-*/ ", r):
			letters = 0
		default:
			return false
		}
		if letters > 1 {
			return false
		}
	}
	r, _ := utf8.DecodeRuneInString(t)
	return utf8.RuneCountInString(t) > 1 || strings.ContainsRune("nmkxytijpq", r)
}

// isMark reports whether t may be the mark of a footnote: numbers, a letter or
// two, or signs, with or without brackets.
func isMark(t string) bool {
	if len(t) > maxMark {
		return false
	}
	for _, part := range strings.FieldsFunc(t, func(r rune) bool { return strings.ContainsRune("[](),;–-. ", r) || unicode.IsSpace(r) }) {
		n := utf8.RuneCountInString(part)
		digits := strings.TrimFunc(part, unicode.IsDigit) == ""
		letters := strings.TrimFunc(part, unicode.IsLetter) == ""
		note := strings.EqualFold(part, "note") || strings.EqualFold(part, "notes") || strings.EqualFold(part, "fn")
		if !(digits && n < 4 || letters && n < 2 || isRoman(part) || isSymbols(part) || note || n < 4 && !letters) {
			return false
		}
	}
	return true
}

func isRoman(t string) bool { return len(t) < 5 && strings.Trim(t, "ivx") == "" }

// isSymbols reports whether t consists of signs that mark notes.
func isSymbols(t string) bool { return strings.Trim(t, "*∗⁎†‡§¶#‖※☨ ") == "" }

// isCharge reports whether t is the charge of an ion, such as 2+.
func isCharge(t string) bool {
	t = strings.TrimLeft(t, "0123456789")
	return t == "+" || t == "−" || t == "-" || t == "–"
}

// lastWord returns the letters, or the digits, at the end of t.
func lastWord(t string) string {
	i := len(t)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(t[:i])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !(r == '.' && i < len(t)) {
			break
		}
		i -= size
	}
	w := t[i:]
	if n := strings.LastIndexFunc(w, unicode.IsDigit); n >= 0 && n < len(w)-1 { // 5m
		w = w[n+1:]
	}
	return w
}

// noteMark returns a mark in the form for comparison: 1 for [1] and 1).
func noteMark(t string) string { return strings.Trim(extract.OneLine(t), "[]().: ") }

// noteID returns the mark of the footnote with an id such as fn1.
func noteID(id string) (string, bool) {
	name := strings.TrimRight(id, "0123456789")
	mark := id[len(name):]
	if mark == "" {
		return "", false
	}
	switch strings.Trim(strings.ToLower(name), "_-:.") {
	case "fn", "ftn", "note", "footnote", "n", "cite_note", "endnote", "en", "fnote":
		return mark, true
	}
	return "", false
}
