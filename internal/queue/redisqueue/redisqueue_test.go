package redisqueue_test

import (
	"context"
	"testing"

	"multivac/internal/queue"
	"multivac/internal/queue/queuetest"
	"multivac/internal/queue/redisqueue"
	"multivac/internal/servers"
)

func open(t *testing.T, o redisqueue.Options) *redisqueue.Queue {
	t.Helper()
	q, err := redisqueue.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueue(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{})
	queuetest.Run(t, func(t *testing.T) queue.Queue {
		r.Do("FLUSHALL")
		q := open(t, redisqueue.Options{Addr: r.Addr})
		if err := q.Check(context.Background()); err != nil {
			t.Errorf("Check: %v", err)
		}
		return q
	})
}
