// Load tells and asks a MultiVAC steadily, from inside its cluster. It records
// which requests failed and which tellings were acknowledged. It tries nothing
// twice.
//
//	load run SERVER        tells and asks until it is ended; serves the account
//	load report            prints the account, and begins the next
//	load await N           returns once each client has made N more requests
//	load pause             stops telling and asking, for good
//	load check SERVER...   compares each server with what was acknowledged, and the servers with each other
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const control = "127.0.0.1:8080"

// An account is what was done since the last account.
type account struct {
	Asked    int      `json:"asked"`
	Told     int      `json:"told"`
	Failed   int      `json:"failed"`
	Failures []string `json:"failures"` // the first of them
	Slowest  string   `json:"slowest"`
}

// A checked is the result of comparing servers with what was acknowledged.
type checked struct {
	Acknowledged int      `json:"acknowledged"`
	Lost         []string `json:"lost"`
	Different    []string `json:"different"`
}

// questions are about MultiVAC's documentation, which is told as the collection
// documents, and does not change during the load.
var questions = []string{
	"What is the default port?", "How do I stop the server?", "How large may a document be?", "How many passages may a document have?",
	"Which variable names the file of the key?", "What does a worker do?", "Where is the data folder?", "What are the five promises?",
	"How do I run the tests?", "Who may delete a document?", "What is a fingerprint?", "How long does a keyring believe the keys?",
	"Which exit code means insufficient data?", "What is the capital of Peru?", "How do I rotate a password?", "What is kept in the cache?",
}

// lanes are the askers and the one that tells. Each makes one request after the other.
const lanes = 4

type load struct {
	server, key string
	web         *http.Client

	mu      sync.Mutex
	account account
	slowest time.Duration
	sources map[string]string // what was acknowledged: source → id
	done    [lanes]int        // requests that have ended, by lane
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case len(args) == 2 && args[0] == "run":
		key, err := os.ReadFile(os.Getenv("MULTIVAC_KEY_FILE"))
		if err != nil {
			return err
		}
		l := &load{server: args[1], key: strings.TrimSpace(string(key)), web: &http.Client{Timeout: 15 * time.Second}, sources: map[string]string{}}
		return l.run(ctx)
	case len(args) == 1 && args[0] == "report":
		return show(ctx, "/report")
	case len(args) == 2 && args[0] == "await":
		return show(ctx, "/await?"+url.Values{"times": args[1:]}.Encode())
	case len(args) == 1 && args[0] == "pause":
		return show(ctx, "/pause")
	case len(args) > 1 && args[0] == "check":
		return show(ctx, "/check?"+url.Values{"server": args[1:]}.Encode())
	}
	return errors.New("usage: load run SERVER | report | await N | pause | check SERVER [SERVER]")
}

// show prints the reply of the load that runs here.
func show(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+control+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	_, err = io.Copy(os.Stdout, answer.Body)
	return err
}

