package app

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"multivac"
)

// lookEvery is how often the certificate's files are looked at, at most.
const lookEvery = time.Second

// A certificate is that of the files it was made of, as they are now: whoever
// replaces them need not restart anything. Where what is there now cannot be
// used, the one before is.
type certificate struct {
	certFile, keyFile string
	failed            func(error)

	mu     sync.Mutex
	now    *tls.Certificate
	cert   os.FileInfo // of the files that now was made of
	key    os.FileInfo
	looked time.Time
}

// newCertificate returns an ErrInvalid where the files hold no certificate with its key.
func newCertificate(certFile, keyFile string, failed func(error)) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, failed: failed}
	if _, err := c.load(); err != nil {
		return nil, multivac.Errorf(multivac.ErrInvalid, "name PEM files that belong together with --tls-cert and --tls-key", "cannot use the certificate: %v", err)
	}
	return c, nil
}

// config is for the server. TLS 1.2 and newer are spoken.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil }}
}

// current returns the certificate, read again if its files have changed. It
// looks when it is needed, so that nothing has to run meanwhile.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.now
	}
	return c.reload()
}

// Reload reads the files again if they have changed.
func (c *certificate) Reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reload()
}

func (c *certificate) reload() *tls.Certificate {
	c.looked = time.Now()
	if _, err := c.load(); err != nil {
		c.failed(err)
	}
	return c.now
}

// load reports whether the files had changed and were read.
func (c *certificate) load() (changed bool, err error) {
	cert, err := os.Stat(c.certFile) // before they are read: what changes then is seen the next time
	if err != nil {
		return false, err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return false, err
	}
	if same(cert, c.cert) && same(key, c.key) {
		return false, nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return false, err // one of them may be still to come
	}
	c.now, c.cert, c.key = &pair, cert, key
	return true, nil
}

func same(a, b os.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
