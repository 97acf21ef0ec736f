package main

import (
	"cmp"
	"log"
	"math"
	"math/rand/v2"
	"slices"

	"multivac"
	"multivac/internal/rank"
)

// A trial is one question with the inputs of the network, and whether the best
// sentence is right.
type trial struct {
	x          []float32
	right      bool
	answerable bool
	size       int
}

const (
	trialsPerSize = 8000 // questions with an answer per size, and as many without
	nearMissShare = 0.25 // share of the questions without an answer that lack only their paragraph
	hiddenUnits   = 16
	networkEpochs = 12
)

// sizes are the sizes of the collections, in paragraphs; 0 is all of them.
var sizes = []int{1, 10, 100, 1000, 3000, 0}

// learnConfidence fits the network on questions about articles that the ranking
// was not learned from. It asks collections with and without these articles.
func learnConfidence(c *corpus, p *rank.Parameters, m *rank.Model, ranking, articles []int, seed uint64, rep *report) {
	r := rand.New(rand.NewPCG(seed, 3))
	var trials []trial
	for _, size := range sizes {
		t := c.trials(m, ranking, articles, size, r)
		log.Printf("confidence: %d trials with %d paragraphs", len(t), size)
		trials = append(trials, t...)
	}
	r.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	held := trials[:len(trials)/5]
	n := newNetwork(trials, hiddenUnits, r)
	for epoch := range networkEpochs {
		rate := 0.004 * (1 - float64(epoch)/networkEpochs)
		loss := 0.0
		for _, i := range r.Perm(len(trials) - len(held)) {
			t := &trials[len(held)+i]
			loss += n.learn(t.x, float64(indicator(t.right)), 1, rate)
		}
		log.Printf("confidence: epoch %d, loss %.4f", epoch+1, loss/float64(len(trials)-len(held)))
	}
	p.Confidence = n.network()
	p.Thresholds = map[multivac.Stop]float64{}
	for stop, precision := range map[multivac.Stop]float64{multivac.Strict: 0.95, multivac.Balanced: 0.9, multivac.Eager: 0.8} {
		p.Thresholds[stop] = n.threshold(trials, precision)
	}
	rep.Confidence = map[string]float64{"trials": float64(len(trials))}
	for _, size := range sizes {
		of := slices.DeleteFunc(slices.Clone(held), func(t trial) bool { return t.size != size })
		a, b := n.auroc(of)
		log.Printf("confidence: %d paragraphs: auroc %.4f, of right answers %.4f", size, a, b)
	}
	log.Printf("confidence: thresholds %v", p.Thresholds)
}

// trials asks questions about articles of collections of size paragraphs. For 1
// question in 2, the collection lacks its article.
func (c *corpus) trials(m *rank.Model, ranking, articles []int, size int, r *rand.Rand) []trial {
	type job struct {
		q          question
		collection int
		answerable bool
		near       bool
	}
	var collections []collection
	var jobs []job
	build := func(in []int, own, strangers []question, each int) {
		n := len(collections)
		collections = append(collections, c.collection(in))
		for range each {
			if len(own) > 0 {
				jobs = append(jobs, job{own[r.IntN(len(own))], n, true, false})
			}
			near := len(own) > 0 && r.Float64() < nearMissShare
			if near {
				jobs = append(jobs, job{own[r.IntN(len(own))], n, false, true})
			} else {
				jobs = append(jobs, job{strangers[r.IntN(len(strangers))], n, false, false})
			}
		}
	}
	if size == 0 {
		half := len(articles) / 2
		a, b := articles[:half], articles[half:]
		build(c.of(slices.Concat(ranking, a)), c.about(a), c.about(b), trialsPerSize/4)
		build(c.of(slices.Concat(ranking, b)), c.about(b), c.about(a), trialsPerSize/4)
	} else {
		questions := c.about(articles)
		byParagraph := map[int][]question{}
		for _, q := range questions {
			byParagraph[q.paragraph] = append(byParagraph[q.paragraph], q)
		}
		each := max(1, size/4)
		if size >= 1000 {
			each = trialsPerSize / 8
		}
		for len(jobs) < trialsPerSize {
			in, without := c.some(articles, size, r)
			var own []question
			for _, p := range in {
				own = append(own, byParagraph[p]...)
			}
			build(in, own, c.about(without), each)
		}
	}
	trials := make([]trial, len(jobs))
	parallel(len(jobs), func(i int) {
		j := jobs[i]
		var hidden func(int) bool
		if j.near {
			hidden = func(p int) bool { return p == j.q.paragraph }
		}
		trials[i] = c.trial(m, collections[j.collection], j.q, hidden)
		trials[i].answerable, trials[i].size = j.answerable, size
	})
	return trials
}

// some draws whole articles and one partial article for a collection of size
// paragraphs. It also returns the articles that are not in it.
func (c *corpus) some(articles []int, size int, r *rand.Rand) (paragraphs, without []int) {
	order := slices.Clone(articles)
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	k := 0
	for ; len(paragraphs) < size && k < len(order)/2; k++ {
		of := slices.Clone(c.articles[order[k]])
		if size < 1000 {
			r.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
			of = of[:min(len(of), max(1, size/3))]
		}
		paragraphs = append(paragraphs, of[:min(len(of), size-len(paragraphs))]...)
	}
	return paragraphs, order[k:]
}

func (c *corpus) trial(m *rank.Model, in collection, q question, hidden func(int) bool) (t trial) {
	asked, found := c.find(m, in, q.Question.Question, hidden)
	found = c.dress(found, q, 2)
	best, x, ok := m.ExamineConfidence(asked, found)
	if ok {
		t.x = x[:]
		t.right = q.AnsweredBy(found[best.Candidate].Sentence(best.Span))
	} else {
		t.x = make([]float32, rank.Inputs)
	}
	return t
}

