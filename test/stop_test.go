package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"multivac"
)

// A server that stops under load keeps what it has acknowledged, and finishes each
// answer that it has begun.
func TestStopUnderLoad(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.ready(t)
	held := make([]*held, 8)
	for n := range held {
		held[n] = s.hold(t, fmt.Sprintf("held-%d", n))
	}
	l := &stopLoad{server: s, enough: make(chan struct{})}
	var clients sync.WaitGroup
	for n := range 12 {
		clients.Go(func() {
			for i := 0; l.act(t, n, i); i++ {
			}
		})
	}
	select {
	case <-l.enough:
	case <-time.After(stepTimeout):
		t.Errorf("100 tellings took over %s", stepTimeout)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	clients.Wait() // no client gets a connection any more
	for _, h := range held {
		l.kept = append(l.kept, h.finish(t))
	}
	if code := s.ended(t); code != 0 {
		t.Errorf("SIGTERM: exit code %d\n%s", code, s.stderr)
	}

	s = serve(t, data)
	for _, id := range l.kept {
		s.until(t, "/api/v1/documents/"+id, func(r reply) bool {
			if r.status == http.StatusNotFound {
				t.Fatalf("document %s was acknowledged and is lost", id)
			}
			return r.status == http.StatusOK && r.JSON(t)["state"] == "indexed"
		})
	}
	t.Logf("%d documents acknowledged and kept, %d replies whole, %d connections not taken", len(l.kept), l.whole.Load(), l.untaken.Load())
}

// ended waits for the end and returns the exit code.
func (s *server) ended(t *testing.T) int {
	t.Helper()
	select {
	case <-s.exited:
	case <-time.After(stepTimeout):
		t.Fatalf("still running after %s\n%s", stepTimeout, s.stderr)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stopLoad is many clients of a server. Each request has a connection of its own,
// so that requests whose answer was begun can be told from those that the server
// never saw.
type stopLoad struct {
	*server
	enough chan struct{}
	mu     sync.Mutex
	kept   []string

	whole, untaken atomic.Int64
}

// act makes one request, and returns false if the server did not take it.
func (l *stopLoad) act(t *testing.T, client, i int) bool {
	source := fmt.Sprintf("%d/%d", client, i)
	text := fmt.Sprintf("Shelf %d holds box %d.", client, i)
	request := "GET /api/v1/answer?question=Which+box+does+shelf+7+hold HTTP/1.1\r\nHost: localhost\r\n\r\n"
	tells := client%3 > 0
	if tells {
		query := "?source=" + source
		if client%3 == 2 {
			query += "&wait=indexed"
		}
		request = fmt.Sprintf("POST /api/v1/documents%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", query, len(text), text)
	}
	r, taken := l.exchange(t, request)
	if !taken {
		l.untaken.Add(1)
		return false
	}
	l.whole.Add(1)
	switch {
	case !tells && r.status != http.StatusOK:
		t.Errorf("ask: %d %s", r.status, r.body)
	case tells && r.status != http.StatusAccepted:
		t.Errorf("tell %s: %d %s", source, r.status, r.body)
	case tells:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.kept = append(l.kept, string(multivac.Telling{Source: source}.ID()))
		if len(l.kept) == 100 {
			close(l.enough)
		}
	}
	return true
}

// exchange returns the whole reply, and false if no byte of it came.
func (l *stopLoad) exchange(t *testing.T, request string) (reply, bool) {
	c, err := net.Dial("tcp", strings.TrimPrefix(l.URL, "http://"))
	if err != nil {
		return reply{}, false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(stepTimeout))
	if _, err := io.WriteString(c, request); err != nil {
		return reply{}, false
	}
	var seen bytes.Buffer
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &seen)), nil)
	if err != nil {
		if seen.Len() > 0 {
			t.Errorf("a reply ends early: %v after %q", err, seen.String())
		}
		return reply{}, false
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("a reply ends early: %v after %q", err, seen.String())
	}
	return reply{res.StatusCode, res.Header, string(b)}, true
}

// held is a request of which the server has begun to read the body.
type held struct {
	net.Conn
	in   *bufio.Reader
	rest string
}

func (s *server) hold(t *testing.T, source string) *held {
	t.Helper()
	c := s.dial(t)
	h := &held{c, bufio.NewReader(c), source + " is told in two halves."}
	fmt.Fprintf(c, "POST /api/v1/documents?wait=indexed&source=%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", source, len(h.rest))
	for _, want := range []string{"HTTP/1.1 100 Continue\r\n", "\r\n"} {
		if line, err := h.in.ReadString('\n'); line != want {
			t.Fatalf("got %q, %v, want %q", line, err, want)
		}
	}
	half := len(h.rest) / 2
	io.WriteString(c, h.rest[:half])
	h.rest = h.rest[half:]
	return h
}

// finish sends the rest and returns the document that was acknowledged.
func (h *held) finish(t *testing.T) string {
	t.Helper()
	io.WriteString(h, h.rest)
	res, err := http.ReadResponse(h.in, nil)
	if err != nil {
		t.Fatalf("a request under way was not answered: %v", err)
	}
	var receipt struct{ ID, State string }
	if err := json.NewDecoder(res.Body).Decode(&receipt); err != nil || res.StatusCode != http.StatusAccepted || receipt.State != "indexed" {
		t.Errorf("a request under way: %s %+v %v", res.Status, receipt, err)
	}
	return receipt.ID
}

// The first signal waits for requests under way. The second ends the server at
// once, and what was acknowledged is kept nevertheless.
func TestSecondSignal(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	s.hold(t, "held")
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // until it is stopping
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			break
		}
		c.Close()
	}
	select {
	case <-s.exited:
		t.Fatal("it did not wait for the request under way")
	default:
	}
	if code := s.stop(t); code != 130 { // 0 would mean that it has waited
		t.Errorf("exit code %d, want 130\n%s", code, s.stderr)
	}
	s = serve(t, data)
	s.ready(t)
	s.unharmed(t, 1)
}

// At SIGHUP the server reads its files again, and no request fails.
func TestHangUp(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "payments.md", runbook)
	h := s.hold(t, "held")
	for range 10 {
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		s.ask(t, "How long are backups of the payments database kept?")
	}
	h.finish(t)
	s.unharmed(t, 2)
}

// A stop waits only for a limited time for clients that send half a body or do not
// read their answer, and for a log that is not read.
func TestStopWaitsForNoClient(t *testing.T) {
	_, write := pipe(t)
	s := loggingTo(t, write, "--log-level", "debug")
	long := strings.Repeat("The pump stops at 80 degrees.\n\n", 1<<15)
	for n := range 24 { // more than a connection holds
		s.do(t, "POST", fmt.Sprint("/api/v1/documents?source=", n), "text/plain", fmt.Sprint(n, " ", long))
	}
	for range 300 { // more than the pipe of the log holds
		s.get(t, "/livez?"+strings.Repeat("x", 300), "User-Agent", strings.Repeat("a", 190))
	}
	unread := s.dial(t)
	io.WriteString(unread, "GET /api/v1/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if line, err := bufio.NewReader(unread).ReadString('\n'); line != "HTTP/1.1 200 OK\r\n" {
		t.Fatalf("the export begins with %q, %v", line, err)
	}
	s.hold(t, "half")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
