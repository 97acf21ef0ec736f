package calibrate

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/store"
)

const (
	// lookInterval is the time between two looks for what other processes do to
	// the calibrations.
	lookInterval = 500 * time.Millisecond
	// readTimeout bounds reading the calibrations.
	readTimeout = 5 * time.Second
)

// A Book knows the calibrations of all collections, without asking the store. A
// change by this process counts at once, one by another process after about
// lookInterval. While the store cannot be reached, it knows what it knew.
type Book struct {
	Shared bool // other processes change the calibrations, too

	store store.Calibrations
	mu    sync.Mutex // held while known changes
	known atomic.Pointer[map[multivac.CollectionName]*multivac.Calibration]
}

// NewBook returns the book of a store. It is empty until Read.
func NewBook(s store.Calibrations) *Book {
	b := &Book{store: s}
	b.known.Store(&map[multivac.CollectionName]*multivac.Calibration{})
	return b
}

// Of returns the calibration of a collection, which must not be changed, or nil
// for none. It costs next to nothing.
func (b *Book) Of(c multivac.CollectionName) *multivac.Calibration { return (*b.known.Load())[c] }

// Read reads the calibrations from the store.
func (b *Book) Read(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	all, err := b.store.Calibrations(ctx)
	if err != nil {
		return err
	}
	known := make(map[multivac.CollectionName]*multivac.Calibration, len(all))
	for i := range all {
		if c := &all[i]; c.Validate() == nil { // a newer program may have written another form
			known[c.Collection] = c
		}
	}
	b.known.Store(&known)
	return nil
}

// Run reads what other processes do to the calibrations, until ctx ends.
func (b *Book) Run(ctx context.Context) error {
	if !b.Shared {
		return nil
	}
	for clock.Sleep(ctx, lookInterval) == nil {
		_ = b.Read(ctx) // the next look may succeed
	}
	return nil
}

// put stores a calibration.
func (b *Book) put(ctx context.Context, c multivac.Calibration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.store.PutCalibration(ctx, c); err != nil {
		return err
	}
	known := maps.Clone(*b.known.Load())
	known[c.Collection] = &c
	b.known.Store(&known)
	return nil
}

// remove removes a calibration, and reports whether there was one.
func (b *Book) remove(ctx context.Context, name multivac.CollectionName) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	changed, err := b.store.RemoveCalibration(ctx, name)
	if err != nil {
		return false, err
	}
	known := maps.Clone(*b.known.Load())
	delete(known, name)
	b.known.Store(&known)
	return changed, nil
}
