package tell_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/follow"
	"multivac/internal/index"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/tell"
)

// A world is a whole MultiVAC but for its answers: documents are told, worked
// on and followed.
type world struct {
	store    store.Store
	queue    *queue.Local
	service  *tell.Service
	worker   *tell.Worker
	sweeper  *tell.Sweeper
	maker    *tell.Maker
	crowd    *tell.Crowd
	follower *follow.Follower
	index    *index.Index
}

func newWorld(s store.Store) *world { return newWorldOf(s, 64) }

func newWorldOf(s store.Store, capacity int) *world {
	q := queue.NewLocal(capacity)
	x := index.New([16]byte{1})
	f := follow.New(s, x)
	m, c := tell.NewMaker(0), &tell.Crowd{}
	return &world{s, q, tell.New(s, q, f, c), tell.NewWorker(s, q, m, c), tell.NewSweeper(s, q), m, c, f, x}
}

// run runs the world until stop is called, or the test ends.
func (w *world) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, run := range []func(context.Context) error{w.worker.Run, w.sweeper.Run, w.follower.Run} {
		all.Go(func() {
			if err := run(ctx); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); all.Wait() })
	t.Cleanup(stop)
	return stop
}

func (w *world) tell(t *testing.T, wait multivac.Wait, tellings ...multivac.Telling) []multivac.Receipt {
	t.Helper()
	receipts, err := w.service.Tell(t.Context(), tellings, wait)
	if err != nil {
		t.Fatalf("Tell: %v", err)
	}
	return receipts
}

func (w *world) document(t *testing.T, id multivac.DocumentID) multivac.Document {
	t.Helper()
	d, err := w.store.Document(t.Context(), id)
	if err != nil {
		t.Fatalf("Document(%s): %v", id, err)
	}
	return d
}

// inTime runs a test on a store of its own, with a clock that jumps to the next
// event while all goroutines wait.
func inTime(t *testing.T, test func(t *testing.T, s store.Store)) {
	synctest.Test(t, func(t *testing.T) {
		test(t, open(t))
	})
}

func open(t testing.TB) store.Store {
	t.Helper()
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

func telling(source, body string) multivac.Telling {
	return multivac.Telling{Source: source, Body: []byte(body)}
}

func TestToldIsIndexed(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		r := w.tell(t, multivac.WaitIndexed, telling("a.md", "Adell asked first. Lupov bet five dollars."))[0]
		if r.State != multivac.Indexed || r.Err != nil || r.Position == "" || !r.Changed || r.Revision != 1 {
			t.Fatalf("receipt: got %+v, want indexed at revision 1, with a position", r)
		}
		if err := w.follower.Reach(t.Context(), r.Position); err != nil {
			t.Errorf("Reach(%s): %v", r.Position, err)
		}
		if err := w.service.Reach(t.Context(), r.Position); err != nil {
			t.Errorf("Reach(%s) of the service: %v", r.Position, err)
		}
		if err := w.service.Reach(t.Context(), r.Position+"0"); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("Reach of a position to come: %v, want invalid", err)
		}
		v, ok := w.index.View(multivac.DefaultCollection)
		if documents, passages := v.Documents, v.Passages; !ok || documents != 1 || passages == 0 {
			t.Errorf("View: got %d documents, %d passages, %v, want the document", documents, passages, ok)
		}
		if d := w.document(t, r.ID); d.Title != "a" || d.Text != "Adell asked first. Lupov bet five dollars." {
			t.Errorf("document: got title %q, text %q", d.Title, d.Text)
		}
		status, err := w.service.Status(t.Context())
		if err != nil || !status.Ready || status.Documents != 1 || status.Pending != 0 {
			t.Errorf("Status: got %+v, %v, want ready, 1 document, none pending", status, err)
		}
	})
}

func TestBadTellingsDoNotStopTheOthers(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		receipts := w.tell(t, multivac.WaitIndexed,
			telling("empty", ""),
			telling("good", "Entropy grows."),
			multivac.Telling{Collection: "No Such Name", Source: "name", Body: []byte("x")},
			telling("blank", " \n\n "))
		if r := receipts[0]; r.Source != "empty" || r.ID != "" || !errors.Is(r.Err, multivac.ErrInvalid) {
			t.Errorf("empty: got %+v, want ErrInvalid and nothing kept", r)
		}
		if r := receipts[1]; r.Source != "good" || r.State != multivac.Indexed || r.Err != nil {
			t.Errorf("good: got %+v, want it indexed", r)
		}
		if r := receipts[2]; r.Source != "name" || !errors.Is(r.Err, multivac.ErrInvalid) {
			t.Errorf("name: got %+v, want ErrInvalid", r)
		}
		if r := receipts[3]; r.Err == nil || r.State == multivac.Indexed {
			t.Errorf("blank: got %+v, want it to fail", r)
		}
	})
}

