package sqlite

import (
	"os"
	"syscall"
)

const (
	setLock  = 37            // F_OFD_SETLK: of the open file, not of the process as SQLite's are
	lockByte = 1<<62 + 1<<30 // beyond any byte that SQLite locks or a database has
)

// lockAlone locks a byte that only MultiVAC locks, so that it stands in no
// lock's way that SQLite takes.
func lockAlone(f *os.File) error {
	return syscall.FcntlFlock(f.Fd(), setLock, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockByte, Len: 1})
}
