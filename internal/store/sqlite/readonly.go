package sqlite

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"multivac"
	"multivac/internal/store/sqlite/folder"
	"multivac/internal/store/sqlite/link"
)

// OpenReadable is Open where the folder can be written. Else it opens the data for
// reading, and methods that write return ErrUnavailable. Where the last owner was
// killed, or an older program wrote the data, it makes a copy in the folder for
// temporary files.
func OpenReadable(dir string) (_ *DB, err error) {
	if writable(dir) {
		return Open(dir)
	}
	defer multivac.Wrap(&err, "open data folder %s for reading", dir)
	defer func() { err = link.ExplainFile(err) }()
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errReadOnly()
	}
	lock, err := folder.Share(dir)
	if err != nil {
		return nil, err
	}
	db := newDB(dir, lock)
	db.readOnly = true
	err = errOutdated
	if log, e := os.Stat(path + "-wal"); e != nil || log.Size() == 0 {
		err = db.openImmutable(path)
	}
	if errors.Is(err, errOutdated) {
		err = db.openCopy()
	}
	if err != nil {
		return nil, errors.Join(err, db.abandon())
	}
	return db, nil
}

// ReadOnly reports whether the store was opened for reading only.
func (db *DB) ReadOnly() bool { return db.readOnly }

// writable reports whether the folder and its files can be written, as far as that
// is known before the attempt. A folder that is not there yet counts as writable.
func writable(dir string) bool {
	const write = 2 // W_OK
	for _, name := range []string{"", folder.LockName, fileName, fileName + "-wal", fileName + "-shm"} {
		err := syscall.Access(filepath.Join(dir, name), write)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

func errReadOnly() error {
	return multivac.Errorf(multivac.ErrUnavailable, "give it to this user and have it mounted for writing, or name another folder with --data",
		"the data folder cannot be written")
}

// errOutdated means that a file has to be written before it can be read.
var errOutdated = errors.New("outdated")

// openImmutable opens a database whose log of writes is empty. It writes no files
// next to it.
func (db *DB) openImmutable(path string) error {
	var err error
	if db.pool, err = link.Open(path, "immutable", "1", "mode", "ro"); err != nil {
		return err
	}
	w, err := db.connect("PRAGMA query_only=ON")
	if err != nil {
		return err
	}
	if db.found, err = w.version(); err != nil {
		return errors.Join(err, w.Close())
	}
	if db.found < len(migrations) {
		err := errors.Join(w.Close(), db.pool.Close())
		db.pool = nil
		return errors.Join(errOutdated, err)
	}
	if err := w.QueryRowContext(context.Background(), "PRAGMA application_id").Scan(&db.number); err != nil {
		return errors.Join(err, w.Close())
	}
	return db.begin(w, path)
}

// openCopy opens a copy, which Close removes.
func (db *DB) openCopy() (err error) {
	if db.copied, err = os.MkdirTemp("", "multivac-"); err != nil {
		return err
	}
	for _, name := range []string{fileName, fileName + "-wal"} {
		err := copyFile(filepath.Join(db.copied, name), filepath.Join(db.dir, name))
		if errors.Is(err, syscall.ENOSPC) {
			return multivac.Errorf(multivac.ErrUnavailable, "name another with the variable TMPDIR", "the folder for temporary files has no room for a copy of it")
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return db.open(db.copied)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
