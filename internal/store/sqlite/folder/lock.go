// Package folder makes one process at a time the owner of a data folder, and
// notices when the files in it are no longer those that are open.
package folder

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

// LockName is the name of the file in a folder that says which process owns it.
const LockName = "lock"

// A Lock makes this process the owner of a folder, until it is closed or the
// process ends.
type Lock []*os.File

// Own locks a folder. It returns ErrInUse, naming the owner, where the folder has
// one.
//
// There are two locks: of the folder itself, and of a file in it, in which Own
// writes who the owner is. The folder's lock holds even where somebody removes
// the file. The file's lock is for older programs, which know no other, and for
// file systems that cannot lock a folder. The file stays after Close.
func Own(dir string) (_ Lock, err error) {
	path := filepath.Join(dir, LockName)
	folder, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	l := Lock{folder}
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

// Add locks a database in the folder, too, because a hard link in another folder
// may be the same file. Close closes it, so close the database before: SQLite's
// own locks end when any descriptor of the file is closed.
func (l *Lock) Add(database *os.File) error {
	*l = append(*l, database)
	if err := lockAlone(database); errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return multivac.Errorf(multivac.ErrInUse, "stop the program that has it, or use a copy of the file", "%s is in use under another name", database.Name())
	}
	return nil // a file system may have no such locks; the folder's lock remains
}

// Close gives the folder back.
func (l Lock) Close() (err error) {
	for _, f := range slices.Backward(l) {
		err = errors.Join(err, f.Close())
	}
	return err
}

// sign writes into the file which process is the owner.
func sign(f *os.File) error {
	owner := fmt.Sprintf("pid %d\ncommand %s\nsince %s\n", os.Getpid(),
		multivac.Clip(strings.Join(os.Args, " "), 300), time.Now().UTC().Format(time.RFC3339))
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(owner), 0)
	return err
}

// Share locks a folder that cannot be written. Other processes may share it, but
// none can own it at the same time. Where it never had an owner, there is no file
// to lock, and Share returns no lock.
func Share(dir string) (Lock, error) {
	path := filepath.Join(dir, LockName)
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
		return Lock{f}, nil
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

// Sync makes the names of new files in the folder durable.
func Sync(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
