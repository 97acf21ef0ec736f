package tell

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/queue"
)

// A Backlog is what waits to be worked on.
type Backlog struct {
	Oldest time.Time // since when the pending document that was told first is pending; zero where none is
	Known  bool      // the store could be asked for Oldest
	Queued int       // tasks in the queue; -1 where it could not be asked
}

// retryHorizon is longer than a lease lasts, and than a failed document waits
// for its next attempt.
const retryHorizon = time.Hour

// MeasureBacklog asks the queue and the store what waits. Documents that are
// worked on, or that wait for another attempt, count.
func MeasureBacklog(ctx context.Context, s interface {
	Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error)
	Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error)
}, q queue.Queue) (b Backlog) {
	var err error
	if b.Queued, err = q.Len(ctx); err != nil {
		b.Queued = -1
	}
	due, err := s.Due(ctx, multivac.ReadDocument, time.Now().Add(retryHorizon), 1)
	if err != nil {
		return b
	}
	b.Known = true
	if len(due) == 0 {
		return b
	}
	d, err := s.Document(ctx, due[0].Document)
	switch {
	case err != nil:
		b.Known = false
	case d.State == multivac.Pending: // otherwise it was done a moment ago
		b.Oldest = d.Changed // not Told: it may be read again
	}
	return b
}
