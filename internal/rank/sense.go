package rank

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Nearest is how many of the passages nearest in meaning are worth ranking,
// besides those found by words.
const Nearest = 12

// LeastPassages is the least number of passages of a collection for the second
// stage. It was learned on whole articles, and is too sure if there is little
// to choose from.
const LeastPassages = 20

// A Run is the sentences from First to before End of a candidate.
type Run struct{ Candidate, First, End int }

// A senseFeature says something about a sentence in the second stage. That
// stage sorts the sentences that the first stage found and those that are near
// in meaning.
type senseFeature int

const (
	sScore          senseFeature = iota // of the first stage, minus the best of it, divided by 5
	sScoreRank                          // 1 for the best of it, 1/2 for the second, …
	sFound                              // its passage was found by words
	sCosine                             // of sentence and question
	sCosineBehind                       // minus that of the nearest of all, times 4
	sCosineRank                         // 1 for the nearest, 1/2 for the second, …
	sPassageBehind                      // the nearest of its passage minus the nearest of all, times 4
	sCover                              // coverage by the sentence in its context
	sBestCover                          // the best of all
	sUnknown                            // share of the question's weight that the collection does not know
	sNamesMissing                       // share of the question's names that sentence and context lack
	sNumbersMissing                     // of its numbers
	sAnswerType                         // that of the first stage, divided by 2
	sLong                               // a long sentence
	sShape                              // a list item or a table row
	sRead                               // whether it was read
	sReading                            // result of reading it, divided by 8
	sReadingBehind                      // minus the best result, divided by 8
	sReadingRank                        // 1 for the best that was read, 1/2 for the second, …
	senseFeatures
)

// SenseFeatures is how many features the second stage has.
const SenseFeatures = int(senseFeatures)

// If no sentence covers coverLeast of the question, the question uses other
// words than the text. Then words say little, and so does reading, which relies
// on them. The sentence nearest in meaning comes first. No learned order goes
// so far, because it was learned from SQuAD, whose questions borrow words from
// the text.
const (
	coverLeast = 0.5
	sharpness  = 20 // of the softmax over cosines
)

// A Scorer has one hidden layer of tanh and a linear sum. A softmax over its
// outputs sorts sentences.
type Scorer struct {
	Hidden [][]float32 `json:"hidden"` // by unit: weights of the features, then the bias
	Output []float32   `json:"output"` // weights of the units, then those of the features
}

// Score returns the score of the features.
func (s *Scorer) Score(x *[SenseFeatures]float32) float64 {
	if InOtherWords(x) {
		return sharpness * float64(x[sCosine])
	}
	sum := float32(0)
	for i, v := range x {
		sum += s.Output[len(s.Hidden)+i] * v
	}
	for u, unit := range s.Hidden {
		in := unit[senseFeatures]
		for i, v := range x {
			in += unit[i] * v
		}
		sum += s.Output[u] * float32(math.Tanh(float64(in)))
	}
	return float64(sum)
}

// InOtherWords reports whether no sentence covers half of the question.
func InOtherWords(x *[SenseFeatures]float32) bool { return x[sBestCover] < coverLeast }

// A SenseStage is the learned part of the second stage, with or without
// reading.
type SenseStage struct {
	Order      Scorer  `json:"order"`
	Confidence Network `json:"confidence"`
}

// SenseParameters are the learned parts of the second stage, in the form that
// is stored.
type SenseParameters struct {
	Version int        `json:"version"`
	Learned any        `json:"learned"` // from which data, how, and what was measured then
	Find    SenseStage `json:"find"`    // if nothing is read, and to choose what to read
	Read    SenseStage `json:"read"`
}

// SenseVersion is the version of the form of SenseParameters. Increase it like
// Version.
const SenseVersion = 2

//go:embed sense.json
var embeddedSense []byte

// LoadSense returns m with a second stage of parameters in JSON. It refuses
// parameters of another version.
func (m *Model) LoadSense(data []byte) (*Model, error) {
	var p SenseParameters
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("read second stage: %w", err)
	}
	for _, s := range []SenseStage{p.Find, p.Read} {
		if p.Version != SenseVersion || len(s.Order.Output) != len(s.Order.Hidden)+SenseFeatures || len(s.Confidence.Mean) != SenseInputs {
			return nil, fmt.Errorf("second stage has version %d or another form, this program needs %d; learn it again", p.Version, SenseVersion)
		}
	}
	with := *m
	with.sense = p
	return &with, nil
}

