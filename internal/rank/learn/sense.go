package main

import (
	"log"
	"math/rand/v2"
	"slices"

	"multivac"
	"multivac/internal/eval"
	"multivac/internal/find"
	"multivac/internal/rank"
)

const (
	rewordedShare = 0.35 // share of the questions that are reworded
	swappedShare  = 0.6  // share of the questions without an answer that have a fact swapped
	fewParagraphs = 16   // paragraphs of the smallest collections, at most
)

// A senseTrial is one question with the inputs of the second stage.
type senseTrial struct {
	domain, kind, size string
	asked              question
	find               *rank.SenseExample // nil if nothing was found
	marks              []mark             // per sentence
	answerable         bool
	plain              bool // neither reworded nor swapped, and nothing is hidden: as people ask
	weight             float64
}

// A mark says whether a sentence answers.
type mark int8

const (
	wrong   mark = iota
	right        // it has the answer, and is of the right document
	neither      // it has the words of the answer, but is of another document
	step         // of the procedure that is asked for: not the best one, but enough to quote all
)

// A senseJob is a question that is still to be asked.
type senseJob struct {
	in         collection
	q          question
	answerable bool
	hidden     bool // its paragraph is not to be found
	lacking    bool // its paragraph is not in the collection
	plain      bool // neither reworded nor swapped, and nothing is hidden
	size       string
}

// A senseDraw draws questions for the second stage. The same seed draws the
// same ones.
type senseDraw struct {
	*corpus
	*rand.Rand
	words    *thesaurus
	perPlace int
	jobs     []senseJob
}

// squadJobs asks questions about articles of collections of many sizes. Some
// are reworded. 1 in 2 has no answer: its article or its paragraph is missing,
// or a fact was swapped.
func (c *corpus) squadJobs(others, articles []int, perPlace int, r *rand.Rand) []senseJob {
	d := senseDraw{corpus: c, Rand: r, words: newThesaurus(c), perPlace: perPlace}
	half := len(articles) / 2
	a, b := articles[:half], articles[half:]
	d.collections(others, a, b, half)
	d.collections(others, b, a, half)
	return d.jobs
}

// senseTrials asks the jobs. Of each trial, only the sentences are kept that may come
// first.
func (c *corpus) senseTrials(m *rank.Model, domain string, jobs []senseJob) []*senseTrial {
	trials := make([]*senseTrial, len(jobs))
	parallel(len(jobs), func(i int) {
		trials[i] = c.senseTrial(m, jobs[i])
		trials[i].domain = domain
		trials[i].prune()
	})
	trials = slices.DeleteFunc(trials, func(t *senseTrial) bool { return t.find == nil })
	log.Printf("sense: %d trials of %s", len(trials), domain)
	return trials
}

// These are the sentences that a trial keeps: the first by words and the
// nearest.
const (
	keptByWords   = 24
	keptByMeaning = 16
)

func (t *senseTrial) prune() {
	if t.find == nil {
		return
	}
	nearest := slices.Index(rank.SenseFeatureNames(), "cosine_rank")
	wanted := func(i int) bool {
		return i < keptByWords || t.marks[i] == right || t.find.Features(i)[nearest]*keptByMeaning >= 1
	}
	var marks []mark
	for i, m := range t.marks {
		if wanted(i) {
			marks = append(marks, m)
		}
	}
	t.find.Keep(wanted)
	t.marks = marks
}

