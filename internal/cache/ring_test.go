package cache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"multivac"
	"multivac/internal/certs"
	"multivac/internal/eventually"
	"multivac/internal/servers"
)

const secret = "the secret of a store"

// newRing returns a ring that runs until the end of the test. What has no time
// of its own gets one that a busy machine does not miss.
func newRing(t testing.TB, o RingOptions) *Ring {
	t.Helper()
	if o.Secret == nil {
		o.Secret = []byte(secret)
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 10 * time.Millisecond
	}
	if o.Lookup == 0 {
		o.Lookup = 5 * time.Millisecond
	}
	r, err := NewRing(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

func nodes(t testing.TB, n int, o servers.RedisOptions) (all []*servers.RedisServer, addrs []string) {
	t.Helper()
	for range n {
		s := servers.Redis(t, o)
		all, addrs = append(all, s), append(addrs, s.Addr)
	}
	return all, addrs
}

// settle waits until all entries are written.
func settle(r *Ring) {
	for range cap(r.writes) {
		r.writes <- struct{}{}
	}
	for range cap(r.writes) {
		<-r.writes
	}
}

// fillUp puts answers of about a kilobyte under the keys [from, to).
func fillUp(r *Ring, from, to int) {
	long := strings.Repeat("x", 900)
	for i := from; i < to; i++ {
		r.put(fmt.Sprint("key ", i), answer(fmt.Sprint(i, long)))
		if i%writesAtOnce == 0 || i == to-1 {
			settle(r)
		}
	}
}

// found counts how many of the keys [0, n) are there.
func found(t testing.TB, r *Ring, n int) (hits int) {
	t.Helper()
	for i := range n {
		a, ok := r.get(t.Context(), fmt.Sprint("key ", i))
		if ok && !strings.HasPrefix(a.Text(), fmt.Sprint(i, "x")) {
			t.Fatalf("key %d has the answer %q", i, a.Text()[:20])
		}
		if ok {
			hits++
		}
	}
	return hits
}

func do(t testing.TB, c *Cache, key, text string) (computed bool) {
	t.Helper()
	a, err := c.Do(t.Context(), key, func(context.Context) (multivac.Answer, error) {
		computed = true
		return answer(text), nil
	})
	if err != nil || a.Text() != text {
		t.Fatalf("Do(%q): got %q, %v, want %q", key, a.Text(), err, text)
	}
	return computed
}

func TestAnswersAreShared(t *testing.T) {
	_, addrs := nodes(t, 2, servers.RedisOptions{})
	one, other := newRing(t, RingOptions{Addrs: addrs}), newRing(t, RingOptions{Addrs: []string{addrs[1], addrs[0]}})
	here, there := New(1<<20, one), New(1<<20, other)
	for i := range 20 {
		if !do(t, here, fmt.Sprint(i), fmt.Sprint("Adell ", i)) {
			t.Errorf("question %d was not computed at first", i)
		}
	}
	settle(one)
	for range 2 {
		for i := range 20 {
			if do(t, there, fmt.Sprint(i), fmt.Sprint("Adell ", i)) {
				t.Errorf("question %d was computed by the second, too", i)
			}
		}
	}
	s := there.Stats()
	if s.Hits != 20 || s.FarHits != 20 || s.Misses != 0 || s.Far.Hits != 20 || len(s.Far.Nodes) != 2 {
		t.Errorf("of 40 questions of the second: %+v, want 20 hits here and 20 far", s)
	}
	var hits, writes uint64
	for _, n := range append(s.Far.Nodes, one.Stats().Nodes...) {
		hits, writes = hits+n.Hits, writes+n.Writes
	}
	if hits != 20 || writes != 20 {
		t.Errorf("the nodes count %d hits and %d writes, want 20 of each", hits, writes)
	}
}

func TestFarIsAskedOnceForAll(t *testing.T) {
	_, addrs := nodes(t, 1, servers.RedisOptions{})
	r := newRing(t, RingOptions{Addrs: addrs})
	c := New(0, r)
	release := make(chan struct{})
	var n atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := c.Do(t.Context(), "who", func(ctx context.Context) (multivac.Answer, error) {
				<-release
				return counted(&n, "Lupov")(ctx)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	eventually.True(t, "all wait for one", func() bool { return c.Stats().Hits == 19 })
	close(release)
	all.Wait()
	if s := c.Stats(); n.Load() != 1 || s.Far.Misses != 1 {
		t.Errorf("20 at once: computed %d times, looked for far %d times, want once", n.Load(), s.Far.Misses)
	}
}

// Somebody who can write to Redis cannot invent an answer, move one to another
// question, or bring back an old one after the content has changed.
func TestPoison(t *testing.T) {
	server, addrs := nodes(t, 1, servers.RedisOptions{})
	r := newRing(t, RingOptions{Addrs: addrs})
	r.put("who", answer("Adell"))
	r.put("where", answer("Mars"))
	settle(r)
	name := func(r *Ring, key string) string {
		name, _, err := r.sealer.entry(key)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	who, where := server[0].Do("GET", name(r, "who")), server[0].Do("GET", name(r, "where"))
	if who == "" || where == "" {
		t.Fatal("nothing is in Redis, so this test proves nothing")
	}
	stranger := newRing(t, RingOptions{Addrs: addrs, Secret: []byte("another")})
	_, aead, err := stranger.sealer.entry("who")
	if err != nil {
		t.Fatal(err)
	}
	_, own, err := r.sealer.entry("who")
	if err != nil {
		t.Fatal(err)
	}
	f := func(what, value string) {
		t.Helper()
		server[0].Do("SET", name(r, "who"), value)
		if a, ok := r.get(t.Context(), "who"); ok {
			t.Errorf("with %s in Redis the answer is %q, want none", what, a.Text())
		}
	}
	f("another question's answer", where)
	f("an answer in the clear", string(appendAnswer(nil, answer("an invention"))))
	f("an answer of one with another secret", string(seal(aead, answer("an invention"))))
	f("nothing", "")
	f("noise", strings.Repeat("\xff", 100))
	f("the beginning of the answer", who[:len(who)-1])
	for i := range len(who) {
		f("a changed answer", who[:i]+string(who[i]^1)+who[i+1:])
	}
	f("bytes that are no answer, made by one who may", string(own.Seal(nil, nil, []byte("\x10answered"), nil)))
	server[0].Do("DEL", name(r, "who"))
	server[0].Do("LPUSH", name(r, "who"), "a list") // not a string
	if _, ok := r.get(t.Context(), "who"); ok {
		t.Error("a list is an answer")
	}
	if !do(t, New(0, r), "who", "Adell") {
		t.Error("it was not computed anew")
	}
	if refused := r.Stats().Refused; refused != uint64(len(who)+7) {
		t.Errorf("%d entries count as refused, want %d", refused, len(who)+7)
	}
}

// Without the secret and the key of the entry, which contains the content, the
// data in Redis says nothing. And it does not stay.
func TestNothingIsReadable(t *testing.T) {
	server, addrs := nodes(t, 1, servers.RedisOptions{})
	r := newRing(t, RingOptions{Addrs: addrs})
	a := full()
	a.Reason.Text = "xyzzyplugh"
	r.put("xyzzyplugh", a)
	settle(r)
	names := strings.Fields(server[0].Do("KEYS", "*"))
	if len(names) != 1 || !strings.HasPrefix(names[0], prefix) {
		t.Fatalf("the entry is called %q", names)
	}
	if all := names[0] + server[0].Do("GET", names[0]); strings.Contains(all, "xyzzy") || strings.Contains(all, "text") {
		t.Errorf("the entry can be read: %q", all)
	}
	if ttl := server[0].Do("TTL", names[0]); ttl != "86400" && ttl != "86399" {
		t.Errorf("it stays %s s, want a day", ttl)
	}
}

// n nodes hold n times as much as 1 node.
func TestCapacity(t *testing.T) {
	server, addrs := nodes(t, 4, servers.RedisOptions{MaxMemory: "8mb", Policy: "allkeys-lru"})
	one := 0
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			r := newRing(t, RingOptions{Addrs: addrs[:n]})
			fillUp(r, 0, 8000*n)
			held := 0
			for _, s := range server[:n] {
				kept, _ := strconv.Atoi(s.Do("DBSIZE"))
				held += kept
				if s.Info("evicted_keys") == "0" {
					t.Errorf("a node of %d keys is not full", kept)
				}
				s.Do("FLUSHALL")
			}
			t.Logf("%d nodes of 8 MiB hold %d answers of about 1 KB", n, held)
			if n == 1 {
				one = held
			}
			if ratio := float64(held) / float64(one); ratio < 0.9*float64(n) || ratio > 1.1*float64(n) {
				t.Errorf("%d nodes hold %d answers, %.2f times the %d of one", n, held, ratio, one)
			}
		})
	}
}

// names is the DNS of a test.
type names struct {
	mu    sync.Mutex
	hosts map[string][]string
	err   error
	asked int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) (found []netip.Addr, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	if n.err != nil {
		return nil, n.err
	}
	if len(n.hosts[host]) == 0 {
		return nil, &net.DNSError{Name: host, IsNotFound: true}
	}
	for _, ip := range n.hosts[host] {
		found = append(found, netip.MustParseAddr(ip))
	}
	return found, nil
}

func (n *names) set(hosts map[string][]string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts, n.err, n.asked = hosts, err, 0
}

func (n *names) looked() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked > 2
}

// called gives each server a name. It returns the addresses by name, and the
// DNS in which the first n servers exist.
func called(addrs []string) (byName []string, there func(n int) map[string][]string) {
	for i, addr := range addrs {
		_, port, _ := net.SplitHostPort(addr)
		byName = append(byName, fmt.Sprintf("cache-%d:%s", i, port))
	}
	return byName, func(n int) map[string][]string {
		hosts := map[string][]string{}
		for i := range n {
			hosts[fmt.Sprint("cache-", i)] = []string{"127.0.0.1"}
		}
		return hosts
	}
}

func membersOf(r *Ring) int { return len(r.Stats().Nodes) }

// When a node joins n others, about 1/(n+1) of the keys move to it. When it
// leaves, they are found again where they were.
func TestNodesComeAndGo(t *testing.T) {
	_, addrs := nodes(t, 5, servers.RedisOptions{})
	byName, there := called(addrs)
	const keys = 4000
	for n := 1; n <= 4; n++ {
		dns := &names{}
		dns.set(there(n), nil)
		r := newRing(t, RingOptions{Addrs: byName, Resolver: dns, Secret: []byte(fmt.Sprint(n, secret))})
		eventually.True(t, "the first nodes are known", func() bool { return membersOf(r) == n })
		fillUp(r, 0, keys)
		if hits := found(t, r, keys); hits != keys {
			t.Fatalf("%d of %d keys are found", hits, keys)
		}
		dns.set(there(n+1), nil)
		eventually.True(t, "the new node is known", func() bool { return membersOf(r) == n+1 })
		moved := float64(keys-found(t, r, keys)) / keys
		want := 1 / float64(n+1)
		t.Logf("a node joins %d: %.1f%% of the keys move, where 1/%d is %.1f%%", n, 100*moved, n+1, 100*want)
		if moved < 0.8*want || moved > 1.2*want {
			t.Errorf("a node joins %d: %.3f of the keys move, want %.3f ± 20%%", n, moved, want)
		}
		dns.set(there(n), nil)
		eventually.True(t, "the new node has gone", func() bool { return membersOf(r) == n })
		if hits := found(t, r, keys); hits != keys {
			t.Errorf("after it has gone %d of %d keys are found", hits, keys)
		}
		s := r.Stats()
		if s.Errors+s.Skipped+s.Refused > 0 {
			t.Errorf("as nodes came and went: %+v, want hits and misses only", s)
		}
	}
}

// Nodes come, go, die, hang and are emptied, and no question fails.
func TestNoQuestionFails(t *testing.T) {
	server, addrs := nodes(t, 3, servers.RedisOptions{})
	byName, there := called(addrs)
	dns := &names{}
	r := newRing(t, RingOptions{Addrs: byName, Resolver: dns, Timeout: 25 * time.Millisecond})
	c := New(10_000, r)
	ctx, cancel := context.WithCancel(t.Context())
	var asked atomic.Int64
	var askers sync.WaitGroup
	for n := range 8 {
		askers.Go(func() {
			for i := n; ctx.Err() == nil; i += 7 {
				text := fmt.Sprint("answer ", i%500)
				a, err := c.Do(t.Context(), text, counted(new(atomic.Int64), text))
				if err != nil || a.Text() != text {
					t.Errorf("asked for %q: %q, %v", text, a.Text(), err)
				}
				asked.Add(1)
			}
		})
	}
	meanwhile := func() {
		end := asked.Load() + 1000
		eventually.True(t, "questions are answered", func() bool { return asked.Load() >= end })
	}
	for round := range 5 {
		for n := range 4 {
			dns.set(there(n), nil)
			meanwhile()
		}
		one := server[round%3]
		one.Do("FLUSHALL")
		one.Pause()
		meanwhile()
		one.Resume()
		one.Kill()
		meanwhile()
		one.Start()
		meanwhile()
	}
	cancel()
	askers.Wait()
	if s := c.Stats(); s.FarHits == 0 || s.Far.Errors == 0 {
		t.Errorf("%+v; want far hits and errors, else this test proves nothing", s)
	}
	t.Logf("%d questions: %+v", asked.Load(), c.Stats())
}

func TestLookups(t *testing.T) {
	server, addrs := nodes(t, 1, servers.RedisOptions{})
	byName, there := called(addrs)
	dns := &names{}
	r := newRing(t, RingOptions{Addrs: byName, Resolver: dns})
	c := New(0, r)
	do(t, c, "who", "Adell") // no node is known yet

	dns.set(there(1), nil)
	eventually.True(t, "the node is known", func() bool { return membersOf(r) == 1 })
	do(t, c, "who", "Adell")
	settle(r)
	if do(t, c, "who", "Adell") {
		t.Error("found by name, the node has nothing")
	}
	dns.set(nil, errors.New("the name server does not answer"))
	eventually.True(t, "it was looked up again", dns.looked)
	if do(t, c, "who", "Adell") {
		t.Error("while names cannot be looked up, the node of before is not asked")
	}
	dns.set(nil, nil)
	eventually.True(t, "it has gone", func() bool { return membersOf(r) == 0 })
	if !do(t, c, "who", "Adell") {
		t.Error("without a node the answer is found")
	}
	server[0].Kill()
	dns.set(there(1), nil)
	eventually.True(t, "it is back, and dead", func() bool { return membersOf(r) == 1 })
	do(t, c, "who", "Adell")

	if _, err := NewRing(RingOptions{Addrs: []string{"multivac-cache"}}); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "host:port") {
		t.Errorf("an address without a port: %v, want it refused with what to write", err)
	}
}