// A sensed is a sentence in the second stage.
type sensed struct {
	*sentence
	rank    int // in the order of the first stage
	x       [SenseFeatures]float32
	reading float32
	read    bool
	score   float64
}

// bySense sorts the sentences in the second stage. said is the result of
// reading the runs, or nil.
func (o *Order) bySense(said [][]float32) []Sentence {
	all := o.sensed
	stage := &o.model.sense.Find
	if said != nil {
		addReadings(all, o.candidates, o.ToRead(), said)
		stage = &o.model.sense.Read
	}
	for i := range all {
		all[i].score = stage.Order.Score(&all[i].x)
	}
	place(len(all), func(i int) (standing, *float64) { return all[i].standing, &all[i].score })
	sortByScore(all)
	x := senseInputs(o.question, all, newestSensed(o.question, o.candidates, all))
	p := all[0].standing.sure(stage.Confidence.probability(x[:]))
	ranked := make([]Sentence, len(all))
	for i, a := range all {
		ranked[i] = Sentence{Span: a.Span, Candidate: a.candidate, Score: a.score, Confidence: p * math.Exp(a.score-all[0].score), Read: a.read, Reading: float64(a.reading)}
	}
	return ranked
}

// haveCosines reports whether all sentences of the candidates have cosines.
func haveCosines(candidates []Candidate) bool {
	return !slices.ContainsFunc(candidates, func(c Candidate) bool { return len(c.Cosines) != len(c.Sentences) })
}

// senseAll returns the sentences in the order of the first stage, with the
// features of the second stage, except those of reading.
func (m *Model) senseAll(r *reading, q *Question, candidates []Candidate) []sensed {
	order := m.order(r.sentences)
	best := r.sentences[order[0]].score
	all := make([]sensed, len(order))
	near, nearest := nearestOf(candidates)
	bestCover, unknown := float32(0), float32(0)
	for _, k := range order {
		bestCover = max(bestCover, r.sentences[k].x[fCoverContext])
	}
	for _, t := range q.terms {
		if t.unknown {
			unknown += float32(t.weight / max(q.weight, 1e-9))
		}
	}
	for i, k := range order {
		t := &r.sentences[k]
		cosine := candidates[t.candidate].Cosines[t.place]
		all[i] = sensed{sentence: t, rank: i, x: [SenseFeatures]float32{
			sScore:          float32(max(-10, t.score-best)) / 5,
			sScoreRank:      1 / float32(i+1),
			sFound:          indicator(candidates[t.candidate].Score > 0),
			sCosine:         cosine,
			sCosineBehind:   4 * (cosine - nearest),
			sPassageBehind:  4 * (near[t.candidate] - nearest),
			sCover:          t.x[fCoverContext],
			sBestCover:      bestCover,
			sUnknown:        unknown,
			sNamesMissing:   t.x[fNamesMissing],
			sNumbersMissing: t.x[fNumbersMissing],
			sAnswerType:     t.x[fAnswerType] / 2,
			sLong:           t.x[fLong],
			sShape:          t.x[fList] + t.x[fTable],
		}}
	}
	rankBy(all, sCosineRank, func(a *sensed) float32 { return a.x[sCosine] })
	return all
}

// nearestOf returns the largest cosine of each candidate, and of all.
func nearestOf(candidates []Candidate) (near []float32, nearest float32) {
	near, nearest = make([]float32, len(candidates)), -1
	for i := range candidates {
		near[i] = -1
		for _, cosine := range candidates[i].Cosines {
			near[i] = max(near[i], cosine)
		}
		nearest = max(nearest, near[i])
	}
	return near, nearest
}

// rankBy sets a feature to 1 for the sentence with the highest value of by, to
// 1/2 for the second, and so on.
func rankBy(all []sensed, f senseFeature, by func(*sensed) float32) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(by(&all[b]), by(&all[a])) })
	for n, i := range order {
		all[i].x[f] = 1 / float32(n+1)
	}
}

// These bound what is read.
const (
	readMost   = 4 // passages
	readBehind = 3 // a passage is not read if its best sentence scores so much less than the best of all: of such passages, 1 in 20 has the answer
	readAround = 3 // sentences before and after the best of a passage are read with it
	noReading  = -8
)

