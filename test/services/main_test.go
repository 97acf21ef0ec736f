// Package services runs the built binary as a company does: several processes of
// two roles, with services of their own, with passwords and over TLS.
package services

import (
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
	"strings"
	"syscall"
	"testing"
	"time"

	_ "multivac/internal/cli" // so that go test takes no results of an older command from its cache
	"multivac/internal/eventually"
	"multivac/internal/servers"
)

var binary string

func TestMain(m *testing.M) { servers.Main(m, &binary) }

// stepTimeout is how long a step of a test may take that normally takes no time.
const stepTimeout = 30 * time.Second

// A stage is the services and the settings that all processes of a test use.
type stage struct {
	t     *testing.T
	dir   string // working directory of all processes
	ca    *servers.CA
	mongo *servers.MongoServer
	queue *servers.RedisServer
	cache []*servers.RedisServer
}

// newStage starts the services: MongoDB, the queue's Redis and one of the cache
// each with a user of its own, all over TLS with client certificates.
func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), ca: servers.NewCA(t)}
	const storePassword, queuePassword, cachePassword = "store's", "queue's", "cache's"
	s.mongo = servers.Mongo(t, servers.MongoOptions{CA: s.ca, ClientCerts: true, Users: []servers.MongoUser{{Name: "multivac", Password: storePassword, Database: "multivac"}}})
	s.queue = servers.Redis(t, servers.RedisOptions{CA: s.ca, ClientCerts: true, AppendOnly: true, ACL: documented(t, "queue", queuePassword)})
	s.write("secrets/store.mongodb.password", storePassword)
	s.write("secrets/queue.password", queuePassword)
	s.write("secrets/cache.password", cachePassword)
	s.another()
	mine := s.ca.Client(t, "multivac")
	files := fmt.Sprintf("tls-ca = %q\ntls-cert = %q\ntls-key = %q\n", s.ca.File, mine.Cert, mine.Key)
	s.write("settings.toml", fmt.Sprintf("log-format = \"json\"\nsecrets = \"secrets\"\n\n"+
		"[store.mongodb]\nuri = %q\nusername = \"multivac\"\n%s\n[queue]\naddr = %q\ntls = true\nusername = \"queue\"\n%s\n[cache]\naddrs = [%q]\ntls = true\nusername = \"cache\"\n%s",
		s.mongo.URI, files, s.queue.Addr, files, s.cache[0].Addr, files))
	return s
}

// another adds a node to the cache.
func (s *stage) another() {
	s.t.Helper()
	s.cache = append(s.cache, servers.Redis(s.t, servers.RedisOptions{CA: s.ca, ClientCerts: true, MaxMemory: "64mb", Policy: "allkeys-lru", ACL: documented(s.t, "cache", s.secret("cache.password"))}))
}

// secret returns the content of a file of secrets.
func (s *stage) secret(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "secrets", name))
	must(s.t, err)
	return string(text)
}

// write replaces a file of the settings in one step.
func (s *stage) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	must(s.t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(s.t, os.WriteFile(file+".new", []byte(text), 0o600))
	must(s.t, os.Rename(file+".new", file))
}

// documented returns the ACL that the documentation gives a user of Redis.
func documented(t *testing.T, user, password string) []string {
	t.Helper()
	page, err := os.ReadFile("../../doc/how-to/redis.md")
	must(t, err)
	line := regexp.MustCompile(`(?m)^user ` + user + ` on #.*? (~.*)$`).FindSubmatch(page)
	if line == nil {
		t.Fatalf("doc/how-to/redis.md has no line of the user %s", user)
	}
	return []string{"user default off", servers.ACLUser(user, password, string(line[1]))}
}

// A process is a running `multivac serve`.
type process struct {
	t      *testing.T
	role   string
	URL    string
	cmd    *exec.Cmd
	out    *os.File // its log
	exited chan struct{}
}

