package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// checkTables compares the tables with each other. They could hold what the
// methods of the store do not show.
func (db *DB) checkTables(t *testing.T) {
	t.Helper()
	err := db.read(context.Background(), func(c *conn) error {
		for what, query := range map[string]string{
			"the database is whole":                  `SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`,
			"revisions without a document":           `SELECT count(*) FROM revisions WHERE document NOT IN (SELECT key FROM documents)`,
			"revisions that nobody needs":            `SELECT count(*) FROM revisions r JOIN documents d ON d.key = r.document WHERE r.id NOT IN (d.content, d.published) AND r.replaced = 0`,
			"replaced revisions that stand":          `SELECT count(*) FROM revisions r JOIN documents d ON d.key = r.document WHERE r.id IN (d.content, d.published) AND r.replaced <> 0`,
			"documents without their content":        `SELECT count(*) FROM documents WHERE (state <> 3) <> (content IN (SELECT id FROM revisions))`,
			"documents without what is published":    `SELECT count(*) FROM documents WHERE published <> 0 AND published NOT IN (SELECT id FROM revisions WHERE text = 1)`,
			"indexed documents not published":        `SELECT count(*) FROM documents WHERE (state = 1) <> (content = published AND content <> 0)`,
			"chunks without a revision":              `SELECT count(*) FROM chunks WHERE id >> 24 NOT IN (SELECT id FROM revisions)`,
			"passages without a text":                `SELECT count(*) FROM passages WHERE id >> 24 NOT IN (SELECT id FROM revisions WHERE text = 1)`,
			"contents of another size":               `SELECT count(*) FROM revisions r WHERE size <> (SELECT coalesce(sum(length(bytes)), 0) FROM chunks WHERE id >> 24 = r.id)`,
			"feed entries that documents disown":     `SELECT count(*) FROM feed f JOIN documents d ON d.key = f.document WHERE f.position NOT IN (d.position, d.failed_position)`,
			"feed entries that documents miss":       `SELECT count(*) FROM documents WHERE position <> 0 AND position NOT IN (SELECT position FROM feed) OR failed_position <> 0 AND failed_position NOT IN (SELECT position FROM feed)`,
			"entries of failures of what is indexed": `SELECT count(*) FROM documents WHERE failed_position <> 0 AND state = 1`,
		} {
			var n int
			if err := c.Get([]any{&n}, query); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			if n != 0 {
				t.Errorf("%s: %d", what, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// checked is a DB that checks its tables before it closes.
type checked struct {
	*DB
	t *testing.T
}

func (c checked) Close() error {
	select {
	case <-c.closed:
	default:
		c.checkTables(c.t)
	}
	return c.DB.Close()
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		db, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return checked{db, t}
	})
}

// Of many writes that share a commit, those that fail leave nothing, even if they
// have written something before. The others stay.
func TestOneFailsAlone(t *testing.T) {
	f := func(t *testing.T, written bool) {
		db, err := Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		errOwn := errors.New("own")
		var calls atomic.Int64
		results := together(t, db, 10, func(w *writer, i int) error {
			calls.Add(1)
			if i%2 == 1 && !written {
				return errOwn
			}
			tell := multivac.Telling{Source: fmt.Sprint(i), Body: []byte("text")}
			if _, err := w.put(tell, tell.ID(), tell.Hash(), 1); err != nil {
				return err
			}
			d, _, err := w.find(rawID(tell.ID()))
			if err != nil {
				return err
			}
			if err := w.setText(d.content, storetest.Cut("text")); err != nil {
				return err
			}
			if _, err := w.publish(d, 1); err != nil || i%2 == 0 {
				return err
			}
			return errOwn
		})
		for i, err := range results {
			_, missing := db.Document(t.Context(), multivac.Telling{Source: fmt.Sprint(i)}.ID())
			if fails := i%2 == 1; fails != errors.Is(err, errOwn) || fails != errors.Is(missing, multivac.ErrNotFound) {
				t.Errorf("write %d: %v; its document: %v", i, err, missing)
			}
		}
		if end, err := db.Position(t.Context()); end != position(5) || err != nil {
			t.Errorf("the feed of 5 publications ends at %q, %v", end, err)
		}
		if n := calls.Load(); !written && n != 10 {
			t.Errorf("10 writes were run %d times, though nothing had to be undone", n)
		}
		if commits := db.commits.Load(); commits != 1 {
			t.Errorf("%d commits, want one", commits)
		}
		db.checkTables(t)
	}
	for _, written := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) { f(t, written) }) // on a busy machine a batch may end before all have come
	}
}

// together runs n writes that share a commit, and returns their errors.
func together(t *testing.T, db *DB, n int, do func(w *writer, i int) error) []error {
	t.Helper()
	results := make([]error, n)
	begun, proceed := make(chan bool, 2), make(chan bool)
	var wait sync.WaitGroup
	one := func(i int) {
		results[i] = db.write(t.Context(), func(w *writer) error {
			if i == 0 { // holds the writer until the others wait
				begun <- true
				<-proceed
			}
			return do(w, i)
		})
	}
	wait.Go(func() { one(0) })
	<-begun
	db.writes = make(chan *write, n)
	for i := 1; i < n; i++ {
		wait.Go(func() { one(i) })
	}
	for len(db.writes) < n-1 {
		runtime.Gosched()
	}
	close(proceed)
	wait.Wait()
	return results
}

// While many tell, tellings go first. Other writes get their turn, even if there
// are more of them.
func TestCrowdDoesNotStarveMore(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const tellers = 2 * minTellers
	f := func(others int) float64 {
		var told, done atomic.Int64
		enough := func() bool { return told.Load() >= 100*tellers }
		var wait sync.WaitGroup
		for range tellers {
			wait.Go(func() {
				for !enough() {
					if err := db.writeFirst(t.Context(), func(*writer) error { told.Add(1); return nil }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range others {
			wait.Go(func() {
				for !enough() {
					err := db.write(t.Context(), func(*writer) error {
						for begun := time.Now(); time.Since(begun) < othersShare; {
						}
						done.Add(1)
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		return float64(done.Load()) / float64(told.Load())
	}
	if got := f(tellers / 2); got > 1./3 {
		t.Errorf("a few others have %.2f writes for each of a crowd, want less than a third", got)
	}
	if got := f(4 * tellers); got < 1 {
		t.Errorf("four times as many others have %.2f writes for each of a crowd, want as many at least", got)
	}
}

// A transaction that breaks fails all of its writes. The next transaction works.
func TestAllFailTogether(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tell := multivac.Telling{Source: "x", Body: []byte("text")}
	err = db.write(t.Context(), func(w *writer) error {
		w.position++
		if _, err := w.put(tell, tell.ID(), tell.Hash(), 1); err != nil {
			return err
		}
		_, err := w.Exec("ROLLBACK") // as SQLite does by itself where the disk is full
		return err
	})
	if err == nil {
		t.Error("a broken transaction was acknowledged")
	}
	if _, err := db.Document(t.Context(), tell.ID()); !errors.Is(err, multivac.ErrNotFound) {
		t.Errorf("the document of a broken transaction: %v", err)
	}
	receipts, err := db.Put(t.Context(), []multivac.Telling{tell}, time.UnixMilli(1))
	if err != nil || receipts[0].Revision != 1 {
		t.Fatalf("after a broken transaction: %+v, %v", receipts, err)
	}
	at, err := db.Publish(t.Context(), multivac.Task{Document: tell.ID(), Revision: 1}, storetest.Cut("text"), time.UnixMilli(1))
	if err != nil || at != "0000000000000001" {
		t.Errorf("first position: %q, %v", at, err)
	}
	db.checkTables(t)
}

// A test could only show this by cutting the power, so it reads the settings.
func TestCommitsReachTheDisk(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var mode string
	var synchronous int
	err = db.write(t.Context(), func(w *writer) error {
		return errors.Join(w.Get([]any{&mode}, "PRAGMA journal_mode"), w.Get([]any{&synchronous}, "PRAGMA synchronous"))
	})
	if err != nil || mode != "wal" || synchronous != 2 {
		t.Errorf("journal_mode %s, synchronous %d, %v; want wal and 2 (FULL)", mode, synchronous, err)
	}
}