func TestOneNameManyAddresses(t *testing.T) {
	dns := &names{}
	dns.set(map[string][]string{
		"multivac-cache": {"10.0.0.2", "10.0.0.1", "fd00::1"}, "six": {"fd00::2"}, "mapped": {"::ffff:10.0.0.3"},
	}, nil)
	m, err := newMembers([]string{"multivac-cache:6379", "six:6379", "mapped:6379", "10.0.0.1:6380", "absent:1"}, dns, nil)
	if err != nil {
		t.Fatal(err)
	}
	m.look(t.Context())
	var got []string
	for addr, host := range m.known() {
		got = append(got, addr+" "+host)
	}
	slices.Sort(got)
	want := []string{"10.0.0.1:6379 multivac-cache", "10.0.0.1:6380 10.0.0.1", "10.0.0.2:6379 multivac-cache", "10.0.0.3:6379 mapped", "[fd00::2]:6379 six"}
	if !slices.Equal(got, want) {
		t.Errorf("members are %q, want %q", got, want)
	}
}

// A dead node costs its share of the keys and nothing else. Once it is back, it
// is used again.
func TestDeadNode(t *testing.T) {
	server, addrs := nodes(t, 3, servers.RedisOptions{})
	r := newRing(t, RingOptions{Addrs: addrs})
	const keys = 600
	fillUp(r, 0, keys)
	share := int(r.Stats().Nodes[slices.Index(sorted(addrs), addrs[0])].Writes)
	server[0].Kill()
	if hits := found(t, r, keys); hits != keys-share {
		t.Errorf("%d of %d keys are found, want all but the %d of the dead node", hits, keys, share)
	}
	eventually.True(t, "the ring does without it", func() bool { return r.client.Len() == 2 })
	c := New(0, r)
	for i := range keys {
		do(t, c, fmt.Sprint("new ", i), "Adell")
		if i%writesAtOnce == 0 {
			settle(r)
		}
	}
	settle(r)
	for i := range keys {
		if do(t, c, fmt.Sprint("new ", i), "Adell") {
			t.Fatalf("the other nodes do not hold answer %d", i)
		}
	}
	server[0].Start()
	eventually.True(t, "it is there again", func() bool { return r.client.Len() == 3 })
	fillUp(r, 0, keys)
	if hits := found(t, r, keys); hits != keys {
		t.Errorf("after its restart %d of %d keys are found", hits, keys)
	}
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// hanging is longer than any question waits for a node, on a machine that is
// busy, too, and shorter than one that waits for a node which hangs.
const hanging = time.Second

// A question waits for a hanging node no longer than the timeout. After a few
// of them, questions do not wait at all, until it answers again.
func TestHangingNode(t *testing.T) {
	server, addrs := nodes(t, 1, servers.RedisOptions{})
	// The questions, not the heartbeat, open the breaker.
	r := newRing(t, RingOptions{Addrs: addrs, Timeout: 25 * time.Millisecond, Heartbeat: 2 * time.Second})
	eventually.True(t, "it is asked", func() bool { r.put("who", answer("Adell")); settle(r); _, ok := r.get(t.Context(), "who"); return ok })
	server[0].Pause()
	var waited []time.Duration
	for i := 0; !r.Stats().Nodes[0].Open; i++ {
		begun := time.Now()
		if _, ok := r.get(t.Context(), "who"); ok {
			t.Fatal("a paused server has answered")
		}
		waited = append(waited, time.Since(begun))
	}
	if len(waited) > maxFailures {
		t.Errorf("%d questions waited, want %d until the breaker opens", len(waited), maxFailures)
	}
	if least := slices.Min(waited); least > hanging {
		t.Errorf("questions waited %v, want 25 ms", waited)
	}
	t.Logf("until the breaker opened: %v", waited)
	before := r.Stats()
	for range 1000 {
		r.get(t.Context(), "who")
	}
	if after := r.Stats(); after.Skipped-before.Skipped < 1000 {
		t.Errorf("with the breaker open %d of 1000 questions waited", 1000-(after.Skipped-before.Skipped))
	}
	server[0].Resume()
	eventually.True(t, "it is asked again", func() bool { _, ok := r.get(t.Context(), "who"); return ok })
}

// A node that hangs before there is a connection costs no more.
func TestHangingWhileConnecting(t *testing.T) {
	f := func(o servers.RedisOptions) {
		t.Helper()
		server := servers.Redis(t, o)
		var config *tls.Config
		if o.CA != nil {
			var err error
			if config, err = certs.Client(certs.ClientFiles{CA: o.CA.File}); err != nil {
				t.Fatal(err)
			}
		}
		server.Pause()
		r := newRing(t, RingOptions{Addrs: []string{server.Addr}, TLS: config, Timeout: 25 * time.Millisecond, Heartbeat: time.Hour})
		var waited []time.Duration
		for range maxFailures + 3 {
			begun := time.Now()
			r.get(t.Context(), "who")
			waited = append(waited, time.Since(begun))
		}
		if slices.Sort(waited); waited[maxFailures] > hanging || !r.Stats().Nodes[0].Open {
			t.Errorf("with TLS %v: questions waited %v, and then: %+v", o.CA != nil, waited, r.Stats())
		}
	}
	f(servers.RedisOptions{})
	f(servers.RedisOptions{CA: servers.NewCA(t)})
}

func TestFlushed(t *testing.T) {
	server, addrs := nodes(t, 2, servers.RedisOptions{})
	c := New(0, newRing(t, RingOptions{Addrs: addrs}))
	for range 3 {
		if !do(t, c, "who", "Adell") {
			t.Error("it is found after FLUSHALL")
		}
		settle(c.far)
		if do(t, c, "who", "Adell") {
			t.Error("it is not found before FLUSHALL")
		}
		for _, s := range server {
			s.Do("FLUSHALL")
		}
	}
}

// Without any server, questions are answered as if there was no far cache. A
// server that comes later is used.
func TestAbsentAtStart(t *testing.T) {
	server, addrs := nodes(t, 1, servers.RedisOptions{})
	server[0].Kill()
	c := New(0, newRing(t, RingOptions{Addrs: addrs}))
	for range 10 {
		do(t, c, "who", "Adell")
	}
	server[0].Start()
	eventually.True(t, "the far cache is used", func() bool { found := !do(t, c, "who", "Adell"); settle(c.far); return found })
}

// Passwords rotate under load, as in doc/explanation/cache.md: every question
// is answered, and far answers are found before, during and after the rotation.
func TestPasswordRotates(t *testing.T) {
	const rules = "resetkeys ~multivac:answer:* -@all +get +set +ping"
	user := func(passwords ...string) (lines []string) {
		line := servers.ACLUser("cache", passwords[0], "")
		for _, p := range passwords[1:] {
			line += strings.Fields(servers.ACLUser("cache", p, ""))[3] + " "
		}
		return []string{line + rules, "user default off"}
	}
	server := servers.Redis(t, servers.RedisOptions{ACL: user("old")})
	var password atomic.Pointer[string]
	use := func(p string) { password.Store(&p) }
	use("old")
	r := newRing(t, RingOptions{Addrs: []string{server.Addr}, Credentials: func() (string, string) { return "cache", *password.Load() }})
	c := New(0, r)
	do(t, c, "who", "Adell")
	settle(r)

	ctx, cancel := context.WithCancel(t.Context())
	var computed, asked atomic.Int64
	var askers sync.WaitGroup
	for range 8 {
		askers.Go(func() {
			for ctx.Err() == nil {
				a, err := c.Do(t.Context(), "who", counted(&computed, "Adell"))
				if err != nil || a.Text() != "Adell" {
					t.Errorf("while the password rotates: %q, %v", a.Text(), err)
				}
				asked.Add(1)
			}
		})
	}
	after := func(n int64) {
		end := asked.Load() + n
		eventually.True(t, "questions are answered", func() bool { return asked.Load() >= end })
	}
	cut := func() { server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") } // so that new connections are made
	after(200)
	server.SetACL(user("old", "new")...)
	after(200)
	use("new")
	cut()
	after(200)
	server.SetACL(user("new")...)
	after(200)
	before := computed.Load()
	cut()
	after(200)
	cancel()
	askers.Wait()
	settle(r)
	if do(t, c, "who", "Adell") {
		t.Error("after the rotation nothing is found far")
	}
	// A connection that is cut during a question is a miss for it.
	if n := computed.Load(); n > 100 || n-before > 50 {
		t.Errorf("of %d answers %d were computed, %d of them after the rotation", asked.Load(), n, n-before)
	}
	if s := r.Stats(); s.Nodes[0].Open {
		t.Errorf("after the rotation: %+v", s)
	}
	t.Logf("%d questions were answered while the password rotated, %d of them computed", asked.Load(), computed.Load())
}

func TestWrongPasswordIsAMiss(t *testing.T) {
	server := servers.Redis(t, servers.RedisOptions{Password: "right"})
	var password atomic.Pointer[string]
	wrong, right := "wrong", "right"
	password.Store(&wrong)
	c := New(0, newRing(t, RingOptions{Addrs: []string{server.Addr}, Credentials: func() (string, string) { return "", *password.Load() }}))
	for range 10 {
		do(t, c, "who", "Adell")
	}
	password.Store(&right)
	eventually.True(t, "the right password is used", func() bool { found := !do(t, c, "who", "Adell"); settle(c.far); return found })
}

// TLS with our own authority, client certificates, and a node that was found by
// a name: it needs a certificate for that name.
func TestTLS(t *testing.T) {
	ca := servers.NewCA(t)
	client := ca.Client(t, "web")
	f := func(name, serverName string, works bool, hosts ...string) {
		t.Helper()
		server := servers.Redis(t, servers.RedisOptions{CA: ca, ClientCerts: true, Hosts: hosts})
		config, err := certs.Client(certs.ClientFiles{CA: ca.File, Cert: client.Cert, Key: client.Key, ServerName: serverName})
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(server.Addr)
		dns := &names{}
		dns.set(map[string][]string{"multivac-cache": {"127.0.0.1"}}, nil)
		r := newRing(t, RingOptions{Addrs: []string{net.JoinHostPort(name, port)}, Resolver: dns, TLS: config})
		c := New(0, r)
		eventually.True(t, "the node is known", func() bool { return membersOf(r) == 1 })
		do(t, c, "who", "Adell")
		settle(r)
		if found := !do(t, c, "who", "Adell"); found != works {
			t.Errorf("called %q, checked for %q, with a certificate for %q: found is %v, want %v: %+v", name, serverName, hosts, found, works, r.Stats())
		}
	}
	f("multivac-cache", "", true, "multivac-cache")
	f("multivac-cache", "", false, "127.0.0.1")
	f("multivac-cache", "another", false, "multivac-cache")
	f("multivac-cache", "another", true, "another")
	f("127.0.0.1", "", true, "127.0.0.1")
	f("127.0.0.1", "", false, "multivac-cache")
}
