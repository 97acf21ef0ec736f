package main

import (
	"cmp"
	"flag"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/rank"
)

// A recipe says how the second stage is learned.
type recipe struct {
	name                      string
	orderHidden, orderEpochs  int
	orderRate, orderDecay     float64
	sureHidden, sureEpochs    int
	sureRate, sureDecay       float64
	networks                  int
	wrongConfidence           float64  // wanted confidence of a wrong answer if there is a right one
	teams                     float64  // weight of all organisations, if that of SQuAD is 1
	most                      int      // runs that are read
	behind                    float64  // how far behind the first a run may be
	orderWithout, sureWithout []string // features and inputs that are left out
}

// flags adds the flags of a recipe.
func (k *recipe) flags(f *flag.FlagSet) {
	f.IntVar(&k.orderHidden, "order-hidden", cmp.Or(k.orderHidden, 12), "units of the order")
	f.IntVar(&k.orderEpochs, "order-epochs", cmp.Or(k.orderEpochs, 6), "how often the order sees each trial")
	f.Float64Var(&k.orderRate, "order-rate", cmp.Or(k.orderRate, 0.004), "rate of learning the order")
	f.Float64Var(&k.orderDecay, "order-decay", cmp.Or(k.orderDecay, 1e-3), "decay of the order's weights")
	f.IntVar(&k.networks, "networks", cmp.Or(k.networks, 5), "networks of each kind, whose mean is taken")
	f.IntVar(&k.sureHidden, "sure-hidden", cmp.Or(k.sureHidden, hiddenUnits), "units of the confidence")
	f.IntVar(&k.sureEpochs, "sure-epochs", cmp.Or(k.sureEpochs, networkEpochs), "how often the confidence sees each trial")
	f.Float64Var(&k.sureRate, "sure-rate", cmp.Or(k.sureRate, 0.004), "rate of learning the confidence")
	f.Float64Var(&k.sureDecay, "sure-decay", cmp.Or(k.sureDecay, 4e-3), "decay of the confidence's weights")
	f.Float64Var(&k.wrongConfidence, "wrong", cmp.Or(k.wrongConfidence, 0.4), "wanted confidence of a wrong answer if there is a right one")
	f.Float64Var(&k.teams, "ratio", cmp.Or(k.teams, 1), "weight of all organisations, if SQuAD has 1")
	f.IntVar(&k.most, "runs", cmp.Or(k.most, 4), "runs that are read at most; 0 to leave reading out")
	f.Float64Var(&k.behind, "behind", cmp.Or(k.behind, 3), "how far behind the first a run may be that is read")
	list := func(to *[]string) func(string) error {
		return func(s string) error { *to = strings.Split(s, ","); return nil }
	}
	f.Func("order-without", "features that the order does not see, with commas", list(&k.orderWithout))
	f.Func("sure-without", "inputs that the confidence does not see, with commas", list(&k.sureWithout))
}

// A shown is a trial as a network sees it.
type shown struct {
	*senseTrial
	*rank.SenseExample
}

// A scorer is a rank.Scorer during training with Adam, so that a softmax over
// the sentences gives the most to those with the answer.
type scorer struct {
	columns                    []int // the features that it sees
	hidden, unit, output       int   // units, size of a unit, and where those of the output begin
	w, gradient, first, second []float64
	steps, decay               float64
	scores, all, own           []float64
	units                      [][]float64
}

// A sample is a trial in the form that is fast to learn from.
type sample struct {
	x      [][]float64
	right  []bool
	weight float64
}

func newScorer(columns []int, k *recipe, r *rand.Rand) *scorer {
	s := &scorer{columns: columns, hidden: k.orderHidden, unit: len(columns) + 1, decay: k.orderDecay}
	s.output = s.hidden * s.unit
	size := s.output + s.hidden + len(columns)
	s.w, s.gradient, s.first, s.second = make([]float64, size), make([]float64, size), make([]float64, size), make([]float64, size)
	for i := range s.w {
		switch {
		case i < s.output:
			s.w[i] = r.NormFloat64() * 2 / math.Sqrt(float64(s.unit))
		case i < s.output+s.hidden:
			s.w[i] = r.NormFloat64() * 0.1
		}
	}
	s.w[s.output+s.hidden] = 5 // at first the order is that of the first stage
	return s
}

// columns returns the places of the names that are not left out.
func columns(names, without []string) (kept []int) {
	for i, n := range names {
		if !slices.Contains(without, n) {
			kept = append(kept, i)
		}
	}
	return kept
}

