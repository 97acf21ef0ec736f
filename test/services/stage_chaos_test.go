package services

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/servers"
)

// edit replaces a text in the settings.
func (s *stage) edit(old, new string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "settings.toml"))
	must(s.t, err)
	if !strings.Contains(string(text), old) {
		s.t.Fatalf("the settings do not say %s:\n%s", old, text)
	}
	s.write("settings.toml", strings.Replace(string(text), old, new, 1))
}

// through puts a proxy in front of the database, the queue and the first node of
// the cache, and names the second node, too.
func (c *chaos) through() {
	c.t.Helper()
	uri := c.mongo.URI
	for name, addr := range map[string]string{"mongo": c.mongo.Addr, "queue": c.queue.Addr, "cache": c.cache[0].Addr} {
		c.proxies[name] = servers.FaultProxy(c.t, addr)
	}
	c.mongo.Behind(c.proxies["mongo"].Addr)
	c.edit(uri, c.mongo.URI)
	c.edit(c.queue.Addr, c.proxies["queue"].Addr)
	c.edit(fmt.Sprintf("[%q]", c.cache[0].Addr), fmt.Sprintf("[%q, %q]", c.proxies["cache"].Addr, c.cache[1].Addr))
}

// rotate gives a user of Redis another password, as the documentation says.
func (c *chaos) rotate(service string, lots *rand.Rand, nodes ...*servers.RedisServer) {
	c.t.Helper()
	c.password++
	file := service + ".password"
	old, fresh := c.secret(file), fmt.Sprintf("number %d of %x", c.password, lots.Uint64())
	for _, r := range nodes {
		r.Do("ACL", "SETUSER", service, "#"+servers.PasswordHash(fresh))
	}
	c.write("secrets/"+file, fresh)
	c.calm(3 * time.Second)
	for _, r := range nodes {
		r.Do("ACL", "SETUSER", service, "!"+servers.PasswordHash(old))
		r.Do("ACL", "SAVE")
		r.Do("CLIENT", "KILL", "USER", service) // so that no connection has the old one
	}
}

// rotateDatabase gives the user of the database another password, or makes
// another user and drops the first, as the documentation says.
func (c *chaos) rotateDatabase(lots *rand.Rand) {
	c.t.Helper()
	c.password++
	user, fresh := cmp.Or(c.user, "multivac"), fmt.Sprintf("number %d of %x", c.password, lots.Uint64())
	if lots.IntN(2) == 0 {
		c.mongo.SetPassword(user, fresh)
		c.calm(time.Duration(lots.IntN(1000)) * time.Millisecond)
		c.write("secrets/store.mongodb.password", fresh)
		return
	}
	c.user = fmt.Sprintf("multivac-%d", c.password)
	c.mongo.AddUser(servers.MongoUser{Name: c.user, Password: fresh, Database: "multivac"})
	c.edit(fmt.Sprintf("username = %q", user), fmt.Sprintf("username = %q", c.user))
	c.write("secrets/store.mongodb.password", fresh)
	c.calm(5 * time.Second)
	c.mongo.DropUser(user)
}

// A canary is a process that only writes to disk, at each request. Its times show
// how slow the machine is.
type canary struct {
	url string

	mu    sync.Mutex
	calls []call
}

type call struct{ begin, end time.Time }

const canaryVariable = "MULTIVAC_TEST_CANARY"

func init() {
	if name := os.Getenv(canaryVariable); name != "" {
		sing(name)
	}
}

// sing serves until standard input ends. It writes its address to a file.
func sing(name string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	f, err := os.Create(name + ".data")
	fail(err)
	fail(os.WriteFile(name+".new", []byte(l.Addr().String()), 0o600))
	fail(os.Rename(name+".new", name))
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	var one sync.Mutex
	fail(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		one.Lock()
		defer one.Unlock()
		_, err := f.WriteAt(make([]byte, 512), 0)
		fail(err)
		fail(f.Sync())
	})))
}

func newCanary(t *testing.T, dir string) *canary {
	t.Helper()
	file := filepath.Join(dir, "canary")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), canaryVariable+"="+file)
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe() // which ends with the test
	must(t, err)
	must(t, cmd.Start())
	k := &canary{}
	eventually.True(t, "the canary listens", func() bool {
		addr, err := os.ReadFile(file)
		k.url = "http://" + string(addr)
		return err == nil
	})
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		close(stop)
		<-stopped
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				k.call(t)
			}
		}
	}()
	return k
}

func (k *canary) call(t *testing.T) {
	begin := time.Now()
	r, err := http.Get(k.url)
	if err != nil {
		t.Errorf("the canary: %v", err)
		return
	}
	r.Body.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, call{begin, time.Now()})
}

// slowest returns the time of the slowest call of those under way between two
// times.
func (k *canary) slowest(from, to time.Time) (most time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.calls {
		if !c.end.Before(from) && !c.begin.After(to) {
			most = max(most, c.end.Sub(c.begin))
		}
	}
	return most
}
