package rank

import (
	"strings"

	"multivac"
	"multivac/internal/text"
)

// Examined is a sentence as the model sees it, for learning.
type Examined struct {
	multivac.Span
	Candidate int
	Features  [features]float32
	Classes   uint32
}

// Examine returns the sentences of the candidates as the model sees them, in
// the order of the candidates and of their text.
func (m *Model) Examine(q *Question, candidates []Candidate) []Examined {
	var r reading
	r.read(q, candidates, m)
	seen := make([]Examined, len(r.sentences))
	for i, s := range r.sentences {
		seen[i] = Examined{s.Span, s.candidate, s.x, s.classes}
	}
	return seen
}

// ExamineConfidence returns the best sentence and the inputs of the confidence
// network. It returns false if there is no sentence.
func (m *Model) ExamineConfidence(q *Question, candidates []Candidate) (best Examined, x [Inputs]float32, ok bool) {
	var r reading
	r.read(q, candidates, m)
	if len(r.sentences) == 0 {
		return best, x, false
	}
	order := m.order(r.sentences)
	confidenceInputs(&x, q, r.sentences, order, 0)
	s := r.sentences[order[0]]
	return Examined{s.Span, s.candidate, s.x, s.classes}, x, true
}

// FeatureNames returns the names of Examined.Features, in order. The last is
// the answer type, which is learned as a table.
func FeatureNames() []string { return featureNames[:] }

// Features is how many features a sentence has.
const Features = int(features)

// Classes is how many classes a sentence can have.
const Classes = int(classes)

// A Key names a row of the answer table. It is a word, or 2 words in sequence.
type Key struct {
	Hash uint64
	Text string
}

// Keys returns the rows that an answer table can have for a question.
func Keys(question string) (keys []Key) {
	words := text.AppendWords(nil, question)
	keys = append(keys, Key{answerKey(nil), ""})
	for i := range words {
		for n := 1; n <= 2 && i+n <= len(words); n++ {
			s := strings.ToLower(question[words[i].Start:words[i+n-1].End])
			if again := text.AppendWords(nil, s); len(again) == n { // so that it can be read back
				keys = append(keys, Key{answerKey(again), s})
			}
		}
	}
	return keys
}

// A Word is a word of a question, for learning its rate.
type Word struct {
	Stem uint64
	Text string
	Kind int // index in Parameters.Kinds
}

// Words returns the distinct words of a question.
func Words(question string) (words []Word) {
	q := unlearned(question)
	for _, t := range q.terms {
		words = append(words, Word{t.Stem, strings.ToLower(question[t.Start:t.End]), t.kind()})
	}
	return words
}

// ClassesBeyond returns the classes that a sentence has in words that the
// question does not have.
func ClassesBeyond(question, s string) uint32 {
	q := unlearned(question)
	words := q.words(nil, s)
	terms := make([]int8, len(words))
	for i, w := range words {
		terms[i] = int8(q.find(w.Stem))
	}
	return classify(s, words, terms)
}

// unlearned returns a question for a model that has learned nothing. Every word
// of it is known, and none has another spelling.
func unlearned(question string) *Question {
	return (&Model{translations: &Translations{}}).newQuestion(&vocabulary{Wording: NewWording(question), complete: true})
}
