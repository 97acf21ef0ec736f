//go:build race

package meaning

// raced says that the race detector is on. With it, a sync.Pool drops items at
// random.
const raced = true
