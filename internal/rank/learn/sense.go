package main

import (
	"context"
	"encoding/gob"
	"errors"
	"io/fs"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/rank"
)

const (
	reworded      = 0.35 // share of the questions that are asked in other words
	swapped       = 0.6  // share of those without an answer that have one fact exchanged
	senseHidden   = 12
	senseEpochs   = 12
	wrong         = 0.4  // what confidence is to be of a wrong answer where there is a right one
	fewParagraphs = 16   // of the smallest collections, at most
	sensePerPlace = 1500 // questions with an answer that are asked of a collection, and as many without, at most
)

// learnSense learns the second stage from articles that the first stage,
// learned here again from seven articles in ten, has not seen. What meaning
// finds was learned from no article; what it reads was trained on articles of
// both kinds, but saw each question once at most.
func learnSense(c *corpus, vectors string, seed uint64) (rank.SenseParameters, error) {
	p := rank.SenseParameters{Version: rank.SenseVersion}
	if err := c.embed(vectors); err != nil {
		return p, err
	}
	some, rest := c.split(0.7, seed)
	first, translations, _ := learnOrder(c, some, seed)
	m := model(first, translations)

	r := rand.New(rand.NewPCG(seed, 7))
	trials := c.senseTrials(m, some, rest, r)
	held := len(trials) / 8
	var hits [2]float64
	p.Find.Order, hits[0] = fitScorer(trials, held, r)
	p.Find.Confidence = fitConfidence(trials, held, &p.Find.Order, r)
	parallel(len(trials), func(i int) { trials[i].read(&p.Find.Order) })
	p.Read.Order, hits[1] = fitScorer(trials, held, r)
	p.Read.Confidence = fitConfidence(trials, held, &p.Read.Order, r)
	p.Learned = report{
		Source:    "SQuAD 1.1 training set, Rajpurkar et al. 2016, CC BY-SA 4.0",
		Documents: c.documents, Questions: c.asked, Seed: seed,
		Ranking: map[string]float64{"trials": float64(len(trials)), "held_out_hit_at_1_find": hits[0], "held_out_hit_at_1_read": hits[1]},
	}
	return p, nil
}

// embed gives all passages vectors, which it keeps in a file: they take minutes.
func (c *corpus) embed(file string) error {
	var all [][]byte
	f, err := os.Open(file)
	switch {
	case err == nil:
		defer f.Close()
		if err := gob.NewDecoder(f).Decode(&all); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		all = make([][]byte, len(c.paragraphs))
		parallel(len(c.paragraphs), func(i int) {
			for _, p := range c.paragraphs[i].passages {
				v, _ := meaning.Default().Vectors(context.Background(), c.paragraphs[i].Title, p)
				all[i] = append(all[i], v...)
			}
			if i%2000 == 0 {
				log.Printf("sense: vectors of %d paragraphs", i)
			}
		})
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		if err := errors.Join(gob.NewEncoder(f).Encode(all), f.Close()); err != nil {
			return err
		}
	default:
		return err
	}
	for i := range c.paragraphs {
		c.paragraphs[i].vectors = all[i]
	}
	return nil
}

// A senseTrial is a question asked, with what the second stage sees.
type senseTrial struct {
	*rank.SenseExample
	asked      string
	found      []rank.Candidate
	right      []bool // by sentence
	answerable bool
	plain      bool // as people ask: neither reworded nor with a fact exchanged
}

