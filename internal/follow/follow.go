// Package follow keeps one index for each collection equal to what the store
// has published. It writes nothing: it reads the store's documents once, then
// the feed of its changes, in order.
package follow

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"multivac"
	"multivac/internal/index"
	"multivac/internal/store"
)

// Follower follows a store. Its methods may be called by many goroutines; Run
// by one.
type Follower struct {
	// Now is the clock, for Stats; time.Now unless set before Run.
	Now func() time.Time
	// OnRetry is told of each error that Run survives, if set before Run.
	OnRetry func(error)
	// OnForget is called, if set before Run, once a document that was deleted is
	// in no index any more and before its deletion can be waited for.
	OnForget func()
	// Vectors is the version of those that are indexed, for others cannot be
	// compared with them; none are if it is 0. Set it before Run.
	Vectors int

	store store.Store
	key   [16]byte

	shown atomic.Pointer[library] // what readers see; never nil

	mu      sync.Mutex
	moved   chan struct{} // closed, and replaced, when waiters have to look again
	settled recent        // what became of revisions that are not in an index
	ready   bool          // all that was published at the start is shown
	reason  string        // why it is not following just now
	stats   Stats
}

// New returns a follower of s whose collections are empty until Run has read
// the store. The key makes fingerprints that only those who have it can make;
// replicas that share answers share it.
func New(s store.Store, key [16]byte) *Follower {
	f := &Follower{Now: time.Now, OnRetry: func(error) {}, OnForget: func() {}, store: s, key: key, moved: make(chan struct{}),
		reason: "indexing: not begun yet"}
	f.shown.Store(newLibrary(key))
	return f
}

// A View is a collection as it was at one moment. Index never changes, so what
// is computed from it is what Fingerprint stands for, however long it takes.
type View struct {
	Index       *index.Snapshot
	Fingerprint [16]byte          // of the documents in Index: the same where they are the same
	Position    multivac.Position // all changes until here are in Index; later ones may be
}

// View returns the collection as it is now, without waiting for anything.
// Where it holds no document it returns false, and a View with an empty Index
// and the Position.
func (f *Follower) View(c multivac.CollectionName) (View, bool) {
	return f.shown.Load().view(c)
}

// Stats are measures of following.
type Stats struct {
	Changes  uint64    // followed since the start, the first scan not among them
	Batches  uint64    // in which they were applied
	Rebuilds uint64    // scans of the whole store, the first among them
	Applied  time.Time // when the latest batch was; zero before the first
}

// Stats returns the measures of now.
func (f *Follower) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stats
}

// Bytes returns how much memory the indexes take, about.
func (f *Follower) Bytes() (n int) {
	for _, v := range f.shown.Load().views.Range {
		n += v.(*shown).index.Bytes()
	}
	return n
}

// Status says what is indexed. It leaves Pending to those who have the store.
func (f *Follower) Status() multivac.Status {
	s := f.shown.Load().status()
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Ready, s.Reason = f.ready, f.reason
	return s
}

// Waits between attempts while the store is unavailable.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second // what is published meanwhile waits for so long
)

// Run reads the store and follows it until ctx ends, and then returns nil.
// While the store is unavailable it tries again, and goes on where it was;
// readers see what was there. Any other error ends it.
func (f *Follower) Run(ctx context.Context) (err error) {
	defer multivac.Wrap(&err, "follow")
	retry := firstRetry
	for loaded := false; ; {
		before := f.Stats()
		if !loaded {
			err = f.load(ctx)
			loaded = err == nil
		}
		if loaded {
			err = f.tail(ctx, f.shown.Load())
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, multivac.ErrTooOld):
			loaded = false
			f.explain("indexing anew: the store no longer keeps the changes since then")
		case err == nil, errors.Is(err, multivac.ErrUnavailable):
			f.explain("waiting for the store, which is unavailable")
		default:
			return err
		}
		f.OnRetry(err)
		if f.Stats() != before {
			retry = firstRetry
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retry):
		}
		retry = min(2*retry, lastRetry)
	}
}

