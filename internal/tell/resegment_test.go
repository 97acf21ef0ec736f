package tell

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/store"
)

// whole makes one passage of a text, as an older version may have.
func whole(text string) []multivac.Passage {
	return []multivac.Passage{{Kind: multivac.Prose, End: len(text), Text: text, Sentences: []multivac.Span{{End: len(text)}}}}
}

func halves(text string) []multivac.Passage {
	if strings.HasPrefix(text, "Breaks") {
		panic("cannot cut this")
	}
	n := len(text) / 2
	return []multivac.Passage{
		{Kind: multivac.Prose, End: n, Text: text[:n], Sentences: []multivac.Span{{End: n}}},
		{Number: 1, Kind: multivac.Prose, Start: n, End: len(text), Text: text[n:], Sentences: []multivac.Span{{Start: n, End: len(text)}}},
	}
}

func TestOutdatedDocumentsAreCutAnew(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.segment = whole
		stop := w.run(t)
		var tellings []multivac.Telling
		for i := range 20 {
			tellings = append(tellings, telling(fmt.Sprint(i), fmt.Sprintf("Crate %d holds lamps.", i)))
		}
		tellings[7] = telling("7", "Breaks the segmenter.")
		w.tell(t, multivac.WaitIndexed, tellings...)
		before, _ := w.follower.View(multivac.DefaultCollection)
		stop()

		// The next version of the program.
		w = newWorld(s)
		r := NewResegmenter(s, w.queue)
		r.version, r.segment = r.version+1, halves
		var broken []multivac.DocumentID
		var mu sync.Mutex
		r.Observe = func(id multivac.DocumentID, err error) {
			mu.Lock()
			defer mu.Unlock()
			if broken = append(broken, id); id == "" {
				t.Errorf("Observe: %v", err)
			}
		}
		w.run(t)
		p, err := s.Position(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.follower.Reach(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		seen := map[int]bool{} // what was left, and what was answered from meanwhile
		for r.Left() > 0 || len(seen) == 0 {
			v, _ := w.follower.View(multivac.DefaultCollection)
			if documents, passages := v.Index.Size(); documents != 20 || passages < 20 || passages > 39 {
				t.Fatalf("with %d left, %d passages of %d documents are answered from", r.Left(), passages, documents)
			}
			seen[r.Left()] = true
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if p, err = s.Position(t.Context()); err == nil {
			err = w.follower.Reach(t.Context(), p)
		}
		v, _ := w.follower.View(multivac.DefaultCollection)
		if documents, passages := v.Index.Size(); err != nil || documents != 20 || passages != 39 {
			t.Errorf("afterwards %d passages of %d documents, %v, want 39 of 20: one cannot be cut", passages, documents, err)
		}
		if v.Fingerprint == before.Fingerprint {
			t.Error("the fingerprint is as before, so that old answers would be given")
		}
		if len(broken) != 1 || broken[0] != tellings[7].ID() {
			t.Errorf("told of %v, want the one that breaks the segmenter", broken)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// Cutting anew waits while something that was told waits for a worker.
func TestResegmenterStepsBack(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.segment = whole
		stop := w.run(t)
		w.tell(t, multivac.WaitIndexed, telling("a", "One two."))
		stop()
		r := NewResegmenter(s, w.queue)
		r.version, r.segment = r.version+1, halves
		if err := w.queue.Enqueue(t.Context(), multivac.Task{Document: "x", Revision: 1}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(time.Hour)
		if r.Left() != 1 {
			t.Errorf("%d left while there is other work, want 1", r.Left())
		}
		cancel()
		<-done
	})
}

// Of several resegmenters on one store the one cuts whose turn it is; the
// others see what is left, and go on when it has gone.
func TestResegmentersTakeTurns(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.segment = whole
		stop := w.run(t)
		w.tell(t, multivac.WaitIndexed, telling("a", "One two."), telling("b", "Three four."))
		stop()
		r := NewResegmenter(s, w.queue)
		r.version, r.segment = r.version+1, halves
		var mine atomic.Bool
		r.Turn = func(context.Context) bool { return mine.Load() }
		watcher := NewResegmenter(s, w.queue)
		watcher.version = r.version
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- r.Run(ctx) }()
		go func() { done <- watcher.Watch(ctx) }()
		left := func(want int) {
			t.Helper()
			time.Sleep(2 * time.Minute)
			if n, err := s.CountOutdated(t.Context(), r.version); n != want || r.Left() != want || watcher.Left() != want || err != nil {
				t.Errorf("%d outdated, %v, and %d and %d are said to be; want %d", n, err, r.Left(), watcher.Left(), want)
			}
		}
		left(2)
		mine.Store(true)
		left(0)
		cancel()
		<-done
		<-done
	})
}
