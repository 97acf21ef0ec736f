package web

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A term is the context of a request: it ends at a time, with stop, or when it
// is over. A client that has only closed its half of the connection looks like
// one that has gone; so both are answered, and that does not end it. Most
// requests are answered before anybody waits for their end, so that there is no
// timer, and nothing that stop has to know, until somebody does.
type term struct {
	context.Context // gives values; that it ends says only that the client may have gone
	end             time.Time
	stop            context.Context
	hold            hold // of the room for answers, until finish

	waited atomic.Pointer[waited]
	mu     sync.Mutex // of making waited, and of
	over   bool
}

// waited is what somebody waits for.
type waited struct {
	context.Context
	cancel context.CancelFunc
	leave  func() bool // of stop
}

func newTerm(ctx context.Context, timeout time.Duration, stop context.Context, room *answers) *term {
	return &term{Context: ctx, end: time.Now().Add(timeout), stop: stop, hold: hold{answers: room}}
}

// Deadline implements context.Context.
func (t *term) Deadline() (time.Time, bool) { return t.end, true }

// Done implements context.Context.
func (t *term) Done() <-chan struct{} { return t.wait().Done() }

// Err implements context.Context.
func (t *term) Err() error {
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

// Value implements context.Context. What is made of a term asks it where to
// wait: at what waits already, rather than in a goroutine of its own.
func (t *term) Value(key any) any {
	if key == (holdKey{}) {
		return &t.hold
	}
	if w := t.waited.Load(); w != nil {
		return w.Value(key)
	}
	return t.Context.Value(key)
}

func (t *term) wait() *waited {
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
	if t.over || t.stop.Err() != nil { // which AfterFunc would see a moment later
		w.end()
	}
	t.waited.Store(w)
	return w
}

func (w *waited) end() { w.leave(); w.cancel() }

// finish ends the term.
func (t *term) finish() {
	t.hold.keep(0)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if w := t.waited.Load(); w != nil {
		w.end()
	}
}
