// Package listen limits the connections of a process.
package listen

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	maxConnections = 4096                   // each takes about 20 KiB of memory, plus its header
	maxReserve     = 256                    // descriptors that are kept free for the store, the queue and the log
	silentTime     = 500 * time.Millisecond // a new connection without a request counts as idle after this time
	acceptAgain    = 100 * time.Millisecond // between two tries to accept a connection
)

// Connections are the connections of all servers of this process. Their number
// is at most the number of file descriptors of the process, minus a reserve.
// When one more comes, the one that has been idle for longest is closed. If
// none is idle, the new one waits until one ends.
type Connections struct {
	max int

	mu    sync.Mutex
	all   map[net.Conn]*list.Element // nil while a request is under way
	idle  *list.List                 // of idleConnection, the longest first
	freed chan struct{}              // has a token when a connection may have ended or become idle
}

type idleConnection struct {
	net.Conn
	since time.Time
	fresh bool // it has had no request yet
}

// NewConnections returns the connections of this process: none yet.
func NewConnections() *Connections {
	c := &Connections{max: maxConnections, all: map[net.Conn]*list.Element{}, idle: list.New(), freed: make(chan struct{}, 1)}
	var limit syscall.Rlimit // Go has raised the soft limit to the hard one
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur < maxConnections+maxReserve {
		n := int(limit.Cur)
		c.max = max(n-min(maxReserve, n/2), 1)
	}
	return c
}

// Listener returns l with its connections bounded by c. The server has to call
// State.
func (c *Connections) Listener(l net.Listener) net.Listener { return &listener{l, c} }

type listener struct {
	net.Listener
	*Connections
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for !l.hasRoom() {
		l.wait()
	}
	for {
		conn, err := l.Listener.Accept()
		switch {
		case err == nil:
			l.enter(conn)
			return &connection{Conn: conn, of: l.Connections}, nil
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			l.closeIdle()
			l.wait()
		default:
			return nil, err
		}
	}
}

// wait waits until a connection may have ended, or for a short time.
func (c *Connections) wait() {
	select {
	case <-c.freed:
	case <-time.After(acceptAgain):
	}
}

// hasRoom reports whether there may be one more connection. If there are too
// many, it closes an idle one.
func (c *Connections) hasRoom() bool {
	c.mu.Lock()
	full := len(c.all) >= c.max
	c.mu.Unlock()
	return !full || c.closeIdle()
}

// closeIdle closes the connection that has been idle for longest. It returns
// false if none is idle.
func (c *Connections) closeIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.idle.Front(); e != nil; e = e.Next() {
		one := e.Value.(idleConnection)
		if one.fresh && time.Since(one.since) < silentTime {
			continue
		}
		c.idle.Remove(e)
		delete(c.all, one.Conn)
		one.Conn.Close()
		return true
	}
	return false
}

func (c *Connections) enter(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[conn] = c.idle.PushBack(idleConnection{conn, time.Now(), true})
}

// State is the hook ConnState of a http.Server.
func (c *Connections) State(conn net.Conn, state http.ConnState) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	of, ok := conn.(*connection)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, known := c.all[of.Conn]
	if !known || state == http.StateNew {
		return
	}
	if e != nil {
		c.idle.Remove(e)
		c.all[of.Conn] = nil
	}
	if state == http.StateIdle {
		c.all[of.Conn] = c.idle.PushBack(idleConnection{of.Conn, time.Now(), false})
		c.free()
	}
}

func (c *Connections) free() {
	select {
	case c.freed <- struct{}{}:
	default:
	}
}

// A connection removes itself from c when it is closed.
type connection struct {
	net.Conn
	of *Connections
}

// Close implements net.Conn.
func (c *connection) Close() error {
	err := c.Conn.Close()
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if e := c.of.all[c.Conn]; e != nil {
		c.of.idle.Remove(e)
	}
	delete(c.of.all, c.Conn)
	c.of.free()
	return err
}

// CloseWrite closes the sending half, as net/http does before it closes.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
