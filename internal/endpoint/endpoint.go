// Package endpoint has the settings by which a service is called: credentials
// and TLS. It warns where a connection can be read on the way.
package endpoint

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"multivac/internal/certs"
)

// An Endpoint says how to call a service.
type Endpoint struct {
	Credentials   func() (username, password string) // asked for at each connection; none if nil
	TLS           bool                               // switched on by CA and Cert, too
	CA, Cert, Key string                             // files in PEM, read again when they change
	ServerName    string                             // that the certificate must have; the host that is called if empty
}

// Plain reports whether the connection is not encrypted.
func (e Endpoint) Plain() bool { return !e.TLS && e.CA == "" && e.Cert == "" }

// Config returns the TLS settings of the endpoint, or nil where it is Plain. It
// returns an error where a file cannot be used; when a later version of the
// file cannot be used, it goes on with the one before, and the log says so.
func (e Endpoint) Config(service string, log *slog.Logger) (*tls.Config, error) {
	if e.Plain() {
		return nil, nil
	}
	return certs.Client(certs.ClientFiles{CA: e.CA, Cert: e.Cert, Key: e.Key, ServerName: e.ServerName, Failed: func(err error) {
		log.Warn("new certificates cannot be used; going on with those before", "service", service, "error", err)
	}})
}

// WarnPlain warns where texts and passwords go over a network unencrypted: where
// the endpoint is Plain, and one of the hosts is another machine.
func (e Endpoint) WarnPlain(service string, hosts []string, log *slog.Logger) {
	for _, h := range hosts {
		if e.Plain() && !Loopback(h) {
			log.Warn("the connection is not encrypted: what is told and asked, and the password, can be read on the way; switch TLS on, or put stunnel before it", "service", service, "host", h)
			return
		}
	}
}

// Loopback reports whether an address, with or without a port, is of this
// machine. The empty address is.
func Loopback(address string) bool {
	if host, _, err := net.SplitHostPort(address); err == nil {
		address = host
	}
	ip := net.ParseIP(strings.Trim(address, "[]"))
	return address == "localhost" || address == "" || ip != nil && ip.IsLoopback()
}

// Hosts returns the hosts that the URI of a MongoDB names.
func Hosts(uri string) []string {
	_, hosts, _ := splitURI(uri)
	return strings.Split(hosts, ",")
}

// Encrypted reports whether the URI of a MongoDB switches TLS on itself.
func Encrypted(uri string) bool {
	scheme, _, query := splitURI(uri)
	options, _ := url.ParseQuery(query)
	set := options.Get("tls") + options.Get("ssl")
	return set == "true" || scheme == "mongodb+srv" && set != "false"
}

func splitURI(uri string) (scheme, hosts, query string) {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ = strings.Cut(rest, "?")
	hosts, _, _ = strings.Cut(rest, "/")
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		hosts = hosts[at+1:]
	}
	return scheme, hosts, query
}
