package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"multivac"
)

const lockName = "lock"

// lockFolder makes this process the owner of the folder, until the file that
// it returns is closed or the process ends, and writes into the file who the
// owner is. The file stays: to remove it would let two owners in.
func lockFolder(dir string) (_ *os.File, err error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, inUse(dir, path)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	owner := fmt.Sprintf("pid %d\ncommand %s\nsince %s\n", os.Getpid(),
		multivac.Clip(strings.Join(os.Args, " "), 300), time.Now().UTC().Format(time.RFC3339))
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = f.WriteAt([]byte(owner), 0)
	return f, err
}

// shareFolder is lockFolder for a folder that cannot be written: others may read
// it, too, but nobody may own it. Where nobody ever did, there is nothing to lock.
func shareFolder(dir string) (*os.File, error) {
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
		return f, nil
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
