package eval

import (
	"cmp"
	"math"
	"slices"

	"multivac"
)

// Score computes the measures of questions and their results, which are in the
// same order. A measure that the questions do not allow, such as an AUROC
// without unanswerable questions, is nil.
func Score(questions []Question, asked []Asked) Report {
	marks := make([]mark, len(questions))
	for i, q := range questions {
		marks[i] = judge(q, asked[i])
	}
	r := Report{Questions: len(questions)}
	r.found(marks)
	m := newMix(marks)
	r.AUROC = m.auroc(func(k mark) bool { return k.answerable })
	r.AUROCCorrect = m.auroc(func(k mark) bool { return k.right() })
	r.CoverageAt90 = m.coverageAt90()
	r.ECE = m.ece(10)
	r.Stops = map[multivac.Stop]Stop{}
	for _, stop := range multivac.Stops {
		r.Stops[stop] = m.at(func(k mark) bool { return k.reached(stop) })
	}
	if !m.half() {
		r.Curve, r.SuggestedStop = m.curve(), r.suggest()
	}
	r.Kinds = kinds(questions, marks)
	r.LatencyMS = latency(asked)
	return r
}

// A mark is the score of one question.
type mark struct {
	answerable bool
	named      bool // the question names the document that answers it
	hit        int  // rank of the first sentence that contains an answer, from 1; 0 for none
	gold       bool // the first sentence contains an answer and is from that document
	document   int  // rank of that document, from 1; 0 for none
	confidence float64
	reaches    multivac.Stop
	something  bool // there was a sentence to answer with
	procedure  bool // the question asks for all steps of a procedure
	whole      bool // the quotation has its first and its last step
}

func judge(q Question, a Asked) mark {
	m := mark{
		answerable: q.Answerable(), named: q.Document != "",
		confidence: a.Confidence, reaches: a.Reaches, something: len(a.Sentences) > 0,
	}
	if !m.answerable {
		return m
	}
	m.hit = 1 + slices.IndexFunc(a.Sentences[:min(len(a.Sentences), Depth)], func(s Sentence) bool { return q.AnsweredBy(s.Text) })
	m.gold = m.hit == 1 && a.Sentences[0].Document == q.Document
	m.document = 1 + slices.Index(a.Documents, q.Document)
	m.procedure = q.Kind == Procedure
	m.whole = a.Quotation != nil && q.WhollyAnsweredBy(a.Quotation.Text)
	return m
}

// right reports whether what is quoted answers the question: the first sentence,
// or the whole procedure around it.
func (m mark) right() bool { return m.hit == 1 || m.procedure && m.whole }

// given reports whether there is an answer at a threshold.
func (m mark) given(threshold float64) bool { return m.something && m.confidence >= threshold }

// reached reports whether there is an answer at a stop.
func (m mark) reached(stop multivac.Stop) bool {
	return m.something && m.reaches.AtLeast(stop)
}

// found sets the measures that do not depend on a threshold.
func (r *Report) found(marks []mark) {
	var first, third, gold, reciprocal, recall1, recall5, named, procedures, whole float64
	for _, m := range marks {
		if !m.answerable {
			continue
		}
		r.Answerable++
		if m.hit > 0 {
			reciprocal += 1 / float64(m.hit)
		}
		first += one(m.hit == 1)
		third += one(m.hit >= 1 && m.hit <= 3)
		procedures += one(m.procedure)
		whole += one(m.procedure && m.whole)
		if m.named {
			named++
			gold += one(m.gold)
			recall1 += one(m.document == 1)
			recall5 += one(m.document >= 1 && m.document <= 5)
		}
	}
	n := float64(r.Answerable)
	r.HitAt1, r.HitAt3, r.MRRAt10 = ratio(first, n), ratio(third, n), ratio(reciprocal, n)
	r.GoldAt1, r.RecallAt1, r.RecallAt5 = ratio(gold, named), ratio(recall1, named), ratio(recall5, named)
	r.ProceduresWhole = ratio(whole, procedures)
}

// A mix gives questions weights, so that the answerable and the unanswerable
// ones each have half of the weight, however many there are of each.
type mix struct {
	marks                    []mark // the most confident first
	answerable, unanswerable int
}

func newMix(marks []mark) mix {
	m := mix{marks: slices.Clone(marks)}
	slices.SortStableFunc(m.marks, func(a, b mark) int { return cmp.Compare(b.confidence, a.confidence) })
	for _, k := range marks {
		if k.answerable {
			m.answerable++
		} else {
			m.unanswerable++
		}
	}
	return m
}

// weight returns the weight of a question. All weights sum to 1.
func (m mix) weight(k mark) float64 {
	if k.answerable {
		return 0.5 / float64(m.answerable)
	}
	return 0.5 / float64(m.unanswerable)
}

// half reports whether one half has no questions. Then there is no mix to
// measure.
func (m mix) half() bool { return m.answerable == 0 || m.unanswerable == 0 }

