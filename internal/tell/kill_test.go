package tell_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/store"
	"multivac/internal/tell"
)

// A mortal store is the store as one process sees it. From its death on, the
// process cannot read or write.
type mortal struct {
	store.Store
	writes atomic.Int64
	last   int64 // the write at which the process dies; 0 for none
	late   bool  // it dies after that write, before the call returns
	die    func()
	dead   atomic.Bool
}

func (m *mortal) kill() {
	m.dead.Store(true)
	m.die()
}

// write is where the process may die.
func (m *mortal) write(do func() error) error {
	if m.dead.Load() {
		return context.Canceled
	}
	fatal := m.writes.Add(1) == m.last
	if fatal && !m.late {
		m.kill()
		return context.Canceled
	}
	err := do()
	if fatal {
		m.kill()
		return context.Canceled
	}
	return err
}

func (m *mortal) Lease(ctx context.Context, t multivac.Task, now, until time.Time) (task multivac.Task, d multivac.Document, err error) {
	err = m.write(func() (err error) { task, d, err = m.Store.Lease(ctx, t, now, until); return err })
	return task, d, err
}

func (m *mortal) Step(ctx context.Context, t multivac.Task, step string, until time.Time) error {
	return m.write(func() error { return m.Store.Step(ctx, t, step, until) })
}

func (m *mortal) Publish(ctx context.Context, t multivac.Task, p store.Publication, now time.Time) (at multivac.Position, err error) {
	err = m.write(func() (err error) { at, err = m.Store.Publish(ctx, t, p, now); return err })
	return at, err
}

func (m *mortal) Fail(ctx context.Context, t multivac.Task, cause string, final bool, now, retry time.Time) error {
	return m.write(func() error { return m.Store.Fail(ctx, t, cause, final, now, retry) })
}

func (m *mortal) Release(ctx context.Context, t multivac.Task) error {
	return m.write(func() error { return m.Store.Release(ctx, t) })
}

// live runs a process on the store until it dies, or until done returns.
func live(t *testing.T, m *mortal, prepare func(*tell.Worker), done func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	m.die = cancel
	w := newWorld(m)
	if prepare != nil {
		prepare(w.worker)
	}
	var all sync.WaitGroup
	all.Go(func() { _ = w.worker.Run(ctx) })
	all.Go(func() { _ = w.sweeper.Run(ctx) })
	done(ctx)
	cancel()
	all.Wait()
}

// whenDone returns a function that waits until nothing is pending.
func whenDone(t *testing.T, s store.Store) func(context.Context) {
	return func(ctx context.Context) {
		for ctx.Err() == nil {
			n, err := s.Pending(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n := int64(1); ; n++ {
			survived := false
			inTime(t, func(t *testing.T, s store.Store) {
				w := newWorld(s)
				w.tell(t, multivac.WaitStored, telling("a", "It was asked."), telling("b", "It was answered."))
				w.tell(t, multivac.WaitStored, telling("bad", " "))
				first := &mortal{Store: s, last: n, late: late}
				live(t, first, nil, whenDone(t, s))
				survived = !first.dead.Load()

				live(t, &mortal{Store: s}, nil, whenDone(t, s))
				if got := published(t, s); !slices.Equal(got, []string{"a", "b"}) {
					t.Errorf("killed at write %d (after it: %v): published %q, want a and b, each once", n, late, got)
				}
				page, err := s.Documents(t.Context(), multivac.Listing{State: multivac.Failed})
				if err != nil || len(page.Documents) != 1 || page.Documents[0].Source != "bad" {
					t.Errorf("killed at write %d (after it: %v): failed %+v, %v, want bad", n, late, page.Documents, err)
				}
				expectSteadyFeed(t, s, 3)
			})
			if survived {
				if n < 7 { // three leases, two publications and a failure
					t.Errorf("survived the death at write %d; it was not killed where it writes", n)
				}
				break
			}
		}
	}
}

// expectSteadyFeed checks that the feed has so many documents, each once.
func expectSteadyFeed(t *testing.T, s store.Store, want int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end, err := s.Position(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[multivac.DocumentID]int{}
	err = s.Follow(ctx, "", func(c store.Change) error {
		if seen[c.Document]++; c.Position >= end {
			cancel()
		}
		return ctx.Err()
	})
	if len(seen) != want {
		t.Errorf("feed: got %v, %v, want %d documents", seen, err, want)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("feed: document %s is in it %d times, want once", id, n)
		}
	}
}

func TestPoisonIsFoundAndGivenUp(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		// The other documents are slower than the poison: they die with it as
		// long as they are worked on at the same time.
		w.tell(t, multivac.WaitStored, telling("a", "innocent"), telling("poison", "poison"), telling("b", "innocent too"))
		lives, deaths := 0, 0
		for again := true; again; lives++ {
			if lives > 10 {
				t.Fatal("it is not given up after 10 deaths")
			}
			m := &mortal{Store: s}
			live(t, m, func(w *tell.Worker) {
				w.Extract = func(mediaType string, body []byte) (extract.Extracted, error) {
					if string(body) == "poison" {
						time.Sleep(time.Second)
						m.kill()
					}
					time.Sleep(3 * time.Second)
					return extract.Extract(mediaType, body)
				}
			}, whenDone(t, s))
			if again = m.dead.Load(); again {
				deaths++
			}
		}
		if deaths != 5 {
			t.Errorf("the poison killed %d processes, want 5", deaths)
		}
		if got := published(t, s); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("published %q, want the innocent a and b", got)
		}
		d := w.document(t, telling("poison", "").ID())
		if d.State != multivac.Failed || !strings.HasPrefix(d.LastError, "the worker died while it read the text out of the document") {
			t.Errorf("poison: got %s, %q, want it failed, saying when the worker died", d.State, d.LastError)
		}
	})
}

