package storetest

import (
	"testing"
	"time"

	"multivac/internal/store"
)

// RunShared proves a store.Shared. In each test open returns one and the same
// store each time, as another process would open it.
func RunShared(t *testing.T, open func(t *testing.T) store.Shared) {
	for name, test := range map[string]func(*sharing){
		"one key":                    oneKey,
		"turns":                      turns,
		"one turn for many at once":  oneTurn,
		"processes see one another":  processes,
		"processes that leave leave": leaving,
	} {
		t.Run(name, func(t *testing.T) {
			test(&sharing{T: t, open: open, now: time.UnixMilli(1_700_000_000_123).UTC()})
		})
	}
}

// A sharing is a store that the processes of a test share.
type sharing struct {
	*testing.T
	open func(t *testing.T) store.Shared
	now  time.Time
}

func (s *sharing) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// together calls do with one store for each of so many processes, all at the same
// time, and returns their results.
func together[T any](s *sharing, processes int, do func(store.Shared) (T, error)) []T {
	results := make(chan T)
	for range processes {
		shared := s.open(s.T)
		go func() {
			r, err := do(shared)
			if err != nil {
				s.Error(err)
			}
			results <- r
		}()
	}
	all := make([]T, processes)
	for i := range all {
		all[i] = <-results
	}
	return all
}

func oneKey(s *sharing) {
	keys := together(s, 4, func(shared store.Shared) ([16]byte, error) { return shared.SharedKey(s.Context()) })
	for _, key := range keys {
		if key != keys[0] || key == [16]byte{} {
			s.Errorf("one has the key %x, another %x", keys[0], key)
		}
	}
}

func turns(s *sharing) {
	a, b := s.open(s.T), s.open(s.T)
	f := func(of store.Shared, job, holder string, after time.Duration, want bool) {
		s.Helper()
		at := s.now.Add(after)
		got, err := of.Turn(s.Context(), job, holder, at, at.Add(10*time.Second))
		if s.must(err); got != want {
			s.Errorf("the turn of %s at %s after %s: %v, want %v", holder, job, after, got, want)
		}
	}
	f(a, "sweep", "a", 0, true)
	f(b, "sweep", "b", time.Second, false)
	f(b, "purge", "b", time.Second, true)
	f(a, "sweep", "a", 5*time.Second, true)
	f(b, "sweep", "b", 14*time.Second, false)
	f(b, "sweep", "b", 15*time.Second, true)
	f(a, "sweep", "a", 17*time.Second, false)
}

func oneTurn(s *sharing) {
	holders := make(chan string, 4)
	for _, holder := range []string{"a", "b", "c", "d"} {
		holders <- holder
	}
	n := 0
	for _, mine := range together(s, 4, func(shared store.Shared) (bool, error) {
		return shared.Turn(s.Context(), "rush", <-holders, s.now, s.now.Add(time.Second))
	}) {
		if mine {
			n++
		}
	}
	if n != 1 {
		s.Errorf("%d have the turn, want 1", n)
	}
}

// present notes a process, and wants those to be there.
func (s *sharing) present(of store.Shared, p store.Process, since time.Time, want ...store.Process) {
	s.Helper()
	all, err := of.Present(s.Context(), p, since)
	s.must(err)
	got := map[string]store.Process{}
	for _, p := range all {
		got[p.ID] = p
	}
	for _, p := range want {
		if got[p.ID] != p {
			s.Errorf("process %s is %+v, want %+v", p.ID, got[p.ID], p)
		}
	}
	if len(all) != len(want) {
		s.Errorf("%d processes are there, want %d", len(all), len(want))
	}
}

// webAndWorker are two processes. The worker is seen 3 seconds after the web.
func (s *sharing) webAndWorker() (web, worker store.Process) {
	return store.Process{ID: "w", Role: "web", Version: "v1.2", Host: "h/1", Form: 2, Needs: 1, Joining: true, Seen: s.now},
		store.Process{ID: "k", Role: "worker", Version: "v1.1", Host: "h/2", Form: 1, Needs: 1, Seen: s.now.Add(3 * time.Second)}
}

func processes(s *sharing) {
	a, b := s.open(s.T), s.open(s.T)
	web, worker := s.webAndWorker()
	s.present(a, web, s.now.Add(-time.Second), web)
	s.present(b, worker, s.now.Add(-time.Second), web, worker)
	s.present(b, worker, s.now.Add(time.Second), worker)
	web.Joining, web.Seen = false, s.now.Add(4*time.Second)
	s.present(a, web, s.now.Add(time.Second), web, worker)
}

func leaving(s *sharing) {
	a, b := s.open(s.T), s.open(s.T)
	web, worker := s.webAndWorker()
	s.present(a, web, s.now, web)
	s.must(a.Leave(s.Context(), "w"))
	s.must(a.Leave(s.Context(), "w"))
	s.present(b, worker, s.now, worker)
}
