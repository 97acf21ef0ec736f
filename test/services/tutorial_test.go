package services

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multivac/internal/servers"
)

// The tutorial, from its first command to its last. What it shows is what
// comes, but for what stands as "…".
func TestTutorialRunLocally(t *testing.T) {
	needs(t, "redis-server", "curl", "openssl")
	s := newShell(t, "tutorials/run-locally.md", "5000", "5001", "5002", "6379", "6380", "27017")
	s.repository()
	s.mongo()
	s.follow()
}

// repository makes the shell's folder one that a command of this repository can
// be built in, and its shell patient enough for that.
func (s *shell) repository() {
	s.t.Helper()
	s.blockTimeout = 5 * time.Minute
	root, err := filepath.Abs("../..")
	must(s.t, err)
	clone := filepath.Join(s.dir, "multivac")
	must(s.t, os.Mkdir(clone, 0o755))
	entries, err := os.ReadDir(root)
	must(s.t, err)
	for _, e := range entries {
		if name := e.Name(); name != "bin" && !strings.HasPrefix(name, ".") {
			must(s.t, os.Symlink(filepath.Join(root, name), filepath.Join(clone, name)))
		}
	}
	goes, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	must(s.t, err)
	where := strings.Fields(string(goes))
	s.run(fmt.Sprintf("cd multivac; export GOCACHE='%s' GOMODCACHE='%s' GOFLAGS=-trimpath CGO_ENABLED=0", where[0], where[1])) // as in TestMain, which has compiled it
}

// mongo puts stand-ins of mongod and mongosh into the shell's path.
func (s *shell) mongo() {
	s.t.Helper()
	python := filepath.Join(filepath.Dir(servers.MongoProgram(s.t)), "python3")
	bin := filepath.Join(s.dir, "stand-ins")
	must(s.t, os.Mkdir(bin, 0o755))
	for _, name := range []string{"mongod", "mongosh"} {
		script, err := filepath.Abs(filepath.Join("testdata", name+".py"))
		must(s.t, err)
		must(s.t, os.WriteFile(filepath.Join(bin, name), fmt.Appendf(nil, "#!/bin/sh\nexec '%s' '%s' \"$@\"\n", python, script), 0o755))
	}
	s.run(fmt.Sprintf("export PATH='%s':\"$PATH\"", bin))
}

// follow runs the blocks that are left, and holds what each says against what
// the page shows right after it. On the page, "…" stands for anything, over
// lines where it is a line of its own.
func (s *shell) follow() {
	s.t.Helper()
	for len(s.blocks) > 0 {
		b := s.blocks[0]
		said := killed.ReplaceAllString(s.next(), "")
		if shown, ok := s.shown[b]; ok && !matches(s.ports.Replace(shown), said) {
			s.t.Errorf("%s\nsays\n%s\nwant\n%s", b, said, shown)
		} else if !ok && strings.TrimSpace(said) != "" {
			s.t.Errorf("%s\nsays, and the page does not show\n%s", b, said)
		}
	}
}

// killed is what a bash says of a job that was.
var killed = regexp.MustCompile(`(?m)^bash: line \d+: +\d+ Killed .*\n`)

func matches(shown, said string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSpace(shown))
	pattern = regexp.MustCompile(`(?m)^…$`).ReplaceAllString(pattern, `(?s:.*)`)
	return regexp.MustCompile(`^` + strings.ReplaceAll(pattern, "…", `(?s:.*?)`) + `$`).MatchString(strings.TrimSpace(said))
}
