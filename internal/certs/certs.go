// Package certs makes TLS settings of files in PEM, and follows the files:
// whoever replaces them need not restart anything. It makes no certificate, and
// it never leaves out a check.
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

// lookEvery is how often files are looked at, at most.
const lookEvery = time.Second

// A Certificate is that which a server shows.
type Certificate struct {
	pair *followed[*tls.Certificate]
}

// Server returns the certificate of a server and its key, or an ErrInvalid
// where the files do not hold them. Where what is there later cannot be used,
// failed is told, and the one before goes on.
func Server(certFile, keyFile string, failed func(error)) (*Certificate, error) {
	pair, err := followPair(certFile, keyFile, failed)
	if err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "name PEM files that belong together with --tls-cert and --tls-key", "cannot use the certificate: %v", err)
	}
	return &Certificate{pair}, nil
}

// Config is for the server. TLS 1.2 and newer are spoken.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.pair.current(), nil }}
}

// Reload reads the files now, if they have changed.
func (c *Certificate) Reload() { c.pair.reload() }

// ClientFiles say how a client knows a server, and makes itself known.
type ClientFiles struct {
	CA         string      // file of the authorities that are trusted; those of the system if empty
	Cert, Key  string      // files of the client's own certificate; none if empty
	ServerName string      // what the server's certificate has to be for; the name that is called if empty
	Failed     func(error) // told of files that cannot be used later on, if set; what they held before goes on
}

// Client returns what a client needs, or an ErrInvalid where the files do not
// hold it. The server's name is always checked; where servers are called by IP
// address and CA is set, use [For] or a [Dialer], too.
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
	// crypto/tls would check against the authorities of now for ever. What it
	// is told to leave out here is done in VerifyConnection, on each handshake.
	config.InsecureSkipVerify = true
	config.VerifyConnection = func(s tls.ConnectionState) error {
		return verify(s, cmp.Or(s.ServerName, o.ServerName), roots.current())
	}
	return config, nil
}

// For returns c for calls to one host, a name or an IP address, of which the
// server's certificate has to be unless c says of which: an address does not
// reach the check of its own, for it is not sent to the server.
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

// A Dialer connects over TLS, and holds each server to the host of its address.
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

// verify does what crypto/tls does where it is not told to leave it out.
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
		return &pair, err // an error may mean that one of them is still to come
	}
	return follow(read, failed, certFile, keyFile)
}

// A followed value is that of its files as they are now. It looks when it is
// needed, so that nothing has to run meanwhile.
type followed[T any] struct {
	files  []string
	read   func() (T, error)
	failed func(error)

	mu     sync.Mutex
	now    T
	seen   []os.FileInfo // of the files that now was made of
	looked time.Time
}

func follow[T any](read func() (T, error), failed func(error), files ...string) (*followed[T], error) {
	f := &followed[T]{files: files, read: read, failed: failed}
	return f, f.load()
}

func (f *followed[T]) current() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.looked) >= lookEvery {
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
	for i, name := range f.files { // before they are read: what changes then is seen the next time
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
