//go:build race

package meaning

// raced says that the race detector is on, with which a sync.Pool drops things
// at random.
const raced = true
