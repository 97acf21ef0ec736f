package test

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing that the server and its commands write has the secret of a key, neither
// the debug log nor the store. The exceptions are the one line that shows it, and
// the file that the user asked for.
func TestSecretsAreNotWritten(t *testing.T) {
	dir := t.TempDir()
	data, admin, events := filepath.Join(dir, "data"), filepath.Join(dir, "admin.key"), filepath.Join(dir, "audit.log")
	log := newWatched()
	s := launchLogged(t, log, data, "--log-level", "debug", "--admin-key-file", admin, "--audit-log", events)
	s.listens(t)
	var written strings.Builder
	command := func(wantCode int, args ...string) string {
		t.Helper()
		out, errOut, code := run(t, append(args, "--server", s.URL)...)
		if code != wantCode {
			t.Errorf("multivac %s: exit code %d, want %d\n%s", strings.Join(args, " "), code, wantCode, errOut)
		}
		written.WriteString(errOut)
		if args[0] != "keys" || args[1] != "create" {
			written.WriteString(out)
		}
		return strings.TrimSpace(out)
	}
	b, err := os.ReadFile(admin)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.TrimSpace(string(b))
	second := command(0, "keys", "create", "--key-file", admin, "--scope", "ask", "second")
	reader := filepath.Join(t.TempDir(), "reader.key")
	write(t, reader, second+"\n")
	broken := second[:len(second)-1] + "!"
	write(t, reader+".broken", broken)
	write(t, filepath.Join(dir, "a.md"), runbook)

	command(0, "tell", "--key-file", admin, filepath.Join(dir, "a.md"))
	command(0, "ask", "--key-file", reader, "How long are backups kept?")
	command(1, "tell", "--key-file", reader, filepath.Join(dir, "a.md"))
	command(2, "status", "--key-file", reader+".broken")
	command(0, "keys", "list", "--key-file", admin)
	command(0, "keys", "list", "--key-file", admin, "--json")
	send := func(method, path, key string, header ...string) {
		t.Helper()
		r := s.do(t, method, path, "", "", append(header, "Authorization", "Bearer "+key)...)
		written.WriteString(r.body)
		for name, values := range r.header {
			written.WriteString(name + strings.Join(values, " "))
		}
	}
	for _, key := range []string{first, second, broken} {
		for _, path := range []string{"/", "/readyz", "/metrics", "/api/v1/keys", "/api/v1/documents", "/api/v1/answer?question=x", "/nowhere", "/?q=x"} {
			send("GET", path, key, "Accept", "text/html,application/json")
		}
		send("POST", "/api/v1/documents", key)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, key := range []string{second, broken} { // the cookie is only in the browser
		r, err := client.PostForm(s.URL+"/ui/sign-in", url.Values{"key": {key}, "next": {"/"}})
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}
	command(0, "keys", "revoke", "--key-file", admin, second)
	command(1, "ask", "--key-file", reader, "How long are backups kept?")
	s.kill() // so that the write-ahead log is there, too
	written.WriteString(s.stderr.String())
	written.WriteString(log.String())

	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == admin {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		written.Write(b)
		return err
	})
	if err != nil || files < 3 {
		t.Fatalf("read %d files, %v", files, err)
	}
	contains(t, "log", log.String(), "POST /api/v1/keys", "DEBUG")
	for _, key := range []string{first, second} {
		id := strings.Split(key, "_")[1]
		contains(t, "audit log and all", written.String(), id)
		if secret := key[len("mvk_")+len(id)+1:]; strings.Contains(written.String(), secret[:40]) {
			at := strings.Index(written.String(), secret[:40])
			t.Errorf("the secret of key %s is written: …%s…", id, written.String()[max(0, at-200):at])
		}
	}
}
