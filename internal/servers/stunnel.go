package servers

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"multivac/internal/eventually"
	"multivac/internal/require"
)

// StunnelOptions describe the server that Stunnel starts.
type StunnelOptions struct {
	Connect   string // host:port of the server behind it
	Client    bool   // takes plain connections and makes TLS ones; false: the reverse
	CA        *CA    // whose certificates it trusts
	Cert      Pair   // its certificate; a client may have none
	CheckHost string // with Client: name that the server's certificate must have
	Verify    bool   // without Client: clients need a certificate of the CA
}

// A StunnelServer is a stunnel that a test started.
type StunnelServer struct {
	Addr string // host:port at which it listens

	process
}

// Stunnel starts a stunnel that ends with the test.
func Stunnel(t testing.TB, o StunnelOptions) *StunnelServer {
	t.Helper()
	require.Long(t, "it starts a stunnel")
	program, ok := installed("stunnel4")
	if !ok {
		program, ok = installed("stunnel")
	}
	require.Have(t, "stunnel", ok, "install stunnel (Debian: apt-get install stunnel4)")
	dir := t.TempDir()
	s, file := &StunnelServer{}, filepath.Join(dir, "stunnel.conf")
	s.process = process{
		t: t, name: "stunnel", ready: s.listens, log: filepath.Join(dir, "log"),
		command: func() *exec.Cmd { return exec.Command(program, file) },
	}
	s.begin(func(port string) {
		s.Addr = net.JoinHostPort("127.0.0.1", port)
		must(t, os.WriteFile(file, []byte(s.config(o)), 0o600))
	})
	return s
}

func (s *StunnelServer) config(o StunnelOptions) string {
	lines := []string{"foreground = yes", "pid =", "debug = notice", "[redis]", "accept = " + s.Addr, "connect = " + o.Connect}
	if o.Cert.Cert != "" {
		lines = append(lines, "cert = "+o.Cert.Cert, "key = "+o.Cert.Key)
	}
	if o.Client {
		lines = append(lines, "client = yes")
	}
	if o.CA != nil && (o.Client || o.Verify) {
		lines = append(lines, "CAfile = "+o.CA.File, "verifyChain = yes")
	}
	if host := o.CheckHost; net.ParseIP(host) != nil {
		lines = append(lines, "checkIP = "+host)
	} else if host != "" {
		lines = append(lines, "checkHost = "+host)
	}
	return strings.Join(lines, "\n") + "\n"
}

// listens returns nil once stunnel takes connections. Its log must say that it
// is configured: before that, another process may have the port, and a SIGHUP
// ends stunnel.
func (s *StunnelServer) listens() error {
	if !strings.Contains(s.said(), loaded) {
		return errors.New("it has not read its files")
	}
	conn, err := net.DialTimeout("tcp", s.Addr, time.Second)
	if err != nil {
		return err
	}
	return conn.Close()
}

// Said returns the log of stunnel.
func (s *StunnelServer) Said() string { return s.said() }

// Reload makes stunnel read its files again, by SIGHUP, and waits until it has.
func (s *StunnelServer) Reload() {
	s.t.Helper()
	before := strings.Count(s.said(), loaded)
	s.signal(syscall.SIGHUP)
	eventually.Nil(s.t, "stunnel has read its files again", func() error {
		if said := s.said(); strings.Count(said, loaded) == before {
			return errors.New("it says\n" + said)
		}
		return nil
	})
}

const loaded = "Configuration successful"
