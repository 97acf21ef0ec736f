package tell

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/store"
)

// slowly keeps documents only after a while.
type slowly struct{ store.Store }

func (s slowly) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error) {
	time.Sleep(time.Second)
	return s.Store.Put(ctx, tellings, now)
}

// Who tells alone is no crowd, however much; many at the same time are, and a
// moment later.
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
			if got := w.service.Crowded(); got != want {
				t.Errorf("with %d who tell it is crowded: %v, want %v", tellers, got, want)
			}
			all.Wait()
			time.Sleep(time.Second)
			if w.service.Crowded() {
				t.Errorf("a second after %d told it is still crowded", tellers)
			}
		}
		f(1, false)
		f(aCrowd-1, false)
		f(aCrowd, true)
		f(16, true)
	})
}

// While it is crowded few documents are worked on at a time, unless they have
// waited for long, and all of them in the end.
func TestWorkersMakeRoom(t *testing.T) {
	most := func(crowded bool, waited time.Duration) int64 {
		var now, most atomic.Int64
		inTime(t, func(t *testing.T, s store.Store) {
			w := newWorld(s)
			w.worker.Crowded = func() bool { return crowded }
			w.worker.extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Millisecond)
				now.Add(-1)
				return formats.All.Extract(ctx, mediaType, body, extract.Default)
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
	if got := most(true, 0); got != ofABeat {
		t.Errorf("while it is crowded %d documents were worked on at a time, want %d", got, ofABeat)
	}
	if got := most(true, patience); got <= ofABeat {
		t.Errorf("of what has waited for long %d documents were worked on at a time, want more than %d", got, ofABeat)
	}
	if got := most(false, 0); got <= ofABeat {
		t.Errorf("otherwise %d documents were worked on at a time, want more than %d", got, ofABeat)
	}
}

// While it is crowded, documents that take long hold up no other.
func TestSlowDocumentsInACrowd(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.Crowded = func() bool { return true }
		w.worker.extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			if string(body) == "Slow." {
				time.Sleep(time.Minute)
			}
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		var slow []multivac.Telling
		for i := range 2 * ofABeat {
			slow = append(slow, telling(fmt.Sprint(i), "Slow."))
		}
		quick := telling("quick", "A fact.")
		w.tell(t, multivac.WaitStored, append(slow, quick)...)
		begun := time.Now()
		w.run(t)
		w.tell(t, multivac.WaitIndexed, quick)
		if took := time.Since(begun); took > 3*beat {
			t.Errorf("what was told after slow documents was answered from after %s, want %s", took, 2*beat)
		}
		w.tell(t, multivac.WaitIndexed, slow...)
		if took := time.Since(begun); took < time.Minute {
			t.Errorf("the slow ones were ready after %s", took)
		}
	})
}
