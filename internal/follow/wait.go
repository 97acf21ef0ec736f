package follow

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/store"
)

// next returns a channel that is closed at the next move, and how far everything
// is answered from here.
func (f *Follower) next() (moved <-chan struct{}, at multivac.Position, ready bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moved, f.at, f.ready
}

// unknownTime is after how long a position beyond the end of the store is taken
// to be one of another store. Before that, a server that has just become the
// primary may not know its own positions yet.
const unknownTime = 500 * time.Millisecond

// Reach waits until everything up to p is answered from here, and all that
// was published at the start. Where ctx ends first it returns ErrBehind with
// RetryAfter; ErrInvalid where the store has never come to p.
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

// recheckInterval is how often Settled asks the store about a revision of which
// the feed has said nothing.
const recheckInterval = 2 * time.Second

// Settled waits until that revision of the document, or a later one, is
// answered from here, has failed or is deleted. The change that it returns says
// which, and from which position on that can be seen; it has no texts. It
// returns ctx's error where ctx ends first.
func (f *Follower) Settled(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, error) {
	for {
		// The feed may have named the revision before the scan that this index was
		// made from, or so long ago that it is forgotten: then only the store knows.
		again := time.After(recheckInterval)
		for waiting := true; waiting; {
			moved, _, _ := f.next() // before the look, so that no move falls between
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

// outcome returns what the sink and the feed say of a revision.
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

// ask returns what the store says of a revision that will not be found. An
// error leaves it unknown: it is asked again until ctx ends.
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
