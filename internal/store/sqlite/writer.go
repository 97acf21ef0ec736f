package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// MaxBatch is the most writes that share a commit. It is no constant, so that
// test/bench can show what sharing brings.
var MaxBatch = 512

const (
	batchTimeout = 50 * time.Millisecond  // after that a batch takes no more writes
	othersShare  = 250 * time.Microsecond // spent on other writes in a batch that has urgent ones

	// A caller that tells one document after the other is back soon after a
	// commit. The writer waits for such callers, so that they share the next
	// commit: half as long as a commit takes, at most tellerTimeout, and less
	// where none came the last time. While there are minTellers or more, other
	// writes begin no commit before lullTimeout.
	tellerTimeout = time.Millisecond
	minTellers    = 4
	lullTimeout   = 2 * time.Millisecond

	forgetInterval = time.Second // at least: many deletions share it
)

// A write is what a caller wants of the writer.
type write struct {
	ctx   context.Context
	do    func(*writer) error
	taken atomic.Bool // by the writer, or by the caller that gives it up
	err   error
	done  chan struct{} // closed once err is there
}

// write has the writer call do. It returns once what do wrote is durable, or do
// has failed and nothing is left of it.
//
// Once ctx has ended, do is not started. If do has started, write waits for it, so
// that an error never hides a success. The writer may undo do and call it again,
// because of another write that shares the commit.
func (db *DB) write(ctx context.Context, do func(*writer) error) error {
	db.others.Add(1)
	defer db.others.Add(-1)
	return db.enter(ctx, db.writes, do)
}

// writeFirst is write for an urgent write: one that a user waits for. It does not
// queue behind the writes of workers, of which there may be many.
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
	if err := db.files.CheckAgain(); err != nil {
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
	return link.Explain(w.err)
}

// A writer is responsible for all writes. It groups those that wait into
// transactions, and answers them after the commit. In a transaction, a write that
// fails leaves the others alone.
type writer struct {
	*conn
	db       *DB
	position int64 // of the last feed entry, committed or not
	content  int64 // the last id that a revision got, committed or not
	wrote    bool  // whether anything was written since it was set to false

	forgot     bool      // whether the log of writes may have deleted data
	nextForget time.Time // not before
	nextShrink time.Time // zero: after the next write
	shrinking  bool      // whether free pages are being given back
	busy       bool      // whether there was a commit since the last look at free pages

	tellers int           // how many urgent writes waited at the end of the last commit that had any
	told    time.Time     // the time of that end
	wait    time.Duration // the longest that the next batch waits for them
	timer   *time.Timer
}

