package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"multivac"
)

// Unicode's rules (UAX #29) find the sentences. They know the marks of all
// scripts, but no abbreviations. endsAt joins what they cut wrongly: after
// "e.g." in "Use a tool, e.g. Benchbook." they see the end of a sentence.
//
// At each mark the rules look ahead over white space and brackets, which takes
// quadratic time for many marks in a row. So they are given the text in windows
// of at most 1024 bytes. A window ends early after 128 bytes in which nothing
// stops them from looking ahead.
const (
	maxWindow = 1024
	maxQuiet  = 128
)

// longPhrase is the length, in bytes, at which text is cut in a script without
// marks between sentences. It is about as long as a sentence of other scripts.
const longPhrase = 360

// sentences cuts the paragraph [start, end) into sentences.
func (g *segmenter) sentences(start, end int) {
	var rules = sentences.FromString("")
	from := start
	for pos := start; pos < end; {
		limit := windowEnd(g.s, pos, end)
		rules.SetText(g.s[pos:limit])
		done := 0
		for rules.Next() {
			b := pos + rules.End()
			if b == limit && limit < end {
				break // only the end of the window, not of a sentence
			}
			from = g.numbered(from, pos+rules.Start(), b, end)
			done = rules.End()
			if b <= from || b >= end {
				continue
			}
			if next, ok := g.endsAt(from, b, end); ok {
				g.sentence(from, next)
				from = next
			}
		}
		if done == 0 {
			pos = limit
		} else {
			pos += done
		}
	}
	g.sentence(from, end)
}

// numbered ends sentences in [i, b) that the rules do not end: before a number,
// as in "It fell in 1969. 12 people", and before a reference in brackets.
func (g *segmenter) numbered(from, i, b, end int) int {
	for {
		n := strings.IndexByte(g.s[i:b], '.')
		if n < 0 || i+n+2 >= b {
			return from
		}
		i += n + 1
		at := i
		switch {
		case i <= from:
			continue
		case isBlank(g.s[i]) && isDigit(g.s[i+1]):
			at++
		case g.s[i] == '[':
		default:
			continue
		}
		if next, ok := g.endsAt(from, at, end); ok {
			g.sentence(from, next)
			from = next
		}
	}
}

// windowEnd returns the end of the window that begins at pos. It is the start
// of a rune.
func windowEnd(s string, pos, end int) int {
	end = min(end, pos+maxWindow)
	run := 0
	for i := pos; i < end; i++ {
		if run++; loud[s[i]] {
			run = 0
		} else if run == maxQuiet {
			end = i
		}
	}
	for i := end; i > end-utf8.UTFMax && i > pos && i < len(s); i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return end
}

// loud marks the bytes at which the rules stop looking ahead. First bytes of
// brackets and spaces beyond ASCII (0xC2, 0xE2, 0xE3, 0xEF) are not among them.
var loud = func() (t [256]bool) {
	for b := range t {
		c := byte(b)
		t[b] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '.' || c == '!' || c == '?' || c == '\n' || c >= 0xC3 && c != 0xE2 && c != 0xE3 && c != 0xEF
	}
	return t
}()

