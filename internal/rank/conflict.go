package rank

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"multivac/internal/text"
)

// If two passages say different things about one subject, the answer shows
// both. Such a conflict is rare, and a false one misleads, so two sentences have
// to make nearly the same statement and to differ in a value: a number with its
// unit, a name, or a negation. Versions of one document may use other words.

// A Conflict is another sentence that answers the question differently.
type Conflict struct {
	Other int    // its place in the ranked sentences, from 1
	Known bool   // the documents say that the first sentence is the newer one
	Text  string // in plain words: what says so, or that nothing does
}

// conflictBehind is the most that the other sentence scores below the first one.
// It is more than rivalBehind, because a question often has the words of one
// version only.
const conflictBehind = 7

// Conflict returns the sentence that the first of the ranked sentences is in
// conflict with. ok is false if there is none, or if the question itself says
// which of several versions it is about.
func (q *Question) Conflict(candidates []Candidate, ranked []Sentence) (c Conflict, ok bool) {
	if len(ranked) == 0 || q.namesVersion() {
		return c, false
	}
	first := &candidates[ranked[0].Candidate]
	s := first.Sentence(ranked[0].Span)
	said := newStatement(s)
	for i := 1; i < min(len(ranked), rivalPlaces); i++ {
		other := &candidates[ranked[i].Candidate]
		t := other.Sentence(ranked[i].Span)
		if !q.opposed(first, other, &said, s, t, ranked[0].Score-ranked[i].Score) {
			continue
		}
		folder := commonFolder(first.Source, other.Source)
		newer := ageOf(first, s, openingOf(candidates, first), strings.TrimPrefix(first.Source, folder))
		older := ageOf(other, t, openingOf(candidates, other), strings.TrimPrefix(other.Source, folder))
		known := newer.newer(older) > 0
		return Conflict{Other: i, Known: known, Text: disagreement(first.Document == other.Document, known, newer, older)}, true
	}
	return c, false
}

// disagreement says that two texts disagree, and what tells which is newer.
func disagreement(oneDocument, known bool, newer, older age) string {
	what := "Two documents disagree"
	if oneDocument {
		what = "Two parts of one document disagree"
	}
	switch {
	case !known:
		return what + ", and nothing says which is newer."
	case newer.old != older.old:
		return what + ". The older one is marked as no longer valid."
	case newer.date != 0 && older.date != 0 && newer.date != older.date:
		return fmt.Sprintf("%s. The newer one is of %s, the older one of %s.", what, dated(newer.date), dated(older.date))
	case newer.version != 0 && older.version != 0 && newer.version != older.version:
		return what + ". The newer one has the higher version number."
	}
	return what + ". The newer one says that it replaces something older."
}

