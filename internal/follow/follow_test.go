package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/index"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/text"
)

var key = [16]byte{'k', 'e', 'y'}

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

func inTime(t *testing.T, test func(t *testing.T, s store.Store)) {
	synctest.Test(t, func(t *testing.T) { test(t, open(t)) })
}

// start runs a follower until the returned function is called. The end of the
// test calls it, too.
func start(t testing.TB, f following) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// publish tells documents and publishes them, and returns the end of the feed.
func publish(t testing.TB, s store.Store, tellings ...multivac.Telling) multivac.Position {
	t.Helper()
	for _, tl := range tellings {
		r := put(t, s, tl)
		if r.State == multivac.Indexed {
			continue // told before
		}
		task, d := lease(t, s, r)
		p := store.Publication{Title: d.Source, Text: string(d.Body), Passages: text.Segment(string(d.Body))}
		if _, err := s.Publish(t.Context(), task, p, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return end(t, s)
}

func lease(t testing.TB, s store.Store, r multivac.Receipt) (multivac.Task, multivac.Document) {
	t.Helper()
	now := time.Now()
	task, d, err := s.Lease(t.Context(), multivac.Task{Document: r.ID, Revision: r.Revision}, now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return task, d
}

func put(t testing.TB, s store.Store, tl multivac.Telling) multivac.Receipt {
	t.Helper()
	receipts, err := s.Put(t.Context(), []multivac.Telling{tl}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return receipts[0]
}

func fail(t testing.TB, s store.Store, r multivac.Receipt) {
	t.Helper()
	task, _ := lease(t, s, r)
	if err := s.Fail(t.Context(), task, "broken", true, time.Now(), time.Time{}); err != nil {
		t.Fatal(err)
	}
}

func end(t testing.TB, s store.Store) multivac.Position {
	t.Helper()
	p, err := s.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func telling(collection multivac.CollectionName, source, body string) multivac.Telling {
	return multivac.Telling{Collection: collection, Source: source, Body: []byte(body)}
}

func reach(t testing.TB, f following, p multivac.Position) {
	t.Helper()
	if err := f.Reach(t.Context(), p); err != nil {
		t.Fatalf("Reach(%s): %v", p, err)
	}
}

// following is a follower with the index that it feeds.
type following struct {
	*Follower
	*index.Index
}

// follow returns a follower of s.
func follow(s Store) following { return followWith(s, key) }

func followWith(s Store, key [16]byte) following {
	x := index.New(key)
	return following{New(s, x), x}
}

// found returns the documents that a word finds in the view.
func (f following) found(v find.View, word string) (ids []multivac.DocumentID) {
	for _, w := range text.AppendWords(nil, word) {
		hits, _ := f.Find(context.Background(), find.Query{In: v, Terms: []find.Term{{Stem: w.Stem, Weight: 1}}, Passages: 100})
		for _, h := range hits.Hits {
			if !slices.Contains(ids, h.Document) {
				ids = append(ids, h.Document)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func TestFollowsWhatIsPublished(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		f := follow(s)
		if v, ok := f.View("default"); ok || f.found(v, "Adell") != nil {
			t.Errorf("View before Run: got %+v, %v, want an empty one", v, ok)
		}
		if st := f.Status(); st.Ready || st.Reason == "" {
			t.Errorf("Status before Run: got %+v, want it not ready, with a reason", st)
		}
		publish(t, s, telling("", "a", "Adell asked."))
		start(t, f)
		reach(t, f, end(t, s))
		if st := f.Status(); !st.Ready || st.Reason != "" || st.Documents != 1 || st.Passages != 1 {
			t.Errorf("Status after the first scan: got %+v, want ready with 1 document of 1 passage", st)
		}
		reach(t, f, publish(t, s, telling("", "b", "Lupov bet."), telling("other", "c", "Adell again.")))
		v, _ := f.View("default")
		if got := f.found(v, "Adell"); !slices.Equal(got, []multivac.DocumentID{telling("", "a", "").ID()}) {
			t.Errorf("Adell in default: got %v, want a", got)
		}
		if got := f.found(v, "Lupov"); len(got) != 1 {
			t.Errorf("Lupov in default: got %v, want b", got)
		}
		want := []multivac.Collection{{Name: "default", Documents: 2, Passages: 2}, {Name: "other", Documents: 1, Passages: 1}}
		if got := f.Status().Collections; !slices.Equal(got, want) {
			t.Errorf("Collections: got %+v, want %+v", got, want)
		}

		reach(t, f, publish(t, s, telling("", "a", "Nobody asked.")))
		now, _ := f.View("default")
		if got := f.found(now, "Adell"); len(got) != 0 {
			t.Errorf("Adell after the telling was replaced: got %v, want none", got)
		}
		if got := f.found(v, "Adell"); len(got) != 1 {
			t.Errorf("Adell in the earlier view: got %v; a view must not change", got)
		}
		if now.Fingerprint == v.Fingerprint {
			t.Errorf("fingerprint stayed %x when a document was replaced", v.Fingerprint)
		}
		if now.Position <= v.Position {
			t.Errorf("position went from %s to %s", v.Position, now.Position)
		}
	})
}

// A follower that saw all changes, in whatever order, and one that reads the
// result have the same content.
func TestRebuiltIsAsFollowed(t *testing.T) {
	for seed := range uint64(3) {
		inTime(t, func(t *testing.T, s store.Store) {
			r := rand.New(rand.NewPCG(seed, 0))
			f := follow(s)
			start(t, f)
			for range 100 {
				collection := multivac.CollectionName(fmt.Sprintf("c%d", r.IntN(3)))
				tl := telling(collection, fmt.Sprint(r.IntN(12)), fmt.Sprintf("Word%d and word%d. Then word%d.", r.IntN(9), r.IntN(9), r.IntN(9)))
				switch r.IntN(10) {
				case 0, 1, 2:
					_, err := s.Delete(t.Context(), tl.ID(), time.Now())
					if err != nil && !errors.Is(err, multivac.ErrNotFound) {
						t.Fatal(err)
					}
				case 3:
					if rec := put(t, s, tl); rec.State == multivac.Pending {
						fail(t, s, rec)
					}
				case 4:
					synctest.Wait() // let it catch up
				default:
					publish(t, s, tl)
				}
			}
			rebuilt := follow(s)
			start(t, rebuilt)
			reach(t, f, end(t, s))
			reach(t, rebuilt, end(t, s))
			if got, want := f.Status(), rebuilt.Status(); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: followed %+v, rebuilt %+v", seed, got, want)
			}
			for i := range 3 {
				c := multivac.CollectionName(fmt.Sprintf("c%d", i))
				got, ok := f.View(c)
				want, wantOK := rebuilt.View(c)
				if got.Fingerprint != want.Fingerprint || ok != wantOK {
					t.Errorf("seed %d: %s: followed %x, rebuilt %x", seed, c, got.Fingerprint, want.Fingerprint)
				}
				for w := range 9 {
					word := fmt.Sprintf("word%d", w)
					if g, w := f.found(got, word), f.found(want, word); !slices.Equal(g, w) {
						t.Errorf("seed %d: %s: %q followed %v, rebuilt %v", seed, c, word, g, w)
					}
				}
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	f := func(k [16]byte, tellings ...multivac.Telling) [16]byte {
		s := open(t)
		publish(t, s, tellings...)
		follower := followWith(s, k)
		start(t, follower)
		reach(t, follower, end(t, s))
		v, _ := follower.View(multivac.DefaultCollection)
		return v.Fingerprint
	}
	a, b := telling("", "a", "One."), telling("", "b", "Two.")
	ab := f(key, a, b)
	if got := f(key, b, a); got != ab {
		t.Errorf("told in another order: got %x, want %x", got, ab)
	}
	if got := f(key, a, b, telling("other", "a", "One.")); got != ab {
		t.Errorf("with another collection beside it: got %x, want %x", got, ab)
	}
	seen := map[[16]byte]string{ab: "a, b"}
	for name, got := range map[string][16]byte{
		"a":                     f(key, a),
		"b":                     f(key, b),
		"nothing":               f(key),
		"a, another b":          f(key, a, telling("", "b", "Three.")),
		"a, b by another title": f(key, a, multivac.Telling{Source: "b", Title: "B", Body: b.Body}),
		"a, b told as c":        f(key, a, telling("", "c", "Two.")),
		"a, b revised and back": f(key, a, b, telling("", "b", "Three."), b),
		"another key":           f([16]byte{1}, a, b),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%s: the same fingerprint as %s", name, other)
		}
		seen[got] = name
	}
}

// A view's index and fingerprint belong together at every moment. Otherwise
// answers would be cached under content that they were not made from.
func TestFingerprintNamesItsIndex(t *testing.T) {
	s := open(t)
	f := follow(s)
	start(t, f)
	var done atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		seen := map[[16]byte]string{}
		for !done.Load() {
			v, _ := f.View(multivac.DefaultCollection)
			content := fmt.Sprint(v.Documents, v.Passages, f.found(v, "word0"), f.found(v, "word1"))
			if was, ok := seen[v.Fingerprint]; ok && was != content {
				t.Errorf("fingerprint %x: index holds %s, and before %s", v.Fingerprint, content, was)
			}
			seen[v.Fingerprint] = content
		}
	})
	for i := range 100 {
		publish(t, s, telling("", fmt.Sprint(i%7), fmt.Sprintf("Word%d. Number %d.", i%3, i)))
	}
	reach(t, f, end(t, s))
	done.Store(true)
	all.Wait()
}

func TestReachGivesUpWithItsCaller(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		f := follow(s)
		publish(t, s, telling("", "a", "Published before the start."))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, p := range []multivac.Position{"", end(t, s)} {
			err := f.Reach(ctx, p)
			var e *multivac.Error
			if !errors.Is(err, multivac.ErrBehind) || !errors.As(err, &e) || e.RetryAfter == 0 || e.Remedy == "" {
				t.Errorf("Reach(%q) before anything was read: got %v, want ErrBehind with a remedy and RetryAfter", p, err)
			}
		}
		start(t, f)
		for _, p := range []multivac.Position{"", end(t, s)} {
			if err := f.Reach(t.Context(), p); err != nil {
				t.Errorf("Reach(%q): got %v, want nil", p, err)
			}
		}
		for _, p := range []multivac.Position{"ffffffffffffffff", "yesterday"} {
			if err := f.Reach(t.Context(), p); !errors.Is(err, multivac.ErrInvalid) {
				t.Errorf("Reach(%q), which has never been: got %v, want ErrInvalid", p, err)
			}
		}
	})
}

func TestSettled(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		old := put(t, s, telling("", "old", "Failed before the start."))
		fail(t, s, old)
		gone := put(t, s, telling("", "gone", "Deleted before the start."))
		if _, err := s.Delete(t.Context(), gone.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		known := put(t, s, telling("", "known", "Published before the start."))
		publish(t, s, telling("", "known", "Published before the start, again."))

		f := follow(s)
		start(t, f)
		want := func(r multivac.Receipt, state multivac.State, revision multivac.Revision) {
			t.Helper()
			c, err := f.Settled(t.Context(), r.ID, r.Revision)
			if err != nil || c.Document != r.ID || c.State != state || c.Revision != revision {
				t.Errorf("Settled(%s, %d): got %+v, %v, want %s at revision %d", r.ID, r.Revision, c, err, state, revision)
			}
			if state != multivac.Failed {
				reach(t, f, c.Position)
			}
		}
		want(old, multivac.Failed, 1)
		want(gone, multivac.Deleted, 2)
		want(known, multivac.Indexed, 2)

		slow := put(t, s, telling("", "slow", "Takes a while."))
		go func() {
			time.Sleep(time.Hour)
			publish(t, s, telling("", "slow", "Takes a while, and is told again."))
		}()
		want(slow, multivac.Indexed, 2)
		bad := put(t, s, telling("", "slow", "Is no good."))
		go func() { time.Sleep(time.Minute); fail(t, s, bad) }()
		want(bad, multivac.Failed, 3)
		if v, _ := f.View(multivac.DefaultCollection); len(f.found(v, "while")) != 1 {
			t.Error("what was published before a failure is gone")
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := f.Settled(ctx, put(t, s, telling("", "never", "x")).ID, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Settled of what nobody works on: got %v, want the context's end", err)
		}
	})
}

// The position of a receipt is valid for every replica, not only for the one
// whose scan happened to see the document early.
func TestSettledByTheScanIsSettledElsewhere(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		tl := telling("", "a", "In the midst of the scan.")
		r := put(t, s, tl)
		var p multivac.Position
		f := follow(&capricious{Store: s,
			scan:   func() error { p = publish(t, s, tl); return nil },
			follow: func() error { return multivac.Errorf(multivac.ErrUnavailable, "wait", "no leader") },
		})
		start(t, f)
		if c, err := f.Settled(t.Context(), r.ID, 1); err != nil || c.Position < p {
			t.Errorf("Settled: got %+v, %v, want a position of at least %s", c, err, p)
		}
	})
}

// A capricious store fails when the test says so.
type capricious struct {
	store.Store
	scan, follow func() error
	scanned      func(n int)
}

func (c *capricious) Scan(ctx context.Context, fn func(store.Change) error) error {
	if err := c.scan(); err != nil {
		return err
	}
	n := 0
	return c.Store.Scan(ctx, func(change store.Change) error {
		n++
		if c.scanned != nil {
			c.scanned(n)
		}
		return fn(change)
	})
}

func (c *capricious) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	if err := c.follow(); err != nil {
		return err
	}
	return c.Store.Follow(ctx, after, func(change store.Change) error {
		if err := c.follow(); err != nil {
			return err
		}
		return fn(change)
	})
}

func TestUnavailableStoreIsTriedAgain(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		var down atomic.Bool
		unavailable := func() error {
			if down.Load() {
				return multivac.Errorf(multivac.ErrUnavailable, "wait", "no leader")
			}
			return nil
		}
		var told atomic.Int64
		f := follow(&capricious{Store: s, scan: unavailable, follow: unavailable})
		f.Events.Retried = func(err error) {
			if !errors.Is(err, multivac.ErrUnavailable) {
				t.Errorf("Retried: got %v, want ErrUnavailable", err)
			}
			told.Add(1)
		}
		down.Store(true)
		start(t, f)
		time.Sleep(time.Minute)
		if st := f.Status(); st.Ready || !strings.Contains(st.Reason, "waiting for the store") {
			t.Errorf("Status of a follower that has no store: got %+v", st)
		}
		if n := told.Load(); n < 5 || n > 70 {
			t.Errorf("tried %d times in a minute, want a back-off that comes to a second", n)
		}
		down.Store(false)
		reach(t, f, publish(t, s, telling("", "a", "One.")))
		down.Store(true)
		p := publish(t, s, telling("", "b", "Two."))
		time.Sleep(time.Minute)
		if st := f.Status(); !st.Ready || st.Documents != 1 || st.Reason == "" {
			t.Errorf("Status of a follower that has lost its store: got %+v, want what it had, and a reason", st)
		}
		down.Store(false)
		reach(t, f, p)
		if st := f.Status(); st.Documents != 2 || st.Reason != "" {
			t.Errorf("Status after the store came back: got %+v", st)
		}
		if got := f.Stats().Rebuilds; got != 1 {
			t.Errorf("indexed anew %d times, want once, at the start", got)
		}
	})
}

