package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/clock"
)

func TestSleep(t *testing.T) {
	f := func(d, end time.Duration, want error) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), end)
			defer cancel()
			begun := time.Now()
			got := clock.Sleep(ctx, d)
			if took := time.Since(begun); !errors.Is(got, want) || took != min(d, end) {
				t.Errorf("Sleep(%s) with a context of %s: %v after %s, want %v after %s", d, end, got, took, want, min(d, end))
			}
		})
	}
	f(time.Second, time.Hour, nil)
	f(time.Hour, time.Second, context.DeadlineExceeded)
	f(0, time.Hour, nil)
}
