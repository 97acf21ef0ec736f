package app

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/store"
)

// rest is how long the follower rests in a crowd.
const rest = 25 * time.Millisecond

// A restful store lets who follows it rest, once he has caught up, while many
// tell: each look at the feed costs about as much for one change as for sixty,
// and with each commit of a crowd a few come.
type restful struct {
	store.Store
	crowded func() bool
}

// Follow implements store.Store.
func (r restful) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	return r.Store.Follow(ctx, after, func(c store.Change) error {
		if err := fn(c); err != nil || !r.crowded() {
			return err
		}
		if end, err := r.Position(ctx); err != nil || end > c.Position {
			return err
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
		}
		return nil
	})
}
