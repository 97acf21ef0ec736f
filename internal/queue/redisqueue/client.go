package redisqueue

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"multivac/internal/clock"
	"multivac/internal/redisclient"
)

// newEnqueuer returns the client by which tasks are enqueued. Callers wait for
// it, so it fails fast.
func newEnqueuer(o Options) *redis.Client {
	return newClient(o, &redis.Options{
		DialTimeout: o.Timeout, ReadTimeout: o.Timeout, WriteTimeout: o.Timeout,
		// After a break many connections are cut, and the client finds out about
		// each of them only when it uses it.
		MaxRetries: 5, MinRetryBackoff: time.Millisecond, MaxRetryBackoff: 50 * time.Millisecond,
	})
}

// newFetcher returns the client by which workers fetch tasks. Nobody waits for
// it, so it tries again for longer.
func newFetcher(o Options) *redis.Client {
	c := newClient(o, &redis.Options{
		DialTimeout: time.Second, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
		MaxRetries: 3, MinRetryBackoff: 8 * time.Millisecond, MaxRetryBackoff: 100 * time.Millisecond,
	})
	c.AddHook(pauseOnFailure{})
	return c
}

func newClient(o Options, r *redis.Options) *redis.Client {
	r.Addr, r.CredentialsProvider = o.Addr, o.Credentials
	host, _, _ := net.SplitHostPort(o.Addr) // Open has checked it
	c := redisclient.New(r, o.TLS, host)
	c.AddHook(retryPassword{})
	return c
}

const (
	passwordTimeout  = 250 * time.Millisecond // how long a refused password is tried again
	passwordInterval = 20 * time.Millisecond  // between two tries
	failurePause     = 100 * time.Millisecond // after a failure of a worker's client
)

// retryPassword tries a command again where Redis refuses the password. During a
// change of passwords the program may read the new one a moment later; each new
// connection asks for the password as it is then.
type retryPassword struct{ redisclient.Hook }

func (retryPassword) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return untilKnown(ctx, cmd.Name(), func() error { return next(ctx, cmd) })
	}
}

func (retryPassword) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return untilKnown(ctx, cmds[0].Name(), func() error { return next(ctx, cmds) })
	}
}

// untilKnown tries a command until Redis knows the password, for a quarter of a
// second at most. The commands with which a connection begins pass here, too.
// They are not tried again: only another connection sends another password.
func untilKnown(ctx context.Context, command string, try func() error) error {
	begin := time.Now()
	for {
		err := try()
		switch {
		case command == "hello", command == "auth", command == "client",
			!redis.IsAuthError(err), time.Since(begin) > passwordTimeout, clock.Sleep(ctx, passwordInterval) != nil:
			return err
		}
	}
}

// pauseOnFailure waits after a failed command. Otherwise asynq would ask for the
// next task at once, however often that has failed.
type pauseOnFailure struct{ redisclient.Hook }

func (pauseOnFailure) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		switch {
		case err == nil, errors.Is(err, redis.Nil), redis.HasErrorPrefix(err, "NOSCRIPT"), redis.HasErrorPrefix(err, "NOT FOUND"):
		default:
			_ = clock.Sleep(ctx, failurePause)
		}
		return err
	}
}
