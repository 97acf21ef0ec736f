package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"multivac/internal/redisclient"
)

// breakerFailures is after how many failures in a row a node is left alone.
const breakerFailures = 3

// errOpen says that a node was not asked because it has failed just now.
var errOpen = errors.New("the cache node is left alone for now")

// A node counts what one Redis does, and is its breaker: after a few failures in
// a row, no question waits for it any more. The ring's heartbeat goes on trying
// it, and no question waits for that. The first success closes the breaker.
type node struct {
	redisclient.Hook
	addr string
	log  *slog.Logger

	failures atomic.Int64 // in a row

	hits, misses, writes, errors, skipped atomic.Uint64
}

// NodeStats counts what one Redis has done since it became a member.
type NodeStats struct {
	Addr    string
	Open    bool   // its breaker: it is not asked, only tried, because it did not answer
	Hits    uint64 // answers that it had
	Misses  uint64 // answers that it did not have
	Writes  uint64 // answers that it took
	Errors  uint64 // questions and writes that failed
	Skipped uint64 // and those that were left out while Open
}

func (n *node) stats() NodeStats {
	return NodeStats{
		Addr: n.addr, Open: n.open(), Hits: n.hits.Load(), Misses: n.misses.Load(),
		Writes: n.writes.Load(), Errors: n.errors.Load(), Skipped: n.skipped.Load(),
	}
}

func (n *node) open() bool { return n.failures.Load() >= breakerFailures }

// ProcessHook implements redis.Hook.
func (n *node) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		switch cmd.Name() {
		case "get", "set":
			if n.open() {
				n.skipped.Add(1)
				return errOpen
			}
			err := next(ctx, cmd)
			n.count(ctx, cmd.Name(), err)
			return err
		case "ping":
			err := next(ctx, cmd)
			n.judge(ctx, err)
			return err
		}
		return next(ctx, cmd) // a part of connecting
	}
}

// count counts a question or a write.
func (n *node) count(ctx context.Context, name string, err error) {
	switch {
	case errors.Is(err, redis.Nil):
		n.misses.Add(1)
	case err != nil:
		n.errors.Add(1)
	case name == "get":
		n.hits.Add(1)
	default:
		n.writes.Add(1)
	}
	n.judge(ctx, err)
}

// judge opens or closes the breaker.
func (n *node) judge(ctx context.Context, err error) {
	switch {
	case err == nil, errors.Is(err, redis.Nil):
		if n.failures.Load() > 0 && n.failures.Swap(0) >= breakerFailures {
			n.log.Info("a cache node answers again", "node", n.addr)
		}
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, redis.ErrClosed):
		// The caller gave up, or the node is no member any more: it did not fail.
	default:
		if n.failures.Add(1) == breakerFailures {
			n.log.Warn("a cache node fails; it is left alone until it answers again", "node", n.addr, "error", err,
				"remedy", cmp.Or(redisclient.Remedy(err, "cache"), "see whether it runs and can be reached, over TLS where cache.tls says so"))
		}
	}
}
