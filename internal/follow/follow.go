// Package follow feeds a find.Sink with the documents that the store has
// published. It reads all published documents once, and then the feed of
// changes, in order. It writes nothing into the store.
package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/find"
	"multivac/internal/store"
)

// A Store is the part of the store that a follower needs.
type Store interface {
	Position(context.Context) (multivac.Position, error)
	Scan(ctx context.Context, fn func(store.Change) error) error
	Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error
	Document(context.Context, multivac.DocumentID) (multivac.Document, error)
}

// Follower follows a store. Many goroutines may call its methods; only one may
// call Run.
type Follower struct {
	// These are set before Run.
	Now    func() time.Time // for Stats; time.Now unless set
	Events Events
	// Crowded reports whether many callers write at the moment. Then a follower
	// that has caught up waits for 25 ms after each change, and reads what came in
	// that time in one batch: a look at the feed costs about the same for 1 change
	// as for 60. Nil for never.
	Crowded func() bool

	store Store
	sink  find.Sink

	mu      sync.Mutex
	moved   chan struct{}     // closed, and replaced, when waiters have to look again
	at      multivac.Position // questions are answered from here, and documents deleted before are forgotten
	floor   multivac.Position // read right after the first scan: everything that the scan saw is at or before it
	settled recent            // how revisions ended that are not found
	ready   bool              // everything published at the start is found
	reason  string            // why it does not follow at the moment
	stats   Stats
}

// New returns a follower of s that feeds the sink.
func New(s Store, sink find.Sink) *Follower {
	return &Follower{Now: time.Now, store: s, sink: sink, at: sink.Position(), moved: make(chan struct{}), reason: "indexing: not begun yet"}
}

// Events are what a follower reports. Each may be nil.
type Events struct {
	// Retried is called with each error that Run survives.
	Retried func(error)
	// Forgot is called once a deleted document is not found any more, and
	// before a caller can have waited for the deletion.
	Forgot func()
}

func (e Events) retried(err error) {
	if e.Retried != nil {
		e.Retried(err)
	}
}

func (e Events) forgot() {
	if e.Forgot != nil {
		e.Forgot()
	}
}

// Stats are measures of following.
type Stats struct {
	Changes  uint64    // followed since the start, without the first scan
	Batches  uint64    // batches in which they were applied
	Rebuilds uint64    // scans of the whole store, including the first
	Applied  time.Time // when the latest batch was applied; zero before the first
}

// Stats returns the current measures.
func (f *Follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Status returns what is found. It leaves Pending to the caller, who has the
// store.
func (f *Follower) Status() multivac.Status {
	s := multivac.Status{Position: f.sink.Position(), Collections: f.sink.Collections()}
	for _, c := range s.Collections {
		s.Documents += c.Documents
		s.Passages += c.Passages
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Ready, s.Reason = f.ready, f.reason
	return s
}

// Pauses between attempts while the store or the sink is unavailable.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second // documents published in the meantime wait for at most this long
)

// Run reads the store and follows it until ctx ends, and then returns nil.
// While the store or the sink is unavailable it tries again, and goes on from
// the sink's position. In that time readers see the old state. Any other error
// ends Run.
func (f *Follower) Run(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "follow")
	retry := firstRetry
	scan := f.sink.Position() == "" // before following
	for begun := false; ; {
		before := f.Stats()
		if !begun {
			err = f.begin(ctx, scan)
			begun = err == nil
		}
		if begun {
			err = f.tail(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, multivac.ErrTooOld):
			begun, scan = false, true
			f.explain("indexing anew: the store no longer keeps the changes since then")
		case err == nil, errors.Is(err, multivac.ErrUnavailable):
			f.explain("waiting for the store, which is unavailable")
		default:
			return err
		}
		f.Events.retried(err)
		if f.Stats() != before {
			retry = firstRetry
		}
		if clock.Sleep(ctx, retry) != nil {
			return nil
		}
		retry = min(2*retry, lastRetry)
	}
}

// begin makes the sink ready to follow: by a scan of all published documents,
// or with the content that the sink has from an earlier run.
func (f *Follower) begin(ctx context.Context, scan bool) error {
	if scan {
		return f.scan(ctx)
	}
	end, err := f.store.Position(ctx)
	if err != nil {
		return err
	}
	f.notify(func() { f.floor, f.ready = end, f.at >= end })
	return nil
}

