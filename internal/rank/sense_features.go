package rank

import (
	"cmp"
	"math"
	"regexp"
	"slices"

	"multivac"
)

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
	sReadingPassage                     // the best of its passage minus the best result, divided by 8
	sCosineSpread                       // standard deviations from the mean of all, divided by 4
	sCosinePassage                      // the nearest of its passage
	sCosineAround                       // the nearer of its two neighbours minus the nearest of all, times 4
	sDocumentBehind                     // the nearest of its document minus the nearest of all, times 4
	sPassages                           // of the collection, logarithmic, divided by 4
	sTerms                              // of the question, logarithmic
	sAsksSteps                          // the question asks how something is done
	sAsksNumber                         // it asks for a number or a time
	sAsksWhether                        // it asks for yes or no
	sFirst                              // the features of the first stage
	senseFeatures   = sFirst + senseFeature(features)
)

// SenseFeatures is how many features the second stage has.
const SenseFeatures = int(senseFeatures)

// senseAll returns the sentences in the order of the first stage, with the
// features of the second stage, except those of reading.
func (m *Model) senseAll(r *reading, q *Question, candidates []Candidate) []sensed {
	order := m.order(r.sentences)
	best := r.sentences[order[0]].score
	all := make([]sensed, len(order))
	for i, k := range order {
		t := &r.sentences[k]
		all[i] = sensed{sentence: t, rank: i, x: [SenseFeatures]float32{
			sScore:          float32(max(-10, t.score-best)) / 5,
			sScoreRank:      1 / float32(i+1),
			sFound:          indicator(candidates[t.candidate].Score > 0),
			sCover:          t.x[fCoverContext],
			sNamesMissing:   t.x[fNamesMissing],
			sNumbersMissing: t.x[fNumbersMissing],
			sAnswerType:     t.x[fAnswerType] / 2,
			sLong:           t.x[fLong],
			sShape:          t.x[fList] + t.x[fTable],
		}}
		copy(all[i].x[sFirst:], t.x[:])
	}
	senseQuestion(q, all)
	senseMeaning(candidates, all)
	return all
}

// senseQuestion sets the features that all sentences share.
func senseQuestion(q *Question, all []sensed) {
	var x [SenseFeatures]float32
	for i := range all {
		x[sBestCover] = max(x[sBestCover], all[i].x[sCover])
	}
	for _, t := range q.terms {
		if t.unknown {
			x[sUnknown] += float32(t.weight / max(q.weight, 1e-9))
		}
	}
	x[sPassages], x[sTerms] = logarithm(q.passages)/4, logarithm(len(q.terms))/2
	x[sAsksSteps], x[sAsksNumber], x[sAsksWhether] = indicator(q.AsksForWay()), indicator(numberAsked.MatchString(q.Text)), indicator(whetherAsked.MatchString(q.Text))
	for i := range all {
		for _, f := range []senseFeature{sBestCover, sUnknown, sPassages, sTerms, sAsksSteps, sAsksNumber, sAsksWhether} {
			all[i].x[f] = x[f]
		}
	}
}

// These say what a question asks for.
var (
	numberAsked  = regexp.MustCompile(`(?i)\b(how (many|much|long|old|far|large|big|tall|high|deep|often|fast|heavy|wide|late|early|soon)|when|(what|which) (time|year|date|day|month))\b`)
	whetherAsked = regexp.MustCompile(`(?i)^(is|are|was|were|do|does|did|can|could|may|must|should|will|would|has|have|am)\b`)
)

// senseMeaning sets the features of cosines.
func senseMeaning(candidates []Candidate, all []sensed) {
	near, nearest := nearestOf(candidates)
	documents := map[multivac.DocumentID]float32{}
	for i := range candidates {
		d := candidates[i].Document
		if had, ok := documents[d]; !ok || near[i] > had {
			documents[d] = near[i]
		}
	}
	mean, deviation := spread(candidates, all)
	for i := range all {
		a := &all[i]
		c := &candidates[a.candidate]
		cosine := c.Cosines[a.place]
		a.x[sCosine], a.x[sCosineBehind] = cosine, 4*(cosine-nearest)
		a.x[sCosinePassage], a.x[sPassageBehind] = near[a.candidate], 4*(near[a.candidate]-nearest)
		a.x[sDocumentBehind] = 4 * (documents[c.Document] - nearest)
		a.x[sCosineAround] = 4 * (c.around(a.place) - nearest)
		a.x[sCosineSpread] = (cosine - mean) / deviation / 4
	}
	rankBy(all, sCosineRank, func(a *sensed) float32 { return a.x[sCosine] })
}

// around returns the larger cosine of the neighbours of a sentence, or its own
// if it has none.
func (c *Candidate) around(place int) float32 {
	switch {
	case len(c.Cosines) == 1:
		return c.Cosines[0]
	case place == 0:
		return c.Cosines[1]
	case place+1 == len(c.Cosines):
		return c.Cosines[place-1]
	default:
		return max(c.Cosines[place-1], c.Cosines[place+1])
	}
}

// spread returns the mean and the standard deviation of the cosines.
func spread(candidates []Candidate, all []sensed) (mean, deviation float32) {
	sum, squares, n := 0.0, 0.0, float64(len(all))
	for i := range all {
		c := float64(candidates[all[i].candidate].Cosines[all[i].place])
		sum, squares = sum+c, squares+c*c
	}
	variance := squares/n - sum/n*sum/n
	return float32(sum / n), float32(math.Sqrt(max(leastVariance, variance)))
}

// leastVariance is the least variance of cosines: of one sentence it is 0.
const leastVariance = 1e-4

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

// addReadings adds the results of reading the runs to the sentences.
func addReadings(all []sensed, candidates []Candidate, runs []Run, said [][]float32) {
	best, passages := float32(noReading), make([]float32, len(candidates))
	for i := range passages {
		passages[i] = noReading
	}
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
			}
		}
		passages[a.candidate] = max(passages[a.candidate], a.reading)
		best = max(best, a.reading)
	}
	for i := range all {
		a := &all[i]
		a.x[sRead] = indicator(a.read)
		a.x[sReading] = a.reading / 8
		a.x[sReadingBehind] = (a.reading - best) / 8
		a.x[sReadingPassage] = (passages[a.candidate] - best) / 8
	}
	rankBy(all, sReadingRank, func(a *sensed) float32 { return a.reading })
}
