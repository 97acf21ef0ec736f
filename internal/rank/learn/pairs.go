package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/rank"
)

// teamPairs writes into dir, for each organisation, what the networks are
// trained on: its passages, and its questions with the places of their answers.
func teamPairs(teams, dir string) error {
	all, err := os.ReadDir(teams)
	if err != nil {
		return err
	}
	for _, team := range all {
		if err := teamPairsOf(filepath.Join(teams, team.Name()), filepath.Join(dir, team.Name())); err != nil {
			return err
		}
	}
	return nil
}

func teamPairsOf(team, dir string) error {
	type passage struct {
		Document  string   `json:"document"`
		Kind      string   `json:"kind"`
		Title     string   `json:"title"`
		Lead      string   `json:"lead"`
		Sentences []string `json:"sentences"`
		Contexts  []string `json:"contexts"` // the sentences, as the finder sees them
	}
	type asked struct {
		ID       string   `json:"id"`
		Question string   `json:"question"`
		Kind     string   `json:"kind"`
		Document string   `json:"document"`
		Answers  []string `json:"answers"`
		Gold     [][2]int `json:"gold"` // passage and sentence
	}
	o, err := readOrganisation(filepath.Join(team, "documents.jsonl.gz"), filepath.Join(team, "questions.jsonl.gz"))
	if err != nil {
		return err
	}
	var passages []any
	written := make([]asked, len(o.all))
	for i, q := range o.all {
		written[i] = asked{ID: q.ID, Question: q.Question, Kind: q.Kind, Document: q.Document, Answers: q.Answers}
	}
	for _, p := range o.paragraphs {
		for _, s := range p.passages {
			w := passage{Document: p.Source, Kind: string(s.Kind), Title: strings.TrimSpace(p.Title + " " + s.Heading), Lead: s.Lead}
			for n, span := range s.Sentences {
				sentence := s.Sentence(span)
				w.Sentences, w.Contexts = append(w.Sentences, sentence), append(w.Contexts, meaning.InContext(p.Title, s, sentence))
				for i, q := range o.all {
					if q.Document == p.Source && q.AnsweredBy(sentence) {
						written[i].Gold = append(written[i].Gold, [2]int{len(passages), n})
					}
				}
			}
			passages = append(passages, w)
		}
	}
	lines := make([]any, len(written))
	for i := range written {
		lines[i] = written[i]
	}
	return errors.Join(os.MkdirAll(dir, 0o755),
		writeLines(filepath.Join(dir, "passages.jsonl.gz"), passages),
		writeLines(filepath.Join(dir, "questions.jsonl.gz"), lines))
}

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
