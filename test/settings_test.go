package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multivac/internal/servers"
)

// parrot starts a server that refuses every command and repeats it in the error,
// as servers do with unknown commands. It returns its address.
func parrot(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					words, err := command(r)
					if err != nil {
						return
					}
					fmt.Fprintf(c, "-ERR unknown command '%s', with args beginning with: %q\r\n", words[0], words[1:])
				}
			}()
		}
	}()
	return l.Addr().String()
}

// command reads one of Redis' commands.
func command(r *bufio.Reader) (words []string, err error) {
	var n int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	for range n {
		var size int
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		word := make([]byte, size+2)
		if _, err := io.ReadFull(r, word); err != nil {
			return nil, err
		}
		words = append(words, string(word[:size]))
	}
	return words, nil
}

// in returns a command with a working directory and variables.
func in(t *testing.T, dir string, variables []string, args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = dir, append(environment(t), variables...)
	return cmd
}

// The program never prints a secret: in no output, page, metric, profile or error.
// Secrets are used, given in places where they must not be, and repeated by a
// server that refuses them.
func TestNoOutputShowsASecret(t *testing.T) {
	dir := t.TempDir()
	secrets := map[string]string{"queue.password": "quark-4711-queue", "cache.password": `ca"sh<4711>`, "store.mongodb.password": "mango-4711-store"}
	for name, secret := range secrets {
		write(t, filepath.Join(dir, "secrets", name), secret+"\n")
	}
	var everything bytes.Buffer
	add := func(text ...string) {
		for _, s := range text {
			everything.WriteString(s)
		}
	}
	output := func(variables []string, args ...string) {
		t.Helper()
		out, err := in(t, dir, variables, args...).CombinedOutput()
		if len(out) == 0 {
			t.Errorf("%q says nothing: %v", args, err)
		}
		add(string(out))
	}

	// A server uses them, and its queue and cache repeat what they get.
	at := parrot(t)
	spans := newWatched()
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { io.Copy(spans, r.Body) }))
	defer receiver.Close()
	log := newWatched()
	flags := []string{"--secrets", "secrets", "--queue.addr", at, "--cache.addrs", at, "--cache.timeout", "1s", "--traces.endpoint", receiver.URL}
	admin := "127.0.0.1:" + servers.FreePort(t)
	cmd := in(t, dir, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", admin, "--data", "data", "--log-level", "debug"}, flags...)...)
	cmd.Stdout = log
	s := start(t, cmd)
	s.listens(t)
	s.tell(t, "a.md", runbook)
	add(s.do(t, http.MethodPost, "/api/v1/ask", "application/json", object(t, "question", "How long are backups kept?")).body)
	for _, path := range []string{"/readyz", "/api/v1/status", "/api/v1/nothing"} {
		add(s.get(t, path).body)
	}
	operators := &server{URL: "http://" + admin}
	for _, path := range []string{"/metrics", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"} {
		add(operators.get(t, path).body)
	}
	log.wait(t, regexp.MustCompile(`unknown command`), s.exited) // only then could the log have had a secret
	write(t, filepath.Join(dir, "secrets", "queue.password"), "rotated-4711\n")
	secrets["rotated"] = "rotated-4711"
	log.wait(t, regexp.MustCompile(`queue\.password`), s.exited)
	output(nil, "doctor", "--server", s.URL)
	s.stop(t)
	add(spans.String())
	if spans.String() == "" {
		t.Error("no spans were sent")
	}
	add(log.String(), s.stderr.String())

	// Commands show the settings.
	for _, args := range [][]string{{"list"}, {"list", "--json"}, {"get", "queue.password"}, {"explain", "queue.password"}, {"explain", "cache.password", "--json"}, {"validate", "--json"}} {
		output(nil, append(append([]string{"config"}, args...), flags...)...)
	}

	// Secrets in places where they must not be.
	secret := secrets["queue.password"]
	for _, args := range [][]string{{"serve"}, {"config", "validate"}, {"config", "list", "--json"}, {"config", "explain", "queue.password"}} {
		output([]string{"MULTIVAC_QUEUE__PASSWORD=" + secret, "MULTIVAC_COLOUR=" + secret}, args...)
		output(nil, append(args, "--queue.password", secret)...)
		output(nil, append(args, "--queue.addr", "redis://:"+secret+"@localhost:6379")...)
		output([]string{"MULTIVAC_STORE__MONGODB__URI=mongodb://user:" + secret + "@localhost"}, args...)
		write(t, filepath.Join(dir, "settings.toml"), "[queue]\npassword = '"+secret+"'\n")
		output(nil, args...)
		write(t, filepath.Join(dir, "settings.toml"), "queue.password = '"+secret+"\n")
		output(nil, args...)
		os.Remove(filepath.Join(dir, "settings.toml"))
	}

	for name, secret := range secrets {
		escaped, _ := json.Marshal(secret)
		for _, form := range []string{secret, strings.Trim(string(escaped), `"`), strings.ReplaceAll(secret, `"`, `\"`), strings.ReplaceAll(secret, `"`, `\\\"`)} {
			if i := strings.Index(everything.String(), form); i >= 0 {
				from, to := max(0, i-200), min(everything.Len(), i+100)
				t.Errorf("%s is shown: …%s…", name, everything.String()[from:to])
			}
		}
	}
	if !strings.Contains(everything.String(), "<redacted>") {
		t.Error("nothing was redacted, so that nothing was tried")
	}
}

