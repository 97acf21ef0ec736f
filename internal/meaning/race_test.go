//go:build race

package meaning

// raced reports that the race detector is on. With it a sync.Pool drops values at
// random.
const raced = true
