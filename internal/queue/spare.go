package queue

import (
	"context"
	"errors"
	"sync"

	"multivac"
)

// A Spare is a queue with one of this process next to it, which takes the tasks
// that the first does not take. So a process that finds work while the first
// queue is away can do it itself.
type Spare struct {
	first Queue
	own   *Local
}

var _ Queue = (*Spare)(nil)

// WithSpare returns first with a spare that holds at most capacity waiting tasks.
func WithSpare(first Queue, capacity int) *Spare { return &Spare{first, NewLocal(capacity)} }

// Enqueue offers the task to the first queue, and to the spare where that fails.
func (s *Spare) Enqueue(ctx context.Context, task multivac.Task) error {
	err := s.first.Enqueue(ctx, task)
	if errors.Is(err, multivac.ErrUnavailable) {
		return s.own.Enqueue(ctx, task)
	}
	return err
}

// Work works on both queues, on each with that many workers.
func (s *Spare) Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var own sync.WaitGroup
	own.Go(func() { _ = s.own.Work(ctx, workers, handle) }) // a Local returns no error
	err := s.first.Work(ctx, workers, handle)
	cancel()
	own.Wait()
	return err
}

// Len is how many tasks wait in both queues, or in the spare while the first is
// away.
func (s *Spare) Len(ctx context.Context) (int, error) {
	own, err := s.own.Len(ctx)
	if err != nil {
		return 0, err
	}
	if n, err := s.first.Len(ctx); err == nil {
		own += n
	}
	return own, nil
}

// Check returns what is wrong with the first queue, or nil where that cannot
// tell.
func (s *Spare) Check(ctx context.Context) error {
	if q, ok := s.first.(checked); ok {
		return q.Check(ctx)
	}
	return nil
}

// Close closes both.
func (s *Spare) Close() error { return errors.Join(s.first.Close(), s.own.Close()) }
