package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"multivac"
)

// A place is where the files of an open database have to be.
type place struct {
	dir   string
	files []placed
	away  atomic.Bool // as last looked
}

// A placed file is open, and was at the path when it was opened.
type placed struct {
	path string
	info fs.FileInfo
}

// note remembers which files the database has open.
func (p *place) note(path string) error {
	for _, ending := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + ending)
		if errors.Is(err, fs.ErrNotExist) && ending != "" {
			continue
		}
		if err != nil {
			return err
		}
		p.files = append(p.files, placed{path + ending, info})
	}
	return nil
}

// InPlace returns an ErrUnavailable, which says what to do, where the files
// that are open are not those in the folder any more: it was moved, removed,
// replaced or unmounted. What is written then would be lost with the process,
// so that nothing is taken until the same files are there again. Reading goes on.
func (db *DB) InPlace() error {
	err := db.place.look()
	db.place.away.Store(err != nil)
	return err
}

func (p *place) look() error {
	for i, f := range p.files {
		there, err := os.Stat(f.path)
		switch {
		case err == nil && os.SameFile(there, f.info):
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return errAway("see whether its disk is there and this user may read it", "the data folder cannot be looked at: %v", err)
		case i > 0:
			return errAway("stop the server with SIGTERM and start it again: at its end it writes all into the database",
				"%s was removed or replaced while it is in use", f.path)
		case err == nil:
			return errAway(putBack, "the data folder %s was replaced while it is in use", p.dir)
		default:
			return errAway(putBack, "the data folder %s was removed or moved away while it is in use", p.dir)
		}
	}
	return nil
}

const putBack = "put it back as it was; if it is lost, save what the server holds with `multivac export` before you stop it"

func errAway(remedy, format string, args ...any) error {
	err := multivac.Errorf(multivac.ErrUnavailable, remedy, format, args...)
	err.RetryAfter = time.Second
	return err
}

// refuse returns what InPlace does, where the files were not in place when
// they were last looked at.
func (db *DB) refuse() error {
	if !db.place.away.Load() {
		return nil
	}
	return db.InPlace()
}

// spare has SQLite leave the files alone that are where its own were: it
// removes its log by name when it closes.
func (c *conn) spare() error {
	return c.Raw(func(driver any) error {
		_, err := driver.(sqlite.FileControl).FileControlPersistWAL("main", 1)
		return err
	})
}
