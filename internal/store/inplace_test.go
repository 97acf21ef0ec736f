package store_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/store"
)

// movable is a store whose folder is away while wrong is set.
type movable struct{ wrong atomic.Value }

func (m *movable) InPlace() error {
	if s, _ := m.wrong.Load().(string); s != "" {
		return errors.New(s)
	}
	return nil
}

// That a folder was taken away is told once, within a second, and so is that it
// is back. A folder that is away at the end is an error.
func TestWatchPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m movable
		var told []string
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- store.WatchPlace(ctx, &m, func(err error) {
				if err == nil {
					told = append(told, "back")
				} else {
					told = append(told, err.Error())
				}
			})
		}()
		for _, wrong := range []string{"", "away", "replaced", "", "away"} {
			m.wrong.Store(wrong)
			time.Sleep(10 * time.Second)
		}
		cancel()
		if err := <-done; err == nil || err.Error() != "away" {
			t.Errorf("away at the end: got %v", err)
		}
		if want := []string{"away", "replaced", "back", "away"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}
