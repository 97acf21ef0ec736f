package folder

import (
	"errors"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"multivac"
)

// Files are those that an open database has in a folder.
type Files struct {
	dir   string
	files []file
	away  atomic.Bool // as Check found last
}

// A file is open, and was at the path when it was opened.
type file struct {
	path string
	info fs.FileInfo
}

// Note notes that a database at path, in the folder dir, has its files open now.
func (f *Files) Note(dir, path string) error {
	f.dir = dir
	for _, ending := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + ending)
		if errors.Is(err, fs.ErrNotExist) && ending != "" {
			continue
		}
		if err != nil {
			return err
		}
		f.files = append(f.files, file{path + ending, info})
	}
	return nil
}

// Check returns an ErrUnavailable, which says what to do, where the files that
// are open are no longer those at their paths: the folder was moved, removed,
// replaced or unmounted.
func (f *Files) Check() error {
	err := f.look()
	f.away.Store(err != nil)
	return err
}

// CheckAgain is Check where the last Check found the files away. Else it returns
// nil, and looks at nothing.
func (f *Files) CheckAgain() error {
	if !f.away.Load() {
		return nil
	}
	return f.Check()
}

func (f *Files) look() error {
	for i, one := range f.files {
		there, err := os.Stat(one.path)
		switch {
		case err == nil && os.SameFile(there, one.info):
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return errAway("see whether its disk is there and this user may read it", "the data folder cannot be looked at: %v", err)
		case i > 0:
			return errAway("stop the server with SIGTERM and start it again: at its end it writes all into the database",
				"%s was removed or replaced while it is in use", one.path)
		case err == nil:
			return errAway(putBack, "the data folder %s was replaced while it is in use", f.dir)
		default:
			return errAway(putBack, "the data folder %s was removed or moved away while it is in use", f.dir)
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
