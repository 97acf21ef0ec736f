package limit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Term is the context of a request. It ends at a time, when the server stops,
// or when the request is over. It does not end when the client seems to have
// gone, because a client that has only closed its half of the connection looks
// the same and still wants its answer. Most requests are answered before
// anything waits for their end. So the Term makes its timer, and registers with
// stop, only when something waits.
type Term struct {
	context.Context // for its values; its end only says that the client may have gone
	end             time.Time
	stop            context.Context
	hold            hold // of the room for answers, until Finish

	waited atomic.Pointer[waited]
	mu     sync.Mutex // guards making waited, and over
	over   bool
}

// waited is the context that makes the timer.
type waited struct {
	context.Context
	cancel context.CancelFunc
	leave  func() bool // of stop
}

// Term returns the context of a request that ends after timeout at the latest.
func (l *Limits) Term(ctx context.Context, timeout time.Duration) *Term {
	return &Term{Context: ctx, end: time.Now().Add(timeout), stop: l.stop, hold: hold{room: l.answers}}
}

// Deadline implements context.Context.
func (t *Term) Deadline() (time.Time, bool) { return t.end, true }

// Done implements context.Context.
func (t *Term) Done() <-chan struct{} { return t.wait().Done() }

// Err implements context.Context.
func (t *Term) Err() error {
	if w := t.waited.Load(); w != nil {
		return w.Err()
	}
	t.mu.Lock()
	over := t.over
	t.mu.Unlock()
	switch {
	case over || t.stop.Err() != nil:
		return context.Canceled
	case !time.Now().Before(t.end):
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. A child context asks its parent by Value
// whether it can register there. If waited exists, it answers. Otherwise the
// child would need a goroutine.
func (t *Term) Value(key any) any {
	if key == (holdKey{}) {
		return &t.hold
	}
	if w := t.waited.Load(); w != nil {
		return w.Value(key)
	}
	return t.Context.Value(key)
}

func (t *Term) wait() *waited {
	if w := t.waited.Load(); w != nil {
		return w
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if w := t.waited.Load(); w != nil {
		return w
	}
	w := &waited{}
	w.Context, w.cancel = context.WithDeadline(context.WithoutCancel(t.Context), t.end)
	w.leave = context.AfterFunc(t.stop, w.cancel)
	if t.over || t.stop.Err() != nil { // AfterFunc would end it a moment later
		w.end()
	}
	t.waited.Store(w)
	return w
}

func (w *waited) end() { w.leave(); w.cancel() }

// Finish ends the Term.
func (t *Term) Finish() {
	t.hold.keep(0)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if w := t.waited.Load(); w != nil {
		w.end()
	}
}
