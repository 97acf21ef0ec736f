package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"multivac"
	"multivac/internal/eval"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/find"
	"multivac/internal/index"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/text"
)

// A corpus is paragraphs, grouped into articles by their title, and questions
// about them.
type corpus struct {
	paragraphs []paragraph
	articles   [][]int // the paragraphs of each article
	questions  []question
	askedAbout map[int][]int // paragraph -> its questions
	byID       map[multivac.DocumentID]int
	meaning    *mind // what vectors and readings come from
	documents  digest
	asked      digest
}

type paragraph struct {
	multivac.Document
	passages []multivac.Passage
	vectors  []byte // of their sentences
	article  int
}

type question struct {
	eval.Question
	paragraph int
}

func newCorpus(path string, asked []eval.Question) (*corpus, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &corpus{askedAbout: map[int][]int{}, byID: map[multivac.DocumentID]int{}}
	articles := map[string]int{}
	bySource := map[string]int{}
	for t, err := range formats.All.Tellings(context.Background(), extract.Input{Source: path, Name: path, Reader: f, Limits: extract.Default}) {
		if err != nil {
			return nil, err
		}
		a, ok := articles[t.Title]
		if !ok {
			a = len(articles)
			articles[t.Title] = a
			c.articles = append(c.articles, nil)
		}
		n := len(c.paragraphs)
		p := paragraph{multivac.Document{ID: t.ID(), Revision: 1, Title: t.Title, Source: t.Source}, text.Segment(string(t.Body)), nil, a}
		if a%2 == 1 {
			p.underHeading()
		}
		c.articles[a] = append(c.articles[a], n)
		c.paragraphs = append(c.paragraphs, p)
		c.byID[p.ID], bySource[t.Source] = n, n
	}
	for _, q := range asked {
		if p, ok := bySource[q.Document]; ok && q.Answerable() {
			c.askedAbout[p] = append(c.askedAbout[p], len(c.questions))
			c.questions = append(c.questions, question{q, p})
		}
	}
	return c, nil
}

// underHeading makes the title a heading: the set has no headings, and they
// are to be learned as well.
func (p *paragraph) underHeading() {
	for i := range p.passages {
		p.passages[i].Heading = p.Title
	}
	p.Title = ""
}

// split returns a share of the articles, and the remaining ones.
func (c *corpus) split(share float64, seed uint64) (some, rest []int) {
	order := rand.New(rand.NewPCG(seed, 1)).Perm(len(c.articles))
	n := int(share * float64(len(order)))
	return order[:n], order[n:]
}

// of returns the paragraphs of the articles.
func (c *corpus) of(articles []int) (paragraphs []int) {
	for _, a := range articles {
		paragraphs = append(paragraphs, c.articles[a]...)
	}
	return paragraphs
}

// about returns the questions about the articles.
func (c *corpus) about(articles []int) (questions []question) {
	for _, q := range c.questions {
		if slices.Contains(articles, c.paragraphs[q.paragraph].article) {
			questions = append(questions, q)
		}
	}
	return questions
}

// aboutParagraphs returns the questions about the paragraphs.
func (c *corpus) aboutParagraphs(paragraphs []int) (questions []question) {
	for _, p := range paragraphs {
		for _, q := range c.askedAbout[p] {
			questions = append(questions, c.questions[q])
		}
	}
	return questions
}

// A collection is paragraphs that are indexed.
type collection struct {
	find.Finder
	find.View
}

// vectors is the version that the vectors of paragraphs count as.
const vectors = 1

// collection indexes paragraphs.
func (c *corpus) collection(paragraphs []int) collection {
	x := index.New([16]byte{})
	x.Vectors = vectors
	changes := make([]store.Change, len(paragraphs))
	for i, n := range paragraphs {
		p := &c.paragraphs[n]
		changes[i] = store.Change{Collection: multivac.DefaultCollection, Document: p.ID, Revision: 1, Title: p.Title,
			State: multivac.Indexed, Version: store.Version{Segmenter: 1, Vectors: vectors}, Passages: p.passages, Vectors: p.vectors}
	}
	if err := x.Apply(context.Background(), changes, ""); err != nil {
		log.Fatal(err)
	}
	view, _ := x.View(multivac.DefaultCollection)
	return collection{x, view}
}

// find finds what a query asks for.
func (c collection) find(q find.Query) find.Found {
	q.In = c.View
	f, err := c.Find(context.Background(), q)
	if err != nil {
		log.Fatal(err)
	}
	return f
}

// question reads a question to the collection.
func (c collection) question(m *rank.Model, asked string) *rank.Question {
	w := rank.NewWording(asked)
	return m.NewQuestion(w, c.find(find.Query{Stems: w.Stems(), Mistakes: w.Mistakes()}), c.Passages)
}

// candidate returns a passage that was found.
func (c *corpus) candidate(h find.Hit) rank.Candidate {
	p := &c.paragraphs[c.byID[h.Document]]
	return rank.Candidate{Score: h.Score, Excerpt: multivac.Excerpt{
		Passage: p.passages[h.Number], Document: p.ID, Revision: 1, Source: p.Source, Title: p.Title}}
}