// samples returns the trials that have a right sentence. Sentences that are
// neither right nor wrong are left out.
func (s *scorer) samples(trials []shown) (all []sample) {
	for _, t := range trials {
		if !slices.Contains(t.marks, right) {
			continue
		}
		p := sample{weight: t.weight}
		for i, m := range t.marks {
			if m == neither {
				continue
			}
			x, f := make([]float64, len(s.columns)), t.Features(i)
			for k, c := range s.columns {
				x[k] = float64(f[c])
			}
			p.x, p.right = append(p.x, x), append(p.right, m == right)
		}
		all = append(all, p)
	}
	return all
}

// fitOrder fits a scorer. The result is the mean of the last epochs.
func fitOrder(trials []shown, k *recipe, r *rand.Rand) rank.Scorer {
	s := newScorer(columns(rank.SenseFeatureNames(), k.orderWithout), k, r)
	samples := s.samples(trials)
	mean := make([]float64, len(s.w))
	averaged := 0.0
	for epoch := range k.orderEpochs {
		rate := k.orderRate * (1 - float64(epoch)/float64(k.orderEpochs))
		for n, i := range r.Perm(len(samples)) {
			s.learn(&samples[i], rate)
			if epoch >= k.orderEpochs*3/4 && n%100 == 0 {
				averaged++
				for i, w := range s.w {
					mean[i] += w
				}
			}
		}
	}
	for i := range mean {
		s.w[i] = mean[i] / max(1, averaged)
	}
	return s.scorer()
}

func (s *scorer) score(x, hidden []float64) (sum float64) {
	linear := s.w[s.output+s.hidden:]
	for i, v := range x {
		sum += linear[i] * v
	}
	for u := range s.hidden {
		w := s.w[u*s.unit : (u+1)*s.unit]
		in := w[len(x)]
		for i, v := range x {
			in += w[i] * v
		}
		hidden[u] = math.Tanh(in)
		sum += s.w[s.output+u] * hidden[u]
	}
	return sum
}

// learn takes one step.
func (s *scorer) learn(t *sample, rate float64) {
	n := len(t.x)
	for len(s.units) < n {
		s.units = append(s.units, make([]float64, s.hidden))
	}
	s.scores = slices.Grow(s.scores[:0], n)[:n]
	for i, x := range t.x {
		s.scores[i] = s.score(x, s.units[i])
	}
	s.all = softmax(s.all[:0], s.scores, func(int) bool { return true })
	s.own = softmax(s.own[:0], s.scores, func(i int) bool { return t.right[i] })
	clear(s.gradient)
	for i, x := range t.x {
		if d := s.all[i] - s.own[i]; math.Abs(d) > 1e-4 {
			s.back(x, s.units[i], d*t.weight)
		}
	}
	s.step(rate)
}

func (s *scorer) back(x, hidden []float64, d float64) {
	linear := s.gradient[s.output+s.hidden:]
	for i, v := range x {
		linear[i] += d * v
	}
	for u, h := range hidden {
		s.gradient[s.output+u] += d * h
		back := d * s.w[s.output+u] * (1 - h*h)
		g := s.gradient[u*s.unit : (u+1)*s.unit]
		for i, v := range x {
			g[i] += back * v
		}
		g[len(x)] += back
	}
}

func (s *scorer) step(rate float64) {
	s.steps++
	c1, c2 := 1-math.Pow(0.9, s.steps), 1-math.Pow(0.999, s.steps)
	for i, g := range s.gradient {
		g += s.decay * s.w[i]
		s.first[i] = 0.9*s.first[i] + 0.1*g
		s.second[i] = 0.999*s.second[i] + 0.001*g*g
		s.w[i] -= rate * (s.first[i] / c1) / (math.Sqrt(s.second[i]/c2) + 1e-8)
	}
}

// scorer returns s in the form that is stored. Features that it does not see
// have a weight of 0.
func (s *scorer) scorer() (kept rank.Scorer) {
	short := func(v float64) float32 { return float32(math.Round(v*1e4) / 1e4) }
	for u := range s.hidden {
		w := s.w[u*s.unit : (u+1)*s.unit]
		unit := make([]float32, rank.SenseFeatures+1)
		for k, c := range s.columns {
			unit[c] = short(w[k])
		}
		unit[rank.SenseFeatures] = short(w[len(s.columns)])
		kept.Hidden = append(kept.Hidden, unit)
	}
	linear := make([]float32, rank.SenseFeatures)
	for k, c := range s.columns {
		linear[c] = short(s.w[s.output+s.hidden+k])
	}
	for _, w := range s.w[s.output : s.output+s.hidden] {
		kept.Output = append(kept.Output, short(w))
	}
	kept.Output = append(kept.Output, linear...)
	return kept
}

