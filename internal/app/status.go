package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"multivac"
	"multivac/internal/store"
)

// statusTimeout is how long the status waits for the store.
const statusTimeout = 2 * time.Second

// A library knows of a Status what only the whole knows: how much is still to
// be cut anew or enriched, what is wrong with the queue and the data folder, and
// that it is not ready any more once it is stopping.
type library struct {
	multivac.Library
	app *App
}

func (l library) Status(ctx context.Context) (multivac.Status, error) {
	asking, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	st, err := l.Library.Status(asking)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		err = multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "the store does not answer")
	}
	st.Outdated = l.app.recut.Left()
	if of, ok := l.app.store.(store.Spacious); ok {
		is := of.Space()
		st.StoreBytes, st.FreeBytes = is.Total, is.Free
	}
	st.Meaning, st.MeaningReason = string(l.app.meaning), l.app.unfit
	if reason := l.app.queued.reason(); reason != "" && l.app.role == Worker {
		st.Ready, st.Reason = false, reason
	}
	if away := l.app.inPlace(); away != nil {
		st.Ready, st.Reason = false, away.Error()
	}
	if l.app.stopping.Load() {
		st.Ready, st.Reason = false, "stopping"
	}
	return st, err
}

// A workerLibrary knows the status of a process without an index.
type workerLibrary struct {
	multivac.Library // nil
	store            store.Store
}

func (w workerLibrary) Status(ctx context.Context) (st multivac.Status, err error) {
	st.Pending, err = w.store.Pending(ctx)
	st.Ready = err == nil
	return st, err
}

// unread returns what says whether anything was told to a collection from which
// nothing is answered. What is indexed there is still to be followed.
func unread(s store.Store) func(context.Context, multivac.CollectionName) (pending, failed bool, err error) {
	return func(ctx context.Context, c multivac.CollectionName) (pending, failed bool, err error) {
		has := func(state multivac.State) bool {
			if err != nil {
				return false
			}
			var p multivac.Page
			p, err = s.Documents(ctx, multivac.Listing{Collection: c, State: state, Limit: 1})
			return len(p.Documents) > 0
		}
		if !has("") {
			return false, false, err
		}
		failed = has(multivac.Failed)
		return has(multivac.Pending) || has(multivac.Indexed), failed, err
	}
}

// checkQueueEvery is how often the queue is looked at.
const checkQueueEvery = 2 * time.Second

// A checked queue can tell what is wrong with it.
type checked interface {
	// Check returns an error with its remedy where the queue cannot be
	// reached, or may lose what is in it.
	Check(ctx context.Context) error
}

// A hint is what is known of the queue.
type hint struct {
	mu    sync.Mutex
	known bool
	wrong string
}

// set reports whether that is new.
func (h *hint) set(err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	wrong := ""
	if err != nil {
		wrong = err.Error()
	}
	changed := wrong != h.wrong
	h.known, h.wrong = true, wrong
	return changed
}

func (h *hint) reason() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.known {
		return "looking at the queue"
	}
	return h.wrong
}

// watchQueue looks at the queue until ctx ends, and says what is wrong with
// it. All roles go on: the store knows what is to be done, whatever the queue
// loses, and the workers' sweepers find it there, a second later.
func (a *App) watchQueue(ctx context.Context) error {
	q, ok := a.queue.(checked)
	if !ok {
		a.queued.set(nil)
		return nil
	}
	for {
		trying, cancel := context.WithTimeout(ctx, checkQueueEvery)
		err := q.Check(trying)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			err = multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "the queue does not answer")
		}
		if ctx.Err() != nil {
			return nil
		}
		if a.queued.set(err) {
			if err != nil {
				a.log().Warn("the queue is not as it should be; what is told is kept, and worked on a little later", "error", err)
			} else {
				a.log().Info("the queue is as it should be again")
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(checkQueueEvery):
		}
	}
}