// find does what package ask does before ranking. It does not find hidden
// paragraphs.
func (c *corpus) find(m *rank.Model, in collection, asked string, hidden func(paragraph int) bool) (*rank.Question, []rank.Candidate) {
	q := in.question(m, asked)
	var found []rank.Candidate
	k := rank.Passages
	if hidden != nil {
		k *= 4
	}
	for _, h := range in.find(find.Query{Terms: q.Terms(), Passages: k}).Hits {
		if hidden != nil && hidden(c.byID[h.Document]) || len(found) == rank.Passages {
			continue
		}
		found = append(found, c.candidate(h))
	}
	return q, found
}

// dress gives some of the found passages a question as their heading, as in
// lists of questions and answers, which the data set lacks. The passage with
// the answer to q gets q, and begins with the answer, or it gets another
// question about its paragraph. If that passage was not found, the first
// passage gets another question.
func (c *corpus) dress(found []rank.Candidate, q question, salt uint64) []rank.Candidate {
	h := fnv.New64a()
	h.Write([]byte(q.ID))
	r := rand.New(rand.NewPCG(h.Sum64(), salt))
	if len(found) == 0 || r.Float64() > dressedShare {
		return found
	}
	found = slices.Clone(found)
	for i := range found {
		k := &found[i]
		if c.byID[k.Document] != q.paragraph {
			continue
		}
		for n, s := range k.Sentences {
			if q.AnsweredBy(k.Sentence(s)) {
				if k.Heading = q.Question.Question; r.IntN(2) == 0 {
					k.Heading = c.another(q.paragraph, r)
				} else {
					k.Sentences = k.Sentences[n:]
				}
				return found
			}
		}
	}
	found[0].Heading = c.another(c.byID[found[0].Document], r)
	return found
}

// dressedShare is the share of questions whose passages are dressed.
const dressedShare = 0.15

// another returns a question about the paragraph.
func (c *corpus) another(paragraph int, r *rand.Rand) string {
	if about := c.askedAbout[paragraph]; len(about) > 0 {
		return c.questions[about[r.IntN(len(about))]].Question.Question
	}
	return ""
}

// background returns the table of package index.
func (c *corpus) background() []byte {
	passages, in := 0, map[uint64]int{}
	for _, p := range c.paragraphs {
		for _, s := range p.passages {
			passages++
			seen := map[uint64]bool{}
			for _, w := range text.AppendWords(nil, s.Text) {
				if !seen[w.Stem] {
					seen[w.Stem] = true
					in[w.Stem]++
				}
			}
		}
	}
	type entry struct {
		key   uint32
		share byte
	}
	var table []entry
	for stem, n := range in {
		if bits := math.Round(-8 * math.Log2(float64(n)/float64(passages))); n >= 12 && bits <= 255 {
			table = append(table, entry{uint32(stem >> 32), byte(max(0, bits))})
		}
	}
	slices.SortFunc(table, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.share, b.share))
	})
	var data []byte
	for i, e := range table {
		if i == 0 || e.key != table[i-1].key {
			data = append(binary.BigEndian.AppendUint32(data, e.key), e.share)
		}
	}
	return data
}

// rates learns how often a word of a question occurs in the sentence, title and
// heading of its answer. The rate of a rare word is drawn towards the rate of
// its kind.
func (c *corpus) rates(articles []int) (rates map[string]float32, kinds [3]float32) {
	type count struct {
		text         string
		kind         [3]int
		asked, found float64
	}
	words := map[uint64]*count{}
	var asked, found [3]float64
	for _, q := range c.about(articles) {
		around := c.aroundAnswer(q)
		for _, w := range rank.Words(q.Question.Question) {
			n := words[w.Stem]
			if n == nil {
				n = &count{text: w.Text}
				words[w.Stem] = n
			}
			n.kind[w.Kind]++
			n.asked++
			asked[w.Kind]++
			if around[w.Stem] {
				n.found++
				found[w.Kind]++
			}
		}
	}
	for k := range kinds {
		kinds[k] = float32(found[k] / max(1, asked[k]))
	}
	rates = map[string]float32{}
	const drawn = 10
	for _, n := range words {
		if n.asked < 20 || len(text.AppendWords(nil, n.text)) != 1 {
			continue
		}
		kind := 0
		for k := range n.kind {
			if n.kind[k] > n.kind[kind] {
				kind = k
			}
		}
		rates[n.text] = round((n.found + drawn*float64(kinds[kind])) / (n.asked + drawn))
	}
	return rates, kinds
}

func round(x float64) float32 { return float32(math.Round(x*1000) / 1000) }

// aroundAnswer returns the stems of the sentences with the answer, and of their
// context.
func (c *corpus) aroundAnswer(q question) map[uint64]bool {
	stems := map[uint64]bool{}
	add := func(s string) {
		for _, w := range text.AppendTerms(nil, s) {
			stems[w.Stem] = true
		}
	}
	p := c.paragraphs[q.paragraph]
	add(p.Title)
	add(p.passages[0].Heading)
	for _, passage := range p.passages {
		for _, s := range passage.Sentences {
			if q.AnsweredBy(passage.Sentence(s)) {
				add(passage.Sentence(s))
			}
		}
	}
	return stems
}
