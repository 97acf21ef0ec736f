// Package queuetest proves that a queue keeps the contract of package queue.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/queue"
)

// busyTimeout is how long a queue may take for one step, on a busy machine and
// with the round trips of a network.
const busyTimeout = 20 * time.Second

// Run proves the queues that open returns. Each has to be empty, with room for
// 1,000 tasks. Run closes them.
func Run(t *testing.T, open func(t *testing.T) queue.Queue) {
	for name, test := range map[string]func(*testing.T, queue.Queue){
		"every task is handed out":                everyTask,
		"tasks come while working":                whileWorking,
		"workers are bound":                       workersBound,
		"the end waits for what is running":       endWaits,
		"the end reaches what is running":         endReaches,
		"a failing task does not stop the others": failing,
		"many may enqueue":                        manyEnqueue,
		"two may work":                            twoWork,
		"enqueue does not wait for a worker":      enqueueDoesNotWait,
		"len counts what waits":                   lenCounts,
	} {
		t.Run(name, func(t *testing.T) {
			q := open(t)
			t.Cleanup(func() {
				if err := q.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			test(t, q)
		})
	}
}

func task(i int) multivac.Task {
	return multivac.Task{Kind: []multivac.TaskKind{multivac.ReadDocument, "other"}[i/3%2], Document: multivac.DocumentID(fmt.Sprintf("%032x", i)), Revision: multivac.Revision(i + 1), Attempt: i % 3,
		Origin: multivac.Origin{RequestID: fmt.Sprintf("request-%d", i), Trace: fmt.Sprintf("00-%032x-%016x-01", i+1, i+1)}}
}

func enqueue(t *testing.T, q queue.Queue, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := q.Enqueue(t.Context(), task(i)); err != nil {
			t.Fatalf("Enqueue task %d of %d: %v", i, to, err)
		}
	}
}

// work starts Work. The returned function ends it and waits until it has returned.
func work(t *testing.T, q queue.Queue, workers int, handle func(context.Context, multivac.Task) error) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Work(ctx, workers, handle) }()
	end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("Work after its end: %v", err)
			}
		case <-time.After(busyTimeout):
			t.Errorf("Work did not return within %v of its end", busyTimeout)
		}
	})
	t.Cleanup(end)
	return end
}

func wait[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(busyTimeout):
		t.Fatalf("%s did not come within %v", what, busyTimeout)
	}
	return v
}

func everyTask(t *testing.T, q queue.Queue) {
	const n = 1000
	enqueue(t, q, 0, n)
	got := collect(t, q, n)
	for i := range n {
		if !got[task(i)] {
			t.Fatalf("task %d %v was not handed out", i, task(i))
		}
	}
}

// collect works until n different tasks came.
func collect(t *testing.T, q queue.Queue, n int) map[multivac.Task]bool {
	t.Helper()
	var mu sync.Mutex
	got := map[multivac.Task]bool{}
	all := make(chan struct{})
	end := work(t, q, 4, func(_ context.Context, task multivac.Task) error {
		mu.Lock()
		defer mu.Unlock()
		if got[task] {
			return nil // a task may come twice
		}
		if got[task] = true; len(got) == n {
			close(all)
		}
		return nil
	})
	wait(t, all, fmt.Sprintf("the last of %d tasks", n))
	end()
	return got
}

func whileWorking(t *testing.T, q queue.Queue) {
	got := make(chan multivac.Task, 10)
	work(t, q, 2, func(_ context.Context, task multivac.Task) error {
		got <- task
		return nil
	})
	for i := range 10 {
		enqueue(t, q, i, i+1)
		if g, w := wait(t, got, "a task enqueued while working"), task(i); g != w {
			t.Fatalf("got task %v, want %v", g, w)
		}
	}
}

