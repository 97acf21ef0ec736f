package app

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"multivac/internal/cache"
	"multivac/internal/certs"
)

// An Endpoint is how a service is talked to.
type Endpoint struct {
	Credentials   func() (username, password string) // asked for at each connection; none if nil
	TLS           bool                               // set by CA and Cert, too
	CA, Cert, Key string                             // files in PEM, read again when they change
	ServerName    string                             // that the certificate has to have; the one that is called if empty
}

// Mongo is the MongoDB that keeps documents; none where URI is empty.
type Mongo struct {
	URI, Database string
	Endpoint
}

// Redis is the queue; none where Addr is empty.
type Redis struct {
	Addr string
	Endpoint
}

// Far is the far cache; none without Addrs.
type Far struct {
	Addrs   []string // host:port; a name stands for all its addresses
	Timeout time.Duration
	Endpoint
}

// config returns nil for a plain connection.
func (e Endpoint) config(service string, log *slog.Logger) (*tls.Config, error) {
	if !e.TLS && e.CA == "" && e.Cert == "" {
		return nil, nil
	}
	return certs.Client(certs.ClientFiles{CA: e.CA, Cert: e.Cert, Key: e.Key, ServerName: e.ServerName, Failed: func(err error) {
		log.Warn("new certificates cannot be used; going on with those before", "service", service, "error", err)
	}})
}

// warnPlain says where passwords and texts go over a network that others may
// listen to.
func warnPlain(log *slog.Logger, service string, c *tls.Config, hosts ...string) {
	for _, h := range hosts {
		if host, _, err := net.SplitHostPort(h); err == nil {
			h = host
		}
		if ip := net.ParseIP(strings.Trim(h, "[]")); c != nil || h == "localhost" || h == "" || ip != nil && ip.IsLoopback() {
			continue
		}
		log.Warn("the connection is not encrypted: what is told and asked, and the password, can be read on the way; switch TLS on, or put stunnel before it", "service", service, "host", h)
		return
	}
}

// hostsOf returns those that a MongoDB URI names, but for one that has TLS
// switched on by itself.
func hostsOf(uri string) []string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		hosts = hosts[at+1:]
	}
	options, _ := url.ParseQuery(query)
	if set := options.Get("tls") + options.Get("ssl"); set == "true" || scheme == "mongodb+srv" && set != "false" {
		return nil
	}
	return strings.Split(hosts, ",")
}

// far returns the far cache of the settings, or nil.
func (s *Settings) far(key [16]byte, log *slog.Logger) (*cache.Ring, error) {
	if len(s.Far.Addrs) == 0 {
		return nil, nil
	}
	c, err := s.Far.config("cache", log)
	if err != nil {
		return nil, err
	}
	warnPlain(log, "cache", c, s.Far.Addrs...)
	return cache.NewRing(cache.RingOptions{
		Addrs: s.Far.Addrs, Credentials: s.Far.Credentials, TLS: c, Timeout: s.Far.Timeout, Secret: key[:], Log: log,
	})
}

// run runs the far cache where there is one.
func runFar(far *cache.Ring) func(context.Context) error {
	if far == nil {
		return func(context.Context) error { return nil }
	}
	return far.Run
}
