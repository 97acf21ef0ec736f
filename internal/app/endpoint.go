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
	Changed       <-chan struct{} // receives when the credentials may have changed
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

func (e Endpoint) plain() bool { return !e.TLS && e.CA == "" && e.Cert == "" }

// config returns nil for a plain connection.
func (e Endpoint) config(service string, log *slog.Logger) (*tls.Config, error) {
	if e.plain() {
		return nil, nil
	}
	return certs.Client(certs.ClientFiles{CA: e.CA, Cert: e.Cert, Key: e.Key, ServerName: e.ServerName, Failed: func(err error) {
		log.Warn("new certificates cannot be used; going on with those before", "service", service, "error", err)
	}})
}

// warnPlain says where passwords and texts go over a network that others may
// listen to.
func (s *Settings) warnPlain(log *slog.Logger) {
	warn := func(service string, e Endpoint, hosts []string) {
		for _, h := range hosts {
			if e.plain() && !loopback(h) {
				log.Warn("the connection is not encrypted: what is told and asked, and the password, can be read on the way; switch TLS on, or put stunnel before it", "service", service, "host", h)
				return
			}
		}
	}
	warn("store", s.Mongo.Endpoint, hostsOf(s.Mongo.URI))
	warn("queue", s.Redis.Endpoint, []string{s.Redis.Addr})
	warn("cache", s.Far.Endpoint, s.Far.Addrs)
}

// loopback says whether an address, if it is one, is of this machine.
func loopback(address string) bool {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip := net.ParseIP(strings.Trim(address, "[]"))
	return address == "localhost" || address == "" || ip != nil && ip.IsLoopback()
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
	return cache.NewRing(cache.RingOptions{
		Addrs: s.Far.Addrs, Credentials: s.Far.Credentials, TLS: c, Timeout: s.Far.Timeout, Secret: key[:], Log: log,
	})
}

// runFar runs the far cache where there is one.
func runFar(far *cache.Ring) func(context.Context) error {
	if far == nil {
		return func(context.Context) error { return nil }
	}
	return far.Run
}
