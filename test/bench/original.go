package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// An originalMeasure is what one of the two systems needs for the original's
// routes.
type originalMeasure struct {
	Server  string  `json:"server"`
	Get     float64 `json:"get_per_second"`
	GetCPU  float64 `json:"get_cpu_us"` // of all its processes
	Post    float64 `json:"post_per_second"`
	PostCPU float64 `json:"post_cpu_us"` // until the answer has the datum
	Answer  float64 `json:"post_to_answer_ms"`
	MiB     float64 `json:"pss_mib"` // of all its processes, after the load

	// Of the servers that the system uses, if they are measured separately.
	GetBeside  float64 `json:"get_servers_cpu_us"`
	PostBeside float64 `json:"post_servers_cpu_us"`
	MiBBeside  float64 `json:"servers_pss_mib"`
}

// A system is the processes that answer the original's routes, with their
// children.
type system struct {
	name    string
	url     string
	pids    []int
	servers []int        // the servers that it uses, if they are measured separately
	empty   func() error // deletes all data; nil if that is impossible
}

// benchOriginal measures the original's 3 routes, served by the original's
// design, in Python with a queue in Redis and a database with MongoDB's
// protocol, and by MultiVAC.
func benchOriginal(dir, binary, venv string) (all []originalMeasure, err error) {
	for _, program := range []string{"python3", "redis-server"} {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "SKIPPING the original's design: %v\n", err)
			return nil, nil
		}
	}
	dir, err = os.MkdirTemp(dir, "original-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	original, stop, err := startOriginal(dir, venv)
	defer stop()
	if err != nil {
		return nil, err
	}
	ours, err := startServer(binary, dir)
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	fmt.Printf("\nThe original's routes, %d clients\n\n", clients)
	fmt.Println("| server | GET /multivac per second | CPU, µs | POST /multivac/data per second | CPU until stored, µs | from a post to its answer, ms | memory (PSS), MiB |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|")
	for _, s := range []system{original, {name: "MultiVAC", url: ours.url, pids: []int{ours.cmd.Process.Pid}}} {
		m, err := s.measure()
		if err != nil {
			return all, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, m)
		fmt.Printf("| %s | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f |\n", m.Server, m.Get, m.GetCPU, m.Post, m.PostCPU, m.Answer, m.MiB)
	}
	fmt.Printf("\nCPU of GET /multivac: %.1f times less; of POST /multivac/data: %.1f times less.\n",
		all[0].GetCPU/all[1].GetCPU, all[0].PostCPU/all[1].PostCPU)
	return all, nil
}

func (s system) measure() (m originalMeasure, err error) {
	m.Server = s.name
	var took []float64
	for n := 0; n == 0 || s.empty != nil && n < 7; n++ {
		if n > 0 {
			if err := s.empty(); err != nil {
				return m, err
			}
		}
		one, err := s.first()
		if err != nil {
			return m, err
		}
		took = append(took, one)
	}
	slices.Sort(took)
	m.Answer = took[len(took)/2]

	idle := s.cpu() + s.below().cpu()
	time.Sleep(time.Second)
	idle = s.cpu() + s.below().cpu() - idle

	load := get
	if _, err := exec.LookPath("wrk"); err == nil {
		load = wrk
	}
	before, below := s.cpu(), s.below().cpu()
	n, per, err := load(s.url + "/multivac")
	if err != nil {
		return m, err
	}
	m.Get, m.GetCPU = per, float64((s.cpu()-before).Microseconds())/float64(n)
	m.GetBeside = float64((s.below().cpu() - below).Microseconds()) / float64(n)

	before, below = s.cpu(), s.below().cpu()
	if n, m.Post, err = parallel(func(ctx context.Context, c *http.Client) error {
		return s.post(ctx, c, fmt.Sprintf("Datum number %d.", told.Add(1)))
	}); err != nil {
		return m, err
	}
	s.settle(idle)
	m.PostCPU = float64((s.cpu() - before).Microseconds()) / float64(n)
	m.PostBeside = float64((s.below().cpu() - below).Microseconds()) / float64(n)
	m.MiB, m.MiBBeside = s.memory(), s.below().memory()
	return m, nil
}

// first returns the time from the first post to its answer, in milliseconds.
func (s system) first() (ms float64, err error) {
	begun := time.Now()
	if err := s.post(context.Background(), http.DefaultClient, "The first datum."); err != nil {
		return 0, err
	}
	for {
		text, err := s.answer()
		if err != nil {
			return 0, err
		}
		if text == "The first datum." {
			return float64(time.Since(begun).Microseconds()) / 1000, nil
		}
		if time.Since(begun) > time.Minute {
			return 0, fmt.Errorf("a minute after the post the answer is %q", text)
		}
		time.Sleep(time.Millisecond)
	}
}

// below returns the servers that the system uses.
func (s system) below() system { return system{pids: s.servers} }

func (s system) memory() (mib float64) {
	for _, pid := range s.processes() {
		mib += pss(pid)
	}
	return mib
}

// settle returns once the processes have almost nothing to do, or after 2
// minutes. idle is the CPU time that they use in a second without work.
func (s system) settle(idle time.Duration) {
	for begun := time.Now(); time.Since(begun) < 2*time.Minute; {
		before := s.cpu() + s.below().cpu()
		time.Sleep(2 * time.Second)
		if s.cpu()+s.below().cpu()-before < 2*idle+100*time.Millisecond {
			return
		}
	}
}

func (s system) post(ctx context.Context, c *http.Client, datum string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/multivac/data", strings.NewReader(url.Values{"data": {datum}}.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("POST: %s: %.200s", response.Status, said)
	}
	return err
}

