// Package redisqueue is the queue of many processes, on Redis, by asynq. It is
// a hint like any other queue: the sweeper finds in the store what is lost with
// the Redis. The store keeps attempts and errors, too. Of a document, the queue
// holds its identifier only.
package redisqueue

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/redisclient"
)

// Options say where the Redis is and how it is called.
type Options struct {
	Addr        string // host:port
	Credentials func() (username, password string)
	TLS         *tls.Config  // plain if nil
	Log         *slog.Logger // silent if nil
	// Timeout is how long Enqueue and Len wait at most. A caller that tells
	// waits for them. Half a second if 0.
	Timeout time.Duration
}

const (
	defaultTimeout = 500 * time.Millisecond
	// failurePeriod is how long Enqueue does not try after a failure. It is no
	// longer than the interval of the sweeper, which tries again then.
	failurePeriod = time.Second
	// capacity is how many tasks may wait, about. The sweeper enqueues the
	// others when there is room. It bounds the memory of a Redis that must not
	// evict.
	capacity = 10_000
	// countInterval is how old the count may be that is compared with capacity.
	countInterval = 250 * time.Millisecond
	// againPeriod is how often a task is enqueued that is being worked on
	// already, in seconds.
	againPeriod = 10
)

// A Queue is a queue on Redis.
type Queue struct {
	o        Options
	enqueuer *redis.Client // fails fast
	fetcher  *redis.Client // tries again
	client   *asynq.Client

	open  context.Context // ends with Close
	close context.CancelFunc
	works chan struct{} // one for each Work
	once  sync.Once

	notBefore atomic.Int64 // when Enqueue tries again, in nanoseconds of Unix
	counted   atomic.Int64 // when waiting was counted, in nanoseconds of Unix
	waiting   atomic.Int64
}

var _ queue.Queue = (*Queue)(nil)

// Open returns the queue on a Redis, which need not be there yet; see Check. It
// returns an ErrInvalid where the address is not one.
func Open(o Options) (*Queue, error) {
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "give it as host:port, as in localhost:6379", "address of the queue %q cannot be used: %v", o.Addr, err)
	}
	o.Log, o.Timeout = cmp.Or(o.Log, slog.New(slog.DiscardHandler)), cmp.Or(o.Timeout, defaultTimeout)
	q := &Queue{o: o, works: make(chan struct{}, maxWorks)}
	q.open, q.close = context.WithCancel(context.Background())
	q.enqueuer, q.fetcher = newEnqueuer(o), newFetcher(o)
	q.client = asynq.NewClientFromRedisClient(q.enqueuer)
	return q, nil
}

// Enqueue offers a task, unless it is there already: a document's revision
// waits once for each attempt. Enqueue waits for Options.Timeout at most, and
// returns ErrUnavailable then. For a second after a failure, and while 10,000
// tasks wait, it returns ErrUnavailable at once.
func (q *Queue) Enqueue(ctx context.Context, task multivac.Task) error {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	if err := q.mayTry(ctx); err != nil {
		return err
	}
	id := taskID(task)
	err := q.put(ctx, id, task)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		err = q.enqueueAgain(ctx, id, task)
	}
	return q.failed(ctx, err)
}

// put enqueues a task under an identifier.
func (q *Queue) put(ctx context.Context, id string, task multivac.Task) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(taskType, encode(task)), asynq.Queue(name), asynq.TaskID(id),
		asynq.MaxRetry(maxTries), asynq.Timeout(24*time.Hour)) // the leases of the store bound the time
	return err
}

