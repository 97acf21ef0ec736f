package rank

import (
	"math"
	"slices"

	"multivac"
	"multivac/internal/index"
	"multivac/internal/text"
)

// maxTerms is how many distinct words of a question count: one bit each.
const maxTerms = 64

// searchRate is the power of a word's rate in the search: found on the
// training set, like the parameters of BM25.
const searchRate = 0.6

// A Question is a question made ready for ranking in one collection.
type Question struct {
	Text  string
	terms []term
	// Sums over terms of their weight.
	weight   float64
	heaviest float64
	search   float64 // sum over terms of their weight in the search
	rarity   float64 // sum over terms of their IDF
	near     near
	keys     []int     // rows of the model's answer table for the question's words
	bits     [4]uint64 // which terms may have a stem: a filter before the search
}

// A term is a distinct word of a question.
type term struct {
	text.Word
	idf    float64
	weight float64 // idf times how often such a word of a question is found beside its answer
	search float64 // the same, with the rate counting for less: a passage is more than the answer
	name   bool    // capitalised, though not because it begins the question
}

// NewQuestion reads the words of a question; idf says how rare a stem is in
// the collection that is asked.
func (m *Model) NewQuestion(question string, idf func(stem uint64) float64) *Question {
	q := &Question{Text: question}
	words := text.AppendWords(nil, question)
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
		t := term{Word: w, idf: idf(w.Stem), name: i > 0 && w.Flags&text.Capital != 0}
		rate := m.rate(t)
		t.weight, t.search = t.idf*rate, t.idf*math.Pow(rate, searchRate)
		q.search += t.search
		q.weight += t.weight
		q.rarity += t.idf
		q.heaviest = max(q.heaviest, t.weight)
		q.terms = append(q.terms, t)
		q.bits[w.Stem>>62] |= 1 << (w.Stem & 63)
	}
	q.near = m.translations.near(q.terms)
	return q
}

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

// Terms returns what to search for. Words that a question has by its form
// weigh little.
func (q *Question) Terms() []index.Term {
	terms := make([]index.Term, len(q.terms))
	for i, t := range q.terms {
		terms[i] = index.Term{Stem: t.Stem, IDF: t.search}
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

// meaning is the share of the heaviest word's weight below which a word is
// there for the question's form: it is neither marked nor missed.
const meaning = 0.3

func (q *Question) means(i int) bool {
	t := &q.terms[i]
	return t.weight >= meaning*q.heaviest && !t.form()
}

// Unknown returns the question's words that mean something and are not known,
// as they were written.
func (q *Question) Unknown(known func(stem uint64) bool) (words []string) {
	for i, t := range q.terms {
		if q.means(i) && !known(t.Stem) {
			words = append(words, q.Text[t.Start:t.End])
		}
	}
	return words
}

// Lacking returns the question's words that mean something and are in none of
// the texts, as they were written.
func (q *Question) Lacking(texts ...string) (words []string) {
	var r reading
	var has uint64
	for _, s := range texts {
		has |= r.mask(q, s)
	}
	for i, t := range q.terms {
		if q.means(i) && has&(1<<i) == 0 {
			words = append(words, q.Text[t.Start:t.End])
		}
	}
	return words
}

// Marks returns where s has words of the question that mean something.
func (q *Question) Marks(s string) (marks []multivac.Span) {
	for _, w := range text.AppendWords(nil, s) {
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
