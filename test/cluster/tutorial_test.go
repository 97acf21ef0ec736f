package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multivac/internal/eventually"
	"multivac/internal/golden"
)

// A command and, if the page shows it, its output.
var commands = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$(\n\n^```text\n(.*?)^```$)?")

// The tutorial is executed, block by block, in the shell of one reader.
func TestTutorial(t *testing.T) {
	need(t)
	n := &namespace{t: t, name: "multivac"}
	if _, err := n.run("kubectl", "get", "namespace", n.name); err == nil {
		t.Fatal("the tutorial makes the namespace multivac, and it is there")
	}
	file := filepath.Join(root, "doc/tutorials/run-on-kubernetes.md")
	page, err := os.ReadFile(file)
	must(t, err)
	config := filepath.Join(t.TempDir(), "kubeconfig") // the tutorial sets its namespace
	out, err := n.run("kubectl", "config", "view", "--raw", "--flatten")
	must(t, err)
	must(t, os.WriteFile(config, []byte(out), 0o600))
	t.Cleanup(func() {
		n.try("delete", "namespace", n.name, "--ignore-not-found", "--wait=false")
		os.RemoveAll(filepath.Join(root, "mine"))
	})

	s := newShell(t, "KUBECONFIG="+config, "TAG="+tag, "XDG_DATA_HOME="+t.TempDir())
	replace := strings.NewReplacer("REGISTRY=localhost:5000", "REGISTRY="+registry, "docker.io/library/", strings.TrimSuffix(image("redis"), "redis:7"))
	var written bytes.Buffer
	end := 0
	for _, at := range commands.FindAllSubmatchIndex(page, -1) {
		block := string(page[at[2]:at[3]])
		came := s.run(replace.Replace(block))
		if at[4] < 0 {
			continue
		}
		want := string(page[at[6]:at[7]])
		if !golden.Updating() && settled(came) != settled(want) {
			t.Errorf("%s\nsays\n%s\nand the page\n%s", block, came, want)
		}
		written.Write(page[end:at[6]])
		written.WriteString(came)
		end = at[7]
	}
	written.Write(page[end:])
	if golden.Updating() {
		must(t, os.WriteFile(file, written.Bytes(), 0o600))
	}
}

// settled returns an output without the parts that differ each time.
func settled(s string) string {
	for _, r := range []struct{ of, by string }{
		{`(multivac-(?:server|worker|cache))-[a-z0-9]+-[a-z0-9]{5}`, "$1-…"},
		{`\b\d+(\.\d+)?m?s\b`, "…"},
		{`Waiting for .*\n`, ""},
		{`told \d+ documents`, "told … documents"},
		{`passed over \d+ files? of other kinds?`, "…"},
		{`\d+% sure`, "…"},
		{` +`, " "},
		{`"time":"[^"]*"`, ""},
		{`(force deleted) from \w+ namespace`, "$1"}, // as newer versions of kubectl say
	} {
		s = regexp.MustCompile(r.of).ReplaceAllString(s, r.by)
	}
	var lines []string
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, "partitioned roll out") && !strings.HasPrefix(line, "statefulset rolling update") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// A shell runs blocks one after the other.
type shell struct {
	t   *testing.T
	in  *os.File
	out string // file
}

func newShell(t *testing.T, env ...string) *shell {
	t.Helper()
	s := &shell{t: t, out: filepath.Join(t.TempDir(), "out")}
	log, err := os.Create(s.out)
	must(t, err)
	read, write, err := os.Pipe()
	must(t, err)
	s.in = write
	bash := exec.CommandContext(context.Background(), "bash", "-eu", "-o", "pipefail")
	bash.Dir, bash.Env, bash.SysProcAttr = root, append(os.Environ(), env...), &syscall.SysProcAttr{Setpgid: true}
	bash.Stdin, bash.Stdout, bash.Stderr = read, log, log
	must(t, bash.Start())
	read.Close()
	t.Cleanup(func() {
		write.Close()
		_ = syscall.Kill(-bash.Process.Pid, syscall.SIGKILL) // and all processes that it started
		_ = bash.Wait()
	})
	return s
}

// run runs a block, which must not fail, and returns its output.
func (s *shell) run(block string) string {
	s.t.Helper()
	before, err := os.Stat(s.out)
	must(s.t, err)
	end := fmt.Sprintf("\x01done %d\n", before.Size())
	_, err = fmt.Fprintf(s.in, "%s\necho -n $'%s'\n", block, strings.ReplaceAll(strings.ReplaceAll(end, "\x01", `\x01`), "\n", `\n`))
	must(s.t, err)
	var said string
	eventually.Within(s.t, clusterTimeout, "the block ends:\n"+block, func() error {
		all, err := os.ReadFile(s.out)
		must(s.t, err)
		if said = string(all[before.Size():]); !strings.HasSuffix(said, end) {
			return errors.New("it says\n" + said)
		}
		return nil
	})
	return strings.TrimSuffix(said, end)
}