// The receipt says in which encoding a text is read that does not say so.
func TestEncodingIsSaid(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		for text, want := range map[string]string{
			"Die Pr\xfcfung der T\xfcren erfolgt j\xe4hrlich; f\xfcr Sch\xe4den haftet der K\xe4ufer.\n": "windows-1252",
			"Die Prüfung der Türen erfolgt jährlich.\n":                                                  "",
		} {
			r := w.tell(t, multivac.WaitIndexed, multivac.Telling{MediaType: multivac.Plain, Body: []byte(text)})[0]
			if r.Err != nil || r.State != multivac.Indexed || r.Encoding != want {
				t.Errorf("%q: got %+v, want encoding %q", text, r, want)
			}
			if r := w.tell(t, multivac.WaitStored, multivac.Telling{MediaType: multivac.Plain, Body: []byte("Die Prüfung"), Encoding: "koi8-r"})[0]; r.Encoding != "koi8-r" {
				t.Errorf("got %+v, want the encoding of the file", r)
			}
			d, err := s.Document(t.Context(), r.ID)
			if err != nil || !strings.HasPrefix(d.Text, "Die Prüfung der Türen erfolgt jährlich") {
				t.Errorf("got %q, %v", d.Text, err)
			}
		}
	})
}

func TestTitlesAreKeptOnOneLine(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		receipts := w.tell(t, multivac.WaitIndexed,
			multivac.Telling{Source: "a.md", Title: "The\x1b[2J\n\tpump ", Body: []byte("It rains.")},
			multivac.Telling{Source: "a\n.md", Title: "x", Body: []byte("It rains.")})
		if d, err := s.Document(t.Context(), receipts[0].ID); err != nil || d.Title != "The [2J pump" {
			t.Errorf("got title %q, %v, want it on one line", d.Title, err)
		}
		if r := receipts[1]; r.ID != "" || !errors.Is(r.Err, multivac.ErrInvalid) {
			t.Errorf("a source of two lines: got %+v, want ErrInvalid and nothing kept", r)
		}
	})
}

func TestSameAgainChangesNothing(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		first := w.tell(t, multivac.WaitIndexed, telling("a", "The last question."))[0]
		again := w.tell(t, multivac.WaitIndexed, multivac.Telling{Collection: multivac.DefaultCollection, Source: "a",
			MediaType: multivac.Markdown, Body: []byte("The last question.")})[0]
		if again.Changed || again.ID != first.ID || again.Revision != first.Revision || again.State != multivac.Indexed || again.Position == "" {
			t.Errorf("told the same again, with the defaults by name: got %+v, want the unchanged %+v", again, first)
		}
	})
}

func TestDeletedIsGone(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		r := w.tell(t, multivac.WaitIndexed, telling("a", "Forget me."))[0]
		d, err := w.service.Delete(t.Context(), r.ID)
		if err != nil || d.State != multivac.Deleted || d.Position == "" || d.Revision != 2 {
			t.Fatalf("Delete: got %+v, %v, want revision 2 deleted, with a position", d, err)
		}
		if err := w.follower.Reach(t.Context(), d.Position); err != nil {
			t.Fatal(err)
		}
		if v, ok := w.index.View(multivac.DefaultCollection); ok {
			t.Errorf("View after the only document was deleted: got %+v, want none", v)
		}
		if _, err := w.service.Delete(t.Context(), "0123456789abcdef0123456789abcdef"); !errors.Is(err, multivac.ErrNotFound) {
			t.Errorf("Delete what was never told: got %v, want ErrNotFound", err)
		}
	})
}

func TestListingIsChecked(t *testing.T) {
	w := newWorld(open(t))
	for _, list := range []multivac.Listing{{Collection: "A"}, {State: "lost"}, {Limit: -1}, {Limit: tell.MaxListing + 1}} {
		if _, err := w.service.Documents(t.Context(), list); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("Documents(%+v): got %v, want ErrInvalid", list, err)
		}
	}
	if _, err := w.service.Datum(t.Context(), "?"); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf(`Datum("?"): got %v, want ErrInvalid`, err)
	}
}

