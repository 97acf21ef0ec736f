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
	rewordedShare   = 0.35 // share of the questions that are reworded
	swappedShare    = 0.6  // share of the questions without an answer that have a fact swapped
	senseHidden     = 12
	senseEpochs     = 12
	wrongConfidence = 0.4  // wanted confidence of a wrong answer if there is a right one
	fewParagraphs   = 16   // paragraphs of the smallest collections, at most
	sensePerPlace   = 1500 // questions with an answer per collection, at most, and as many without
)

// learnSense learns the second stage from articles that the first stage has not
// seen. For that, the first stage is learned again from 7 articles in 10. The
// encoder that finds was trained on none of the articles. The one that reads
// was trained on articles of both parts, but saw each question once at most.
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

// embed gives all passages vectors. That takes minutes, so file keeps them.
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

// A senseTrial is one question with the inputs of the second stage.
type senseTrial struct {
	*rank.SenseExample
	asked      string
	found      []rank.Candidate
	right      []bool // per sentence
	answerable bool
	plain      bool // neither reworded nor swapped: as people ask
}

// A senseJob is a question that is still to be asked.
type senseJob struct {
	in                 collection
	q                  question
	answerable, hidden bool
	plain              bool // neither reworded nor swapped
}

// A senseDraw draws questions for the second stage. The same seed draws the
// same ones.
type senseDraw struct {
	*corpus
	*rand.Rand
	words *thesaurus
	jobs  []senseJob
}

// senseTrials asks questions about articles of collections of many sizes. Some
// are reworded. 1 in 2 has no answer: its article or its paragraph is missing,
// or a fact was swapped.
func (c *corpus) senseTrials(m *rank.Model, others, articles []int, r *rand.Rand) []senseTrial {
	d := senseDraw{corpus: c, Rand: r, words: newThesaurus(c)}
	half := len(articles) / 2
	a, b := articles[:half], articles[half:]
	d.collections(others, a, b, half)
	d.collections(others, b, a, half)
	log.Printf("sense: %d questions", len(d.jobs))
	trials := make([]senseTrial, len(d.jobs))
	parallel(len(d.jobs), func(i int) {
		j := &d.jobs[i]
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

// collections draws questions for collections of own articles: all of them,
// without and with the others, groups of 8, single ones, and a few paragraphs.
// The articles of strange are in none of these collections.
func (d *senseDraw) collections(others, own, strange []int, half int) {
	about, foreign := d.about(own), d.about(strange)
	d.questions(d.of(own), about, foreign, sensePerPlace)
	d.questions(d.of(slices.Concat(others, own)), about, foreign, sensePerPlace)
	for group := range slices.Chunk(own, 8) {
		d.questions(d.of(group), d.about(group), foreign, sensePerPlace/8)
	}
	for _, article := range own {
		d.questions(d.of([]int{article}), d.about([]int{article}), foreign, sensePerPlace/half)
		few, rest := d.few(article, d.Rand)
		lacking := d.aboutParagraphs(rest)
		for range len(lacking) + 1 {
			lacking = append(lacking, foreign[d.IntN(len(foreign))])
		}
		d.questions(few, d.aboutParagraphs(few), lacking, sensePerPlace/half)
	}
}

// questions draws up to n questions with an answer, and as many without, for a
// collection of the paragraphs. The questions of strange have no answer in it.
func (d *senseDraw) questions(paragraphs []int, own, strange []question, n int) {
	in := d.collection(paragraphs)
	for range min(n, len(own)) {
		q := own[d.IntN(len(own))]
		asked := d.inOtherWords(q, d.words, d.Rand)
		d.jobs = append(d.jobs, senseJob{in: in, q: asked, answerable: true, plain: asked.Question.Question == q.Question.Question})
		q, hidden, exchanged := d.unanswerable(own, strange)
		asked = d.inOtherWords(q, d.words, d.Rand)
		d.jobs = append(d.jobs, senseJob{in: in, q: asked, hidden: hidden, plain: !exchanged && asked.Question.Question == q.Question.Question})
	}
}

// unanswerable draws a question without an answer. It may have a swapped fact,
// or its paragraph has to be hidden, or it is one of strange.
func (d *senseDraw) unanswerable(own, strange []question) (q question, hidden, exchanged bool) {
	switch lot := d.Float64(); {
	case lot < swappedShare:
		if q, exchanged = d.swap(own[d.IntN(len(own))], own, d.Rand); !exchanged {
			q = strange[d.IntN(len(strange))]
		}
	case lot < swappedShare+nearMissShare:
		q, hidden = own[d.IntN(len(own))], true
	default:
		q = strange[d.IntN(len(strange))]
	}
	return q, hidden, exchanged
}

// few returns up to fewParagraphs consecutive paragraphs of an article, and the
// remaining ones.
func (c *corpus) few(article int, r *rand.Rand) (few, rest []int) {
	all := c.articles[article]
	n := 1 + r.IntN(min(fewParagraphs, len(all)))
	from := r.IntN(len(all) - n + 1)
	return all[from : from+n], slices.Concat(all[:from], all[from+n:])
}

// inOtherWords rewords the question, or returns it as it is, by chance.
func (c *corpus) inOtherWords(q question, words *thesaurus, r *rand.Rand) question {
	if r.Float64() < rewordedShare {
		q.Question.Question = c.reword(q, words, r)
	}
	return q
}

// senseTrial does what package ask does before ranking.
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

// read has the encoder read the best sentences by order.
func (t *senseTrial) read(order *rank.Scorer) {
	runs := t.ToRead(t.found, order)
	var said [][]float32
	for _, r := range runs {
		title, sentences := t.found[r.Candidate].Texts(r)
		said = append(said, meaning.Default().Read(t.asked, title, sentences))
	}
	t.With(t.found, runs, said)
}

// fitConfidence fits the network to whether the best sentence by order is
// right. If it is wrong but another sentence is right, the wanted confidence is
// 0.4 instead of 0. That distorts the probabilities, and calibrate corrects
// them.
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
				wanted = wrongConfidence
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

// calibrate corrects the network by a factor and an offset (Platt, 1999), so
// that its probabilities are right for questions as people ask them. The
// questions it was learned from are harder, so that it is less confident than
// it should be.
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

// fitScorer fits a scorer with Adam, so that a softmax over the sentences gives
// the most to those with the answer. It returns the hit@1 over the trials held
// out.
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

// A scorer is a rank.Scorer during training.
type scorer struct {
	w, gradient, first, second []float64 // per hidden unit the features and the bias, then those of the output
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
	s.w[senseOutput+senseHidden] = 5 // at first the order is that of the first stage
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

// scorer returns s in the form that is stored.
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
