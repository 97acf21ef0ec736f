package test

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A server with few file descriptors closes idle connections, and so can accept
// new ones.
func TestFewDescriptors(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", `ulimit -n 64 && exec "$0" "$@"`, binary, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Env = environment(t)
	s := start(t, cmd)
	s.listens(t)
	s.ready(t)
	s.tellAndWait(t, "payments.md", runbook)
	for n := range 120 {
		c := s.dial(t)
		if n%2 == 0 { // the others send nothing
			fmt.Fprint(c, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
		}
		go func() { _, _ = io.Copy(io.Discard, c) }()
		if n%20 > 0 {
			continue
		}
		begun := time.Now()
		if a := s.askAlone(t, "Who is on call for payments?"); !strings.HasPrefix(a, "HTTP/1.1 200 ") {
			t.Fatalf("with %d connections: got %s", n, a)
		}
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("with %d connections a question took %v", n, took)
		}
	}
	s.tellAndWait(t, "later.md", runbook) // the store needs descriptors, too
}

// askAlone asks on a connection of its own.
func (s *server) askAlone(t *testing.T, question string) string {
	t.Helper()
	return s.raw(t, "GET /api/v1/answer?question="+strings.ReplaceAll(question, " ", "+")+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}
