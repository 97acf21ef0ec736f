//go:build race

package web_test

// raced says that the race detector is on. With it, a sync.Pool drops things at
// random, so that allocations mean nothing.
const raced = true
