package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A CA is a certificate authority for tests.
type CA struct {
	File string // path of its certificate, in PEM

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	dir         string
	serial      int64
}

// A Pair is a certificate and its key, as files in PEM.
type Pair struct {
	Cert, Key string
}

// NewCA returns an authority that no system trusts.
func NewCA(t testing.TB) *CA {
	t.Helper()
	c := &CA{dir: t.TempDir(), serial: 1}
	c.File = filepath.Join(c.dir, "ca.crt")
	c.key = newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	c.certificate = sign(t, template, template, c.key, c.key, c.File)
	return c
}

// Server returns a new certificate of a server with these names and IP
// addresses; 127.0.0.1 and localhost if there are none.
func (c *CA) Server(t testing.TB, hosts ...string) Pair {
	t.Helper()
	if len(hosts) == 0 {
		hosts = []string{"127.0.0.1", "localhost"}
	}
	dir, err := os.MkdirTemp(c.dir, "server")
	must(t, err)
	p := Pair{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	c.Renew(t, p, hosts...)
	return p
}

// Client returns a new certificate of a client.
func (c *CA) Client(t testing.TB, name string) Pair {
	t.Helper()
	return c.Server(t, name) // these certificates serve both sides
}

// Renew puts a certificate for the hosts with a new key into the files of a
// pair and returns its serial number.
func (c *CA) Renew(t testing.TB, p Pair, hosts ...string) int64 {
	t.Helper()
	c.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(c.serial), Subject: pkix.Name{CommonName: hosts[0]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	key := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	write(t, p.Key, "PRIVATE KEY", der)
	sign(t, template, c.certificate, key, c.key, p.Cert)
	return c.serial
}

// client returns the settings with which the test itself talks to a server of
// this CA.
func (c *CA) client(t testing.TB) *tls.Config {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(c.certificate)
	p := c.Client(t, "test")
	pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
	must(t, err)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey, file string) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	must(t, err)
	write(t, file, "CERTIFICATE", der)
	certificate, err := x509.ParseCertificate(der)
	must(t, err)
	return certificate
}

// write replaces a file in one step, as tools that rotate certificates do.
func write(t testing.TB, file, kind string, der []byte) {
	t.Helper()
	must(t, os.WriteFile(file+".new", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	must(t, os.Rename(file+".new", file))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
