package auth

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many wrong keys an address may send, and how many addresses are remembered.
// An attacker with more addresses is not stopped, but 256 bits cannot be guessed
// from many addresses either.
const (
	failuresBurst = 10
	failuresEvery = 6 * time.Second
	addressesKept = 10_000
)

// failures counts wrong keys per address.
type failures struct {
	mu        sync.Mutex
	addresses map[netip.Prefix]*rate.Limiter
}

// add counts a wrong key, and returns how long the address has to wait before the
// next; 0 if there were few.
func (f *failures) add(address string, now time.Time) time.Duration {
	at := network(address)
	f.mu.Lock()
	defer f.mu.Unlock()
	l, ok := f.addresses[at]
	if !ok {
		if f.addresses == nil || len(f.addresses) >= addressesKept {
			f.addresses = map[netip.Prefix]*rate.Limiter{}
		}
		l = rate.NewLimiter(rate.Every(failuresEvery), failuresBurst)
		f.addresses[at] = l
	}
	reserved := l.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// network returns the network of an address: with IPv6, one user has 64 bits of
// addresses.
func network(address string) netip.Prefix {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if ip = ip.Unmap(); ip.Is4() {
		bits = 32
	}
	p, _ := ip.WithZone("").Prefix(bits) // of an address that has as many
	return p
}
