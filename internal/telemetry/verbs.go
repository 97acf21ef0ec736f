package telemetry

import (
	"context"
	"log/slog"
	"time"

	"multivac"
)

// Asker counts and times what next answers, and logs it at slog.LevelDebug,
// without the question.
func (t *Telemetry) Asker(next multivac.Asker) multivac.Asker { return asker{t, next} }

type asker struct {
	t    *Telemetry
	next multivac.Asker
}

func (a asker) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	start := time.Now()
	answer, err := a.next.Ask(ctx, q)
	took := time.Since(start)
	if err != nil {
		a.t.metrics.asks.WithLabelValues("error").Inc()
		return answer, err
	}
	a.t.metrics.asks.WithLabelValues(string(answer.State)).Inc()
	a.t.metrics.askTime.Observe(took.Seconds())
	attrs := []slog.Attr{slog.String("state", string(answer.State)), slog.Float64("confidence", answer.Confidence), slog.Duration("took", took)}
	if answer.Reason != nil {
		a.t.metrics.abstentions.WithLabelValues(string(answer.Reason.Code)).Inc()
		attrs = append(attrs, slog.String("reason", string(answer.Reason.Code)))
	}
	a.t.log.LogAttrs(ctx, slog.LevelDebug, "asked", attrs...)
	return answer, nil
}

// Teller counts and times what next is told, and logs it at slog.LevelDebug,
// without the documents.
func (t *Telemetry) Teller(next multivac.Teller) multivac.Teller { return teller{t, next} }

type teller struct {
	t    *Telemetry
	next multivac.Teller
}

func (l teller) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	start := time.Now()
	receipts, err := l.next.Tell(ctx, tellings, wait)
	took := time.Since(start)
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
