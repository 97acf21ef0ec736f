// Package sqlite is the store in one folder of one machine, on SQLite. One
// process owns the folder at a time, and any number of its goroutines use it.
//
// All writes go through one goroutine. A commit waits for the disk, so that
// goroutine commits all writes that are waiting at the same time. Reads have a
// few connections of their own and never wait for a write.
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
	"multivac/internal/store/sqlite/folder"
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
	pool     *sql.DB
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

	position atomic.Int64  // the end of the feed, as committed
	commits  atomic.Uint64 // how many there were
	waiting  atomic.Int64  // how many callers wait in writeFirst
	others   atomic.Int64  // how many callers wait in write
	datum    atomic.Pointer[datum]
	space    atomic.Pointer[space] // as the writer saw it last
	mu       sync.Mutex
	grown    chan struct{} // closed when the feed has grown, and replaced
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
	defer func() { err = explainFile(err) }()
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
			err = explain(err)
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
	// fdatasync takes half as long as fsync. It does not sync the times of the
	// file, which nothing reads. Not every system has it.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return err
	}
	if err := db.openPool(path); err != nil {
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

func (db *DB) openPool(path string, parameters ...string) (err error) {
	db.pool, err = sql.Open("sqlite", dataSource(path, parameters...))
	return err
}

// begin starts reading, and writing with w.
func (db *DB) begin(w *conn, path string) error {
	var end, content int64
	if err := w.get([]any{&end, &content}, `SELECT coalesce((SELECT max(position) FROM feed), 0), coalesce((SELECT max(id) FROM revisions), 0)`); err != nil {
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
				err = errors.Join(err, c.leaveFiles())
			}
			err = errors.Join(err, c.close())
		}
		err = errors.Join(err, db.pool.Close(), db.release())
	})
	return err
}

// InPlace returns an ErrUnavailable, which says what to do, where the files that
// are open are no longer those in the folder. What is written then would be lost
// with the process, so nothing is written until they are back. Reading goes on.
func (db *DB) InPlace() error { return db.files.Check() }

// leaveFiles has SQLite leave the files alone that are now at the paths of its
// own: when it closes, it removes its log by name.
func (c *conn) leaveFiles() error {
	return c.Raw(func(driver any) error {
		_, err := driver.(sqlite.FileControl).FileControlPersistWAL("main", 1)
		return err
	})
}

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
		return explain(fn(c))
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

// A conn is a connection with its prepared statements. One goroutine uses it at a
// time. Its statements have no context: they are short, and a context that can
// end would cost a goroutine for each statement.
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

// close closes the statements, too, because SQLite closes no connection before
// them. With its last connection it moves the log of writes into the database.
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

// explainFile turns an error of the file system into one that says what to do.
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

// explain turns an error of SQLite into one of multivac's kinds where the user can
// do something about it.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		if err != nil && strings.Contains(err.Error(), "sql: Scan error") { // a column holds what no program writes into it
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

// signs are words of messages that have no code of their own and mean damage. The
// statements name only what the schema has. So where SQLite does not find it, the
// schema is damaged.
var signs = []string{"unsupported file format", "no such table", "no such column", "no such index", "has no column named", "does not match any PRIMARY KEY"}

func damaged(err error) error {
	return multivac.Errorf(err, "restore the data folder from a backup, or try `multivac doctor --repair` on a copy of it", "database is damaged: %v", err)
}
