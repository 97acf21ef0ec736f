package servers

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"multivac/internal/eventually"
)

// A Proxy stands between clients and a server, and breaks their connections as
// networks do. Its faults concern what the server sends. What clients send goes
// through: so a server may have done something, and its client does not know.
type Proxy struct {
	Addr string // host:port to connect to instead of the server

	t        testing.TB
	upstream string

	mu       sync.Mutex
	listener net.Listener // nil while cut
	conns    map[net.Conn]struct{}
	fault    *fault // never nil
}

// A fault is what happens to bytes of the server until mended is closed.
type fault struct {
	delay  time.Duration
	hang   bool
	limit  int // bytes after which a connection is cut; 0: none
	mended chan struct{}
}

// FaultProxy starts a proxy in front of the server at an address. It has no
// fault yet.
func FaultProxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	p := &Proxy{t: t, upstream: upstream, conns: map[net.Conn]struct{}{}, fault: &fault{mended: make(chan struct{})}}
	p.Addr = p.listen("127.0.0.1:0")
	t.Cleanup(func() {
		p.Cut()
		p.change(fault{}) // for connections that hang
	})
	return p
}

func (p *Proxy) listen(at string) (addr string) {
	p.t.Helper()
	var listener net.Listener
	eventually.Nil(p.t, "there is a port to listen at", func() (err error) { // while it was cut, another connection may have taken it
		listener, err = net.Listen("tcp", at)
		return err
	})
	p.mu.Lock()
	p.listener = listener
	p.mu.Unlock()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // cut
			}
			go p.connect(listener, client)
		}
	}()
	return listener.Addr().String()
}

// Cut cuts all connections and refuses new ones, until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
	for c := range p.conns {
		c.Close()
	}
}

// Hang keeps connections open and lets nothing through, until Mend.
func (p *Proxy) Hang() { p.change(fault{hang: true}) }

// Slow delays everything that the server sends, until Mend.
func (p *Proxy) Slow(delay time.Duration) { p.change(fault{delay: delay}) }

// Break cuts each connection once the server has sent some bytes, until Mend.
func (p *Proxy) Break(bytes int) { p.change(fault{limit: bytes}) }

// Mend ends a Cut and every other fault. What a Hang held back goes through.
func (p *Proxy) Mend() {
	p.t.Helper()
	p.change(fault{})
	p.mu.Lock()
	cut := p.listener == nil
	p.mu.Unlock()
	if cut {
		p.listen(p.Addr)
	}
}

func (p *Proxy) change(f fault) {
	f.mended = make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.fault.mended)
	p.fault = &f
}

func (p *Proxy) now() *fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault
}

// connect connects a client to the server until one of them ends it.
func (p *Proxy) connect(listener net.Listener, client net.Conn) {
	server, err := net.Dial("tcp", p.upstream)
	if err != nil {
		client.Close()
		return
	}
	p.mu.Lock()
	if p.listener == listener {
		p.conns[client], p.conns[server] = struct{}{}, struct{}{}
	} else { // cut since it was accepted
		client.Close()
		server.Close()
	}
	p.mu.Unlock()
	go func() {
		_, _ = io.Copy(server, client)
		client.Close()
		server.Close()
	}()
	p.answer(client, server)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// answer passes on what the server sends, with the fault that there is at the
// time. It closes both connections when either ends.
func (p *Proxy) answer(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	done := make(chan struct{})
	defer close(done)
	var last *fault
	sent := 0 // under the last fault
	for c := range chunks(server, done) {
		f := p.now()
		for f.hang { // until another fault takes its place
			<-f.mended
			f = p.now()
		}
		if f != last {
			last, sent = f, 0
		}
		if f.delay > 0 {
			select {
			case <-f.mended:
			case <-time.After(time.Until(c.at.Add(f.delay))):
			}
		}
		if f.limit > 0 && sent+len(c.bytes) >= f.limit {
			_, _ = client.Write(c.bytes[:f.limit-sent])
			return
		}
		if _, err := client.Write(c.bytes); err != nil {
			return
		}
		sent += len(c.bytes)
	}
}

// A chunk is what a server has sent at once.
type chunk struct {
	bytes []byte
	at    time.Time
}

// chunks reads from a server until it ends or done is closed. Reading goes on
// while an earlier chunk is delayed, so that a delay makes all chunks late by
// the same time and does not add up: of two that came 1 ms apart, the second
// leaves 1 ms after the first.
func chunks(server net.Conn, done <-chan struct{}) <-chan chunk {
	all := make(chan chunk, 1024)
	go func() {
		defer close(all)
		for {
			b := make([]byte, 32<<10)
			n, err := server.Read(b)
			select {
			case all <- chunk{b[:n], time.Now()}:
			case <-done:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return all
}
