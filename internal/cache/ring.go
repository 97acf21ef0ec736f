package cache

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/redisclient"
)

// RingOptions say where the far cache is and how to use it.
type RingOptions struct {
	// Addrs are the addresses of Redis nodes, host:port. A DNS name stands for
	// all its addresses. Run looks it up periodically.
	Addrs []string
	// Credentials returns the name and password of each new connection; nil for
	// none.
	Credentials func() (username, password string)
	// TLS is optional. A node that was found by a name needs a certificate for
	// that name, or for ServerName.
	TLS *tls.Config
	// Secret is that of the store: processes with the same secret share
	// answers. It should have at least 16 random bytes. If empty, a random one
	// is used, and nothing is shared.
	Secret []byte
	// Timeout bounds how long a question waits for a node; 25 ms if 0.
	Timeout time.Duration
	// Lookup is the time between two look-ups of names; 5 s if 0.
	Lookup time.Duration
	// Heartbeat is the time between two trials of each node; 500 ms if 0.
	Heartbeat time.Duration
	// Resolver looks names up; net.DefaultResolver if nil.
	Resolver Resolver
	// Log gets messages about nodes that come, go, fail and answer again; none
	// if nil.
	Log *slog.Logger
}

const (
	// maxAge bounds how long an entry is kept.
	maxAge = 24 * time.Hour
	// writeTimeout bounds a write. No question waits for it.
	writeTimeout = 250 * time.Millisecond
	// dialTimeout bounds a connection attempt. It runs in the background, so a
	// question that needs the connection still waits no longer than Timeout.
	dialTimeout = time.Second
	// writesAtOnce is how many writes may be under way. Further ones are
	// dropped.
	writesAtOnce = 64
)

// A Ring is the far cache: Redis nodes that all processes share. Rendezvous
// hashing says which node an entry is on. Failures of a node are no errors: its
// entries are missed. Many goroutines may call its methods.
type Ring struct {
	o       RingOptions
	sealer  sealer
	client  *redis.Ring
	members *members      // used by Run only
	writes  chan struct{} // has one element for each write under way

	mu    sync.Mutex
	hosts map[string]string // member's address -> the host that it is called by
	nodes map[string]*node  // by address

	hits, misses, errors, skipped, refused, dropped atomic.Uint64
}

// RingStats counts what a Ring has done since it was made.
type RingStats struct {
	Hits    uint64 // look-ups that found an answer
	Misses  uint64 // look-ups that found none
	Errors  uint64 // look-ups where a node failed or took too long
	Skipped uint64 // look-ups not made, because the breaker was open or there was no node
	Refused uint64 // look-ups that found a forged entry, made without the secret
	Dropped uint64 // writes dropped because too many were under way
	Nodes   []NodeStats
}

// NewRing returns a ring that is not connected yet. Run looks up the names. It
// returns ErrInvalid for an invalid address.
func NewRing(o RingOptions) (*Ring, error) {
	o.Timeout = cmp.Or(o.Timeout, 25*time.Millisecond)
	o.Lookup = cmp.Or(o.Lookup, 5*time.Second)
	o.Heartbeat = cmp.Or(o.Heartbeat, 500*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Secret) == 0 {
		o.Secret = []byte(rand.Text())
	}
	members, err := newMembers(o.Addrs, o.Resolver, o.Log)
	if err != nil {
		return nil, err
	}
	r := &Ring{o: o, members: members, writes: make(chan struct{}, writesAtOnce), nodes: map[string]*node{}}
	if r.sealer, err = newSealer(o.Secret); err != nil {
		return nil, err
	}
	r.client = redis.NewRing(r.options())
	r.set(members.known())
	return r, nil
}

