package telemetry

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"multivac"
)

// Verbs returns next with each question and each telling counted, timed and
// logged at slog.LevelDebug, without the question and the documents. Where
// Options say so, questions are logged at slog.LevelInfo with their text.
func (t *Telemetry) Verbs(next multivac.Verbs) multivac.Verbs {
	return next.Through(measured{next, t})
}

// measured passes on the verbs that it does not define: the metrics of HTTP
// count and time them. A test names them, so that a new verb is not passed on
// unnoticed.
type measured struct {
	multivac.Verbs
	t *Telemetry
}

// Ask implements multivac.Asker.
func (a measured) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	ctx, done := a.t.Span(ctx, "ask")
	start := time.Now()
	answer, err := a.Verbs.Ask(ctx, q)
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

// describe adds the kind of answer to the span of ctx.
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

// Tell implements multivac.Teller.
func (a measured) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	ctx, done := a.t.Span(ctx, "tell")
	start := time.Now()
	receipts, err := a.Verbs.Tell(ctx, tellings, wait)
	took := time.Since(start)
	done(err)
	label := "stored"
	if wait == multivac.WaitIndexed {
		label = "indexed"
	}
	a.t.metrics.tellTime.WithLabelValues(label).Observe(took.Seconds())
	refused, kept := 0, 0
	for i, r := range receipts {
		a.t.metrics.tells.WithLabelValues(outcome(r)).Inc()
		if r.ID == "" {
			refused++
			continue
		}
		kept++
		if r.Changed {
			a.t.metrics.tellBytes.Add(float64(len(tellings[i].Body)))
		}
	}
	a.t.log.LogAttrs(ctx, slog.LevelDebug, "told", slog.Int("kept", kept), slog.Int("refused", refused), slog.Duration("took", took))
	return receipts, err
}

// outcome returns the label of a receipt: the result of one telling in one word.
func outcome(r multivac.Receipt) string {
	switch {
	case r.ID == "":
		return "refused"
	case r.Err == nil && !r.Changed:
		return "unchanged"
	}
	return string(r.State)
}
