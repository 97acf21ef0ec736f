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

// maxFailures is how many failures in a row open the breaker of a node.
const maxFailures = 3

// errOpen means that a node was not asked because its breaker is open.
var errOpen = errors.New("the cache node is left alone for now")

// A node counts the calls of one Redis and is its breaker. After some failures
// in a row, no question waits for the node. The ring's heartbeat tries it in
// the background, and the first success closes the breaker.
type node struct {
	redisclient.Hook
	addr string
	log  *slog.Logger

	failures atomic.Int64 // in a row

	hits, misses, writes, errors, skipped atomic.Uint64
}

// NodeStats counts the calls of one Redis since it became a member.
type NodeStats struct {
	Addr    string
	Open    bool   // its breaker is open: it does not answer, and only the heartbeat tries it
	Hits    uint64 // look-ups that found an answer
	Misses  uint64 // look-ups that found none
	Writes  uint64 // answers written
	Errors  uint64 // look-ups and writes that failed
	Skipped uint64 // look-ups and writes not made while Open
}

func (n *node) stats() NodeStats {
	return NodeStats{
		Addr: n.addr, Open: n.open(), Hits: n.hits.Load(), Misses: n.misses.Load(),
		Writes: n.writes.Load(), Errors: n.errors.Load(), Skipped: n.skipped.Load(),
	}
}

func (n *node) open() bool { return n.failures.Load() >= maxFailures }

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
		return next(ctx, cmd) // part of connecting
	}
}

// count counts a look-up or a write.
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
		if n.failures.Load() > 0 && n.failures.Swap(0) >= maxFailures {
			n.log.Info("a cache node answers again", "node", n.addr)
		}
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, redis.ErrClosed):
		// Nobody waits for it any more, or it is no longer a member: not its
		// fault.
	default:
		if n.failures.Add(1) == maxFailures {
			n.log.Warn("a cache node fails; it is left alone until it answers again", "node", n.addr, "error", err,
				"remedy", cmp.Or(redisclient.Remedy(err, "cache"), "see whether it runs and can be reached, over TLS where cache.tls says so"))
		}
	}
}
