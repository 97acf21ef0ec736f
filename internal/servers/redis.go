package servers

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"multivac/internal/require"
)

// RedisOptions describe the server that Redis starts.
type RedisOptions struct {
	Password    string   // of the user default; empty: none
	ACL         []string // lines of users, as ACLUser writes them; add "user default off" to have no other
	CA          *CA      // nil: no TLS; else TLS with a certificate of this CA, and no plain port
	Hosts       []string // names in the certificate; empty: 127.0.0.1 and localhost
	ClientCerts bool     // with CA: clients need a certificate of it
	MaxMemory   string   // as in redis.conf, "100mb"; empty: no limit
	Policy      string   // maxmemory-policy; empty: noeviction
	AppendOnly  bool     // writes survive Restart, and Kill if they are a second old
	Config      []string // more lines of redis.conf
}

// A RedisServer is a redis-server that a test started.
type RedisServer struct {
	Addr string // host:port
	Cert Pair   // its certificate, with TLS

	process
	dir      string
	socket   string // by which the test itself connects, independent of ports and certificates
	password string // of the test's own user
	ca       string // file
}

// ACLUser returns a line of an ACL file: a user with a password, kept as its
// SHA-256, and rules as in "~multivac:* &* +@all".
func ACLUser(name, password, rules string) string {
	return "user " + name + " on #" + PasswordHash(password) + " " + rules
}

// PasswordHash returns a password as it stands in an ACL after # or !.
func PasswordHash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

// Redis starts a Redis that ends with the test. Its settings are in files that
// only their owner can read; its command line has no secret.
func Redis(t testing.TB, o RedisOptions) *RedisServer {
	t.Helper()
	require.Long(t, "it starts a Redis")
	program, ok := installed("redis-server")
	require.Have(t, "redis", ok, "install redis-server (Debian: apt-get install redis-server)")
	r := &RedisServer{dir: t.TempDir(), password: "of the test"}
	short, err := os.MkdirTemp("", "redis") // the path of a socket may not be long
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	r.socket = filepath.Join(short, "s")
	r.process = process{t: t, name: "redis-server", ready: r.ping, log: filepath.Join(r.dir, "log")}
	if o.CA != nil {
		r.Cert, r.ca = o.CA.Server(t, o.Hosts...), o.CA.File
	}
	lines := o.ACL
	if o.Password != "" || len(lines) == 0 {
		lines = append(lines, passwordLine(o.Password))
	}
	r.acl(lines)
	file := filepath.Join(r.dir, "redis.conf")
	r.command = func() *exec.Cmd { return exec.Command(program, file) }
	r.begin(func(port string) {
		r.Addr = net.JoinHostPort("127.0.0.1", port)
		must(t, os.WriteFile(file, []byte(r.config(port, o)), 0o600))
	})
	return r
}

func (r *RedisServer) config(port string, o RedisOptions) string {
	lines := []string{
		"bind 127.0.0.1", "dir " + r.dir, "aclfile " + filepath.Join(r.dir, "users.acl"), "save \"\"", "daemonize no",
		"unixsocket " + r.socket, "unixsocketperm 700",
	}
	if o.CA == nil {
		lines = append(lines, "port "+port)
	} else {
		lines = append(lines, "port 0", "tls-port "+port, "tls-ca-cert-file "+o.CA.File,
			"tls-cert-file "+r.Cert.Cert, "tls-key-file "+r.Cert.Key, "tls-auth-clients "+yesNo(o.ClientCerts))
	}
	if o.MaxMemory != "" {
		lines = append(lines, "maxmemory "+o.MaxMemory)
	}
	if o.Policy != "" {
		lines = append(lines, "maxmemory-policy "+o.Policy)
	}
	lines = append(lines, "appendonly "+yesNo(o.AppendOnly))
	return strings.Join(append(lines, o.Config...), "\n") + "\n"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func passwordLine(password string) string {
	if password == "" {
		return "user default on nopass ~* &* +@all"
	}
	return ACLUser("default", password, "~* &* +@all")
}

// acl writes the file of users, and adds the user of the test itself.
func (r *RedisServer) acl(lines []string) {
	r.t.Helper()
	lines = append(lines, ACLUser("of-the-test", r.password, "~* &* +@all"))
	must(r.t, os.WriteFile(filepath.Join(r.dir, "users.acl"), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// SetACL replaces all users, the user default too, and loads them. Redis cuts
// connections of users that are no longer there.
func (r *RedisServer) SetACL(lines ...string) {
	r.t.Helper()
	r.acl(lines)
	r.Do("ACL", "LOAD")
}

// Do sends a command as a user with all rights and returns the answer. The
// values of a list are lines of it.
func (r *RedisServer) Do(args ...string) string {
	r.t.Helper()
	answer, err := r.do(args...)
	if err != nil {
		r.t.Fatalf("redis %s: %v", strings.Join(args, " "), err)
	}
	return answer
}

// Info returns a field of INFO, "" where there is none.
func (r *RedisServer) Info(field string) string {
	r.t.Helper()
	for line := range strings.Lines(r.Do("INFO", "everything")) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), ":"); name == field {
			return value
		}
	}
	return ""
}

func (r *RedisServer) ping() error {
	answer, err := r.do("PING")
	if err == nil && answer != "PONG" {
		err = errors.New(answer)
	}
	return err
}

func (r *RedisServer) do(args ...string) (string, error) {
	conn, err := net.DialTimeout("unix", r.socket, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	reader := bufio.NewReader(conn)
	if _, err := call(conn, reader, "AUTH", "of-the-test", r.password); err != nil {
		return "", err
	}
	return call(conn, reader, args...)
}

func call(w io.Writer, r *bufio.Reader, args ...string) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return "", err
	}
	return reply(r)
}

// reply reads an answer in RESP 2.
func reply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSuffix(line, "\r\n")
	kind, rest := line[0], line[1:]
	switch n, _ := strconv.Atoi(rest); kind {
	case '-':
		return "", errors.New(rest)
	case '$':
		if n < 0 {
			return "", nil
		}
		text := make([]byte, n+2)
		_, err := io.ReadFull(r, text)
		return string(text[:n]), err
	case '*':
		values := make([]string, max(n, 0))
		for i := range values {
			if values[i], err = reply(r); err != nil {
				return "", err
			}
		}
		return strings.Join(values, "\n"), nil
	default:
		return rest, nil
	}
}

// Renewed makes Redis read its certificate and its authority again.
func (r *RedisServer) Renewed() {
	r.t.Helper()
	r.Do("CONFIG", "SET", "tls-cert-file", r.Cert.Cert, "tls-key-file", r.Cert.Key, "tls-ca-cert-file", r.ca)
}
