package tell

import (
	"runtime/debug"
	"sync"
)

// While a document of largeDocument bytes or more is worked on, the heap may
// outgrow what is alive by largeGCPercent only. What is made of a document may
// take 30 times its size, and the usual 100% would double that.
const (
	largeDocument  = 4 << 20
	largeGCPercent = 25
)

// large is shared by all workers, because there is one collector.
var large struct {
	sync.Mutex
	documents int // that are worked on
	before    int // the percentage that holds otherwise
}

// saveMemory makes the collector work more while a document of so many bytes is
// worked on, until done is called.
func saveMemory(size int) (done func()) {
	if size < largeDocument {
		return func() {}
	}
	large.Lock()
	defer large.Unlock()
	if large.documents++; large.documents == 1 {
		large.before = debug.SetGCPercent(largeGCPercent)
		// A lower percentage that was set from outside stays. Below 0 the
		// collector is off, which is no lower one.
		if 0 <= large.before && large.before < largeGCPercent {
			debug.SetGCPercent(large.before)
		}
	}
	return func() {
		large.Lock()
		defer large.Unlock()
		if large.documents--; large.documents == 0 {
			debug.SetGCPercent(large.before)
		}
	}
}
