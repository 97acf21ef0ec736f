package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/store"
)

// feed is a store of changes that are all there.
type feed struct {
	store.Store
	positions []multivac.Position
}

func (f feed) Follow(_ context.Context, _ multivac.Position, fn func(store.Change) error) error {
	for _, p := range f.positions {
		if err := fn(store.Change{Position: p}); err != nil {
			return err
		}
	}
	return nil
}

func (f feed) Position(context.Context) (multivac.Position, error) {
	return f.positions[len(f.positions)-1], nil
}

// Who follows rests in a crowd, but not before he has caught up, and no longer
// than he is wanted.
func TestFollowerRests(t *testing.T) {
	f := func(crowded, ended bool, want time.Duration) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := restful{feed{positions: []multivac.Position{"1", "2", "3"}}, func() bool { return crowded }}
			begun, seen := time.Now(), 0
			err := r.Follow(ctx, "", func(store.Change) error {
				if time.Since(begun) != 0 {
					t.Error("it rested before it had caught up")
				}
				if seen++; ended {
					cancel()
				}
				return nil
			})
			if took := time.Since(begun); err != nil || seen != 3 || took != want {
				t.Errorf("crowded %v, ended %v: got %d changes in %v and %v, want 3 in %v", crowded, ended, seen, took, err, want)
			}
		})
	}
	f(false, false, 0)
	f(true, false, rest)
	f(true, true, 0)
}
