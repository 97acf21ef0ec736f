package main

import (
	"bufio"
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
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is a running `multivac serve`, its log in a file.
type server struct {
	url  string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

var listening = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startServer returns once the server listens.
func startServer(binary, dir string, args ...string) (*server, error) {
	return startServerWith(nil, binary, dir, args...)
}

func startServerWith(env []string, binary, dir string, args ...string) (*server, error) {
	log, err := os.Create(filepath.Join(dir, "server.log"))
	if err != nil {
		return nil, err
	}
	s := &server{log: log, done: make(chan struct{})}
	s.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--log-format", "json"}, args...)...)
	s.cmd.Stdout, s.cmd.Env = log, append(append(os.Environ(), "MULTIVAC_MEANING=off"), env...)
	said, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	found := make(chan string, 1)
	go func() {
		defer close(s.done)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if u := listening.FindString(lines.Text()); u != "" && s.url == "" {
				select {
				case found <- u:
				default:
				}
			}
		}
		_ = s.cmd.Wait() // its exit code does not matter
	}()
	select {
	case s.url = <-found:
		return s, nil
	case <-s.done:
		return nil, errors.New("the server has ended at once")
	case <-time.After(5 * time.Minute):
		s.stop()
		return nil, errors.New("the server does not listen")
	}
}

// stop asks the server to stop and waits until it has.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.log.Close()
}

func (s *server) memory(key string) float64 { return memoryOf(strconv.Itoa(s.cmd.Process.Pid), key) }

// cpu returns the CPU time of the process so far.
func (s *server) cpu() time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	ticks := 0
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
}

// state is the response of /readyz.
type state struct {
	Ready     bool
	Documents int
	Passages  int
	Pending   int
}

func (s *server) state() (st state, err error) {
	r, err := http.Get(s.url + "/readyz")
	if err != nil {
		return st, err
	}
	defer r.Body.Close()
	return st, json.NewDecoder(r.Body).Decode(&st)
}

// await returns once wanted accepts the state.
func (s *server) await(limit time.Duration, wanted func(state) bool) error {
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if st, err := s.state(); err == nil && wanted(st) {
			return nil
		} else if time.Since(begun) > limit {
			return fmt.Errorf("after %s it is still %+v, %v", limit, st, err)
		}
	}
}

// A serverMeasure is what one server needed.
type serverMeasure struct {
	Passages  int     `json:"passages"`
	Documents int     `json:"documents"`
	Told      float64 `json:"told_s"` // until everything is indexed
	ToldCPU   float64 `json:"told_cpu_s"`
	PeakMiB   float64 `json:"peak_rss_mib"`
	AskMiB    float64 `json:"ask_rss_mib"` // after the questions
	First     times   `json:"first"`       // a question asked for the first time
	Again     times   `json:"again"`       // asked a second time
	AskCPU    float64 `json:"ask_cpu_ms"`  // of the first time
	Ready     float64 `json:"ready_s"`     // after a restart
	ReadyCPU  float64 `json:"ready_cpu_s"`
	ReadyPeak float64 `json:"ready_peak_rss_mib"`
	ReadyMiB  float64 `json:"ready_rss_mib"`
	Restarted times   `json:"restarted"` // asked after the restart, for the first time
}

type times struct {
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
}

// passagesPerDocument is how many passages a told document has.
const passagesPerDocument = 20

// benchServer measures a server at each size.
func benchServer(dir, binary string, sizes []int) (all []serverMeasure, err error) {
	for _, n := range sizes {
		c, err := makeCorpus(dir, n)
		if err != nil {
			return all, err
		}
		m, err := measureServer(dir, binary, c)
		if err != nil {
			return all, err
		}
		all = append(all, m)
	}
	fmt.Printf("\nA whole server, over HTTP, one question at a time; documents of %d passages\n\n", passagesPerDocument)
	fmt.Println("| passages | told and indexed, s (CPU) | first asked p50 / p95 / p99, ms | CPU, ms | again p50 / p99, ms | RSS (peak), MiB | ready after a restart, s (CPU) | RSS then (peak), MiB | p50 / p95 / p99 then, ms |")
	fmt.Println("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, m := range all {
		fmt.Printf("| %d | %.0f (%.0f) | %.2f / %.2f / %.2f | %.2f | %.2f / %.2f | %.0f (%.0f) | %.1f (%.1f) | %.0f (%.0f) | %.2f / %.2f / %.2f |\n",
			m.Passages, m.Told, m.ToldCPU, m.First.P50, m.First.P95, m.First.P99, m.AskCPU, m.Again.P50, m.Again.P99, m.AskMiB, m.PeakMiB,
			m.Ready, m.ReadyCPU, m.ReadyMiB, m.ReadyPeak, m.Restarted.P50, m.Restarted.P95, m.Restarted.P99)
	}
	if len(all) > 1 {
		first, last := all[0], all[len(all)-1]
		fmt.Printf("\nFrom %d to %d passages the time of a question grows %.1f times (p50).\n", first.Passages, last.Passages, last.First.P50/first.First.P50)
	}
	return all, nil
}

