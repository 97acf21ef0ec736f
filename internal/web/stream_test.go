package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/web"
	"multivac/internal/web/route"
)

// events is a route that sends server-sent events from come until its request
// ends. Then it sends the reason to ended.
func events(b route.Bounds, come <-chan string, ended chan<- error) route.Route {
	return route.Route{Pattern: "GET /ui/events", Rule: route.Ask, Bounds: b, Stream: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for {
				select {
				case data := <-come:
					if _, err := fmt.Fprintf(w, "data: %s\n\n", data); err != nil {
						ended <- err
						return
					}
				case <-r.Context().Done():
					ended <- r.Context().Err()
					return
				}
			}
		})}
}

// streaming is a server on the loopback address with the route events.
type streaming struct {
	*locked
	*httptest.Server
	come  chan string
	ended chan error
	stop  func() // ends requests under way
}

func newStreaming(t *testing.T, b route.Bounds) *streaming {
	t.Helper()
	s := &streaming{come: make(chan string), ended: make(chan error, 1)}
	stop, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	s.locked = newLocked(t, func(o *web.Options) {
		o.Stop = stop
		o.Pages = append(o.Pages, events(b, s.come, s.ended))
	})
	s.add("ask", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk}})
	s.add("tell", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeTell}})
	s.Server = httptest.NewServer(s.locked)
	t.Cleanup(s.Server.Close)
	return s
}

// open requests events with a key.
func (s *streaming) open(caller string) *http.Response {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 10*time.Second)
	s.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/ui/events", nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+string(s.keys[caller]))
	resp, err := s.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { resp.Body.Close() })
	return resp
}

// send sends an event.
func (s *streaming) send(data string) {
	s.Helper()
	select {
	case s.come <- data:
	case <-time.After(10 * time.Second):
		s.Fatal("the stream takes no event")
	}
}

// over waits until the handler has returned, and returns the reason.
func (s *streaming) over() error {
	s.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(10 * time.Second):
		s.Fatal("the stream does not end")
		return nil
	}
}

func TestStreamIsSentPieceByPiece(t *testing.T) {
	s := newStreaming(t, route.Bounds{})
	go func() { s.come <- "0" }()
	resp := s.open("ask")
	in := bufio.NewReader(resp.Body)
	for n := range 3 {
		if n > 0 {
			s.send(fmt.Sprint(n))
		}
		line, err := in.ReadString('\n')
		if want := fmt.Sprintf("data: %d\n", n); line != want || err != nil {
			t.Fatalf("got %q, %v, want %q while the stream goes on", line, err, want)
		}
		in.ReadString('\n')
	}
	if got := resp.Header.Get("Cache-Control"); resp.StatusCode != 200 || got != "private, no-store" {
		t.Errorf("got %d with Cache-Control %q", resp.StatusCode, got)
	}
	resp.Body.Close() // the client goes
	if err := s.over(); err == nil {
		t.Error("the stream ended without an error when the client went")
	}
}

func TestStreamNeedsItsKey(t *testing.T) {
	s := newStreaming(t, route.Bounds{})
	for caller, want := range map[string]int{"nobody": 401, "tell": 403} {
		if got := s.open(caller).StatusCode; got != want {
			t.Errorf("%s: got %d, want %d", caller, got, want)
		}
	}
}

// A stop ends a stream, so that a server that shuts down does not wait for it.
func TestStopEndsAStream(t *testing.T) {
	s := newStreaming(t, route.Bounds{})
	go func() { s.come <- "0" }()
	resp := s.open("ask")
	s.stop()
	if err := s.over(); err == nil {
		t.Error("the stream ended without an error at the stop")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Config.Shutdown(ctx); err != nil {
		t.Errorf("the server shuts down: %v", err)
	}
	if b, err := io.ReadAll(resp.Body); string(b) != "data: 0\n\n" || err != nil {
		t.Errorf("the client got %q, %v, want an event and the end", b, err)
	}
}

// A client that reads nothing ends its stream, once the buffers between it and
// the server are full.
func TestStreamToASlowClient(t *testing.T) {
	s := newStreaming(t, route.Bounds{Body: 1, Time: 100 * time.Millisecond})
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /ui/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", string(s.keys["ask"]))
	event := strings.Repeat("x", 1<<20)
	late := time.After(30 * time.Second)
	for {
		select {
		case s.come <- event:
		case err := <-s.ended:
			if err == nil {
				t.Error("the stream ended without an error")
			}
			return
		case <-late:
			t.Fatal("a client that reads nothing keeps its stream")
		}
	}
}

// A stream has no end of its own, and each event has its own time.
func TestStreamForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		come, ended := make(chan string), make(chan error, 1)
		s := newSite(t, func(o *web.Options) { o.Pages = append(o.Pages, events(route.Bounds{}, come, ended)) })
		p := make(pipes)
		server := &http.Server{Handler: s, ReadHeaderTimeout: web.ReadHeaderTimeout, IdleTimeout: web.IdleTimeout}
		go server.Serve(p)
		defer server.Close()
		conn := p.dial()
		defer conn.Close()
		io.WriteString(conn, "GET /ui/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		go func() {
			for hour := range 24 {
				time.Sleep(time.Hour)
				select {
				case come <- fmt.Sprint(hour):
				case <-t.Context().Done():
				}
			}
		}()
		conn.SetReadDeadline(time.Now().Add(25 * time.Hour))
		in := bufio.NewScanner(conn)
		for hour := range 24 {
			want := fmt.Sprintf("data: %d", hour)
			for in.Scan() && in.Text() != want {
			}
			if in.Text() != want {
				t.Fatalf("after %d hours: got %q, %v, want %q", hour, in.Text(), in.Err(), want)
			}
		}
		conn.Close()
		if err := <-ended; err == nil {
			t.Error("the stream ended without an error")
		}
	})
}