// ties yields the runs of equal confidence, the most confident first.
func (m mix) ties(yield func([]mark) bool) {
	for i := 0; i < len(m.marks); {
		j := i + 1
		for j < len(m.marks) && m.marks[j].confidence == m.marks[i].confidence {
			j++
		}
		if !yield(m.marks[i:j]) {
			return
		}
		i = j
	}
}

// auroc is the probability that a positive question has more confidence than a
// negative one. A tie counts one half.
func (m mix) auroc(positive func(mark) bool) *float64 {
	if m.half() {
		return nil
	}
	var area, above, below float64 // above: weight of the positives so far
	for tie := range m.ties {
		var p, n float64
		for _, k := range tie {
			if positive(k) {
				p += m.weight(k)
			} else {
				n += m.weight(k)
			}
		}
		area += n * (above + p/2)
		above, below = above+p, below+n
	}
	return ratio(area, above*below)
}

// coverageAt90 is the largest share of answerable questions with a right answer,
// over all thresholds at which 90% of the answers are right. It counts in
// integers, so that 9 of 10 are 90% exactly.
func (m mix) coverageAt90() *float64 {
	if m.half() {
		return nil
	}
	best, right, answered, wrong := 0, 0, 0, 0 // wrong: answers to unanswerable questions
	for tie := range m.ties {
		for _, k := range tie {
			switch {
			case !k.something:
			case !k.answerable:
				wrong++
			default:
				answered++
				if k.right() {
					right++
				}
			}
		}
		if 10*right*m.unanswerable >= 9*(answered*m.unanswerable+wrong*m.answerable) {
			best = max(best, right)
		}
	}
	return ratio(float64(best), float64(m.answerable))
}

// ece is the expected calibration error. The questions, ordered by confidence,
// fill bins of equal weight; a question may be split over two bins. The error is
// the sum over the bins of |confidence − share of right answers|. Questions of
// equal confidence are split evenly, so that their order does not matter.
func (m mix) ece(bins int) *float64 {
	if m.half() {
		return nil
	}
	var sum, gap, free float64
	free = 1 / float64(bins)
	for tie := range m.ties {
		var weight, excess float64
		for _, k := range tie {
			weight += m.weight(k)
			excess += m.weight(k) * (k.confidence - one(k.right()))
		}
		for excess /= weight; weight > 0; {
			part := min(weight, free)
			gap += part * excess
			weight -= part
			if free -= part; free <= 0 {
				sum, gap, free = sum+math.Abs(gap), 0, 1/float64(bins)
			}
		}
	}
	sum += math.Abs(gap)
	return &sum
}

// ECE returns the expected calibration error of n questions, which at yields by
// their numbers. It is nil without questions of both kinds.
func ECE(n int, at func(i int) (answerable, right bool, confidence float64)) *float64 {
	marks := make([]mark, n)
	for i := range marks {
		answerable, right, confidence := at(i)
		marks[i] = mark{answerable: answerable, confidence: confidence, hit: int(one(right))}
	}
	return newMix(marks).ece(10)
}

// curve returns the measures at each tenth of confidence.
func (m mix) curve() (points []Point) {
	for tenth := 1; tenth < 10; tenth++ {
		confidence := float64(tenth) / 10
		points = append(points, Point{confidence, m.at(func(k mark) bool { return k.given(confidence) })})
	}
	return points
}

// suggest returns the least strict stop that is precise enough for these
// questions.
func (r *Report) suggest() multivac.Stop {
	const leastPrecision = 0.9
	for _, stop := range slices.Backward(multivac.Stops) {
		if p := r.Stops[stop].Precision; p != nil && *p >= leastPrecision {
			return stop
		}
	}
	return multivac.Strict
}

// at returns the measures if those questions are answered that are given an
// answer.
func (m mix) at(given func(mark) bool) Stop {
	var right, answered, wrong float64
	for _, k := range m.marks {
		if !given(k) {
			continue
		}
		right += one(k.right())
		answered += one(k.answerable)
		wrong += one(!k.answerable)
	}
	a, u := float64(m.answerable), float64(m.unanswerable)
	s := Stop{Coverage: ratio(right, a), FalseAnswerRate: ratio(wrong, u)}
	if !m.half() {
		s.Precision = ratio(right*u, answered*u+wrong*a)
	}
	return s
}

func kinds(questions []Question, marks []mark) map[string]Kind {
	all := map[string]Kind{}
	for i, q := range questions {
		if q.Kind == "" {
			continue
		}
		k := all[q.Kind]
		k.Questions++
		k.Answerable += int(one(marks[i].answerable))
		k.Right += int(one(marks[i].right()))
		k.Answered += int(one(marks[i].reached(multivac.Balanced)))
		all[q.Kind] = k
	}
	return all
}

func latency(asked []Asked) Latency {
	ms := make([]float64, len(asked))
	for i, a := range asked {
		ms[i] = a.latency.Seconds() * 1000
	}
	slices.Sort(ms)
	return Latency{P50: percentile(ms, 50), P95: percentile(ms, 95), P99: percentile(ms, 99)}
}

// percentile returns a percentile of sorted values by nearest rank; 0 if there
// are none.
func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func ratio(n, d float64) *float64 {
	if d == 0 {
		return nil
	}
	r := n / d
	return &r
}