// endsAt reports whether the sentence that begins at from ends at b, where the
// rules cut, and returns where the next one begins. That is b, or a little
// later if closing marks follow that belong to the sentence.
func (g *segmenter) endsAt(from, b, end int) (int, bool) {
	s := g.s[:end] // so that a bracket that closes after the paragraph counts as not closed
	e := b
	for e > from && isBlank(s[e-1]) {
		e--
	}
	if e == b {
		b = unopen(s, from, b) // the rules take some opening brackets for closing ones
		e = b
	}
	if e == from {
		return 0, false
	}
	t := e // end of the mark that ends the sentence, without closers
	for t > from && isCloser(s, t) > 0 {
		t -= isCloser(s, t)
	}
	if t == from {
		return 0, false
	}
	switch c := s[t-1]; {
	case c == '.' || c == '!' || c == '?':
	case c >= utf8.RuneSelf:
		if r, _ := utf8.DecodeLastRuneInString(s[from:t]); endsSentence(r) {
			return b, true
		}
		return b, breaksLine(s, e, b, end)
	default:
		return b, breaksLine(s, e, b, end)
	}
	if e == b { // no white space here: a closing mark that the rules do not know may follow
		for b < end && isTail(s, b) > 0 {
			b += isTail(s, b)
		}
		if b == end {
			return b, true
		}
		if !isBlank(s[b]) {
			r, _ := utf8.DecodeRuneInString(s[b:end])
			return b, s[t-1] != '.' && r >= 0x2E80 // no space is needed in Chinese and Japanese
		}
		for b < end && isBlank(s[b]) {
			b++
		}
	}
	if breaksLine(s, e, b, end) || s[t-1] == '?' && isQuestionLine(s[from:b]) {
		return b, true
	}
	next := s[b:end]
	next = next[len(next)-len(strings.TrimLeft(next, "\"'(*_[`")):]
	r, _ := utf8.DecodeRuneInString(next)
	switch {
	case unicode.IsLower(r):
		return 0, false
	case s[t-1] != '.':
		return b, true
	}
	return b, !isAbbreviation(s[from:t-1], next, r)
}

// endsSentence reports whether r ends a sentence in some script.
func endsSentence(r rune) bool { return unicode.Is(unicode.Sentence_Terminal, r) }

// unopen returns i, or the start of the opening mark that ends at i.
func unopen(s string, from, i int) int {
	switch r, n := utf8.DecodeLastRuneInString(s[from:i]); {
	case r == '[' || r == '(' || r == '{', r > '~' && unicode.In(r, unicode.Ps, unicode.Pi):
		return i - n
	}
	return i
}

// isCloser returns the size of the closing mark that ends at i, or 0.
func isCloser(s string, i int) int {
	switch s[i-1] {
	case '"', '\'', ')', ']', '}', '*', '_', '`', '~':
		return 1
	}
	if i >= 3 && (s[i-3:i] == "”" || s[i-3:i] == "’" || s[i-3:i] == "“" || s[i-3:i] == "›") {
		return 3
	}
	if i >= 2 && s[i-2:i] == "»" {
		return 2
	}
	return 0
}

// isTail returns the size of the closing mark or reference, such as [1], at i.
// These may stand between the end of a sentence and the white space after it.
// It returns 0 for anything else.
func isTail(s string, i int) int {
	if n := isCloser(s, i+1); n == 1 {
		return 1
	}
	for _, m := range [...]string{"”", "’", "»", "›"} {
		if strings.HasPrefix(s[i:], m) {
			return len(m)
		}
	}
	if s[i] != '[' {
		return 0
	}
	if n := strings.IndexByte(s[i:min(len(s), i+20)], ']'); n > 0 {
		return n + 1
	}
	return 0
}

// breaksLine reports whether the white space [e, b) has a line end that the
// author wanted: after 2 spaces or a backslash, or before a label such as
// "Owner:".
func breaksLine(s string, e, b, end int) bool {
	i := strings.IndexByte(s[e:b], '\n')
	if i < 0 {
		return false
	}
	return i >= 2 && strings.HasPrefix(s[e:], "  ") || s[e-1] == '\\' || isLabel(s[b:end])
}

// isQuestionLine reports whether t is a question on a line of its own, in bold
// or after a label, as in lists of questions and answers. Its answer may begin
// with a small letter.
func isQuestionLine(t string) bool {
	i := strings.IndexByte(t, '\n')
	return i > 0 && strings.TrimSpace(t[i:]) == "" && (strings.HasPrefix(t, "**") || strings.HasPrefix(t, "__") || isLabel(t))
}

// isLabel reports whether t begins with one to three words and a colon.
func isLabel(t string) bool {
	t = strings.TrimLeft(t, "*_")
	r, _ := utf8.DecodeRuneInString(t)
	if !unicode.IsUpper(r) {
		return false
	}
	i := strings.IndexAny(t[:min(len(t), 32)], ":.,;!?\n")
	if i < 0 || t[i] != ':' || strings.Count(t[:i], " ") > 2 {
		return false
	}
	rest := strings.TrimLeft(t[i+1:], "*_")
	return rest == "" || isBlank(rest[0])
}

