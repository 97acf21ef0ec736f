package tell_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/meaning"
	"multivac/internal/store"
	"multivac/internal/tell"
	"multivac/internal/text"
)

// whole makes one passage of a text, as an older segmenter may.
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

func TestOutdatedDocumentsAreRefreshed(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.maker.Segment = whole
		stop := w.run(t)
		var tellings []multivac.Telling
		for i := range 20 {
			tellings = append(tellings, telling(fmt.Sprint(i), fmt.Sprintf("Crate %d holds lamps.", i)))
		}
		tellings[7] = telling("7", "Breaks the segmenter.")
		w.tell(t, multivac.WaitIndexed, tellings...)
		before, _ := w.index.View(multivac.DefaultCollection)
		stop()

		// The next version of the program.
		w = newWorld(s)
		r := tell.NewRefresher(s, w.queue, w.maker)
		w.maker.Segmenter, w.maker.Segment = w.maker.Segmenter+1, halves
		var broken []multivac.DocumentID
		var mu sync.Mutex
		r.Events.RefreshFailed = func(id multivac.DocumentID, err error) {
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
		seen := map[int]bool{} // the numbers of outdated documents that were seen
		for r.Left() > 0 || len(seen) == 0 {
			v, _ := w.index.View(multivac.DefaultCollection)
			if documents, passages := v.Documents, v.Passages; documents != 20 || passages < 20 || passages > 39 {
				t.Fatalf("with %d left, %d passages of %d documents are answered from", r.Left(), passages, documents)
			}
			seen[r.Left()] = true
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if p, err = s.Position(t.Context()); err == nil {
			err = w.follower.Reach(t.Context(), p)
		}
		v, _ := w.index.View(multivac.DefaultCollection)
		if documents, passages := v.Documents, v.Passages; err != nil || documents != 20 || passages != 39 {
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

// A refresh waits while documents wait for a worker.
func TestRefresherGivesWay(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.maker.Segment = whole
		stop := w.run(t)
		w.tell(t, multivac.WaitIndexed, telling("a", "One two."))
		stop()
		r := tell.NewRefresher(s, w.queue, w.maker)
		w.maker.Segmenter, w.maker.Segment = w.maker.Segmenter+1, halves
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

// Of several refreshers on one store the one works whose turn it is. The others
// count what is left.
func TestRefreshersTakeTurns(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.maker.Segment = whole
		stop := w.run(t)
		w.tell(t, multivac.WaitIndexed, telling("a", "One two."), telling("b", "Three four."))
		stop()
		r := tell.NewRefresher(s, w.queue, w.maker)
		w.maker.Segmenter, w.maker.Segment = w.maker.Segmenter+1, halves
		var mine atomic.Bool
		r.Turn = func(context.Context) bool { return mine.Load() }
		watcher := tell.NewRefresher(s, w.queue, w.maker)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- r.Run(ctx) }()
		go func() { done <- watcher.Watch(ctx) }()
		left := func(want int) {
			t.Helper()
			time.Sleep(2 * time.Minute)
			if n, err := s.CountOutdated(t.Context(), store.Version{Segmenter: w.maker.Segmenter}); n != want || r.Left() != want || watcher.Left() != want || err != nil {
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

// sized makes vectors in no time: each byte is the length of the sentence.
func sized(_ context.Context, _ string, p multivac.Passage) ([]byte, error) {
	var all []byte
	for _, s := range p.Sentences {
		all = append(all, bytes.Repeat([]byte{byte(s.End - s.Start)}, store.VectorSize)...)
	}
	return all, nil
}

// refreshing runs a world with a refresher that makes vectors.
func refreshing(t *testing.T, s store.Store, vectors func(context.Context, string, multivac.Passage) ([]byte, error)) (*world, *tell.Refresher) {
	w := newWorld(s)
	w.index.Vectors = meaning.Version
	r := tell.NewRefresher(s, w.queue, w.maker)
	w.maker.Vectors = vectors
	w.worker.Events.Attempted = func(_ context.Context, a tell.Attempt) {
		if a.Err == nil {
			r.Wake()
		}
	}
	w.run(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return w, r
}

// indexed reports whether the index has vectors.
func indexed(w *world) bool {
	v, _ := w.index.View(multivac.DefaultCollection)
	f, err := w.index.Find(context.Background(), find.Query{In: v, Vector: &meaning.Vector{1}, Nearest: 1})
	return err == nil && len(f.Hits) > 0
}

// outdated returns how many documents are outdated for a program that makes
// vectors.
func outdated(t *testing.T, s store.Store) int {
	t.Helper()
	n, err := s.CountOutdated(t.Context(), store.Version{Segmenter: text.Version, Vectors: meaning.Version})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// scanned returns the published documents by their source.
func scanned(t *testing.T, s store.Store) map[string]store.Change {
	t.Helper()
	all := map[string]store.Change{}
	if err := s.Scan(t.Context(), func(c store.Change) error { all[c.Source] = c; return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestVectorsAreMade(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		var titles sync.Map
		begun := make(chan struct{})
		w, r := refreshing(t, s, func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
			<-begun
			titles.Store(title, true)
			return sized(ctx, title, p)
		})
		synctest.Wait()
		one := telling("a", "# Pumps\n\nThe pump stops. It starts again.")
		one.Title = "Manual"
		w.tell(t, multivac.WaitIndexed, one, telling("b", "It is cold."))
		before, _ := w.index.View(multivac.DefaultCollection)
		if indexed(w) {
			t.Error("vectors are indexed before there are any")
		}
		close(begun)
		time.Sleep(time.Second)
		got := scanned(t, s)
		if p, v := got["a"].Passages, got["a"].Vectors; len(p) != 1 || len(p[0].Sentences) != 2 || v[0] != byte(len("The pump stops.")) || v[store.VectorSize] != byte(len("It starts again.")) {
			t.Errorf("a second after it was told: %+v", p)
		}
		if _, said := titles.Load("Manual"); !said {
			t.Error("the vectors were made without the title")
		}
		after, _ := w.index.View(multivac.DefaultCollection)
		if !indexed(w) || before.Fingerprint == after.Fingerprint {
			t.Errorf("vectors are indexed: %t; the same fingerprint: %t", indexed(w), before.Fingerprint == after.Fingerprint)
		}
		if n := outdated(t, s); n != 0 || r.Left() != 0 {
			t.Errorf("%d documents are outdated, %d are said to be", n, r.Left())
		}
		// Where no vectors are made, the existing ones stay, are not indexed, and
		// no document is outdated.
		w.tell(t, multivac.WaitIndexed, telling("c", "It is warm."))
		time.Sleep(time.Second)
		off := newWorld(s)
		if n, err := s.CountOutdated(t.Context(), store.Version{Segmenter: text.Version}); n != 0 || err != nil {
			t.Errorf("without vectors %d documents are to be cut anew, %v", n, err)
		}
		off.run(t)
		time.Sleep(time.Second)
		if _, some := off.index.View(multivac.DefaultCollection); !some || indexed(off) {
			t.Errorf("where they are off, documents are indexed: %t, and vectors: %t", some, indexed(off))
		}
	})
}

// A document whose vectors cannot be made goes without, and is not tried again.
func TestVectorsCannotBeMade(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w, r := refreshing(t, s, func(context.Context, string, multivac.Passage) ([]byte, error) { panic("too strange") })
		var told atomic.Int32
		r.Events.RefreshFailed = func(_ multivac.DocumentID, err error) {
			told.Add(1)
			if !strings.Contains(err.Error(), "while it made vectors of the sentences: too strange") {
				t.Errorf("told of %v", err)
			}
		}
		w.tell(t, multivac.WaitIndexed, telling("a", "It is cold."))
		time.Sleep(time.Hour)
		if c := scanned(t, s)["a"]; len(c.Passages) != 1 || c.Vectors != nil {
			t.Errorf("passages %+v", c.Passages)
		}
		if n := outdated(t, s); n != 0 || told.Load() != 1 {
			t.Errorf("%d documents are outdated, it was told %d times, want 0 and 1", n, told.Load())
		}
	})
}

// The refresher gives way to tellings, in the middle of a document, too. A
// process that ends there leaves the document to the next one.
func TestRefresherGivesWayWithinADocument(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		stop := w.run(t)
		w.tell(t, multivac.WaitIndexed, telling("a", "# One\n\nIt is cold.\n\n# Two\n\nIt is warm.\n\n# Three\n\nIt is wet."))
		stop()
		m := tell.NewMaker(1)
		r := tell.NewRefresher(s, w.queue, m)
		var made atomic.Int32
		m.Vectors = func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
			if made.Add(1) == 1 {
				if err := w.queue.Enqueue(ctx, multivac.Task{Document: "x", Revision: 1}); err != nil {
					t.Error(err)
				}
			}
			return sized(ctx, title, p)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(time.Hour)
		if n := made.Load(); n != 1 {
			t.Errorf("%d passages were enriched while there was other work, want 1", n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if n := outdated(t, s); n != 1 {
			t.Errorf("%d documents are outdated after the end, want 1", n)
		}
	})
}

// A document whose vectors take a few milliseconds is published with them,
// where nothing else waits. All others are published first.
func TestQuickDocumentsGoOnce(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w, r := refreshing(t, s, func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
			time.Sleep(time.Duration(len(p.Sentences)) * time.Millisecond)
			return sized(ctx, title, p)
		})
		// f tells documents and expects from least to most changes in the feed.
		f := func(what string, least, most uint64, tellings ...multivac.Telling) {
			t.Helper()
			before, begun := w.follower.Stats().Changes, time.Now()
			w.tell(t, multivac.WaitIndexed, tellings...)
			if took := time.Since(begun); took >= 30*time.Millisecond {
				t.Errorf("%s: indexed after %v, want sooner", what, took)
			}
			if err := r.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			if got := w.follower.Stats().Changes - before; got < least || got > most {
				t.Errorf("%s: the feed has %d changes, want %d to %d", what, got, least, most)
			}
			for _, told := range tellings {
				if c := scanned(t, s)[told.Source]; len(c.Vectors) != store.VectorSize*store.Sentences(c.Passages) || c.Version.Vectors != meaning.Version {
					t.Errorf("%s: %s has %d bytes of vectors, of version %v", what, told.Source, len(c.Vectors), c.Version)
				}
			}
		}
		time.Sleep(time.Second)
		f("the first one, when nobody knows how long vectors take", 2, 2, telling("a", "It is cold here."))
		f("a quick one", 1, 1, telling("b", "It is warm here. It is dry, too."))
		f("one that takes 100 ms", 2, 2, telling("c", strings.Repeat("It is dark in here. ", 100)))
		f("a quick one after that", 1, 1, telling("d", "It is wet here."))
		f("20 at the same time", 39, 40, many(20)...)
		f("a quick one again", 1, 1, telling("b", "It is hot here. It is dry, too."))
		w.crowded(t)
		f("in a crowd", 2, 2, telling("e", "It is loud here."))
	})
}
