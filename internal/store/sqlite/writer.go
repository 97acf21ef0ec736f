package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"multivac/internal/store"
)

// MaxBatch is how many writes share a commit at most. It is no constant, so that
// test/bench can show what sharing brings.
var MaxBatch = 512

const (
	maxSpan = 50 * time.Millisecond  // after which a batch takes no more of them
	besides = 250 * time.Microsecond // spent on other writes in a batch that somebody waits for with a telling

	// Who tells one document after the other is back soon after a commit. To
	// have several of them share the next one, it waits for them: half as long
	// as a commit takes, at most maxHope, and less where they did not come.
	// While there are many, other writes do not begin a commit for maxLull.
	maxHope = time.Millisecond
	many    = 4
	maxLull = 2 * time.Millisecond

	forgetEvery = time.Second // at most: many deletions share it
)

// A write waits for the writer.
type write struct {
	ctx   context.Context
	do    func(*writer) error
	taken atomic.Bool // by the writer, or given up by the caller: whoever is first
	err   error
	done  chan struct{}
}

// write has the writer call do and returns once that is durable, or has left
// nothing behind and failed. Once ctx has ended, do is not begun; what has
// been begun is waited for, so that an error never hides a success. It may be
// undone and called again, because of another write that shares the commit.
func (db *DB) write(ctx context.Context, do func(*writer) error) error {
	db.besides.Add(1)
	defer db.besides.Add(-1)
	return db.enter(ctx, db.writes, do)
}

// writeFirst is write for what somebody waits for: it does not queue behind
// the writes of the workers, of which there may be many at any time.
func (db *DB) writeFirst(ctx context.Context, do func(*writer) error) error {
	db.waiting.Add(1)
	defer db.waiting.Add(-1)
	return db.enter(ctx, db.firsts, do)
}

func (db *DB) enter(ctx context.Context, queue chan<- *write, do func(*writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.readOnly {
		return errReadOnly()
	}
	if err := db.refuse(); err != nil {
		return err
	}
	w := &write{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case queue <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return store.ErrClosed()
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		<-w.done
	}
	return explain(w.err)
}

// A writer is responsible for all writes: it groups those that wait into
// transactions, in which one that fails leaves the others alone, and answers
// them after the commit.
type writer struct {
	*conn
	db       *DB
	position int64 // of the last feed entry, committed or not
	content  int64 // the last number that was given to a revision, kept or not
	wrote    bool  // something, since it was last set to false

	forgot     bool // something to be forgotten may still be in the log of writes
	nextForget time.Time
	nextShrink time.Time // zero: once something is written
	shrinking  bool      // free pages are being given back
	busy       bool      // something was committed since the last look at them

	tellers int           // who told with the latest commit, or waited at its end
	told    time.Time     // that end
	hope    time.Duration // how long to wait for them
	timer   *time.Timer
}

func (w *writer) run() {
	defer func() {
		w.db.ended = w.close()
		close(w.db.done)
	}()
	w.forget() // the owner before may have been killed before it did
	w.nextShrink = time.Now()
	for {
		var spare <-chan time.Time
		if !w.nextShrink.IsZero() {
			spare = time.After(time.Until(w.nextShrink))
		}
		var later <-chan time.Time
		if w.forgot {
			if wait := time.Until(w.nextForget); wait > 0 {
				later = time.After(wait)
			} else if w.nextForget = time.Now().Add(forgetEvery); !w.forget() {
				later = time.After(forgetEvery)
			}
		}
		others, lull := w.db.writes, (<-chan time.Time)(nil)
		if left := maxLull - time.Since(w.told); left > 0 && w.tellers >= many {
			others, lull = nil, w.after(left)
		}
		select {
		case first := <-w.db.firsts:
			w.commit(first, true)
		case first := <-others:
			w.commit(first, false)
		case <-lull:
		case <-later:
		case <-spare:
			w.nextShrink = w.shrink()
		case done := <-w.db.rewrites:
			done <- w.shrinkWhole()
		case <-w.db.closed:
			return
		}
	}
}

// commit runs the first write and those that wait behind it in one transaction.
// Somebody waits for the first write where hurry says so.
func (w *writer) commit(first *write, hurry bool) {
	var t transaction
	_, err := w.exec("BEGIN IMMEDIATE")
	b := load{start: time.Now()}
	for next, urgent := first, hurry; next != nil; next, urgent = w.next(&b) {
		b.begin(urgent)
		if !next.taken.CompareAndSwap(false, true) {
			continue
		}
		t.writes = append(t.writes, next)
		if err == nil {
			err = w.try(&t)
		}
	}
	begun := time.Now()
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	w.expect(&b, begun)
	if err != nil {
		w.rollback()
	} else {
		w.db.commits.Add(1)
		w.busy = true
		if w.nextShrink.IsZero() {
			w.nextShrink = time.Now().Add(shrinkEvery)
		}
		w.db.datum.Store(nil) // it may be forgotten now
		if w.position > w.db.position.Load() {
			w.db.grow(w.position)
		}
	}
	gone := w.db.InPlace() // committed to files that are not there any more is not kept
	for _, one := range t.writes {
		if err != nil {
			one.err = err
		} else if one.err == nil {
			one.err = gone
		}
		close(one.done)
	}
}

// expect notes whom to wait for with the next batch, after the commit of b.
func (w *writer) expect(b *load, begun time.Time) {
	if b.urgent == 0 {
		return
	}
	w.told = time.Now()
	w.tellers = int(w.db.waiting.Load()) // those of b are not answered yet
	most := min(w.told.Sub(begun)/2, maxHope)
	if b.vain {
		most = min(most, max(w.hope/2, most/8))
	}
	w.hope = most
}

// after returns what receives after d, unless after is called again before.
func (w *writer) after(d time.Duration) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	return w.timer.C
}

