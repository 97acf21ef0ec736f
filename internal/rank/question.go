package rank

import (
	"math"
	"slices"

	"multivac"
	"multivac/internal/index"
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
	Text  string
	terms []term
	// Sums over terms of their weight.
	weight   float64
	heaviest float64
	search   float64 // sum over terms of their weight in the search
	rarity   float64 // sum over terms of their IDF
	near     near
	keys     []int      // rows of the model's answer table for the question's words
	phrases  [][]uint64 // in quotation marks, as stems; maxTerms at most
	bits     [4]uint64  // which terms may have a stem: a filter before the search
}

// A term is a distinct word of a question.
type term struct {
	text.Word
	idf    float64
	weight float64 // idf times how often such a word of a question is found beside its answer
	search float64 // the same, with the rate counting for less: a passage is more than the answer
	name   bool    // capitalised, though not because it begins the question
	// The collection does not know the word. If corrected, Stem and Folded are
	// those of the word that it was read as.
	unknown, corrected bool
}

// mistaken is what a word counts for that is read as another.
const mistaken = 0.8

// correct makes the unknown term that of the most frequent word of the
// collection that a typing mistake makes of it, and returns what it counts for.
func (t *term) correct(typed string, in Vocabulary) float64 {
	most, read := 0, text.Word{}
	text.Edits(typed, func(w text.Word) {
		if w.Stem == read.Stem {
			return
		}
		if n := in.Frequency(w.Stem); n > most && in.Has(w.Stem) {
			most, read = n, w
		}
	})
	if most == 0 {
		return 1
	}
	t.Stem, t.Folded, t.corrected = read.Stem, read.Folded, true
	return mistaken
}

// A Vocabulary knows the words of the collection that is asked.
type Vocabulary interface {
	IDF(stem uint64) float64
	Has(stem uint64) bool
	Frequency(stem uint64) int // in how many passages, about
}

// NewQuestion reads the words of a question. One that the collection does not
// know is read as the word nearest to it that the collection knows, if a
// typing mistake explains it.
func (m *Model) NewQuestion(question string, in Vocabulary) *Question {
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
		t := term{Word: w, name: i > 0 && w.Flags&text.Capital != 0}
		rate := m.rate(t)
		if t.unknown = !in.Has(w.Stem); t.unknown {
			rate *= t.correct(question[w.Start:w.End], in)
		}
		if asksForRecent(words, i) {
			rate *= recentRate
		}
		t.idf = in.IDF(t.Stem)
		t.weight, t.search = t.idf*rate, t.idf*math.Pow(rate, searchRate)
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

// Unknown returns the question's words that mean something and that the
// collection does not know, as they were written.
func (q *Question) Unknown() (words []string) {
	for i, t := range q.terms {
		if q.means(i) && t.unknown {
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
