package rank

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"multivac"
)

// Nearest is how many of the passages nearest in meaning are worth ranking,
// besides those found by words.
const Nearest = 12

// A Run is the sentences from First to before End of a candidate.
type Run struct{ Candidate, First, End int }

// A Scorer has one hidden layer of tanh and a linear sum. A softmax over its
// outputs sorts sentences.
type Scorer struct {
	Hidden [][]float32 `json:"hidden"` // by unit: weights of the features, then the bias
	Output []float32   `json:"output"` // weights of the units, then those of the features
}

// Score returns the score of the features.
func (s *Scorer) Score(x *[SenseFeatures]float32) float64 {
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

// A SenseStage is the learned part of the second stage, with or without
// reading.
type SenseStage struct {
	Order      Scorer  `json:"order"`
	Confidence Network `json:"confidence"`
	// Headed corrects the confidence in sentences under a heading, and Bare that
	// in others: a team's pages and bare paragraphs differ in how often a
	// sentence that looks right is right.
	Headed Correction `json:"headed"`
	Bare   Correction `json:"bare"`
}

// A Correction makes a probability of the output of a confidence network, by a
// factor and an offset (Platt, 1999).
type Correction struct {
	Factor float64 `json:"factor"`
	Offset float64 `json:"offset"`
	// Thresholds are the confidences that the stops ask for.
	Thresholds Thresholds `json:"thresholds"`
}

// Probability returns the probability of an output, a logarithm of odds.
func (c *Correction) Probability(logit float64) float64 {
	return 1 / (1 + math.Exp(-(c.Factor*logit + c.Offset)))
}

// correction returns the correction for a sentence under a heading, which is
// empty if there is none.
func (s *SenseStage) correction(heading string) *Correction {
	if heading != "" {
		return &s.Headed
	}
	return &s.Bare
}

// sure returns how sure the stage is of its first sentence by the inputs of its
// confidence, and what the stops ask for.
func (s *SenseStage) sure(q *Question, first *sensed, candidates []Candidate, x *[SenseInputs]float32) (p float64, asked Thresholds) {
	c := &candidates[first.candidate]
	k := s.correction(c.Heading)
	balanced := k.Thresholds[multivac.Balanced]
	p = first.standing.sure(k.Probability(s.Confidence.logit(x[:])), balanced)
	if q.answeredBy(c, first.Span) || p >= k.Thresholds[multivac.Eager] && q.complete(c, first.sentence) {
		p = max(p, balanced)
	}
	return p, k.Thresholds
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
const SenseVersion = 4

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
	x := inOrder(o.question, o.candidates, all, &stage.Order)
	p, thresholds := stage.sure(o.question, &all[0], o.candidates, &x)
	o.thresholds = thresholds
	ranked := make([]Sentence, len(all))
	for i, a := range all {
		ranked[i] = Sentence{Span: a.Span, Candidate: a.candidate, Score: a.score, Confidence: p * math.Exp(a.score-all[0].score), Read: a.read, Reading: float64(a.reading)}
	}
	return ranked
}

// inOrder sorts the sentences by order, and returns the inputs of the
// confidence.
func inOrder(q *Question, candidates []Candidate, all []sensed, order *Scorer) [SenseInputs]float32 {
	for i := range all {
		all[i].score = order.Score(&all[i].x)
	}
	place(len(all), func(i int) (standing, *float64) { return all[i].standing, &all[i].score })
	sortByScore(all)
	return senseInputs(q, all, newestSensed(q, candidates, all))
}

// haveCosines reports whether all sentences of the candidates have cosines.
func haveCosines(candidates []Candidate) bool {
	return !slices.ContainsFunc(candidates, func(c Candidate) bool { return len(c.Cosines) != len(c.Sentences) })
}

// These bound what is read.
const (
	readMost   = 4   // passages
	readBehind = 3   // a passage is not read if its best sentence scores so much less than the best of all: of such passages, 1 in 20 has the answer
	readAround = 3   // sentences before and after the best of a passage are read with it, at most
	readBytes  = 420 // … while all of them are no longer: the network reads about so much at once
	noReading  = -8
)

// chosen returns the runs to read: those around the best sentences of the best
// passages.
func chosen(all []sensed, candidates []Candidate, order *Scorer, most int, behind float64) (runs []Run) {
	scores, best := make([]float64, len(all)), make([]int, len(all))
	for i := range all {
		scores[i], best[i] = order.Score(&all[i].x), i
	}
	slices.SortStableFunc(best, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	for _, i := range best {
		if len(runs) == most || scores[i] < scores[best[0]]-behind {
			break
		}
		c, place := all[i].candidate, all[i].place
		if !slices.ContainsFunc(runs, func(r Run) bool { return r.Candidate == c }) {
			runs = append(runs, runAround(candidates, c, place))
		}
	}
	return runs
}

// runAround returns the sentence of a candidate at place with those after and
// before it, in turn, that are read with it.
func runAround(candidates []Candidate, candidate, place int) Run {
	c, r := &candidates[candidate], Run{candidate, place, place + 1}
	size := func(n int) int { return c.Sentences[n].End - c.Sentences[n].Start }
	total := size(place)
	for far := 1; far <= readAround; far++ {
		if n := place + far; n == r.End && n < len(c.Sentences) && total+size(n) <= readBytes {
			total, r.End = total+size(n), n+1
		}
		if n := place - far; n == r.First-1 && n >= 0 && total+size(n) <= readBytes {
			total, r.First = total+size(n), n
		}
	}
	return r
}

func sortByScore(all []sensed) {
	slices.SortStableFunc(all, func(a, b sensed) int { return cmp.Compare(b.score, a.score) })
}

// Texts returns the context, and the sentences, that a run of c is read with.
// The context is the title, the headings and, unless it is read as a sentence,
// the lead.
func (c *Candidate) Texts(r Run) (context string, sentences []string) {
	for _, s := range c.Sentences[r.First:r.End] {
		sentences = append(sentences, c.Sentence(s))
	}
	context = strings.TrimSpace(c.Title + " " + c.Heading)
	if c.Kind == multivac.Table || r.First > 0 {
		context = strings.TrimSpace(context + " " + c.Lead)
	}
	return context, sentences
}
