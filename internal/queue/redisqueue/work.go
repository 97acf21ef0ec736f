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
	// fetchInterval is the mean time between two looks for a task where there
	// was none. asynq waits for 0.5 to 1.5 times as long.
	fetchInterval = 30 * time.Millisecond
	// maxTries is how often a task is handed out whose handle fails, before it
	// is left to the sweeper.
	maxTries = 5
	// retryInterval is the time between two looks for tasks to be tried again.
	retryInterval = 500 * time.Millisecond
	// maxWorks is how many Works a queue may have at the same time.
	maxWorks = 64
	// logInterval is the least time between two lines of asynq in the log.
	logInterval = 10 * time.Second
)

// Work calls handle as queue.Queue says. Close ends it, too. A task whose handle
// fails is handed out again a few times, later each time, to the worker that
// fetches it first. While Redis is away, Work waits for it.
func (q *Queue) Work(ctx context.Context, workers int, handle func(context.Context, multivac.Task) error) error {
	q.works <- struct{}{}
	defer func() { <-q.works }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(q.open, cancel)()
	w := &work{ctx: ctx, handle: handle, slots: make(chan struct{}, max(workers, 1)), log: q.o.Log}
	server := asynq.NewServerFromRedisClient(q.fetcher, asynq.Config{
		Concurrency:              cap(w.slots),
		Queues:                   map[string]int{name: 1},
		TaskCheckInterval:        fetchInterval,
		DelayedTaskCheckInterval: retryInterval,
		JanitorInterval:          time.Hour, // it removes finished tasks, and none are kept
		RetryDelayFunc:           func(n int, err error, _ *asynq.Task) time.Duration { return delay(n, err) },
		IsFailure:                func(err error) bool { return !errors.Is(err, context.Canceled) },
		ShutdownTimeout:          24 * time.Hour, // the caller bounds the wait
		Logger:                   &logger{log: q.o.Log},
		LogLevel:                 asynq.WarnLevel,
	})
	if err := server.Start(w); err != nil {
		return err
	}
	<-ctx.Done()
	server.Shutdown()
	// asynq does not wait for tasks whose lease in Redis has ended: their
	// handlers still hold their slots.
	for range cap(w.slots) {
		w.slots <- struct{}{}
	}
	return nil
}

// delay is the time until the next try of a task that was tried n times before.
func delay(n int, err error) time.Duration {
	if errors.Is(err, context.Canceled) {
		return 0 // its worker ended, and the task is not to blame
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

// ProcessTask implements asynq.Handler. The context of asynq ends with the lease
// in Redis. The handler does not get it, because leases are the store's.
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
	go func() { // a panic of handle ends the process here; asynq would recover from it
		defer func() { <-w.slots }()
		if err := w.ctx.Err(); err != nil { // no task begins after the end of Work
			ended <- err
			return
		}
		ended <- w.handle(w.ctx, task)
	}()
	return w.retry(ctx, <-ended)
}

// retry returns err, or an error that makes asynq drop the task where it was
// tried often enough.
func (w *work) retry(ctx context.Context, err error) error {
	if n, ok := asynq.GetRetryCount(ctx); err != nil && ok && n >= maxTries-1 && !errors.Is(err, context.Canceled) {
		return errors.Join(asynq.RevokeTask, err)
	}
	return err
}

// A logger logs what asynq says, one line in 10 seconds at most. While Redis is
// away, asynq repeats itself, and Check says it better.
type logger struct {
	log *slog.Logger

	mu   sync.Mutex
	last time.Time
}

func (l *logger) say(args []any) {
	line := fmt.Sprint(args...)
	l.mu.Lock()
	defer l.mu.Unlock()
	// "NOT FOUND" is of a task that Redis has lost while it was worked on.
	if time.Since(l.last) < logInterval || strings.Contains(line, "NOT FOUND") {
		return
	}
	l.last = time.Now()
	l.log.Warn("the queue", "error", line)
}

func (l *logger) Debug(...any)      {}
func (l *logger) Info(...any)       {}
func (l *logger) Warn(args ...any)  { l.say(args) }
func (l *logger) Error(args ...any) { l.say(args) }
func (l *logger) Fatal(args ...any) { l.say(args) }
