package tell

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/text"
)

const (
	resegmentAtOnce = 4                      // documents, which then share a commit
	resegmentShare  = 3                      // pauses so many times as long as it worked
	resegmentPoll   = 100 * time.Millisecond // while there is work that somebody waits for
	resegmentTurn   = 2 * time.Second        // while it is another's turn
	resegmentWatch  = time.Minute            // where others do it
)

// A Resegmenter is responsible for published documents that an older version of
// the segmenter cut: it cuts them anew and publishes the passages in the place
// of those before, which are answered from until then. It steps back behind
// what is told meanwhile. Set its fields before Run.
type Resegmenter struct {
	// Interval is after how long it looks again: an import, or another process
	// of an older version, may have brought more.
	Interval time.Duration
	// Observe is told of each error, if set. A document that cannot be cut
	// keeps the passages that it has.
	Observe func(multivac.DocumentID, error)
	// Turn says whether it is this resegmenter's turn, where there are others;
	// it is asked before every few documents.
	Turn func(context.Context) bool

	store   store.Store
	queue   queue.Queue
	version int
	segment func(text string) []multivac.Passage
	left    atomic.Int64
}

// NewResegmenter returns a resegmenter of the documents in s, which steps back
// behind the work in q.
func NewResegmenter(s store.Store, q queue.Queue) *Resegmenter {
	return &Resegmenter{
		Interval: 10 * time.Minute,
		Observe:  func(multivac.DocumentID, error) {},
		Turn:     func(context.Context) bool { return true },
		store:    s, queue: q,
		version: text.Version, segment: text.Segment,
	}
}

// Left is how many documents are still to be cut anew.
func (r *Resegmenter) Left() int { return int(r.left.Load()) }

// Run works until ctx ends, and returns nil.
func (r *Resegmenter) Run(ctx context.Context) error { return r.every(ctx, r.Interval, r.all) }

// Watch counts what is left while others cut it, until ctx ends, and returns nil.
func (r *Resegmenter) Watch(ctx context.Context) error { return r.every(ctx, resegmentWatch, r.count) }

func (r *Resegmenter) every(ctx context.Context, interval time.Duration, do func(context.Context) error) error {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.Observe("", err)
		}
		if !pause(ctx, interval) {
			return nil
		}
	}
}

func (r *Resegmenter) count(ctx context.Context) error {
	n, err := r.store.CountOutdated(ctx, r.version)
	if err == nil {
		r.left.Store(int64(n))
	}
	return err
}

// all cuts everything that is outdated.
func (r *Resegmenter) all(ctx context.Context) error {
	if err := r.count(ctx); err != nil {
		return err
	}
	for r.Left() > 0 {
		if !r.Turn(ctx) {
			if !pause(ctx, resegmentTurn) {
				return nil
			}
			if err := r.count(ctx); err != nil {
				return err
			}
			continue
		}
		if waiting, err := r.queue.Len(ctx); err == nil && waiting > 0 {
			if !pause(ctx, resegmentPoll) {
				return nil
			}
			continue
		}
		begin := time.Now()
		tasks, err := r.store.Outdated(ctx, r.version, resegmentAtOnce)
		if err != nil {
			return err
		}
		if len(tasks) == 0 { // the rest was told anew or deleted
			r.left.Store(0)
			break
		}
		var group errgroup.Group
		for _, task := range tasks {
			group.Go(func() error { return r.cut(ctx, task) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		r.left.Add(-int64(len(tasks)))
		if !pause(ctx, resegmentShare*time.Since(begin)) {
			return nil
		}
	}
	return nil
}

func (r *Resegmenter) cut(ctx context.Context, task multivac.Task) error {
	err := r.store.Resegment(ctx, task, r.version, func(text string) ([]multivac.Passage, error) {
		passages, err := guard("segment", func() ([]multivac.Passage, error) {
			passages := r.segment(text)
			for _, p := range passages {
				if err := p.Validate(text); err != nil {
					return nil, err
				}
			}
			return passages, nil
		})
		if err != nil {
			r.Observe(task.Document, err)
		}
		return passages, nil
	})
	if errors.Is(err, multivac.ErrSuperseded) {
		return nil // told anew, or deleted
	}
	return err
}

// pause waits, and reports false where ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