// mount changes a folder as Kubernetes changes a mounted ConfigMap: in one step,
// by the link ..data.
func mount(t *testing.T, dir, version string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		write(t, filepath.Join(dir, version, name), text)
		_ = os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name))
	}
	next := filepath.Join(dir, "..data_tmp")
	if err := os.Symlink(version, next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
}

// Live settings change while the server runs. Of the others the log, the doctor
// and the metrics say that they wait for a restart. Wrong ones change nothing.
func TestSettingsFollowTheirFiles(t *testing.T) {
	dir := t.TempDir()
	mount(t, dir, "..1", map[string]string{"settings.toml": "stop = 'balanced'\nlog-level = 'warn'\nworkers = 4\n"})
	log := newWatched()
	cmd := in(t, dir, nil, "serve", "--listen", "127.0.0.1:0", "--data", "data")
	cmd.Stdout = log
	s := start(t, cmd)
	s.listens(t)
	shows := func(stop string) {
		t.Helper()
		chosen := regexp.MustCompile(`value="` + stop + `"[^>]* checked`)
		s.until(t, "/", func(r reply) bool { return chosen.MatchString(r.body) }, "Accept", "text/html")
	}
	shows("balanced")

	// Live, by a mount.
	mount(t, dir, "..2", map[string]string{"settings.toml": "stop = 'strict'\nlog-level = 'info'\nworkers = 4\n"})
	shows("strict")
	log.wait(t, regexp.MustCompile(`"a setting was changed".*"setting":"stop".*"to":"strict"`), s.exited)

	// With a restart only.
	mount(t, dir, "..3", map[string]string{"settings.toml": "stop = 'eager'\nlog-level = 'info'\nworkers = 8\n"})
	shows("eager")
	log.wait(t, regexp.MustCompile(`"a setting was changed that needs a restart".*"setting":"workers"`), s.exited)
	out, _, code := run(t, "doctor", "--server", s.URL)
	contains(t, "doctor", out, "notice: workers is 4 since the start, and settings.toml:3 says 8: restart to have it", "nothing is broken")
	if code != 0 {
		t.Errorf("doctor ends with %d", code)
	}
	contains(t, "/metrics", s.get(t, "/metrics").body, "multivac_settings_waiting{role=\"all\"} 1", "multivac_settings_changes_total{role=\"all\"} 2", "multivac_settings_refused_total{role=\"all\"} 0")

	// Not at all, and at once by a signal.
	mount(t, dir, "..4", map[string]string{"settings.toml": "stop = 'strict'\nlog-levle = 'debug'\n"})
	if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.wait(t, regexp.MustCompile(`settings\.toml:2: there is no setting .*log-levle.*did you mean log-level`), s.exited)
	shows("eager")
	contains(t, "/metrics", s.get(t, "/metrics").body, "multivac_settings_refused_total{role=\"all\"} 1")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// The settings of a server come from its layers, in order.
func TestSettingsFromEveryLayer(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "settings.toml"), "log-format = 'json'\nworkers = 2\n[production]\nstop = 'strict'\nworkers = 3\n")
	write(t, filepath.Join(dir, "settings.local.toml"), "data = 'here'\n")
	variables := []string{"MULTIVAC_ENV=production", "MULTIVAC_WORKERS=5", "MULTIVAC_SERVER_PORT=tcp://10.0.0.1:5000"}
	log := newWatched()
	cmd := in(t, dir, variables, "serve", "--listen", "127.0.0.1:0")
	cmd.Stdout = log
	s := start(t, cmd)
	s.listens(t)
	if _, err := os.Stat(filepath.Join(dir, "here")); err != nil {
		t.Errorf("the data is not where settings.local.toml says: %v", err)
	}
	log.wait(t, regexp.MustCompile(`^\{.*Kubernetes sets them`), s.exited)
	out, err := in(t, dir, variables, "config", "list").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`(?m)^workers +5 +MULTIVAC_WORKERS$`, `(?m)^stop +strict +settings\.toml:4$`, `(?m)^data +here +settings\.local\.toml:1$`, `(?m)^listen +127\.0\.0\.1:5000 +default$`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("config list lacks %s:\n%s", want, out)
		}
	}
}

