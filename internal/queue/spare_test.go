package queue_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/queue/queuetest"
)

func TestSpare(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queue.Queue { return queue.WithSpare(queue.NewLocal(1000), 1000) })
}

// broken is a queue that cannot be reached while down is set.
type broken struct {
	queue.Queue
	down atomic.Bool
}

func (b *broken) Enqueue(ctx context.Context, task multivac.Task) error {
	if b.down.Load() {
		return multivac.Errorf(multivac.ErrUnavailable, "", "away")
	}
	return b.Queue.Enqueue(ctx, task)
}

func (b *broken) Len(ctx context.Context) (int, error) {
	if b.down.Load() {
		return 0, multivac.Errorf(multivac.ErrUnavailable, "", "away")
	}
	return b.Queue.Len(ctx)
}

// While the first queue is away, tasks are worked on nevertheless.
func TestSpareWhileTheFirstIsAway(t *testing.T) {
	first := &broken{Queue: queue.NewLocal(10)}
	s := queue.WithSpare(first, 10)
	done := make(chan multivac.DocumentID)
	ctx, cancel := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() {
		if err := s.Work(ctx, 2, func(_ context.Context, task multivac.Task) error { done <- task.Document; return nil }); err != nil {
			t.Errorf("Work: %v", err)
		}
	})
	for _, id := range []multivac.DocumentID{"before", "during", "after"} {
		first.down.Store(id == "during")
		if err := s.Enqueue(t.Context(), multivac.Task{Document: id, Revision: 1}); err != nil {
			t.Errorf("enqueue %s: %v", id, err)
		}
		if _, err := s.Len(t.Context()); err != nil {
			t.Errorf("Len: %v", err)
		}
		select {
		case got := <-done:
			if got != id {
				t.Errorf("worked on %s, want %s", got, id)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("no worker works on %s", id)
		}
	}
	cancel()
	working.Wait()
}