func (w *writer) run() {
	defer func() {
		w.db.ended = w.Close()
		close(w.db.done)
	}()
	w.forget() // the last owner may have been killed before it did
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
			} else if w.nextForget = time.Now().Add(forgetInterval); !w.forget() {
				later = time.After(forgetInterval)
			}
		}
		others, lull := w.db.writes, (<-chan time.Time)(nil)
		if left := lullTimeout - time.Since(w.told); left > 0 && w.tellers >= minTellers {
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

// commit runs the first write, and those that wait behind it, in one transaction.
// It is told whether the first write is urgent.
func (w *writer) commit(first *write, isUrgent bool) {
	var t transaction
	_, err := w.Exec("BEGIN IMMEDIATE")
	b := load{start: time.Now()}
	for next, urgent := first, isUrgent; next != nil; next, urgent = w.next(&b) {
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
		w.db.committing.Store(w.position > w.db.position.Load())
		_, err = w.Exec("COMMIT")
	}
	w.expect(&b, begun)
	if err != nil {
		w.rollback()
	} else {
		w.db.commits.Add(1)
		w.busy = true
		if w.nextShrink.IsZero() {
			w.nextShrink = time.Now().Add(busyInterval)
		}
		w.db.datum.Store(nil) // the commit may have deleted it
		if w.position > w.db.position.Load() {
			w.db.grow(w.position)
		}
	}
	w.db.committing.Store(false)
	gone := w.db.InPlace() // a commit to files that are no longer there keeps nothing
	for _, one := range t.writes {
		if err != nil {
			one.err = err
		} else if one.err == nil {
			one.err = gone
		}
		close(one.done)
	}
}

// expect notes, after the commit of b, how many urgent writes the next batch waits
// for, and how long.
func (w *writer) expect(b *load, begun time.Time) {
	if b.urgent == 0 {
		return
	}
	w.told = time.Now()
	w.tellers = int(w.db.waiting.Load()) // with those of b, which are not answered yet
	longest := min(w.told.Sub(begun)/2, tellerTimeout)
	if b.vain {
		longest = min(longest, max(w.wait/2, longest/8))
	}
	w.wait = longest
}

// after returns a channel that receives after d. The next call of after ends that.
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
	urgent int           // how many of the writes are urgent
	other  time.Duration // spent on the other writes
	since  time.Time     // when the last write began; zero if it is urgent
	until  time.Time     // how long the batch waits for urgent writes; zero before it waits
	vain   bool          // whether none came while it waited
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

// next returns a write that waits, and whether it is urgent. It returns nil where
// there is none, or the batch is full.
func (w *writer) next(b *load) (one *write, urgent bool) {
	now := time.Now()
	if !b.since.IsZero() {
		b.other += now.Sub(b.since)
	}
	if b.writes >= MaxBatch || now.Sub(b.start) > batchTimeout {
		return nil, false
	}
	select {
	case one := <-w.db.firsts:
		return one, true
	default:
	}
	others := w.db.writes
	if b.urgent > 0 && b.other > othersShare && !w.outnumbered() {
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
		b.until, b.vain = now.Add(w.wait), true
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

// A transaction is the writes that share a commit.
type transaction struct {
	writes  []*write
	careful bool // whether each has a savepoint
}

// try runs the last write of t. It returns an error that has broken t.
//
// A savepoint costs a write two statements and a copy of every page that it
// changes. Most writes succeed, or fail before they write anything, and need none.
// For example, of the writes a, b and c, c fails after it has written: then the
// transaction is rolled back, and a, b and c run again with savepoints, so that
// only what c wrote is undone.
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
	if _, err := w.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, one := range t.writes {
		if one.err, broken = w.attempt(one.do); broken != nil {
			return broken
		}
	}
	return nil
}

// outnumbered reports whether there are many urgent writes, and even more others.
// Workers hold back while many tell, so that means that they have to catch up.
func (w *writer) outnumbered() bool {
	return w.tellers >= minTellers && int(w.db.others.Load()) > w.tellers
}

// attempt runs do with a savepoint. It returns do's error, after undoing what do
// wrote, and an error that has broken the transaction.
func (w *writer) attempt(do func(*writer) error) (failed, broken error) {
	if _, err := w.Exec("SAVEPOINT one"); err != nil {
		return nil, err
	}
	position := w.position
	if failed = do(w); failed != nil {
		w.position = position // so that the end of the feed has an entry
		if _, err := w.Exec("ROLLBACK TO one"); err != nil {
			return nil, errors.Join(failed, err)
		}
	}
	_, broken = w.Exec("RELEASE one")
	return failed, broken
}

// rollback undoes the transaction. SQLite may have done so already, which is no
// error here.
func (w *writer) rollback() {
	_, _ = w.Exec("ROLLBACK")
	w.position = w.db.position.Load()
}

// Exec is that of the connection, and notes that something is written.
func (w *writer) Exec(query string, args ...any) (sql.Result, error) {
	w.wrote = true
	return w.conn.Exec(query, args...)
}

// forget empties the log of writes, which still has what was deleted. In the
// database it is overwritten by zeros: secure_delete. It reports false where a
// reader still needs the log.
func (w *writer) forget() bool {
	var busy, log, moved int
	if _, err := w.Exec("PRAGMA busy_timeout=0"); err != nil {
		return false
	}
	err := w.Get([]any{&busy, &log, &moved}, "PRAGMA wal_checkpoint(TRUNCATE)")
	if _, e := w.Exec("PRAGMA busy_timeout=5000"); e != nil || err != nil || busy != 0 {
		return false
	}
	w.forgot = false
	return true
}

// grow makes the feed end at position, and wakes its followers.
func (db *DB) grow(position int64) {
	db.position.Store(position)
	db.mu.Lock()
	defer db.mu.Unlock()
	close(db.grown)
	db.grown = make(chan struct{})
}
