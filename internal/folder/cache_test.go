package folder

import (
	"crypto/sha256"
	"os"
	"testing"
	"time"
)

// The files that were not used for longest are removed first.
func TestTrim(t *testing.T) {
	c := NewCache(t.TempDir())
	c.most = 3 * (100 + sha256.Size)
	long := time.Now().Add(-100 * time.Hour)
	for i := range 5 {
		if err := c.put([32]byte{byte(i)}, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		at := long.Add(time.Duration(i) * time.Hour)
		if err := os.Chtimes(c.path([32]byte{byte(i)}), at, at); err != nil {
			t.Fatal(err)
		}
	}
	c.get([32]byte{0}, 100) // now it is the last one that was used
	c.trim()
	for i, want := range []bool{true, false, false, true, true} {
		if got := c.get([32]byte{byte(i)}, 100) != nil; got != want {
			t.Errorf("file %d is there: %v", i, got)
		}
	}
}
