package main

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"multivac"
	"multivac/internal/eval"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/text"
)

// An organisation is the documents of a team and questions about them. In its
// corpus each document is one paragraph, however many passages it has, and the
// paragraphs after the documents are foreign ones that make it larger.
type organisation struct {
	*corpus
	name         string
	documents    int
	all          []eval.Question // all of its questions, in their order
	unanswerable []question      // paragraph is the document that comes nearest, or -1
}

// readOrganisations reads each folder of dir as an organisation.
func readOrganisations(dir string) (all []*organisation, err error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, f := range folders {
		o, err := readOrganisation(filepath.Join(dir, f.Name(), "documents.jsonl.gz"), filepath.Join(dir, f.Name(), "questions.jsonl.gz"))
		if err != nil {
			return nil, err
		}
		o.name = f.Name()
		all = append(all, o)
	}
	return all, nil
}

func readOrganisation(documents string, questions ...string) (*organisation, error) {
	f, err := os.Open(documents)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &organisation{corpus: &corpus{askedAbout: map[int][]int{}, byID: map[multivac.DocumentID]int{}}}
	bySource := map[string]int{}
	for t, err := range formats.All.Tellings(context.Background(), extract.Input{Source: documents, Name: documents, Reader: f, Limits: extract.Default}) {
		if err != nil {
			return nil, err
		}
		e, err := formats.All.Extract(context.Background(), cmp.Or(t.MediaType, multivac.Markdown), t.Body, extract.Default)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Source, err)
		}
		bySource[t.Source] = o.documents
		o.add(paragraph{multivac.Document{ID: t.ID(), Revision: 1, Title: cmp.Or(t.Title, e.Title), Source: t.Source}, text.Segment(e.Text), nil, o.documents})
		o.articles = append(o.articles, []int{o.documents})
		o.documents++
	}
	for _, file := range questions {
		asked, err := readQuestions(file)
		if err != nil {
			return nil, err
		}
		o.all = append(o.all, asked...)
	}
	for _, q := range o.all {
		p, ok := bySource[q.Document]
		switch {
		case !q.Answerable() && ok:
			o.unanswerable = append(o.unanswerable, question{q, p})
		case !q.Answerable():
			o.unanswerable = append(o.unanswerable, question{q, -1})
		case ok:
			o.askedAbout[p] = append(o.askedAbout[p], len(o.questions))
			o.questions = append(o.questions, question{q, p})
		}
	}
	return o, nil
}

func (c *corpus) add(p paragraph) {
	c.byID[p.ID] = len(c.paragraphs)
	c.paragraphs = append(c.paragraphs, p)
}

func readQuestions(file string) ([]eval.Question, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return eval.Read(f, file)
}

// enlarge adds foreign paragraphs.
func (o *organisation) enlarge(paragraphs []paragraph) {
	for _, p := range paragraphs {
		p.article = -1
		o.add(p)
	}
}

// whole returns its documents, large those and the foreign paragraphs.
func (o *organisation) whole() []int { return count(o.documents) }
func (o *organisation) large() []int { return count(len(o.paragraphs)) }

func count(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// jobs draws what is learned from the organisation: its questions, asked of all
// of its documents, of a single one, of a few, and of a larger collection. As
// many questions have no answer. Those of strange are about something else.
func (o *organisation) jobs(strange []question, r *rand.Rand) (jobs []senseJob) {
	whole, large := o.collection(o.whole()), o.collection(o.large())
	for _, in := range []struct {
		collection
		size string
	}{{whole, wholeSize}, {large, "large"}} {
		for _, q := range o.questions {
			jobs = append(jobs, senseJob{in: in.collection, q: q, answerable: true, plain: true, size: in.size})
			if r.Float64() < drawnShare {
				jobs = append(jobs, o.withoutAnswer(in.collection, in.size, strange, r))
			}
		}
		for _, q := range o.unanswerable {
			jobs = append(jobs, senseJob{in: in.collection, q: q, plain: true, size: in.size})
		}
	}
	for _, q := range o.questions {
		single, few := o.collection([]int{q.paragraph}), o.few(q.paragraph, r)
		jobs = append(jobs,
			senseJob{in: single, q: q, answerable: true, plain: true, size: "single"},
			senseJob{in: o.collection(few), q: q, answerable: true, plain: true, size: "few"})
		if r.Float64() < drawnShare {
			jobs = append(jobs,
				senseJob{in: o.collection([]int{o.otherThan(q.paragraph, r)}), q: q, lacking: true, plain: true, size: "single"},
				senseJob{in: o.collection(few[1:]), q: q, lacking: true, plain: true, size: "few"})
		}
	}
	for _, q := range o.unanswerable {
		if q.paragraph >= 0 {
			jobs = append(jobs,
				senseJob{in: o.collection([]int{q.paragraph}), q: q, plain: true, size: "single"},
				senseJob{in: o.collection(o.few(q.paragraph, r)), q: q, plain: true, size: "few"})
		}
	}
	return jobs
}

// wholeSize is the size of a collection that has all documents of an
// organisation and no others.
const wholeSize = "whole"

// drawnShare is how many of these are drawn for a question with an answer: the
// organisation has others without an answer.
const drawnShare = 0.6

// withoutAnswer draws a question of the organisation whose document is hidden,
// or one of strange.
func (o *organisation) withoutAnswer(in collection, size string, strange []question, r *rand.Rand) senseJob {
	if r.IntN(2) == 0 {
		return senseJob{in: in, q: strange[r.IntN(len(strange))], plain: true, size: size}
	}
	return senseJob{in: in, q: o.questions[r.IntN(len(o.questions))], hidden: true, plain: true, size: size}
}

// few returns the document and 2 to 7 others after it.
func (o *organisation) few(document int, r *rand.Rand) []int {
	others := slices.DeleteFunc(r.Perm(o.documents), func(d int) bool { return d == document })
	return append([]int{document}, others[:min(len(others), 2+r.IntN(6))]...)
}

func (o *organisation) otherThan(document int, r *rand.Rand) int {
	return (document + 1 + r.IntN(o.documents-1)) % o.documents
}