// chosen returns the runs to read: those around the best sentences of the best
// passages.
func chosen(all []sensed, candidates []Candidate, order *Scorer) (runs []Run) {
	scores, best := make([]float64, len(all)), make([]int, len(all))
	for i := range all {
		scores[i], best[i] = order.Score(&all[i].x), i
	}
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	for _, i := range best {
		if len(runs) == readMost || scores[i] < scores[best[0]]-readBehind {
			break
		}
		c, place := all[i].candidate, all[i].place
		if !slices.ContainsFunc(runs, func(r Run) bool { return r.Candidate == c }) {
			runs = append(runs, Run{c, max(0, place-readAround), min(len(candidates[c].Sentences), place+readAround+1)})
		}
	}
	return runs
}

// addReadings adds the results of reading the runs to the sentences.
func addReadings(all []sensed, candidates []Candidate, runs []Run, said [][]float32) {
	best := float32(noReading)
	for i := range all {
		a := &all[i]
		a.reading = noReading
		first, last := candidates[a.candidate].places(a.sentence)
		for k, r := range runs {
			if r.Candidate != a.candidate {
				continue
			}
			for place := max(first, r.First); place <= min(last, r.End-1); place++ { // the best of several sentences counts
				a.read, a.reading = true, min(-noReading, max(a.reading, said[k][place-r.First]))
				best = max(best, a.reading)
			}
		}
	}
	for i := range all {
		a := &all[i]
		a.x[sRead] = indicator(a.read)
		a.x[sReading] = a.reading / 8
		a.x[sReadingBehind] = (a.reading - best) / 8
	}
	rankBy(all, sReadingRank, func(a *sensed) float32 { return a.reading })
}

// These are the inputs of the confidence of the second stage besides the
// features of the first sentence. The inputs of the first stage's confidence
// are left out: with them it learns more about the questions of the training
// set, and less about others.
const (
	cSenseMargin        = int(senseFeatures) + iota // to the second sentence
	cSenseMarginPassage                             // to the best sentence of another passage
	cSenseShare                                     // softmax of the first
	cSenseScore                                     // divided by 5
	cSenseAgrees                                    // it is the best of the first stage, too
	cSenseRead                                      // the logarithm of how much likelier it is that something that was read holds the answer than that nothing does, divided by 8
	SenseInputs                                     // how many inputs there are
)

// newestSensed is newestFirst for the second stage.
func newestSensed(q *Question, candidates []Candidate, all []sensed) (older int) {
	best := make([]scored, min(len(all), rivalPlaces))
	for i := range best {
		best[i] = scored{all[i].sentence, all[i].score}
	}
	first, behind := newest(q, candidates, best)
	all[first].score = all[0].score
	moveToFront(all, first, behind)
	return len(behind)
}

// senseInputs sets the inputs from the sentences in their order. The older ones
// after the first are about the same subject, and are not rivals.
func senseInputs(q *Question, all []sensed, older int) (x [SenseInputs]float32) {
	first := &all[0]
	copy(x[:], first.x[:])
	x[cSenseMargin], x[cSenseMarginPassage] = 5, 5
	sum, said := 0.0, 0.0
	for i := range all {
		if 0 < i && i <= older || q.isOtherRow(first.sentence, all[i].sentence) {
			continue
		}
		behind := first.score - all[i].score
		sum += math.Exp(-behind)
		if all[i].read {
			said += math.Exp(float64(all[i].reading))
		}
		if i > 0 {
			x[cSenseMargin] = min(x[cSenseMargin], float32(behind))
		}
		if all[i].candidate != first.candidate {
			x[cSenseMarginPassage] = min(x[cSenseMarginPassage], float32(behind))
		}
	}
	x[cSenseShare] = float32(1 / sum)
	x[cSenseScore] = float32(first.score) / 5
	x[cSenseAgrees] = indicator(first.rank == 0)
	x[cSenseRead] = float32(math.Log(max(said, math.Exp(noReading)))) / 8
	return x
}

func sortByScore(all []sensed) {
	slices.SortStableFunc(all, func(a, b sensed) int { return cmp.Compare(b.score, a.score) })
}

// Texts returns the title and heading, and the sentences, that a run of c is
// read with.
func (c *Candidate) Texts(r Run) (title string, sentences []string) {
	for _, s := range c.Sentences[r.First:r.End] {
		sentences = append(sentences, c.Sentence(s))
	}
	return strings.TrimSpace(c.Title + " " + c.Heading), sentences
}
