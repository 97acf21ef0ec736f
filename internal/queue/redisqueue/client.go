package redisqueue

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"multivac/internal/redisclient"
)

// newFront is for those who have someone waiting.
func newFront(o Options) *redis.Client {
	return newClient(o, &redis.Options{
		DialTimeout: o.Patience, ReadTimeout: o.Patience, WriteTimeout: o.Patience,
		// Connections that were cut are many, and each is found out only when
		// it is used.
		MaxRetries: 5, MinRetryBackoff: time.Millisecond, MaxRetryBackoff: 50 * time.Millisecond,
	})
}

// newBack is for those who wait for work.
func newBack(o Options) *redis.Client {
	c := newClient(o, &redis.Options{
		DialTimeout: time.Second, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second,
		MaxRetries: 3, MinRetryBackoff: 8 * time.Millisecond, MaxRetryBackoff: 100 * time.Millisecond,
	})
	c.AddHook(calm{})
	return c
}

func newClient(o Options, r *redis.Options) *redis.Client {
	r.Addr, r.CredentialsProvider = o.Addr, o.Credentials
	host, _, _ := net.SplitHostPort(o.Addr) // Open has looked
	c := redisclient.New(r, o.TLS, host)
	c.AddHook(askAgain{})
	return c
}

// askAgain tries again where Redis refuses the password: each new connection
// asks for it, and a moment later it may be the new one.
type askAgain struct{ redisclient.Hook }

func (askAgain) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return untilKnown(ctx, cmd.Name(), func() error { return next(ctx, cmd) })
	}
}

func (askAgain) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return untilKnown(ctx, cmds[0].Name(), func() error { return next(ctx, cmds) })
	}
}

// untilKnown tries a command for a quarter of a second. What a connection begins
// with passes here, too, and is no use trying again on the same connection.
func untilKnown(ctx context.Context, command string, try func() error) error {
	begin := time.Now()
	for {
		err := try()
		switch {
		case command == "hello", command == "auth", command == "client",
			!redis.IsAuthError(err), time.Since(begin) > 250*time.Millisecond, !wait(ctx, 20*time.Millisecond):
			return err
		}
	}
}

// calm waits after a failure: asynq asks for the next task at once, however
// many times that has failed.
type calm struct{ redisclient.Hook }

func (calm) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		switch {
		case err == nil, errors.Is(err, redis.Nil), redis.HasErrorPrefix(err, "NOSCRIPT"), redis.HasErrorPrefix(err, "NOT FOUND"):
		default:
			wait(ctx, 100*time.Millisecond)
		}
		return err
	}
}

// wait reports whether the time is over before ctx is.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
