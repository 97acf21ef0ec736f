// Package eval measures how good answers are. It tells documents, asks questions
// with known answers, and scores the results. It uses only the verbs, as users
// do, and looks at nothing behind them.
package eval

import (
	"context"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
)

// Depth is how many sentences each question asks for.
const Depth = 10

// Documents are told in batches, large enough to share commits. Two batches are
// under way at a time: one is stored while the one before is indexed.
const (
	batchTellings = 256
	batchBytes    = 4 << 20
	batchesAtOnce = 2
)

// An Engine is a MultiVAC to evaluate.
type Engine struct {
	Teller     multivac.Teller
	Asker      multivac.Asker
	Collection multivac.CollectionName // to tell and to ask; empty: default
	// If this is set, it waits until everything that was told is also found by
	// its meaning.
	Enriched func(context.Context) error
	// Progress, if set, is called after each batch and after each question.
	Progress func(Progress)
}

// Progress says how far an evaluation is.
type Progress struct {
	Step  string // "tell", "enrich" or "ask"
	Done  int    // documents indexed or given vectors, or questions asked
	Total int    // 0: unknown
}

// Asked is the result of a question: one line of the answers file. All measures
// but the times can be computed again from it.
type Asked struct {
	ID         string               `json:"id"`
	State      multivac.AnswerState `json:"state"` // at the balanced stop
	Confidence float64              `json:"confidence"`
	Reaches    multivac.Stop        `json:"reaches,omitempty"` // the strictest stop at which it is an answer
	Sentences  []Sentence           `json:"sentences"`         // the best first, at most Depth
	Documents  []string             `json:"documents"`         // sources of the first distinct ones, at most 5
	// Quotation is what is quoted of the first sentence and around it. Nil if
	// there is no sentence.
	Quotation *Quotation `json:"quotation,omitempty"`

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

// Quotation is the quotation of an answer.
type Quotation struct {
	Text  string         `json:"text"`
	Shape multivac.Shape `json:"shape"`
	Start int            `json:"start"`
	End   int            `json:"end"`
}

// Run tells e the documents, asks it the questions one after another, and
// returns the measures and the result of each question, in order. It returns an
// error at the first document that cannot be told: measures over a part of the
// documents would look like measures over all.
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
	enriching := time.Now()
	if e.Enriched != nil {
		e.Progress(Progress{Step: "enrich", Done: told})
		if err := e.Enriched(ctx); err != nil {
			return Report{}, nil, err
		}
	}
	enriched := time.Since(enriching).Seconds()

	asked, err := e.ask(ctx, questions)
	if err != nil {
		return Report{}, nil, err
	}
	r := Score(questions, asked)
	r.Documents = told
	r.IndexSeconds, r.EnrichSeconds = took, enriched
	r.DocumentsPerSecond = float64(told) / max(took, 1e-9)
	r.RSSBytes = rss()
	return r, asked, nil
}

// tell tells the documents, waits until all are indexed, and returns how many
// there are.
func (e Engine) tell(ctx context.Context, documents iter.Seq2[multivac.Telling, error]) (int, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(batchesAtOnce)
	// Batches end in any order, but Progress is called one at a time.
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

// batches prepares each document and sends them in batches. It stops early if a
// document cannot be read, or ctx has ended.
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

// ask asks one question at a time, so that latencies are those of a single
// question.
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
	r := Asked{ID: q.ID, State: a.State, Confidence: a.Confidence, Reaches: a.Reaches, Sentences: []Sentence{}, Documents: []string{}}
	for _, s := range a.Sentences[:min(len(a.Sentences), Depth)] {
		r.Sentences = append(r.Sentences, Sentence{
			Text: s.SentenceText(), Document: s.Source, Start: s.Sentence.Start, End: s.Sentence.End, Confidence: s.Confidence,
		})
	}
	if len(a.Sentences) > 0 {
		q := a.Sentences[0]
		r.Quotation = &Quotation{Text: q.Text, Shape: q.Shape, Start: q.Start, End: q.End}
	}
	r.Documents = append(r.Documents, a.Sources...)
	return r
}