// scan replaces the content of the sink by all published documents.
func (f *Follower) scan(ctx context.Context) error {
	// The position is read before the scan. Changes during the scan are
	// followed afterwards. If the scan has already seen one of them, its
	// revision is known and it is skipped.
	start, err := f.store.Position(ctx)
	if err != nil {
		return err
	}
	f.explain("indexing: reading the store")
	if err := f.sink.Replace(ctx, start, f.runs(ctx)); err != nil {
		return err
	}
	floor, err := f.store.Position(ctx)
	if err != nil {
		return err
	}
	f.Events.forgot() // documents deleted since the index before
	f.notify(func() {
		f.at, f.floor, f.ready, f.reason = f.sink.Position(), floor, true, ""
		f.stats.Rebuilds++
	})
	debug.FreeOSMemory() // a scan takes several times the memory of its result, and nobody waits for this call
	return nil
}

// runs yields all published documents, in runs of about maxBacklog bytes.
func (f *Follower) runs(ctx context.Context) iter.Seq2[[]store.Change, error] {
	return func(yield func([]store.Change, error) bool) {
		var changes []store.Change
		documents, bytes := 0, 0
		flush := func() bool {
			if !yield(changes, nil) {
				return false
			}
			documents += len(changes)
			changes, bytes = nil, 0
			f.explain(fmt.Sprintf("indexing: %s documents so far", thousands(documents)))
			return true
		}
		stopped := false
		err := f.store.Scan(ctx, func(c store.Change) error {
			changes = append(changes, c)
			if bytes += weight(c); bytes >= maxBacklog && !flush() {
				stopped = true
				return errStopped
			}
			return ctx.Err()
		})
		switch {
		case stopped:
		case err != nil:
			yield(nil, err)
		default:
			flush()
		}
	}
}

// errStopped ends a scan whose runs the sink does not want any more.
var errStopped = errors.New("the sink stopped reading")

// tail applies the changes after the sink's position as they come, until an
// error. Changes that come while a batch is applied form the next batch. So a
// single change is shown at once, and 10,000 changes cost little more than 1,
// because each batch costs the index a segment.
func (f *Follower) tail(ctx context.Context) error {
	f.catchUp()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	waiting := newBacklog()
	ended := make(chan error, 1)
	go func() {
		ended <- f.store.Follow(ctx, f.sink.Position(), func(c store.Change) error {
			waiting.put(c)
			return f.pause(ctx, c.Position)
		})
		waiting.close()
	}()
	var err error
	for changes := waiting.take(); len(changes) > 0; changes = waiting.take() {
		if err == nil { // after an error it only makes room, so that the feed can end
			if err = f.apply(ctx, changes); err != nil {
				cancel()
			}
		}
	}
	return cmp.Or(err, <-ended)
}

// catchUp takes over the sink's position. It is ahead of the follower if the
// sink applied a batch and the reply was lost.
func (f *Follower) catchUp() {
	at := f.sink.Position()
	if _, known, _ := f.next(); at != known {
		f.Events.forgot() // the batch may have had deletions
	}
	f.notify(func() { f.at, f.ready, f.reason = at, f.ready || at >= f.floor, "" })
}

// apply hands a batch to the sink and wakes everything that waits.
func (f *Follower) apply(ctx context.Context, changes []store.Change) error {
	at := changes[len(changes)-1].Position
	if err := f.sink.Apply(ctx, changes, at); err != nil {
		return err
	}
	if slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == multivac.Deleted }) {
		f.Events.forgot()
	}
	f.notify(func() {
		f.at, f.ready = at, f.ready || at >= f.floor
		f.settled.note(changes)
		f.stats.Changes += uint64(len(changes))
		f.stats.Batches++
		f.stats.Applied = f.Now()
	})
	return nil
}

// crowdPause is the pause of a follower that has caught up, in a crowd.
const crowdPause = 25 * time.Millisecond

// pause waits after the change at a position if that was the last one and many
// callers write. It returns an error if ctx ends first.
func (f *Follower) pause(ctx context.Context, at multivac.Position) error {
	if err := ctx.Err(); err != nil || f.Crowded == nil || !f.Crowded() {
		return err
	}
	if end, err := f.store.Position(ctx); err != nil || end > at {
		return err
	}
	return clock.Sleep(ctx, crowdPause)
}

// explain sets the reason for not following.
func (f *Follower) explain(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reason = reason
}

// notify changes fields guarded by mu, and lets everything that waits look
// again.
func (f *Follower) notify(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.moved)
	f.moved = make(chan struct{})
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
