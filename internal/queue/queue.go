// Package queue is the contract of what tells workers that there is work: a
// hint that may be lost, late or doubled, because the store knows what is to be
// done. The package also has the queue for one process, and what is wrong with a
// queue. The suite in queuetest proves an implementation.
package queue

import (
	"context"

	"multivac"
)

// Queue hands tasks from the callers of Enqueue to those of Work.
type Queue interface {
	// Enqueue offers a task and returns without waiting for a worker. It may
	// fail, or drop the task when the queue is full: a sweeper finds what was
	// missed. The task keeps its origin.
	Enqueue(ctx context.Context, task multivac.Task) error
	// Work calls handle for each task, at most workers at a time, until ctx
	// ends, then waits for the running ones and returns. A task whose handle
	// fails may be handed out again. handle must not panic.
	Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error
	// Len is how many tasks wait, without those that are worked on.
	Len(ctx context.Context) (int, error)
	Close() error
}
