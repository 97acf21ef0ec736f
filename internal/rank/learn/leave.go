package main

import (
	"hash/fnv"
	"log"
	"math/rand/v2"
	"slices"

	"multivac/internal/eval"
	"multivac/internal/rank"
)

// A study is all that the second stage is learned from and tested with.
type study struct {
	seed  uint64
	first *rank.Model // the first stage that is shipped
	mind  *mind
	learn []*senseTrial
	held  []*senseTrial // of SQuAD, to calibrate with
	tests []*test
}

// A test is a collection with all of its questions, asked as package eval asks.
type test struct {
	name      string
	questions []eval.Question
	trials    []*senseTrial // of the questions, in their order
}

// A learned is a second stage with what is needed to calibrate it.
type learned struct {
	rank.SenseParameters
	find, read []outcome // of questions that it was not learned from
}

// without returns the trials to learn from of all domains but one. This is what
// makes the results of an organisation those of one that was never seen.
func (s *study) without(domain string) (kept []*senseTrial) {
	for _, t := range s.learn {
		if t.domain != domain {
			kept = append(kept, t)
		}
	}
	return kept
}

// fit learns from all domains but one. Its outcomes are those of that domain, and
// of the trials of SQuAD that are held out.
func (s *study) fit(domain string, k *recipe) (l learned) {
	h := fnv.New64a()
	h.Write([]byte(domain))
	r := rand.New(rand.NewPCG(s.seed, h.Sum64()))
	trials := s.copies(s.without(domain), k)
	unread := make([]shown, len(trials))
	for i, t := range trials {
		unread[i] = shown{t, t.find}
	}
	l.Version = rank.SenseVersion
	l.Find = fitStage(unread, k, r)
	l.Read = l.Find
	if k.most > 0 {
		read := s.read(trials, &l.Find.Order, k)
		l.Read = fitStage(read, k, r)
	}
	s.outcomes(&l, domain, k)
	return l
}

// outcomes adds the outcomes of the trials that nothing was learned from.
func (s *study) outcomes(l *learned, domain string, k *recipe) {
	others := slices.Clone(s.held)
	for _, t := range s.learn {
		if t.domain == domain {
			others = append(others, t)
		}
	}
	for _, t := range others {
		l.find = appendOutcome(l.find, shown{t, t.find}, &l.Find)
	}
	for _, t := range s.read(others, &l.Find.Order, k) {
		l.read = appendOutcome(l.read, t, &l.Read)
	}
}

// copies returns the trials with the weights that the recipe gives them. The
// trials themselves are shared by fits that run at the same time.
func (s *study) copies(trials []*senseTrial, k *recipe) []*senseTrial {
	copies := make([]*senseTrial, len(trials))
	for i, t := range trials {
		c := *t
		copies[i] = &c
	}
	balance(copies, k.teams)
	return copies
}

// read returns the trials after their best sentences have been read.
func (s *study) read(trials []*senseTrial, order *rank.Scorer, k *recipe) []shown {
	all := make([]shown, len(trials))
	parallel(len(trials), func(i int) {
		t := trials[i]
		e, _ := t.read(s.mind, order, k.most, k.behind)
		all[i] = shown{t, e}
	})
	return all
}

// appendOutcome appends the outcome of a trial that confidence is calibrated
// with: a question as people ask it. Of an organisation these are questions to
// all of its documents. In smaller collections more of what is answered is
// right.
func appendOutcome(outcomes []outcome, t shown, stage *rank.SenseStage) []outcome {
	sorted, x := t.Sorted(&stage.Order)
	m := t.marks[sorted[0]]
	if !t.plain || t.domain != squad && t.size != wholeSize || m == neither && !t.answerable {
		return outcomes
	}
	return append(outcomes, outcome{t.domain, t.answerable, stage.Confidence.Logit(x[:]), m != wrong, 1})
}

// weigh gives outcomes their weights: each domain counts the same, and in it,
// questions with and without an answer count half each.
func weigh(outcomes []outcome) []outcome {
	type half struct {
		domain     string
		answerable bool
	}
	count := map[half]float64{}
	for _, o := range outcomes {
		count[half{o.domain, o.answerable}]++
	}
	for i := range outcomes {
		o := &outcomes[i]
		o.weight = float64(len(outcomes)) / float64(len(count)) / count[half{o.domain, o.answerable}]
	}
	return outcomes
}