// sentence adds [start, end) without the white space around it, in several
// pieces if it is too long. It skips pieces without a letter or digit.
func (g *segmenter) sentence(start, end int) {
	start, end = trim(g.s, start, end)
	for g.quote > 0 && start < end && g.s[start] == '>' {
		start, end = trim(g.s, start+1, end)
	}
	if start+1 < end && g.s[start] == ':' && isBlank(g.s[start+1]) { // the mark of a definition
		start, end = trim(g.s, start+1, end)
	}
	for isTooLong(g.s[start:end]) {
		cut := start + cutPhrase(g.s[start:end])
		g.piece(trim(g.s, start, cut))
		start, end = trim(g.s, cut, end)
	}
	g.piece(start, end)
}

// isTooLong reads no more of t than the longest sentence, so that its time does
// not grow with t.
func isTooLong(t string) bool {
	return firstCharacters(t, multivac.MaxSentence) < len(t) || len(t) > longPhrase && isUnmarked(t)
}

// firstCharacters returns the length of the first n characters of t, in bytes.
func firstCharacters(t string, n int) int {
	if len(t) <= n {
		return len(t)
	}
	for i := range t {
		if n == 0 {
			return i
		}
		n--
	}
	return len(t)
}

func (g *segmenter) piece(start, end int) {
	if hasWord(g.s[start:end]) {
		g.spans = append(g.spans, multivac.Span{Start: start, End: end})
	}
}

// trim removes white space and invisible characters at both ends.
func trim(s string, start, end int) (int, int) {
	for start < end && s[start] <= ' ' {
		start++
	}
	for end > start && s[end-1] <= ' ' {
		end--
	}
	if start < end && (s[start] >= utf8.RuneSelf || s[end-1] >= utf8.RuneSelf) {
		t := strings.TrimLeftFunc(s[start:end], isSpace)
		start = end - len(t)
		end = start + len(strings.TrimRightFunc(t, isSpace))
	}
	return start, end
}

func isSpace(r rune) bool {
	return r <= ' ' || r > '~' && (unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b')
}

// hasWord reports whether t has a letter or a digit.
func hasWord(t string) bool {
	for i := range len(t) {
		if c := t[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return true
		} else if c >= utf8.RuneSelf {
			return strings.ContainsFunc(t[i:], func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
		}
	}
	return false
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// isUnmarked reports whether t is mostly in a script without marks at the end
// of sentences: Thai or Lao.
func isUnmarked(t string) bool {
	n := 0
	for i := 0; i+1 < len(t); i++ {
		if t[i] == 0xE0 && t[i+1] >= 0xB8 && t[i+1] <= 0xBB {
			n++
		}
	}
	return n*6 > len(t)
}

// cutPhrase returns where to cut t, which is too long for one sentence. It cuts
// as late as possible after a clause, or else after a word, or else after a
// rune.
func cutPhrase(t string) int {
	limit := firstCharacters(t, multivac.MaxSentence)
	if isUnmarked(t[:min(len(t), multivac.MaxSentence)]) {
		limit = longPhrase
	}
	if len(t) < 2*limit {
		limit = min(limit, len(t)/2+len(t)/8) // two pieces of similar length, not a long one and a rest
	}
	space, clause := 0, 0
	for i := limit / 3; i < limit; i++ {
		switch c := t[i]; {
		case isBlank(c):
			if space < limit/2 || !isDigit(t[i-1]) && (i+1 == len(t) || !isDigit(t[i+1])) {
				space = i // if possible not between a number and its unit
			}
			if strings.IndexByte(";:,.!?|)", t[i-1]) >= 0 || i+1 < len(t) && isBlank(t[i+1]) {
				clause = i
			}
		case c == 0xE3 || c == 0xEF:
			switch t[i:min(len(t), i+3)] {
			case "、", "。", "，", "；", "：", "！", "？":
				if i+3 <= limit {
					clause = i + 3
				}
			}
		}
	}
	switch {
	case clause > 0:
		return clause
	case space > 0:
		return space
	}
	for i := limit; i > limit-utf8.UTFMax; i-- {
		if utf8.RuneStart(t[i]) {
			return i
		}
	}
	return limit
}
