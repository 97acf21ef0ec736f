package calibrate

import (
	"cmp"
	"math"
	"slices"

	"multivac"
)

// An outcome is what came of a labelled question.
type outcome struct {
	confidence float64
	reaches    multivac.Stop // the strictest stop at which it was an answer
	something  bool          // there was a sentence to answer with
	answerable bool
	right      bool // the best sentence answers it
}

// A line corrects the logit of a confidence.
type line struct{ factor, offset float64 }

// unchanged is the line that corrects nothing.
var unchanged = line{factor: 1}

func (l line) at(confidence float64) float64 {
	return multivac.Calibration{Factor: l.factor, Offset: l.offset}.Corrected(confidence)
}

// of returns the outcomes with corrected confidence.
func (l line) of(all []outcome) []outcome {
	corrected := slices.Clone(all)
	for i := range corrected {
		corrected[i].confidence = l.at(corrected[i].confidence)
	}
	return corrected
}

// A correction is the fitted part of a calibration.
type correction struct {
	line
	stops map[multivac.Stop]float64
}

// fit fits a correction to the outcomes. Where the line would not help with
// questions that are held out, the confidence stays as it is, and only the
// stops are fitted.
func fit(all []outcome) correction {
	var held []outcome
	for train, rest := range folds(all) {
		held = append(held, fitLine(train).of(rest)...)
	}
	c := correction{line: fitLine(all)}
	if loss(held) >= loss(all) {
		c.line = unchanged
	}
	c.stops = fitStops(c.of(all))
	for stop, confidence := range c.stops {
		c.stops[stop] = max(confidence, c.at(leastStop))
	}
	return c
}

// foldCount is in how many parts questions are held out, one after another.
const foldCount = 5

// folds yields each part with all others.
func folds(all []outcome) func(yield func(train, held []outcome) bool) {
	return func(yield func(train, held []outcome) bool) {
		for fold := range foldCount {
			var train, held []outcome
			for i, o := range all {
				if i%foldCount == fold {
					held = append(held, o)
				} else {
					train = append(train, o)
				}
			}
			if !yield(train, held) {
				return
			}
		}
	}
}

// answerless reports whether there are no questions without an answer.
func answerless(all []outcome) bool {
	return !slices.ContainsFunc(all, func(o outcome) bool { return !o.answerable })
}

// weigh returns a weight for each outcome. Questions with and without an answer
// have one half each. Without any of the latter, wrong answers stand for them:
// the answerable questions as a whole have one half, and the wrong ones among
// them get the other half, too. The sum of the weights is the number of
// questions that would say as much if all had the same weight, so that a few
// questions of one kind do not count like many.
func weigh(all []outcome) []float64 {
	var rare, often int
	isRare := func(o outcome) bool { return !o.answerable }
	if answerless(all) {
		isRare = func(o outcome) bool { return o.right }
	}
	for _, o := range all {
		if isRare(o) {
			rare++
		} else {
			often++
		}
	}
	share := 0.5
	if answerless(all) {
		share = 0.5 * float64(rare) / float64(len(all))
	}
	weights := make([]float64, len(all))
	var sum, squares float64
	for i, o := range all {
		if isRare(o) {
			weights[i] = share / float64(rare)
		} else {
			weights[i] = (1 - share) / float64(often)
		}
		sum, squares = sum+weights[i], squares+weights[i]*weights[i]
	}
	for i := range weights {
		weights[i] *= sum / squares
	}
	return weights
}

// How much the line is drawn to the one that changes nothing. The penalty is
// factorPrior·(ln factor)² + offsetPrior·offset². These were chosen on
// team-train: of 50 questions of one organisation, they give the least
// calibration error on its other questions, and seldom a larger one than
// before.
const (
	factorPrior = 3
	offsetPrior = 1
)

// fitLine fits a line by regularised logistic regression. The factor is above 0,
// because its logarithm is fitted. Without questions that have no answer,
// confidence is only lowered: they would ask for it if they were there.
func fitLine(all []outcome) line {
	r := regression{weights: weigh(all)}
	for i, o := range all {
		if o.something {
			r.add(i, logit(o.confidence), o.right)
		}
	}
	l := r.descend()
	if answerless(all) {
		l.offset = min(l.offset, 0)
	}
	return l
}