func (l *load) run(ctx context.Context) error {
	var steady sync.WaitGroup
	going, pause := context.WithCancel(ctx)
	defer pause()
	for n := 1; n < lanes; n++ {
		steady.Go(func() { l.steadily(going, n, 50*time.Millisecond, func(i int) error { return l.ask(going, n, i) }) })
	}
	steady.Go(func() { l.steadily(going, 0, 100*time.Millisecond, func(i int) error { return l.tell(ctx, i) }) })
	mux := http.NewServeMux()
	mux.HandleFunc("/report", func(w http.ResponseWriter, _ *http.Request) { write(w, l.report()) })
	mux.HandleFunc("/await", l.await)
	mux.HandleFunc("/pause", func(w http.ResponseWriter, _ *http.Request) {
		pause()
		steady.Wait()
		write(w, l.report())
	})
	mux.HandleFunc("/check", func(w http.ResponseWriter, r *http.Request) { write(w, l.check(r.Context(), r.URL.Query()["server"])) })
	server := &http.Server{Addr: control, Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func write(w io.Writer, v any) {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v) // the client may have gone
}

// await answers once each lane has made this number of further requests.
func (l *load) await(w http.ResponseWriter, r *http.Request) {
	times, err := strconv.Atoi(r.FormValue("times"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	before := l.done
	l.mu.Unlock()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		l.mu.Lock()
		fewest := l.done[0] - before[0]
		for n, done := range l.done {
			fewest = min(fewest, done-before[n])
		}
		l.mu.Unlock()
		if fewest >= times {
			return
		}
	}
}

// steadily calls do again and again, and records the results.
func (l *load) steadily(ctx context.Context, lane int, every time.Duration, do func(i int) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		begun := time.Now()
		err := do(i)
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.done[lane]++
		l.slowest = max(l.slowest, time.Since(begun))
		if err != nil {
			l.account.Failed++
			if len(l.account.Failures) < 20 {
				l.account.Failures = append(l.account.Failures, time.Now().UTC().Format(time.TimeOnly)+" after "+time.Since(begun).Round(time.Millisecond).String()+": "+err.Error())
			}
		}
		l.mu.Unlock()
	}
}

// ask asks a question that was asked before, and every third time a new one.
func (l *load) ask(ctx context.Context, asker, i int) error {
	question := fmt.Sprintf("What does crate %d hold?", i%50)
	if i%3 == 0 {
		question = fmt.Sprintf("What does crate %d of asker %d hold at %d?", i%50, asker, i)
	}
	body, err := l.post(ctx, l.server, "/api/v1/answer", map[string]any{"question": question})
	if err != nil {
		return err
	}
	var answer struct{ State string }
	if err := json.Unmarshal(body, &answer); err != nil || answer.State == "" {
		return fmt.Errorf("asked %q: no answer in %s: %w", question, body, err)
	}
	l.mu.Lock()
	l.account.Asked++
	l.mu.Unlock()
	return nil
}

func (l *load) tell(ctx context.Context, i int) error {
	source := fmt.Sprintf("crates/%d.md", i)
	body, err := l.post(ctx, l.server, "/api/v1/documents", map[string]any{"source": source, "text": fmt.Sprintf("# Crate %d\n\nCrate %d holds %d lamps of type %d.\n", i, i, 3*i+1, i%7)})
	if err != nil {
		return err
	}
	var receipt struct{ ID, State string }
	if err := json.Unmarshal(body, &receipt); err != nil || receipt.ID == "" {
		return fmt.Errorf("told %s: no receipt in %s: %w", source, body, err)
	}
	l.mu.Lock()
	l.account.Told++
	l.sources[source] = receipt.ID
	l.mu.Unlock()
	return nil
}

func (l *load) report() account {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account
	a.Slowest = l.slowest.Round(time.Millisecond).String()
	l.account, l.slowest = account{}, 0
	return a
}

// check looks for each acknowledged document on the first server, which has to
// index it within a while. Then it asks all servers the same questions, from
// the same position on.
func (l *load) check(ctx context.Context, servers []string) (c checked) {
	l.mu.Lock()
	all := maps.Clone(l.sources)
	l.mu.Unlock()
	c.Acknowledged = len(all)
	for source, id := range all {
		if err := l.indexed(ctx, servers[0], id); err != nil {
			c.Lost = append(c.Lost, source+": "+err.Error())
		}
	}
	for _, q := range questions {
		question := map[string]any{"question": q, "collection": "documents"}
		first := ""
		for n, server := range servers {
			body, err := l.post(ctx, server, "/api/v1/answer", question)
			if err != nil {
				c.Different = append(c.Different, server+": "+err.Error())
				continue
			}
			var answer map[string]any
			_ = json.Unmarshal(body, &answer) // anything that is not an answer counts as different
			if n == 0 {
				question["after"] = answer["position"]
			}
			delete(answer, "position")
			same, _ := json.Marshal(answer)
			if n == 0 {
				first = string(same)
			} else if string(same) != first {
				c.Different = append(c.Different, fmt.Sprintf("%v: %s says %s, and %s says %s", question["question"], servers[0], first, server, same))
			}
		}
	}
	return c
}

// indexed waits a while until a document is indexed.
func (l *load) indexed(ctx context.Context, server, id string) error {
	for end := time.Now().Add(30 * time.Second); ; {
		body, err := l.send(ctx, http.MethodGet, server+"/api/v1/documents/"+id, nil)
		var document struct{ State string }
		if err == nil {
			err = json.Unmarshal(body, &document)
		}
		if err == nil && document.State == "indexed" {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after 30 s it is %s: %w", body, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (l *load) post(ctx context.Context, server, path string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return l.send(ctx, http.MethodPost, server+path, body)
}

func (l *load) send(ctx context.Context, method, at string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+l.key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := l.web.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, r.URL.Path, answer.Status, b)
	}
	return b, err
}
