package rank

import (
	"math"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/text"
)

// maxTerms is how many distinct words of a question count, and how many of its
// phrases: one bit each.
const maxTerms = 64

// searchRate is the power of a word's rate in the search: found on the
// training set, like the parameters of BM25.
const searchRate = 0.6

// A Question is a question made ready for ranking in one collection.
type Question struct {
	Text     string
	passages int // of the collection that is asked
	terms    []term
	// Sums over terms of their weight.
	weight    float64
	heaviest  float64
	search    float64 // sum over terms of their weight in the search
	rarity    float64 // sum over terms of their IDF
	near      near
	spellings []text.Spelling // of identifiers: what is read is joined by them
	asked     []text.Word     // its words; an identifier is one
	compounds []multivac.Span // of words that are written together, and compared one by one
	parts     []find.Term     // of identifiers, which may be written apart
	keys      []int           // rows of the model's answer table for the question's words
	phrases   [][]uint64      // in quotation marks, as stems; maxTerms at most
	bits      [4]uint64       // which terms may have a stem: a filter before the search
}

// A term is a distinct word of a question.
type term struct {
	text.Word
	idf    float64
	weight float64 // idf times how often such a word of a question is found next to its answer
	search float64 // the same, with the rate counting for less: a passage is more than the answer
	name   bool    // capitalised, though not because it begins the question
	// The collection does not know the word. If corrected, Stem and Folded are
	// those of the word that it was read as.
	unknown, corrected bool
	// Of an identifier: other stems that the collection has it by, and whether
	// nothing is an answer that does not have it.
	also []uint64
	firm bool
}

// mistaken is what a word counts for that is read as another.
const mistaken = 0.8

// correct makes the unknown term that of the word that was meant by it, if a
// typing mistake explains it, and returns what it counts for.
func (t *term) correct(v *vocabulary) float64 {
	r, ok := v.meant(slices.IndexFunc(v.words, func(w text.Word) bool { return w.Start == t.Start }))
	if !ok {
		return 1
	}
	text.Edits(v.text[t.Start:t.End], func(w text.Word) {
		if !t.corrected && w.Stem == r.Stem {
			t.Stem, t.Folded, t.corrected = w.Stem, w.Folded, true
		}
	})
	if !t.corrected {
		return 1
	}
	v.also[r.Stem] = r.Count
	return mistaken
}

// NewQuestion weighs the words of a question by what a view of so many passages
// knows of them: found is of the wording's stems and mistakes. A word that the
// collection does not know is read as the one that was meant.
func (m *Model) NewQuestion(w *Wording, found find.Found, passages int) *Question {
	return m.newQuestion(&vocabulary{Wording: w, found: found, passages: passages, also: map[uint64]int{}})
}

func (m *Model) newQuestion(v *vocabulary) *Question {
	q := &Question{Text: v.text, passages: v.passages}
	named, compounds := v.identifiers()
	q.compounds = compounds
	for _, x := range named {
		q.spellings = append(q.spellings, x.Spelling)
	}
	q.asked = together(slices.Clone(v.Wording.words), named)
	words := q.asked
	if k, ok := m.keys[answerKey(nil)]; ok {
		q.keys = append(q.keys, k)
	}
	for i, w := range words {
		if w.Flags&text.Single != 0 && partOfPair(words, i) {
			continue
		}
		q.keys = m.appendKeys(q.keys, words, i)
		if len(q.terms) == maxTerms || slices.ContainsFunc(q.terms, func(t term) bool { return t.Stem == w.Stem }) {
			continue
		}
		t := term{Word: w, name: i > 0 && w.Flags&text.Capital != 0}
		if k := slices.IndexFunc(named, func(x identifier) bool { return x.Stem == w.Stem }); k >= 0 {
			q.identify(&t, named[k], m, v)
		} else {
			m.weigh(&t, v)
			if asksForRecent(words, i) {
				t.weight, t.search = recentRate*t.weight, recentRate*t.search
			}
		}
		q.search += t.search
		q.weight += t.weight
		q.rarity += t.idf
		q.heaviest = max(q.heaviest, t.weight)
		q.terms = append(q.terms, t)
		q.bits[t.Stem>>62] |= 1 << (t.Stem & 63)
	}
	q.phrases = q.quoted(words)
	q.near = m.translations.near(q.terms)
	return q
}