func TestWaitEndsWithTheCaller(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s) // without a worker
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		receipts, err := w.service.Tell(ctx, []multivac.Telling{telling("a", "Some day.")}, multivac.WaitIndexed)
		if err != nil || receipts[0].State != multivac.Pending || receipts[0].Err != nil {
			t.Errorf("Tell that nobody works on: got %+v, %v, want it pending", receipts, err)
		}
	})
}

// A folder with far more documents than the queue holds is told in one go.
func TestMoreThanTheQueueHoldsDoesNotWaitForTheInterval(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.beSlow()
		w.run(t)
		start := time.Now()
		for _, r := range w.tell(t, multivac.WaitIndexed, many(500)...) {
			if r.State != multivac.Indexed {
				t.Fatalf("receipt: got %+v, want indexed", r)
			}
		}
		if took := time.Since(start); took > 2*w.sweeper.Interval {
			t.Errorf("500 documents through a queue of 64 waited %v, want at most two intervals of %v", took, w.sweeper.Interval)
		}
	})
}

func TestBacklogOfAnEarlierLifeIsWorkedOn(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		newWorld(s).tell(t, multivac.WaitStored, many(300)...) // without a worker
		w := newWorld(s)
		w.beSlow()
		start := time.Now()
		w.run(t)
		whenDone(t, s)(t.Context())
		synctest.Wait()
		w.expectIndexed(t, 300)
		if took := time.Since(start); took > 2*w.sweeper.Interval {
			t.Errorf("300 documents waited %v, want at most two intervals of %v", took, w.sweeper.Interval)
		}
	})
}

// beSlow makes the work on 500 documents take 125 ms.
func (w *world) beSlow() {
	w.worker.Workers = 4
	w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
		time.Sleep(time.Millisecond)
		return formats.All.Extract(ctx, mediaType, body, extract.Default)
	}
}

func many(n int) (tellings []multivac.Telling) {
	for i := range n {
		tellings = append(tellings, telling(fmt.Sprintf("doc-%05d.md", i), fmt.Sprintf("# Number %d\n\nThis is document number %d. It says little.\n", i, i)))
	}
	return tellings
}

func TestLastTellingWins(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		started, release := make(chan struct{}), make(chan struct{})
		first := sync.OnceFunc(func() { close(started); <-release })
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			first()
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		w.tell(t, multivac.WaitStored, telling("a", "The old one."))
		<-started
		second := w.tell(t, multivac.WaitStored, telling("a", "The new one."))[0]
		close(release)
		c, err := w.follower.Settled(t.Context(), second.ID, second.Revision)
		if err != nil || c.State != multivac.Indexed || c.Revision != 2 {
			t.Fatalf("Settled: got %+v, %v, want revision 2 indexed", c, err)
		}
		if d := w.document(t, second.ID); d.Text != "The new one." || d.State != multivac.Indexed {
			t.Errorf("document: got %q, %s, want the new one indexed", d.Text, d.State)
		}
		w.expectIndexed(t, 1)
	})
}

// A document whose text takes too long is refused for good, unless it only waited
// for its turn.
func TestExtractTimeout(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.ExtractTimeout = time.Minute
		w.worker.Waits = func(mediaType string) bool { return mediaType == multivac.HTML }
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			time.Sleep(time.Hour)
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		slow, waiting := telling("a", "Slow."), telling("b", "<p>It waited.")
		waiting.MediaType = multivac.HTML
		for _, c := range []struct {
			multivac.Telling
			want multivac.State
		}{{slow, multivac.Failed}, {waiting, multivac.Indexed}} {
			r := w.tell(t, multivac.WaitStored, c.Telling)[0]
			if got, err := w.follower.Settled(t.Context(), r.ID, r.Revision); err != nil || got.State != c.want {
				t.Errorf("%s: got %s, %v, want %s", c.Source, got.State, err, c.want)
			}
		}
	})
}

