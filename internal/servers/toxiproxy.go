package servers

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// A Proxy stands between a client and a server and does to their connections
// what networks do.
type Proxy struct {
	Addr string // host:port to connect to instead of the server

	t     testing.TB
	proxy *toxiproxy.Proxy
}

// Toxiproxy starts a proxy in front of the server at an address.
func Toxiproxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	p := &Proxy{t: t, proxy: toxiproxy.NewProxy(server, upstream, "127.0.0.1:0", upstream)}
	must(t, p.proxy.Start())
	t.Cleanup(p.proxy.Stop)
	p.Addr = p.proxy.Listen
	return p
}

// Cut cuts all connections and refuses new ones, until Mend.
func (p *Proxy) Cut() { p.proxy.Stop() }

// Mend ends a Cut, and whatever else was done.
func (p *Proxy) Mend() {
	p.t.Helper()
	p.proxy.Toxics.ResetToxics(p.t.Context())
	if !p.proxy.Enabled {
		must(p.t, p.proxy.Start())
	}
}

// Hang lets connections stand and nothing through, until Mend.
func (p *Proxy) Hang() { p.add("timeout", "downstream", `"timeout":0`) }

// Slow adds a delay to what the server answers, until Mend.
func (p *Proxy) Slow(delay time.Duration) {
	p.add("latency", "downstream", fmt.Sprintf(`"latency":%d`, delay.Milliseconds()))
}

// Break cuts each connection once the server has sent some bytes, until Mend.
func (p *Proxy) Break(bytes int) { p.add("limit_data", "downstream", fmt.Sprintf(`"bytes":%d`, bytes)) }

func (p *Proxy) add(kind, stream, attributes string) {
	p.t.Helper()
	_, err := p.proxy.Toxics.AddToxicJson(strings.NewReader(
		fmt.Sprintf(`{"type":%q,"stream":%q,"attributes":{%s}}`, kind, stream, attributes)))
	must(p.t, err)
}
