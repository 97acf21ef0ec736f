package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/store"
	"multivac/internal/telemetry"
	"multivac/internal/tell"
)

// watch has the telemetry see all that is done.
func (a *App) watch() {
	t := a.telemetry
	t.Status(func() (multivac.Status, error) {
		st, err := a.Status(context.Background())
		if err != nil {
			a.log().Warn("the status cannot be measured", "error", err)
		}
		return st, err
	})
	t.Backlog(a.backlog)
	t.StoreOperations(store.Watched...)
	t.Gauge("multivac_documents_outdated", "Documents answered from that are still to be cut anew or enriched.", func() float64 { return float64(a.recut.Left()) })
	a.recut.Observe = func(id multivac.DocumentID, err error) {
		a.log().Warn("a document was not cut anew, or not enriched", "document", id, "error", err)
	}
	if a.role.serves() {
		a.Verbs = t.Verbs(a.Verbs)
		t.Cache(func() telemetry.CacheNumbers { return numbers(a.answers.Stats()) })
		t.Gauge("multivac_index_bytes", "Memory that the index takes, about.", func() float64 { return float64(a.follower.Bytes()) })
		a.watchFollower()
	}
	if a.role.works() {
		a.worker.Trace = t.Work
		a.sweeper.Observe = func(err error) { a.log().Warn("the sweeper tries again", "error", err) }
	}
}

// watched is the store, with the telemetry told of what is asked of it.
func (a *App) watched() store.Store {
	if a.telemetry == nil {
		return a.store
	}
	return store.Watch(a.store, a.telemetry.Store)
}

// backlog looks for what has waited the longest: also at what is worked on, and
// at what failed and waits for its next attempt. Both are over in an hour.
func (a *App) backlog() (b telemetry.Backlog) {
	ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	var err error
	if b.Queued, err = a.queue.Len(ctx); err != nil {
		b.Queued = -1
	}
	due, err := a.store.Due(ctx, time.Now().Add(time.Hour), 1)
	if err != nil {
		return b
	}
	b.Known = true
	if len(due) == 0 {
		return b
	}
	d, err := a.store.Document(ctx, due[0].Document)
	switch {
	case err != nil:
		b.Known = false
	case d.State == multivac.Pending: // else it was done a moment ago
		b.Oldest = d.Told
	}
	return b
}

func numbers(s cache.Stats) telemetry.CacheNumbers {
	n := telemetry.CacheNumbers{Near: s.Hits, Far: s.FarHits, Misses: s.Misses, Evictions: s.Evictions, Answers: s.Answers, Bytes: s.Bytes,
		FarMisses: s.Far.Misses, FarErrors: s.Far.Errors, FarLeftOut: s.Far.Skipped, FarNodes: len(s.Far.Nodes)}
	for _, node := range s.Far.Nodes {
		if node.Open {
			n.FarNodesDown++
		}
	}
	return n
}

// worked has what was published enriched, and counts and logs an attempt: in
// full where it failed, and where a request began it, so that this can be
// followed to its end.
func (a *App) worked(ctx context.Context, at tell.Attempt) {
	if at.Err == nil {
		a.recut.Wake()
	}
	if a.telemetry == nil {
		return
	}
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
