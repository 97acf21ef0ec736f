// Package eventually waits in tests for what takes its time, and for no longer
// than that. It is for tests only, and is used where there is neither a channel
// to wait for nor a clock to pass in.
package eventually

import (
	"errors"
	"testing"
	"time"
)

// Limit is how long True and Nil wait. It bounds only tests that fail, so that
// it may be long enough for a machine that has other work.
const Limit = time.Minute

// How often a condition is looked at: often at first, for most come soon.
const (
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// True waits until ok returns true, and returns how long that took. If it does
// not within Limit, the test ends and says what was waited for: "the server
// listens".
func True(t testing.TB, what string, ok func() bool) time.Duration {
	t.Helper()
	return Within(t, Limit, what, func() error {
		if !ok() {
			return errors.New("it is not so")
		}
		return nil
	})
}

// Nil is True for a check that says by its error why it is not so yet.
func Nil(t testing.TB, what string, check func() error) time.Duration {
	t.Helper()
	return Within(t, Limit, what, check)
}

// Within is Nil with a limit. The last check begins after the limit, so that a
// slow check has its last chance.
func Within(t testing.TB, limit time.Duration, what string, check func() error) time.Duration {
	t.Helper()
	begun := time.Now()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		late := time.Since(begun) > limit
		err := check()
		if err == nil {
			return time.Since(begun)
		}
		if late {
			t.Fatalf("waited %v until %s: %v", limit, what, err)
		}
		time.Sleep(pause)
	}
}
