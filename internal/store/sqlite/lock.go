package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"multivac"
)

const lockName = "lock"

// A lock makes this process the owner of a folder, until it is closed or the
// process ends.
type lock []*os.File

// lockFolder locks the folder itself, and a file in it, in which it writes who
// the owner is. The file stays when it is closed. The folder's own lock holds
// also where somebody removes the file; the file's is for programs that know no
// other, and for file systems where a folder cannot be locked.
func lockFolder(dir string) (_ lock, err error) {
	path := filepath.Join(dir, lockName)
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	l := lock{folder}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	if err := flock(folder); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, inUse(dir, path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	l = append(l, f)
	err = flock(f)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, inUse(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return l, sign(f)
}

func flock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// add has the lock hold a database as well, which may be in another folder by
// another name: a hard link. The file is closed with the lock, and not before
// the database is: SQLite's own locks on it would go with it.
func (l *lock) add(database *os.File) error {
	*l = append(*l, database)
	if err := lockAlone(database); errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return multivac.Errorf(multivac.ErrInUse, "stop the program that has it, or use a copy of the file", "%s is in use under another name", database.Name())
	}
	return nil // where a file system has no such locks, the folder's is left
}

// Close gives the folder back.
func (l lock) Close() (err error) {
	for _, f := range slices.Backward(l) {
		err = errors.Join(err, f.Close())
	}
	return err
}

// sign writes into the file who the owner is.
func sign(f *os.File) error {
	owner := fmt.Sprintf("pid %d\ncommand %s\nsince %s\n", os.Getpid(),
		multivac.Clip(strings.Join(os.Args, " "), 300), time.Now().UTC().Format(time.RFC3339))
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(owner), 0)
	return err
}

// shareFolder is lockFolder for a folder that cannot be written: others may read
// it, too, but nobody may own it. Where nobody ever did, there is nothing to lock.
func shareFolder(dir string) (lock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	switch {
	case err == nil:
		return lock{f}, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = inUse(dir, path)
	default:
		err = fmt.Errorf("lock %s: %w", path, err)
	}
	return nil, errors.Join(err, f.Close())
}

func inUse(dir, path string) error {
	owner := map[string]string{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return multivac.Errorf(multivac.ErrInUse, "reach it with --server, or stop it first", "%s is in use by a process that cannot be named, because the file %s was removed", dir, path)
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		owner[name] = value
	}
	return multivac.Errorf(multivac.ErrInUse, "reach it with --server, or stop it first",
		"%s is in use by process %s (%s) since %s", dir, owner["pid"], owner["command"], owner["since"])
}

// syncFolder makes the names of new files in the folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
