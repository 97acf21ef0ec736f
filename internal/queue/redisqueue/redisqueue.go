// Package redisqueue is the queue of many processes, on Redis, by asynq. It is
// a hint like any other queue: what is lost with its Redis, the sweeper finds in
// the store. Attempts and errors are the store's, too; nothing of a document is
// here but its name.
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
	// Patience is how long Enqueue and Len wait: a telling waits for them.
	// Half a second if 0.
	Patience time.Duration
}

const (
	patience = 500 * time.Millisecond
	// sulk is for how long Enqueue does not try after a failure: the sweeper
	// does not do without it for longer.
	sulk = time.Second
	// capacity is how many tasks may wait, about: what is more is found by the
	// sweeper when there is room. It bounds the memory that a Redis needs which
	// may not evict.
	capacity = 10_000
	// countEvery is how old the count may be that is held against capacity.
	countEvery = 250 * time.Millisecond
)

// A Queue is a queue on Redis.
type Queue struct {
	o      Options
	front  *redis.Client // of those who enqueue: fails fast
	back   *redis.Client // of those who work: tries again
	client *asynq.Client

	open  context.Context // ends with Close
	close context.CancelFunc
	works chan struct{} // one for each Work
	once  sync.Once

	until   atomic.Int64 // Unix time in ns before which Enqueue does not try
	counted atomic.Int64 // Unix time in ns of waiting
	waiting atomic.Int64
}

var _ queue.Queue = (*Queue)(nil)

// Open returns the queue on a Redis, which does not need to be there yet. What
// is wrong with it, Check says.
func Open(o Options) (*Queue, error) {
	if _, _, err := net.SplitHostPort(o.Addr); err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "give it as host:port, as in localhost:6379", "address of the queue %q cannot be used: %v", o.Addr, err)
	}
	o.Log, o.Patience = cmp.Or(o.Log, slog.New(slog.DiscardHandler)), cmp.Or(o.Patience, patience)
	q := &Queue{o: o, works: make(chan struct{}, maxWorks)}
	q.open, q.close = context.WithCancel(context.Background())
	q.front, q.back = newFront(o), newBack(o)
	q.client = asynq.NewClientFromRedisClient(q.front)
	return q, nil
}

// Enqueue offers a task, unless it is there already: a document's revision
// waits once for each attempt. It waits for Options.Patience at most, and not at all
// for a second after it had to; then, and where ten thousand tasks wait, it
// returns ErrUnavailable.
func (q *Queue) Enqueue(ctx context.Context, task multivac.Task) error {
	ctx, cancel := context.WithTimeout(ctx, q.o.Patience)
	defer cancel()
	if err := q.ready(ctx); err != nil {
		return err
	}
	id := taskID(task)
	err := q.put(ctx, id, task)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		err = q.again(ctx, id, task)
	}
	return q.outcome(ctx, err)
}

// put enqueues a task under a name.
func (q *Queue) put(ctx context.Context, id string, task multivac.Task) error {
	_, err := q.client.EnqueueContext(ctx, asynq.NewTask(kind, encode(task)), asynq.Queue(name), asynq.TaskID(id),
		asynq.MaxRetry(tries), asynq.Timeout(24*time.Hour)) // the store's leases say how long is too long
	return err
}

// again is for a task that is there already. Where it waits, that is well.
// Where it is being worked on while the store says that nobody has it, its
// worker may have died before it took the lease: asynq would find that out a
// minute later. If it has not, the store tells the second one so.
func (q *Queue) again(ctx context.Context, id string, task multivac.Task) error {
	state, err := q.front.HGet(ctx, taskKey+id, "state").Result()
	switch {
	case errors.Is(err, redis.Nil): // done meanwhile
	case err != nil:
		return err
	case state == asynq.TaskStatePending.String(), state == asynq.TaskStateRetry.String():
		return nil
	}
	err = q.put(ctx, id+":"+strconv.FormatInt(time.Now().Unix()/10, 10), task)
	if errors.Is(err, asynq.ErrTaskIDConflict) {
		return nil
	}
	return err
}

// ready returns ErrUnavailable where it is of no use to try.
func (q *Queue) ready(ctx context.Context) error {
	now := time.Now().UnixNano()
	switch {
	case q.open.Err() != nil:
		return multivac.Errorf(multivac.ErrUnavailable, "", "queue is closed")
	case now < q.until.Load():
		return multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "queue at %s did not answer a moment ago", q.o.Addr)
	}
	if last := q.counted.Load(); now-last >= int64(countEvery) && q.counted.CompareAndSwap(last, now) {
		if _, err := q.Len(ctx); err != nil {
			return err
		}
	}
	if n := q.waiting.Load(); n >= capacity {
		return multivac.Errorf(multivac.ErrUnavailable, "enqueue it again when some of it is done", "queue of %d tasks is full", n)
	}
	return nil
}

// outcome notes a failure, unless it is the caller's, who did not wait.
func (q *Queue) outcome(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		q.until.Store(time.Now().Add(sulk).UnixNano())
	}
	return q.trouble(err)
}

// Len is how many tasks wait, those that wait for another try among them.
func (q *Queue) Len(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, q.o.Patience)
	defer cancel()
	pipe := q.front.Pipeline()
	pending, retry := pipe.LLen(ctx, pendingKey), pipe.ZCard(ctx, retryKey)
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, q.outcome(ctx, err)
	}
	n := pending.Val() + retry.Val()
	q.waiting.Store(n)
	return int(n), nil
}

// Check returns an error with its remedy where Redis cannot be reached, or may
// lose what is in it, or takes nothing any more.
func (q *Queue) Check(ctx context.Context) error {
	info, err := q.front.Info(ctx, "memory").Result()
	if err != nil {
		return q.trouble(err)
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

// trouble says in words what is wrong with Redis.
func (q *Queue) trouble(err error) error {
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
	n, _ := strconv.ParseInt(field(info, name), 10, 64) // what is not there is no limit
	return n
}

// Close ends each Work and waits for what runs in it. What waits stays.
func (q *Queue) Close() (err error) {
	q.once.Do(func() {
		q.close()
		for range cap(q.works) {
			q.works <- struct{}{}
		}
		err = errors.Join(q.front.Close(), q.back.Close())
	})
	return err
}
