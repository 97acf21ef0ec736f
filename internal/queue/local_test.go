package queue_test

import (
	"errors"
	"testing"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/queue/queuetest"
)

func TestLocal(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queue.Queue { return queue.NewLocal(1000) })
}

func TestLocalFullQueueRefusesAtOnce(t *testing.T) {
	q := queue.NewLocal(2)
	for i := range 2 {
		if err := q.Enqueue(t.Context(), multivac.Task{Document: "d", Revision: multivac.Revision(i + 1)}); err != nil {
			t.Fatalf("Enqueue %d of 2: %v", i+1, err)
		}
	}
	if err := q.Enqueue(t.Context(), multivac.Task{Document: "d", Revision: 3}); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("Enqueue into a full queue: got %v, want ErrUnavailable", err)
	}
	if n, _ := q.Len(t.Context()); n != 2 {
		t.Errorf("Len of a full queue of 2: got %d, want 2", n)
	}
}

func TestLocalCloseEndsWork(t *testing.T) {
	q := queue.NewLocal(2)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if err := q.Work(t.Context(), 2, nil); err != nil {
		t.Errorf("Work on a closed queue: got %v, want nil", err)
	}
	if err := q.Enqueue(t.Context(), multivac.Task{}); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("Enqueue into a closed queue: got %v, want ErrUnavailable", err)
	}
}