// A load is what a batch has taken so far.
type load struct {
	start  time.Time
	writes int
	urgent int           // of them, that somebody waits for
	other  time.Duration // spent on the rest
	since  time.Time     // when the latest of the rest began; zero if it is not one
	until  time.Time     // for when others are waited for; zero before
	vain   bool          // none of them came
}

// begin notes that the next write begins.
func (b *load) begin(urgent bool) {
	b.writes++
	b.since = time.Time{}
	if urgent {
		b.urgent++
	} else {
		b.since = time.Now()
	}
}

// next returns a write that waits, and whether somebody waits for it; nil where
// there is none or the batch is full.
func (w *writer) next(b *load) (one *write, urgent bool) {
	now := time.Now()
	if !b.since.IsZero() {
		b.other += now.Sub(b.since)
	}
	if b.writes >= MaxBatch || now.Sub(b.start) > maxSpan {
		return nil, false
	}
	select {
	case one := <-w.db.firsts:
		return one, true
	default:
	}
	others := w.db.writes
	if b.urgent > 0 && b.other > besides && !w.outnumbered() {
		others = nil
	}
	select {
	case one := <-others:
		return one, false
	default:
	}
	if b.urgent == 0 || b.urgent >= w.tellers {
		return nil, false
	}
	if b.until.IsZero() {
		b.until, b.vain = now.Add(w.hope), true
	}
	wait := b.until.Sub(now)
	if wait <= 0 {
		return nil, false
	}
	select {
	case one := <-w.db.firsts:
		b.vain = false
		return one, true
	case one := <-others:
		return one, false
	case <-w.after(wait):
		return nil, false
	}
}

// A transaction is what shares a commit.
type transaction struct {
	writes  []*write
	careful bool // each in a savepoint of its own
}

// try runs the last write of t, and returns what has broken t. Most writes
// succeed, or fail before they have written anything, and a savepoint costs
// each of them two statements and a copy of every page that it changes: so
// there are none until one is needed. Then t is undone and run again with them.
func (w *writer) try(t *transaction) (broken error) {
	last := t.writes[len(t.writes)-1]
	if t.careful {
		last.err, broken = w.attempt(last.do)
		return broken
	}
	w.wrote = false
	if last.err = last.do(w); last.err == nil || !w.wrote {
		return nil
	}
	t.careful = true
	w.rollback()
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, one := range t.writes {
		if one.err, broken = w.attempt(one.do); broken != nil {
			return broken
		}
	}
	return nil
}

// outnumbered says whether more wait besides a crowd of tellers than tell. The
// workers keep back in a crowd, so that means that they have to catch up with it.
func (w *writer) outnumbered() bool {
	return w.tellers >= many && int(w.db.besides.Load()) > w.tellers
}

// attempt returns do's error after undoing what do did, and as the second one
// what has broken the transaction.
func (w *writer) attempt(do func(*writer) error) (failed, broken error) {
	if _, err := w.exec("SAVEPOINT one"); err != nil {
		return nil, err
	}
	position := w.position
	if failed = do(w); failed != nil {
		w.position = position // the end of the feed is always the position of an entry
		if _, err := w.exec("ROLLBACK TO one"); err != nil {
			return nil, errors.Join(failed, err)
		}
	}
	_, broken = w.exec("RELEASE one")
	return failed, broken
}

// rollback undoes the transaction. It may be gone already; that is what is wanted.
func (w *writer) rollback() {
	_, _ = w.exec("ROLLBACK")
	w.position = w.db.position.Load()
}

// exec is that of the connection, noting that something is written.
func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	w.wrote = true
	return w.conn.exec(query, args...)
}

// forget empties the log of writes, which still holds what was deleted as it
// was before. The database itself holds zeros there: secure_delete. It
// reports false where a reader still needs the log.
func (w *writer) forget() bool {
	var busy, log, moved int
	if _, err := w.exec("PRAGMA busy_timeout=0"); err != nil {
		return false
	}
	err := w.get([]any{&busy, &log, &moved}, "PRAGMA wal_checkpoint(TRUNCATE)")
	if _, e := w.exec("PRAGMA busy_timeout=5000"); e != nil || err != nil || busy != 0 {
		return false
	}
	w.forgot = false
	return true
}

// grow makes the feed end at position, and wakes those who follow it.
func (db *DB) grow(position int64) {
	db.position.Store(position)
	db.mu.Lock()
	defer db.mu.Unlock()
	close(db.grown)
	db.grown = make(chan struct{})
}