func TestTooOldIsIndexedAnew(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		var tooOld, once atomic.Bool
		c := &capricious{Store: s, scan: func() error { return nil }}
		c.follow = func() error {
			if tooOld.Load() {
				return multivac.Errorf(multivac.ErrTooOld, "start from a scan", "gone")
			}
			return nil
		}
		f := follow(c)
		start(t, f)
		reach(t, f, publish(t, s, telling("", "a", "One."), telling("", "b", "Two.")))

		c.scanned = func(int) {
			tooOld.Store(false)
			if once.Swap(true) {
				return
			}
			if st := f.Status(); !st.Ready || st.Documents != 2 {
				t.Errorf("Status while indexing anew: got %+v, want what was there", st)
			}
		}
		tooOld.Store(true)
		if _, err := s.Delete(t.Context(), telling("", "a", "").ID(), time.Now()); err != nil {
			t.Fatal(err)
		}
		reach(t, f, publish(t, s, telling("", "c", "Three."), telling("", "b", "Four.")))
		if st := f.Status(); st.Documents != 2 || f.Stats().Rebuilds != 2 {
			t.Errorf("after indexing anew: got %+v, %+v, want b and c, by a second scan", st, f.Stats())
		}
		v, _ := f.View(multivac.DefaultCollection)
		if len(f.found(v, "One")) != 0 || len(f.found(v, "Two")) != 0 || len(f.found(v, "Three")) != 1 || len(f.found(v, "Four")) != 1 {
			t.Errorf("after indexing anew: one in %v, two in %v, three in %v, four in %v",
				f.found(v, "One"), f.found(v, "Two"), f.found(v, "Three"), f.found(v, "Four"))
		}
	})
}

