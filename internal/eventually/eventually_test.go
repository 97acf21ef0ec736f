package eventually_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/eventually"
)

func TestTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		took := eventually.True(t, "a second is over", func() bool { return time.Since(begun) >= time.Second })
		if took != time.Since(begun) || took > time.Second+200*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}

// What does not come ends the test after the limit, with what was waited for
// and the last reason.
func TestWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, checks := time.Now(), 0
		r := &recorder{TB: t}
		func() {
			defer func() { _ = recover() }()
			eventually.Within(r, time.Minute, "it rains", func() error { checks++; return errors.New("the sun shines") })
			t.Error("it went on")
		}()
		if want := "waited 1m0s until it rains: the sun shines"; r.failed != want {
			t.Errorf("got %q, want %q", r.failed, want)
		}
		if took := time.Since(begun); took < time.Minute || took > 61*time.Second || checks < 600 || checks > 620 {
			t.Errorf("it took %v and %d checks", took, checks)
		}
	})
}

// A recorder notes a failure, and ends the test by a panic.
type recorder struct {
	testing.TB
	failed string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = fmt.Sprintf(format, args...)
	panic(r.failed)
}
