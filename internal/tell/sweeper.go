package tell

import (
	"context"
	"errors"
	"time"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/store"
)

const (
	sweepLimit = 4096 // documents enqueued in one sweep
	sweepBelow = 256  // tasks in the queue that make it wait for more
	sweepPoll  = 20 * time.Millisecond
)

// A Sweeper is responsible for what the queue has lost or never had: it
// enqueues pending documents that nobody works on, and it purges the passages
// that were replaced. Set its fields before Run.
type Sweeper struct {
	// Interval is how long a document that the queue has lost may wait.
	Interval time.Duration
	// Overdue is after how long a sweep is made though the queue is busy, in
	// case it is always busy.
	Overdue time.Duration
	// Grace is how long replaced passages stay, for those who found them just
	// before.
	Grace time.Duration
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// Observe is told of each error, if set. The next sweep tries again.
	Observe func(error)
	// Turn says whether it is this sweeper's turn to purge, where there are others.
	Turn func(context.Context) bool

	store store.Store
	queue queue.Queue

	purged time.Time
	forgot time.Time              // when known was last emptied
	known  map[multivac.Task]bool // due when last looked, and enqueued since forgot
}

// NewSweeper returns a sweeper between s and q.
func NewSweeper(s store.Store, q queue.Queue) *Sweeper {
	return &Sweeper{
		Interval: time.Second,
		Overdue:  30 * time.Second,
		Grace:    10 * time.Minute,
		Now:      time.Now,
		Observe:  func(error) {},
		Turn:     func(context.Context) bool { return true },
		store:    s, queue: q,
	}
}

// Run sweeps at once and then again and again until ctx ends, and returns nil.
func (s *Sweeper) Run(ctx context.Context) error {
	for {
		pause := s.Interval
		more, err := s.sweep(ctx)
		if more {
			pause = sweepPoll
		}
		if err = errors.Join(err, s.purge(ctx)); err != nil && ctx.Err() == nil {
			s.Observe(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// sweep enqueues what is due, and reports whether there is more than the queue
// takes at once: then the queue is filled up whenever it runs low, so that the
// workers never wait for the interval. While the queue has enough to do there
// is no sweep, for what is due is mostly what waits in it.
func (s *Sweeper) sweep(ctx context.Context) (more bool, err error) {
	waiting, err := s.queue.Len(ctx)
	if err != nil {
		return false, err
	}
	now := s.Now()
	overdue := now.Sub(s.forgot) >= s.Overdue
	if waiting >= sweepBelow && !overdue {
		return true, nil
	}
	if waiting == 0 || overdue {
		s.known, s.forgot = nil, now // it may have been lost
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
		return true, nil // it is full, and there will be room
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