// senseTrials asks questions about articles of collections of many sizes. One
// in two has no answer: its article or its paragraph is missing, or one of its
// facts was exchanged. Some are asked in other words than the answer's.
func (c *corpus) senseTrials(m *rank.Model, others, articles []int, r *rand.Rand) []senseTrial {
	type job struct {
		in                 collection
		q                  question
		answerable, hidden bool
		plain              bool // neither reworded nor exchanged
	}
	var jobs []job
	words := newThesaurus(c)
	build := func(paragraphs []int, own, strange []question, n int) {
		in := c.collection(paragraphs)
		for range min(n, len(own)) {
			q := own[r.IntN(len(own))]
			asked := c.inOtherWords(q, words, r)
			jobs = append(jobs, job{in: in, q: asked, answerable: true, plain: asked.Question.Question == q.Question.Question})
			hidden, exchanged := false, false
			switch lot := r.Float64(); {
			case lot < swapped:
				if q, exchanged = c.swap(own[r.IntN(len(own))], own, r); !exchanged {
					q = strange[r.IntN(len(strange))]
				}
			case lot < swapped+nearMisses:
				q, hidden = own[r.IntN(len(own))], true
			default:
				q = strange[r.IntN(len(strange))]
			}
			asked = c.inOtherWords(q, words, r)
			jobs = append(jobs, job{in: in, q: asked, hidden: hidden, plain: !exchanged && asked.Question.Question == q.Question.Question})
		}
	}
	half := len(articles) / 2
	a, b := articles[:half], articles[half:]
	for _, s := range [][2][]int{{a, b}, {b, a}} {
		own, strange := c.about(s[0]), c.about(s[1])
		build(c.of(s[0]), own, strange, sensePerPlace)
		build(c.of(slices.Concat(others, s[0])), own, strange, sensePerPlace)
		for group := range slices.Chunk(s[0], 8) {
			build(c.of(group), c.about(group), strange, sensePerPlace/8)
		}
		for _, article := range s[0] {
			build(c.of([]int{article}), c.about([]int{article}), strange, sensePerPlace/half)
			few, rest := c.few(article, r)
			lacking := c.aboutParagraphs(rest)
			for range len(lacking) + 1 {
				lacking = append(lacking, strange[r.IntN(len(strange))])
			}
			build(few, c.aboutParagraphs(few), lacking, sensePerPlace/half)
		}
	}
	log.Printf("sense: %d questions", len(jobs))
	trials := make([]senseTrial, len(jobs))
	parallel(len(jobs), func(i int) {
		j := &jobs[i]
		var hidden func(int) bool
		if j.hidden {
			hidden = func(p int) bool { return p == j.q.paragraph }
		}
		trials[i] = c.senseTrial(m, j.in, j.q, j.answerable, hidden)
		trials[i].plain = j.plain
	})
	trials = slices.DeleteFunc(trials, func(t senseTrial) bool { return t.SenseExample == nil })
	r.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	return trials
}

// few returns some paragraphs of an article that follow one another, up to
// fewParagraphs, and the others.
func (c *corpus) few(article int, r *rand.Rand) (few, rest []int) {
	all := c.articles[article]
	n := 1 + r.IntN(min(fewParagraphs, len(all)))
	from := r.IntN(len(all) - n + 1)
	return all[from : from+n], slices.Concat(all[:from], all[from+n:])
}

// inOtherWords rewords some of the questions.
func (c *corpus) inOtherWords(q question, words *thesaurus, r *rand.Rand) question {
	if r.Float64() < reworded {
		q.Question.Question = c.reword(q, words, r)
	}
	return q
}

// senseTrial does what asking does before it ranks.
func (c *corpus) senseTrial(m *rank.Model, in collection, asked question, answerable bool, hidden func(int) bool) senseTrial {
	q := in.question(m, asked.Question.Question)
	v := meaning.Default().Vector(asked.Question.Question)
	more := 1
	if hidden != nil {
		more = 4
	}
	t := senseTrial{asked: asked.Question.Question, answerable: answerable}
	have := map[multivac.PassageID]bool{}
	add := func(found find.Found, limit int) {
		for i, h := range found.Hits {
			if n := c.byID[h.Document]; limit > 0 && (hidden == nil || !hidden(n)) {
				limit--
				if !have[h.PassageID] {
					have[h.PassageID] = true
					k := c.candidate(h)
					k.Cosines = found.Cosines[i]
					t.found = append(t.found, k)
				}
			}
		}
	}
	add(in.find(find.Query{Terms: q.Terms(), Passages: more * rank.Passages, Vector: &v}), rank.Passages)
	add(in.find(find.Query{Vector: &v, Nearest: more * rank.Nearest}), rank.Nearest)
	t.SenseExample = m.ExamineSense(q, t.found)
	if t.SenseExample != nil {
		for _, x := range t.Sentences {
			k := t.found[x.Candidate]
			t.right = append(t.right, answerable && c.byID[k.Document] == asked.paragraph && asked.AnsweredBy(k.Sentence(x.Span)))
		}
	}
	return t
}

