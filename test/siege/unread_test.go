package siege

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"multivac"
)

// unread are attacks by clients that read slowly or not at all, or that send
// their request slowly.
var unread = []attack{
	{name: "40 unread exports", library: true, run: leaveUnread(40, "/api/v1/export")},
	{name: "40 unread documents", library: true, run: leaveUnread(40, "/api/v1/documents/"+idOf("large-0.txt"))},
	{name: "40 unread pages", library: true, run: leaveUnread(40, "/ui/document/"+idOf("large-0.txt"))},
	{name: "slow readers", library: true, run: readSlowly},
	{name: "idle connections", run: stayIdle, command: withDescriptors(64)},
	{name: "slow headers", run: speakSlowly("GET /livez HTTP/1.1\r\n", "X-Slow: 1\r\n")},
	{name: "slow bodies", run: speakSlowly("POST /api/v1/documents?source=slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 16000000\r\n\r\n", "a")},
}

// idOf returns the identity of a document of the default collection.
func idOf(source string) string { return string(multivac.Telling{Source: source}.ID()) }

// crowd runs one in n goroutines and returns when all are done.
func crowd(n int, one func()) {
	var clients sync.WaitGroup
	for range n {
		clients.Go(one)
	}
	clients.Wait()
}

// leaveUnread requests a path many times at once and reads no response. It
// reconnects when the server ends a connection.
func leaveUnread(n int, path string) func(context.Context, *server) error {
	return func(ctx context.Context, s *server) error {
		crowd(n, func() {
			for ctx.Err() == nil {
				c, err := s.dial(ctx)
				if err != nil {
					pause(ctx)
					continue
				}
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
				<-ctx.Done()
				c.Close()
			}
		})
		return ctx.Err()
	}
}

// pause waits a little, so that an attack on a server that refuses everything
// is not an attack on the machine.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

// readSlowly reads exports and documents a few bytes at a time.
func readSlowly(ctx context.Context, s *server) error {
	paths := []string{"/api/v1/export", "/api/v1/documents/" + idOf("large-1.txt"), "/api/v1/documents?limit=1000"}
	var mu sync.Mutex
	next := 0
	crowd(60, func() {
		mu.Lock()
		path := paths[next%len(paths)]
		next++
		mu.Unlock()
		for ctx.Err() == nil {
			c, err := s.dial(ctx)
			if err != nil {
				pause(ctx)
				continue
			}
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path)
			for b := make([]byte, 64); err == nil && ctx.Err() == nil; pause(ctx) {
				_, err = io.ReadFull(c, b)
			}
			c.Close()
		}
	})
	return ctx.Err()
}

// withDescriptors starts the server with a low limit of open files.
func withDescriptors(n int) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		args := append([]string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, n)}, cmd.Args...)
		cmd.Path, cmd.Args = args[0], args
	}
}

// stayIdle sends one question on each of many connections, and then nothing
// more.
func stayIdle(ctx context.Context, s *server) error {
	crowd(500, func() {
		for ctx.Err() == nil {
			c, err := s.dial(ctx)
			if err != nil {
				pause(ctx)
				continue
			}
			fmt.Fprint(c, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
			_, _ = io.Copy(io.Discard, c) // until the server or ctx ends it
			c.Close()
			pause(ctx)
		}
	})
	return ctx.Err()
}

// speakSlowly begins requests with head, and continues with more from time to
// time.
func speakSlowly(head, more string) func(context.Context, *server) error {
	return func(ctx context.Context, s *server) error {
		crowd(500, func() {
			for ctx.Err() == nil {
				c, err := s.dial(ctx)
				if err != nil {
					pause(ctx)
					continue
				}
				_, err = io.WriteString(c, head)
				for err == nil && ctx.Err() == nil {
					pause(ctx)
					_, err = io.WriteString(c, more)
				}
				c.Close()
			}
		})
		return ctx.Err()
	}
}
