// Package siege attacks a server that has the memory of the shipped manifests, and
// asks it questions at the same time. `make siege` runs it.
package siege

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"multivac/internal/servers"
)

var (
	siege  = flag.Bool("siege", false, "run the attacks; they take minutes")
	binary = flag.String("binary", "", "attack this build instead of the source's")
	span   = flag.Duration("span", 20*time.Second, "the longest that an attack goes on")
)

// The limits that a server has to keep while it is attacked.
const (
	memoryLimit      = 1 << 30   // bytes of its cgroup, as in the shipped manifests
	maxGrowth        = 512 << 20 // bytes more than when it was idle
	maxQuestion      = time.Second
	questionInterval = 100 * time.Millisecond
)

// An attack is done to a server while other clients ask it questions. Errors
// that the server causes, such as a refused request or a cut connection, are
// not errors of the attack.
type attack struct {
	name string
	// run attacks until it is done or ctx ends. It returns an error if it could
	// not attack.
	run func(ctx context.Context, s *server) error
	// prepare, if not nil, brings the server into the state in which the attack
	// begins.
	prepare func(ctx context.Context, s *server) error
	// command, if not nil, changes how the server is started: its flags, its
	// environment or where its output goes.
	command func(*exec.Cmd)
	// library says that the server holds large documents, named large-0.txt
	// and so on.
	library bool
	// span is how long it may go on, where that is not the usual time.
	span time.Duration
}

// attacks are all attacks. Each file of this package adds its own here.
var attacks = slices.Concat(unread, hostile, files)

func TestMain(m *testing.M) {
	flag.Parse()
	if !*siege {
		os.Exit(m.Run())
	}
	if *binary == "" {
		servers.Main(m, binary)
	}
	file, err := filepath.Abs(*binary)
	if err == nil {
		_, err = os.Stat(file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	*binary = file
	os.Exit(m.Run())
}

// TestSiege runs each attack against a server of its own, and prints a table of
// the costs.
func TestSiege(t *testing.T) {
	if !*siege {
		t.Skip("SKIPPED: it takes minutes; run `make siege`")
	}
	group := newGroup(t)
	libraries := map[bool]string{false: told(t, false), true: told(t, true)}
	var rows []row
	for _, a := range attacks {
		t.Run(strings.ReplaceAll(a.name, " ", "-"), func(t *testing.T) {
			rows = append(rows, besiege(t, a, group, libraries[a.library]))
		})
	}
	t.Logf("\n%s", table(rows))
}

// besiege attacks a server on a copy of the data folder, and checks its documents.
func besiege(t *testing.T, a attack, group, data string) row {
	copied := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	s := start(t, a.command, group, copied)
	most := cmp.Or(a.span, *span)
	ctx, cancel := context.WithTimeout(t.Context(), most+100*time.Second)
	defer cancel()
	if a.prepare != nil {
		if err := a.prepare(ctx, s); err != nil {
			t.Fatalf("prepare: %v", err)
		}
	}
	r := row{attack: a.name}
	w := s.watch()
	questions := s.askMeanwhile()
	attacking, end := context.WithTimeout(ctx, most)
	err := a.run(attacking, s)
	end()
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the attack failed: %v", err)
	}
	r.asked = questions()
	r.growth, r.cpu = w()
	r.fate = s.check(ctx, a.command, group)
	r.judge(t, s)
	return r
}

// A row is the cost of an attack.
type row struct {
	attack string
	growth int64 // bytes of memory over idle
	cpu    time.Duration
	asked  asked
	fate   string // "whole", or what is wrong with the server or what it stores
}

// asked is the results of the questions during an attack.
type asked struct {
	times  []time.Duration // of all, sorted
	failed int
	why    string // the reason of one that failed
}

func (a asked) quantile(q float64) time.Duration {
	if len(a.times) == 0 {
		return 0
	}
	return a.times[int(q*float64(len(a.times)-1))]
}

// judge fails the test if the server exceeded a limit.
func (r row) judge(t *testing.T, s *server) {
	t.Helper()
	if r.growth > maxGrowth {
		t.Errorf("took %d MiB of memory over idle, want at most %d", r.growth>>20, maxGrowth>>20)
	}
	if slowest := r.asked.quantile(1); slowest > maxQuestion {
		t.Errorf("a question beside it took %v, want at most %v", slowest, maxQuestion)
	}
	if r.asked.failed > 0 {
		t.Errorf("%d questions beside it failed: %s", r.asked.failed, r.asked.why)
	}
	if r.fate != whole {
		t.Errorf("afterwards: %s\n%s", r.fate, s.said())
	}
}

func table(rows []row) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "attack\tMiB over idle\tCPU s\tquestions\tfailed\tp95 ms\tslowest ms\tafterwards")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%d\t%d\t%d\t%d\t%s\n", r.attack, r.growth>>20, r.cpu.Seconds(), len(r.asked.times), r.asked.failed,
			r.asked.quantile(0.95).Milliseconds(), r.asked.quantile(1).Milliseconds(), r.fate)
	}
	w.Flush()
	return b.String()
}