func TestBrokenStoreEndsRun(t *testing.T) {
	broken := errors.New("damaged")
	f := follow(&capricious{Store: open(t), scan: func() error { return broken }})
	if err := f.Run(t.Context()); !errors.Is(err, broken) {
		t.Errorf("Run on a broken store: got %v, want %v", err, broken)
	}
}

// While one batch is applied, the next changes gather.
func TestChangesAreGathered(t *testing.T) {
	b := newBacklog()
	for i := range 1000 {
		b.put(change(i))
	}
	if got := b.take(); len(got) != 1000 {
		t.Errorf("1000 waiting changes: took %d, want all at once", len(got))
	}
	b.close()
	if got := b.take(); len(got) != 0 {
		t.Errorf("closed and empty: took %v, want nothing", got)
	}
}

func TestBacklogIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog()
		big := change(0)
		big.Passages[0].Text = strings.Repeat("x", maxBacklog/4)
		put := 0
		go func() {
			for range 20 {
				b.put(big)
				put++
			}
			b.close()
		}()
		synctest.Wait()
		if put != 4 {
			t.Errorf("changes of a quarter of the bound: %d were let in, want 4", put)
		}
		got := 0
		for changes := b.take(); len(changes) > 0; changes = b.take() {
			got += len(changes)
			synctest.Wait()
		}
		if got != 20 {
			t.Errorf("took %d, want 20", got)
		}
	})
}

