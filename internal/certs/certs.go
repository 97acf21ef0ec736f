// Package certs makes TLS settings from PEM files, and reads the files again
// when they change, so that replacing them needs no restart. It makes no
// certificates, and it leaves out no check.
package certs

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"multivac"
)

// checkInterval is the least time between two looks at the files.
const checkInterval = time.Second

// A Certificate is the certificate of a server, with its key.
type Certificate struct {
	pair *followed[*tls.Certificate]
}

// Server reads the certificate of a server and its key. The error is an
// ErrInvalid if the files do not hold them. If a later version of the files
// cannot be used, Server calls failed, and the version before stays in use.
func Server(certFile, keyFile string, failed func(error)) (*Certificate, error) {
	pair, err := followPair(certFile, keyFile, failed)
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "name PEM files that belong together with --tls-cert and --tls-key", "cannot use the certificate: %v", err)
	}
	return &Certificate{pair}, nil
}

// Config returns settings for the server: TLS 1.2 or newer.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.pair.current(), nil }}
}

// Reload reads the files now if they have changed.
func (c *Certificate) Reload() { c.pair.reload() }

// ClientFiles are the files by which a client checks a server, and shows who it is.
type ClientFiles struct {
	CA         string      // file of trusted authorities; empty: those of the system
	Cert, Key  string      // files of the client's own certificate; empty: none
	ServerName string      // name that the server's certificate must have; empty: the one that is called
	Failed     func(error) // called, if set, when changed files cannot be used; the version before stays in use
}

// Client returns the settings of a client. The error is an ErrInvalid if the
// files cannot be used. The server's name is always checked. If CA is set and
// servers are called by IP address, use [For] or a [Dialer], too.
func Client(o ClientFiles) (*tls.Config, error) {
	failed := o.Failed
	if failed == nil {
		failed = func(error) {}
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if o.Cert != "" || o.Key != "" {
		pair, err := followPair(o.Cert, o.Key, failed)
		if err != nil {
			return nil, multivac.Errorf(multivac.ErrInvalid, "name PEM files that belong together with tls-cert and tls-key", "cannot use the client's certificate: %v", err)
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair.current(), nil }
	}
	if o.CA == "" {
		return config, nil
	}
	roots, err := follow(func() (*x509.CertPool, error) { return pool(o.CA) }, failed, o.CA)
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "name a PEM file of the authority that signed the server's certificate with tls-ca", "cannot use the authority: %v", err)
	}
	// crypto/tls would keep the authorities of today for ever. So its check is
	// switched off here, and VerifyConnection does it on each handshake with
	// the authorities of that time.
	config.InsecureSkipVerify = true
	config.VerifyConnection = func(s tls.ConnectionState) error {
		return verify(s, cmp.Or(s.ServerName, o.ServerName), roots.current())
	}
	return config, nil
}

// For returns settings for calls to one host, a name or an IP address. The
// server's certificate must be for that host, unless c has a ServerName. This is
// needed for IP addresses: TLS does not send them, so that VerifyConnection does
// not see them.
func For(c *tls.Config, host string) *tls.Config {
	if c == nil || c.ServerName != "" {
		return c
	}
	c = c.Clone()
	c.ServerName = host
	if check := c.VerifyConnection; check != nil {
		c.VerifyConnection = func(s tls.ConnectionState) error {
			s.ServerName = cmp.Or(s.ServerName, host)
			return check(s)
		}
	}
	return c
}

// A Dialer connects over TLS. Each server needs a certificate for the host of
// its address.
type Dialer struct {
	Config *tls.Config
}

// DialContext connects to host:port and shakes hands.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{Config: For(d.Config, host)}).DialContext(ctx, network, address)
}

// verify is the check that crypto/tls does by itself without InsecureSkipVerify.
func verify(s tls.ConnectionState, name string, roots *x509.CertPool) error {
	if name == "" {
		return multivac.Errorf(multivac.ErrInvalid, "call it by its name, or say with tls-server-name what its certificate is for",
			"the server was called by an IP address, so that its certificate cannot be checked")
	}
	if len(s.PeerCertificates) == 0 {
		return errors.New("the server showed no certificate")
	}
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between})
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
	}
	return nil
}

func pool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return p, nil
}

func followPair(certFile, keyFile string, failed func(error)) (*followed[*tls.Certificate], error) {
	read := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		return &pair, err // an error may mean that only one of the two was replaced yet
	}
	return follow(read, failed, certFile, keyFile)
}

// A followed value is made of files, and made again when they change. It looks
// at them when it is used, so that no goroutine is needed.
type followed[T any] struct {
	files  []string
	read   func() (T, error)
	failed func(error)

	mu     sync.Mutex
	now    T
	seen   []os.FileInfo // of the files of which now was made
	looked time.Time
}

func follow[T any](read func() (T, error), failed func(error), files ...string) (*followed[T], error) {
	f := &followed[T]{files: files, read: read, failed: failed}
	return f, f.load()
}

func (f *followed[T]) current() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.looked) >= checkInterval {
		f.look()
	}
	return f.now
}

func (f *followed[T]) reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.look()
}

func (f *followed[T]) look() {
	f.looked = time.Now()
	if err := f.load(); err != nil {
		f.failed(err)
	}
}

func (f *followed[T]) load() error {
	files := make([]os.FileInfo, len(f.files))
	changed := f.seen == nil
	for i, name := range f.files { // before reading: a change during the reading is seen the next time
		var err error
		if files[i], err = os.Stat(name); err != nil {
			return err
		}
		changed = changed || !same(files[i], f.seen[i])
	}
	if !changed {
		return nil
	}
	v, err := f.read()
	if err != nil {
		return err
	}
	f.now, f.seen = v, files
	return nil
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
