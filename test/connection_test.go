package test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// dial returns a connection on which nothing was sent yet.
func (s *server) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(stepTimeout))
	return c.(*net.TCPConn)
}

// raw sends bytes and returns everything until the server closes the connection.
func (s *server) raw(t *testing.T, request string) string {
	t.Helper()
	c := s.dial(t)
	io.WriteString(c, request) // the server may refuse it before it has read all
	b, err := io.ReadAll(c)
	if err != nil && len(b) == 0 {
		t.Errorf("sent %.60q: %v", request, err)
	}
	return string(b)
}

// The server refuses malformed HTTP, and never takes it for another request.
func TestOddRequests(t *testing.T) {
	s := serve(t, t.TempDir())
	id := s.tellAndWait(t, "payments.md", runbook)["id"].(string)
	const end = "Host: localhost\r\nConnection: close\r\n\r\n"
	tell := "POST /api/v1/documents?source=smuggled HTTP/1.1\r\nContent-Type: text/plain\r\n"
	smuggled := "DELETE /api/v1/documents/" + id + " HTTP/1.1\r\n" + end

	refused := func(what, request string, statuses ...string) {
		t.Helper()
		got := s.raw(t, request)
		for _, status := range statuses {
			if strings.HasPrefix(got, "HTTP/1.1 "+status+" ") && strings.Count(got, "HTTP/1.1 ") == 1 {
				return
			}
		}
		t.Errorf("%s: got %.400q, want one reply: %s", what, got, strings.Join(statuses, " or "))
	}
	refused("two lengths", tell+"Content-Length: 5\r\nContent-Length: 6\r\n"+end+"Hello\n", "400")
	refused("two lengths in one line", tell+"Content-Length: 5, 6\r\n"+end+"Hello\n", "400")
	refused("a negative length", tell+"Content-Length: -1\r\n"+end, "400")
	refused("a signed length", tell+"Content-Length: +5\r\n"+end+"Hello", "400")
	refused("a length in hexadecimal", tell+"Content-Length: 0x5\r\n"+end+"Hello", "400")
	refused("a length and a chunk", tell+"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"+end+"0\r\n\r\n"+smuggled, "400")
	refused("an unknown transfer encoding", tell+"Transfer-Encoding: xchunked\r\n"+end+"0\r\n\r\n"+smuggled, "501")
	refused("chunked twice", tell+"Transfer-Encoding: chunked, chunked\r\n"+end+"0\r\n\r\n"+smuggled, "501")
	refused("chunked and not", tell+"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"+end+"0\r\n\r\n"+smuggled, "400", "501")
	refused("a chunk of no size", tell+"Transfer-Encoding: chunked\r\n"+end+"zz\r\nHello\r\n0\r\n\r\n", "400")
	refused("a chunk of a negative size", tell+"Transfer-Encoding: chunked\r\n"+end+"-5\r\nHello\r\n0\r\n\r\n", "400")
	refused("a chunk larger than memory", tell+"Transfer-Encoding: chunked\r\n"+end+"fffffffffffffffff\r\nHello\r\n0\r\n\r\n", "400")
	refused("a space before the colon", tell+"Content-Length : 5\r\n"+end+"Hello", "400")
	refused("a header without a name", tell+": 5\r\n"+end, "400")
	refused("a zero byte in a header", "GET /livez HTTP/1.1\r\nX-A: a\x00b\r\n"+end, "400")
	refused("no host", "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n", "400")
	refused("two hosts", "GET /livez HTTP/1.1\r\nHost: y\r\n"+end, "400")
	refused("a host that is none", "GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", "400")
	refused("no version", "GET /livez\r\n"+end, "400")
	refused("HTTP/3.0", "GET /livez HTTP/3.0\r\n"+end, "505")
	refused("a method that is none", "G<T /livez HTTP/1.1\r\n"+end, "400")
	refused("an address that is none", "GET /%zz HTTP/1.1\r\n"+end, "400")
	refused("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"+strings.Repeat("x", 200)+"\r\n\r\n", "400")
	refused("a header that is too large", "GET /livez HTTP/1.1\r\nX-A: "+strings.Repeat("a", 100_000)+"\r\n"+end, "431")
	refused("headers that are too many", "GET /livez HTTP/1.1\r\n"+strings.Repeat("X-A: a\r\n", 20_000)+end, "431")
	refused("an expectation that nobody has", tell+"Content-Length: 5\r\nExpect: miracles\r\n"+end+"Hello", "417")
	s.unharmed(t, 1)
}

// A client that has closed its side for writing still gets an answer.
func TestHalfClosedClients(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "payments.md", runbook)
	said := func(request string) (int, string) {
		t.Helper()
		c := s.dial(t)
		io.WriteString(c, request)
		c.CloseWrite()
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("sent %.60q: %v", request, err)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("sent %.60q: the answer ends early: %v", request, err)
		}
		return r.StatusCode, string(b)
	}
	for n := range 20 {
		source := fmt.Sprintf("half-%d", n)
		status, body := said("POST /api/v1/documents?source=" + source + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nHello")
		if status != http.StatusAccepted {
			t.Errorf("told: %d %s, want 202", status, body)
		}
	}
	if status, body := said("POST /api/v1/documents?source=part HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\nHello"); status != 400 {
		t.Errorf("a part of a body: %d %s, want 400", status, body)
	}
	if status, body := said("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"); status != 200 || body != "ok" {
		t.Errorf("GET /livez: %d %s", status, body)
	}
	s.unharmed(t, 21)
}

// Clients that send nothing, or go away in the middle, delay no other client.
func TestIdleAndBrokenClients(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "payments.md", runbook)
	var idle []net.Conn
	for n := range 200 {
		c := s.dial(t)
		if n%4 < 3 {
			idle = append(idle, c)
		}
		switch n % 4 {
		case 1:
			io.WriteString(c, "GET /api/v1/ans")
		case 2:
			io.WriteString(c, "POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100000000\r\n\r\nHello")
		case 3:
			io.WriteString(c, "POST /api/v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\nHello")
			c.SetLinger(0)
			c.Close()
		}
	}
	s.unharmed(t, 1)
	for n, c := range idle { // the server may have waited for those that it has closed by now
		c.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("an answer came after idle client %d was let go: %v", n, err)
		}
	}
}