func (s system) answer() (string, error) {
	r, err := http.Get(s.url + "/multivac")
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	said, err := io.ReadAll(r.Body)
	return string(said), err
}

// processes returns the processes of the system and their descendants.
func (s system) processes() []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		if fields := statFields(path); fields != nil {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			parent, _ := strconv.Atoi(fields[1])
			children[parent] = append(children[parent], pid)
		}
	}
	all := append([]int(nil), s.pids...)
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// statFields returns the fields of a stat file after the name, from the state on.
func statFields(path string) []string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(raw), ") ")
	if !ok {
		return nil
	}
	return strings.Fields(rest)
}

// cpu returns the CPU time of all processes and of their children that have
// ended.
func (s system) cpu() (total time.Duration) {
	for _, pid := range s.processes() {
		fields := statFields(fmt.Sprintf("/proc/%d/stat", pid))
		for i := 11; i < 15 && i < len(fields); i++ {
			ticks, _ := strconv.Atoi(fields[i])
			total += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return total
}

// pss returns the memory of a process in MiB. Shared memory counts in
// proportion.
func pss(pid int) float64 {
	kilobytes := 0.0
	_ = eachLine(fmt.Sprintf("/proc/%d/smaps_rollup", pid), func(l string) error {
		if rest, ok := strings.CutPrefix(l, "Pss:"); ok {
			kilobytes, _ = strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 64)
		}
		return nil
	})
	return kilobytes / 1024
}

// A crew is a list of processes. They are started in order and ended in reverse
// order.
type crew struct {
	log     *os.File
	bin     string // folder of the Python programs
	running []*exec.Cmd
}

// newCrew makes the Python environment if it does not exist.
func newCrew(dir, venv string) (c *crew, err error) {
	if venv == "" {
		venv = filepath.Join(dir, "venv")
	}
	if _, err := os.Stat(filepath.Join(venv, "bin", "gunicorn")); errors.Is(err, os.ErrNotExist) {
		for _, c := range [][]string{{"python3", "-m", "venv", venv}, {filepath.Join(venv, "bin", "pip"), "install", "-q", "-r", "original/requirements.txt"}} {
			if said, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w\n%s", strings.Join(c, " "), err, said)
			}
		}
	}
	c = &crew{}
	if c.bin, err = filepath.Abs(filepath.Join(venv, "bin")); err != nil {
		return nil, err
	}
	c.log, err = os.Create(filepath.Join(dir, "crew.log"))
	return c, err
}

// start returns once the process listens on the port, unless that is empty.
func (c *crew) start(port string, env []string, program string, args ...string) (pid int, err error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = "original"
	cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	c.running = append(c.running, cmd)
	for begun := time.Now(); port != ""; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			break
		} else if time.Since(begun) > time.Minute {
			said, _ := os.ReadFile(c.log.Name())
			return 0, fmt.Errorf("%s does not listen: %w\n%.2000s", program, err, said)
		}
	}
	return cmd.Process.Pid, nil
}

func (c *crew) stop() {
	c.end()
	c.log.Close()
}

// end ends the processes.
func (c *crew) end() {
	for i := len(c.running) - 1; i >= 0; i-- {
		_ = c.running[i].Process.Signal(syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { _ = c.running[i].Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = c.running[i].Process.Kill()
			<-ended
		}
	}
	c.running = nil
}

// redis starts a Redis and returns its port.
func (c *crew) redis(dir string, args ...string) (port string, pid int, err error) {
	if port, err = freePort(); err != nil {
		return "", 0, err
	}
	pid, err = c.start(port, nil, "redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", dir}, args...)...)
	return port, pid, err
}

// database starts a database that is durable at each commit, and returns its
// URI.
func (c *crew) database(dir string) (uri string, pid int, err error) {
	port, err := freePort()
	if err != nil {
		return "", 0, err
	}
	pid, err = c.start(port, nil, filepath.Join(c.bin, "secantusd-py"), "--host", "127.0.0.1", "--port", port, "--storage-path", filepath.Join(dir, "db"), "--sync-on-commit")
	return "mongodb://127.0.0.1:" + port + "/?replicaSet=secantus", pid, err
}

// original starts two web processes and a worker of the original's design.
func (c *crew) original(redis, mongo string) (s system, err error) {
	port, err := freePort()
	if err != nil {
		return s, err
	}
	s.name, s.url = "the original's design", "http://127.0.0.1:"+port
	env := []string{"REDIS_URL=" + redis, "MONGODB_URI=" + mongo}
	web, err := c.start(port, env, filepath.Join(c.bin, "gunicorn"), "--workers", "2", "--threads", "4", "--bind", "127.0.0.1:"+port, "--access-logfile", "-", "app:app")
	if err != nil {
		return s, err
	}
	worker, err := c.start("", env, filepath.Join(c.bin, "rq"), "worker", "--url", redis, "multivac")
	s.pids = []int{web, worker}
	return s, err
}

// startOriginal starts Redis, the database, two web processes and a worker.
func startOriginal(dir, venv string) (s system, stop func(), err error) {
	c, err := newCrew(dir, venv)
	if err != nil {
		return s, func() {}, err
	}
	port, redis, err := c.redis(dir, "--appendonly", "no")
	if err != nil {
		return s, c.stop, err
	}
	uri, database, err := c.database(dir)
	if err != nil {
		return s, c.stop, err
	}
	s, err = c.original("redis://127.0.0.1:"+port, uri)
	s.pids = append(s.pids, redis, database)
	return s, c.stop, err
}

// childrenCPU returns the CPU time of processes that this one has started and
// that have ended.
func childrenCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cores returns how many cores this process may use.
func cores() int { return runtime.NumCPU() }

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
