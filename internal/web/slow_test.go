package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/web"
	"multivac/internal/web/route"
)

// pipes is a listener whose connections are in memory, so that a minute on them
// takes no real time.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p <- server
	return client
}

// slowly runs fn with a server whose clock is the test's.
func slowly(t *testing.T, fn func(t *testing.T, s *site, p pipes)) {
	synctest.Test(t, func(t *testing.T) {
		s, p := newSite(t), make(pipes)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(w, r) }), ReadHeaderTimeout: web.ReadHeaderTimeout, IdleTimeout: web.IdleTimeout, MaxHeaderBytes: web.MaxHeaderBytes}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(p) }()
		fn(t, s, p)
		server.Close()
		<-ended
		time.Sleep(2 * time.Second) // until trickle has seen the end
	})
}

// trickle sends a byte each second, until the connection takes no more.
func trickle(c net.Conn, text string) {
	for i := range len(text) {
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestSlowHeader(t *testing.T) {
	slowly(t, func(t *testing.T, _ *site, p pipes) {
		c, begin := p.dial(), time.Now()
		go trickle(c, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("x", 1000))
		if b, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400 ") {
			t.Errorf("got %q, %v, want 400 and the end", b, err)
		}
		if took := time.Since(begin); took > web.ReadHeaderTimeout+time.Second {
			t.Errorf("a client that sends its header slowly was let go after %s", took)
		}
		c.Close()
	})
}

func TestSlowBody(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		f := func(path, mediaType string, within time.Duration) {
			t.Helper()
			c, begin := p.dial(), time.Now()
			defer c.Close()
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 2000\r\n\r\n", path, mediaType)
			go trickle(c, strings.Repeat("a=b&", 500))
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatalf("POST %s: %v", path, err)
			}
			took := time.Since(begin)
			if b, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(b), "too-slow") {
				t.Errorf("POST %s: got %s after %s, want 408: %s", path, r.Status, took, b)
			}
			if took > within+10*time.Second {
				t.Errorf("POST %s: got an answer after %s, want one within %s", path, took, within)
			}
		}
		f("/api/v1/answer", "application/json", route.RequestTimeout)
		f("/api/v1/documents", "application/json", route.TellTimeout)
		f("/api/v1/documents", "text/plain", route.TellTimeout)
		f("/api/v1/documents", "application/x-ndjson", route.TellTimeout)
		f("/api/v1/documents", "multipart/form-data; boundary=a", route.TellTimeout)
		f("/multivac/data", "application/x-www-form-urlencoded", route.TellTimeout)
		if told := s.All(); len(told) > 0 {
			t.Errorf("half a body was told: %v", told)
		}
	})
}

// A client that does not read its answer is disconnected, too.
func TestSlowReader(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		r := s.told("long.md", strings.Repeat(markdown, 10_000))
		c := p.dial()
		defer c.Close()
		fmt.Fprintf(c, "GET /api/v1/documents/%s HTTP/1.1\r\nHost: x\r\n\r\n", r.ID)
		time.Sleep(route.RequestTimeout + 30*time.Second)
		b, err := io.ReadAll(c)
		if len(b) > 100_000 || err != nil {
			t.Errorf("after a minute there are %d bytes and %v, want the end", len(b), err)
		}
	})
}
