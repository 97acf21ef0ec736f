// Package link connects to an SQLite database. It turns the errors of SQLite and of
// the file system into those that say what to do.
package link

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"modernc.org/sqlite"
)

// A Pool opens connections to a database.
type Pool struct{ db *sql.DB }

// Open returns a pool of connections to the database at path. The parameters are
// names and values of the data source, in turn.
func Open(path string, parameters ...string) (*Pool, error) {
	// fdatasync takes half as long as fsync. It does not sync the times of the
	// file, which nothing reads. Not every system has it.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, err
	}
	db, err := sql.Open("sqlite", dataSource(path, parameters...))
	return &Pool{db}, err
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

// Close closes the pool. Close its connections before.
func (p *Pool) Close() error { return p.db.Close() }

// Connect opens a connection, and runs pragmas on it.
func (p *Pool) Connect(pragmas ...string) (*Conn, error) {
	c, err := p.db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	for _, pragma := range pragmas {
		if _, err := c.ExecContext(context.Background(), pragma); err != nil {
			return nil, fmt.Errorf("%s: %w", pragma, Explain(err))
		}
	}
	return &Conn{Conn: c, prepared: make(map[string]*sql.Stmt)}, nil
}

// A Conn is a connection with its prepared statements. One goroutine uses it at a
// time. Its statements have no context: they are short, and a context that can
// end would cost a goroutine for each statement.
type Conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
}

// Close closes the statements, too, because SQLite closes no connection before
// them. With its last connection it moves the log of writes into the database.
func (c *Conn) Close() error {
	var err error
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.Conn.Close())
}

// LeaveFiles has SQLite leave the files alone that are now at the paths of its
// own: when it closes, it removes its log by name.
func (c *Conn) LeaveFiles() error {
	return c.Raw(func(driver any) error {
		_, err := driver.(sqlite.FileControl).FileControlPersistWAL("main", 1)
		return err
	})
}

func (c *Conn) statement(query string) (*sql.Stmt, error) {
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

// Exec runs a statement.
func (c *Conn) Exec(query string, args ...any) (sql.Result, error) {
	s, err := c.statement(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

// Get scans the first row, or returns sql.ErrNoRows.
func (c *Conn) Get(dest []any, query string, args ...any) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// Each calls fn with each row, to be scanned.
func (c *Conn) Each(fn func(*sql.Rows) error, query string, args ...any) error {
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