// read reads what order finds best.
func (t *senseTrial) read(order *rank.Scorer) {
	runs := t.ToRead(t.found, order)
	var said [][]float32
	for _, r := range runs {
		title, sentences := t.found[r.Candidate].Texts(r)
		said = append(said, meaning.Default().Read(t.asked, title, sentences))
	}
	t.With(t.found, runs, said)
}

// fitConfidence fits the network to whether the best sentence by order is right,
// and a little to whether another one is; what that distorts, calibrate mends.
func fitConfidence(trials []senseTrial, held int, order *rank.Scorer, r *rand.Rand) rank.Network {
	seen := make([]trial, len(trials))
	for i := range trials {
		t := &trials[i]
		x, best := t.Inputs(order)
		seen[i] = trial{x: x[:], right: t.right[best], answerable: t.answerable}
	}
	n := newNetwork(seen, r)
	for epoch := range networkEpochs {
		rate := 0.004 * (1 - float64(epoch)/networkEpochs)
		loss := 0.0
		for _, i := range r.Perm(len(seen) - held) {
			t := &seen[held+i]
			wanted := float64(indicator(t.right))
			if t.answerable && !t.right {
				wanted = wrong
			}
			loss += n.learn(t.x, wanted, rate)
		}
		log.Printf("sense: confidence: epoch %d, loss %.4f", epoch+1, loss/float64(len(seen)-held))
	}
	a, b := n.auroc(seen[:held])
	log.Printf("sense: confidence: auroc %.4f, of right answers %.4f; thresholds for 0.95, 0.9, 0.8: %v %v %v", a, b,
		n.threshold(seen[:held], 0.95), n.threshold(seen[:held], 0.9), n.threshold(seen[:held], 0.8))
	var plain []trial
	for i := range trials {
		if trials[i].plain {
			plain = append(plain, seen[i])
		}
	}
	kept := n.network()
	n.calibrate(&kept, plain)
	return kept
}

// calibrate makes what a network says right for questions as people ask them,
// by a factor and an offset (Platt, 1999): learned of many that are hard, it is
// less sure than it may be.
func (n *network) calibrate(kept *rank.Network, trials []trial) {
	factor, offset := 1.0, 0.0
	for range 50 {
		var g, h [2]float64
		cross := 0.0
		for i := range trials {
			l := n.logit(trials[i].x)
			p := 1 / (1 + math.Exp(-(factor*l + offset)))
			d, w := p-float64(indicator(trials[i].right)), p*(1-p)
			g[0], g[1] = g[0]+d*l, g[1]+d
			h[0], h[1], cross = h[0]+w*l*l, h[1]+w, cross+w*l
		}
		det := h[0]*h[1] - cross*cross
		factor -= (h[1]*g[0] - cross*g[1]) / det
		offset -= (h[0]*g[1] - cross*g[0]) / det
	}
	for u := range kept.Output {
		kept.Output[u] *= float32(factor)
	}
	kept.Output[len(kept.Output)-1] += float32(offset)
	log.Printf("sense: confidence: calibrated by %.3f and %.3f on %d questions", factor, offset, len(trials))
}

// fitScorer fits a scorer so that a softmax over the sentences gives those with
// the answer the most, by Adam, and returns its hit@1 over those held out.
func fitScorer(trials []senseTrial, held int, r *rand.Rand) (rank.Scorer, float64) {
	s := newScorer(r)
	for epoch := range senseEpochs {
		rate := 0.005 * (1 - float64(epoch)/senseEpochs)
		loss, n := 0.0, 0.0
		for _, i := range r.Perm(len(trials) - held) {
			if t := &trials[held+i]; slices.Contains(t.right, true) && !rank.InOtherWords(&t.Sentences[0].Sense) {
				loss += s.learn(t, rate)
				n++
			}
		}
		log.Printf("sense: order: epoch %d, loss %.4f", epoch+1, loss/n)
	}
	kept := s.scorer()
	hits, before := 0.0, 0.0
	n := 0.0
	for _, t := range trials[:held] {
		if !t.answerable {
			continue
		}
		n++
		_, best := t.Inputs(&kept)
		hits += float64(indicator(t.right[best]))
		before += float64(indicator(t.right[0]))
	}
	log.Printf("sense: order: hit@1 of those held out %.4f, of the first stage %.4f", hits/n, before/n)
	return kept, math.Round(hits/n*1e4) / 1e4
}

