package follow

import (
	"context"
	"sync"
	"time"

	"multivac"
)

// A Lag measures how long an index has not moved while it was behind the store.
type Lag struct {
	follower *Follower

	mu    sync.Mutex
	since time.Time         // when the index was first seen behind at that position
	at    multivac.Position // of the index
}

// NewLag returns a measure of f.
func NewLag(f *Follower) *Lag { return &Lag{follower: f} }

// Measure returns how long the index has been at the same position behind the
// store, as seen from one call to the next. It is 0 if the index is not behind,
// or has moved since the last call.
func (l *Lag) Measure(ctx context.Context) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	end, err := l.follower.store.Position(ctx)
	at := l.follower.sink.Position()
	if err != nil || at >= end {
		l.since = time.Time{}
		return 0
	}
	if l.since.IsZero() || l.at != at {
		l.since, l.at = time.Now(), at
	}
	return time.Since(l.since)
}
