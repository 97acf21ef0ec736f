package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"multivac/internal/find"
	"multivac/internal/rank"
)

// near is the number of passages without the answer per question.
const near = 4

// pairs writes the training data of the reader into dir. passages.jsonl.gz has
// each passage as its sentences in their context. questions.jsonl.gz has each
// question with the passages that hold its answer and the best that do not.
func (c *corpus) pairs(m *rank.Model, dir string) error {
	type passage struct {
		Title     string   `json:"title"`
		Sentences []string `json:"sentences"`
	}
	type asked struct {
		Question string   `json:"question"`
		Answers  []string `json:"answers"`
		Gold     []int    `json:"gold"` // passages with the answer
		Near     []int    `json:"near"`
		Article  int      `json:"article"`
	}
	number := map[[2]int]int{} // paragraph and passage in it -> number of the passage
	var passages []any
	all := make([]int, len(c.paragraphs))
	for i, p := range c.paragraphs {
		all[i] = i
		for k, s := range p.passages {
			written := passage{Title: p.Title + s.Heading}
			for _, span := range s.Sentences {
				written.Sentences = append(written.Sentences, s.Sentence(span))
			}
			number[[2]int{i, k}] = len(passages)
			passages = append(passages, written)
		}
	}
	in := c.collection(all)
	var questions []any
	for _, q := range c.questions {
		a := asked{Question: q.Question.Question, Answers: q.Answers, Article: c.paragraphs[q.paragraph].article}
		for k, s := range c.paragraphs[q.paragraph].passages {
			if q.AnsweredBy(s.Text) {
				a.Gold = append(a.Gold, number[[2]int{q.paragraph, k}])
			}
		}
		for _, h := range in.find(find.Query{Terms: in.question(m, q.Question.Question).Terms(), Passages: rank.Passages}).Hits {
			n := c.byID[h.Document]
			if n != q.paragraph && len(a.Near) < near && !q.AnsweredBy(c.paragraphs[n].passages[h.Number].Text) {
				a.Near = append(a.Near, number[[2]int{n, int(h.Number)}])
			}
		}
		questions = append(questions, a)
	}
	return errors.Join(
		writeLines(filepath.Join(dir, "passages.jsonl.gz"), passages),
		writeLines(filepath.Join(dir, "questions.jsonl.gz"), questions))
}

func writeLines(path string, lines []any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	e := json.NewEncoder(z)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return errors.Join(z.Close(), f.Close())
}
