//go:build race

package inverted

// raced says that the race detector is on, with which a sync.Pool drops things
// at random.
const raced = true
