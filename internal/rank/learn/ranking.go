package main

import (
	"cmp"
	"log"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"multivac/internal/rank"
)

// An example is a question with the passages that were found for it.
type example struct {
	keys       []int // rows of the answer table
	candidates []candidate
}

type candidate struct {
	x       [features]float32
	classes uint32
	right   bool
}

var names = rank.FeatureNames()

// features are those of package rank. The last one, the answer type, has a
// table instead of a weight.
const features = rank.Features

const (
	candidatesKept = 40 // best sentences per question by a plain sum of BM25s; right ones are always kept
	epochs         = 6
	averagedEpochs = 3 // final epochs whose mean is the result: it errs less than the last one
)

// learnRanking fits the weights and the answer table.
func learnRanking(c *corpus, p *rank.Parameters, articles []int, seed uint64) report {
	t := c.training(p, articles, seed)
	l := t.fit(nil)
	l.keep(p, t.table)
	return report{
		Source:    "SQuAD 1.1 training set, Rajpurkar et al. 2016, CC BY-SA 4.0",
		Documents: c.documents, Questions: c.asked, Seed: seed,
		Ranking: map[string]float64{"examples": float64(len(t.examples)), "held_out_hit_at_1": math.Round(l.hits(t.heldOut())*1e4) / 1e4},
	}
}

// training holds what the ranking is learned from, in random order.
type training struct {
	examples []example
	table    *table
	lots     rand.PCG
}

func (c *corpus) training(p *rank.Parameters, articles []int, seed uint64) training {
	questions := c.about(articles)
	// The translations that an example sees were learned from the other half of
	// the articles. In use, too, translations come from other texts than the
	// question's.
	half := len(articles) / 2
	models := map[int]*rank.Model{} // article -> its model
	for _, part := range [][2][]int{{articles[:half], articles[half:]}, {articles[half:], articles[:half]}} {
		m := model(*p, c.translations(c.about(part[1])))
		for _, a := range part[0] {
			models[a] = m
		}
	}
	t := training{table: newTable(questions), lots: *rand.NewPCG(seed, 2)}
	r := rand.New(&t.lots)
	for _, of := range []struct{ articles, questions int }{{1, 12_000}, {45, 28_000}, {len(articles), 45_000}} {
		t.examples = append(t.examples, c.examples(models, t.table, articles, questions, of.articles, of.questions, r)...)
	}
	log.Printf("ranking: %d examples, %d rows of answers", len(t.examples), len(t.table.texts))
	r.Shuffle(len(t.examples), func(i, j int) { t.examples[i], t.examples[j] = t.examples[j], t.examples[i] })
	return t
}

// heldOut returns the examples that nothing is learned from.
func (t training) heldOut() []example { return t.examples[:len(t.examples)/20] }

// fit learns with AdaGrad, without some of the features, so that a softmax over
// the found sentences gives the most to those with the answer.
func (t training) fit(without []string) *learner {
	l := newLearner(len(t.table.texts))
	for _, name := range without {
		l.without[slices.Index(names, name)] = true
	}
	mean := newLearner(len(t.table.texts))
	learned := t.examples[len(t.heldOut()):]
	r := rand.New(&t.lots) // a copy, so that each fit draws the same
	for epoch := range epochs {
		loss := 0.0
		for n, i := range r.Perm(len(learned)) {
			loss += l.learn(&learned[i])
			if epoch >= epochs-averagedEpochs && n%1000 == 0 {
				mean.add(l)
			}
		}
		log.Printf("ranking: epoch %d, loss %.4f, hit@1 of those held out %.4f", epoch+1, loss/float64(len(learned)), l.hits(t.heldOut()))
	}
	mean.divide()
	return mean
}

