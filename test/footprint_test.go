package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// How small and fast a MultiVAC is that has been told nothing.
const (
	maxColdStart = 150 * time.Millisecond
	maxIdle      = 64 << 20
	maxBinary    = 40<<20 + maxWeights
	maxWeights   = 24_000_000 // what questions are understood with
)

func TestBinaryIsSmall(t *testing.T) {
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("binary: %.1f MiB", float64(info.Size())/(1<<20))
	if info.Size() > maxBinary {
		t.Errorf("binary is of %d bytes, over %d", info.Size(), maxBinary)
	}
}

// The best of several starts counts: a busy machine is not the program.
func TestColdStart(t *testing.T) {
	best := time.Hour
	for range 8 {
		begin := time.Now()
		s := serve(t, t.TempDir())
		s.ready(t)
		best = min(best, time.Since(begin))
		s.kill()
	}
	t.Logf("cold start: %s", best)
	if best > maxColdStart {
		t.Errorf("cold start to /readyz took %s at best, over %s", best, maxColdStart)
	}
}

func TestIdleMemory(t *testing.T) {
	s := serve(t, t.TempDir())
	s.ready(t)
	rss := resident(t, s.cmd.Process.Pid)
	t.Logf("idle: %.1f MiB", float64(rss)/(1<<20))
	if rss > maxIdle {
		t.Errorf("%d bytes resident, over %d", rss, maxIdle)
	}
}

func resident(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("SKIPPED: this system does not say how much memory a process has:", err)
	}
	kib := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if kib == nil {
		t.Fatalf("no VmRSS in\n%s", status)
	}
	n, err := strconv.Atoi(string(kib[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}

// A folder of 200 Markdown files is asked without a server in under 3 seconds.
func TestAskingAFolderIsQuick(t *testing.T) {
	dir := t.TempDir()
	for i := range 200 {
		var page strings.Builder
		for section := range 20 {
			fmt.Fprintf(&page, "## Section %d of manual %d\n\nPump %d-%d is serviced by crew %d every %d weeks. The valve is closed before the filter is changed, and the pressure is noted.\n\n",
				section, i, i, section, (i*7+section)%50, 2+(i+section)%30)
		}
		write(t, filepath.Join(dir, fmt.Sprintf("manual-%03d.md", i)), page.String())
	}
	best := time.Hour
	for range 3 {
		begin := time.Now()
		out, errOut, code := run(t, "ask", "--in", dir, "Which crew services pump 117-3?")
		best = min(best, time.Since(begin))
		if !strings.Contains(out+errOut, "Pump 117-3 ") { // sure enough or not: it was found
			t.Fatalf("exit code %d\n%s%s", code, out, errOut)
		}
	}
	t.Logf("200 files: %s", best)
	if best > 3*time.Second {
		t.Errorf("took %s at best, over 3 s", best)
	}
}
