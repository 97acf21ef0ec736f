// Package clock waits, and stops waiting when the caller no longer needs it.
package clock

import (
	"context"
	"time"
)

// Sleep waits until d has passed, and returns nil, or until ctx has ended, and
// returns its error. Where both are the case it may do either.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
