//go:build unix

package servers

import (
	"os"
	"syscall"
	"testing"
)

// lock waits until no other process has the file locked, and returns what
// unlocks it.
func lock(t testing.TB, file string) (unlock func()) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	must(t, err)
	must(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	return func() { f.Close() }
}
