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
// phrases. Each takes one bit of a set.
const maxTerms = 64

// searchRate is the power to which a word's rate is raised in the search. It
// was found on the training set, like the parameters of BM25.
const searchRate = 0.6

// A Question is a question made ready for ranking in one collection.
type Question struct {
	Text     string
	passages int // of the collection that is asked
	terms    []term
	// Sums of the terms' weights, except heaviest, which is the largest.
	weight    float64
	heaviest  float64
	search    float64 // sum over terms of their weight in the search
	rarity    float64 // sum over terms of their IDF
	near      near
	spellings []text.Spelling // of identifiers: texts are read with these joined
	asked     []text.Word     // its words, with each identifier as one
	compounds []multivac.Span // words that are written together, and compared one by one
	parts     []find.Term     // parts of identifiers, which a text may write apart
	keys      []int           // rows of the model's answer table for the question's words
	phrases   [][]uint64      // in quotation marks, as stems; maxTerms at most
	bits      [4]uint64       // which terms may have a stem: a quick test before the search
}

// A term is a distinct word of a question.
type term struct {
	text.Word
	idf    float64
	weight float64 // idf times how often such a word of a question is found next to its answer
	search float64 // the same, but the rate counts less, because a passage has more than the answer
	name   bool    // capitalised, though not because it begins the question
	// unknown: the collection does not know the word. corrected: it was read as
	// another one, which Stem and Folded are of.
	unknown, corrected bool
	// For an identifier: other stems that the collection has it by, and whether
	// a text without it cannot be an answer.
	also []uint64
	firm bool
}

// mistaken is the factor for a word that is read as another one.
const mistaken = 0.8

// correct turns the unknown term into the word that was meant, if a typing
// mistake explains it. It returns the factor by which the term then counts.
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

// NewQuestion weighs the words of a question by what a view with this number of
// passages knows of them. found answers the stems and mistakes of the wording.
// A word that the collection does not know is read as the word that was meant.
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

// words appends the words of s. Words that spell an identifier of the question
// become one word.
func (q *Question) words(dst []text.Word, s string) []text.Word {
	return text.Join(text.AppendWords(dst, s), s, q.spellings)
}

// weigh sets the weights of a word.
func (m *Model) weigh(t *term, v *vocabulary) {
	rate := m.rate(*t)
	if t.unknown = !v.has(t.Stem); t.unknown {
		rate *= t.correct(v)
	}
	t.idf = v.rarity(t.Stem)
	t.weight, t.search = t.idf*rate, t.idf*math.Pow(rate, searchRate)
}

// The weight of the parts of an identifier in the search, as a share of the
// whole. It is larger if the collection does not seem to have the identifier.
const (
	partOfKnown   = 0.1
	partOfUnknown = 0.5
)

// identify sets the weights of an identifier. It counts as much as a name does.
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

// quoted returns the phrases in quotation marks, as stems. A phrase of one word
// is left out, because its term says the same.
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

// quotationMarks maps opening marks to closing ones. An apostrophe is not among
// them.
var quotationMarks = map[rune]rune{'"': '"', '“': '”', '„': '“', '«': '»', '»': '«', '「': '」', '『': '』'}

// partOfPair reports whether the character at i is also part of a pair of
// characters. The pair says more.
func partOfPair(words []text.Word, i int) bool {
	near := words[i].Start
	for _, w := range words[max(0, i-2):min(len(words), i+4)] {
		if w.Flags&text.Pair != 0 && w.Start <= near && near < w.End {
			return true
		}
	}
	return false
}

// Terms returns the terms to search for, at most maxTerms. Words that only give
// the question its form weigh little.
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

// leastShare is a share of the heaviest word's weight. A lighter word only
// gives the question its form. It is neither marked nor missed.
const leastShare = 0.3

func (q *Question) means(i int) bool {
	t := &q.terms[i]
	return t.weight >= leastShare*q.heaviest && !t.form()
}

// Unknown returns the question's meaningful words that the collection does not
// know, as they were written.
func (q *Question) Unknown() (words []string) {
	return q.written(func(i int) bool { return q.terms[i].unknown })
}

// Lacking returns the question's meaningful words that the collection knows but
// none of the texts has, as they were written.
func (q *Question) Lacking(texts ...string) (words []string) {
	var r reading
	var has uint64
	for _, s := range texts {
		has |= r.mask(q, s)
	}
	return q.written(func(i int) bool { return has&(1<<i) == 0 && !q.terms[i].unknown })
}

// written returns the wanted, meaningful terms as they were written. Adjacent
// characters are joined to one word, and compounds are whole.
func (q *Question) written(wanted func(i int) bool) (words []string) {
	var run multivac.Span
	var listed uint64
	characters, says := false, false // whether the run is of characters, and whether it has a meaningful term
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

// asWritten returns the span of w, with the marks of /etc/hosts and --max-lag,
// or the span of the compound that w is part of.
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

// corrected returns the term that w was corrected to, or -1.
func (q *Question) corrected(w text.Word) int {
	return slices.IndexFunc(q.terms, func(t term) bool { return t.corrected && t.Start == w.Start })
}

// Marks returns the spans of the question's meaningful words in s.
func (q *Question) Marks(s string) (marks []multivac.Span) {
	for _, w := range q.words(nil, s) {
		if i := q.find(w.Stem); i >= 0 && q.means(i) {
			if n := len(marks); n > 0 && w.Start < marks[n-1].End { // a pair overlaps its characters
				marks[n-1] = multivac.Span{Start: min(w.Start, marks[n-1].Start), End: max(w.End, marks[n-1].End)}
				continue
			}
			marks = append(marks, multivac.Span{Start: w.Start, End: w.End})
		}
	}
	return marks
}
