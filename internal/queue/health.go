package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"multivac"
	"multivac/internal/clock"
)

// checkInterval is the time between two checks, and how long one may take.
const checkInterval = 2 * time.Second

// A checked queue can tell what is wrong with it.
type checked interface {
	// Check returns an error with its remedy where the queue cannot be
	// reached, or may lose what is in it.
	Check(ctx context.Context) error
}

// Events are what this package reports. Any of them may be nil.
type Events struct {
	// Changed is called with what is wrong with the queue where that is
	// something else than at the check before, and with nil where it is well
	// again.
	Changed func(error)
}

// Health checks a queue again and again, and knows what is wrong with it.
// Nothing stops while the queue is unwell: the store knows what is to be done,
// whatever the queue loses, and the sweepers of the workers find it there.
type Health struct {
	Events Events // set before Run

	queue Queue

	mu      sync.Mutex
	checked bool
	wrong   string
}

// NewHealth returns the health of q, which is known once Run has begun.
func NewHealth(q Queue) *Health { return &Health{queue: q} }

// Reason says why a worker is not ready: what is wrong with the queue, or that
// this is not known yet. It returns "" where all is well.
func (h *Health) Reason() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.checked {
		return "looking at the queue"
	}
	return h.wrong
}

// Run checks the queue every 2 seconds until ctx ends, and returns nil. A queue
// that cannot be checked is well.
func (h *Health) Run(ctx context.Context) error {
	q, ok := h.queue.(checked)
	if !ok {
		h.set(nil)
		return nil
	}
	for {
		err := check(ctx, q)
		if ctx.Err() != nil {
			return nil
		}
		if h.set(err) && h.Events.Changed != nil {
			h.Events.Changed(err)
		}
		if clock.Sleep(ctx, checkInterval) != nil {
			return nil
		}
	}
}

func check(ctx context.Context, q checked) error {
	ctx, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	err := q.Check(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "the queue does not answer")
	}
	return err
}

// set notes the outcome of a check, and reports whether that is new.
func (h *Health) set(err error) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	wrong := ""
	if err != nil {
		wrong = err.Error()
	}
	changed = wrong != h.wrong
	h.checked, h.wrong = true, wrong
	return changed
}