// The example of the how-to is the output of the program for the file of the
// how-to.
func TestSettingsHowTo(t *testing.T) {
	page := readFile(t, "../doc/how-to/settings.md")
	block := func(kind string) string {
		m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("the page has no block of %s", kind)
		}
		return m[1]
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "settings.toml"), block("toml"))
	variables := []string{"MULTIVAC_ENV=production"}
	if out, err := in(t, dir, variables, "config", "validate").CombinedOutput(); err != nil {
		t.Errorf("the page's file is not valid: %s", out)
	}
	prompt, want, _ := strings.Cut(block("console"), "\n")
	if prompt != "$ MULTIVAC_ENV=production multivac config explain listen" {
		t.Fatalf("the page runs %q", prompt)
	}
	out, err := in(t, dir, variables, "config", "explain", "listen").Output()
	if err != nil || string(out) != want {
		t.Errorf("got\n%s%v\nthe page says\n%s", out, err, want)
	}

	// Its commands, with `config list` in the place of a server that would go on.
	queue := filepath.Join(dir, "queue")
	write(t, queue, "4711-password")
	here := strings.NewReplacer("multivac serve", "multivac config list", "/run/secrets/queue", queue)
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) < 3 {
		t.Errorf("the page has %d blocks of commands", len(blocks))
	}
	for _, b := range blocks {
		cmd := exec.Command("sh", "-euc", here.Replace(b[1]))
		cmd.Dir, cmd.Env = dir, append(environment(t), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"))
		cmd.Stdin = strings.NewReader("4711-password\n")
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "4711") {
			t.Errorf("%s: %v\n%s", b[1], err, out)
		}
		if secret := strings.Contains(strings.ToLower(b[1]), "password"); secret != strings.Contains(string(out), "<redacted>") {
			t.Errorf("%s\nshows\n%s", b[1], out)
		}
	}
}

// The settings of the manifests are valid, in each role that reads them.
func TestDeployedSettings(t *testing.T) {
	files, err := filepath.Glob("../deploy/kubernetes/*/settings.toml")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../deploy/kubernetes/*/*/settings.toml")
	if files = append(files, more...); len(files) == 0 {
		t.Fatal("there are none")
	}
	for _, file := range files {
		text, dir := readFile(t, file), t.TempDir()
		for _, name := range []string{"queue.password", "store.mongodb.password", "cache.password"} {
			write(t, filepath.Join(dir, "secrets", name), "4711")
		}
		write(t, filepath.Join(dir, "settings.toml"), text)
		roles := []string{"web", "worker"}
		if !strings.Contains(text, "[queue]") {
			roles = []string{"all"}
		}
		for _, role := range roles {
			if out, err := in(t, dir, nil, "config", "validate", "--role", role, "--secrets", "secrets").CombinedOutput(); err != nil {
				t.Errorf("%s, role %s: %s", file, role, out)
			}
		}
	}
}
