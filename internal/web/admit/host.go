package admit

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"multivac"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// errHost refuses a request for a host that is not this server, if no key keeps
// strangers out. While one of a site's pages is open, the site can make its
// name point to 127.0.0.1 (DNS rebinding). For the browser, that page and this
// server then have one origin, and only the host tells them apart.
func errHost(r *http.Request) error {
	return multivac.Errorf(wire.ErrMisdirected,
		"use 127.0.0.1 or localhost in the address; where the name is yours, add it to the setting allowed-hosts, or make a key",
		"this server is not known by the name %q", multivac.Clip(r.Host, 200))
}

// isHost reports whether the host of r is this server. If others can reach the
// address and no names are configured, any name is accepted: there, a firewall
// decides about access, not the name. X-Forwarded-Host is not trusted, because
// a page can send it, too.
func (d *Door) isHost(r *http.Request) bool {
	var allowed []string
	if d.Hosts != nil {
		allowed = d.Hosts()
	}
	if !d.Local && len(allowed) == 0 {
		return true
	}
	if r.Host == "" {
		return !r.ProtoAtLeast(1, 1) // HTTP/1.0 needs no host, and no browser uses it
	}
	host, ok := hostname(r.Host)
	if !ok || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ok
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true // an address cannot be made to point elsewhere
	}
	for _, name := range allowed {
		name = strings.ToLower(name)
		suffix, wild := strings.CutPrefix(name, "*")
		if host == name || wild && strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

// hostname returns the host of a Host header in lower case, without its port,
// the brackets of IPv6 and the dot at the end of a full name.
func hostname(authority string) (host string, ok bool) {
	host = authority
	if h, port, err := net.SplitHostPort(authority); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return "", false
		}
		host = h
	}
	if strings.HasPrefix(authority, "[") {
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		return addr.String(), err == nil && addr.Is6()
	}
	return strings.TrimSuffix(strings.ToLower(host), "."), true
}

// wantsKey reports whether a route is closed to requests without a key. It
// returns false if the gate does not know.
func (d *Door) wantsKey(r *http.Request, rule route.Rule) bool {
	if d.Gate == nil || d.OpenClassic && rule.Classic && len(rule.Scopes) > 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), route.RequestTimeout)
	defer cancel()
	needed, err := d.Gate.Needed(ctx)
	return err == nil && needed
}
