package cache

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"multivac"
	"multivac/internal/eventually"
	"multivac/internal/servers"
)

// BenchmarkAsk measures what a question waits for the cache, whatever the
// answer itself takes: with the shipped settings, but for dead nodes, which
// stay in the ring.
func BenchmarkAsk(b *testing.B) {
	a := usual()
	compute := func(context.Context) (multivac.Answer, error) { return a, nil }
	ask := func(b *testing.B, c *Cache, key func(i int) string) {
		b.Helper()
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			begun := time.Now()
			if _, err := c.Do(b.Context(), key(i), compute); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	}
	same := func(int) string { return "who" }
	other := func(i int) string { return fmt.Sprint("key ", i%1000) }
	each := func(i int) string { return fmt.Sprint("new ", i) }
	shipped := RingOptions{Timeout: 25 * time.Millisecond, Heartbeat: 500 * time.Millisecond, Lookup: 5 * time.Second}

	b.Run("none", func(b *testing.B) { ask(b, New(0, nil), each) })
	b.Run("near", func(b *testing.B) { ask(b, New(1<<20, nil), same) })
	server, addrs := nodes(b, 2, servers.RedisOptions{})
	shipped.Addrs = addrs
	r := newRing(b, shipped)
	c := New(0, r)
	for i := range 1000 {
		r.put(other(i), a)
		settle(r)
	}
	b.Run("far", func(b *testing.B) { ask(b, c, other) })
	b.Run("miss", func(b *testing.B) { ask(b, c, each) })
	server[0].Kill()
	shipped.Heartbeat = time.Hour
	dead := newRing(b, shipped) // its heartbeat does not take the node out
	b.Run("dead", func(b *testing.B) { ask(b, New(0, dead), other) })
	b.Log(dead.Stats())
	server[0].Start()
	eventually.True(b, "it is there again", func() bool { return r.client.Len() == 2 })
	hanging := newRing(b, shipped)
	for i := range 100 {
		hanging.get(b.Context(), other(i))
	}
	server[0].Pause()
	b.Run("hanging", func(b *testing.B) { ask(b, New(0, hanging), other) })
	b.Log(hanging.Stats())
	server[0].Resume()
}