func change(document int) store.Change {
	return store.Change{Collection: "c", Document: multivac.DocumentID(fmt.Sprint(document)), Revision: 1, State: multivac.Indexed,
		Passages: text.Segment(fmt.Sprintf("Document%d.", document))}
}

// A moody sink is unavailable while it is down. It may then lose its replies,
// so that it has done something and reports an error.
type moody struct {
	*index.Index
	down, loses atomic.Bool
	replaced    atomic.Int64
}

func (m *moody) err() error {
	if m.down.Load() {
		return multivac.Errorf(multivac.ErrUnavailable, "wait", "no leader")
	}
	return nil
}

func (m *moody) Apply(ctx context.Context, changes []store.Change, at multivac.Position) error {
	if m.down.Load() && !m.loses.Load() {
		return m.err()
	}
	return cmp.Or(m.Index.Apply(ctx, changes, at), m.err())
}

func (m *moody) Replace(ctx context.Context, at multivac.Position, runs iter.Seq2[[]store.Change, error]) error {
	if m.replaced.Add(1); m.down.Load() {
		return m.err()
	}
	return m.Index.Replace(ctx, at, runs)
}

// A sink that was away gets all changes from its own position on. A follower
// does not fill a sink that is already filled.
func TestUnavailableSinkIsTriedAgain(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		publish(t, s, telling("", "a", "One."))
		sink := &moody{Index: index.New(key)}
		sink.down.Store(true)
		f := following{New(s, sink), sink.Index}
		stop := start(t, f)
		time.Sleep(time.Minute)
		if st := f.Status(); st.Ready {
			t.Errorf("Status of a follower that has no sink: got %+v, want it not ready", st)
		}
		sink.down.Store(false)
		reach(t, f, end(t, s))
		sink.down.Store(true)
		p := publish(t, s, telling("", "b", "Two."), telling("", "c", "Three."))
		time.Sleep(time.Minute)
		if st := f.Status(); st.Documents != 1 {
			t.Errorf("Status while the sink is away: got %+v, want what it had", st)
		}
		sink.down.Store(false)
		reach(t, f, p)
		sink.loses.Store(true)
		sink.down.Store(true)
		p = publish(t, s, telling("", "b", "Five."))
		time.Sleep(time.Minute)
		sink.down.Store(false)
		reach(t, f, p)
		stop()

		p = publish(t, s, telling("", "d", "Four."))
		again, filled := following{New(s, sink), sink.Index}, sink.replaced.Load()
		start(t, again)
		reach(t, again, p)
		if st := again.Status(); !st.Ready || st.Documents != 4 || sink.replaced.Load() != filled {
			t.Errorf("a second follower of the same sink: got %+v, and it was filled %d times more; want 4 documents without that", st, sink.replaced.Load()-filled)
		}
	})
}

