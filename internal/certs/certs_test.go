package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/certs"
	"multivac/internal/servers"
)

func server(t *testing.T, p servers.Pair) *certs.Certificate {
	t.Helper()
	c, err := certs.Server(p.Cert, p.Key, func(err error) { t.Logf("server: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func client(t *testing.T, o certs.ClientFiles) *tls.Config {
	t.Helper()
	c, err := certs.Client(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shake has both sides shake hands, with the name that the client calls, and
// returns what the client says and the serial number it was shown.
func shake(t *testing.T, s, c *tls.Config, name string) (serial int64, err error) {
	t.Helper()
	if c.ServerName == "" {
		c = c.Clone()
		c.ServerName = name // as who dials does
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		conn, err := tls.NewListener(listener, s).Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("x")) // what keeps it from this, the client reports
	}()
	defer func() { <-served }()
	conn, err := tls.Dial("tcp", listener.Addr().String(), c)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 1)) // where the server refuses the client, this says so
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), err
}

func TestNamesAreChecked(t *testing.T) {
	ours, theirs := servers.NewCA(t), servers.NewCA(t)
	s := server(t, ours.Server(t, "queue.test", "127.0.0.1")).Config()
	f := func(ca *servers.CA, setting, called, want string) {
		t.Helper()
		c := client(t, certs.ClientFiles{CA: ca.File, ServerName: setting})
		_, err := shake(t, s, certs.For(c, called), called)
		if want == "" && err != nil {
			t.Errorf("called %q, setting %q: %v", called, setting, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("called %q, setting %q: got %v, want %q", called, setting, err, want)
		}
	}
	f(ours, "", "queue.test", "")
	f(ours, "", "127.0.0.1", "")
	f(ours, "queue.test", "another.test", "")
	f(ours, "queue.test", "192.0.2.1", "")
	f(ours, "", "another.test", "not another.test")
	f(ours, "another.test", "queue.test", "not another.test")
	f(ours, "", "192.0.2.1", "192.0.2.1")
	f(theirs, "", "queue.test", "unknown authority")

	// Who calls an address without saying so is refused, not let through.
	c := client(t, certs.ClientFiles{CA: ours.File})
	if _, err := shake(t, s, c, "127.0.0.1"); err == nil || !strings.Contains(err.Error(), "tls-server-name") {
		t.Errorf("an address without For: got %v, want a remedy", err)
	}
	// Without a CA, those of the system count, and ours is none of them.
	var unknown x509.UnknownAuthorityError
	if _, err := shake(t, s, client(t, certs.ClientFiles{}), "queue.test"); !errors.As(err, &unknown) {
		t.Errorf("an authority that the system does not know: got %v", err)
	}
}

func TestDialerHoldsServersToTheirAddress(t *testing.T) {
	ca := servers.NewCA(t)
	f := func(host, want string) {
		t.Helper()
		listener, err := tls.Listen("tcp", "127.0.0.1:0", server(t, ca.Server(t, host)).Config())
		must(t, err)
		defer listener.Close()
		go func() {
			if conn, err := listener.Accept(); err == nil {
				_ = conn.(*tls.Conn).Handshake()
			}
		}()
		conn, err := certs.Dialer{Config: client(t, certs.ClientFiles{CA: ca.File})}.DialContext(t.Context(), "tcp", listener.Addr().String())
		if err == nil {
			conn.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("a certificate for %s: got %v, want %q", host, err, want)
		}
	}
	f("127.0.0.1", "")
	f("192.0.2.1", "not 127.0.0.1")
	f("queue.test", "127.0.0.1")
}

func TestClientShowsItsCertificate(t *testing.T) {
	ca := servers.NewCA(t)
	s := server(t, ca.Server(t, "queue.test")).Config()
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(ca.File)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no CA", err)
	}
	s.ClientAuth, s.ClientCAs = tls.RequireAndVerifyClientCert, pool

	if _, err := shake(t, s, client(t, certs.ClientFiles{CA: ca.File}), "queue.test"); err == nil {
		t.Error("a client without a certificate was let in")
	}
	p := ca.Client(t, "web")
	if _, err := shake(t, s, client(t, certs.ClientFiles{CA: ca.File, Cert: p.Cert, Key: p.Key}), "queue.test"); err != nil {
		t.Errorf("a client with a certificate: %v", err)
	}
}

// What is replaced is used without a restart; what cannot be used is not.
func TestFilesAreFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, next := servers.NewCA(t), servers.NewCA(t)
		p := old.Server(t, "queue.test")
		s := server(t, p).Config()
		var failed error
		c := client(t, certs.ClientFiles{CA: old.File, Failed: func(err error) { failed = err }})
		f := func(what, want string) {
			t.Helper()
			time.Sleep(2 * time.Second) // of the bubble: files are looked at once a second
			_, err := shake(t, s, c, "queue.test")
			if got := ""; err != nil && want == "" || err == nil && want != got || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", what, err, want)
			}
		}
		f("as it was", "")
		next.Renew(t, p, "queue.test")
		f("the server's is of another authority", "unknown authority")
		replace(t, old.File, next.File)
		f("and the client trusts that one now", "")

		must(t, os.WriteFile(old.File, []byte("no certificate"), 0o600))
		must(t, os.WriteFile(p.Cert, nil, 0o600))
		f("broken files", "")
		if failed == nil || !strings.Contains(failed.Error(), "holds no certificate") {
			t.Errorf("nobody was told of the broken file: %v", failed)
		}
	})
}

func replace(t *testing.T, file, by string) {
	t.Helper()
	text, err := os.ReadFile(by)
	must(t, err)
	must(t, os.WriteFile(file+".new", text, 0o600))
	must(t, os.Rename(file+".new", file))
}

func TestFilesThatAreNone(t *testing.T) {
	ca := servers.NewCA(t)
	a, b := ca.Client(t, "a"), ca.Client(t, "b")
	f := func(o certs.ClientFiles, want string) {
		t.Helper()
		_, err := certs.Client(o)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", o, err, want)
		}
	}
	f(certs.ClientFiles{CA: filepath.Join(t.TempDir(), "none")}, "tls-ca")
	f(certs.ClientFiles{CA: a.Key}, "tls-ca")
	f(certs.ClientFiles{Cert: a.Cert}, "tls-key")
	f(certs.ClientFiles{Cert: a.Cert, Key: b.Key}, "tls-key")
	if _, err := certs.Server(a.Cert, b.Key, nil); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("a server with another's key: got %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
