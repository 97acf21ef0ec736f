// Package rank orders the sentences of found passages by how well they answer a
// question, and says how sure it is of the first one. It computes features of
// question and sentence and scores them by a linear model. A small network
// turns the scores into a probability. The package is pure: it reads no clock
// and does no I/O, and the same input gives the same order.
package rank

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"multivac"
)

// Passages is how many of the best passages are worth ranking.
const Passages = 24

// A Sentence is a sentence of a candidate, ranked.
type Sentence struct {
	multivac.Span
	Candidate int // the candidate that it comes from
	Score     float64
	// Confidence is the estimated probability that it answers the question.
	Confidence float64
	// Read says whether it was read together with the question. If so, Reading
	// is the logarithm of how much likelier it is that it holds the answer than
	// that no sentence does.
	Read    bool
	Reading float64
}

var readings = sync.Pool{New: func() any { return new(reading) }}

// An Order holds the sentences of candidates, in the order before anything is
// read. Call With once, to end it.
type Order struct {
	model      *Model
	question   *Question
	candidates []Candidate
	reading    *reading
	sensed     []sensed // set if all candidates have cosines
	runs       []Run
	thresholds Thresholds // of what With returned
}

// Order orders the sentences of the candidates, which are sorted by passage,
// the best first. If all candidates have cosines, a second stage adds the
// likeness in meaning to that in words.
func (m *Model) Order(q *Question, candidates []Candidate) *Order {
	o := &Order{model: m, question: q, candidates: candidates, reading: readings.Get().(*reading)}
	o.reading.read(q, candidates, m)
	if len(o.reading.sentences) > 0 && haveCosines(candidates) {
		o.sensed = m.senseAll(o.reading, q, candidates)
	}
	return o
}

// ToRead returns the runs that are worth reading together with the question. It
// returns nothing if there is no second stage.
func (o *Order) ToRead() []Run {
	if o.runs == nil && len(o.sensed) > 0 {
		o.runs = chosen(o.sensed, o.candidates, &o.model.sense.Find.Order, readMost, readBehind)
	}
	return o.runs
}

// Thresholds are the confidences that the stops ask of what With returned.
func (o *Order) Thresholds() Thresholds { return o.thresholds }

// With returns the sentences by falling score. Of sentences that are quoted
// alike it returns only the best. said holds, for each sentence of each run of
// ToRead, the logarithm of how much likelier it is that the sentence holds the
// answer than that none of the run does. It is nil if nothing was read.
func (o *Order) With(said [][]float32) []Sentence {
	r := o.reading
	defer func() { // the next ranking overwrites its sentences
		o.reading, o.sensed = nil, nil
		readings.Put(r)
	}()
	switch {
	case len(r.sentences) == 0:
		return nil
	case len(o.sensed) > 0:
		return o.bySense(said)
	}
	o.thresholds = o.model.thresholds
	return o.model.byWords(r, o.question, o.candidates)
}

// byWords sorts the sentences in the first stage.
func (m *Model) byWords(r *reading, q *Question, candidates []Candidate) []Sentence {
	order := m.order(r.sentences)
	older := r.newestFirst(q, candidates, order)
	ranked := make([]Sentence, len(order))
	for i, k := range order {
		s := &r.sentences[k]
		ranked[i] = Sentence{Span: s.Span, Candidate: s.candidate, Score: s.score}
	}
	var x [inputs]float32
	confidenceInputs(&x, q, r.sentences, order, older)
	p := r.sentences[order[0]].standing.sure(m.confidence.probability(x[:]), m.thresholds[multivac.Balanced])
	for i := range ranked {
		ranked[i].Confidence = p * math.Exp(ranked[i].Score-ranked[0].Score)
	}
	return ranked
}

// newestFirst moves the newest sentence about the subject to the front, with
// the score of the best one. Older sentences about the same subject come right
// after it, and it returns their number.
func (r *reading) newestFirst(q *Question, candidates []Candidate, order []int) (older int) {
	all := make([]scored, min(len(order), rivalPlaces))
	for i := range all {
		s := &r.sentences[order[i]]
		all[i] = scored{s, s.score}
	}
	first, behind := newest(q, candidates, all)
	r.sentences[order[first]].score = all[0].score
	moveToFront(order, first, behind)
	return len(behind)
}

// moveToFront moves the first, and after it those in behind, to the front of
// all.
func moveToFront[T any](all []T, first int, behind []int) {
	front := []T{all[first]}
	for _, i := range behind {
		front = append(front, all[i])
	}
	rest := make([]T, 0, len(all))
	for i, a := range all {
		if i != first && !slices.Contains(behind, i) {
			rest = append(rest, a)
		}
	}
	copy(all[copy(all, front):], rest)
}