// A task in the queue may be older than the deaths. The attempt of the lease
// counts.
func TestSuspectIsWorkedOnAloneWhateverTheHintSays(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(s)
		r := w.tell(t, multivac.WaitStored, telling("suspect", "I am innocent."))[0]
		task := multivac.Task{Document: r.ID, Revision: r.Revision}
		for range 3 {
			now := time.Now()
			if _, _, err := s.Lease(t.Context(), task, now, now.Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		// The first worker is busy with this document, and a second one is free.
		w.tell(t, multivac.WaitStored, telling("slow", "slow"))
		var running atomic.Int64
		w.worker.Extract = func(mediaType string, body []byte) (extract.Extracted, error) {
			if n := running.Add(1); n > 1 {
				t.Errorf("%d documents are worked on next to the suspect, want none", n-1)
			}
			defer running.Add(-1)
			time.Sleep(10 * time.Second)
			return extract.Extract(mediaType, body)
		}
		attempts := make(chan tell.Attempt, 10)
		w.worker.Events.Attempted = func(_ context.Context, a tell.Attempt) { attempts <- a }
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { _ = w.worker.Run(ctx); close(done) }() // without a sweeper
		for range 2 {
			if a := <-attempts; a.Err != nil || a.Task.Document == r.ID && a.Task.Attempt != 3+1 {
				t.Errorf("attempt: got %+v, want it published, the suspect's at attempt %d", a, 3+1)
			}
		}
		cancel()
		<-done
	})
}

// full is a store on a disk that is full for minutes. Leases can be taken, and
// nothing else can be written.
type full struct {
	store.Store
	until time.Time
}

func (f *full) fail() error {
	if time.Now().Before(f.until) {
		return multivac.Errorf(multivac.ErrUnavailable, "free some space", "disk is full")
	}
	return nil
}

func (f *full) Publish(ctx context.Context, t multivac.Task, p store.Publication, now time.Time) (multivac.Position, error) {
	if err := f.fail(); err != nil {
		return "", err
	}
	return f.Store.Publish(ctx, t, p, now)
}

func (f *full) Release(ctx context.Context, t multivac.Task) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Store.Release(ctx, t)
}

// A full disk costs no document an attempt.
func TestFullDiskCostsOnlyTime(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(&full{Store: s, until: time.Now().Add(5 * time.Minute)})
		w.run(t)
		for _, r := range w.tell(t, multivac.WaitIndexed, many(4)...) {
			if r.State != multivac.Indexed || r.Err != nil {
				t.Fatalf("receipt: got %+v, want indexed", r)
			}
		}
		w.store = s
		w.expectIndexed(t, 4)
	})
}

// moody is a store that is unavailable for every second call, at random.
type moody struct {
	store.Store
	mu   sync.Mutex
	mood *rand.Rand
}

func (m *moody) fail() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mood.IntN(2) == 0 {
		return multivac.Errorf(multivac.ErrUnavailable, "try again", "no leader")
	}
	return nil
}

func (m *moody) Lease(ctx context.Context, t multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error) {
	if err := m.fail(); err != nil {
		return t, multivac.Document{}, err
	}
	return m.Store.Lease(ctx, t, now, until)
}

func (m *moody) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error) {
	if err := m.fail(); err != nil {
		return nil, err
	}
	return m.Store.Due(ctx, kind, now, limit)
}

func (m *moody) Publish(ctx context.Context, t multivac.Task, p store.Publication, now time.Time) (multivac.Position, error) {
	if err := m.fail(); err != nil {
		return "", err
	}
	return m.Store.Publish(ctx, t, p, now)
}

func (m *moody) Release(ctx context.Context, t multivac.Task) error {
	if err := m.fail(); err != nil {
		return err
	}
	return m.Store.Release(ctx, t)
}

func (m *moody) Scan(ctx context.Context, fn func(store.Change) error) error {
	if err := m.fail(); err != nil {
		return err
	}
	return m.Store.Scan(ctx, fn)
}

func (m *moody) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := m.Store.Follow(ctx, after, func(c store.Change) error {
		if err := m.fail(); err != nil {
			return err
		}
		return fn(c)
	})
	return err
}

// A store that comes and goes costs time and nothing else.
func TestUnavailableStoreCostsOnlyTime(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		w := newWorld(&moody{Store: s, mood: rand.New(rand.NewPCG(1, 2))})
		w.run(t)
		for _, r := range w.tell(t, multivac.WaitIndexed, many(20)...) {
			if r.State != multivac.Indexed || r.Err != nil {
				t.Fatalf("receipt: got %+v, want indexed", r)
			}
			if d := w.document(t, r.ID); d.Attempts > 2 {
				t.Errorf("%s: %d attempts were counted though the document is good", r.Source, d.Attempts)
			}
		}
		w.store = s
		w.expectIndexed(t, 20)
	})
}
