package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"

	"multivac"
)

// Sentences are found by Unicode's rules (UAX #29), which know the marks of
// all scripts and no abbreviations. What they cut wrongly is joined again.
//
// The rules look ahead over white space and brackets from each of them, which
// is quadratic in their number; so they are shown a window at a time, which
// ends early after many marks in a row.
const (
	window = 1024
	quiet  = 128
)

// longPhrase is where text in a script without marks between sentences is
// cut, in bytes: about as long as a sentence of other scripts is.
const longPhrase = 360

// sentences cuts the paragraph [start, end).
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
				break // not the end of a sentence, only of the window
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

// numbered ends sentences in [i, b) where the rules see the middle of one:
// before a number, "It fell in 1969. 12 people", and before a reference in
// brackets.
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

// windowEnd returns where a window that begins at pos ends.
func windowEnd(s string, pos, end int) int {
	end = min(end, pos+window)
	run := 0
	for i := pos; i < end; i++ {
		if run++; loud[s[i]] {
			run = 0
		} else if run == quiet {
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

// loud are the bytes that stop the rules from looking ahead. Of the bytes
// that begin a longer rune those are missing that begin brackets and spaces.
var loud = func() (t [256]bool) {
	for b := range t {
		c := byte(b)
		t[b] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '.' || c == '!' || c == '?' || c == '\n' || c >= 0xC3 && c != 0xE2 && c != 0xE3 && c != 0xEF
	}
	return t
}()

// endsAt reports whether the sentence that begins at from ends at b, where
// the rules have cut, or a little later, after the marks that belong to it.
func (g *segmenter) endsAt(from, b, end int) (int, bool) {
	s := g.s[:end] // a bracket that is closed behind the paragraph is not closed
	e := b
	for e > from && isBlank(s[e-1]) {
		e--
	}
	if e == b {
		b = unopen(s, from, b) // the rules take an opening bracket for a closing one
		e = b
	}
	if e == from {
		return 0, false
	}
	t := e // the end of the mark that ends the sentence
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
	if e == b { // no white space follows, but perhaps a closing mark that the rules don't know
		for b < end && isTail(s, b) > 0 {
			b += isTail(s, b)
		}
		if b == end {
			return b, true
		}
		if !isBlank(s[b]) {
			r, _ := utf8.DecodeRuneInString(s[b:end])
			return b, s[t-1] != '.' && r >= 0x2E80 // Chinese and Japanese set no spaces
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

// endsSentence reports whether r is a mark that ends a sentence in some script.
func endsSentence(r rune) bool { return unicode.Is(unicode.Sentence_Terminal, r) }

// unopen returns i, or where an opening mark begins that ends there.
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

// isTail returns the size of what may stand at i between the end of a
// sentence and the white space after it, or 0: closing marks, and references
// such as [1].
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

// breaksLine reports whether the white space [e, b) is a line end that the
// writer meant: two spaces or a backslash at the end of the line, or a label
// such as "Owner:" on the next.
func breaksLine(s string, e, b, end int) bool {
	i := strings.IndexByte(s[e:b], '\n')
	if i < 0 {
		return false
	}
	return i >= 2 && strings.HasPrefix(s[e:], "  ") || s[e-1] == '\\' || isLabel(s[b:end])
}

// isQuestionLine reports whether t is a question on a line of its own, in bold
// or after a label, as lists of questions and answers have it: the answer may
// begin with a small letter.
func isQuestionLine(t string) bool {
	i := strings.IndexByte(t, '\n')
	return i > 0 && strings.TrimSpace(t[i:]) == "" && (strings.HasPrefix(t, "**") || strings.HasPrefix(t, "__") || isLabel(t))
}

// isLabel reports whether t begins with a word or a few and a colon.
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

// sentence adds [start, end), without the white space around it, in as many
// pieces as it needs. What has neither letter nor digit is not added.
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

// isTooLong looks at no more of t than a sentence may have.
func isTooLong(t string) bool {
	return firstCharacters(t, multivac.MaxSentence) < len(t) || len(t) > longPhrase && isUnmarked(t)
}

// firstCharacters returns how many bytes the first n characters of t take.
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

// trim takes white space and invisible marks off both ends.
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

// isUnmarked reports whether t is mostly in a script that sets no mark at the
// end of a sentence: Thai or Lao.
func isUnmarked(t string) bool {
	n := 0
	for i := 0; i+1 < len(t); i++ {
		if t[i] == 0xE0 && t[i+1] >= 0xB8 && t[i+1] <= 0xBB {
			n++
		}
	}
	return n*6 > len(t)
}

// cutPhrase returns where to cut t, which is too long for a sentence: as near
// as can be to the end of the first piece, after a clause or else a word or
// else a rune.
func cutPhrase(t string) int {
	limit := firstCharacters(t, multivac.MaxSentence)
	if isUnmarked(t[:min(len(t), multivac.MaxSentence)]) {
		limit = longPhrase
	}
	if len(t) < 2*limit {
		limit = min(limit, len(t)/2+len(t)/8) // two like parts rather than a crumb
	}
	space, clause := 0, 0
	for i := limit / 3; i < limit; i++ {
		switch c := t[i]; {
		case isBlank(c):
			if space < limit/2 || !isDigit(t[i-1]) && (i+1 == len(t) || !isDigit(t[i+1])) {
				space = i // rather not between a number and what it counts
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
