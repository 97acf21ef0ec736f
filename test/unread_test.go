package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"multivac"
	"multivac/internal/eventually"
	"multivac/internal/servers"
)

// loggingTo starts a server whose output goes to a file, such as the end of a pipe,
// and waits until it is ready.
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

// listening waits until the server accepts connections.
func (s *server) listening(t *testing.T) {
	t.Helper()
	eventually.Nil(t, "the server listens at "+s.URL, func() error {
		res, err := http.Get(s.URL + "/livez")
		if err == nil {
			res.Body.Close()
		}
		return err
	})
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
	http.DefaultClient.Timeout = stepTimeout
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

// A server answers, keeps documents and stops, even if its log is not read.
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

// A server that cannot start says why, even if its log takes no more.
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

// While the audit log is not read, changes are refused and questions are
// answered. Each acknowledged change has its line.
func TestAnAuditLogThatNobodyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errOut, code := run(t, "serve", "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--audit-log", path); code != 5 || !strings.Contains(errOut, "start what reads it first") {
		t.Errorf("a pipe that nobody reads: exit code %d\n%s", code, errOut)
	}
	read, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0) // for writing, too, so that it does not end
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	s := serve(t, t.TempDir(), "--audit-log", path)
	told := map[string]bool{}
	tell := func(n int) reply {
		r := s.do(t, "POST", fmt.Sprintf("/api/v1/documents?source=%d", n), "text/plain", fmt.Sprintf("Shelf %d is full.", n))
		if r.status == http.StatusAccepted {
			told[r.JSON(t)["id"].(string)] = true
		}
		return r
	}
	r := tell(0)
	for n := 1; r.status == http.StatusAccepted && n < 5000; n++ {
		r = tell(n)
	}
	begin := time.Now()
	for _, r := range []reply{r, tell(-1), s.do(t, "DELETE", "/api/v1/documents/"+string(multivac.Telling{Source: "0"}.ID()), "", "")} {
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, "have the audit log read") {
			t.Errorf("while it is stuck: %d %v %s", r.status, r.header, r.body)
		}
	}
	if r := s.get(t, "/api/v1/documents/"+string(multivac.Telling{Source: "-1"}.ID())); r.status != http.StatusNotFound {
		t.Errorf("what was refused: %d %s", r.status, r.body)
	}
	s.ask(t, "Which shelf is full?")
	t.Logf("%d told before it was stuck; three refusals and a question took %s", len(told), time.Since(begin))

	lines := make(chan string)
	go func() {
		for in := bufio.NewScanner(read); in.Scan(); {
			lines <- in.Text()
		}
	}()
	written := func(left map[string]bool) {
		for len(left) > 0 {
			select {
			case line := <-lines:
				delete(left, fmt.Sprint(at(decode(t, line), "document")))
			case <-time.After(stepTimeout):
				t.Fatalf("%d documents were acknowledged, and have no line", len(left))
			}
		}
	}
	written(told)
	eventually.True(t, "a document can be told, for the log is read", func() bool { return tell(-2).status == http.StatusAccepted })
	written(told)
}

func decode(t *testing.T, line string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return v
}

// The end of the server does not wait for the audit log.
func TestStopWithAStuckAuditLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	log := newWatched()
	s := launchLogged(t, log, t.TempDir(), "--audit-log", path)
	s.listens(t)
	body := strings.Repeat(`{"text":"A shelf is full."}`+"\n", 1000) // more lines than a pipe holds
	if r := s.do(t, "POST", "/api/v1/documents", "application/x-ndjson", body); r.status != http.StatusServiceUnavailable {
		t.Errorf("told more than is written down: %d %s", r.status, r.body)
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("SIGTERM: exit code %d", code)
	}
	contains(t, "the log", log.String(), "nothing can be changed until it can", "lines of the audit log are lost")
}
