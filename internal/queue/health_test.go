package queue_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/queue"
)

// unwell is a queue that says what is wrong with it.
type unwell struct {
	queue.Queue
	wrong atomic.Pointer[error]
}

func (u *unwell) Check(ctx context.Context) error {
	if err := u.wrong.Load(); err != nil {
		return *err
	}
	<-ctx.Done() // it does not answer
	return ctx.Err()
}

// What is wrong with a queue is known within 2 seconds, and told once.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		q := &unwell{}
		h := queue.NewHealth(q)
		h.Events.Changed = func(err error) {
			if err == nil {
				told = append(told, "")
			} else {
				told = append(told, err.Error())
			}
		}
		if got := h.Reason(); got != "looking at the queue" {
			t.Errorf("before the first check: %q", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		says := func(err error, want string) {
			t.Helper()
			q.wrong.Store(&err)
			time.Sleep(10 * time.Second)
			if got := h.Reason(); got != want {
				t.Errorf("it says %q, want %q", got, want)
			}
		}
		time.Sleep(5 * time.Second)
		const silent = "the queue does not answer; see whether it runs and can be reached"
		if got := h.Reason(); got != silent {
			t.Errorf("of a queue that does not answer: %q", got)
		}
		says(nil, "")
		says(errors.New("it may evict"), "it may evict")
		says(errors.New("it is full"), "it is full")
		says(nil, "")
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if want := []string{silent, "", "it may evict", "it is full", ""}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// A queue that cannot be checked is well.
func TestHealthOfALocalQueue(t *testing.T) {
	h := queue.NewHealth(queue.NewLocal(1))
	if err := h.Run(t.Context()); err != nil || h.Reason() != "" {
		t.Errorf("got %v, and %q", err, h.Reason())
	}
}