// A scorer is a rank.Scorer while it is learned.
type scorer struct {
	w, gradient, first, second []float64 // by hidden unit: features and bias; then the output's
	steps                      float64
	scores, all, own           []float64
	hidden                     [][senseHidden]float64
}

const (
	senseUnit   = rank.SenseFeatures + 1
	senseOutput = senseHidden * senseUnit
)

func newScorer(r *rand.Rand) *scorer {
	size := senseOutput + senseHidden + rank.SenseFeatures
	s := &scorer{w: make([]float64, size), gradient: make([]float64, size), first: make([]float64, size), second: make([]float64, size)}
	for i := range s.w {
		switch {
		case i < senseOutput:
			s.w[i] = r.NormFloat64() * 0.5
		case i < senseOutput+senseHidden:
			s.w[i] = r.NormFloat64() * 0.1
		}
	}
	s.w[senseOutput+senseHidden] = 5 // begins with the order of the first stage
	return s
}

func (s *scorer) score(x *[rank.SenseFeatures]float32, hidden *[senseHidden]float64) (sum float64) {
	for i, v := range x {
		sum += s.w[senseOutput+senseHidden+i] * float64(v)
	}
	for u := range senseHidden {
		in := s.w[u*senseUnit+rank.SenseFeatures]
		for i, v := range x {
			in += s.w[u*senseUnit+i] * float64(v)
		}
		hidden[u] = math.Tanh(in)
		sum += s.w[senseOutput+u] * hidden[u]
	}
	return sum
}

// learn takes one step and returns the loss before it.
func (s *scorer) learn(t *senseTrial, rate float64) float64 {
	n := len(t.Sentences)
	s.scores, s.hidden = slices.Grow(s.scores[:0], n)[:n], slices.Grow(s.hidden[:0], n)[:n]
	for i := range t.Sentences {
		s.scores[i] = s.score(&t.Sentences[i].Sense, &s.hidden[i])
	}
	s.all = softmax(s.all[:0], s.scores, func(int) bool { return true })
	s.own = softmax(s.own[:0], s.scores, func(i int) bool { return t.right[i] })
	clear(s.gradient)
	right := 0.0
	for i := range t.Sentences {
		if t.right[i] {
			right += s.all[i]
		}
		if d := s.all[i] - s.own[i]; math.Abs(d) > 1e-6 {
			s.back(&t.Sentences[i].Sense, &s.hidden[i], d)
		}
	}
	s.step(rate)
	return -math.Log(max(right, 1e-12))
}

func (s *scorer) back(x *[rank.SenseFeatures]float32, hidden *[senseHidden]float64, d float64) {
	for i, v := range x {
		s.gradient[senseOutput+senseHidden+i] += d * float64(v)
	}
	for u, h := range hidden {
		s.gradient[senseOutput+u] += d * h
		back := d * s.w[senseOutput+u] * (1 - h*h)
		for i, v := range x {
			s.gradient[u*senseUnit+i] += back * float64(v)
		}
		s.gradient[u*senseUnit+rank.SenseFeatures] += back
	}
}

func (s *scorer) step(rate float64) {
	s.steps++
	c1, c2 := 1-math.Pow(0.9, s.steps), 1-math.Pow(0.999, s.steps)
	for i, g := range s.gradient {
		g += 1e-5 * s.w[i]
		s.first[i] = 0.9*s.first[i] + 0.1*g
		s.second[i] = 0.999*s.second[i] + 0.001*g*g
		s.w[i] -= rate * (s.first[i] / c1) / (math.Sqrt(s.second[i]/c2) + 1e-8)
	}
}

// scorer returns s in the form that is kept.
func (s *scorer) scorer() (kept rank.Scorer) {
	row := func(w []float64) (short []float32) {
		for _, v := range w {
			short = append(short, float32(math.Round(v*1e4)/1e4))
		}
		return short
	}
	for u := range senseHidden {
		kept.Hidden = append(kept.Hidden, row(s.w[u*senseUnit:(u+1)*senseUnit]))
	}
	kept.Output = row(s.w[senseOutput:])
	return kept
}
