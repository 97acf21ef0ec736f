package services

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"multivac/internal/require"
	"multivac/internal/servers"
)

// A shell runs the blocks of a page of the documentation, in a folder of its own.
// It replaces the ports of the page by free ones.
type shell struct {
	t      *testing.T
	dir    string
	ports  *strings.Replacer
	blocks []string          // that were not run yet
	shown  map[string]string // output that the page shows after a block
	stdin  io.Writer
	out    *bufio.Reader

	blockTimeout time.Duration
}

var block = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?")

func newShell(t *testing.T, page string, ports ...string) *shell {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../doc", page))
	must(t, err)
	s := &shell{t: t, dir: t.TempDir(), shown: map[string]string{}, blockTimeout: stepTimeout}
	for _, b := range block.FindAllStringSubmatch(string(text), -1) {
		s.blocks = append(s.blocks, b[1])
		if b[2] != "" {
			s.shown[b[1]] = b[2]
		}
	}
	var replaced []string
	for _, port := range ports {
		replaced = append(replaced, port, servers.FreePort(t))
	}
	s.ports = strings.NewReplacer(replaced...)
	bash := exec.Command("bash", "-eu", "-o", "pipefail")
	bash.Dir, bash.SysProcAttr = s.dir, &syscall.SysProcAttr{Setpgid: true}
	bash.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+s.dir, "NO_COLOR=1")
	s.stdin, err = bash.StdinPipe()
	must(t, err)
	out, err := bash.StdoutPipe()
	must(t, err)
	bash.Stderr, s.out = bash.Stdout, bufio.NewReader(out)
	must(t, bash.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-bash.Process.Pid, syscall.SIGKILL) // and what it started
		_ = bash.Wait()
	})
	return s
}

// next runs the next block and returns its output.
func (s *shell) next() string {
	s.t.Helper()
	if len(s.blocks) == 0 {
		s.t.Fatal("there is no other block")
	}
	b := s.blocks[0]
	s.blocks = s.blocks[1:]
	return s.run(b)
}

// run runs a script in the shell and returns its output.
func (s *shell) run(script string) string {
	s.t.Helper()
	const end = "-- this was the block --"
	_, err := fmt.Fprintf(s.stdin, "%s\necho %q\n", s.ports.Replace(script), end)
	must(s.t, err)
	type result struct {
		said string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		var said strings.Builder
		for {
			line, err := s.out.ReadString('\n')
			if before, ok := strings.CutSuffix(line, end+"\n"); ok || err != nil {
				done <- result{said.String() + before, err}
				return
			}
			said.WriteString(line)
		}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			s.t.Fatalf("the shell ended in\n%s\n%s", script, r.said)
		}
		return r.said
	case <-time.After(s.blockTimeout):
		s.t.Fatalf("still running:\n%s", script)
	}
	return ""
}

// ended fails the test if blocks of the page were not run.
func (s *shell) ended() {
	s.t.Helper()
	if len(s.blocks) > 0 {
		s.t.Errorf("not run:\n%s", strings.Join(s.blocks, "\n"))
	}
}

func needs(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := exec.LookPath(name)
		what := map[string]string{"redis-server": "redis", "redis-cli": "redis"}[name]
		require.Have(t, cmp.Or(what, name), err == nil, "install "+name)
	}
}

// serves starts a MultiVAC of one process with the settings in the folder of the
// shell, and checks that it answers.
func (s *shell) serves() *process {
	s.t.Helper()
	p := (&stage{t: s.t, dir: s.dir}).start("all", "--data", filepath.Join(s.dir, "data")).ready()
	s.answers(p, "first")
	return p
}

func (s *shell) answers(p *process, what string) {
	s.t.Helper()
	text := "The code of the " + what + " door is 1234."
	if r := p.tellAndWait(what+".md", text); r.State != "indexed" {
		s.t.Fatalf("telling: %+v\n%s", r, p.said())
	}
	if r := p.do("GET", "/api/v1/answer?question=What+is+the+code+of+the+"+what+"+door%3F", "", ""); !strings.Contains(r.body, text) {
		s.t.Errorf("asking: %d %s", r.status, r.body)
	}
}

// went fails the test if no task went through the Redis of the queue.
func (s *shell) went(cli string) {
	s.t.Helper()
	if n := strings.TrimSpace(s.run(cli + ` GET "asynq:{multivac}:processed"`)); n == "" || n == "0" {
		s.t.Error("no task went through Redis")
	}
}

func TestPageAboutRedis(t *testing.T) {
	needs(t, "redis-server", "redis-cli", "sha256sum")
	s := newShell(t, "how-to/redis.md", "6379", "6380")
	s.next() // the servers
	if said := s.next(); strings.Contains(said, "multivac:") {
		t.Errorf("config validate: %s", said)
	}
	p := s.serves()
	s.run(s.other("how-to/rotate-a-password.md", "operator() {"))
	s.run("operator CLIENT KILL USER queue")
	s.answers(p, "second")
	s.went("operator")
	if said := s.next(); strings.TrimSpace(said) != "0" {
		t.Errorf("LLEN: got %q, want 0", said)
	}
	if log := s.run("operator ACL LOG"); strings.TrimSpace(log) != "" {
		t.Errorf("Redis refused something: %s", log)
	}
	if log := s.run(`redis-cli -p 6380 --user operator --askpass ACL LOG < secrets/operator.password; redis-cli -p 6380 --user operator --askpass DBSIZE < secrets/operator.password`); strings.TrimSpace(log) == "0" || strings.Contains(log, "reason") {
		t.Errorf("the cache's Redis: %s, want no refusals and an answer", log)
	}
	s.ended()
	p.stop()
}

func TestPageAboutTLS(t *testing.T) {
	needs(t, "redis-server", "redis-cli", "openssl")
	s := newShell(t, "how-to/tls.md", "6379")
	s.next() // the authority
	s.next() // Redis
	if said := s.next(); strings.Contains(said, "multivac:") {
		t.Errorf("config validate: %s", said)
	}
	p := s.serves()
	s.next() // a new certificate of MultiVAC
	if said := s.next(); !strings.Contains(said, "OK") {
		t.Errorf("CONFIG SET: %s", said)
	}
	s.run("operator CLIENT KILL TYPE normal SKIPME yes")
	s.answers(p, "second")
	s.went("operator")
	s.ended()
	p.stop()
}

func TestPageAboutStunnel(t *testing.T) {
	needs(t, "redis-server", "stunnel", "openssl")
	s := newShell(t, "how-to/stunnel.md", "6379", "6390", "6391")
	s.next() // keys
	s.next() // next to Redis
	s.next() // next to MultiVAC
	p := s.serves()
	s.next() // a new certificate
	s.answers(p, "second")
	s.run("ask() { redis-cli -p 6379 --askpass \"$@\" < secrets/queue.password; }")
	s.went("ask")
	s.ended()
	p.stop()
	if log := s.run("cat beside-*.log"); !strings.Contains(log, "Certificate accepted at depth=0: CN=multivac") || !strings.Contains(log, "Certificate accepted at depth=0: CN=queue") {
		t.Errorf("the stunnels did not check both certificates:\n%s", log)
	}
}