// collections draws questions for collections of own articles: all of them,
// without and with the others, groups of 8, single ones, and a few paragraphs.
// The articles of strange are in none of these collections.
func (d *senseDraw) collections(others, own, strange []int, half int) {
	about, foreign := d.about(own), d.about(strange)
	d.questions(d.of(own), about, foreign, d.perPlace)
	d.questions(d.of(slices.Concat(others, own)), about, foreign, d.perPlace)
	for group := range slices.Chunk(own, 8) {
		d.questions(d.of(group), d.about(group), foreign, d.perPlace/8)
	}
	for _, article := range own {
		d.questions(d.of([]int{article}), d.about([]int{article}), foreign, d.perPlace/half)
		few, rest := d.few(article, d.Rand)
		lacking := d.aboutParagraphs(rest)
		for range len(lacking) + 1 {
			lacking = append(lacking, foreign[d.IntN(len(foreign))])
		}
		d.questions(few, d.aboutParagraphs(few), lacking, d.perPlace/half)
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
		d.jobs = append(d.jobs, senseJob{in: in, q: asked, hidden: hidden, plain: !exchanged && !hidden && asked.Question.Question == q.Question.Question})
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
func (c *corpus) senseTrial(m *rank.Model, j senseJob) *senseTrial {
	asked := j.q.Question.Question
	q := j.in.question(m, asked)
	v := c.meaning.vector(asked)
	more := 1
	if j.hidden {
		more = 4
	}
	t := &senseTrial{asked: j.q, kind: j.q.Kind, size: j.size, answerable: j.answerable, plain: j.plain, weight: 1}
	var candidates []rank.Candidate
	have := map[multivac.PassageID]bool{}
	add := func(found find.Found, limit int) {
		for i, h := range found.Hits {
			if limit > 0 && !(j.hidden && c.byID[h.Document] == j.q.paragraph) {
				limit--
				if !have[h.PassageID] {
					have[h.PassageID] = true
					k := c.candidate(h)
					k.Cosines = found.Cosines[i]
					candidates = append(candidates, k)
				}
			}
		}
	}
	add(j.in.find(find.Query{Terms: q.Terms(), Passages: more * rank.Passages, Vector: &v}), rank.Passages)
	add(j.in.find(find.Query{Vector: &v, Nearest: more * rank.Nearest}), rank.Nearest)
	c.open(candidates)
	if t.find = m.ExamineSense(q, candidates); t.find != nil {
		t.mark(c, j)
	}
	return t
}

// open gives candidates the opening of their document where another version of
// it is among them, as package ask does.
func (c *corpus) open(candidates []rank.Candidate) {
	for _, document := range rank.Unopened(candidates) {
		for i := range candidates {
			if candidates[i].Document == document {
				candidates[i].Opening = c.paragraphs[c.byID[document]].passages[0].Text
			}
		}
	}
}

// mark marks the sentences.
func (t *senseTrial) mark(c *corpus, j senseJob) {
	t.marks = make([]mark, t.find.Len())
	for i := range t.marks {
		k, span := t.find.Sentence(i)
		switch {
		case !j.answerable && !j.hidden && !j.lacking, !j.q.AnsweredBy(k.Sentence(span)):
		case j.answerable && c.byID[k.Document] == j.q.paragraph:
			t.marks[i] = right
		default:
			t.marks[i] = neither
		}
	}
	if j.q.Kind == eval.Procedure {
		t.markSteps()
	}
}

// markSteps marks the steps between the first and the last one, which are the
// answers.
func (t *senseTrial) markSteps() {
	type list struct {
		multivac.DocumentID
		heading string
	}
	lists := map[list]bool{}
	of := func(i int) (l list, ok bool) {
		k, _ := t.find.Sentence(i)
		return list{k.Document, k.Heading}, k.Kind == multivac.List
	}
	for i, m := range t.marks {
		if l, ok := of(i); ok && m == right {
			lists[l] = true
		}
	}
	for i, m := range t.marks {
		if l, ok := of(i); ok && m == wrong && lists[l] {
			t.marks[i] = step
		}
	}
}

// read returns the trial after its best sentences by order have been read, and
// how many runs these are.
func (t *senseTrial) read(m *mind, order *rank.Scorer, most int, behind float64) (*rank.SenseExample, int) {
	runs := t.find.ToRead(order, most, behind)
	var said [][]float32
	for _, r := range runs {
		title, sentences := t.find.Texts(r)
		said = append(said, m.read(t.asked.Question.Question, title, sentences))
	}
	return t.find.Read(runs, said), len(runs)
}
