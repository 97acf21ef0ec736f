package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"syscall"
	"time"

	"multivac/internal/store"
	"multivac/internal/store/sqlite/link"
)

// What is deleted leaves free pages in the file. The writer gives them back to the
// disk in steps, between other writes, where there are at least minFree bytes of
// them and at least one page in minFreeShare is free. Fewer are soon used again.
const (
	minFree      = 1 << 20
	minFreeShare = 8

	stepPages    = 256                   // given back in a step, which takes some milliseconds
	stepPause    = 20 * time.Millisecond // between steps
	busyInterval = time.Second           // between steps while others write, and between looks
)

// An older file, made without auto_vacuum, has to be rewritten as a whole before
// it can be shrunk in steps. No other write can run at that time, so the writer
// does it by itself only where at most maxRewrite bytes are in use. It needs room
// on the disk: twice what is in use, and rewriteRoom.
const (
	maxRewrite  = 64 << 20 // bytes
	rewriteRoom = 64 << 20 // bytes
)

// space is what the file takes on the disk.
type space struct {
	pageSize, pages, free int64
	steps                 bool // it can be shrunk in steps
}

func (s space) total() int64  { return s.pages * s.pageSize }
func (s space) unused() int64 { return s.free * s.pageSize }
func (s space) used() int64   { return s.total() - s.unused() }

// worthwhile reports whether there is enough to give back.
func (s space) worthwhile() bool { return s.unused() >= minFree && s.free*minFreeShare >= s.pages }

// Space implements store.Spacious.
func (db *DB) Space() store.Space {
	s := db.space.Load()
	return store.Space{Total: s.total(), Free: s.unused(), Shrinks: s.steps || s.used() <= maxRewrite}
}

// rewriteWhole has the writer rewrite a file that it does not shrink by itself.
func (db *DB) rewriteWhole(ctx context.Context) error {
	if s := db.space.Load(); db.readOnly || s.steps || !s.worthwhile() {
		return nil
	}
	done := make(chan error, 1)
	select {
	case db.rewrites <- done:
		return link.Explain(<-done)
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return store.ErrClosed()
	}
}

// shrinkWhole rewrites the file, for rewriteWhole.
func (w *writer) shrinkWhole() error {
	s, err := w.space()
	if err == nil {
		err = w.db.hasRoom(2*s.used() + rewriteRoom)
	}
	if err == nil {
		err = w.rewrite("DEFAULT")
	}
	w.nextShrink = time.Now() // looks at the space again
	return err
}

func (c *conn) space() (s space, err error) {
	var mode int
	for _, one := range []struct {
		pragma string
		value  any
	}{{"page_size", &s.pageSize}, {"page_count", &s.pages}, {"freelist_count", &s.free}, {"auto_vacuum", &mode}} {
		// Not prepared, because SQLite runs some pragmas when it prepares them.
		if err := c.QueryRowContext(context.Background(), "PRAGMA "+one.pragma).Scan(one.value); err != nil {
			return s, err
		}
	}
	s.steps = mode == incremental
	return s, nil
}

// incremental is the value of auto_vacuum with which the file is shrunk in steps.
const incremental = 2

// shrink gives some free pages back where there are many. It returns when to look
// again: the zero time where there is nothing to do until something is written.
// It tries again what fails. No caller waits for it.
func (w *writer) shrink() time.Time {
	s, err := w.space()
	if err != nil {
		return time.Now().Add(busyInterval)
	}
	w.db.space.Store(&s)
	switch {
	case !s.worthwhile() && !w.shrinking:
		return time.Time{}
	case s.unused() < minFree:
		w.shrinking = false
		w.forgot = true // SQLite cuts the file when the log of writes is emptied
		return time.Time{}
	case s.steps:
		w.shrinking = true
		err = w.Each(func(*sql.Rows) error { return nil }, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", stepPages))
	case s.used() <= maxRewrite:
		if err = w.db.hasRoom(2*s.used() + rewriteRoom); err == nil {
			err = w.rewrite("MEMORY") // no other folder may be writable
		}
	default:
		return time.Time{}
	}
	if err != nil || w.busy {
		w.busy = false
		return time.Now().Add(busyInterval)
	}
	return time.Now().Add(stepPause)
}

// rewrite rewrites the whole file without its free pages, as one that can be
// shrunk in steps. It is done completely or not at all, even after a crash.
func (w *writer) rewrite(temporary string) error {
	for _, pragma := range []string{"temp_store=" + temporary, "auto_vacuum=INCREMENTAL"} {
		if _, err := w.ExecContext(context.Background(), "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	_, err := w.ExecContext(context.Background(), "VACUUM")
	w.forgot = true
	if _, e := w.ExecContext(context.Background(), "PRAGMA temp_store=DEFAULT"); err == nil {
		err = e
	}
	return err
}

// hasRoom returns link.ErrFull where the disk has less room than that.
func (db *DB) hasRoom(bytes int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(db.dir, &disk); err != nil {
		return err
	}
	if int64(disk.Bavail)*int64(disk.Bsize) < bytes {
		return link.ErrFull()
	}
	return nil
}
