package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"multivac"
	"multivac/internal/app"
	"multivac/internal/auth"
	"multivac/internal/client"
)

// front opens an app on data, calls change with it, and serves it.
func front(t *testing.T, data string, f app.Front, before func(*app.App)) (address string, stop func()) {
	t.Helper()
	a, err := app.Open(t.Context(), app.Settings{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if before != nil {
		before(a)
	}
	f.Listener = listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, f, app.Steps{}) }()
	stopped := false
	stop = func() {
		if cancel(); !stopped {
			stopped = true
			if err := <-ended; err != nil {
				t.Errorf("serve: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return f.Listener.Addr().String(), stop
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// certify writes a certificate for 127.0.0.1 with a serial number, and its key.
func certify(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "multivac"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// serial returns the serial number of the certificate at an address.
func serial(t *testing.T, address string) int64 {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) // only the serial number is read
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

// A new certificate is used without a restart, and a broken one is not.
func TestTLS(t *testing.T) {
	dir, reload := t.TempDir(), make(chan os.Signal)
	f := app.Front{Reload: reload}
	f.TLSCert, f.TLSKey = certify(t, dir, 1)
	at, _ := front(t, t.TempDir(), f, nil)
	if got := serial(t, at); got != 1 {
		t.Fatalf("the certificate is %d, want 1", got)
	}
	certify(t, dir, 2)
	reload <- syscall.SIGHUP
	reload <- syscall.SIGHUP // received after the first was handled
	if got := serial(t, at); got != 2 {
		t.Errorf("the certificate is %d, want 2", got)
	}
	certify(t, dir, 3)
	if err := os.WriteFile(f.TLSKey, []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	reload <- syscall.SIGHUP
	reload <- syscall.SIGHUP
	if got := serial(t, at); got != 2 {
		t.Errorf("with a broken one, the certificate is %d, want still 2", got)
	}
	if _, err := tls.Dial("tcp", at, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("https://" + at + "/livez")
	if err != nil || resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("GET /livez: %+v, %v, want 200 over HTTP/2", resp, err)
	}
	if err == nil {
		resp.Body.Close()
	}
}

// A new certificate is used within a second, even without a signal.
func TestTLSLooksByItself(t *testing.T) {
	dir := t.TempDir()
	f := app.Front{}
	f.TLSCert, f.TLSKey = certify(t, dir, 1)
	at, _ := front(t, t.TempDir(), f, nil)
	if got := serial(t, at); got != 1 { // the certificate is read before it is served
		t.Fatalf("the certificate is %d, want 1", got)
	}
	certify(t, dir, 2)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(30 * time.Second); serial(t, at) != 2; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the certificate is still 1")
		}
	}
}

func TestTLSWithoutCertificate(t *testing.T) {
	a, err := app.Open(t.Context(), app.Settings{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	err = a.Serve(t.Context(), app.Front{Listener: listen(t), TLSCert: "none.crt", TLSKey: "none.key"}, app.Steps{})
	if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "--tls-cert") {
		t.Errorf("serve: %v", err)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// What is served at the admin address is not served at the first one.
func TestAdminListener(t *testing.T) {
	admin := listen(t)
	at, _ := front(t, t.TempDir(), app.Front{Admin: admin}, func(a *app.App) {
		if err := a.AdminKey(t.Context(), filepath.Join(t.TempDir(), "key")); err != nil {
			t.Fatal(err)
		}
	})
	f := func(url string, status int, want string) {
		t.Helper()
		if got, body := get(t, url); got != status && status != 0 || !strings.Contains(body, want) {
			t.Errorf("GET %s: %d %s, want %d and %q", url, got, body, status, want)
		}
	}
	f("http://"+admin.Addr().String()+"/livez", 200, "ok")
	f("http://"+admin.Addr().String()+"/readyz", 0, `"documents":0`) // ready or not
	f("http://"+admin.Addr().String()+"/debug/pprof/goroutine?debug=1", 200, "goroutine profile")
	f("http://"+admin.Addr().String()+"/api/v1/documents", 404, "nothing at")
	f("http://"+at+"/debug/pprof/", 401, "a key is needed")
	f("http://"+at+"/livez", 200, "ok")
}

func TestAdminKey(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "admin.key")
	auditLog := filepath.Join(t.TempDir(), "audit.log")
	adopt := func(a *app.App) {
		t.Helper()
		if needed, err := a.KeyNeeded(t.Context()); err != nil || needed != exists(file) {
			t.Errorf("a key is needed: %v, %v, want %v", needed, err, exists(file))
		}
		if err := a.AdminKey(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	at, stop := front(t, data, app.Front{AuditLog: auditLog}, adopt)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v, want mode 0600", info, err)
	}
	connected := func(at string) *client.Client {
		t.Helper()
		key, err := auth.ReadKey(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New(at, client.WithKey(key))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	keys, err := connected(at).ListKeys(t.Context())
	if err != nil || len(keys) != 1 || !keys[0].Has(multivac.ScopeAdmin) {
		t.Fatalf("keys are %+v, %v", keys, err)
	}
	stop()

	at, stop = front(t, data, app.Front{AuditLog: auditLog}, adopt) // the same key, not another
	c := connected(at)
	if keys, err := c.ListKeys(t.Context()); err != nil || len(keys) != 1 || keys[0].LastUsed.IsZero() {
		t.Errorf("after a restart: %+v, %v", keys, err)
	}
	if _, err := c.RevokeKey(t.Context(), keys[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := c.ListKeys(t.Context()); !errors.Is(err, multivac.ErrUnauthorized) {
		t.Errorf("with a revoked key: %v", err)
	}
	stop()
	log, err := os.ReadFile(auditLog)
	if got := strings.Count(string(log), `"action":"make-key"`); err != nil || got != 1 || !strings.Contains(string(log), `"action":"revoke-key"`) {
		t.Errorf("the audit log: %v\n%s", err, log)
	}

	a, err := app.Open(t.Context(), app.Settings{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.AdminKey(t.Context(), file); !errors.Is(err, multivac.ErrUnauthorized) || !strings.Contains(err.Error(), file) {
		t.Errorf("a revoked key in the file: %v", err)
	}
	for name, text := range map[string]string{"empty": "", "password": "hunter2", "long": strings.Repeat("x", 1<<20)} {
		broken := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(broken, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := a.AdminKey(t.Context(), broken); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("a file with %s: %v", name, err)
		}
	}
	if err := a.AdminKey(t.Context(), filepath.Join(t.TempDir(), "no", "folder")); !errors.Is(err, multivac.ErrUnavailable) {
		t.Errorf("a file in no folder: %v", err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// At the loopback address without keys, only requests for this machine are
// accepted. That also holds at the admin address. Once there is a key, the key
// decides.
func TestFrontHosts(t *testing.T) {
	admin := listen(t)
	var names atomic.Pointer[[]string]
	names.Store(&[]string{})
	var a *app.App
	at, _ := front(t, t.TempDir(), app.Front{Admin: admin, Hosts: func() []string { return *names.Load() }}, func(opened *app.App) { a = opened })
	f := func(address, path, host string, want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if w.StatusCode != want {
			t.Errorf("%s at %s: got %d, want %d", path, host, w.StatusCode, want)
		}
	}
	f(at, "/api/v1/documents", at, 200)
	f(at, "/api/v1/documents", "localhost:5000", 200)
	f(at, "/api/v1/documents", "evil.example:5000", 421)
	f(at, "/api/v1/documents", "wiki.example.org", 421)
	f(admin.Addr().String(), "/metrics", "evil.example", 421)
	f(admin.Addr().String(), "/debug/pprof/", "evil.example", 421)
	f(admin.Addr().String(), "/livez", admin.Addr().String(), 200)
	names.Store(&[]string{"wiki.example.org"})
	f(at, "/api/v1/documents", "wiki.example.org", 200)
	f(at, "/api/v1/documents", "evil.example:5000", 421)
	if err := a.AdminKey(t.Context(), filepath.Join(t.TempDir(), "admin.key")); err != nil {
		t.Fatal(err)
	}
	f(at, "/api/v1/documents", "evil.example:5000", 401)
	f(admin.Addr().String(), "/metrics", "evil.example", 421)
}
