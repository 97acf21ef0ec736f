package rank

import (
	"math"
	"math/bits"
)

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
	cSenseReadMost                                  // the best reading, divided by 8
	cSenseNearest                                   // the largest cosine
	cSenseNearestMargin                             // that minus the largest of another passage, times 4
	cSenseFirstScore                                // of the first stage: score of its best, divided by 10
	cSenseFirstMargin                               // of the first stage: its best minus the best of another passage, at most 5
	cSenseSpread                                    // the largest sCosineSpread
	cSenseHeaviest                                  // weight of the question's heaviest word, divided by 10
	cSenseMeaningful                                // how many words of the question say what is asked for, divided by 4
	cSenseLacks                                     // how many of these the first sentence lacks, divided by 4
	cSenseLacksAround                               // how many its title, headings and lead lack, too, divided by 4
	cSenseWhole                                     // it has all
	cSenseWholeAround                               // it has all with these
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
	senseOthers(&x, q, all)
	senseLacking(&x, q, first.sentence)
	x[cSenseShare] = float32(1 / sum)
	x[cSenseScore] = float32(first.score) / 5
	x[cSenseAgrees] = indicator(first.rank == 0)
	x[cSenseRead] = float32(math.Log(max(said, math.Exp(noReading)))) / 8
	return x
}

// senseOthers sets the inputs that say how the first of all are by words and by
// meaning alone.
func senseOthers(x *[SenseInputs]float32, q *Question, all []sensed) {
	words, nearest := &all[0], &all[0]
	x[cSenseReadMost], x[cSenseFirstMargin], x[cSenseNearestMargin] = -1, 5, 2
	for i := range all {
		a := &all[i]
		if a.rank < words.rank {
			words = a
		}
		if a.x[sCosine] > nearest.x[sCosine] {
			nearest = a
		}
		if a.read {
			x[cSenseReadMost] = max(x[cSenseReadMost], a.reading/8)
		}
	}
	for i := range all {
		a := &all[i]
		if a.candidate != words.candidate {
			x[cSenseFirstMargin] = min(x[cSenseFirstMargin], 5*(words.x[sScore]-a.x[sScore]))
		}
		if a.candidate != nearest.candidate {
			x[cSenseNearestMargin] = min(x[cSenseNearestMargin], 4*(nearest.x[sCosine]-a.x[sCosine]))
		}
	}
	x[cSenseFirstScore] = float32(words.sentence.score) / 10
	x[cSenseNearest], x[cSenseSpread] = nearest.x[sCosine], nearest.x[sCosineSpread]
	x[cSenseHeaviest] = float32(q.heaviest) / 10
}

// senseLacking sets the inputs that say which words of the question the first
// sentence lacks.
func senseLacking(x *[SenseInputs]float32, q *Question, first *sentence) {
	all := q.meaningful()
	count := func(mask uint64) float32 { return float32(min(bits.OnesCount64(mask), 8)) / 4 }
	x[cSenseMeaningful], x[cSenseLacks], x[cSenseLacksAround] = count(all), count(all&^first.matched), count(all&^first.covered)
	x[cSenseWhole], x[cSenseWholeAround] = indicator(all&^first.matched == 0), indicator(all&^first.covered == 0)
}