// In a crowd, a follower pauses after a change once it has caught up, and not
// before.
func TestPausesInACrowd(t *testing.T) {
	for _, crowded := range []bool{false, true} {
		inTime(t, func(t *testing.T, s store.Store) {
			f := follow(s)
			f.Crowded = func() bool { return crowded }
			start(t, f)
			reach(t, f, publish(t, s, telling("", "a", "One.")))
			begun, before := time.Now(), f.Stats()
			for i := range 10 {
				publish(t, s, telling("", fmt.Sprint(i), "Two."))
				synctest.Wait()
			}
			if !crowded && f.Stats().Batches != before.Batches+10 {
				t.Errorf("10 changes one by one were followed in %d batches, want 10", f.Stats().Batches-before.Batches)
			}
			if crowded && f.Stats().Changes != before.Changes {
				t.Errorf("%d of 10 changes were followed within the pause", f.Stats().Changes-before.Changes)
			}
			reach(t, f, end(t, s))
			if took := time.Since(begun); crowded != (took == crowdPause) {
				t.Errorf("crowded %v: 10 changes took %s", crowded, took)
			}
			if crowded && f.Stats().Changes != before.Changes+10 {
				t.Errorf("after the pause %d of 10 changes were followed", f.Stats().Changes-before.Changes)
			}
		})
	}
}