// words appends the words of s; those that spell an identifier of the question
// are one word.
func (q *Question) words(dst []text.Word, s string) []text.Word {
	return text.Join(text.AppendWords(dst, s), s, q.spellings)
}

// weigh says what a word counts.
func (m *Model) weigh(t *term, v *vocabulary) {
	rate := m.rate(*t)
	if t.unknown = !v.has(t.Stem); t.unknown {
		rate *= t.correct(v)
	}
	t.idf = v.rarity(t.Stem)
	t.weight, t.search = t.idf*rate, t.idf*math.Pow(rate, searchRate)
}

// What the parts of an identifier count in the search besides the whole: more
// where the collection does not seem to have it.
const (
	partOfKnown   = 0.1
	partOfUnknown = 0.5
)

// identify says what an identifier counts: as much as a name does.
func (q *Question) identify(t *term, x identifier, m *Model, v *vocabulary) {
	if x.Flags&text.Identifier != 0 {
		t.name = true
		if x.firm {
			t.Flags &^= text.Digits
		}
	}
	rate := m.rate(*t)
	t.firm, t.corrected, t.unknown = x.firm, x.corrected, len(x.known) == 0 || x.corrected
	if t.corrected {
		rate *= mistaken
	}
	t.idf = v.rarity(t.Stem)
	for _, stem := range x.known {
		t.idf = min(t.idf, v.rarity(stem))
		if stem != t.Stem {
			t.also = append(t.also, stem)
		}
	}
	t.weight, t.search = t.idf*rate, t.idf*math.Pow(rate, searchRate)
	share := partOfKnown
	if len(x.known) == 0 {
		share = partOfUnknown
	}
	if x.Flags&text.Identifier != 0 {
		for _, part := range x.parts() {
			q.parts = append(q.parts, find.Term{Stem: part.Stem, Weight: share * v.rarity(part.Stem)})
		}
	}
}

// quoted returns the phrases in quotation marks, as stems; those of one word
// say nothing that its term does not.
func (q *Question) quoted(words []text.Word) (phrases [][]uint64) {
	var open rune
	from := 0
	for i, r := range q.Text {
		closing, opens := quotationMarks[r]
		switch {
		case open != 0 && r == open:
			var phrase []uint64
			for _, w := range words {
				if w.Start >= from && w.End <= i && w.Flags&text.Pair == 0 {
					phrase = append(phrase, w.Stem)
				}
			}
			if len(phrase) > 1 && len(phrases) < maxTerms {
				phrases = append(phrases, phrase)
			}
			open = 0
		case open == 0 && opens:
			open, from = closing, i
		}
	}
	return phrases
}

// quotationMarks are those that open, with what closes them. An apostrophe is none.
var quotationMarks = map[rune]rune{'"': '"', '“': '”', '„': '“', '«': '»', '»': '«', '「': '」', '『': '』'}

// partOfPair reports whether the character at i is in a pair as well: then the
// pair says more.
func partOfPair(words []text.Word, i int) bool {
	near := words[i].Start
	for _, w := range words[max(0, i-2):min(len(words), i+4)] {
		if w.Flags&text.Pair != 0 && w.Start <= near && near < w.End {
			return true
		}
	}
	return false
}

