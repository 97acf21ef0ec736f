package link

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"multivac"
)

// ExplainFile turns an error of the file system into one that says what to do.
func ExplainFile(err error) error {
	var of *fs.PathError
	switch {
	case !errors.As(err, &of):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return ErrFull()
	}
	return multivac.Errorf(multivac.ErrUnavailable, "give it to this user, or name another folder with --data", "%v", err)
}

// ErrFull is the error of a full disk.
func ErrFull() error {
	return multivac.Errorf(multivac.ErrUnavailable, "free some space and try again", "disk of the data folder is full")
}

// Explain turns an error of SQLite into one of multivac's kinds where the user can
// do something about it.
func Explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		if err != nil && strings.Contains(err.Error(), "sql: Scan error") { // a column holds what no program writes into it
			return Damaged(err)
		}
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return ErrFull()
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return multivac.Errorf(multivac.ErrUnavailable, "end the program that holds the database and try again", "database is locked: %v", err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return multivac.Errorf(multivac.ErrUnavailable, "check the disk and the rights of the data folder", "database cannot be read or written: %v", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH:
		return Damaged(err)
	case sqlite3.SQLITE_ERROR:
		for _, sign := range signs {
			if strings.Contains(err.Error(), sign) {
				return Damaged(err)
			}
		}
	}
	return err
}

// signs are words of messages that have no code of their own and mean damage. The
// statements name only what the schema has. So where SQLite does not find it, the
// schema is damaged.
var signs = []string{"unsupported file format", "no such table", "no such column", "no such index", "has no column named", "does not match any PRIMARY KEY"}

// Damaged returns an error that says that the database is damaged, and how.
func Damaged(err error) error {
	return multivac.Errorf(err, "restore the data folder from a backup, or try `multivac doctor --repair` on a copy of it", "database is damaged: %v", err)
}
