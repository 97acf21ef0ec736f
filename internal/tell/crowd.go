package tell

import (
	"sync/atomic"
	"time"
)

const (
	// crowdSize is how many callers have to wait for the store at the same
	// time to be a crowd.
	crowdSize = 4
	// crowdDuration is how long a crowd counts as one after it was last seen:
	// between two commits of the store nobody waits.
	crowdDuration = 50 * time.Millisecond
)

// A Crowd counts the callers that wait for the store to keep their documents.
// The Service counts them. Others look whether there are many, and then leave
// the processor and the disk to them. The zero Crowd is ready to use.
type Crowd struct {
	waiting atomic.Int64
	seen    atomic.Int64 // when there were many, in nanoseconds of Unix
}

// Enter counts one caller in until leave is called.
func (c *Crowd) Enter() (leave func()) {
	if c.waiting.Add(1) >= crowdSize {
		c.seen.Store(time.Now().UnixNano())
	}
	return func() { c.waiting.Add(-1) }
}

// Crowded reports whether many callers have waited for the store within the
// last 50 ms.
func (c *Crowd) Crowded() bool {
	return time.Now().UnixNano()-c.seen.Load() < int64(crowdDuration)
}