// examples asks n of the questions of collections of size articles.
func (c *corpus) examples(models map[int]*rank.Model, table *table, articles []int, questions []question, size, n int, r *rand.Rand) []example {
	groups := map[int][]int{} // article -> its group
	collections := map[int]collection{}
	order := slices.Clone(articles)
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for g := range slices.Chunk(order, size) {
		for _, a := range g {
			groups[a] = g
		}
		collections[g[0]] = c.collection(c.of(g))
	}
	sample := make([]question, 0, n)
	for _, i := range r.Perm(len(questions))[:min(n, len(questions))] {
		sample = append(sample, questions[i])
	}
	examples := make([]example, len(sample))
	parallel(len(sample), func(i int) {
		q := sample[i]
		article := c.paragraphs[q.paragraph].article
		examples[i] = c.example(models[article], table, collections[groups[article][0]], q)
	})
	return slices.DeleteFunc(examples, func(e example) bool {
		return !slices.ContainsFunc(e.candidates, func(c candidate) bool { return c.right })
	})
}

// parallel calls do for 0 … n-1 on all processors.
func parallel(n int, do func(int)) {
	var wg sync.WaitGroup
	next := make(chan int, 256)
	for range 2 {
		wg.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// example returns the example of a question. It leaves out sentences of other
// paragraphs that happen to hold the answer: they are neither right nor wrong.
func (c *corpus) example(m *rank.Model, table *table, in collection, q question) example {
	asked, found := c.find(m, in, q.Question.Question, nil)
	found = c.dress(found, q, 1)
	e := example{keys: table.of(q.Question.Question)}
	for _, x := range m.Examine(asked, found) {
		k := found[x.Candidate]
		holds := q.AnsweredBy(k.Sentence(x.Span))
		own := c.byID[k.Document] == q.paragraph
		if holds && !own {
			continue
		}
		e.candidates = append(e.candidates, candidate{x.Features, x.Classes, holds})
	}
	prior := func(c candidate) float32 { return indicator(c.right)*100 + c.x[1] + c.x[3] }
	slices.SortStableFunc(e.candidates, func(a, b candidate) int { return cmp.Compare(prior(b), prior(a)) })
	e.candidates = slices.Clone(e.candidates[:min(candidatesKept, len(e.candidates))])
	return e
}

func indicator(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// A table numbers the rows of the answer table: words and pairs of words that
// occur in enough questions.
type table struct {
	numbers map[uint64]int
	texts   []string
}

const minRowQuestions = 60 // a row needs so many questions

func newTable(questions []question) *table {
	counts := map[uint64]int{}
	texts := map[uint64]string{}
	for _, q := range questions {
		for _, k := range rank.Keys(q.Question.Question) {
			counts[k.Hash]++
			if t, ok := texts[k.Hash]; !ok || k.Text < t {
				texts[k.Hash] = k.Text
			}
		}
	}
	var hashes []uint64
	for h, n := range counts {
		if n >= minRowQuestions {
			hashes = append(hashes, h)
		}
	}
	slices.SortFunc(hashes, func(a, b uint64) int { return cmp.Compare(texts[a], texts[b]) })
	t := &table{numbers: map[uint64]int{}}
	for i, h := range hashes {
		t.numbers[h] = i
		t.texts = append(t.texts, texts[h])
	}
	return t
}

func (t *table) of(question string) (rows []int) {
	for _, k := range rank.Keys(question) {
		if i, ok := t.numbers[k.Hash]; ok {
			rows = append(rows, i)
		}
	}
	return rows
}

// rows returns the table in the form that is stored, without rows of zeros.
func (t *table) rows(weights [][rank.Classes]float64) map[string][]int {
	rows := map[string][]int{}
	for i, s := range t.texts {
		row, something := make([]int, rank.Classes), false
		for c, w := range weights[i] {
			row[c] = int(math.Round(w * 100))
			something = something || row[c] > 2 || row[c] < -2
		}
		if something {
			rows[s] = row
		}
	}
	return rows
}

// A learner holds the learned numbers and AdaGrad's sums of squares.
type learner struct {
	without                    [features]bool // features that are left out
	weights, squares           [features]float64
	table, tableSquares        [][rank.Classes]float64
	scores, probabilities, own []float64
	added                      float64 // terms of the mean so far
}

// add adds the numbers of now to the sum for the mean.
func (l *learner) add(now *learner) {
	l.added++
	for f, w := range now.weights {
		l.weights[f] += w
	}
	for row := range now.table {
		for k, w := range now.table[row] {
			l.table[row][k] += w
		}
	}
}

// divide makes the sum a mean (Polyak and Juditsky, "Acceleration of Stochastic
// Approximation by Averaging", 1992).
func (l *learner) divide() {
	for f := range l.weights {
		l.weights[f] /= l.added
	}
	for row := range l.table {
		for k := range l.table[row] {
			l.table[row][k] /= l.added
		}
	}
}

func newLearner(rows int) *learner {
	return &learner{table: make([][rank.Classes]float64, rows), tableSquares: make([][rank.Classes]float64, rows)}
}

func (l *learner) score(e *example, c *candidate) float64 {
	sum := 0.0
	for f, x := range c.x[:features-1] {
		sum += l.weights[f] * float64(x)
	}
	for k := range rank.Classes {
		if c.classes&(1<<k) != 0 {
			for _, row := range e.keys {
				sum += l.table[row][k]
			}
		}
	}
	return sum
}

// learn takes one step and returns the loss before it.
func (l *learner) learn(e *example) float64 {
	l.scores = l.scores[:0]
	for i := range e.candidates {
		l.scores = append(l.scores, l.score(e, &e.candidates[i]))
	}
	l.probabilities = softmax(l.probabilities[:0], l.scores, func(int) bool { return true })
	l.own = softmax(l.own[:0], l.scores, func(i int) bool { return e.candidates[i].right })
	var gradient [features]float64
	var classes [rank.Classes]float64
	right := 0.0
	for i := range e.candidates {
		c := &e.candidates[i]
		g := l.probabilities[i] - l.own[i]
		if c.right {
			right += l.probabilities[i]
		}
		for f, x := range c.x[:features-1] {
			gradient[f] += g * float64(x)
		}
		for k := range classes {
			if c.classes&(1<<k) != 0 {
				classes[k] += g
			}
		}
	}
	const rate, tableRate, decay = 0.1, 0.05, 2e-5
	for f, g := range gradient {
		if l.without[f] {
			continue
		}
		l.squares[f] += g * g
		l.weights[f] -= rate * g / math.Sqrt(l.squares[f]+1e-8)
	}
	for _, row := range e.keys {
		if l.without[features-1] {
			break
		}
		for k, g := range classes {
			g += decay * l.table[row][k]
			l.tableSquares[row][k] += g * g
			l.table[row][k] -= tableRate * g / math.Sqrt(l.tableSquares[row][k]+1)
		}
	}
	return -math.Log(max(right, 1e-12))
}

// keep writes the learned numbers into p.
func (l *learner) keep(p *rank.Parameters, t *table) {
	for f := range features - 1 {
		p.Weights[names[f]] = round(l.weights[f])
	}
	p.Answers = t.rows(l.table)
}

func softmax(dst, scores []float64, in func(int) bool) []float64 {
	top, sum := math.Inf(-1), 0.0
	for i, s := range scores {
		if in(i) {
			top = max(top, s)
		}
	}
	for i, s := range scores {
		p := 0.0
		if in(i) {
			p = math.Exp(s - top)
		}
		sum += p
		dst = append(dst, p)
	}
	for i := range dst {
		dst[i] /= sum
	}
	return dst
}

func (l *learner) hits(examples []example) float64 {
	hits := 0.0
	for i := range examples {
		e := &examples[i]
		best, right := math.Inf(-1), false
		for k := range e.candidates {
			if s := l.score(e, &e.candidates[k]); s > best {
				best, right = s, e.candidates[k].right
			}
		}
		hits += float64(indicator(right))
	}
	return hits / float64(max(1, len(examples)))
}
