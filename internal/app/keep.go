package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/keep"
	"multivac/internal/queue"
	"multivac/internal/store"
)

// newKeeper lets those bring keys who may make them, and whoever has the
// folder itself.
func newKeeper(s store.Store, q queue.Queue) *keep.Service {
	k := keep.New(s, q)
	k.Keys = func(ctx context.Context) bool {
		c, known := auth.From(ctx)
		return !known || c.Has(multivac.ScopeAdmin)
	}
	return k
}

// OpenKeeper opens what looks after the store of the settings, which it makes
// if missing, and runs nothing of what would need it to be sound. It returns an
// ErrInUse where a server has the data folder.
func OpenKeeper(ctx context.Context, s Settings) (multivac.Keeper, func() error, error) {
	db, shut, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	q, err := s.queue()
	if err != nil {
		return nil, nil, errors.Join(err, shut())
	}
	return newKeeper(db, q), func() error { return errors.Join(q.Close(), shut()) }, nil
}

// watchFollower has the telemetry see how the index follows the store.
func (a *App) watchFollower() {
	a.follower.OnRetry = func(err error) { a.log().Warn("the index waits for the store and tries again", "error", err) }
	t := a.telemetry
	t.Gauge("multivac_follow_lag_seconds", "How long the index has stood still behind the store, as seen from one scrape to the next; 0 where it does not.", a.lag())
	t.Counter("multivac_follow_changes_total", "Changes of the store that the index has followed.", func() float64 { return float64(a.follower.Stats().Changes) })
	t.Counter("multivac_follow_batches_total", "Steps in which it did.", func() float64 { return float64(a.follower.Stats().Batches) })
	t.Counter("multivac_follow_rebuilds_total", "Times that the whole index was made, the start among them.", func() float64 { return float64(a.follower.Stats().Rebuilds) })
}

// lag returns a measure of how long the index has stood still behind the
// store. It knows no more than what it saw when it was called before.
func (a *App) lag() func() float64 {
	var mu sync.Mutex
	var since time.Time // when it was first seen to be behind at that position
	var at multivac.Position
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		end, err := a.store.Position(context.Background())
		now := a.follower.Status().Position
		if err != nil || now >= end {
			since = time.Time{}
			return 0
		}
		if since.IsZero() || at != now {
			since, at = time.Now(), now
		}
		return time.Since(since).Seconds()
	}
}
