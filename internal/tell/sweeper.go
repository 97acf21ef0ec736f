package tell

import (
	"context"
	"errors"
	"time"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/queue"
)

const (
	sweepLimit        = 4096                  // documents enqueued in one sweep
	sweepThreshold    = 256                   // tasks in the queue, from which on a sweep waits
	fullQueueInterval = 20 * time.Millisecond // between two sweeps, while there is more than the queue takes
)

// due is what the sweeper needs of a store.
type due interface {
	Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error)
	Purge(ctx context.Context, before time.Time) error
}

// A Sweeper enqueues the pending documents that nobody works on, because the
// queue has lost them or never had them, and purges passages that were
// replaced. Set its fields before Run.
type Sweeper struct {
	// Interval is how long a document that the queue has lost may wait.
	Interval time.Duration
	// Overdue is how long a busy queue may put off a sweep, in case it is
	// always busy.
	Overdue time.Duration
	// Grace is how long replaced passages stay, for those who found them just
	// before.
	Grace time.Duration
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// Turn reports whether it is this sweeper's turn to purge, where there are
	// others.
	Turn   func(context.Context) bool
	Events Events

	store due
	queue queue.Queue

	purged  time.Time
	emptied time.Time              // when known was last emptied
	known   map[multivac.Task]bool // due at the last sweep, and enqueued since emptied
}

// NewSweeper returns a sweeper between s and q.
func NewSweeper(s due, q queue.Queue) *Sweeper {
	return &Sweeper{
		Interval: time.Second,
		Overdue:  30 * time.Second,
		Grace:    10 * time.Minute,
		Now:      time.Now,
		Turn:     func(context.Context) bool { return true },
		store:    s, queue: q,
	}
}

// Run sweeps until ctx ends, and returns nil.
func (s *Sweeper) Run(ctx context.Context) error {
	for {
		interval := s.Interval
		more, err := s.sweep(ctx)
		if more {
			interval = fullQueueInterval
		}
		if err = errors.Join(err, s.purge(ctx)); err != nil && ctx.Err() == nil {
			s.Events.sweepFailed(err)
		}
		if clock.Sleep(ctx, interval) != nil {
			return nil
		}
	}
}

// sweep enqueues what is due, and reports whether there is more than the queue
// takes at once. Then it is called again as soon as the queue runs low, so that
// the workers do not wait for the interval. While the queue has enough to do
// there is no sweep: most of what is due waits in it.
func (s *Sweeper) sweep(ctx context.Context) (more bool, err error) {
	waiting, err := s.queue.Len(ctx)
	if err != nil {
		return false, err
	}
	now := s.Now()
	overdue := now.Sub(s.emptied) >= s.Overdue
	if waiting >= sweepThreshold && !overdue {
		return true, nil
	}
	if waiting == 0 || overdue {
		s.known, s.emptied = nil, now // the queue may have lost what is known
	}
	due, err := s.store.Due(ctx, multivac.ReadDocument, now, sweepLimit)
	if err != nil {
		return false, err
	}
	known := make(map[multivac.Task]bool, len(due))
	for _, task := range due {
		if !s.known[task] {
			if err = s.queue.Enqueue(ctx, task); err != nil {
				break
			}
		}
		known[task] = true
	}
	s.known = known
	if err != nil && waiting+len(known) > 0 {
		return true, nil // the queue is full, and will have room
	}
	return len(due) == sweepLimit, err
}

// purge removes what was replaced before the grace period.
func (s *Sweeper) purge(ctx context.Context) error {
	now := s.Now()
	if now.Sub(s.purged) < s.Grace/10 {
		return nil
	}
	s.purged = now
	if !s.Turn(ctx) {
		return nil
	}
	return s.store.Purge(ctx, now.Add(-s.Grace))
}