// enqueueAgain is called for a task that is there already. Where it waits, there
// is nothing to do. Where it is being worked on although the store says that no
// worker has it, its worker may have died before it took the lease. asynq would
// find that out after a minute, so a second task is enqueued, once in 10
// seconds. If the worker lives after all, the store refuses the second lease.
func (q *Queue) enqueueAgain(ctx context.Context, id string, task multivac.Task) error {
	state, err := q.enqueuer.HGet(ctx, taskKey+id, "state").Result()
	switch {
	case errors.Is(err, redis.Nil): // it was done a moment ago
	case err != nil:
		return err
	case state == asynq.TaskStatePending.String(), state == asynq.TaskStateRetry.String():
		return nil
	}
	err = q.put(ctx, id+":"+strconv.FormatInt(time.Now().Unix()/againPeriod, 10), task)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// mayTry returns ErrUnavailable where Enqueue is not to try.
func (q *Queue) mayTry(ctx context.Context) error {
	now := time.Now().UnixNano()
	switch {
	case q.open.Err() != nil:
		return multivac.Errorf(multivac.ErrUnavailable, "", "queue is closed")
	case now < q.notBefore.Load():
		return multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "queue at %s did not answer a moment ago", q.o.Addr)
	}
	if last := q.counted.Load(); now-last >= int64(countInterval) && q.counted.CompareAndSwap(last, now) {
		if _, err := q.Len(ctx); err != nil {
			return err
		}
	}
	if n := q.waiting.Load(); n >= capacity {
		return multivac.Errorf(multivac.ErrUnavailable, "enqueue it again when some of it is done", "queue of %d tasks is full", n)
	}
	return nil
}

// failed notes a failure and describes it. It does not count a caller that did
// not wait. It returns nil for nil.
func (q *Queue) failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		q.notBefore.Store(time.Now().Add(failurePeriod).UnixNano())
	}
	return q.describe(err)
}

// Len is how many tasks wait, including those that wait for another try.
func (q *Queue) Len(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, q.o.Timeout)
	defer cancel()
	pipe := q.enqueuer.Pipeline()
	pending, retry := pipe.LLen(ctx, pendingKey), pipe.ZCard(ctx, retryKey)
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, q.failed(ctx, err)
	}
	n := pending.Val() + retry.Val()
	q.waiting.Store(n)
	return int(n), nil
}

// Check returns an error with its remedy where Redis cannot be reached, or may
// lose what is in it, or takes nothing any more.
func (q *Queue) Check(ctx context.Context) error {
	info, err := q.enqueuer.Info(ctx, "memory").Result()
	if err != nil {
		return q.describe(err)
	}
	policy, used, most := field(info, "maxmemory_policy"), number(info, "used_memory"), number(info, "maxmemory")
	switch {
	case policy != "" && policy != "noeviction":
		return multivac.Errorf(multivac.ErrInvalid,
			"set maxmemory-policy noeviction there, or give the queue a Redis of its own, not that of the cache",
			"the queue's Redis at %s may evict tasks (maxmemory-policy %s)", q.o.Addr, policy)
	case most > 0 && used >= most:
		return multivac.Errorf(multivac.ErrUnavailable, "give it more maxmemory, or see what else is in it",
			"the queue's Redis at %s is full: %d of %d bytes", q.o.Addr, used, most)
	}
	return nil
}

// describe returns an ErrUnavailable that says what is wrong and what to do.
func (q *Queue) describe(err error) error {
	remedy, says := "see whether it runs and can be reached", err.Error()+" "
	switch refused := redisclient.Remedy(err, "queue"); {
	case refused != "":
		remedy = refused
	case strings.Contains(says, "OOM "):
		remedy = "give it more maxmemory, or see what else is in it"
	case strings.Contains(says, "connection refused "):
	case q.o.TLS != nil:
		remedy += ", and whether it speaks TLS, which queue.tls says"
	default:
		remedy += ", and whether it wants TLS, which is queue.tls"
	}
	return multivac.Errorf(multivac.ErrUnavailable, remedy, "queue at %s: %v", q.o.Addr, err)
}

func field(info, name string) string {
	for line := range strings.Lines(info) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && key == name {
			return value
		}
	}
	return ""
}

func number(info, name string) int64 {
	n, _ := strconv.ParseInt(field(info, name), 10, 64) // a missing field is no limit
	return n
}

// Close ends each Work and waits until its handlers have returned. The tasks that
// wait stay in Redis.
func (q *Queue) Close() (err error) {
	q.once.Do(func() {
		q.close()
		for range cap(q.works) {
			q.works <- struct{}{}
		}
		err = errors.Join(q.enqueuer.Close(), q.fetcher.Close())
	})
	return err
}
