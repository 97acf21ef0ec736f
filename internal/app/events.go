package app

import (
	"context"
	"log/slog"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/tell"
)

// observed is the store, with telemetry of its calls.
func (a *App) observed() store.Store {
	if a.telemetry == nil {
		return a.store
	}
	return store.Watch(a.store, a.telemetry.Store)
}

func (a *App) tellEvents() tell.Events {
	e := tell.Events{
		Attempted:   a.attempted,
		SweepFailed: func(err error) { a.log().Warn("the sweeper tries again", "error", err) },
		RefreshFailed: func(id multivac.DocumentID, err error) {
			a.log().Warn("a document was not cut anew, or not enriched", "document", id, "error", err)
		},
	}
	if a.telemetry != nil {
		e.Began = a.telemetry.Work
	}
	return e
}

func (a *App) queueEvents() queue.Events {
	return queue.Events{Changed: func(err error) {
		if err == nil {
			a.log().Info("the queue is as it should be again")
			return
		}
		a.log().Warn("the queue is not as it should be; what is told is kept, and worked on a little later", "error", err)
	}}
}

// folderMoved logs that the data folder was taken away, or is back.
func (a *App) folderMoved(err error) {
	if err == nil {
		a.log().Info("the data folder is there again")
		return
	}
	a.log().Error("nothing can be told or changed", "error", err)
}

// attempted wakes the refresher, and counts and logs an attempt. The log shows
// the attempt if it failed, or if a request began it, so that the request can
// be followed to its end.
func (a *App) attempted(ctx context.Context, at tell.Attempt) {
	if at.Err == nil {
		a.refresher.Wake()
	}
	if a.telemetry == nil {
		return
	}
	outcome := at.Outcome()
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
