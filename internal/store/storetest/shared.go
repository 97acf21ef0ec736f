package storetest

import (
	"testing"
	"time"

	"multivac/internal/store"
)

// RunShared proves a store.Shared. open returns one and the same store each
// time it is called in a test, as another process would open it.
func RunShared(t *testing.T, open func(t *testing.T) store.Shared) {
	now := time.UnixMilli(1_700_000_000_123).UTC()
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Run("one key", func(t *testing.T) {
		keys := make(chan [16]byte)
		for range 4 {
			s := open(t)
			go func() {
				key, err := s.SharedKey(t.Context())
				if err != nil {
					t.Error(err)
				}
				keys <- key
			}()
		}
		first := <-keys
		for range 3 {
			if key := <-keys; key != first || key == [16]byte{} {
				t.Errorf("one has the key %x, another %x", first, key)
			}
		}
	})
	t.Run("turns", func(t *testing.T) {
		a, b := open(t), open(t)
		turn := func(s store.Shared, job, holder string, after time.Duration, want bool) {
			t.Helper()
			at := now.Add(after)
			got, err := s.Turn(t.Context(), job, holder, at, at.Add(10*time.Second))
			if must(t, err); got != want {
				t.Errorf("the turn of %s at %s after %s: %v, want %v", holder, job, after, got, want)
			}
		}
		turn(a, "sweep", "a", 0, true)
		turn(b, "sweep", "b", time.Second, false)
		turn(b, "purge", "b", time.Second, true)
		turn(a, "sweep", "a", 5*time.Second, true)
		turn(b, "sweep", "b", 14*time.Second, false)
		turn(b, "sweep", "b", 15*time.Second, true)
		turn(a, "sweep", "a", 17*time.Second, false)
	})
	t.Run("one turn for many at once", func(t *testing.T) {
		got := make(chan bool)
		for _, holder := range []string{"a", "b", "c", "d"} {
			s := open(t)
			go func() {
				mine, err := s.Turn(t.Context(), "rush", holder, now, now.Add(time.Second))
				if err != nil {
					t.Error(err)
				}
				got <- mine
			}()
		}
		n := 0
		for range 4 {
			if <-got {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d have the turn, want 1", n)
		}
	})
	t.Run("processes", func(t *testing.T) {
		a, b := open(t), open(t)
		web := store.Process{ID: "w", Role: "web", Version: "v1.2", Host: "h/1", Form: 2, Needs: 1, Joining: true, Seen: now}
		worker := store.Process{ID: "k", Role: "worker", Version: "v1.1", Host: "h/2", Form: 1, Needs: 1, Seen: now.Add(3 * time.Second)}
		present := func(s store.Shared, p store.Process, since time.Time, want ...store.Process) {
			t.Helper()
			all, err := s.Present(t.Context(), p, since)
			must(t, err)
			got := map[string]store.Process{}
			for _, p := range all {
				got[p.ID] = p
			}
			for _, p := range want {
				if got[p.ID] != p {
					t.Errorf("process %s is %+v, want %+v", p.ID, got[p.ID], p)
				}
			}
			if len(all) != len(want) {
				t.Errorf("%d processes are there, want %d", len(all), len(want))
			}
		}
		present(a, web, now.Add(-time.Second), web)
		present(b, worker, now.Add(-time.Second), web, worker)
		present(b, worker, now.Add(time.Second), worker)
		web.Joining, web.Seen = false, now.Add(4*time.Second)
		present(a, web, now.Add(time.Second), web, worker)
		must(t, a.Leave(t.Context(), "w"))
		must(t, a.Leave(t.Context(), "w"))
		present(b, worker, now, worker)
	})
}
