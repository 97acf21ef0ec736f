// Package cache keeps answers for as long as there is room: near, in the
// process, and far, in Redis nodes that many processes share. Its keys name the
// content that an answer was made from, so an entry is never wrong. Entries are
// removed only for room, or because a document was deleted. Losing the cache
// costs only time.
package cache

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"

	"multivac"
)

// Cache is the cache of one process, bounded in bytes. Many goroutines may call
// its methods.
type Cache struct {
	answers *otter.Cache[string, multivac.Answer] // nil if there is no room
	far     *Ring                                 // nil if there is no far cache

	hits, farHits, misses, evictions atomic.Uint64

	mu      sync.Mutex
	flights map[string]*flight
	emptied int // how often Forget was called
}

// Stats counts what a Cache has done since it was made.
type Stats struct {
	Hits      uint64 // answers found here, or computed for another caller at the same time
	FarHits   uint64 // answers found in the far cache
	Misses    uint64 // answers computed
	Evictions uint64 // answers dropped here for lack of room
	Answers   int    // held here now
	Bytes     uint64 // held here now
	Far       RingStats
}

// New returns a cache that holds answers of about so many bytes in total. With
// 0 it holds none and only joins simultaneous computations. It looks for other
// answers in far, unless far is nil.
func New(bytes int, far *Ring) *Cache {
	c := &Cache{far: far, flights: map[string]*flight{}}
	if bytes > 0 {
		c.answers = otter.Must(&otter.Options[string, multivac.Answer]{MaximumWeight: uint64(bytes), Weigher: weigh,
			OnAtomicDeletion: func(e otter.DeletionEvent[string, multivac.Answer]) {
				if e.WasEvicted() {
					c.evictions.Add(1)
				}
			}})
	}
	return c
}

// Do returns the answer under key from here or from the far cache. Otherwise it
// computes the answer once, for all callers that ask for the key during that
// time. The computation's context has the values of the first caller's. It ends
// when the last waiting caller gives up, so that no caller can fail another. An
// error goes to all waiting callers and is not kept, and so does a panic.
// Answers are shared: callers must not modify them.
func (c *Cache) Do(ctx context.Context, key string, compute func(context.Context) (multivac.Answer, error)) (multivac.Answer, error) {
	if answer, ok := c.get(key); ok {
		c.hits.Add(1)
		return answer, nil
	}
	if err := ctx.Err(); err != nil {
		return multivac.Answer{}, err
	}
	f := c.join(ctx, key, compute)
	select {
	case <-f.done:
		if f.panicked != nil {
			panic(f.panicked)
		}
		return f.answer, f.err
	case <-ctx.Done():
		c.leave(key, f)
		return multivac.Answer{}, ctx.Err()
	}
}

// Forget drops all answers here, also those being computed: any of them may
// quote the deleted document. Far answers can no longer be read by then: see
// sealer.
func (c *Cache) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.emptied++
	clear(c.flights) // their callers still get the answers, but no caller joins them
	if c.answers != nil {
		c.answers.InvalidateAll()
	}
}

// Stats returns the current counts.
func (c *Cache) Stats() Stats {
	s := Stats{Hits: c.hits.Load(), FarHits: c.farHits.Load(), Misses: c.misses.Load()}
	if c.far != nil {
		s.Far = c.far.Stats()
	}
	if c.answers != nil {
		c.answers.CleanUp() // accounts for what was kept or dropped lately
		s.Answers, s.Bytes, s.Evictions = c.answers.EstimatedSize(), c.answers.WeightedSize(), c.evictions.Load()
	}
	return s
}

func (c *Cache) get(key string) (multivac.Answer, bool) {
	if c.answers == nil {
		return multivac.Answer{}, false
	}
	return c.answers.GetIfPresent(key)
}

// A flight is a computation that callers wait for.
type flight struct {
	done   chan struct{}
	cancel context.CancelFunc
	begun  int // Cache.emptied at its start

	waiting int // guarded by Cache.mu

	answer   multivac.Answer // these three are set before done is closed
	err      error
	panicked any
}

// join returns the flight of key, and starts it if there is none.
func (c *Cache) join(ctx context.Context, key string, compute func(context.Context) (multivac.Answer, error)) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[key]; f != nil {
		f.waiting++
		c.hits.Add(1)
		return f
	}
	// A computation may have ended since the last look into the cache.
	if answer, ok := c.get(key); ok {
		c.hits.Add(1)
		f := &flight{done: make(chan struct{}), answer: answer}
		close(f.done)
		return f
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel, begun: c.emptied, waiting: 1}
	c.flights[key] = f
	go c.fly(ctx, key, f, compute)
	return f
}

func (c *Cache) fly(ctx context.Context, key string, f *flight, compute func(context.Context) (multivac.Answer, error)) {
	defer f.cancel()
	found := false
	if c.far != nil {
		f.answer, found = c.far.get(ctx, key)
	}
	if found {
		c.farHits.Add(1)
	} else {
		c.misses.Add(1)
		f.answer, f.panicked, f.err = call(ctx, compute)
	}
	c.mu.Lock()
	// The answer is kept before the flight is removed, so that a caller who
	// misses the flight finds the answer. It is not kept if Forget was called
	// since the start: it may quote what was deleted.
	keep := f.err == nil && f.panicked == nil && f.begun == c.emptied
	if keep && c.answers != nil {
		c.answers.Set(key, f.answer)
	}
	c.remove(key, f)
	c.mu.Unlock()
	if keep && !found && c.far != nil {
		c.far.put(key, f.answer)
	}
	close(f.done)
}

// call recovers from a panic, which would end the process on this goroutine,
// and returns its value. The caller can then panic where somebody can recover.
func call(ctx context.Context, compute func(context.Context) (multivac.Answer, error)) (a multivac.Answer, panicked any, err error) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
		}
	}()
	a, err = compute(ctx)
	return a, nil, err
}

func (c *Cache) leave(key string, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 && f.cancel != nil {
		c.remove(key, f) // so that no caller joins a computation that is about to be cancelled
		f.cancel()
	}
}

func (c *Cache) remove(key string, f *flight) {
	if c.flights[key] == f {
		delete(c.flights, key)
	}
}

// Sizes of an entry and a quotation besides their texts, roughly.
const (
	entryBytes     = 256
	quotationBytes = 240
)

func weigh(key string, a multivac.Answer) uint32 {
	n := entryBytes + len(key) + len(a.Position)
	for _, q := range a.Sentences {
		n += weighQuotation(q)
	}
	for _, s := range a.Sources {
		n += 16 + len(s)
	}
	if r := a.Reason; r != nil {
		n += 80 + len(r.Text)
		for _, w := range r.Unmatched {
			n += 16 + len(w)
		}
		if r.Nearest != nil {
			n += weighQuotation(*r.Nearest)
		}
	}
	if c := a.Conflict; c != nil {
		n += len(c.Reason) + weighQuotation(c.With)
	}
	return uint32(min(n, 1<<31))
}

func weighQuotation(q multivac.Quotation) int {
	return quotationBytes + len(q.Text) + len(q.Source) + len(q.Title) + len(q.Heading) + len(q.Lead) +
		len(q.Before) + len(q.After) + len(q.Document) + 16*len(q.Marks)
}
