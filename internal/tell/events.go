package tell

import (
	"context"

	"multivac"
)

// Events are what the worker, the sweeper and the refresher report. Any of them
// may be nil. They may be called by many goroutines.
type Events struct {
	// Attempted is called after each attempt that ended in this process. The
	// context carries the origin of the task.
	Attempted func(context.Context, Attempt)
	// Began is called when an attempt ("work") or a step of it begins. What is
	// done then has the context that it returns. The function that it returns
	// is called when the attempt or the step has ended.
	Began func(ctx context.Context, what string) (context.Context, func(error))
	// SweepFailed is called with each error of a sweep. The next sweep tries
	// again.
	SweepFailed func(error)
	// RefreshFailed is called with each error of a refresh, and with the
	// document, or "" where it is not about one. A document that cannot be cut
	// keeps the passages that it has; one whose vectors cannot be made has
	// none.
	RefreshFailed func(multivac.DocumentID, error)
}

func (e Events) attempted(ctx context.Context, a Attempt) {
	if e.Attempted != nil {
		e.Attempted(ctx, a)
	}
}

func (e Events) began(ctx context.Context, what string) (context.Context, func(error)) {
	if e.Began == nil {
		return ctx, func(error) {}
	}
	return e.Began(ctx, what)
}

func (e Events) sweepFailed(err error) {
	if e.SweepFailed != nil {
		e.SweepFailed(err)
	}
}

func (e Events) refreshFailed(id multivac.DocumentID, err error) {
	if e.RefreshFailed != nil {
		e.RefreshFailed(id, err)
	}
}