func (r *Ring) options() *redis.RingOptions {
	o := &redis.RingOptions{
		NewClient:          r.newClient,
		HeartbeatFrequency: r.o.Heartbeat,
		HeartbeatFn:        r.alive,
		DialTimeout:        dialTimeout,
		ReadTimeout:        writeTimeout, // unless the context ends earlier
		WriteTimeout:       writeTimeout,
		MaxRetries:         -1,
		PipelinePoolSize:   -1,
	}
	if ask := r.o.Credentials; ask != nil {
		o.CredentialsProviderContext = func(context.Context) (string, string, error) {
			username, password := ask()
			return username, password, nil
		}
	}
	return o
}

// newClient returns the client of one node.
func (r *Ring) newClient(o *redis.Options) *redis.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	client := redisclient.New(o, r.o.TLS, r.hosts[o.Addr])
	n := &node{addr: o.Addr, log: r.o.Log}
	client.AddHook(n)
	r.nodes[o.Addr] = n
	return client
}

func (r *Ring) alive(ctx context.Context, c *redis.Client) bool {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	return c.Ping(ctx).Err() == nil
}

// set replaces the members. hosts has their addresses and the hosts that they
// are called by.
func (r *Ring) set(hosts map[string]string) {
	r.mu.Lock()
	before := r.hosts
	r.hosts = hosts
	r.mu.Unlock()
	addrs := map[string]string{}
	for addr := range hosts {
		addrs[addr] = addr // the same in every process, so that all find a key on the same node
	}
	r.client.SetAddrs(addrs)
	r.mu.Lock()
	maps.DeleteFunc(r.nodes, func(addr string, _ *node) bool { return hosts[addr] == "" })
	r.mu.Unlock()
	if !maps.Equal(before, hosts) {
		r.o.Log.Info("the nodes of the cache", "nodes", slices.Sorted(maps.Keys(hosts)))
	}
}

// Run looks up the names of the nodes periodically until ctx ends. Then it
// closes the connections and returns nil.
func (r *Ring) Run(ctx context.Context) error {
	defer r.Close()
	for {
		r.members.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if now := r.members.known(); !maps.Equal(now, r.hosts) { // no lock: only set writes hosts, and only Run calls it
			r.set(now)
		}
		if clock.Sleep(ctx, r.o.Lookup) != nil {
			return nil
		}
	}
}

// Close closes the connections of a Ring without Run. After that, entries are
// missed.
func (r *Ring) Close() error { return r.client.Close() }

// get returns the entry of a key, within Timeout.
func (r *Ring) get(ctx context.Context, key string) (multivac.Answer, bool) {
	name, aead, err := r.sealer.entry(key)
	if err != nil {
		return multivac.Answer{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	sealed, err := r.client.Get(ctx, name).Bytes()
	var a multivac.Answer
	if err == nil {
		a, err = open(aead, sealed)
	}
	switch {
	case err == nil:
		r.hits.Add(1)
		return a, true
	case errors.Is(err, redis.Nil):
		r.misses.Add(1)
	case errors.Is(err, errEntry):
		r.refused.Add(1)
	case errors.Is(err, errOpen), r.client.Len() == 0:
		r.skipped.Add(1)
	default:
		r.errors.Add(1)
	}
	return multivac.Answer{}, false
}

// put writes an entry in the background, or drops it if too many writes are
// under way.
func (r *Ring) put(key string, a multivac.Answer) {
	select {
	case r.writes <- struct{}{}:
	default:
		r.dropped.Add(1)
		return
	}
	go func() {
		defer func() { <-r.writes }()
		name, aead, err := r.sealer.entry(key)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		defer cancel()
		_ = r.client.Set(ctx, name, seal(aead, a), maxAge).Err() // the node counts errors
	}()
}

// Stats returns the current counts, with the nodes by address.
func (r *Ring) Stats() RingStats {
	s := RingStats{
		Hits: r.hits.Load(), Misses: r.misses.Load(), Errors: r.errors.Load(),
		Skipped: r.skipped.Load(), Refused: r.refused.Load(), Dropped: r.dropped.Load(),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, addr := range slices.Sorted(maps.Keys(r.nodes)) {
		s.Nodes = append(s.Nodes, r.nodes[addr].stats())
	}
	return s
}
