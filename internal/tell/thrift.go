package tell

import (
	"runtime/debug"
	"sync"
)

// thriftyFrom is the size of a document, in bytes, from which on the collector
// is told to be thrifty, and thriftyPercent how far the heap may outgrow what
// lives then. What is made of a document may be thirty times its size, and
// would else be there almost twice.
const (
	thriftyFrom    = 4 << 20
	thriftyPercent = 25
)

// thrift is shared by all workers, as the collector is.
var thrift struct {
	sync.Mutex
	documents int
	before    int // the percentage that holds otherwise
}

// thrifty has the collector work more while a document of so many bytes is
// worked on, which ends with done.
func thrifty(size int) (done func()) {
	if size < thriftyFrom {
		return func() {}
	}
	thrift.Lock()
	defer thrift.Unlock()
	if thrift.documents++; thrift.documents == 1 {
		thrift.before = debug.SetGCPercent(thriftyPercent)
		if 0 <= thrift.before && thrift.before < thriftyPercent {
			debug.SetGCPercent(thrift.before)
		}
	}
	return func() {
		thrift.Lock()
		defer thrift.Unlock()
		if thrift.documents--; thrift.documents == 0 {
			debug.SetGCPercent(thrift.before)
		}
	}
}
