// Package sqlite is the store in one folder of one machine, on SQLite. One
// process owns the folder at a time, and any number of its goroutines use it.
//
// All writes go through one goroutine. A commit waits for the disk, so that
// goroutine commits all writes that are waiting at the same time. Reads have a
// few connections of their own and never wait for a write.
package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite/folder"
	"multivac/internal/store/sqlite/link"
)

const (
	fileName = "multivac.db"
	readers  = 4
)

// DB is a store in a folder.
type DB struct {
	dir      string
	lock     folder.Lock
	files    folder.Files
	pool     *link.Pool
	idle     chan *conn  // the connections that read
	firsts   chan *write // to the writer: these go before writes
	writes   chan *write
	rewrites chan chan<- error // asks the writer to rewrite the file; it answers
	closed   chan struct{}     // closed by Close
	done     chan struct{}     // closed when the writer has ended
	ended    error             // from closing its connection, once done
	close    sync.Once
	found    int    // the version of the schema at Open
	number   uint32 // differs from that of other databases
	readOnly bool
	copied   string // the folder of the copy that is read; empty where there is none

	position   atomic.Int64  // the end of the feed, as committed
	committing atomic.Bool   // a commit is under way that moves the end of the feed
	commits    atomic.Uint64 // how many there were
	waiting    atomic.Int64  // how many callers wait in writeFirst
	others     atomic.Int64  // how many callers wait in write
	datum      atomic.Pointer[datum]
	space      atomic.Pointer[space] // as the writer saw it last
	mu         sync.Mutex
	grown      chan struct{} // closed when the feed has grown, and replaced
}

var (
	_ store.Store    = (*DB)(nil)
	_ store.Spacious = (*DB)(nil)
)

// Open opens the store in the folder dir. Where there is no folder, it creates
// one that only its user can read. It returns ErrInUse, naming the owner, where
// another process or another DB has the folder open.
func Open(dir string) (_ *DB, err error) {
	defer multivac.Wrap(&err, "open data folder %s", dir)
	defer func() { err = link.ExplainFile(err) }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := folder.Own(dir)
	if err != nil {
		return nil, err
	}
	db := newDB(dir, lock)
	if err := db.open(dir); err != nil {
		return nil, errors.Join(err, db.abandon())
	}
	return db, nil
}

func newDB(dir string, l folder.Lock) *DB {
	return &DB{
		dir: dir, lock: l, idle: make(chan *conn, readers), firsts: make(chan *write), writes: make(chan *write), rewrites: make(chan chan<- error),
		closed: make(chan struct{}), done: make(chan struct{}), grown: make(chan struct{}),
	}
}

// abandon gives back what a failed Open has taken.
func (db *DB) abandon() (err error) {
	if db.pool != nil {
		err = db.pool.Close()
	}
	return errors.Join(err, db.release())
}

// release gives the folder back, and removes the copy of it.
func (db *DB) release() (err error) {
	if db.copied != "" {
		err = os.RemoveAll(db.copied)
	}
	return errors.Join(err, db.lock.Close())
}

// open opens the database in the folder dir, to be written.
func (db *DB) open(dir string) (err error) {
	defer func() {
		if err != nil && !errors.As(err, new(*multivac.Error)) {
			err = link.Explain(err)
		}
	}()
	path := filepath.Join(dir, fileName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite's other files get the same mode
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err = errors.Join(err, db.lock.Add(f)); err != nil {
		return err
	}
	if db.pool, err = link.Open(path); err != nil {
		return err
	}
	pragmas := []string{"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
		"PRAGMA secure_delete=ON",            // overwrites what is deleted
		"PRAGMA cache_size=-16384",           // KiB. Identifiers come in no order, so any page of an index may be the next.
		"PRAGMA wal_autocheckpoint=4000",     // pages, 16 MiB: fewer syncs than with the default of 1000
		"PRAGMA journal_size_limit=67108864"} // bytes that the log keeps after a burst
	if info.Size() == 0 { // in a file with data it would do nothing
		pragmas = slices.Insert(pragmas, 0, "PRAGMA auto_vacuum=INCREMENTAL")
	}
	w, err := db.connect(pragmas...)
	if err != nil {
		return err
	}
	if db.found, err = migrate(w); err != nil {
		return err
	}
	if db.number, err = w.drawNumber(); err != nil {
		return err
	}
	if err := folder.Sync(dir); err != nil {
		return err
	}
	return db.begin(w, path)
}

// begin starts reading, and writing with w.
func (db *DB) begin(w *conn, path string) error {
	var end, content int64
	if err := w.Get([]any{&end, &content}, `SELECT coalesce((SELECT max(position) FROM feed), 0), coalesce((SELECT max(id) FROM revisions), 0)`); err != nil {
		return err
	}
	for range readers {
		c, err := db.connect("PRAGMA query_only=ON", "SELECT 1 FROM sqlite_schema") // opens all files now: later they may be gone
		if err != nil {
			return err
		}
		db.idle <- c
	}
	if !db.readOnly {
		if err := db.files.Note(db.dir, path); err != nil {
			return err
		}
	}
	found, err := w.space()
	if err != nil {
		return err
	}
	db.space.Store(&found)
	db.position.Store(end)
	if db.readOnly {
		close(db.done)
		return w.Close()
	}
	go (&writer{conn: w, db: db, position: end, content: content}).run()
	return nil
}

// Close gives the folder back. It commits the writes that the writer has taken
// and waits for reads. Later calls return ErrUnavailable.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		close(db.closed)
		<-db.done
		err = db.ended
		away := db.InPlace() != nil
		for range readers {
			c := <-db.idle // waits for the reads
			if away {
				err = errors.Join(err, c.LeaveFiles())
			}
			err = errors.Join(err, c.Close())
		}
		err = errors.Join(err, db.pool.Close(), db.release())
	})
	return err
}

// InPlace returns an ErrUnavailable, which says what to do, where the files that
// are open are no longer those in the folder. What is written then would be lost
// with the process, so nothing is written until they are back. Reading goes on.
func (db *DB) InPlace() error { return db.files.Check() }

// read calls fn with a connection. Each statement on it sees what is committed
// when it begins.
func (db *DB) read(ctx context.Context, fn func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-db.closed:
		return store.ErrClosed()
	default:
	}
	select {
	case c := <-db.idle:
		defer func() { db.idle <- c }()
		return link.Explain(fn(c))
	case <-db.closed:
		return store.ErrClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// snapshot calls fn with a connection whose statements all see one state of the
// store.
func (db *DB) snapshot(ctx context.Context, fn func(*conn) error) error {
	return db.read(ctx, func(c *conn) error {
		if _, err := c.Exec("BEGIN"); err != nil {
			return err
		}
		err := fn(c)
		if _, e := c.Exec("ROLLBACK"); err == nil { // nothing was written
			err = e
		}
		return err
	})
}

// A conn is a connection to the database. One goroutine uses it at a time.
type conn struct{ *link.Conn }

func (db *DB) connect(pragmas ...string) (*conn, error) {
	c, err := db.pool.Connect(pragmas...)
	if err != nil {
		return nil, err
	}
	return &conn{c}, nil
}
