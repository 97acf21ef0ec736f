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

// Nearest is how many of the passages nearest in meaning are worth ranking
// besides those that were found by words.
const Nearest = 12

// LeastPassages is of how many passages a collection has to be for the second
// stage: it was learned of whole articles, and is too sure where there is
// nothing to choose from.
const LeastPassages = 20

// A Run is the sentences [First, End) of a candidate.
type Run struct{ Candidate, First, End int }

// A senseFeature says something about a sentence in the second stage, which
// puts in order what the first one found and what is near in meaning.
type senseFeature int

const (
	sScore          senseFeature = iota // of the first stage, behind the best of it, a fifth
	sScoreRank                          // 1 for the best of it, 1/2 for the second, …
	sFound                              // its passage was found by words
	sCosine                             // of sentence and question
	sCosineBehind                       // behind the nearest of all, four times
	sCosineRank                         // 1 for the nearest, 1/2 for the second, …
	sPassageBehind                      // the nearest of its passage behind the nearest of all, four times
	sCover                              // coverage by the sentence in its context
	sBestCover                          // the best of all
	sUnknown                            // share of the question's weight that the collection does not know
	sNamesMissing                       // share of the question's names that sentence and context lack
	sNumbersMissing                     // of its numbers
	sAnswerType                         // the first stage's, a half
	sLong                               // a long sentence
	sShape                              // a list item or a table row
	sRead                               // whether it was read
	sReading                            // what was read in it, an eighth
	sReadingBehind                      // behind the best that was read, an eighth
	sReadingRank                        // 1 for the best that was read, 1/2 for the second, …
	senseFeatures
)

// SenseFeatures is how many features the second stage has.
const SenseFeatures = int(senseFeatures)

// Where no sentence covers so much of the question, it was asked in other
// words: then words say little, reading, which leans on them, too, and what is
// nearest in meaning comes first. Learned from SQuAD, whose questions borrow
// their words, no order goes as far by itself.
const (
	coverLeast = 0.5
	sharpness  = 20 // of the softmax over cosines
)

// A Scorer has one hidden layer of tanh and a linear sum; its output puts
// sentences in order, as a softmax over them.
type Scorer struct {
	Hidden [][]float32 `json:"hidden"` // by unit: weights of the features, then the bias
	Output []float32   `json:"output"` // weights of the units, then those of the features
}

// Score returns what s makes of the features.
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

// A SenseStage is what is learned of the second stage, with or without reading.
type SenseStage struct {
	Order      Scorer  `json:"order"`
	Confidence Network `json:"confidence"`
}

// SenseParameters are what is learned of the second stage, in the form that is kept.
type SenseParameters struct {
	Version int        `json:"version"`
	Learned any        `json:"learned"` // from what, how, and what was measured then
	Find    SenseStage `json:"find"`    // where nothing is read, and to choose what is
	Read    SenseStage `json:"read"`
}

// SenseVersion of the form of SenseParameters, like Version.
const SenseVersion = 2

//go:embed sense.json
var embeddedSense []byte

// LoadSense returns m with a second stage of parameters in JSON, and refuses
// those of another version.
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

// bySense puts the sentences in order in the second stage, by what reading said
// of the runs, if anything was read.
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
// features of the second but for what reading says.
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

// rankBy sets a feature to 1 for the sentence of which by says most, 1/2 for
// the second, and so on.
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

// What is read.
const (
	readMost   = 4 // passages
	readBehind = 3 // passages whose best sentence scores so much less are not: one in twenty of those answers
	readAround = 3 // sentences before and after the best of a passage are read with it
	noReading  = -8
)

// chosen returns what is read: the runs around the best sentences of the
// best passages.
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

// addReadings adds what reading says of the sentences of the runs.
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
			for place := max(first, r.First); place <= min(last, r.End-1); place++ { // of several sentences the best counts
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

// What the confidence of the second stage has besides the features of the first
// sentence. What that of the first stage sees would tell it more of the
// questions that it is learned from, and less of others.
const (
	cSenseMargin        = int(senseFeatures) + iota // to the second sentence
	cSenseMarginPassage                             // to the best sentence of another passage
	cSenseShare                                     // softmax of the first
	cSenseScore                                     // a fifth
	cSenseAgrees                                    // it is the best of the first stage, too
	cSenseRead                                      // the logarithm of how much likelier anything read holds the answer than nothing, an eighth
	SenseInputs                                     // how many inputs there are
)

// newestSensed is newestFirst of the second stage.
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

// senseInputs reads the sentences in their order; older ones that tell of the
// first one's matter come right after it, and are no rivals.
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

// Texts returns what a run of c is read with: its title and heading, and its
// sentences.
func (c *Candidate) Texts(r Run) (title string, sentences []string) {
	for _, s := range c.Sentences[r.First:r.End] {
		sentences = append(sentences, c.Sentence(s))
	}
	return strings.TrimSpace(c.Title + " " + c.Heading), sentences
}