// A network is a rank.Network during training with Adam (Kingma and Ba, 2015).
type network struct {
	units         int
	inputs, unit  int // unit is the size of a hidden unit: one weight per input, and the bias
	mean, scale   []float64
	weights       []float64 // per hidden unit the inputs and the bias, then those of the output
	first, second []float64 // Adam's moments
	gradient      []float64
	steps, decay  float64
	x             []float64
	hidden        []float64
}

func newNetwork(trials []trial, units int, r *rand.Rand) *network {
	inputs := len(trials[0].x)
	size := units*(inputs+1) + units + 1
	n := &network{
		inputs: inputs, units: units, unit: inputs + 1, hidden: make([]float64, units), decay: 1e-5, mean: make([]float64, inputs), scale: make([]float64, inputs), x: make([]float64, inputs),
		weights: make([]float64, size), first: make([]float64, size), second: make([]float64, size), gradient: make([]float64, size),
	}
	for i := range n.mean {
		for _, t := range trials {
			n.mean[i] += float64(t.x[i]) / float64(len(trials))
		}
		for _, t := range trials {
			n.scale[i] += math.Pow(float64(t.x[i])-n.mean[i], 2) / float64(len(trials))
		}
		n.scale[i] = 1 / math.Sqrt(n.scale[i]+1e-4)
	}
	for i := range n.weights {
		n.weights[i] = r.NormFloat64() / math.Sqrt(float64(n.unit))
	}
	return n
}

func (n *network) logit(x []float32) float64 {
	for i := range x {
		n.x[i] = (float64(x[i]) - n.mean[i]) * n.scale[i]
	}
	output := n.weights[n.units*n.unit:]
	out := output[n.units]
	for u := range n.units {
		w := n.weights[u*n.unit : (u+1)*n.unit]
		sum := w[n.inputs]
		for i, v := range n.x {
			sum += w[i] * v
		}
		n.hidden[u] = math.Tanh(sum)
		out += output[u] * n.hidden[u]
	}
	return out
}

// learn takes one step towards the wanted probability of x, which counts by its
// weight, and returns the loss before the step.
func (n *network) learn(x []float32, wanted, weight, rate float64) float64 {
	p := 1 / (1 + math.Exp(-n.logit(x)))
	g := weight * (p - wanted)
	output := n.units * n.unit
	for u := range n.units {
		n.gradient[output+u] = g * n.hidden[u]
		back := g * n.weights[output+u] * (1 - n.hidden[u]*n.hidden[u])
		for i, v := range n.x {
			n.gradient[u*n.unit+i] = back * v
		}
		n.gradient[u*n.unit+n.inputs] = back
	}
	n.gradient[output+n.units] = g
	n.step(rate)
	return -wanted*math.Log(max(p, 1e-12)) - (1-wanted)*math.Log(max(1-p, 1e-12))
}

func (n *network) step(rate float64) {
	const b1, b2 = 0.9, 0.999
	n.steps++
	c1, c2 := 1-math.Pow(b1, n.steps), 1-math.Pow(b2, n.steps)
	for i, g := range n.gradient {
		g += n.decay * n.weights[i]
		n.first[i] = b1*n.first[i] + (1-b1)*g
		n.second[i] = b2*n.second[i] + (1-b2)*g*g
		n.weights[i] -= rate * (n.first[i] / c1) / (math.Sqrt(n.second[i]/c2) + 1e-8)
	}
}

func (n *network) probability(t *trial) float64 { return 1 / (1 + math.Exp(-n.logit(t.x))) }

// network returns n in the form that is stored.
func (n *network) network() rank.Network {
	kept := rank.Network{}
	short := func(x float64) float32 { return float32(math.Round(x*1e4) / 1e4) }
	for i := range n.mean {
		kept.Mean = append(kept.Mean, short(n.mean[i]))
		kept.Scale = append(kept.Scale, short(n.scale[i]))
	}
	for u := range n.units {
		var w []float32
		for _, x := range n.weights[u*n.unit : (u+1)*n.unit] {
			w = append(w, short(x))
		}
		kept.Hidden = append(kept.Hidden, w)
	}
	for _, x := range n.weights[n.units*n.unit:] {
		kept.Output = append(kept.Output, short(x))
	}
	return kept
}

// byConfidence returns the trials with their probabilities, the highest first.
func (n *network) byConfidence(trials []trial) []scored {
	s := make([]scored, len(trials))
	for i := range trials {
		s[i] = scored{n.probability(&trials[i]), &trials[i]}
	}
	slices.SortStableFunc(s, func(a, b scored) int { return cmp.Compare(b.p, a.p) })
	return s
}

type scored struct {
	p float64
	*trial
}

// threshold returns the lowest confidence at which the precision still holds if
// 1 question in 2 has an answer.
func (n *network) threshold(trials []trial, precision float64) float64 {
	answered, right, threshold := 0.0, 0.0, 1.0
	for _, s := range n.byConfidence(trials) {
		answered++
		right += float64(indicator(s.right))
		if right/answered >= precision {
			threshold = s.p
		}
	}
	return math.Round(threshold*1e4) / 1e4
}

// auroc returns how well the confidence separates questions with an answer from
// those without, and right answers from everything else.
func (n *network) auroc(trials []trial) (answerable, right float64) {
	sorted := n.byConfidence(trials)
	area := func(positive func(scored) bool) float64 {
		above, area, negatives := 0.0, 0.0, 0.0
		for _, s := range sorted {
			if positive(s) {
				above++
			} else {
				area += above
				negatives++
			}
		}
		return area / max(1, above*negatives)
	}
	return area(func(s scored) bool { return s.answerable }), area(func(s scored) bool { return s.right })
}