// Documents that wait for their turn hold up none that do not, and no more of them
// wait than there is room for.
func TestSmallDocumentsPass(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		turn, begun := make(chan struct{}), atomic.Int64{}
		w.worker.Waits = func(mediaType string) bool { return mediaType == multivac.HTML }
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			if mediaType == multivac.HTML {
				begun.Add(1)
				<-turn
				return extract.Extracted{Text: "It waited."}, nil
			}
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		var waiting []multivac.Receipt
		for i := range 3 {
			r := w.tell(t, multivac.WaitStored, multivac.Telling{Source: fmt.Sprint(i), MediaType: multivac.HTML, Body: bytes.Repeat([]byte("x"), 8<<20)})
			waiting = append(waiting, r...)
		}
		synctest.Wait()
		if n := begun.Load(); n != 2 {
			t.Errorf("%d documents of 8 MiB wait at a time, want 2", n)
		}
		r := w.tell(t, multivac.WaitStored, telling("small.md", "The small one passes."))[0]
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if c, err := w.follower.Settled(ctx, r.ID, r.Revision); err != nil || c.State != multivac.Indexed {
			t.Errorf("a small document behind others that wait: got %s, %v, want it indexed", c.State, err)
		}
		close(turn)
		for _, r := range waiting {
			if c, err := w.follower.Settled(t.Context(), r.ID, r.Revision); err != nil || c.State != multivac.Indexed {
				t.Errorf("one that waited: got %s, %v, want it indexed", c.State, err)
			}
		}
	})
}

func TestDeleteWhilePending(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		started, release := make(chan struct{}), make(chan struct{})
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			close(started)
			<-release
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		r := w.tell(t, multivac.WaitStored, telling("a", "Never mind."))[0]
		<-started
		if _, err := w.service.Delete(t.Context(), r.ID); err != nil {
			t.Fatal(err)
		}
		close(release)
		c, err := w.follower.Settled(t.Context(), r.ID, r.Revision)
		if err != nil || c.State != multivac.Deleted {
			t.Fatalf("Settled: got %+v, %v, want it deleted", c, err)
		}
		synctest.Wait()
		if d := w.document(t, r.ID); d.State != multivac.Deleted || d.Text != "" || d.Body != nil {
			t.Errorf("document: got %+v, want nothing left of it", d)
		}
		if v, ok := w.index.View(multivac.DefaultCollection); ok {
			t.Errorf("View: got %+v, want none", v)
		}
	})
}

// expectIndexed checks what a user can see when all work is done.
func (w *world) expectIndexed(t *testing.T, want int) {
	t.Helper()
	status, err := w.service.Status(t.Context())
	if err != nil || status.Documents != want || status.Pending != 0 {
		t.Errorf("Status: got %+v, %v, want %d documents, none pending", status, err, want)
	}
	x := index.New([16]byte{1})
	rebuilt := follow.New(w.store, x)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- rebuilt.Run(ctx) }()
	if err := rebuilt.Reach(t.Context(), status.Position); err != nil {
		t.Fatal(err)
	}
	again := rebuilt.Status()
	cancel()
	<-done
	if again.Documents != status.Documents || again.Passages != status.Passages {
		t.Errorf("rebuilt: got %+v, want the same as followed: %+v", again, status)
	}
	for _, c := range status.Collections {
		got, _ := x.View(c.Name)
		followed, _ := w.index.View(c.Name)
		if got.Fingerprint != followed.Fingerprint {
			t.Errorf("%s: fingerprint rebuilt %x, followed %x", c.Name, got.Fingerprint, followed.Fingerprint)
		}
	}
}

func TestBadDocumentFailsAtOnce(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.worker.Extract = func(context.Context, string, []byte) (extract.Extracted, error) {
			return extract.Extracted{}, multivac.Errorf(multivac.ErrInvalid, "save it anew", "page tree is broken")
		}
		w.run(t)
		start := time.Now()
		r := w.tell(t, multivac.WaitIndexed, telling("a", "x"))[0]
		if r.State != multivac.Failed || r.Err == nil || !strings.Contains(r.Err.Error(), "page tree is broken; save it anew") {
			t.Errorf("receipt: got %+v, want it failed with the reason and the remedy", r)
		}
		if d := w.document(t, r.ID); d.Attempts != 1 || string(d.Body) != "x" {
			t.Errorf("document: got %d attempts, body %q, want 1 attempt and the body kept", d.Attempts, d.Body)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v, want at once", took)
		}
	})
}

