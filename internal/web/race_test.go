//go:build race

package web_test

// raced says that the race detector is on, with which a sync.Pool drops things
// at random, so that allocations tell nothing.
const raced = true
