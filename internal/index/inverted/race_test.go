//go:build race

package inverted

// raced says that the race detector is on. With it, a sync.Pool drops things at
// random.
const raced = true
