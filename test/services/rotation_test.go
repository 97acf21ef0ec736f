package services

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multivac/internal/servers"
)

// The how-to on passwords, executed while a web server is told and asked: no
// request fails.
func TestPageAboutRotation(t *testing.T) {
	needs(t, "redis-server", "redis-cli", "sha256sum", "openssl")
	s := newShell(t, "how-to/rotate-a-password.md", "5000", "6379", "6380", "27017")
	s.mongo()
	for _, part := range []string{"start() {", "mongo/keyfile\n", "start mongo", "cat > mongo/setup.js"} {
		s.run(s.other("tutorials/run-locally.md", part))
	}
	s.run(s.other("how-to/redis.md", "redis-server queue/redis.conf"))
	s.run(s.other("how-to/redis.md", "cat > settings.toml"))
	s.run("cat >> settings.toml <<'END'\n\n[store.mongodb]\nuri = \"mongodb://localhost:27017/?replicaSet=rs0\"\nusername = \"multivac\"\nEND\n")

	stage := &stage{t: t, dir: s.dir}
	worker := stage.start("worker").ready()
	web := stage.start("web", "--admin-key-file", "admin.key").ready()
	s.run("export MULTIVAC_SERVER=" + web.URL + "\nmultivac keys create --key-file admin.key --scope ask 'search page' > search.key")
	admin, err := os.ReadFile(filepath.Join(s.dir, "admin.key"))
	must(t, err)

	done, ended := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { ended <- n }()
		for ; ; n++ {
			r, err := web.try("POST", "/api/v1/documents?wait=indexed", "application/json",
				fmt.Sprintf(`{"source": "crate.md", "text": "The crate holds %d lamps."}`, n), "Authorization", "Bearer "+strings.TrimSpace(string(admin)))
			if err != nil {
				t.Errorf("telling %d: %v", n, err)
				return
			}
			if r.status != http.StatusAccepted {
				t.Errorf("telling %d: %d %s", n, r.status, r.body)
			}
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	shows := func(said string) {
		t.Helper()
		if strings.TrimSpace(said) != "" {
			t.Errorf("the page's commands say %s", said)
		}
	}
	if said := s.next(); said != "OK\nOK\nOK\n" { // Redis
		t.Errorf("redis-cli says %q", said)
	}
	s.run("operator CLIENT KILL USER queue")
	shows(s.next()) // a second user of MongoDB
	for _, p := range []*process{web, worker} {
		p.says("MongoDB: new credentials")
	}
	shows(s.next()) // the first one is dropped
	close(done)
	t.Logf("told %d times meanwhile", <-ended)

	old, err := os.ReadFile(filepath.Join(s.dir, "search.key"))
	must(t, err)
	s.next() // keys
	renewed, err := os.ReadFile(filepath.Join(s.dir, "search.key"))
	must(t, err)
	for key, want := range map[string]int{string(old): http.StatusUnauthorized, string(renewed): http.StatusOK, string(admin): http.StatusOK} {
		if r := web.with(strings.TrimSpace(key), "GET", "/api/v1/answer?question=How+many+lamps+does+the+crate+hold%3F", ""); r.status != want {
			t.Errorf("asked with a key: got %d %s, want %d", r.status, r.body, want)
		}
	}
	s.went("operator")
	s.ended()
	web.stop()
	worker.stop()
}

// other returns the first block of another page that contains a text.
func (s *shell) other(page, part string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join("../../doc", page))
	must(s.t, err)
	for _, b := range block.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(b[1], part) {
			return b[1]
		}
	}
	s.t.Fatalf("%s has no block with %q", page, part)
	return ""
}

// The settings on the page about MongoDB work, on a server with TLS and the user
// of the page.
func TestPageAboutMongoDB(t *testing.T) {
	ca := servers.NewCA(t)
	const password = "store's"
	mongo := servers.Mongo(t, servers.MongoOptions{CA: ca, Users: []servers.MongoUser{{Name: "multivac", Password: password, Database: "multivac"}}})
	page, err := os.ReadFile("../../doc/how-to/mongodb.md")
	must(t, err)
	_, rest, _ := strings.Cut(string(page), "```toml\n")
	settings, _, ok := strings.Cut(rest, "```")
	const uri = "mongodb://db-0:27017,db-1:27017,db-2:27017/?replicaSet=rs0"
	if !ok || !strings.Contains(settings, uri) {
		t.Fatalf("the page has no settings with %s", uri)
	}
	s := newShell(t, "how-to/mongodb.md")
	must(t, os.Mkdir(filepath.Join(s.dir, "secrets"), 0o700))
	for name, text := range map[string]string{
		"settings.toml":                  strings.NewReplacer(uri, mongo.URI, "/etc/multivac/ca.crt", ca.File, "/etc/multivac", s.dir).Replace(settings),
		"secrets/store.mongodb.password": password,
	} {
		must(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
	}
	if said := s.run("multivac config validate"); !strings.Contains(said, "the settings are valid") {
		t.Errorf("config validate: %s", said)
	}
	s.serves().stop()
}