// fitConfidence fits the network to whether the best sentence by order is
// right. If it is wrong but another sentence is right, the wanted confidence is
// more than 0. That distorts the probabilities, and a calibration corrects them.
func fitConfidence(trials []shown, order *rank.Scorer, k *recipe, r *rand.Rand) rank.Network {
	var seen []trial
	var weights []float64
	for _, t := range trials {
		sorted, x := t.Sorted(order)
		if m := t.marks[sorted[0]]; m != neither {
			seen = append(seen, trial{x: x[:], right: m == right || m == step, answerable: slices.Contains(t.marks, right)})
			weights = append(weights, t.weight)
		}
	}
	n := newNetwork(seen, k.sureHidden, r)
	n.decay = k.sureDecay
	for i, name := range rank.SenseInputNames() {
		if slices.Contains(k.sureWithout, name) {
			n.mean[i], n.scale[i] = 0, 0
		}
	}
	for epoch := range k.sureEpochs {
		rate := k.sureRate * (1 - float64(epoch)/float64(k.sureEpochs))
		for _, i := range r.Perm(len(seen)) {
			t := &seen[i]
			wanted := float64(indicator(t.right))
			if t.answerable && !t.right {
				wanted = k.wrongConfidence
			}
			n.learn(t.x, wanted, weights[i], rate)
		}
	}
	return n.network()
}

// An outcome is a question whose answer has a confidence, before calibration.
type outcome struct {
	domain     string
	answerable bool
	logit      float64
	right      bool
	weight     float64
}

// calibrate finds the correction that makes the outcomes likeliest, and then for
// each stop the lowest confidence at which the answers are as precise as it
// promises.
func calibrate(outcomes []outcome) rank.Correction {
	c := rank.Correction{Factor: 1}
	for range 50 {
		var g, h [2]float64
		cross := 0.0
		for _, o := range outcomes {
			p := c.Probability(o.logit)
			d, w := o.weight*(p-float64(indicator(o.right))), o.weight*p*(1-p)
			g[0], g[1] = g[0]+d*o.logit, g[1]+d
			h[0], h[1], cross = h[0]+w*o.logit*o.logit, h[1]+w, cross+w*o.logit
		}
		det := max(h[0]*h[1]-cross*cross, 1e-9)
		c.Factor -= within1((h[1]*g[0] - cross*g[1]) / det)
		c.Offset -= within1((h[0]*g[1] - cross*g[0]) / det)
	}
	c.Factor, c.Offset = math.Round(c.Factor*1e4)/1e4, math.Round(c.Offset*1e4)/1e4
	c.Thresholds = thresholds(outcomes, &c)
	return c
}

// within1 bounds a step, because Newton's may be far too long.
func within1(step float64) float64 { return min(1, max(-1, step)) }

func thresholds(outcomes []outcome, c *rank.Correction) rank.Thresholds {
	sorted := slices.Clone(outcomes)
	slices.SortStableFunc(sorted, func(a, b outcome) int { return cmp.Compare(b.logit, a.logit) })
	found := rank.Thresholds{}
	for stop, precision := range precisions {
		answered, right := 0.0, 0.0
		found[stop] = 1
		for _, o := range sorted {
			answered += o.weight
			right += o.weight * float64(indicator(o.right))
			if right/answered >= precision {
				found[stop] = math.Round(1e4*c.Probability(o.logit)) / 1e4
			}
		}
	}
	return found
}

// precisions are what the stops promise.
var precisions = map[multivac.Stop]float64{multivac.Strict: 0.95, multivac.Balanced: 0.9, multivac.Eager: 0.8}

// balance sets the weights of trials, so that the domains of teams together
// count as ratio says, each of them the same, and SQuAD counts 1.
func balance(trials []*senseTrial, ratio float64) {
	count := map[string]float64{}
	for _, t := range trials {
		count[t.domain]++
	}
	teams := float64(len(count))
	if _, ok := count[squad]; ok {
		teams--
	}
	total := 0.0
	for _, domain := range sortedKeys(count) {
		total += share(domain, teams, ratio)
	}
	for _, t := range trials {
		t.weight = share(t.domain, teams, ratio) / total * float64(len(trials)) / count[t.domain]
	}
}

func share(domain string, teams, ratio float64) float64 {
	if domain == squad {
		return 1
	}
	return ratio / teams
}

// squad is the domain of the trials of SQuAD.
const squad = "squad"

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
