package servers_test

import (
	"bufio"
	"net"
	"os"
	"strings"
	"testing"

	"multivac/internal/servers"
)

func TestRedis(t *testing.T) {
	r := servers.Redis(t, servers.RedisOptions{Password: "secret", MaxMemory: "50mb", Policy: "allkeys-lru", AppendOnly: true})
	if got := r.Info("maxmemory_policy"); got != "allkeys-lru" {
		t.Errorf("maxmemory_policy: got %q, want allkeys-lru", got)
	}
	if line, err := os.ReadFile("/proc/" + r.Info("process_id") + "/cmdline"); err == nil && strings.Contains(string(line), "secret") {
		t.Errorf("the password stands in the command line: %q", line)
	}
	r.Do("SET", "a", "1")
	for name, again := range map[string]func(){"Restart": r.Restart, "Kill": func() { r.Kill(); r.Start() }} {
		before := r.Info("run_id")
		again()
		if r.Info("run_id") == before {
			t.Errorf("%s: it is the same process", name)
		}
		if got := r.Do("GET", "a"); got != "1" {
			t.Errorf("%s: GET a: got %q, want 1", name, got)
		}
	}
	r.SetACL(servers.ACLUser("default", "other", "~* +@all"), servers.ACLUser("queue", "q", "~q:* +@read"))
	if got := r.Do("ACL", "GETUSER", "queue"); !strings.Contains(got, "~q:*") {
		t.Errorf("the user queue: got %q", got)
	}
}

func TestRedisWithTLS(t *testing.T) {
	ca := servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{CA: ca, ClientCerts: true})
	if got := r.Do("CONFIG", "GET", "port"); got != "port\n0" {
		t.Errorf("the plain port: got %q, want 0", got)
	}
}

func TestStunnel(t *testing.T) {
	ca := servers.NewCA(t)
	r := servers.Redis(t, servers.RedisOptions{})
	outer := servers.Stunnel(t, servers.StunnelOptions{Connect: r.Addr, CA: ca, Cert: ca.Server(t), Verify: true})
	inner := servers.Stunnel(t, servers.StunnelOptions{Connect: outer.Addr, Client: true, CA: ca, Cert: ca.Client(t, "web"), CheckHost: "127.0.0.1"})
	outer.Reload()
	conn, err := net.Dial("tcp", inner.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("PING\r\n"))
	if got, err := bufio.NewReader(conn).ReadString('\n'); got != "+PONG\r\n" {
		t.Errorf("PING through two stunnels: got %q, %v\n%s", got, err, inner.Said())
	}
}