// start starts a process of a role and waits until it listens.
func (s *stage) start(role string, args ...string) *process {
	s.t.Helper()
	out, err := os.CreateTemp(s.dir, role+"-*.log")
	must(s.t, err)
	p := &process{t: s.t, role: role, out: out, exited: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--role", role, "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = s.dir, out, out
	p.cmd.Env = append(os.Environ(), "MULTIVAC_MEANING=off", "HOME="+s.dir, "NO_COLOR=1")
	servers.EndWithParent(p.cmd)
	must(s.t, p.cmd.Start())
	go func() { _ = p.cmd.Wait(); close(p.exited) }()
	s.t.Cleanup(p.kill)
	p.listens()
	return p
}

func (p *process) listens() {
	p.t.Helper()
	eventually.Nil(p.t, "the "+p.role+" listens", func() error {
		if p.URL = string(regexp.MustCompile(`http://127\.0\.0\.1:\d+`).Find([]byte(p.said()))); p.URL != "" {
			return nil
		}
		select {
		case <-p.exited:
			p.t.Fatalf("%s ended before it listened:\n%s", p.role, p.said())
		default:
		}
		return errors.New("it says\n" + p.said())
	})
}

// said returns the output of the process.
func (p *process) said() string {
	text, _ := os.ReadFile(p.out.Name())
	return string(text)
}

// says waits until the process has written a text.
func (p *process) says(text string) {
	p.t.Helper()
	eventually.Nil(p.t, "the "+p.role+" says "+text, func() error {
		if said := p.said(); !strings.Contains(said, text) {
			return errors.New("it says\n" + said)
		}
		return nil
	})
}

// kill ends it as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop asks it to stop and waits until it did.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			p.t.Errorf("%s: exit code %d\n%s", p.role, code, p.said())
		}
	case <-time.After(stepTimeout):
		p.t.Fatalf("%s still runs %v after SIGTERM\n%s", p.role, stepTimeout, p.said())
	}
}

// ready waits until /readyz says that it is ready.
func (p *process) ready() *process {
	p.t.Helper()
	p.until("/readyz", func(r reply) bool { return r.status == http.StatusOK })
	return p
}

// until gets a path again and again until the reply is as wanted.
func (p *process) until(path string, wanted func(reply) bool) (r reply) {
	p.t.Helper()
	eventually.Nil(p.t, p.role+": GET "+path+" is as wanted", func() error {
		var err error
		if r, err = p.try("GET", path, "", ""); err == nil && wanted(r) {
			return nil
		}
		return fmt.Errorf("%d %s %v\n%s", r.status, r.body, err, p.said())
	})
	return r
}

// A reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	body   string
}

func (p *process) try(method, path, mediaType, body string, header ...string) (reply, error) {
	return p.by(http.DefaultClient, method, path, mediaType, body, header...)
}

func (p *process) by(client *http.Client, method, path, mediaType, body string, header ...string) (reply, error) {
	ctx, cancel := context.WithTimeout(context.Background(), stepTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.URL+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if mediaType != "" {
		req.Header.Set("Content-Type", mediaType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

func (p *process) do(method, path, mediaType, body string, header ...string) reply {
	p.t.Helper()
	r, err := p.try(method, path, mediaType, body, header...)
	if err != nil {
		p.t.Fatalf("%s: %s %s: %v\n%s", p.role, method, path, err, p.said())
	}
	return r
}

// tell tells a document and returns its receipt once it is kept.
func (p *process) tell(source, text string) receipt {
	p.t.Helper()
	return p.telling("/api/v1/documents", source, text)
}

// tellAndWait tells a document and returns its receipt once it is answered from.
func (p *process) tellAndWait(source, text string) receipt {
	p.t.Helper()
	return p.telling("/api/v1/documents?wait=indexed", source, text)
}

type receipt struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
	State    string `json:"state"`
	Position string `json:"position"`
}

func (p *process) telling(path, source, text string) (r receipt) {
	p.t.Helper()
	body, err := json.Marshal(map[string]string{"source": source, "text": text})
	must(p.t, err)
	got := p.do("POST", path, "application/json", string(body))
	if got.status != http.StatusAccepted {
		p.t.Fatalf("tell %s: %d %s\n%s", source, got.status, got.body, p.said())
	}
	must(p.t, json.Unmarshal([]byte(got.body), &r))
	return r
}

// post sends a form, as the original's clients do.
func (p *process) post(path string, pairs ...string) reply {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
