package app

import (
	"context"
	"errors"
	"log/slog"

	"multivac"
	"multivac/internal/tell"
)

// watch has the telemetry see all that is done.
func (a *App) watch() {
	t := a.telemetry
	t.Status(func() multivac.Status {
		st, err := a.Status(context.Background())
		if err != nil {
			a.log().Warn("the status cannot be measured", "error", err)
		}
		return st
	})
	t.Gauge("multivac_documents_outdated", "Documents answered from as an older version cut them, to be cut anew.", func() float64 { return float64(a.recut.Left()) })
	a.recut.Observe = func(id multivac.DocumentID, err error) {
		a.log().Warn("a document of an older segmenter was not cut anew", "document", id, "error", err)
	}
	if a.role.serves() {
		a.Teller, a.Asker = t.Teller(a.Teller), t.Asker(a.Asker)
		t.Cache(
			func() float64 { return float64(a.answers.Stats().Hits) },
			func() float64 { return float64(a.answers.Stats().Misses) },
		)
		a.watchFollower()
	}
	if a.role.works() {
		a.worker.Observe = a.worked
		a.sweeper.Observe = func(err error) { a.log().Warn("the sweeper tries again", "error", err) }
	}
}

// worked counts an attempt, and logs it: in full where it failed, and where a
// request began it, so that this can be followed to its end.
func (a *App) worked(ctx context.Context, at tell.Attempt) {
	outcome := "indexed"
	switch {
	case errors.Is(at.Err, multivac.ErrSuperseded):
		outcome = "superseded"
	case at.Final:
		outcome = "failed"
	case at.Err != nil:
		outcome = "retry"
	}
	a.telemetry.Worked(outcome, at.Step, at.Took)
	if outcome == "failed" || outcome == "retry" {
		a.log().WarnContext(ctx, "a document was not indexed", "document", at.Task.Document, "revision", at.Task.Revision,
			"step", at.Step, "final", at.Final, "error", at.Err, "stack", string(at.Stack))
		return
	}
	level := slog.LevelDebug
	if at.Task.Origin.RequestID != "" {
		level = slog.LevelInfo
	}
	a.log().LogAttrs(ctx, level, "a document was "+outcome, slog.String("document", string(at.Task.Document)),
		slog.Uint64("revision", uint64(at.Task.Revision)), slog.Duration("took", at.Took))
}