// logit is bounded, so that a confidence of 0 or 1 does not decide alone.
func logit(p float64) float64 {
	const least = 1e-6
	p = min(max(p, least), 1-least)
	return math.Log(p / (1 - p))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// A regression finds the line with the least penalised loss.
type regression struct {
	weights []float64
	x, y, w []float64
}

func (r *regression) add(i int, x float64, right bool) {
	y := 0.0
	if right {
		y = 1
	}
	r.x, r.y, r.w = append(r.x, x), append(r.y, y), append(r.w, r.weights[i])
}

// penalised returns the loss of a line, given the logarithm of its factor.
func (r *regression) penalised(a, b float64) float64 {
	factor, sum := math.Exp(a), factorPrior*a*a+offsetPrior*b*b
	for i, x := range r.x {
		z := factor*x + b
		sum += r.w[i] * (math.Log1p(math.Exp(-math.Abs(z))) + max(z, 0) - r.y[i]*z)
	}
	return sum
}

// descend goes down by Newton's method, with the expected curvature, which is
// never negative. A step that does not lead down is halved.
func (r *regression) descend() line {
	const least = 1e-9
	a, b := 0.0, 0.0
	for now := r.penalised(a, b); ; {
		stepA, stepB := r.step(a, b)
		next := now
		for size := 1.0; next >= now && size > 1e-6; size /= 2 {
			next = r.penalised(a+size*stepA, b+size*stepB)
			if next < now {
				a, b = a+size*stepA, b+size*stepB
			}
		}
		if now-next < least {
			return line{math.Exp(a), b}
		}
		now = next
	}
}

// step returns Newton's step from a line.
func (r *regression) step(a, b float64) (stepA, stepB float64) {
	factor := math.Exp(a)
	slopeA, slopeB := 2*factorPrior*a, 2*offsetPrior*b
	aa, ab, bb := 2.0*factorPrior, 0.0, 2.0*offsetPrior
	for i, x := range r.x {
		p := sigmoid(factor*x + b)
		off, curve := r.w[i]*(p-r.y[i]), r.w[i]*p*(1-p)
		slopeA, slopeB = slopeA+off*factor*x, slopeB+off
		aa, ab, bb = aa+curve*factor*x*factor*x, ab+curve*factor*x, bb+curve
	}
	det := aa*bb - ab*ab
	return (ab*slopeB - bb*slopeA) / det, (ab*slopeA - aa*slopeB) / det
}

// loss is the weighted logarithmic loss of the confidences.
func loss(all []outcome) (sum float64) {
	var total float64
	for i, w := range weigh(all) {
		total += w
		switch o := all[i]; {
		case !o.something: // no correction changes it
		case o.right:
			sum -= w * math.Log(max(o.confidence, 1e-9))
		default:
			sum -= w * math.Log(max(1-o.confidence, 1e-9))
		}
	}
	return sum / total
}

// promised is the share of right answers that each stop promises.
var promised = map[multivac.Stop]float64{multivac.Strict: 0.95, multivac.Balanced: 0.9, multivac.Eager: 0.8}

// believed is how many questions the corrected confidence counts like when the
// share of right answers is estimated: the share among the few questions above
// a threshold is a matter of luck.
const believed = 30

// fitStops returns, for each stop, the least confidence that keeps its promise:
// of the answers with at least that confidence, the promised share is expected
// to be right. It is never over the promise, for a single answer with so much
// confidence keeps it. The outcomes have corrected confidence.
func fitStops(all []outcome) map[multivac.Stop]float64 {
	weights := weigh(all)
	order := make([]int, 0, len(all))
	for i, o := range all {
		if o.something {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(all[j].confidence, all[i].confidence) })
	stops := map[multivac.Stop]float64{}
	for stop, share := range promised {
		stops[stop] = share
	}
	var weight, expected, right float64
	for n, i := range order {
		o := all[i]
		weight, expected = weight+weights[i], expected+weights[i]*o.confidence
		if o.right {
			right += weights[i]
		}
		if n+1 < len(order) && all[order[n+1]].confidence == o.confidence {
			continue
		}
		estimate := (right + believed*expected/weight) / (weight + believed)
		for stop, share := range promised {
			if estimate >= share {
				stops[stop] = min(stops[stop], o.confidence)
			}
		}
	}
	return stops
}

// leastStop is the confidence, before it is corrected, that every stop asks for
// at least. The model gives at most 0.1 to what it wants refused at every stop,
// such as a text about another identifier, and that stays so.
const leastStop = 0.11
