package follow

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/store"
)

// next returns a channel that is closed at the next move, and the position from
// which questions are answered here.
func (f *Follower) next() (moved <-chan struct{}, at multivac.Position, ready bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved, f.at, f.ready
}

// unknownTime is how long a position beyond the end of the store is tolerated,
// before it is taken for one of another store. A server that has just become
// the primary may at first not know its own latest positions.
const unknownTime = 500 * time.Millisecond

// Reach waits until questions are answered from p and from everything that was
// published at the start. It returns ErrBehind with RetryAfter if ctx ends
// first, and ErrInvalid if the store has never reached p.
func (f *Follower) Reach(ctx context.Context, p multivac.Position) error {
	var doubt <-chan time.Time
	for first := true; ; first = false {
		moved, at, ready := f.next()
		if ready && at >= p {
			return nil
		}
		if first && f.beyond(ctx, p) {
			doubt = time.After(unknownTime)
		}
		select {
		case <-moved:
		case <-doubt:
			if f.beyond(ctx, p) {
				return multivac.Errorf(multivac.ErrInvalid, "use one that a receipt or an answer gave, or none",
					"%q is no position of this store", multivac.Clip(string(p), 80))
			}
		case <-ctx.Done():
			return f.behind(p)
		}
	}
}

// beyond reports whether p is beyond the end of the store.
func (f *Follower) beyond(ctx context.Context, p multivac.Position) bool {
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

// recheckInterval is how often Settled asks the store about a revision that the
// feed has not mentioned.
const recheckInterval = 2 * time.Second

// Settled waits until that revision of the document, or a later one, is found,
// has failed or is deleted. The returned change says which, and at which
// position; it has no texts. Settled returns ctx's error if ctx ends first.
func (f *Follower) Settled(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, error) {
	for {
		// The feed may have named the revision before the scan that this index
		// was made from, or so long ago that it is forgotten. Then only the
		// store knows.
		again := time.After(recheckInterval)
		for waiting := true; waiting; {
			moved, _, _ := f.next() // before the look, so that no move is missed
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

// outcome returns what the sink and the feed know of a revision.
func (f *Follower) outcome(id multivac.DocumentID, r multivac.Revision) (store.Change, bool) {
	found, ok := f.sink.Revision(id)
	at := f.sink.Position() // after the look, so that it is not before that revision
	f.mu.Lock()
	defer f.mu.Unlock()
	if ok && found >= r {
		return store.Change{Position: max(at, f.floor), Document: id, Revision: found, State: multivac.Indexed}, true
	}
	c, ok := f.settled.find(id)
	return c, ok && c.Revision >= r
}

// ask returns what the store knows of a revision that will not be found. After
// an error the revision stays unknown, and Settled asks again until ctx ends.
func (f *Follower) ask(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, bool) {
	d, err := f.store.Document(ctx, id)
	if err != nil || d.Revision < r {
		return store.Change{}, false
	}
	_, found := f.sink.Revision(id)
	if d.State != multivac.Failed && (d.State != multivac.Deleted || found) {
		return store.Change{}, false
	}
	at, err := f.store.Position(ctx)
	return store.Change{Position: at, Collection: d.Collection, Document: id, Revision: d.Revision, State: d.State}, err == nil
}
