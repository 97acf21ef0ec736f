package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

const (
	maxBatch = 512                   // writes that share a commit
	maxSpan  = 50 * time.Millisecond // after which a batch takes no more of them

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
// been begun is waited for, so that an error never hides a success.
func (db *DB) write(ctx context.Context, do func(*writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case db.writes <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return errClosed()
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
// transactions, each in a savepoint of its own so that one that fails leaves
// the others alone, and answers them after the commit.
type writer struct {
	*conn
	db       *DB
	position int64 // of the last feed entry, committed or not

	forgot     bool // something to be forgotten may still be in the log of writes
	nextForget time.Time
}

func (w *writer) run() {
	defer func() {
		w.db.ended = w.close()
		close(w.db.done)
	}()
	w.forget() // the owner before may have been killed before it did
	for {
		var later <-chan time.Time
		if w.forgot {
			if wait := time.Until(w.nextForget); wait > 0 {
				later = time.After(wait)
			} else if w.nextForget = time.Now().Add(forgetEvery); !w.forget() {
				later = time.After(forgetEvery)
			}
		}
		select {
		case first := <-w.db.writes:
			w.commit(first)
		case <-later:
		case <-w.db.closed:
			return
		}
	}
}

// commit runs the first write and those that wait behind it in one transaction.
func (w *writer) commit(first *write) {
	var batch []*write
	_, err := w.exec("BEGIN IMMEDIATE")
	for start, next := time.Now(), first; next != nil; next = w.next(len(batch), start) {
		if !next.taken.CompareAndSwap(false, true) {
			continue
		}
		batch = append(batch, next)
		if err == nil {
			next.err, err = w.attempt(next.do)
		}
	}
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		// The transaction may be gone already; that is what is wanted.
		_, _ = w.exec("ROLLBACK")
		w.position = w.db.position.Load()
	} else {
		w.db.commits.Add(1)
		w.db.datum.Store(nil) // it may be forgotten now
		if w.position > w.db.position.Load() {
			w.db.grow(w.position)
		}
	}
	for _, one := range batch {
		if err != nil {
			one.err = err
		}
		close(one.done)
	}
}

// next returns a write that waits, or nil where there is none or the batch is full.
func (w *writer) next(n int, start time.Time) *write {
	if n >= maxBatch || time.Since(start) > maxSpan {
		return nil
	}
	select {
	case one := <-w.db.writes:
		return one
	default:
		return nil
	}
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
