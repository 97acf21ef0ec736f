package tell

import (
	"runtime/debug"
	"testing"
)

// While a large document is worked on the collector works more, and otherwise as
// it did before.
func TestMemoryIsSavedForLargeDocuments(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	f := func(want int) {
		t.Helper()
		got := debug.SetGCPercent(100)
		debug.SetGCPercent(got)
		if got != want {
			t.Errorf("got %d%%, want %d%%", got, want)
		}
	}
	small := saveMemory(1000)
	f(100)
	one, two := saveMemory(2<<20), saveMemory(16<<20)
	f(largeGCPercent)
	one()
	small()
	f(largeGCPercent)
	two()
	f(100)

	debug.SetGCPercent(10) // a lower setting from outside stays
	one = saveMemory(2 << 20)
	f(10)
	one()
	f(10)
}
