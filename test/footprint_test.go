package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Limits of an empty MultiVAC. Work is measured in CPU time, which other programs
// on the machine do not change. test/bench measures how long it takes.
const (
	maxColdStart = 150 * time.Millisecond
	maxFolder    = 3 * time.Second
	maxIdle      = 64 << 20
	maxBinary    = 45<<20 + maxWeights // 74.6 MB today, 10 of them for PDFium; 12 MB more if anything runs a text/template
	maxWeights   = 28_500_000          // of the encoder
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

// The best of several starts counts, for others may keep the machine busy.
func TestColdStart(t *testing.T) {
	best := time.Hour
	for range 8 {
		s := serve(t, t.TempDir())
		s.ready(t)
		s.kill()
		best = min(best, cpuOf(s.cmd))
	}
	t.Logf("cold start: %s of CPU", best)
	if best > maxColdStart {
		t.Errorf("cold start to /readyz took %s of CPU at best, over %s", best, maxColdStart)
	}
}

// cpuOf returns the CPU time of a command that has ended.
func cpuOf(c *exec.Cmd) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
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

// Asking a folder of 200 Markdown files without a server takes little work.
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
		c := exec.Command(binary, "ask", "--in", dir, "Which crew services pump 117-3?")
		c.Env = environment(t)
		if out, err := c.CombinedOutput(); !strings.Contains(string(out), "Pump 117-3 ") { // as the answer or as what came nearest
			t.Fatalf("%v\n%s", err, out)
		}
		best = min(best, cpuOf(c))
	}
	t.Logf("200 files: %s of CPU", best)
	if best > maxFolder {
		t.Errorf("took %s of CPU at best, over %s", best, maxFolder)
	}
}
