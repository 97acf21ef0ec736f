package tell

import (
	"runtime/debug"
	"testing"
)

// While any large document is worked on the collector is thrifty, and else as
// it was.
func TestThrifty(t *testing.T) {
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
	small := thrifty(1000)
	f(100)
	one, two := thrifty(2<<20), thrifty(16<<20)
	f(thriftyPercent)
	one()
	small()
	f(thriftyPercent)
	two()
	f(100)

	debug.SetGCPercent(10) // who wants it thriftier has it so
	one = thrifty(2 << 20)
	f(10)
	one()
	f(10)
}
