package servers_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"multivac/internal/servers"
)

// echo starts a server that sends back what it reads.
func echo(t *testing.T) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func TestProxy(t *testing.T) {
	p := servers.FaultProxy(t, echo(t))
	said := func(within time.Duration) (took time.Duration, err error) {
		conn, err := net.Dial("tcp", p.Addr)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		start := time.Now()
		_ = conn.SetDeadline(start.Add(within))
		_, _ = conn.Write([]byte("hello\n"))
		_, err = bufio.NewReader(conn).ReadString('\n')
		return time.Since(start), err
	}
	for _, step := range []struct {
		name    string
		do      func()
		err     bool
		atLeast time.Duration
	}{
		{"as it is", func() {}, false, 0},
		{"cut", p.Cut, true, 0},
		{"mended", p.Mend, false, 0},
		{"hanging", p.Hang, true, 300 * time.Millisecond},
		{"mended", p.Mend, false, 0},
		{"slow", func() { p.Slow(100 * time.Millisecond) }, false, 100 * time.Millisecond},
		{"mended", p.Mend, false, 0},
		{"breaking", func() { p.Break(2) }, true, 0},
	} {
		step.do()
		within := 30 * time.Second // on a machine that is busy
		if step.err {
			within = 300 * time.Millisecond
		}
		took, err := said(within)
		if (err != nil) != step.err || took < step.atLeast {
			t.Errorf("%s: got %v after %v; want an error: %v, after %v at least", step.name, err, took, step.err, step.atLeast)
		}
	}
}

// After a Hang a connection goes on and nothing is lost. After a Cut it is closed.
func TestProxyKeepsConnections(t *testing.T) {
	p := servers.FaultProxy(t, echo(t))
	conn, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := bufio.NewReader(conn)
	p.Hang()
	_, _ = conn.Write([]byte("one\n"))
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if line, err := lines.ReadString('\n'); err == nil {
		t.Errorf("hanging: got %q", line)
	}
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	p.Mend()
	if line, err := lines.ReadString('\n'); line != "one\n" {
		t.Errorf("mended: got %q, %v", line, err)
	}
	p.Cut()
	p.Mend()
	if line, err := lines.ReadString('\n'); err == nil || line != "" {
		t.Errorf("after it was cut: got %q, %v", line, err)
	}
}
