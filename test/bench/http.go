package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"multivac"
	"multivac/internal/store/sqlite"
)

const (
	clients  = 16
	rounds   = 3               // of each measurement, alternating; the median counts
	duration = 4 * time.Second // of one round
)

// bearer is the Authorization header of requests.
var bearer string

// keyed sends bearer with each request.
type keyed struct{ http.RoundTripper }

func (k keyed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", bearer)
	return k.RoundTripper.RoundTrip(r)
}

// A rate is what a server did under load.
type rate struct {
	Name   string  `json:"name"`
	Server string  `json:"server"`
	Rate   float64 `json:"per_second"`
	CPU    float64 `json:"cpu_us"` // of the server, per request
}

// benchHTTP measures requests per second of the server as it is shipped, with a
// key, its log and metrics, and compares it with handlers that only answer or
// only commit.
func benchHTTP(dir, binary string) (all []rate, err error) {
	dir, err = os.MkdirTemp(dir, "http-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "admin.key")
	ours, err := startServer(binary, dir, "--admin-key-file", file)
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	bearer = "Bearer " + strings.TrimSpace(string(key))
	http.DefaultTransport = keyed{http.DefaultTransport}
	const question = "/api/v1/answer?question=How+long+are+backups+kept%3F"
	if r, err := http.PostForm(ours.url+"/multivac/data", url.Values{"data": {"Backups are kept for 35 days."}}); err != nil {
		return nil, err
	} else {
		r.Body.Close()
	}
	if r, err := http.Post(ours.url+"/api/v1/documents?wait=indexed", "application/json",
		bytes.NewReader([]byte(`{"source":"backups.md","text":"# Backups\n\nBackups are kept for 35 days. They are tested every month."}`))); err != nil {
		return nil, err
	} else {
		r.Body.Close()
	}
	if err := ours.await(time.Minute, func(st state) bool { return st.Ready && st.Pending == 0 }); err != nil {
		return nil, err
	}
	bare, stopBare, err := startBare(dir, ours.url, "/multivac", question)
	if err != nil {
		return nil, err
	}
	defer stopBare()

	load, with := get, "a Go client"
	if _, err := exec.LookPath("wrk"); err == nil {
		load, with = wrk, "wrk"
	}
	fmt.Printf("\nHTTP at %d clients by %s, medians of %d runs of %s in turn\n\n", clients, with, rounds, duration)
	fmt.Println("| request | server | per second | CPU of the server, µs |")
	fmt.Println("|---|---|---:|---:|")
	for _, path := range []string{"/multivac", question} {
		name := "GET " + path[:len("/multivac")]
		if path == question {
			name = "GET /api/v1/answer, repeated"
		}
		r, err := compare(name, load, bare.target("a handler that only answers", path), ours.target("MultiVAC", path))
		if err != nil {
			return all, err
		}
		all = append(all, r...)
	}
	told, err := compareTellings(dir, bare, ours)
	return append(all, told...), err
}

// A target is a server to load. The benchmark waits until it is idle again.
type target struct {
	server, url string
	cpu         func() time.Duration
	during      func() (stop func()) // a measurement during the load
	idle        func() error         // returns when no work is left
}

func (s *server) target(name, path string) target {
	return target{name, s.url + path, s.cpu, func() func() { return func() {} }, func() error { return nil }}
}

// compare loads the targets alternately.
func compare(name string, load func(url string) (requests int, per float64, err error), targets ...target) (all []rate, err error) {
	runs := make([][]rate, len(targets))
	for range rounds {
		for i, t := range targets {
			before := t.cpu()
			stop := t.during()
			n, per, err := load(t.url)
			stop()
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, t.server, err)
			}
			if err := t.idle(); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, t.server, err)
			}
			cpu := float64((t.cpu() - before).Microseconds()) / float64(max(1, n))
			runs[i] = append(runs[i], rate{name, t.server, per, cpu})
		}
	}
	for i := range targets {
		slices.SortFunc(runs[i], func(a, b rate) int { return int(a.Rate - b.Rate) })
		r := runs[i][rounds/2]
		all = append(all, r)
		fmt.Printf("| %s | %s | %.0f | %.1f |\n", r.Name, r.Server, r.Rate, r.CPU)
		if i > 0 {
			fmt.Printf("| | ratio | %.2f | %.2f |\n", r.Rate/all[0].Rate, r.CPU/all[0].CPU)
		}
	}
	return all, nil
}

var perSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
var totalRequests = regexp.MustCompile(`(\d+) requests in`)
var failures = regexp.MustCompile(`(?m)Non-2xx or 3xx responses.*|Socket errors.*`)

func wrk(url string) (requests int, per float64, err error) { return runWrk(url) }

func runWrk(url string, more ...string) (requests int, per float64, err error) {
	args := []string{"-t1", "-c" + strconv.Itoa(clients), "-d" + strconv.Itoa(int(duration.Seconds())) + "s", "-H", "Authorization: " + bearer}
	return wrkWith(append(append(args, more...), url)...)
}

func wrkWith(args ...string) (requests int, per float64, err error) {
	out, err := exec.Command("wrk", args...).Output()
	if err != nil {
		return 0, 0, err
	}
	if f := failures.Find(out); f != nil {
		return 0, 0, fmt.Errorf("wrk: %s", f)
	}
	n, p := totalRequests.FindSubmatch(out), perSecond.FindSubmatch(out)
	if n == nil || p == nil {
		return 0, 0, fmt.Errorf("wrk printed %q", out)
	}
	requests, _ = strconv.Atoi(string(n[1]))
	per, err = strconv.ParseFloat(string(p[1]), 64)
	return requests, per, err
}

// get replaces wrk if it is not installed.
func get(url string) (requests int, per float64, err error) {
	return parallel(func(ctx context.Context, c *http.Client) error {
		return send(ctx, c, http.MethodGet, url, nil, http.StatusOK)
	})
}

func send(ctx context.Context, c *http.Client, method, url string, body []byte, want int) error {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%s %s: %s", method, url, response.Status)
	}
	return nil
}

// parallel calls one from all clients repeatedly for the duration.
func parallel(one func(context.Context, *http.Client) error) (requests int, per float64, err error) {
	client := &http.Client{Transport: keyed{&http.Transport{MaxIdleConnsPerHost: clients}}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var done atomic.Int64
	var once sync.Once
	var wg sync.WaitGroup
	begun := time.Now()
	for range clients {
		wg.Go(func() {
			for time.Since(begun) < duration {
				if e := one(ctx, client); e != nil {
					once.Do(func() { err = e; cancel() })
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return int(done.Load()), float64(done.Load()) / time.Since(begun).Seconds(), err
}

// startBare starts `bench bare` in a process of its own. It answers the paths
// as the server at from does.
func startBare(dir, from string, paths ...string) (s *server, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	s = &server{cmd: exec.Command(self, append([]string{"bare", dir, from}, paths...)...)}
	s.cmd.Stderr = os.Stderr
	said, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() }
	if _, err := fmt.Fscanln(said, &s.url); err != nil {
		stop()
		return nil, nil, fmt.Errorf("the bare server: %w", err)
	}
	return s, stop, nil
}

// serveBare answers GET with the responses of the server at from. It answers
// POST with 202 once our store has the document, with a commit for each
// document or with shared commits, as MultiVAC does.
func serveBare(dir, from string, paths []string) error {
	mux := http.NewServeMux()
	for _, path := range paths {
		r, err := http.Get(from + path)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return err
		}
		u, err := url.Parse(path)
		if err != nil {
			return err
		}
		contentType := r.Header.Get("Content-Type")
		mux.HandleFunc("GET "+u.Path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(body) // the client has gone
		})
	}
	db, err := sqlite.Open(filepath.Join(dir, "bare"))
	if err != nil {
		return err
	}
	put := func(w http.ResponseWriter, r *http.Request) {
		var t struct{ Source, Text string }
		err := json.NewDecoder(r.Body).Decode(&t)
		if err == nil {
			_, err = db.Put(r.Context(), []multivac.Telling{{Source: t.Source, MediaType: multivac.Markdown, Body: []byte(t.Text)}}, time.Now())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
	mux.HandleFunc("POST /shared", put)
	var alone sync.Mutex
	mux.HandleFunc("POST /alone", func(w http.ResponseWriter, r *http.Request) {
		alone.Lock()
		defer alone.Unlock()
		put(w, r)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", l.Addr())
	return http.Serve(l, mux)
}
