package queue

import (
	"context"
	"errors"
	"sync"

	"multivac"
)

// A Spare is a queue with one of this process's own beside it, for what the
// first does not take: so that whoever finds work while that is away can do it
// himself.
type Spare struct {
	first Queue
	own   *Local
}

var _ Queue = (*Spare)(nil)

// WithSpare returns first with a spare of a capacity.
func WithSpare(first Queue, capacity int) *Spare { return &Spare{first, NewLocal(capacity)} }

// Enqueue offers the task to the first queue, and to the spare where that fails.
func (s *Spare) Enqueue(ctx context.Context, task multivac.Task) error {
	err := s.first.Enqueue(ctx, task)
	if errors.Is(err, multivac.ErrUnavailable) {
		return s.own.Enqueue(ctx, task)
	}
	return err
}

// Work works on both queues, on each with so many workers.
func (s *Spare) Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var own sync.WaitGroup
	own.Go(func() { _ = s.own.Work(ctx, workers, handle) }) // it has no error
	err := s.first.Work(ctx, workers, handle)
	cancel()
	own.Wait()
	return err
}

// Len is how many tasks wait in both, or in the spare while the first is away.
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

// Check says what is wrong with the first queue, where it can tell.
func (s *Spare) Check(ctx context.Context) error {
	if q, ok := s.first.(interface{ Check(context.Context) error }); ok {
		return q.Check(ctx)
	}
	return nil
}

// Close closes both.
func (s *Spare) Close() error { return errors.Join(s.first.Close(), s.own.Close()) }
