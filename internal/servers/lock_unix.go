//go:build unix

package servers

import (
	"os"
	"syscall"
	"testing"
)

// lock locks a file, waiting for other processes that have it locked. The
// caller calls unlock.
func lock(t testing.TB, file string) (unlock func()) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	must(t, err)
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	return func() { f.Close() }
}