// A server is a running `multivac serve`.
type server struct {
	URL     string // http://127.0.0.1:5000
	Address string // 127.0.0.1:5000
	cmd     *exec.Cmd
	data    string
	log     string        // file with its output
	exited  chan struct{} // closed when the process has ended
	client  *http.Client  // dials for each request, as new users do
}

// startTimeout bounds how long a server may take to be ready, and to stop.
const startTimeout = 30 * time.Second

// start starts a server on data in the cgroup and waits until it is ready.
func start(t testing.TB, change func(*exec.Cmd), group, data string) *server {
	t.Helper()
	s := &server{data: data, log: filepath.Join(t.TempDir(), "log"), exited: make(chan struct{})}
	s.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	s.Address = "127.0.0.1:" + servers.FreePort(t)
	s.URL = "http://" + s.Address
	args := []string{*binary, "serve", "--listen", s.Address, "--data", data}
	if group != "" { // it joins before it runs, so that it sees its limit
		args = append([]string{"/bin/sh", "-c", `echo $$ > "$0"/cgroup.procs && exec "$@"`, group}, args...)
	}
	s.cmd = exec.Command(args[0], args[1:]...)
	home := t.TempDir()
	s.cmd.Env = append([]string{"MULTIVAC_MEANING=off", "HOME=" + home, "XDG_DATA_HOME=" + home}, os.Environ()...)
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if change != nil {
		change(s.cmd)
	}
	servers.EndWithParent(s.cmd)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.exited) }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.exited })
	s.ready(t)
	return s
}

// ready waits until /readyz says so.
func (s *server) ready(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(startTimeout); time.Now().Before(end); <-tick.C {
		if status, _, err := s.do(t.Context(), "GET", "/readyz", "", ""); err == nil && status == http.StatusOK {
			return
		}
		if !s.alive() {
			break
		}
	}
	t.Fatalf("the server did not get ready:\n%s", s.said())
}

func (s *server) alive() bool {
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// said returns the end of the server's log.
func (s *server) said() string {
	text, _ := os.ReadFile(s.log)
	return string(text[max(0, len(text)-4000):])
}

// do makes a request on a connection of its own and returns the reply.
func (s *server) do(ctx context.Context, method, path, mediaType, body string) (status int, reply string, err error) {
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// dial returns a connection with a very small receive buffer, so that unread
// data stay with the server. It is closed when ctx ends.
func (s *server) dial(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
	}}
	c, err := d.DialContext(ctx, "tcp", s.Address)
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, err
}

// watch begins to measure. The returned function ends that, and returns the
// largest growth of the server's memory and the CPU time that it used.
func (s *server) watch() func() (growth int64, cpu time.Duration) {
	idle, before := s.memory("VmRSS:"), s.cpu()
	_ = os.WriteFile(s.proc("clear_refs"), []byte("5"), 0) // VmHWM begins again
	var peak int64
	var latest time.Duration
	done, sampled := make(chan struct{}), make(chan struct{})
	sample := func() {
		peak, latest = max(peak, s.memory("VmHWM:")), max(latest, s.cpu())
	}
	go func() { // the server may die, and with it its figures
		defer close(sampled)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			sample()
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	return func() (int64, time.Duration) {
		close(done)
		<-sampled
		sample()
		return peak - idle, latest - before
	}
}

func (s *server) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), name)
}

// memory returns a figure of /proc/PID/status, in bytes. It is 0 if the server
// has ended.
func (s *server) memory(name string) int64 {
	text, _ := os.ReadFile(s.proc("status"))
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			kB, _ := strconv.ParseInt(fields[1], 10, 64)
			return kB << 10
		}
	}
	return 0
}

// cpu returns the processor time that the server has used. It is 0 if the
// server has ended.
func (s *server) cpu() time.Duration {
	text, _ := os.ReadFile(s.proc("stat"))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100) // USER_HZ is 100 on Linux
}

