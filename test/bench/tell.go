package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"multivac/internal/cli"
	"multivac/internal/store/sqlite"
)

// compareTellings measures durable tellings of our store behind a handler that
// does nothing else, and of the server as it is shipped, each with shared
// commits and with one commit per document.
func compareTellings(dir string, bare, ours *server) (all []rate, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "alone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "admin.key")
	key := strings.TrimPrefix(bearer, "Bearer ") // the same for both
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		return nil, err
	}
	alone, err := startServer(self, dir, "--admin-key-file", file)
	if err != nil {
		return nil, err
	}
	defer alone.stop()
	var fresh freshness
	all, err = compare("POST of a document, durable", post,
		bare.target("our store behind a handler, one commit per document", "/alone"),
		bare.target("our store behind a handler, commits shared", "/shared"),
		alone.telling("MultiVAC, one commit per document", nil),
		ours.telling("MultiVAC", &fresh))
	if err == nil {
		fmt.Printf("| | MultiVAC by MultiVAC with one commit per document | %.2f | %.2f |\n", all[3].Rate/all[2].Rate, all[3].CPU/all[2].CPU)
		fmt.Printf("\nMeanwhile it took a document in MultiVAC until it was answered from: %s\n", &fresh)
	}
	return all, err
}

// telling returns a target that is idle once everything is indexed. If fresh is
// not nil, some tellings are waited for.
func (s *server) telling(name string, fresh *freshness) target {
	t := s.target(name, "/api/v1/documents")
	idle := func() error { return s.await(time.Minute, func(st state) bool { return st.Pending == 0 }) }
	t.idle = idle
	if fresh != nil {
		t.during = func() (stop func()) { return fresh.watch(s.url) }
	}
	return t
}

// freshness is how long it takes until a document is indexed.
type freshness struct {
	mu   sync.Mutex
	took []time.Duration
}

// watch tells a document 10 times a second and waits until it is indexed, until
// stop is called.
func (f *freshness) watch(url string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				all.Go(func() { f.one(url) })
			}
		}
	})
	return func() { cancel(); all.Wait() }
}

func (f *freshness) one(url string) {
	begun := time.Now()
	err := send(context.Background(), http.DefaultClient, http.MethodPost, url+"/api/v1/documents?wait=indexed", document(told.Add(1)), http.StatusAccepted)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took = append(f.took, time.Since(begun))
}

func (f *freshness) String() string {
	p50, p95, p99 := percentiles(f.took)
	return fmt.Sprintf("p50 %.0f, p95 %.0f, p99 %.0f ms, of %d", p50, p95, p99, len(f.took))
}

// serveAlone is the server as it is shipped, but with one commit for each
// write.
func serveAlone(args []string) int {
	sqlite.MaxBatch = 1
	return cli.Main(context.Background(), append([]string{"serve"}, args...), os.Stdin, os.Stdout, os.Stderr)
}

var told atomic.Int64 // all different

func document(n int64) []byte {
	return fmt.Appendf(nil, `{"source":"bench/%d.md","text":"Shelf %d holds the spare parts of the pump with the number %d. It is locked at night."}`, n, n, n*7)
}

// script makes wrk tell the documents that document makes, from the given
// number on.
const script = `local n = %d
request = function()
  n = n + 1
  return wrk.format("POST", nil, nil, string.format('{"source":"bench/%%d.md","text":"Shelf %%d holds the spare parts of the pump with the number %%d. It is locked at night."}', n, n, n * 7))
end
`

// post tells different documents, one per request.
func post(url string) (requests int, per float64, err error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return parallel(func(ctx context.Context, c *http.Client) error {
			return send(ctx, c, http.MethodPost, url, document(told.Add(1)), http.StatusAccepted)
		})
	}
	f, err := os.CreateTemp("", "bench-*.lua")
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(f.Name())
	const enough = 1 << 24
	_, err = fmt.Fprintf(f, script, told.Add(enough)-enough)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, 0, err
	}
	return runWrk(url, "-s", f.Name(), "-H", "Content-Type: application/json")
}
