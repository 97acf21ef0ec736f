package storetest

import (
	"context"
	"sync"
	"time"

	"multivac/internal/store"
)

// Fleet is the part of a store.Shared that is not in store.Store, in memory. An
// embedded store.Store makes a store.Shared of it.
type Fleet struct {
	mu        sync.Mutex
	processes map[string]store.Process
	turns     map[string]turn
}

type turn struct {
	holder string
	until  time.Time
}

// SharedKey returns a key.
func (f *Fleet) SharedKey(context.Context) ([16]byte, error) { return [16]byte{1, 2, 3}, nil }

// Turn takes a job.
func (f *Fleet) Turn(_ context.Context, job, holder string, now, until time.Time) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.turns[job]; t.holder != holder && t.until.After(now) {
		return false, nil
	}
	if f.turns == nil {
		f.turns = map[string]turn{}
	}
	f.turns[job] = turn{holder, until}
	return true, nil
}

// Present notes a process.
func (f *Fleet) Present(_ context.Context, p store.Process, since time.Time) (all []store.Process, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.processes == nil {
		f.processes = map[string]store.Process{}
	}
	f.processes[p.ID] = p
	for _, p := range f.processes {
		if !p.Seen.Before(since) {
			all = append(all, p)
		}
	}
	return all, nil
}

// Leave forgets a process.
func (f *Fleet) Leave(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.processes, id)
	return nil
}
