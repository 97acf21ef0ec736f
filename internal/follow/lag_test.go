package follow

import (
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A follower lags from the moment at which it was first seen not to move,
// behind the store.
func TestLag(t *testing.T) {
	inTime(t, func(t *testing.T, s store.Store) {
		f := follow(s)
		lag := NewLag(f.Follower)
		measure := func(when string, want time.Duration) {
			t.Helper()
			if got := lag.Measure(t.Context()); got != want {
				t.Errorf("%s: got %v, want %v", when, got, want)
			}
		}
		measure("with nothing to follow", 0)
		stop := start(t, f)
		reach(t, f, publish(t, s, telling(multivac.DefaultCollection, "a", "One.")))
		time.Sleep(time.Minute)
		measure("where all is followed", 0)
		stop()
		publish(t, s, telling(multivac.DefaultCollection, "b", "Two."))
		measure("when first seen behind", 0)
		time.Sleep(time.Minute)
		measure("a minute later", time.Minute)
		publish(t, s, telling(multivac.DefaultCollection, "c", "Three."))
		time.Sleep(time.Minute)
		measure("2 minutes later", 2*time.Minute)
	})
}