// load makes new indexes of all that the store has published, and then shows
// them in place of the old ones.
func (f *Follower) load(ctx context.Context) error {
	// Before the scan: what changes meanwhile is followed afterwards, and what
	// the scan has seen of it already is passed over by its revision.
	start, err := f.store.Position(ctx)
	if err != nil {
		return err
	}
	next := newLibrary(f.key)
	next.vectors = f.Vectors
	var changes []store.Change
	documents, bytes := 0, 0
	flush := func() {
		next.apply(changes, start)
		documents += len(changes)
		changes, bytes = nil, 0
		f.explain(fmt.Sprintf("indexing: %s documents so far", thousands(documents)))
	}
	f.explain("indexing: reading the store")
	err = f.store.Scan(ctx, func(c store.Change) error {
		changes = append(changes, c)
		if bytes += weight(c); bytes >= enough {
			flush()
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	flush()
	if next.floor, err = f.store.Position(ctx); err != nil {
		return err
	}
	f.shown.Store(next)
	f.OnForget() // whatever was deleted since the index before
	f.notify(func() { f.reason = ""; f.ready = true; f.stats.Rebuilds++ })
	debug.FreeOSMemory() // building took several times what stays; nobody waits for that
	return nil
}

// tail applies the changes after the library's position as they come, until
// an error. What comes while a batch is applied makes the next batch: one
// change is shown at once, and ten thousand cost little more than one, for
// each batch costs the index a segment.
func (f *Follower) tail(ctx context.Context, l *library) error {
	f.explain("")
	waiting := newBacklog()
	ended := make(chan error, 1)
	go func() {
		ended <- f.store.Follow(ctx, l.position(), func(c store.Change) error {
			waiting.put(c)
			return ctx.Err()
		})
		waiting.close()
	}()
	for changes := waiting.take(); len(changes) > 0; changes = waiting.take() {
		l.apply(changes, changes[len(changes)-1].Position)
		if slices.ContainsFunc(changes, func(c store.Change) bool { return c.State == multivac.Deleted }) {
			f.OnForget()
		}
		f.notify(func() {
			f.settled.note(changes)
			f.stats.Changes += uint64(len(changes))
			f.stats.Batches++
			f.stats.Applied = f.Now()
		})
	}
	return <-ended
}

func (f *Follower) explain(reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reason = reason
}

// notify changes what mu guards and lets all who wait look again.
func (f *Follower) notify(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.moved)
	f.moved = make(chan struct{})
}

// next returns a channel that is closed at the next move.
func (f *Follower) next() (moved <-chan struct{}, ready bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved, f.ready
}

// certain is after how long a position that the store has not come to is held
// to be of another one: just after a fail-over, a store may not know yet what it
// has given.
const certain = 500 * time.Millisecond

// Reach waits until everything up to p is answered from here, and all that
// was published at the start. Where ctx ends first it returns ErrBehind with
// RetryAfter; ErrInvalid where the store has never come to p.
func (f *Follower) Reach(ctx context.Context, p multivac.Position) error {
	var doubt <-chan time.Time
	for first := true; ; first = false {
		moved, ready := f.next() // before the look, so that no move falls between
		if ready && f.shown.Load().position() >= p {
			return nil
		}
		if first && f.never(ctx, p) {
			doubt = time.After(certain)
		}
		select {
		case <-moved:
		case <-doubt:
			if f.never(ctx, p) {
				return multivac.Errorf(multivac.ErrInvalid, "use one that a receipt or an answer gave, or none",
					"%q is no position of this store", multivac.Clip(string(p), 80))
			}
		case <-ctx.Done():
			return f.behind(p)
		}
	}
}

// never reports whether the store has certainly never come to p.
func (f *Follower) never(ctx context.Context, p multivac.Position) bool {
	if p == "" {
		return false
	}
	end, err := f.store.Position(ctx)
	return err == nil && p > end
}

func (f *Follower) behind(p multivac.Position) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := multivac.Errorf(multivac.ErrBehind, "try again in a second, or ask without a position",
		"the index has not come as far as position %q", multivac.Clip(string(p), 80))
	if !f.ready {
		err = multivac.Errorf(multivac.ErrBehind, "try again when /readyz says that it is ready", "what was told before is being read (%s)", f.reason)
	}
	err.RetryAfter = time.Second
	return err
}

// recheck is how often Settled asks the store about a revision of which the
// feed has said nothing.
const recheck = 2 * time.Second

// Settled waits until that revision of the document, or a later one, is
// answered from here, has failed or is deleted. The change it returns says
// which, and from which position on that can be seen; it has no texts. It
// returns ctx's error where ctx ends first.
func (f *Follower) Settled(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, error) {
	for {
		// The feed may have told it before the scan that this index was made
		// from, or so long ago that it is forgotten: then the store has to be
		// asked.
		again := time.After(recheck)
		for waiting := true; waiting; {
			moved, _ := f.next()
			if c, ok := f.outcome(id, r); ok {
				return c, nil
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return store.Change{}, ctx.Err()
			case <-again:
				waiting = false
			}
		}
		if c, ok := f.ask(ctx, id, r); ok {
			return c, nil
		}
	}
}

// outcome returns what the index and the feed say of a revision.
func (f *Follower) outcome(id multivac.DocumentID, r multivac.Revision) (store.Change, bool) {
	if c, ok := f.shown.Load().document(id); ok && c.Revision >= r {
		return c, true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.settled.find(id)
	return c, ok && c.Revision >= r
}

// ask returns what the store says of a revision that will not be indexed. An
// error leaves it unknown: it is asked again until ctx ends.
func (f *Follower) ask(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, bool) {
	d, err := f.store.Document(ctx, id)
	if err != nil || d.Revision < r {
		return store.Change{}, false
	}
	_, indexed := f.shown.Load().document(id)
	if d.State != multivac.Failed && (d.State != multivac.Deleted || indexed) {
		return store.Change{}, false
	}
	at, err := f.store.Position(ctx)
	return store.Change{Position: at, Collection: d.Collection, Document: id, Revision: d.Revision, State: d.State}, err == nil
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