// order scores the sentences and returns their places, the best first. Copies
// of a sentence, or sentences that are quoted as one, count once: otherwise a
// copy would be a rival of its original.
func (m *Model) order(sentences []sentence) []int {
	order := make([]int, len(sentences))
	for i := range sentences {
		s := &sentences[i]
		s.score = 0
		for f, x := range s.x {
			s.score += float64(m.weights[f] * x)
		}
		order[i] = i
	}
	place(len(sentences), func(i int) (standing, *float64) { return sentences[i].standing, &sentences[i].score })
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sentences[b].score, sentences[a].score) })
	type quoted struct {
		candidate int
		multivac.Span
	}
	told, runs := make(map[uint64]bool, len(order)), map[quoted]bool{}
	return slices.DeleteFunc(order, func(k int) bool {
		s := &sentences[k]
		double := told[s.content]
		told[s.content] = true
		if s.run {
			run := quoted{s.candidate, s.Span}
			double = double || runs[run]
			runs[run] = true
		}
		return double
	})
}

// These are the inputs of the confidence network besides the features of the
// best sentence.
const (
	cScore         = int(features) + iota
	cMargin        // to the second sentence
	cMarginPassage // to the best sentence of another passage
	cShare         // softmax of the first
	cBestPassage   // of all sentences: largest coverage with context
	cTerms         // words of the question, logarithmic
	cWeight        // weight of the question, a tenth
	cHeaviest      // weight of its heaviest word
	cPassages      // of the collection, logarithmic
	cSentences     // found, logarithmic
	cAgreement     // sentences within 1 of the first
	cCorrected     // share of the question's weight that was read as other words
	cUnknown       // share that the collection does not know at all
	inputs
)

// Inputs is how many inputs the confidence network has.
const Inputs = inputs

// lacks reports whether a meaningful word of the question is neither in the
// sentence nor in the titles and headings above it.
func (q *Question) lacks(s *sentence) bool {
	for i := range q.terms {
		if s.covered&(1<<i) == 0 && q.means(i) {
			return true
		}
	}
	return false
}

// isOtherRow reports whether s is a row of the same table as the first, and
// lacks a meaningful word of the question, while the first has all of them.
// Rows of a table are always alike, so this does not make the right one
// doubtful.
func (q *Question) isOtherRow(first, s *sentence) bool {
	return s.candidate == first.candidate && s.x[fTable] != 0 && q.lacks(s) && !q.lacks(first)
}

// wholeRow returns the best-placed row of a table that has all words of the
// question, if the best sentence is a row that lacks one.
func (q *Question) wholeRow(all []scored) int {
	if all[0].x[fTable] == 0 || !q.lacks(all[0].sentence) {
		return 0
	}
	for i := 1; i < len(all) && all[i].score >= all[0].score-rivalBehind; i++ {
		if q.isOtherRow(all[i].sentence, all[0].sentence) {
			return i
		}
	}
	return 0
}

// confidenceInputs sets the inputs from the order. The older sentences after
// the first one are about the same subject, and are not rivals.
func confidenceInputs(x *[inputs]float32, q *Question, sentences []sentence, order []int, older int) {
	first := &sentences[order[0]]
	copy(x[:], first.x[:])
	x[cScore] = float32(first.score)
	x[cMargin], x[cMarginPassage] = 5, 5
	sum, agree := 0.0, 0
	for i, k := range order {
		s := &sentences[k]
		if 0 < i && i <= older || q.isOtherRow(first, s) {
			continue
		}
		behind := first.score - s.score
		sum += math.Exp(-behind)
		if behind < 1 {
			agree++
		}
		if i > 0 {
			x[cMargin] = min(x[cMargin], float32(behind))
		}
		if s.candidate != first.candidate {
			x[cMarginPassage] = min(x[cMarginPassage], float32(behind))
		}
		x[cBestPassage] = max(x[cBestPassage], s.x[fCoverContext])
	}
	x[cShare] = float32(1 / sum)
	x[cTerms] = logarithm(len(q.terms))
	x[cWeight] = float32(q.weight / 10)
	x[cHeaviest] = float32(q.heaviest)
	x[cPassages] = logarithm(q.passages)
	x[cSentences] = logarithm(len(order))
	x[cAgreement] = logarithm(agree)
	for _, t := range q.terms {
		share := float32(t.weight / max(q.weight, 1e-9))
		switch {
		case t.corrected:
			x[cCorrected] += share
		case t.unknown:
			x[cUnknown] += share
		}
	}
}
