package pdf

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A row is what stands on one line of a page, from left to right.
type row []segment

func (r row) x0() float32 { return r[0].x0 }

func (r row) x1() float32 {
	x := r[0].x1
	for _, s := range r {
		x = max(x, s.x1)
	}
	return x
}

func (r row) y() float32 { return r.main().y }

// bold reports whether most of a row is bold, as a segment is.
func (r row) bold() bool {
	bolds, all := 0, 0
	for _, s := range r {
		all += s.letters
		if s.bold {
			bolds += s.letters
		}
	}
	return 5*bolds > 4*all
}

// main returns the segment with the most text.
func (r row) main() segment {
	most := r[0]
	for _, s := range r[1:] {
		if s.letters > most.letters {
			most = s
		}
	}
	return most
}

// grid returns a table that stands on the line.
func (r row) grid() *grid {
	for _, s := range r {
		if s.grid != nil {
			return s.grid
		}
	}
	return nil
}

// rowsOf returns segments by the lines on which they stand, from top to bottom.
func rowsOf(segments []segment) []row {
	all := slices.Clone(segments)
	slices.SortStableFunc(all, func(a, b segment) int { return cmp.Or(cmp.Compare(a.y, b.y), cmp.Compare(a.x0, b.x0)) })
	var rows []row
	for _, s := range all {
		if n := len(rows); n > 0 && sameLine(rows[n-1], s) {
			rows[n-1] = append(rows[n-1], s)
			continue
		}
		rows = append(rows, row{s})
	}
	for i := range rows {
		slices.SortStableFunc(rows[i], func(a, b segment) int { return cmp.Compare(a.x0, b.x0) })
		rows[i] = labelled(rows[i])
	}
	return rows
}

// maxCells bounds the segments of a line, each of which is compared with the others.
const maxCells = 500

// sameLine reports whether s stands on the line of r, or is raised or lowered
// next to it.
func sameLine(r row, s segment) bool {
	if len(r) >= maxCells {
		return false
	}
	m := r.main()
	dy, small := abs(s.y-m.y), min(s.size, m.size)
	if dy > 0.35*small && (dy > 0.5*max(s.size, m.size) || small > 0.85*max(s.size, m.size)) {
		return false
	}
	for _, o := range r { // what would stand on each other is on two lines
		if min(o.x1, s.x1)-max(o.x0, s.x0) > 0.5*small && dy > 0.1*small {
			return false
		}
	}
	return true
}

var (
	bullet   = regexp.MustCompile(`^[•◦▪▫‣⁃·●○■□◆◇➢➤✓–—*-]$`)
	numbered = regexp.MustCompile(`^(\(?\d{1,3}[.)]|\d{1,3}(\.\d{1,3})+\.?|\(?[a-zA-Z][.)]|\(?[ivx]{1,5}[.)])$`)
)

// labelled joins the signs and numbers of lists with the text right of them.
func labelled(r row) row {
	for i := 0; i+1 < len(r); i++ {
		a, b := r[i], r[i+1]
		if !bullet.MatchString(a.text) && !numbered.MatchString(a.text) || b.x0-a.x1 > 4*b.size || b.pieces != nil {
			continue
		}
		b.text, b.x0, b.letters, b.first = a.text+" "+b.text, a.x0, a.letters+b.letters, min(a.first, b.first)
		b.typed += a.typed
		if a.pitch == 0 {
			b.pitch = 0
		}
		r = slices.Delete(r, i, i+1)
		r[i] = b
	}
	return r
}

// text returns the text of a row, whose paragraph runs from right to left or not.
func (r row) text(rtl bool) string {
	if !rtl && !slices.ContainsFunc(r, func(s segment) bool { return s.pieces != nil }) {
		var b strings.Builder
		for i, s := range r {
			if i > 0 && (s.space || s.x0-r[i-1].x1 > wordGap*s.size) {
				b.WriteByte(' ')
			}
			b.WriteString(s.text)
		}
		return dots.ReplaceAllString(b.String(), "…")
	}
	var all []piece
	for i, s := range r {
		pieces := slices.Clone(s.pieces)
		if pieces == nil {
			pieces = []piece{{text: s.text, x0: s.x0, x1: s.x1, kind: direction(s.text)}}
		}
		pieces[0].space = i > 0 && s.x0-r[i-1].x1 > wordGap*s.size // the order of drawing says nothing here
		all = append(all, pieces...)
	}
	return logical(all, rtl)
}

// dots are those that lead from a title to its page.
var dots = regexp.MustCompile(`(?:\s?\.){5,}`)

// direction returns the kind of a text without letters from right to left.
func direction(text string) int {
	kind := neutral
	for _, c := range text {
		if k := kindOf(c); k == left {
			return left
		} else if k == number {
			kind = number
		}
	}
	return kind
}

// join adds the next line to a text. A word that is broken at the end of the line
// becomes whole, unless known has it with the hyphen.
func join(text, next string, known words) string {
	if text == "" || next == "" {
		return text + next
	}
	last, n := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(next)
	before, _ := utf8.DecodeLastRuneInString(text[:len(text)-n])
	switch {
	case last == '-' && unicode.IsLetter(before) && unicode.IsLetter(first):
		if unicode.IsUpper(first) || compounds[bare(strings.TrimSuffix(lastWord(text), "-"))] || known.hyphened(lastWord(text), firstWord(next)) {
			return text + next
		}
		return text[:len(text)-n] + next
	case last == '-' && unicode.IsLetter(before) && unicode.IsDigit(first), last == '-' && unicode.IsDigit(before) && unicode.IsDigit(first),
		last == '/' && !unicode.IsSpace(before), isIdeograph(last) && isIdeograph(first):
		return text + next
	}
	return text + " " + next
}

// compounds are words that keep their hyphen before another one.
var compounds = map[string]bool{"self": true, "well": true, "cross": true, "quasi": true}

func lastWord(s string) string  { return s[strings.LastIndexByte(s, ' ')+1:] }
func firstWord(s string) string { w, _, _ := strings.Cut(s, " "); return w }

// isIdeograph reports whether a character is of a script that has no spaces.
func isIdeograph(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) || c >= 0x3000 && c < 0x3040 || c >= 0xff00 && c < 0xff66
}

// words are those of a document that are written with a hyphen within a line.
type words map[string]bool

// see notes the words of a line.
func (w words) see(line string) {
	if !strings.Contains(line, "-") {
		return
	}
	for f := range strings.FieldsSeq(line) {
		if f = bare(f); strings.Contains(strings.Trim(f, "-"), "-") && len(w) < 100_000 {
			w[f] = true
		}
	}
}

// hyphened reports whether a word with a hyphen has it elsewhere, too: a is its
// part before, with the hyphen.
func (w words) hyphened(a, b string) bool { return w[bare(a+b)] }

// bare returns a word in lower case, without what stands around it.
func bare(word string) string {
	return strings.ToLower(strings.TrimFunc(word, func(c rune) bool { return c != '-' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }))
}
