package test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"multivac/internal/servers"
)

// loggingTo starts a server that says all it says to a file, such as the end of
// a pipe, and returns once it is ready.
func loggingTo(t *testing.T, out *os.File, args ...string) *server {
	t.Helper()
	at := "127.0.0.1:" + servers.FreePort(t)
	cmd := exec.Command(binary, append([]string{"serve", "--listen", at, "--data", t.TempDir()}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(t), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{URL: "http://" + at, cmd: cmd, stderr: newWatched(), exited: make(chan struct{})}
	go func() { cmd.Wait(); close(s.exited) }()
	t.Cleanup(func() { s.kill() })
	s.listening(t)
	s.ready(t)
	return s
}

// listening returns once somebody takes connections at the server's address.
func (s *server) listening(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		res, err := http.Get(s.URL + "/livez")
		if err == nil {
			res.Body.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// pipe returns the ends of a pipe, closed with the test.
func pipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return read, write
}

// goesOn makes requests that log more than a pipe holds, and stops the server.
func (s *server) goesOn(t *testing.T) {
	t.Helper()
	http.DefaultClient.Timeout = patience
	t.Cleanup(func() { http.DefaultClient.Timeout = 0 })
	agent := strings.Repeat("a", 190)
	for i := range 600 {
		if r := s.get(t, "/api/v1/answer?question=Who+is+on+call", "User-Agent", agent); r.status != http.StatusOK {
			t.Fatalf("question %d: %d %s", i, r.status, r.body)
		}
		if i%20 == 0 {
			s.tell(t, fmt.Sprint("source-", i), fmt.Sprintf("Shelf %d is full.", i))
		}
	}
	s.tellAndWait(t, "pump.md", "The pump stops at 80 degrees.")
	if code := s.stop(t); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
}

// A server answers, keeps and stops whether or not its log is read.
func TestALogThatNobodyReads(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		t.Run(format, func(t *testing.T) {
			_, write := pipe(t)
			loggingTo(t, write, "--log-format", format, "--log-level", "debug").goesOn(t)
		})
	}
	t.Run("closed", func(t *testing.T) {
		read, write := pipe(t)
		s := loggingTo(t, write)
		read.Close()
		write.Close()
		s.goesOn(t)
	})
	t.Run("hang-up", func(t *testing.T) { // signals are heard, too
		_, write := pipe(t)
		s := loggingTo(t, write)
		for range 300 {
			if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			s.get(t, "/api/v1/answer?question="+strings.Repeat("x+", 90))
		}
		s.goesOn(t)
	})
}

// A server that cannot start says why also where its log is at its end.
func TestAFatalErrorIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	read, write := pipe(t)
	cmd := exec.Command(binary, "serve", "--listen", taken.Addr().String(), "--data", t.TempDir())
	var out bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(t), write, &out
	read.Close()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 5 || !strings.Contains(out.String(), "stop what listens there") {
		t.Errorf("%v: %s", err, &out)
	}
}