// folds learns once without each organisation, and once from all.
func (s *study) folds(k *recipe) (folds map[string]learned) {
	domains := []string{""}
	for _, t := range s.learn {
		if t.domain != squad && !slices.Contains(domains, t.domain) {
			domains = append(domains, t.domain)
		}
	}
	fits := make([]learned, len(domains))
	parallel(len(domains), func(i int) { fits[i] = s.fit(domains[i], k) })
	folds = map[string]learned{}
	for i, d := range domains {
		folds[d] = fits[i]
	}
	return folds
}

// calibrated returns what was learned without a domain, calibrated by the
// outcomes of the other ones, each as a domain that nothing was learned from.
func calibrated(folds map[string]learned, without string) rank.SenseParameters {
	p := folds[without].SenseParameters
	for _, stage := range []struct {
		*rank.SenseStage
		of func(l learned) []outcome
	}{{&p.Find, func(l learned) []outcome { return l.find }}, {&p.Read, func(l learned) []outcome { return l.read }}} {
		var outcomes []outcome
		for _, domain := range sortedKeys(folds) {
			for _, o := range stage.of(folds[domain]) {
				if domain != without && o.domain == domain || domain == without && o.domain == squad {
					outcomes = append(outcomes, o)
				}
			}
		}
		bare := slices.DeleteFunc(slices.Clone(outcomes), func(o outcome) bool { return o.domain != squad })
		headed := slices.DeleteFunc(outcomes, func(o outcome) bool { return o.domain == squad })
		stage.Headed, stage.Bare = calibrate(weigh(headed)), calibrate(weigh(bare))
		if len(bare) == 0 {
			stage.Bare = stage.Headed
		}
	}
	return p
}

// ask answers a test as package ask would.
func (s *study) ask(t *test, p *rank.SenseParameters, k *recipe, reads bool) (asked []eval.Asked, runs float64) {
	asked = make([]eval.Asked, len(t.trials))
	read := make([]int, len(t.trials))
	parallel(len(t.trials), func(i int) {
		a := eval.Asked{ID: t.questions[i].ID}
		if trial := t.trials[i]; trial.find != nil {
			e, stage := trial.find, &p.Find
			if reads {
				e, read[i] = trial.read(s.mind, &p.Find.Order, k.most, k.behind)
				stage = &p.Read
			}
			answer(&a, e, stage)
		}
		asked[i] = a
	})
	for _, n := range read {
		runs += float64(n) / float64(len(read))
	}
	return asked, runs
}

// answer fills in the first sentences that differ, and their documents.
func answer(a *eval.Asked, e *rank.SenseExample, stage *rank.SenseStage) {
	sorted, x := e.Sorted(&stage.Order)
	a.Confidence, a.Reaches = e.Sure(stage, sorted[0], x)
	told := map[string]bool{}
	for _, i := range sorted {
		c, span := e.Sentence(i)
		if !slices.Contains(a.Documents, c.Source) && len(a.Documents) < 5 {
			a.Documents = append(a.Documents, c.Source)
		}
		if text := c.Sentence(span); !told[text] && len(a.Sentences) < eval.Depth {
			told[text] = true
			a.Sentences = append(a.Sentences, eval.Sentence{Text: text, Document: c.Source})
		}
	}
}

// report asks each test what was learned without its domain, and logs a table.
func (s *study) report(folds map[string]learned, k *recipe, reads bool) measures {
	var of []measures
	mean := measures{name: "mean of organisations", counts: map[string]eval.Kind{}}
	log.Printf("%s", measures{}.head())
	for _, t := range s.tests {
		without := ""
		if _, ok := folds[t.name]; ok {
			without = t.name
		}
		p := calibrated(folds, without)
		asked, runs := s.ask(t, &p, k, reads)
		r := eval.Score(t.questions, asked)
		m := measure(t, r, asked, runs)
		log.Printf("%s", m)
		if without != "" {
			of = append(of, m)
		}
	}
	mean.average(of)
	log.Printf("%s", mean)
	log.Printf("%s", mean.kinds())
	return mean
}
