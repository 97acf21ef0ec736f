package queue

import (
	"context"
	"sync"

	"multivac"
)

// Local is the queue of one process. Its tasks are lost with the process, as a
// hint may be.
type Local struct {
	tasks  chan multivac.Task
	closed chan struct{}
	once   sync.Once
}

var _ Queue = (*Local)(nil)

// NewLocal returns an empty queue that holds at most capacity waiting tasks.
func NewLocal(capacity int) *Local {
	return &Local{tasks: make(chan multivac.Task, capacity), closed: make(chan struct{})}
}

// Enqueue never waits. It returns ErrUnavailable where the queue is full or
// closed.
func (q *Local) Enqueue(_ context.Context, task multivac.Task) error {
	select {
	case <-q.closed:
		return multivac.Errorf(multivac.ErrUnavailable, "", "queue is closed")
	default:
	}
	select {
	case q.tasks <- task:
		return nil
	default:
		return multivac.Errorf(multivac.ErrUnavailable, "enqueue it again when some of it is done",
			"queue of %d tasks is full", cap(q.tasks))
	}
}

// Work returns nil once ctx has ended, or the queue is closed, and the running
// handlers have returned. A task whose handle fails is dropped. A panic of
// handle ends the process, because the queue cannot know what it has broken.
func (q *Local) Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error {
	var running sync.WaitGroup
	for range max(workers, 1) {
		running.Go(func() {
			for {
				task, ok := q.next(ctx)
				if !ok {
					return
				}
				// A failed task is not enqueued again: the store knows that it
				// is not done, and the sweeper finds it there.
				_ = handle(ctx, task)
			}
		})
	}
	running.Wait()
	return nil
}

func (q *Local) next(ctx context.Context) (multivac.Task, bool) {
	// No task is to begin after the end. The select below does not ensure
	// that, because it chooses at random among the cases that are ready.
	if ctx.Err() != nil {
		return multivac.Task{}, false
	}
	select {
	case <-ctx.Done():
		return multivac.Task{}, false
	case <-q.closed:
		return multivac.Task{}, false
	case task := <-q.tasks:
		return task, true
	}
}

// Len is how many tasks wait, without those that are worked on.
func (q *Local) Len(context.Context) (int, error) { return len(q.tasks), nil }

// Close ends Work. The waiting tasks are dropped.
func (q *Local) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}