func TestPanicFailsTheDocumentOnly(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		segment := w.maker.Segment
		w.maker.Segment = func(s string) []multivac.Passage {
			if strings.Contains(s, "bad") {
				panic("index out of range")
			}
			return segment(s)
		}
		var attempts []tell.Attempt
		w.worker.Events.Attempted = func(_ context.Context, a tell.Attempt) { attempts = append(attempts, a) }
		w.worker.Workers = 1
		w.run(t)
		receipts := w.tell(t, multivac.WaitIndexed, telling("a", "bad"), telling("b", "good"))
		if r := receipts[0]; r.State != multivac.Failed || r.Err == nil || !strings.Contains(r.Err.Error(), "index out of range") {
			t.Errorf("bad: got %+v, want it failed with the panic", r)
		}
		if r := receipts[1]; r.State != multivac.Indexed {
			t.Errorf("good: got %+v, want it indexed", r)
		}
		synctest.Wait()
		if a := attempts[0]; a.Step != "segment" || !a.Final || a.Stack == nil || a.Err == nil {
			t.Errorf("observed: got %+v, want a final failure in segment, with its stack", a)
		}
	})
}

func TestNotAQuotationIsRefused(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.maker.Segment = func(string) []multivac.Passage {
			return []multivac.Passage{{Kind: multivac.Prose, Start: 0, End: 3, Text: "lie", Sentences: []multivac.Span{{Start: 0, End: 3}}}}
		}
		w.run(t)
		if r := w.tell(t, multivac.WaitIndexed, telling("a", "The truth."))[0]; r.State != multivac.Failed || r.Err == nil {
			t.Errorf("a passage that is not in the text: got %+v, want it to fail", r)
		}
	})
}

func TestPassingErrorsAreTriedAgain(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		tries := 0
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			if tries++; tries < 3 {
				return extract.Extracted{}, errors.New("out of handles")
			}
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		start := time.Now()
		r := w.tell(t, multivac.WaitIndexed, telling("a", "Third time lucky."))[0]
		if r.State != multivac.Indexed || tries != 3 {
			t.Errorf("got %+v after %d tries, want it indexed after 3", r, tries)
		}
		if took := time.Since(start); took < 3*time.Second || took > 10*time.Second {
			t.Errorf("it took %v, want back-offs of 1 and 2 seconds and at most a sweep after each", took)
		}
	})
}

func TestGivenUpAfterFive(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		tries := 0
		w.worker.Extract = func(context.Context, string, []byte) (extract.Extracted, error) {
			tries++
			return extract.Extracted{}, errors.New("out of handles")
		}
		w.run(t)
		r := w.tell(t, multivac.WaitIndexed, telling("a", "Never."))[0]
		if r.State != multivac.Failed || tries != 5 || r.Err == nil || r.Err.Error() != "out of handles" {
			t.Errorf("got %+v after %d tries, want it failed after 5 with the last error", r, tries)
		}
	})
}

func TestSlowWorkKeepsItsLease(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		tries := 0
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			tries++
			time.Sleep(10 * w.worker.Lease)
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		w.run(t)
		if r := w.tell(t, multivac.WaitIndexed, telling("a", "At last."))[0]; r.State != multivac.Indexed || tries != 1 {
			t.Errorf("got %+v after %d tries, want it indexed after 1", r, tries)
		}
	})
}

func TestStopGivesLeasesBack(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		started, release := make(chan struct{}), make(chan struct{})
		w.worker.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
			close(started)
			<-release
			return formats.All.Extract(ctx, mediaType, body, extract.Default)
		}
		stop := w.run(t)
		r := w.tell(t, multivac.WaitStored, telling("a", "Later."))[0]
		<-started
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		synctest.Wait()
		close(release)
		<-stopped
		due, err := s.Due(t.Context(), multivac.ReadDocument, time.Now(), 10)
		if err != nil || len(due) != 1 || due[0].Document != r.ID || due[0].Attempt != 0 {
			t.Errorf("Due after a stop: got %+v, %v, want the document at once, no attempt counted", due, err)
		}
	})
}