// Terms returns what to search for, maxTerms at most. Words that a question
// has by its form weigh little.
func (q *Question) Terms() []find.Term {
	terms := make([]find.Term, len(q.terms), len(q.terms)+len(q.parts))
	for i, t := range q.terms {
		terms[i] = find.Term{Stem: t.Stem, Weight: t.search}
	}
	add := func(t find.Term) {
		if len(terms) < maxTerms && !slices.ContainsFunc(terms, func(u find.Term) bool { return u.Stem == t.Stem }) {
			terms = append(terms, t)
		}
	}
	for _, t := range q.terms {
		for _, stem := range t.also {
			add(find.Term{Stem: stem, Weight: t.search})
		}
	}
	for _, t := range q.parts {
		add(t)
	}
	return terms
}

// find returns the term with the stem, or -1.
func (q *Question) find(stem uint64) int {
	if q.bits[stem>>62]&(1<<(stem&63)) == 0 {
		return -1
	}
	for i := range q.terms {
		if q.terms[i].Stem == stem {
			return i
		}
	}
	return -1
}

// leastShare is the share of the heaviest word's weight below which a word is
// there for the question's form. Such a word is neither marked nor missed.
const leastShare = 0.3

func (q *Question) means(i int) bool {
	t := &q.terms[i]
	return t.weight >= leastShare*q.heaviest && !t.form()
}

// Unknown returns the question's words that mean something and that the
// collection does not know, as they were written.
func (q *Question) Unknown() (words []string) {
	return q.written(func(i int) bool { return q.terms[i].unknown })
}

// Lacking returns the question's words that mean something and are in none of
// the texts, though the collection knows them, as they were written.
func (q *Question) Lacking(texts ...string) (words []string) {
	var r reading
	var has uint64
	for _, s := range texts {
		has |= r.mask(q, s)
	}
	return q.written(func(i int) bool { return has&(1<<i) == 0 && !q.terms[i].unknown })
}

// written returns the terms that are wanted and mean something, as they were
// written: characters next to each other as one, and compounds whole.
func (q *Question) written(wanted func(i int) bool) (words []string) {
	var run multivac.Span
	var listed uint64
	characters, says := false, false // whether the run is characters, and has a term that means something
	end := func() {
		if word := q.Text[run.Start:run.End]; says && !slices.Contains(words, word) {
			words = append(words, word)
		}
		says = false
	}
	for _, w := range q.asked {
		i := q.find(w.Stem)
		if i < 0 {
			i = q.corrected(w)
		}
		spaceless := w.Flags&(text.Pair|text.Single) != 0
		if i < 0 || !wanted(i) || !spaceless && listed&(1<<i) != 0 {
			continue
		}
		listed |= 1 << i
		span := q.asWritten(w)
		if !(spaceless && characters && span.Start <= run.End) {
			end()
			run = span
		}
		run.End = max(run.End, span.End)
		characters, says = spaceless, says || q.means(i)
	}
	end()
	return words
}

// asWritten returns where w stands, with the marks of /etc/hosts and --max-lag,
// or the compound that it is part of.
func (q *Question) asWritten(w text.Word) multivac.Span {
	for _, c := range q.compounds {
		if c.Start <= w.Start && w.End <= c.End {
			return c
		}
	}
	if w.Flags&text.Identifier != 0 {
		w.Start = len(strings.TrimRight(q.Text[:w.Start], "/-~"))
	}
	return multivac.Span{Start: w.Start, End: w.End}
}

// corrected returns the term that w was read as something else of, or -1.
func (q *Question) corrected(w text.Word) int {
	return slices.IndexFunc(q.terms, func(t term) bool { return t.corrected && t.Start == w.Start })
}

// Marks returns where s has words of the question that mean something.
func (q *Question) Marks(s string) (marks []multivac.Span) {
	for _, w := range q.words(nil, s) {
		if i := q.find(w.Stem); i >= 0 && q.means(i) {
			if n := len(marks); n > 0 && w.Start < marks[n-1].End { // a pair over its characters
				marks[n-1] = multivac.Span{Start: min(w.Start, marks[n-1].Start), End: max(w.End, marks[n-1].End)}
				continue
			}
			marks = append(marks, multivac.Span{Start: w.Start, End: w.End})
		}
	}
	return marks
}
