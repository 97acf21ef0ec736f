package folder

import (
	"os"
	"syscall"
)

const (
	setLock  = 37            // F_OFD_SETLK: a lock of the open file. SQLite's locks are of the process.
	lockByte = 1<<62 + 1<<30 // beyond all bytes that SQLite locks or a database has
)

// lockAlone locks a byte that only MultiVAC locks, so that SQLite's own locks can
// be taken.
func lockAlone(f *os.File) error {
	return syscall.FcntlFlock(f.Fd(), setLock, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: lockByte, Len: 1})
}
