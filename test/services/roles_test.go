package services

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multivac/internal/eventually"
)

// command runs the command in the working directory of the processes, and so with
// their settings.
func (s *stage) command(args ...string) (out, errOut string, code int) {
	s.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "MULTIVAC_MEANING=off", "HOME="+s.dir, "XDG_DATA_HOME="+s.dir, "MULTIVAC_SERVER=", "NO_COLOR=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// done is command for a command that must succeed.
func (s *stage) done(args ...string) string {
	s.t.Helper()
	out, errOut, code := s.command(args...)
	if code != 0 {
		s.t.Fatalf("multivac %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, errOut)
	}
	return out
}

// with sends a request with a key.
func (p *process) with(key, method, path, body string) reply {
	p.t.Helper()
	return p.do(method, path, "application/json", body, "Authorization", "Bearer "+key)
}

// Webs that start at the same time have one admin key. A key that one of them
// makes is valid at the others at once. A revoked one is valid nowhere after a
// second.
func TestKeysOfEveryWeb(t *testing.T) {
	s := newStage(t)
	file := filepath.Join(s.dir, "admin.key")
	webs := make([]*process, 3)
	started := make(chan int)
	for i := range webs {
		go func() { defer func() { started <- i }(); webs[i] = s.start("web", "--admin-key-file", file).ready() }()
	}
	for range webs {
		<-started
	}
	text, err := os.ReadFile(file)
	must(t, err)
	admin := strings.TrimSpace(string(text))
	for _, web := range webs {
		if r := web.with(admin, "GET", "/api/v1/keys", ""); r.status != http.StatusOK || strings.Count(r.body, `"id"`) != 1 {
			t.Errorf("the keys are %d %s, want the admin's one", r.status, r.body)
		}
	}
	var made struct {
		ID  string `json:"id"`
		Key string `json:"key"`
	}
	must(t, json.Unmarshal([]byte(webs[0].with(admin, "POST", "/api/v1/keys", `{"name":"search page","scopes":["ask"]}`).body), &made))
	key := made.Key
	for _, web := range webs {
		if r := web.with(key, "GET", "/api/v1/collections", ""); r.status != http.StatusOK {
			t.Errorf("a key that was just made elsewhere: %d %s", r.status, r.body)
		}
	}
	if r := webs[1].with(admin, "DELETE", "/api/v1/keys/"+made.ID, ""); r.status >= 300 {
		t.Fatalf("revoke: %d %s", r.status, r.body)
	}
	revoked := time.Now()
	for _, web := range webs {
		eventually.Nil(t, "a key that was revoked elsewhere is refused", func() error { // auth's tests hold the second that this may take
			if status := web.with(key, "GET", "/api/v1/collections", "").status; status != http.StatusUnauthorized {
				return fmt.Errorf("it is answered with %d", status)
			}
			return nil
		})
		t.Logf("refused %v after the revocation", time.Since(revoked))
	}
}

// The commands that look after the store work on MongoDB: through a web, and
// without one, by the settings.
func TestToolsOnTheStoreOfMany(t *testing.T) {
	s := newStage(t)
	web := s.start("web").ready()
	s.start("worker").ready()
	r := web.tellAndWait("pump.md", "# Pump\n\nThe pump stops at 80 degrees.\n")
	for _, where := range [][]string{{"--server", web.URL}, {}} {
		tool := func(want string, args ...string) {
			t.Helper()
			if out := s.done(append(args, where...)...); !strings.Contains(out, want) {
				t.Errorf("multivac %s: %q, want %q", strings.Join(append(args, where...), " "), out, want)
			}
		}
		tool("nothing is broken", "doctor")
		tool("80 degrees", "ask", "At how many degrees does the pump stop?")
		tool("pump.md", "documents", "list")
		tool("", "jobs", "list")
		tool(r.ID, "export")
	}
	// The embedded store reads an export of it, and it reads an export of that one.
	copied := filepath.Join(s.dir, "copy.jsonl.gz")
	s.done("export", "-o", copied)
	folder := filepath.Join(s.dir, "folder")
	s.done("import", "--data", folder, copied)
	if out := s.done("ask", "--data", folder, "At how many degrees does the pump stop?"); !strings.Contains(out, "80 degrees") {
		t.Errorf("the copy answers %q", out)
	}
}

// A process that starts before its services waits for them and says so. One with
// settings that cannot be right ends.
func TestStartBeforeTheServices(t *testing.T) {
	s := newStage(t)
	s.mongo.Stop()
	s.queue.Stop()
	web, worker := s.start("web"), s.start("worker")
	for _, p := range []*process{web, worker} {
		if r := p.do("GET", "/livez", "", ""); r.status != http.StatusOK {
			t.Errorf("%s: /livez is %d", p.role, r.status)
		}
		p.until("/readyz", func(r reply) bool {
			return r.status == http.StatusServiceUnavailable && strings.Contains(r.body, "waiting for the store at "+s.mongo.Addr)
		})
		if r := p.do("GET", "/api/v1/documents", "", ""); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
			t.Errorf("%s: without a store, got %d %v %s", p.role, r.status, r.header, r.body)
		}
	}
	s.mongo.Start()
	web.ready() // without a queue
	if r := web.tell("pump.md", "The pump stops at 80 degrees."); r.State != "pending" {
		t.Errorf("told without a queue: %+v", r)
	}
	worker.until("/readyz", func(r reply) bool {
		return r.status == http.StatusServiceUnavailable && strings.Contains(r.body, "queue")
	})
	web.tellAndWait("pump.md", "The pump stops at 80 degrees.") // the worker finds it without the queue
	s.queue.Start()
	worker.ready()
	web.tellAndWait("pump.md", "The pump stops at 90 degrees.")

	out, err := exec.Command(binary, "serve", "--role", "worker", "--store.mongodb.uri", "mongodb://127.0.0.1:1/", "--listen", "127.0.0.1:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "queue.addr") {
		t.Errorf("a worker without a queue: %v, %s", err, out)
	}
}

// A worker whose Redis may evict tasks is not ready, and says what to do. The web
// is ready.
func TestAQueueThatMayEvict(t *testing.T) {
	s := newStage(t)
	s.queue.Do("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
	web, worker := s.start("web").ready(), s.start("worker")
	worker.until("/readyz", func(r reply) bool {
		return r.status == http.StatusServiceUnavailable && strings.Contains(r.body, "maxmemory-policy noeviction")
	})
	web.ready()
	web.tellAndWait("pump.md", "The pump stops at 80 degrees.") // it works
	if !strings.Contains(web.said(), "may evict") {
		t.Errorf("the web says nothing of it:\n%s", web.said())
	}
}

// The logs of both roles have lines with the id of a request.
func TestOneRequestInBothLogs(t *testing.T) {
	s := newStage(t)
	web, worker := s.start("web").ready(), s.start("worker").ready()
	web.do("POST", "/api/v1/documents?wait=indexed", "application/json", `{"source":"pump.md","text":"The pump stops at 80 degrees."}`, "X-Request-Id", "follow-me-7")
	for _, p := range []*process{web, worker} {
		p.says(`"request_id":"follow-me-7"`)
	}
}

// Another worker takes up what a killed worker was working on. A web that starts,
// stops or is killed loses nothing.
func TestProcessesComeAndGo(t *testing.T) {
	s := newStage(t)
	webs := []*process{s.start("web").ready(), s.start("web").ready()}
	workers := []*process{s.start("worker").ready(), s.start("worker").ready()}
	var told []receipt
	for round := range 4 {
		for i := range 50 {
			told = append(told, webs[(round+1)%2].tell(strings.Repeat("x", round+1)+string(rune('a'+i%26))+string(rune('a'+i/26)), "Crate "+string(rune('a'+i%26))+" holds lamps."))
		}
		killed := time.Now()
		if round%2 == 0 {
			workers[round/2].kill()
			workers[round/2] = s.start("worker").ready()
		} else {
			webs[round%2].kill()
			webs[round%2] = s.start("web").ready()
		}
		web := webs[(round+1)%2]
		web.until("/readyz", func(r reply) bool { return strings.Contains(r.body, `"pending":0`) })
		t.Logf("round %d: nothing is pending %v after the kill", round, time.Since(killed).Round(time.Millisecond))
	}
	for _, web := range webs {
		for _, r := range told {
			if got := web.do("GET", "/api/v1/documents/"+r.ID, "", ""); !strings.Contains(got.body, `"state":"indexed"`) {
				t.Errorf("document %s: %s", r.ID, got.body)
			}
		}
	}
	for _, p := range append(webs, workers...) {
		p.stop()
	}
}
