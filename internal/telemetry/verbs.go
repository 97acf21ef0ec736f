package telemetry

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"multivac"
)

// Asker counts and times what next answers, and logs it at slog.LevelDebug,
// without the question; at slog.LevelInfo and with it where Options say so.
func (t *Telemetry) Asker(next multivac.Asker) multivac.Asker { return asker{t, next} }

type asker struct {
	t    *Telemetry
	next multivac.Asker
}

func (a asker) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	ctx, done := a.t.Span(ctx, "ask")
	start := time.Now()
	answer, err := a.next.Ask(ctx, q)
	took := time.Since(start)
	describe(ctx, answer)
	done(err)
	if err != nil {
		a.t.metrics.asks.WithLabelValues("error").Inc()
		return answer, err
	}
	a.t.metrics.asks.WithLabelValues(string(answer.State)).Inc()
	a.t.metrics.askTime.Observe(took.Seconds())
	if answer.Reason != nil {
		a.t.metrics.abstentions.WithLabelValues(string(answer.Reason.Code)).Inc()
	}
	a.t.asked(ctx, q, answer, took)
	return answer, nil
}

// asked logs a question, and its text where Options say so.
func (t *Telemetry) asked(ctx context.Context, q multivac.Question, answer multivac.Answer, took time.Duration) {
	level := slog.LevelDebug
	if t.question {
		level = slog.LevelInfo
	}
	if !t.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.String("state", string(answer.State)), slog.Float64("confidence", answer.Confidence), slog.Duration("took", took)}
	if answer.Reason != nil {
		attrs = append(attrs, slog.String("reason", string(answer.Reason.Code)))
	}
	if t.question {
		attrs = append(attrs, slog.String("collection", string(q.Collection.OrDefault())), slog.String("question", q.Text))
	}
	t.log.LogAttrs(ctx, level, "asked", attrs...)
}

// describe says in the span what kind of answer it was.
func describe(ctx context.Context, answer multivac.Answer) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetAttributes(attribute.String("multivac.state", string(answer.State)), attribute.Float64("multivac.confidence", answer.Confidence))
	if answer.Reason != nil {
		span.SetAttributes(attribute.String("multivac.reason", string(answer.Reason.Code)))
	}
}

// Teller counts and times what next is told, and logs it at slog.LevelDebug,
// without the documents.
func (t *Telemetry) Teller(next multivac.Teller) multivac.Teller { return teller{t, next} }

type teller struct {
	t    *Telemetry
	next multivac.Teller
}

func (l teller) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	ctx, done := l.t.Span(ctx, "tell")
	start := time.Now()
	receipts, err := l.next.Tell(ctx, tellings, wait)
	took := time.Since(start)
	done(err)
	label := "stored"
	if wait == multivac.WaitIndexed {
		label = "indexed"
	}
	l.t.metrics.tellTime.WithLabelValues(label).Observe(took.Seconds())
	refused, kept := 0, 0
	for i, r := range receipts {
		state := outcome(r)
		l.t.metrics.tells.WithLabelValues(state).Inc()
		if r.ID == "" {
			refused++
			continue
		}
		kept++
		if r.Changed {
			l.t.metrics.tellBytes.Add(float64(len(tellings[i].Body)))
		}
	}
	l.t.log.LogAttrs(ctx, slog.LevelDebug, "told", slog.Int("kept", kept), slog.Int("refused", refused), slog.Duration("took", took))
	return receipts, err
}

// outcome is what became of a telling, in one word.
func outcome(r multivac.Receipt) string {
	switch {
	case r.ID == "":
		return "refused"
	case r.Err == nil && !r.Changed:
		return "unchanged"
	}
	return string(r.State)
}
