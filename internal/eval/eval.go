// Package eval measures how good answers are. It tells documents, asks
// questions whose answers are known, and scores the answers. It uses the verbs
// only, as a server does, and knows nothing of what is behind them.
package eval

import (
	"context"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
)

// Depth is how many sentences it asks for per question.
const Depth = 10

// Documents are told in batches large enough to share commits, 2 at a time, so
// that one is stored while the other is indexed.
const (
	batchTellings = 256
	batchBytes    = 4 << 20
	batchesAtOnce = 2
)

// An Engine is what is evaluated.
type Engine struct {
	Teller     multivac.Teller
	Asker      multivac.Asker
	Collection multivac.CollectionName // where documents are told and questions are asked; default if empty
	// Refreshed, if set, returns once all documents are refreshed, so that they
	// are found by meaning, too.
	Refreshed func(context.Context) error
	// Threshold returns the lowest confidence of an answer at a stop.
	Threshold func(multivac.Stop) float64
	// Progress, if set, is called after each batch and each question.
	Progress func(Progress)
}

// Progress says how far an evaluation is.
type Progress struct {
	Step  string // "tell", "enrich" or "ask"
	Done  int    // documents that are indexed or still outdated, or questions asked
	Total int    // 0 if unknown
}

// Asked is a question with its answer: one line of the answers file. All
// measures except the times can be computed from these lines.
type Asked struct {
	ID         string               `json:"id"`
	State      multivac.AnswerState `json:"state"` // at the balanced stop
	Confidence float64              `json:"confidence"`
	Sentences  []Sentence           `json:"sentences"` // the best one first, at most Depth
	Documents  []string             `json:"documents"` // sources of the best documents, each once, at most 5

	latency time.Duration
}

// Sentence is one sentence of an answer.
type Sentence struct {
	Text       string  `json:"text"`
	Document   string  `json:"document"` // its source
	Start      int     `json:"start"`
	End        int     `json:"end"`
	Confidence float64 `json:"confidence"`
}

// Run tells e the documents, asks it the questions one after another, and
// returns the measures and, in order, the answer to each question. It stops at
// the first document that cannot be told: readers would take measures over some
// documents for measures over all.
func Run(ctx context.Context, e Engine, documents iter.Seq2[multivac.Telling, error], questions []Question) (Report, []Asked, error) {
	if e.Progress == nil {
		e.Progress = func(Progress) {}
	}
	begin := time.Now()
	told, err := e.tell(ctx, documents)
	if err != nil {
		return Report{}, nil, err
	}
	took := time.Since(begin).Seconds()
	refreshing := time.Now()
	if e.Refreshed != nil {
		e.Progress(Progress{Step: "enrich", Done: told})
		if err := e.Refreshed(ctx); err != nil {
			return Report{}, nil, err
		}
	}
	refreshed := time.Since(refreshing).Seconds()

	asked, err := e.ask(ctx, questions)
	if err != nil {
		return Report{}, nil, err
	}
	r := Score(questions, asked, e.Threshold)
	r.Documents = told
	r.IndexSeconds, r.EnrichSeconds = took, refreshed
	r.DocumentsPerSecond = float64(told) / max(took, 1e-9)
	r.RSSBytes = rss()
	return r, asked, nil
}

// tell returns how many documents were told. All of them are indexed then.
func (e Engine) tell(ctx context.Context, documents iter.Seq2[multivac.Telling, error]) (int, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchesAtOnce)
	// Batches end in any order, but Progress is called by one goroutine at a
	// time.
	done := make(chan int, 1)
	done <- 0
	send := func(batch []multivac.Telling) {
		group.Go(func() error {
			receipts, err := e.Teller.Tell(ctx, batch, multivac.WaitIndexed)
			if err != nil {
				return fmt.Errorf("tell %d documents: %w", len(batch), err)
			}
			for _, r := range receipts {
				if r.Err != nil {
					return fmt.Errorf("document %q: %w", r.Source, r.Err)
				}
			}
			n := <-done + len(batch)
			e.Progress(Progress{Step: "tell", Done: n})
			done <- n
			return nil
		})
	}
	err := batches(ctx, documents, func(t *multivac.Telling) { t.Collection = e.Collection }, send)
	if told := group.Wait(); told != nil {
		return 0, told
	}
	return <-done, err
}

// batches groups documents into batches and prepares each telling. It stops if
// a document cannot be read or ctx has ended.
func batches(ctx context.Context, documents iter.Seq2[multivac.Telling, error], prepare func(*multivac.Telling), send func([]multivac.Telling)) error {
	var batch []multivac.Telling
	size := 0
	for t, err := range documents {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		prepare(&t)
		if len(batch) == batchTellings || size+len(t.Body) > batchBytes && len(batch) > 0 {
			send(batch)
			batch, size = nil, 0
		}
		batch = append(batch, t)
		size += len(t.Body)
	}
	if len(batch) > 0 {
		send(batch)
	}
	return nil
}

// ask asks one question at a time, so that latencies do not include waiting for
// others.
func (e Engine) ask(ctx context.Context, questions []Question) ([]Asked, error) {
	asked := make([]Asked, len(questions))
	for i, q := range questions {
		begin := time.Now()
		answer, err := e.Asker.Ask(ctx, multivac.Question{
			Text: q.Question, Collection: e.Collection, Stop: multivac.Balanced, Count: Depth,
		})
		if err != nil {
			return nil, fmt.Errorf("question %q: %w", q.ID, err)
		}
		asked[i] = record(q, answer)
		asked[i].latency = time.Since(begin)
		e.Progress(Progress{Step: "ask", Done: i + 1, Total: len(questions)})
	}
	return asked, nil
}

func record(q Question, a multivac.Answer) Asked {
	r := Asked{ID: q.ID, State: a.State, Confidence: a.Confidence, Sentences: []Sentence{}, Documents: []string{}}
	for _, s := range a.Sentences[:min(len(a.Sentences), Depth)] {
		r.Sentences = append(r.Sentences, Sentence{
			Text: s.Text, Document: s.Source, Start: s.Start, End: s.End, Confidence: s.Confidence,
		})
	}
	r.Documents = append(r.Documents, a.Sources...)
	return r
}