func measureServer(dir, binary string, c corpus) (m serverMeasure, err error) {
	dir, err = os.MkdirTemp(dir, "server-")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	s, err := startServer(binary, dir)
	if err != nil {
		return m, err
	}
	defer func() { s.stop() }()
	begun := time.Now()
	if m.Documents, err = s.tell(c.Passages); err != nil {
		return m, err
	}
	if err := s.await(30*time.Minute, func(st state) bool { return st.Ready && st.Pending == 0 && st.Documents == m.Documents }); err != nil {
		return m, err
	}
	st, err := s.state()
	if err != nil {
		return m, err
	}
	m.Passages, m.Told, m.ToldCPU, m.PeakMiB = st.Passages, time.Since(begun).Seconds(), s.cpu().Seconds(), s.memory("VmHWM")
	before := s.cpu()
	var n int
	if m.First, n, err = s.ask(c.Questions); err != nil {
		return m, err
	}
	m.AskCPU = float64((s.cpu() - before).Microseconds()) / 1000 / float64(n)
	if m.Again, _, err = s.ask(c.Questions); err != nil {
		return m, err
	}
	m.AskMiB = s.memory("VmRSS")
	s.stop()

	begun = time.Now()
	if s, err = startServer(binary, dir); err != nil {
		return m, err
	}
	if err := s.await(10*time.Minute, func(st state) bool { return st.Ready }); err != nil {
		return m, err
	}
	m.Ready, m.ReadyCPU, m.ReadyPeak = time.Since(begun).Seconds(), s.cpu().Seconds(), s.memory("VmHWM")
	m.Restarted, _, err = s.ask(c.Questions)
	m.ReadyMiB = s.memory("VmRSS")
	return m, err
}

// tell tells the passages as Markdown documents with a heading, and returns how
// many documents there are.
func (s *server) tell(passages string) (documents int, err error) {
	const documentsPerRequest = 100
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	waiting := 0
	flush := func() error {
		if waiting == 0 {
			return nil
		}
		waiting = 0
		for {
			r, err := http.Post(s.url+"/api/v1/documents", "application/x-ndjson", bytes.NewReader(body.Bytes()))
			if err != nil {
				return err
			}
			said, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err != nil {
				return err
			}
			switch r.StatusCode {
			case http.StatusAccepted, http.StatusOK, http.StatusMultiStatus:
				body.Reset()
				return nil
			case http.StatusServiceUnavailable, http.StatusTooManyRequests:
				time.Sleep(time.Second)
			default:
				return fmt.Errorf("tell: %s: %.300s", r.Status, said)
			}
		}
	}
	var text strings.Builder
	title, in := "", 0
	end := func() error {
		documents++
		err := enc.Encode(map[string]string{"source": fmt.Sprintf("bench/%d.txt", documents), "title": title, "text": text.String()})
		text.Reset()
		in = 0
		if waiting++; err == nil && waiting == documentsPerRequest {
			err = flush()
		}
		return err
	}
	err = eachLine(passages, func(l string) error {
		t, passage, _ := strings.Cut(l, "\t")
		if in == 0 {
			title = t
		}
		text.WriteString(passage)
		text.WriteString("\n\n")
		if in++; in == passagesPerDocument {
			return end()
		}
		return nil
	})
	if err == nil && in > 0 {
		err = end()
	}
	if err == nil {
		err = flush()
	}
	return documents, err
}

// ask asks the questions one after the other.
func (s *server) ask(questions string) (t times, n int, err error) {
	var took []time.Duration
	client := &http.Client{}
	defer client.CloseIdleConnections()
	err = eachLine(questions, func(q string) error {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url+"/api/v1/answer?question="+url.QueryEscape(q), nil)
		if err != nil {
			return err
		}
		begun := time.Now()
		r, err := client.Do(request)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		took = append(took, time.Since(begun))
		if r.StatusCode != http.StatusOK {
			return fmt.Errorf("ask: %s", r.Status)
		}
		return nil
	})
	t.P50, t.P95, t.P99 = percentiles(took)
	return t, len(took), err
}
