package servers_test

import (
	"bufio"
	"net"
	"testing"
	"time"

	"multivac/internal/servers"
)

func TestToxiproxy(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			conn, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for line := bufio.NewReader(conn); ; {
					text, err := line.ReadString('\n')
					if err != nil {
						return
					}
					_, _ = conn.Write([]byte(text))
				}
			}()
		}
	}()
	p := servers.Toxiproxy(t, echo.Addr().String())
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
