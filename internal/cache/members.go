package cache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"multivac"
)

// A Resolver looks up the addresses of a host. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// lookupTimeout is how long one look-up may take.
const lookupTimeout = 5 * time.Second

// members knows the nodes of a ring by their names. One goroutine uses it.
type members struct {
	resolver Resolver
	log      *slog.Logger
	named    []named
}

// A named is what one host:port stands for.
type named struct {
	host, port string
	fixed      bool // the host is an address itself
	addresses  []netip.Addr
	failing    bool // the last look-up failed
}

// newMembers returns those of the given addresses, of which only IP addresses
// are known until the first look.
func newMembers(addrs []string, r Resolver, log *slog.Logger) (*members, error) {
	if r == nil {
		r = net.DefaultResolver
	}
	m := &members{resolver: r, log: log}
	for _, addr := range addrs {
		host, port, err := net.SplitHostPort(addr)
		if err != nil || host == "" || port == "" {
			return nil, multivac.Errorf(multivac.ErrInvalid, "write it as host:port, as in multivac-cache:6379",
				"%q is no address of a cache", multivac.Clip(addr, 80))
		}
		n := named{host: host, port: port}
		if ip, err := netip.ParseAddr(host); err == nil {
			n.addresses, n.fixed = []netip.Addr{ip}, true
		}
		m.named = append(m.named, n)
	}
	return m, nil
}

// look looks all names up. A name that does not exist has no members: so DNS
// shows a service without any. Where a look-up fails, the earlier members stay.
func (m *members) look(ctx context.Context) {
	for i := range m.named {
		n := &m.named[i]
		if n.fixed {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
		found, err := m.resolver.LookupNetIP(ctx, "ip", n.host)
		cancel()
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			found, err = nil, nil
		}
		if err != nil {
			if !n.failing && ctx.Err() == nil {
				m.log.Warn("the cache's name cannot be looked up; going on with the nodes of before", "name", n.host, "error", err)
			}
			n.failing = true
			continue
		}
		n.addresses, n.failing = oneFamily(found), false
	}
}

// oneFamily returns the IPv4 addresses, or else the IPv6 ones: a host with
// both is one node, not two.
func oneFamily(all []netip.Addr) (v4 []netip.Addr) {
	var v6 []netip.Addr
	for _, ip := range all {
		if ip = ip.Unmap(); ip.Is4() {
			v4 = append(v4, ip)
		} else {
			v6 = append(v6, ip)
		}
	}
	if len(v4) > 0 {
		return v4
	}
	return v6
}

// known returns the members' addresses, each with the host by which it is called.
func (m *members) known() map[string]string {
	all := map[string]string{}
	for _, n := range m.named {
		for _, ip := range n.addresses {
			addr := net.JoinHostPort(ip.String(), n.port)
			all[addr] = cmp.Or(all[addr], n.host)
		}
	}
	return all
}
