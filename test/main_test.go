// Package test runs the built binary as a user does. It checks what MultiVAC
// promises by HTTP, exit codes, signals and files.
package test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "multivac/internal/cli" // so that go test takes no results of an older command from its cache
	"multivac/internal/eventually"
	"multivac/internal/servers"
)

var binary string

func TestMain(m *testing.M) { servers.Main(m, &binary) }

// stepTimeout is how long a step of a test may take that normally takes no time.
const stepTimeout = 30 * time.Second

// run runs the command to its end.
func run(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	return runIn(t, "", args...)
}

func runIn(t *testing.T, input string, args ...string) (out, errOut string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = environment(t)
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("multivac %s: %v", strings.Join(args, " "), err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// environment returns variables that leave out the user's own settings and data
// folder, and switch meaning off, which takes time.
func environment(t *testing.T) []string {
	home := t.TempDir()
	return append(os.Environ(), "MULTIVAC_MEANING=off", "MULTIVAC_SERVER=", "MULTIVAC_KEY=", "MULTIVAC_KEY_FILE=", "HOME="+home, "XDG_DATA_HOME="+home, "NO_COLOR=1")
}

// A server is a running `multivac serve`.
type server struct {
	URL    string
	cmd    *exec.Cmd
	stderr *watched
	exited chan struct{} // closed when the process has ended
}

// serve starts a server on data and returns once it listens. It is killed at
// the end of the test.
func serve(t *testing.T, data string, args ...string) *server {
	t.Helper()
	s := launch(t, data, args...)
	s.listens(t)
	return s
}

// listens waits until the server listens.
func (s *server) listens(t *testing.T) {
	t.Helper()
	s.URL = s.stderr.wait(t, regexp.MustCompile(`http://127\.0\.0\.1:\d+`), s.exited)
}

// launch starts a server on data and does not wait for it.
func launch(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return launchLogged(t, nil, data, args...)
}

// launchLogged is launch with a writer for the log.
func launchLogged(t *testing.T, log io.Writer, data string, args ...string) *server {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, args...)...)
	cmd.Env, cmd.Stdout = environment(t), log
	return start(t, cmd)
}

// start starts a command that serves, and watches its error output.
func start(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, stderr: newWatched(), exited: make(chan struct{})}
	cmd.Stderr = s.stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.cmd.Wait(); close(s.exited) }()
	t.Cleanup(func() { s.kill() })
	return s
}

// kill ends the server as a crash would.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// stop asks the server to stop, and returns its exit code.
func (s *server) stop(t *testing.T) int {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(stepTimeout):
		t.Fatalf("still running %s after SIGTERM\n%s", stepTimeout, s.stderr)
	}
	return s.cmd.ProcessState.ExitCode()
}

// ready returns once /readyz says so.
func (s *server) ready(t *testing.T) {
	t.Helper()
	s.until(t, "/readyz", func(r reply) bool { return r.status == http.StatusOK })
}

// until gets path again and again until the reply is as wanted.
func (s *server) until(t *testing.T, path string, wanted func(reply) bool, header ...string) {
	t.Helper()
	eventually.Nil(t, "GET "+path+" is as wanted", func() error {
		if r := s.get(t, path, header...); !wanted(r) {
			return fmt.Errorf("%d %s", r.status, r.body)
		}
		return nil
	})
}

// A reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	body   string
}

// JSON decodes the body.
func (r reply) JSON(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%d %s: %v", r.status, r.body, err)
	}
	return v
}

func (s *server) do(t *testing.T, method, path, mediaType, body string, header ...string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, s.stderr)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

func (s *server) get(t *testing.T, path string, header ...string) reply {
	t.Helper()
	return s.do(t, "GET", path, "", "", header...)
}

// tell tells one document and returns its identity once it is kept.
func (s *server) tell(t *testing.T, source, text string) string {
	t.Helper()
	r := s.do(t, "POST", "/api/v1/documents", "application/json", object(t, "source", source, "text", text))
	if r.status != http.StatusAccepted {
		t.Fatalf("tell %s: %d %s", source, r.status, r.body)
	}
	return r.JSON(t)["id"].(string)
}

// tellAndWait tells one document and returns once it is answered from.
func (s *server) tellAndWait(t *testing.T, source, text string) map[string]any {
	t.Helper()
	r := s.do(t, "POST", "/api/v1/documents?wait=indexed", "application/json", object(t, "source", source, "text", text))
	receipt := r.JSON(t)
	if r.status != http.StatusAccepted || receipt["state"] != "indexed" {
		t.Fatalf("tell %s: %d %s", source, r.status, r.body)
	}
	return receipt
}

func (s *server) ask(t *testing.T, question string) map[string]any {
	t.Helper()
	r := s.get(t, "/api/v1/answer?question="+url.QueryEscape(question))
	if r.status != http.StatusOK {
		t.Fatalf("ask %q: %d %s", question, r.status, r.body)
	}
	return r.JSON(t)
}

// object returns a JSON object of names and values.
func object(t *testing.T, pairs ...string) string {
	t.Helper()
	o := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		o[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// at returns a member of nested objects: at(v, "source", "start").
func at(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}

// watched is an output that can be waited for.
type watched struct {
	mu    sync.Mutex
	text  []byte
	grown chan struct{} // closed and replaced at each write
}

func newWatched() *watched { return &watched{grown: make(chan struct{})} }

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, b...)
	close(w.grown)
	w.grown = make(chan struct{})
	return len(b), nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text)
}

// wait returns the first match once it is there. The server must not end before.
func (w *watched) wait(t *testing.T, want *regexp.Regexp, exited <-chan struct{}) string {
	t.Helper()
	found := w.either(t, want, exited)
	if found == "" {
		t.Fatalf("ended before it said %s:\n%s", want, w)
	}
	return found
}

// either returns the first match once it is there, or "" if the server ends
// before.
func (w *watched) either(t *testing.T, want *regexp.Regexp, exited <-chan struct{}) string {
	t.Helper()
	late := time.After(stepTimeout)
	for {
		w.mu.Lock()
		found, grown := want.Find(w.text), w.grown
		w.mu.Unlock()
		if found != nil {
			return string(found)
		}
		select {
		case <-grown:
		case <-exited:
			return ""
		case <-late:
			t.Fatalf("did not say %s:\n%s", want, w)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// contains fails the test if one of the strings is not in got.
func contains(t *testing.T, what, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s does not contain %q:\n%s", what, w, got)
		}
	}
}
