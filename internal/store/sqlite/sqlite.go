// Package sqlite is the store in one folder of one machine, on SQLite. One
// process owns the folder at a time; it serves as many goroutines as there are.
//
// Every write goes through one goroutine, which commits all writes that wait
// for it together: a commit waits for the disk, and so many may share one.
// Reads go through a few connections of their own and never wait for a write.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"multivac"
	"multivac/internal/store"
)

const (
	fileName = "multivac.db"
	readers  = 4
)

// DB is a store in a folder.
type DB struct {
	dir      string
	lock     lock
	place    place
	pool     *sql.DB
	idle     chan *conn  // the connections that read
	firsts   chan *write // to the writer, before
	writes   chan *write // these
	rewrites chan chan<- error
	closed   chan struct{} // closed by Close
	done     chan struct{} // closed when the writer has ended
	ended    error         // of its connection, once done
	close    sync.Once
	found    int    // version of the schema
	number   uint32 // tells it from others
	readOnly bool
	copied   string // folder of the copy that is read; none if empty

	position atomic.Int64 // end of the feed, as committed
	commits  atomic.Uint64
	waiting  atomic.Int64 // for firsts, to be taken or answered
	besides  atomic.Int64 // for writes
	datum    atomic.Pointer[datum]
	space    atomic.Pointer[space] // as the writer saw it last
	mu       sync.Mutex
	grown    chan struct{} // closed when the feed has grown, and replaced
}

var (
	_ store.Store    = (*DB)(nil)
	_ store.Spacious = (*DB)(nil)
)

// Open opens the store in the folder dir, which it creates, readable by its
// owner only, where there is none. It returns ErrInUse, naming the owner,
// where another process or another DB has the folder open.
func Open(dir string) (_ *DB, err error) {
	defer multivac.Wrap(&err, "open data folder %s", dir)
	defer func() { err = explainFile(err) }()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	folder, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	db := newDB(dir, folder)
	if err := db.open(dir); err != nil {
		return nil, errors.Join(err, db.abandon())
	}
	return db, nil
}

func newDB(dir string, l lock) *DB {
	return &DB{
		dir: dir, lock: l, place: place{dir: dir}, idle: make(chan *conn, readers), firsts: make(chan *write), writes: make(chan *write), rewrites: make(chan chan<- error),
		closed: make(chan struct{}), done: make(chan struct{}), grown: make(chan struct{}),
	}
}

// abandon gives back what an open that failed has taken.
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
			err = explain(err)
		}
	}()
	path := filepath.Join(dir, fileName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // SQLite's other files take their mode from it
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err = errors.Join(err, db.lock.add(f)); err != nil {
		return err
	}
	// fdatasync keeps what fsync keeps, but for times of the file that nothing
	// reads, and takes half as long; not every system has it.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return err
	}
	if err := db.openPool(path); err != nil {
		return err
	}
	pragmas := []string{"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
		"PRAGMA secure_delete=ON",            // what is forgotten is overwritten, not only unlinked
		"PRAGMA cache_size=-16384",           // KiB: identifiers come in no order, so that any page of an index may be next
		"PRAGMA wal_autocheckpoint=4000",     // pages, 16 MiB: fewer syncs than the 1000 it has by itself
		"PRAGMA journal_size_limit=67108864"} // bytes that a burst may leave behind
	if info.Size() == 0 { // later it would be a write
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
	if err := syncFolder(dir); err != nil {
		return err
	}
	return db.begin(w, path)
}

func (db *DB) openPool(path string, parameters ...string) (err error) {
	db.pool, err = sql.Open("sqlite", dataSource(path, parameters...))
	return err
}