func TestReplacedPassagesArePurged(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		w.run(t)
		r := w.tell(t, multivac.WaitIndexed, telling("a", "The old one."))[0]
		w.tell(t, multivac.WaitIndexed, telling("a", "The new one."))
		old := []multivac.PassageID{{Document: r.ID, Revision: 1, Number: 0}}
		for _, after := range []struct {
			wait time.Duration
			want string
		}{{w.sweeper.Grace / 2, "The old one."}, {w.sweeper.Grace, ""}} {
			time.Sleep(after.wait)
			synctest.Wait()
			e, err := s.Excerpts(t.Context(), old)
			if err != nil || e[0].Text != after.want {
				t.Errorf("the replaced passage %v later: got %q, %v, want %q", after.wait, e[0].Text, err, after.want)
			}
		}
	})
}

func TestTitle(t *testing.T) {
	f := func(told, extracted, source, text, want string) {
		t.Helper()
		got := tell.Title(multivac.Document{Title: told, Source: source}, extract.Extracted{Title: extracted, Text: text})
		if got != want {
			t.Errorf("Title(%q, %q, %q, %q): got %q, want %q", told, extracted, source, text, got, want)
		}
	}
	f("Told", "Found", "a.md", "Text.", "Told")
	f("", "Found\n here", "a.md", "Text.", "Found here")
	f("To\x1bld\r\n\x00 \u009b it\u2028", "", "a.md", "Text.", "To ld it")
	f("\x1b \n", "", "a.md", "Text.", "a")
	f("", "", "notes/on call.v2.md", "Text.", "on call.v2")
	f("", "", `C:\docs\plan.txt`, "Text.", "plan")
	f("", "", "https://example.com/guide/first%20steps.html?x=1#top", "Text.", "first steps")
	f("", "", "https://example.com/", "Text.", "example.com")
	f("", "", ".profile", "Text.", ".profile")
	f("", "", "RFC 2119. Key words", "Text.", "RFC 2119. Key words")
	f("", "", "", "\n\n## The last question\n\nIt was asked.", "The last question")
	f("", "", "", strings.Repeat("word ", 40), strings.TrimSpace(strings.Repeat("word ", 16)))
	f("", "", "", strings.Repeat("é", 100), strings.Repeat("é", 40))
	f("", strings.Repeat("x", 2000), "", "", strings.Repeat("x", multivac.MaxTitle))
}

// published returns the sources of what s has published.
func published(t *testing.T, s store.Store) (sources []string) {
	t.Helper()
	err := s.Scan(t.Context(), func(c store.Change) error {
		sources = append(sources, c.Source)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(sources)
	return sources
}

// BenchmarkTell tells documents in batches as a client does, and waits until the
// last is indexed.
func BenchmarkTell(b *testing.B) {
	const documents = 2000
	for b.Loop() {
		db, err := sqlite.Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		w := newWorldOf(db, 4096)
		ctx, cancel := context.WithCancel(b.Context())
		var all sync.WaitGroup
		for _, run := range []func(context.Context) error{w.worker.Run, w.sweeper.Run, w.follower.Run} {
			all.Go(func() { _ = run(ctx) })
		}
		for batch := range slices.Chunk(many(documents), 100) {
			if _, err := w.service.Tell(ctx, batch, multivac.WaitStored); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.service.Tell(ctx, many(documents), multivac.WaitIndexed); err != nil {
			b.Fatal(err)
		}
		cancel()
		all.Wait()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(documents)*float64(b.N)/b.Elapsed().Seconds(), "documents/s")
}

// A document that takes for ever does not delay a stop, and the attempt that was
// cut off does not count.
func TestAStopWaitsForNoDocument(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		for _, in := range []string{"extract", "segment"} {
			w, begun, end := newWorld(s), make(chan struct{}), make(chan struct{})
			forever := func() { close(begun); <-end }
			if in == "extract" {
				w.worker.Extract = func(context.Context, string, []byte) (e extract.Extracted, err error) { forever(); return e, nil }
			} else {
				w.maker.Segment = func(string) []multivac.Passage { forever(); return nil }
			}
			stop := w.run(t)
			r := w.tell(t, multivac.WaitStored, telling(in, "A nest of tags."))[0]
			<-begun
			start := time.Now()
			stop()
			if took := time.Since(start); took > time.Second {
				t.Errorf("%s: the stop took %s", in, took)
			}
			if d := w.document(t, r.ID); d.State != multivac.Pending || d.Attempts != 0 {
				t.Errorf("%s: got %s with %d attempts, want it pending with none", in, d.State, d.Attempts)
			}
			close(end)
			if _, err := s.Delete(t.Context(), r.ID, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
