// Package clock waits, and stops waiting when the caller no longer needs it.
package clock

import (
	"context"
	"time"
)

// Sleep waits until d has passed or ctx has ended, whichever is first. It
// reports whether d has passed: where both are the case it may report either.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