// askMeanwhile asks a question at each interval, whether the earlier ones are
// answered or not. The returned function ends that.
func (s *server) askMeanwhile() func() asked {
	var a asked
	var mu sync.Mutex
	var asking sync.WaitGroup
	done := make(chan struct{})
	one := func(n int) {
		begun := time.Now()
		status, reply, err := s.do(context.Background(), "GET", fmt.Sprintf("/api/v1/answer?question=Where+does+bell+%d+hang%%3F", n%bells), "", "")
		took := time.Since(begun)
		mu.Lock()
		defer mu.Unlock()
		a.times = append(a.times, took)
		if err != nil || status != http.StatusOK {
			a.failed++
			a.why = fmt.Sprintf("%d %.200s %v", status, reply, err)
		}
	}
	asking.Go(func() {
		tick := time.NewTicker(questionInterval)
		defer tick.Stop()
		for n := 0; ; n++ {
			asking.Go(func() { one(n) })
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() asked {
		close(done)
		asking.Wait()
		slices.Sort(a.times)
		return a
	}
}

// whole is the fate of a server that lives and has lost nothing.
const whole = "whole"

// check returns whole, or what is wrong with the server or with what it stores. It
// stops the server and starts it again.
func (s *server) check(ctx context.Context, change func(*exec.Cmd), group string) string {
	if !s.alive() {
		return "the server died: " + s.cmd.ProcessState.String()
	}
	if wrong := s.holds(ctx); wrong != "" {
		return wrong
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err.Error()
	}
	select {
	case <-s.exited:
	case <-time.After(startTimeout):
		return fmt.Sprintf("still running %v after SIGTERM", startTimeout)
	}
	out, err := exec.Command(*binary, "doctor", "--data", s.data).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("the doctor, after the stop: %v: %.300s", err, out)
	}
	return whole
}

// holds returns which documents from before the attack are missing.
func (s *server) holds(ctx context.Context) string {
	for n := range bells {
		status, reply, err := s.do(ctx, "GET", fmt.Sprintf("/api/v1/answer?question=Where+does+bell+%d+hang%%3F", n), "", "")
		if err != nil || status != http.StatusOK || !strings.Contains(reply, bell(n)) {
			return fmt.Sprintf("bell %d: %d %.300s %v", n, status, reply, err)
		}
	}
	status, reply, err := s.do(ctx, "GET", "/api/v1/doctor", "", "")
	if err != nil || status != http.StatusOK || !strings.Contains(reply, `"sound":true`) {
		return fmt.Sprintf("the doctor: %d %.300s %v", status, reply, err)
	}
	return ""
}

// bells are how many documents each server holds before an attack.
const bells = 50

func bell(n int) string { return fmt.Sprintf("Bell %d hangs in the tower of Castle %d.", n, 7*n+3) }

// large returns a document of 15 MiB.
func large(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < 15<<20; i++ {
		fmt.Fprintf(&b, "Ledger %d notes on page %d that cart %d brought %d sacks of flour to the mill by the river.\n\n", n, i, i*7%1000, i*13%97)
	}
	return b.String()
}

// told returns a data folder with the bells, and with large documents if
// wanted.
func told(t *testing.T, library bool) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, nil, "", data)
	tell := func(source, text string) {
		t.Helper()
		status, reply, err := s.do(t.Context(), "POST", "/api/v1/documents?wait=indexed&source="+source, "text/plain", text)
		if err != nil || status != http.StatusAccepted || !strings.Contains(reply, `"indexed"`) {
			t.Fatalf("tell %s: %d %.300s %v", source, status, reply, err)
		}
	}
	for n := range bells {
		tell(fmt.Sprintf("bell-%d.txt", n), bell(n))
	}
	if library {
		s.client.Timeout = time.Minute
		for n := range 8 {
			tell(fmt.Sprintf("large-%d.txt", n), large(n))
		}
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
	return data
}

// newGroup returns the folder of a memory cgroup with memoryLimit. If it cannot
// make one, it says so and returns "".
func newGroup(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("multivac-siege-%d", os.Getpid())
	var failed []string
	for _, try := range []struct{ root, file string }{{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"}} {
		group := filepath.Join(try.root, name)
		err := os.Mkdir(group, 0o755)
		if err == nil {
			t.Cleanup(func() { _ = os.Remove(group) })
			err = os.WriteFile(filepath.Join(group, try.file), []byte(strconv.Itoa(memoryLimit)), 0)
		}
		if err == nil {
			return group
		}
		failed = append(failed, err.Error())
	}
	t.Logf("NOTE: no memory cgroup can be made here, so nothing bounds the server's memory; it is only watched. Run it as root. %s", strings.Join(failed, "; "))
	return ""
}
