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
	"strconv"
	"strings"
	"syscall"
	"time"
)

// An originalMeasure is what one of both needs for the original's routes.
type originalMeasure struct {
	Server  string  `json:"server"`
	Get     float64 `json:"get_per_second"`
	GetCPU  float64 `json:"get_cpu_us"` // of all its processes
	Post    float64 `json:"post_per_second"`
	PostCPU float64 `json:"post_cpu_us"` // until the answer is told
	Answer  float64 `json:"post_to_answer_ms"`
	MiB     float64 `json:"pss_mib"` // of all its processes, after the load
}

// A system is what answers the original's routes: processes, whose children count.
type system struct {
	name string
	url  string
	pids []int
}

// benchOriginal measures the original's three routes as the original's design
// serves them, in Python with a queue in Redis and a database of MongoDB's
// protocol, and as MultiVAC does.
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
	for _, s := range []system{original, {"MultiVAC", ours.url, []int{ours.cmd.Process.Pid}}} {
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
	begun := time.Now()
	if err := s.post(context.Background(), http.DefaultClient, "The first datum."); err != nil {
		return m, err
	}
	for {
		text, err := s.answer()
		if err != nil {
			return m, err
		}
		if text == "The first datum." {
			break
		}
		if time.Since(begun) > time.Minute {
			return m, fmt.Errorf("a minute after the post the answer is %q", text)
		}
		time.Sleep(time.Millisecond)
	}
	m.Answer = float64(time.Since(begun).Microseconds()) / 1000

	load := get
	if _, err := exec.LookPath("wrk"); err == nil {
		load = wrk
	}
	before := s.cpu()
	n, per, err := load(s.url + "/multivac")
	if err != nil {
		return m, err
	}
	m.Get, m.GetCPU = per, float64((s.cpu()-before).Microseconds())/float64(n)

	before = s.cpu()
	if n, m.Post, err = parallel(func(ctx context.Context, c *http.Client) error {
		return s.post(ctx, c, fmt.Sprintf("Datum number %d.", told.Add(1)))
	}); err != nil {
		return m, err
	}
	s.settle()
	m.PostCPU = float64((s.cpu() - before).Microseconds()) / float64(n)
	for _, pid := range s.processes() {
		m.MiB += pss(pid)
	}
	return m, nil
}

// settle returns once the processes have next to nothing to do any more, or
// after two minutes.
func (s system) settle() {
	for begun := time.Now(); time.Since(begun) < 2*time.Minute; {
		before := s.cpu()
		time.Sleep(2 * time.Second)
		if s.cpu()-before < 100*time.Millisecond {
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

// processes returns those of the system and all below them.
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

// cpu is what all processes have used, and those of their children that ended.
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

// pss is the memory of a process, what it shares counted by its share, in MiB.
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

// startOriginal starts Redis, the database, two web processes and a worker.
func startOriginal(dir, venv string) (s system, stop func(), err error) {
	var running []*exec.Cmd
	stop = func() {
		for i := len(running) - 1; i >= 0; i-- {
			_ = running[i].Process.Signal(syscall.SIGTERM)
			ended := make(chan struct{})
			go func() { _ = running[i].Wait(); close(ended) }()
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				_ = running[i].Process.Kill()
				<-ended
			}
		}
	}
	if venv == "" {
		venv = filepath.Join(dir, "venv")
	}
	if _, err := os.Stat(filepath.Join(venv, "bin", "gunicorn")); errors.Is(err, os.ErrNotExist) {
		for _, c := range [][]string{{"python3", "-m", "venv", venv}, {filepath.Join(venv, "bin", "pip"), "install", "-q", "-r", "original/requirements.txt"}} {
			if said, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
				return s, stop, fmt.Errorf("%s: %w\n%s", strings.Join(c, " "), err, said)
			}
		}
	}
	ports := make([]string, 3)
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return s, stop, err
		}
	}
	log, err := os.Create(filepath.Join(dir, "original.log"))
	if err != nil {
		return s, stop, err
	}
	redis, mongo := "redis://127.0.0.1:"+ports[0], "mongodb://127.0.0.1:"+ports[1]+"/?replicaSet=secantus"
	start := func(port, program string, args ...string) error {
		c := exec.Command(program, args...)
		c.Dir = "original"
		c.Env = append(os.Environ(), "REDIS_URL="+redis, "MONGODB_URI="+mongo, "PYTHONDONTWRITEBYTECODE=1")
		c.Stdout, c.Stderr = log, log
		if err := c.Start(); err != nil {
			return err
		}
		running = append(running, c)
		s.pids = append(s.pids, c.Process.Pid)
		for begun := time.Now(); port != ""; time.Sleep(20 * time.Millisecond) {
			if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
				conn.Close()
				return nil
			} else if time.Since(begun) > time.Minute {
				said, _ := os.ReadFile(log.Name())
				return fmt.Errorf("%s does not listen: %w\n%.2000s", program, err, said)
			}
		}
		return nil
	}
	bin, err := filepath.Abs(filepath.Join(venv, "bin"))
	if err != nil {
		return s, stop, err
	}
	in := func(program string) string { return filepath.Join(bin, program) }
	for _, c := range []struct {
		port string
		line []string
	}{
		{ports[0], []string{"redis-server", "--bind", "127.0.0.1", "--port", ports[0], "--save", "", "--appendonly", "no", "--dir", dir}},
		{ports[1], []string{in("secantusd-py"), "--host", "127.0.0.1", "--port", ports[1], "--storage-path", filepath.Join(dir, "db"), "--sync-on-commit"}},
		{ports[2], []string{in("gunicorn"), "--workers", "2", "--threads", "4", "--bind", "127.0.0.1:" + ports[2], "--access-logfile", "-", "app:app"}},
		{"", []string{in("rq"), "worker", "--url", redis, "multivac"}},
	} {
		if err := start(c.port, c.line[0], c.line[1:]...); err != nil {
			return s, stop, err
		}
	}
	s.name, s.url = "the original's design", "http://127.0.0.1:"+ports[2]
	return s, stop, nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
