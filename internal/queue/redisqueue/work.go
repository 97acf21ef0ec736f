package redisqueue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"multivac"
)

const (
	// check is the mean time between two looks for a task where there was
	// none: asynq waits for half of it to one and a half.
	check = 30 * time.Millisecond
	// tries is how often a task is handed out again whose handle fails, before
	// it is left to the sweeper.
	tries = 5
	// forward is the time between two looks for tasks to be tried again.
	forward = 500 * time.Millisecond
	// maxWorks is how many Works a queue may have at a time.
	maxWorks = 64
)

// Work calls handle as queue.Queue says; Close ends it, too. A task whose
// handle fails is handed out again a few times, later each time, to whoever
// comes first. While Redis is away, Work waits for it.
func (q *Queue) Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error {
	q.works <- struct{}{}
	defer func() { <-q.works }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(q.open, cancel)()
	w := &work{ctx: ctx, handle: handle, slots: make(chan struct{}, max(workers, 1)), log: q.o.Log}
	server := asynq.NewServerFromRedisClient(q.back, asynq.Config{
		Concurrency:              cap(w.slots),
		Queues:                   map[string]int{name: 1},
		TaskCheckInterval:        check,
		DelayedTaskCheckInterval: forward,
		JanitorInterval:          time.Hour, // of what is done nothing is kept
		RetryDelayFunc:           func(n int, err error, _ *asynq.Task) time.Duration { return delay(n, err) },
		IsFailure:                func(err error) bool { return !errors.Is(err, context.Canceled) },
		ShutdownTimeout:          24 * time.Hour, // who ends Work says how long it waits
		Logger:                   &lines{log: q.o.Log},
		LogLevel:                 asynq.WarnLevel,
	})
	if err := server.Start(w); err != nil {
		return err
	}
	<-ctx.Done()
	server.Shutdown()
	// Of a task whose lease in Redis has ended asynq does not wait for the end.
	for range cap(w.slots) {
		w.slots <- struct{}{}
	}
	return nil
}

// delay is the time until the next try of a task that was tried n times before.
func delay(n int, err error) time.Duration {
	if errors.Is(err, context.Canceled) {
		return 0 // the end of its worker is not the task's fault
	}
	return min(250*time.Millisecond<<min(n, 4), time.Second)
}

// work is what a Work does with its tasks.
type work struct {
	ctx    context.Context // of Work
	handle func(context.Context, multivac.Task) error
	slots  chan struct{} // one for each running handle
	log    *slog.Logger
}

// ProcessTask implements asynq.Handler. asynq's own context, which ends with its
// lease in Redis, is not the handler's: leases are the store's.
func (w *work) ProcessTask(ctx context.Context, t *asynq.Task) error {
	task, err := decode(t.Payload())
	switch {
	case errors.Is(err, errNewer):
		return w.retry(ctx, err) // another worker may be newer
	case err != nil:
		w.log.Warn("something in the queue was dropped", "error", err)
		return asynq.RevokeTask
	}
	select {
	case w.slots <- struct{}{}:
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
	ended := make(chan error, 1)
	go func() { // where handle panics, asynq would go on
		defer func() { <-w.slots }()
		if err := w.ctx.Err(); err != nil { // no task begins after the end
			ended <- err
			return
		}
		ended <- w.handle(w.ctx, task)
	}()
	return w.retry(ctx, <-ended)
}

// retry returns err, or what has asynq drop a task that was tried often enough.
func (w *work) retry(ctx context.Context, err error) error {
	if n, ok := asynq.GetRetryCount(ctx); err != nil && ok && n >= tries-1 && !errors.Is(err, context.Canceled) {
		return errors.Join(asynq.RevokeTask, err)
	}
	return err
}

// lines are what asynq says, one every ten seconds at most: while Redis is away
// it says the same again and again, and Check says it better.
type lines struct {
	log *slog.Logger

	mu   sync.Mutex
	last time.Time
}

func (l *lines) say(args []any) {
	line := fmt.Sprint(args...)
	l.mu.Lock()
	defer l.mu.Unlock()
	// A task that Redis has forgotten while it was worked on is none to mind.
	if time.Since(l.last) < 10*time.Second || strings.Contains(line, "NOT FOUND") {
		return
	}
	l.last = time.Now()
	l.log.Warn("the queue", "error", line)
}

func (l *lines) Debug(...any)      {}
func (l *lines) Info(...any)       {}
func (l *lines) Warn(args ...any)  { l.say(args) }
func (l *lines) Error(args ...any) { l.say(args) }
func (l *lines) Fatal(args ...any) { l.say(args) }
