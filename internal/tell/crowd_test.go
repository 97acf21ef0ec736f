package tell_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/extract"
	"multivac/internal/store"
)

// slowly is a store that takes a second to keep documents.
type slowly struct{ store.Store }

func (s slowly) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error) {
	time.Sleep(time.Second)
	return s.Store.Put(ctx, tellings, now)
}

// One caller is no crowd, however much it tells. Many at the same time are, and
// for a moment after that.
func TestCrowded(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(slowly{s})
		f := func(tellers int, want bool) {
			t.Helper()
			var all sync.WaitGroup
			for n := range tellers {
				all.Go(func() {
					w.tell(t, multivac.WaitStored, telling(fmt.Sprint(tellers, n, 1), "One."), telling(fmt.Sprint(tellers, n, 2), "Two."))
				})
			}
			synctest.Wait()
			if got := w.crowd.Crowded(); got != want {
				t.Errorf("with %d who tell it is crowded: %v, want %v", tellers, got, want)
			}
			all.Wait()
			time.Sleep(time.Second)
			if w.crowd.Crowded() {
				t.Errorf("a second after %d told it is still crowded", tellers)
			}
		}
		f(1, false)
		f(3, false)
		f(4, true)
		f(16, true)
	})
}

// crowded keeps the world crowded until the end of the test.
func (w *world) crowded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for range 3 {
			defer w.crowd.Enter()()
		}
		for ctx.Err() == nil {
			w.crowd.Enter()()
			_ = clock.Sleep(ctx, 10*time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); all.Wait() })
}

// In a crowd few documents are worked on at a time, unless they have waited for
// long, and all of them in the end.
func TestWorkersMakeRoom(t *testing.T) {
	most := func(crowded bool, waited time.Duration) int64 {
		var now, most atomic.Int64
		inTime(t, func(t *testing.T, s store.Store) {
			w := newWorld(s)
			if crowded {
				w.crowded(t)
			}
			w.worker.Extract = func(mediaType string, body []byte) (extract.Extracted, error) {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Millisecond)
				now.Add(-1)
				return extract.Extract(mediaType, body)
			}
			tellings := make([]multivac.Telling, 4*w.worker.Workers)
			for i := range tellings {
				tellings[i] = telling(fmt.Sprint(i), "A fact.")
			}
			w.tell(t, multivac.WaitStored, tellings...)
			time.Sleep(waited)
			w.run(t)
			for _, r := range w.tell(t, multivac.WaitIndexed, tellings...) {
				if r.State != multivac.Indexed {
					t.Errorf("crowded %v: got %+v, want indexed", crowded, r)
				}
			}
		})
		return most.Load()
	}
	if got := most(true, 0); got != 16 {
		t.Errorf("while it is crowded %d documents were worked on at a time, want 16", got)
	}
	if got := most(true, 5*time.Second); got <= 16 {
		t.Errorf("of documents that have waited for long %d were worked on at a time, want more than 16", got)
	}
	if got := most(false, 0); got <= 16 {
		t.Errorf("otherwise %d documents were worked on at a time, want more than 16", got)
	}
}

// In a crowd, documents that take long do not delay others.
func TestSlowDocumentsInACrowd(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.crowded(t)
		w.worker.Extract = func(mediaType string, body []byte) (extract.Extracted, error) {
			if string(body) == "Slow." {
				time.Sleep(time.Minute)
			}
			return extract.Extract(mediaType, body)
		}
		var slow []multivac.Telling
		for i := range 2 * 16 {
			slow = append(slow, telling(fmt.Sprint(i), "Slow."))
		}
		quick := telling("quick", "A fact.")
		w.tell(t, multivac.WaitStored, append(slow, quick)...)
		begun := time.Now()
		w.run(t)
		w.tell(t, multivac.WaitIndexed, quick)
		if took := time.Since(begun); took > 75*time.Millisecond {
			t.Errorf("what was told after slow documents was answered from after %s, want 50 ms", took)
		}
		w.tell(t, multivac.WaitIndexed, slow...)
		if took := time.Since(begun); took < time.Minute {
			t.Errorf("the slow ones were ready after %s", took)
		}
	})
}
