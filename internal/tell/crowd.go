package tell

import (
	"sync/atomic"
	"time"
)

const (
	// aCrowd is how many have to wait for the store at the same time to be one.
	aCrowd = 4
	// crowdLasts is for how long one is noticed, since between two commits
	// nobody waits.
	crowdLasts = 50 * time.Millisecond
)

// A crowd counts who waits for the store to keep what he tells.
type crowd struct {
	waiting atomic.Int64
	seen    atomic.Int64 // when there were many, in nanoseconds of Unix
}

// enter counts one in until leave is called.
func (c *crowd) enter() (leave func()) {
	if c.waiting.Add(1) >= aCrowd {
		c.seen.Store(time.Now().UnixNano())
	}
	return func() { c.waiting.Add(-1) }
}

// Crowded reports whether many have waited for the store within the last
// moments.
func (s *Service) Crowded() bool {
	return time.Now().UnixNano()-s.crowd.seen.Load() < int64(crowdLasts)
}