func workersBound(t *testing.T, q queue.Queue) {
	const n, workers = 60, 3
	enqueue(t, q, 0, n)
	var running, most, done atomic.Int64
	all := make(chan struct{})
	full := make(chan struct{})
	fill := sync.OnceFunc(func() { close(full) })
	end := work(t, q, workers, func(ctx context.Context, _ multivac.Task) error {
		now := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		if now == workers {
			fill()
		}
		select { // no handler ends before all workers have one
		case <-full:
		case <-ctx.Done():
		}
		if done.Add(1) == n {
			close(all)
		}
		return nil
	})
	wait(t, all, "the last task")
	end()
	if got := most.Load(); got != workers {
		t.Errorf("at most %d handlers ran at once, want %d", got, workers)
	}
}

func endWaits(t *testing.T, q queue.Queue) {
	started, release := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	end := work(t, q, 1, func(context.Context, multivac.Task) error {
		close(started)
		<-release
		finished.Store(true)
		return nil
	})
	enqueue(t, q, 0, 1)
	wait(t, started, "the task")
	ended := make(chan struct{})
	go func() {
		end()
		if !finished.Load() {
			t.Error("Work returned before its running handler")
		}
		close(ended)
	}()
	close(release)
	wait(t, ended, "the end of Work")
}

func endReaches(t *testing.T, q queue.Queue) {
	started, told := make(chan struct{}), make(chan struct{})
	end := work(t, q, 1, func(ctx context.Context, _ multivac.Task) error {
		close(started)
		<-ctx.Done()
		close(told)
		return ctx.Err()
	})
	enqueue(t, q, 0, 1)
	wait(t, started, "the task")
	end()
	wait(t, told, "the end of the handler's context")
}

func failing(t *testing.T, q queue.Queue) {
	const n = 20
	enqueue(t, q, 0, n)
	good := make(chan multivac.Task, n)
	var mu sync.Mutex
	seen := map[multivac.Task]bool{}
	work(t, q, 2, func(_ context.Context, task multivac.Task) error {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[task]
		seen[task] = true
		switch {
		case task.Revision%2 == 0:
			return errors.New("cannot")
		case first:
			good <- task
		}
		return nil
	})
	for range n / 2 {
		wait(t, good, "a task next to the failing ones")
	}
}

func manyEnqueue(t *testing.T, q queue.Queue) {
	const many, each = 8, 50
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			for j := range each {
				if err := q.Enqueue(t.Context(), task(i*each+j)); err != nil {
					t.Errorf("Enqueue task %d: %v", i*each+j, err)
				}
			}
		})
	}
	all.Wait()
	collect(t, q, many*each)
}

func twoWork(t *testing.T, q queue.Queue) {
	const n = 100
	enqueue(t, q, 0, n)
	got := make(chan multivac.Task, 3*n)
	handle := func(_ context.Context, task multivac.Task) error {
		got <- task
		return nil
	}
	work(t, q, 1, handle)
	work(t, q, 1, handle)
	seen := map[multivac.Task]bool{}
	for len(seen) < n {
		seen[wait(t, got, "a task of two workers")] = true
	}
}

func enqueueDoesNotWait(t *testing.T, q queue.Queue) {
	started, release := make(chan struct{}, 1), make(chan struct{})
	work(t, q, 1, func(context.Context, multivac.Task) error {
		select {
		case started <- struct{}{}:
		default:
		}
		<-release
		return nil
	})
	defer close(release)
	enqueue(t, q, 0, 1)
	wait(t, started, "the task")
	done := make(chan struct{})
	go func() {
		for i := range 100 {
			if err := q.Enqueue(t.Context(), task(i+1)); err != nil {
				t.Errorf("Enqueue task %d behind a busy worker: %v", i+1, err)
			}
		}
		close(done)
	}()
	wait(t, done, "Enqueue behind a busy worker")
}

func lenCounts(t *testing.T, q queue.Queue) {
	length := func() int {
		t.Helper()
		n, err := q.Len(t.Context())
		if err != nil {
			t.Fatalf("Len: %v", err)
		}
		return n
	}
	if got := length(); got != 0 {
		t.Errorf("Len of an empty queue: got %d, want 0", got)
	}
	enqueue(t, q, 0, 7)
	if got := length(); got != 7 {
		t.Errorf("Len after 7 tasks: got %d, want 7", got)
	}
	collect(t, q, 7)
	if got := length(); got != 0 {
		t.Errorf("Len after all were worked on: got %d, want 0", got)
	}
}
