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
	"multivac/internal/redisclient"
)

// RingOptions say where the far cache is and how it is talked to.
type RingOptions struct {
	// Addrs are of Redis nodes, host:port. A DNS name stands for all its
	// addresses; it is looked up again and again while Run runs.
	Addrs []string
	// Credentials are asked for at each new connection; nil for none.
	Credentials func() (username, password string)
	// TLS, if set. A node that was found by a name has to have a certificate
	// for that name, or for ServerName.
	TLS *tls.Config
	// Secret is the store's: processes that have the same share answers. It
	// should have 16 random bytes at least. If empty it is made up, and
	// nothing is shared.
	Secret []byte
	// Timeout is how long a question waits for a node at most; 25 ms if 0.
	Timeout time.Duration
	// Lookup is the time between two look-ups of names; 5 s if 0.
	Lookup time.Duration
	// Heartbeat is the time between two trials of each node; 500 ms if 0.
	Heartbeat time.Duration
	// Resolver looks names up; net.DefaultResolver if nil.
	Resolver Resolver
	// Log gets a line when a node comes, goes, fails or answers again; none if nil.
	Log *slog.Logger
}

const (
	// entryLifetime is how long an entry is kept at most.
	entryLifetime = 24 * time.Hour
	// writeTimeout bounds a write. No question waits for one.
	writeTimeout = 250 * time.Millisecond
	// dialTimeout bounds the making of a connection, in the background. A question
	// that needs one waits for RingOptions.Timeout at most, as for anything else.
	dialTimeout = time.Second
	// maxWrites is how many writes may be under way; further ones are dropped.
	maxWrites = 64
)

// A Ring is the far cache: Redis nodes that all processes share, each entry on
// the node that rendezvous hashing gives it. Nothing that happens to a node is
// an error; its entries are missed. Its methods may be called by many
// goroutines.
type Ring struct {
	o       RingOptions
	sealer  sealer
	client  *redis.Ring
	members *members      // Run's
	writes  chan struct{} // holds one for each write under way

	mu    sync.Mutex
	hosts map[string]string // by address: the host that the settings call it by
	nodes map[string]*node  // by address

	hits, misses, errors, skipped, refused, dropped atomic.Uint64
}

// RingStats counts what a Ring has done since it was made.
type RingStats struct {
	Hits    uint64 // questions that a node had the answer to
	Misses  uint64 // that none had
	Errors  uint64 // where a node failed, or took too long
	Skipped uint64 // where a node was left alone, or there was none
	Refused uint64 // where an entry was not made with the secret
	Dropped uint64 // writes left out because too many were under way
	Nodes   []NodeStats
}

// NewRing returns a ring and connects to nothing yet. Names are looked up once
// Run runs. ErrInvalid where an address is none.
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
	r := &Ring{o: o, members: members, writes: make(chan struct{}, maxWrites), nodes: map[string]*node{}}
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
		ReadTimeout:        writeTimeout, // where the context ends no sooner
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

// newClient makes the client of one node.
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

// set makes these the members: addresses, with the hosts they are called by.
func (r *Ring) set(hosts map[string]string) {
	r.mu.Lock()
	before := r.hosts
	r.hosts = hosts
	r.mu.Unlock()
	addrs := map[string]string{}
	for addr := range hosts {
		addrs[addr] = addr // the same name at every process, so that all find a key at the same node
	}
	r.client.SetAddrs(addrs)
	r.mu.Lock()
	maps.DeleteFunc(r.nodes, func(addr string, _ *node) bool { return hosts[addr] == "" })
	r.mu.Unlock()
	if !maps.Equal(before, hosts) {
		r.o.Log.Info("the nodes of the cache", "nodes", slices.Sorted(maps.Keys(hosts)))
	}
}

// Run looks the names of the nodes up again and again, until ctx ends; then it
// closes the connections and returns nil.
func (r *Ring) Run(ctx context.Context) error {
	defer r.Close()
	for {
		r.members.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if now := r.members.known(); !maps.Equal(now, r.hosts) { // only set, from here, writes hosts
			r.set(now)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(r.o.Lookup):
		}
	}
}

// Close closes the connections of a Ring whose Run was never called. It has no
// entries from then on.
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

// put writes an entry in the background. It drops the entry where maxWrites are
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
		_ = r.client.Set(ctx, name, seal(aead, a), entryLifetime).Err() // the node counts it
	}()
}

// Stats returns the counts of now, the nodes by address.
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