// dated writes a date, as far as it is stated.
func dated(date int) string {
	year, month, day := date/10000, date/100%100, date%100
	switch {
	case month == 0:
		return fmt.Sprintf("%04d", year)
	case day == 0:
		return fmt.Sprintf("%04d-%02d", year, month)
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
}

// namesVersion reports whether the question says which of several versions it
// is about: it names a year or a version, or asks for something old.
func (q *Question) namesVersion() bool {
	return year.MatchString(q.Text) || release.MatchString(q.Text) || version.MatchString(q.Text) || q.asksForOld()
}

// release matches the number of a version, as in "Corvane 4.2".
var release = regexp.MustCompile(`\b\p{L}+ \d{1,3}\.\d{1,3}\b`)

// opposed reports whether two sentences make nearly the same statement and
// differ in a value. u is what s says. The second one scores so much less than
// the first. Nearly all pairs have few words in common, so that is looked at
// first: this is asked for each question.
func (q *Question) opposed(a, b *Candidate, u *statement, s, t string, behind float64) bool {
	if behind > conflictBehind {
		return false
	}
	v := newStatement(t)
	common, all := overlap(u.words, v.words)
	if common < 2 && 10*common < 4*all {
		return false
	}
	related := versions(a, b) || marked(a, b)
	if !related && (a.Document == b.Document || siblings(a, b)) || q.separates(a, b, s, t, related) {
		return false
	}
	return u.differs(&v, common, all, related)
}

// differs reports whether two statements with so many words in common, of all
// words that they have, are nearly the same and differ in a value. related says
// that they are of versions of one document.
func (s *statement) differs(o *statement, common, all int, related bool) bool {
	own := s.ownName(o)
	if other := o.ownName(s); own == 0 || other == 0 {
		own = 0
	} else {
		own += other
	}
	switch {
	case !related && s.namesMore(o) != o.namesMore(s):
		return false
	case common >= 3 && 10*common >= 6*all, common == 2 && all == 2:
		return s.negated != o.negated || parted(s.numbers, o.numbers) || own > 0
	case common >= 3 && own > 0 && 10*common >= 6*(all-own):
		return true
	case related && 10*common >= 4*all && s.negated != o.negated:
		return true
	case common >= 2 && 10*common >= all*4, common >= 2 && related && 10*common >= 2*all:
		return s.differsInUnit(o)
	}
	return false
}

// separates reports whether only one of the sentences, in its context, has a
// name, a number, or much else that the question means. Then they are about
// different subjects. For versions of one document, only names and numbers
// count.
func (q *Question) separates(a, b *Candidate, s, t string, related bool) bool {
	var r reading
	in := func(c *Candidate, sentence string) (set uint64) {
		return r.mask(q, c.Title) | r.mask(q, c.Heading) | r.mask(q, c.Lead) | r.mask(q, sentence)
	}
	x, y := in(a, s), in(b, t)
	common, differing := 0.0, 0.0
	for i := range q.terms {
		switch term := &q.terms[i]; {
		case x&y&(1<<i) != 0:
			common += term.weight
		case (x^y)&(1<<i) == 0 || !q.means(i):
		case term.name || term.Flags&(text.Digits|text.Identifier) != 0:
			return true
		default:
			differing += term.weight
		}
	}
	return !related && differing > common
}

// marked reports whether one of two passages is marked as old by a name, and
// the names of their documents are otherwise the same, as far as the shorter one
// goes: "Backups and restores" and "Backups (superseded)".
func marked(a, b *Candidate) bool {
	if namedOld(a) == namedOld(b) {
		return false
	}
	x, y := nameWords(a.Title), nameWords(b.Title)
	return len(x) > 0 && len(y) > 0 && (within(x, y) || within(y, x))
}

func namedOld(c *Candidate) bool {
	return saysOld(c.Title) || saysOld(c.Source) || saysOld(c.Heading)
}

// siblings reports whether two documents have names that set their subjects
// apart: they share a word, and each has one of its own that is not only the
// kind of document. So the manuals of two products are not in conflict.
func siblings(a, b *Candidate) bool {
	x, y := nameWords(a.Title), nameWords(b.Title)
	if !parted(x, y) {
		return false
	}
	for w := range wordsBeside(skeleton(a.Title)) {
		if !formWords[w] && wordsBeside(skeleton(b.Title))[w] {
			return true
		}
	}
	return false
}

// nameWords returns the words of a title, without those that distinguish
// versions, or kinds of documents.
func nameWords(title string) map[uint64]bool {
	m := map[uint64]bool{}
	if i := strings.IndexAny(title, "(–"); i > 0 {
		title = title[:i]
	}
	for _, w := range text.AppendWords(nil, skeleton(title)) {
		if !formWords[w.Stem] && !kindWords[w.Stem] {
			m[w.Stem] = true
		}
	}
	return m
}

// kindWords are words of titles that say what kind of document it is.
var kindWords = stemmedSet("policy policies rule rules guide guideline guidelines handbook manual faq overview notes note minutes page runbook procedure instruction instructions information announcement notice memo mail email thread extract excerpt summary")

// A statement is what a sentence says, taken apart.
type statement struct {
	words   map[uint64]bool // stems, without numbers, negations and words of form
	names   []name          // those of them that are capitalised
	numbers map[quantity]bool
	negated bool
}

// A name is a capitalised word and its place in the sentence.
type name struct {
	stem  uint64
	place int
}

// A quantity is a number and its unit, or 0 if it has none.
type quantity struct{ number, unit uint64 }

var (
	negations = foldedSet("not no never none nothing nobody neither nor without cannot can't don't doesn't didn't isn't aren't won't mustn't nicht kein keine keinen")
	// modifiers stand between a number and its unit.
	modifiers = foldedSet("working calendar business full more further consecutive")
	counts    = func() map[uint64]uint64 {
		m := map[uint64]uint64{}
		for i, w := range strings.Fields("zero one two three four five six seven eight nine ten eleven twelve") {
			m[folded(w)] = folded(fmt.Sprint(i))
		}
		return m
	}()
)

func stemmedSet(list string) map[uint64]bool {
	m := map[uint64]bool{}
	for _, w := range text.AppendWords(nil, list) {
		m[w.Stem] = true
	}
	return m
}

func newStatement(s string) statement {
	st := statement{words: map[uint64]bool{}, numbers: map[quantity]bool{}}
	words := text.AppendWords(nil, s)
	for i, w := range words {
		number, counted := counts[w.Folded]
		switch {
		case negations[w.Folded]:
			st.negated = true
		case w.Flags&text.Digits != 0:
			st.numbers[quantity{w.Folded, unitOf(s, words, i)}] = true
		case counted:
			st.numbers[quantity{number, unitOf(s, words, i)}] = true
		case !formWords[w.Stem]:
			st.words[w.Stem] = true
			if w.Flags&text.Capital != 0 && i > 0 {
				st.names = append(st.names, name{w.Stem, i})
			}
		}
	}
	return st
}

// unitOf returns the unit of the number at i, or 0.
func unitOf(s string, words []text.Word, i int) uint64 {
	before, after := strings.TrimRight(s[:words[i].Start], " "), strings.TrimLeft(s[words[i].End:], " ")
	for i, sign := range []string{"€", "$", "£", "%"} {
		if strings.HasSuffix(before, sign) || strings.HasPrefix(after, sign) {
			return uint64(i + 1)
		}
	}
	for k := i + 1; k < min(len(words), i+3); k++ {
		if strings.ContainsAny(s[words[k-1].End:words[k].Start], "|,;:.()") {
			return 0
		}
		if !modifiers[words[k].Folded] {
			return words[k].Stem
		}
	}
	return 0
}

// ownName returns how many words the name has that s has and o lacks. It
// returns 0 if there is none, or if there are several names.
func (s *statement) ownName(o *statement) (n int) {
	last := 0
	for _, name := range s.names {
		if o.words[name.stem] {
			continue
		}
		if n > 0 && name.place != last+1 {
			return 0
		}
		n, last = n+1, name.place
	}
	return n
}

var monthStems = stemmedSet(monthNames)

// namesMore reports whether a statement names something that o does not. If only
// one of two does, as "a document in JSON" and "a document", it is about a
// special case.
func (s *statement) namesMore(o *statement) bool {
	return slices.ContainsFunc(s.names, func(n name) bool { return !o.words[n.stem] && !monthStems[n.stem] })
}

// differsInUnit reports whether two statements have different numbers of one
// unit, and no quantity in common.
func (s *statement) differsInUnit(o *statement) (differs bool) {
	for v := range s.numbers {
		for w := range o.numbers {
			if v == w && v.unit != 0 {
				return false
			}
			differs = differs || v.unit != 0 && v.unit == w.unit
		}
	}
	return differs
}

// overlap returns how many elements both sets have, and how many any has.
func overlap(a, b map[uint64]bool) (common, all int) {
	for w := range a {
		if b[w] {
			common++
		}
	}
	return common, len(a) + len(b) - common
}

func within[T comparable](a, b map[T]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// parted reports whether each set has an element that the other lacks.
func parted[T comparable](a, b map[T]bool) bool { return !within(a, b) && !within(b, a) }
