package tell

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/queue"
	"multivac/internal/store"
)

const (
	refreshBatch         = 4                      // documents at least that are refreshed together and share a commit
	pauseFactor          = 3                      // a pause is so many times as long as the work before it
	quietTime            = time.Second            // after the last publication, when vectors are made without pauses
	queuePollInterval    = 100 * time.Millisecond // while documents wait for a worker
	countInterval        = 5 * time.Second        // between two counts of what is left, during a refresh
	turnInterval         = 2 * time.Second        // between two looks whether it is this process's turn
	watchInterval        = time.Minute            // between two counts, where other processes refresh
	refreshedInterval    = 20 * time.Millisecond  // between two counts, where a caller waits for none
	defaultRefreshPeriod = 10 * time.Minute
)

// outdated is what the refresher needs of a store.
type outdated interface {
	Outdated(ctx context.Context, v store.Version, limit int) ([]multivac.Task, error)
	CountOutdated(ctx context.Context, v store.Version) (int, error)
	Published(ctx context.Context, task multivac.Task) (store.Publication, error)
	Replace(ctx context.Context, task multivac.Task, p store.Publication) error
	Attach(ctx context.Context, task multivac.Task, v store.Version, vectors []byte) error
}

// A Refresher makes the passages and vectors of outdated documents again: of
// those that an older segmenter cut, and of those whose sentences have no
// vectors or those of an older model. A document is answered from as it was
// until it is refreshed. The refresher gives way to tellings. Set its fields
// before Run.
type Refresher struct {
	// Interval is the time between two looks for outdated documents, which an
	// import or another process may have brought; 10 minutes unless set.
	Interval time.Duration
	// Turn reports whether it is this refresher's turn, where there are others.
	// It is asked before every few documents.
	Turn   func(context.Context) bool
	Events Events

	store     outdated
	queue     queue.Queue
	maker     *Maker
	woken     chan struct{}
	published atomic.Int64 // when Wake was called last, in nanoseconds of Unix
	left      atomic.Int64
}

// NewRefresher returns a refresher of the documents in s that are not as m
// would make them. It gives way to the work in q.
func NewRefresher(s outdated, q queue.Queue, m *Maker) *Refresher {
	return &Refresher{
		Interval: defaultRefreshPeriod,
		Turn:     func(context.Context) bool { return true },
		store:    s, queue: q, maker: m,
		woken: make(chan struct{}, 1),
	}
}

// Left is how many documents are outdated, as of a few seconds ago.
func (r *Refresher) Left() int { return int(r.left.Load()) }

// Wake says that a document was published just now, whose vectors are missing.
func (r *Refresher) Wake() {
	if r.maker.Vectors == nil {
		return
	}
	r.published.Store(time.Now().UnixNano())
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// Run refreshes until ctx ends, and returns nil.
func (r *Refresher) Run(ctx context.Context) error { return r.every(ctx, r.Interval, r.refresh) }

// Watch counts the outdated documents while other processes refresh them, until
// ctx ends, and returns nil.
func (r *Refresher) Watch(ctx context.Context) error { return r.every(ctx, watchInterval, r.count) }

func (r *Refresher) every(ctx context.Context, interval time.Duration, do func(context.Context) error) error {
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			r.Events.refreshFailed("", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.woken:
		case <-time.After(interval):
		}
	}
}

// Wait waits until no document is outdated. It returns the store's error, or
// that of the context.
func (r *Refresher) Wait(ctx context.Context) error {
	for {
		n, err := r.store.CountOutdated(ctx, r.maker.version())
		if err != nil || n == 0 {
			return err
		}
		if err := clock.Sleep(ctx, refreshedInterval); err != nil {
			return err
		}
	}
}

func (r *Refresher) count(ctx context.Context) error {
	n, err := r.store.CountOutdated(ctx, r.maker.version())
	if err == nil {
		r.left.Store(int64(n))
	}
	return err
}

// refresh refreshes all outdated documents, a few at a time, while it is this
// refresher's turn.
func (r *Refresher) refresh(ctx context.Context) error {
	if err := r.count(ctx); err != nil {
		return err
	}
	for counted := time.Now(); r.Left() > 0; {
		turn := r.Turn(ctx)
		if !turn && clock.Sleep(ctx, turnInterval) != nil {
			return nil
		}
		if !turn || time.Since(counted) > countInterval {
			if err := r.count(ctx); err != nil {
				return err
			}
			counted = time.Now()
		}
		if !turn {
			continue
		}
		if more, err := r.batch(ctx); !more || err != nil {
			return err
		}
	}
	return nil
}

// batch refreshes the next few documents, and reports whether there may be
// more.
func (r *Refresher) batch(ctx context.Context) (more bool, err error) {
	if !r.giveWay(ctx) {
		return false, nil
	}
	begin := time.Now()
	tasks, err := r.store.Outdated(ctx, r.maker.version(), max(refreshBatch, 2*cap(r.maker.computing)))
	if err != nil {
		return false, err
	}
	var group errgroup.Group
	for _, task := range tasks {
		group.Go(func() error { return r.document(ctx, task) })
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	if len(tasks) == 0 { // the rest was told again or deleted
		r.left.Store(0)
		return false, nil
	}
	r.left.Store(max(0, r.left.Load()-int64(len(tasks))))
	if r.maker.Vectors == nil { // with vectors, the pauses are made between passages
		return clock.Sleep(ctx, pauseFactor*time.Since(begin)) == nil, nil
	}
	return true, nil
}

// giveWay waits while documents wait for a worker. It reports false where ctx
// ends first.
func (r *Refresher) giveWay(ctx context.Context) bool {
	for {
		if waiting, err := r.queue.Len(ctx); err != nil || waiting == 0 {
			return ctx.Err() == nil
		}
		if clock.Sleep(ctx, queuePollInterval) != nil {
			return false
		}
	}
}

// pause is called after a passage whose vectors took so long. It leaves the
// processor to what was told just now and to what waits for a worker.
func (r *Refresher) pause(ctx context.Context, took time.Duration) {
	if time.Since(time.Unix(0, r.published.Load())) < quietTime {
		_ = clock.Sleep(ctx, pauseFactor*took) // the caller looks at ctx
	}
	r.giveWay(ctx)
}

// document refreshes one document: it replaces its passages where an older
// segmenter cut them, and otherwise only attaches their vectors.
func (r *Refresher) document(ctx context.Context, task multivac.Task) error {
	p, err := r.store.Published(ctx, task)
	if err != nil {
		return unlessSuperseded(err)
	}
	if !p.Version.Before(r.maker.version()) { // another process was faster
		return nil
	}
	cut := p.Version.Segmenter < r.maker.Segmenter
	if cut {
		switch passages, err := r.maker.passages(ctx, p.Text, p.Places); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil: // it keeps the passages that it has
			r.Events.refreshFailed(task.Document, err)
		default:
			p.Passages = passages
		}
	}
	p.Version = r.maker.version()
	if r.maker.Vectors != nil {
		p.Vectors, err = r.maker.vectors(ctx, p.Title, p.Passages, r.pause)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // it goes without vectors
			r.Events.refreshFailed(task.Document, err)
		}
	}
	if cut {
		return unlessSuperseded(r.store.Replace(ctx, task, p))
	}
	return unlessSuperseded(r.store.Attach(ctx, task, p.Version, p.Vectors))
}

// unlessSuperseded returns nil where the document was told again or deleted:
// then nothing is left to do.
func unlessSuperseded(err error) error {
	if errors.Is(err, multivac.ErrSuperseded) {
		return nil
	}
	return err
}