// begin begins to read, and to write with w.
func (db *DB) begin(w *conn, path string) error {
	var end, content int64
	if err := w.get([]any{&end, &content}, `SELECT coalesce((SELECT max(position) FROM feed), 0), coalesce((SELECT max(id) FROM revisions), 0)`); err != nil {
		return err
	}
	for range readers {
		c, err := db.connect("PRAGMA query_only=ON", "SELECT 1 FROM sqlite_schema") // which opens all files now: later they may not be there
		if err != nil {
			return err
		}
		db.idle <- c
	}
	if !db.readOnly {
		if err := db.place.note(path); err != nil {
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
		return w.close()
	}
	go (&writer{conn: w, db: db, position: end, content: content}).run()
	return nil
}

func dataSource(path string, parameters ...string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	if !filepath.IsAbs(path) {
		u = url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}
	}
	query := url.Values{"_busy_timeout": {"5000"}, "_dqs": {"0"}}
	for i := 0; i+1 < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// Close ends what is under way and gives the folder back. Writes that the
// writer has taken are committed; later calls return ErrUnavailable.
func (db *DB) Close() (err error) {
	db.close.Do(func() {
		close(db.closed)
		<-db.done
		err = db.ended
		away := db.InPlace() != nil
		for range readers {
			c := <-db.idle // what still reads, reads to its end
			if away {
				err = errors.Join(err, c.spare())
			}
			err = errors.Join(err, c.close())
		}
		err = errors.Join(err, db.pool.Close(), db.release())
	})
	return err
}

// read calls fn with a connection that sees what was committed at each of its
// statements.
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
		return explain(fn(c))
	case <-db.closed:
		return store.ErrClosed()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// snapshot calls fn with a connection that sees one state of the store.
func (db *DB) snapshot(ctx context.Context, fn func(*conn) error) error {
	return db.read(ctx, func(c *conn) error {
		if _, err := c.exec("BEGIN"); err != nil {
			return err
		}
		err := fn(c)
		if _, e := c.exec("ROLLBACK"); err == nil { // nothing was written
			err = e
		}
		return err
	})
}

// A conn is a connection with its prepared statements. One goroutine uses it
// at a time. Its statements run under no context: they are short, and a
// context that may end costs a goroutine for each.
type conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
}

func (db *DB) connect(pragmas ...string) (*conn, error) {
	c, err := db.pool.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas {
		if _, err := c.ExecContext(context.Background(), p); err != nil {
			return nil, fmt.Errorf("%s: %w", p, explain(err))
		}
	}
	return &conn{Conn: c, prepared: make(map[string]*sql.Stmt)}, nil
}

// close closes the statements, too: SQLite closes no connection before, and
// only with the last one it moves the log of writes into the database.
func (c *conn) close() error {
	var err error
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.Conn.Close())
}

func (c *conn) statement(query string) (*sql.Stmt, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	s, err := c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.prepared[query] = s
	return s, nil
}

func (c *conn) exec(query string, args ...any) (sql.Result, error) {
	s, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

// get scans the first row, or returns sql.ErrNoRows.
func (c *conn) get(dest []any, query string, args ...any) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// each calls fn with each row, to be scanned.
func (c *conn) each(fn func(*sql.Rows) error, query string, args ...any) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// explainFile turns what the file system reports into an error that says what
// to do.
func explainFile(err error) error {
	var of *fs.PathError
	switch {
	case !errors.As(err, &of):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errFull()
	}
	return multivac.Errorf(multivac.ErrUnavailable, "give it to this user, or name another folder with --data", "%v", err)
}

func errFull() error {
	return multivac.Errorf(multivac.ErrUnavailable, "free some space and try again", "disk of the data folder is full")
}

// explain turns what SQLite reports into an error of multivac's kinds where
// the user can do something.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		if err != nil && strings.Contains(err.Error(), "sql: Scan error") { // a column holds what was never written
			return damaged(err)
		}
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errFull()
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return multivac.Errorf(multivac.ErrUnavailable, "end the program that holds the database and try again", "database is locked: %v", err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return multivac.Errorf(multivac.ErrUnavailable, "check the disk and the rights of the data folder", "database cannot be read or written: %v", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH:
		return damaged(err)
	case sqlite3.SQLITE_ERROR:
		for _, sign := range signs {
			if strings.Contains(err.Error(), sign) {
				return damaged(err)
			}
		}
	}
	return err
}

// signs of damage that have no code of their own. No statement here is of what
// the schema does not have, so that the schema is not what it was.
var signs = []string{"unsupported file format", "no such table", "no such column", "no such index", "has no column named", "does not match any PRIMARY KEY"}

func damaged(err error) error {
	return multivac.Errorf(err, "restore the data folder from a backup, or try `multivac doctor --repair` on a copy of it", "database is damaged: %v", err)
}
