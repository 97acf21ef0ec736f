package test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The command names files that cannot be told, with the reason. It tells the
// other files, to a server and to a folder.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	whole := gzipped(t, runbook)
	files := []struct{ name, text, said string }{
		{"huge.md", strings.Repeat("huge ", 4<<20), "over the limit"},
		{"binary.md", "a\x00b", "zero byte"},
		{"latin.md", "caf\xe9 au lait", "not UTF-8"},
		{"picture.png.txt", "\x89PNG\r\n\x1a\n\x00", "zero byte"},
		{"half.md.gz", string(whole[:len(whole)/2]), "packed file is broken"},
		{"sum.md.gz", string(whole[:len(whole)-8]) + "12345678", "packed file is broken"},
		{"magic.md.gz", "\x1f\x8b", "packed file is broken"},
		{"bomb.md.gz", string(gzipped(t, strings.Repeat("a", 64<<20))), "over the limit"},
		{"bomb.jsonl.gz", string(gzipped(t, strings.Repeat("a", 64<<20))), "over the limit"},
		{"lines.jsonl", `{"id":"one","text":"The first line is good."}` + "\n{\"id\":\n" + `{"id":"three","text":"The third line is good."}`, "lines.jsonl:2"},
		{"deep.jsonl", strings.Repeat("[", 100_000), "deep.jsonl:1"},
		{"blank.md", " \n\t\n", "no text in it"},
		{"script.html", "<html><script>document.write('x')</script></html>", "no text in it"},
	}
	for _, f := range files {
		write(t, filepath.Join(dir, f.name), f.text)
	}
	empty := filepath.Join(t.TempDir(), "empty.md") // named on the command line: in a folder an empty file is passed over
	write(t, empty, "")
	files = append(files, struct{ name, text, said string }{"empty.md", "", "document is empty"})
	write(t, filepath.Join(dir, "payments.md"), runbook)
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}

	s := serve(t, t.TempDir())
	for _, target := range [][]string{{"--server", s.URL}, {"--data", t.TempDir()}} {
		_, errOut, code := run(t, append([]string{"tell", dir, empty, filepath.Join(dir, "missing.md"), "--json"}, target...)...)
		if code != 1 {
			t.Errorf("%s: exit code %d, want 1\n%s", target[0], code, errOut)
		}
		for _, f := range files {
			named := false
			for line := range strings.Lines(errOut) {
				named = named || strings.Contains(line, f.name) && strings.Contains(line, f.said)
			}
			if !named {
				t.Errorf("%s: of %s it is not said %q:\n%s", target[0], f.name, f.said, errOut)
			}
		}
		contains(t, "messages", errOut, "missing.md", "told 3 documents", fmt.Sprintf("%d not told", len(files)+1))
		out, errOut, code := run(t, append([]string{"ask", "How long are backups of the payments database kept?"}, target...)...)
		if code != 0 || !strings.Contains(out, "35 days") {
			t.Errorf("%s: asked beside bad files: exit code %d\n%s%s", target[0], code, out, errOut)
		}
	}
}

func TestBadArguments(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "payments.md", runbook)
	refused := func(what string, want int, said string, args ...string) {
		t.Helper()
		_, errOut, code := run(t, args...)
		if code != want || !strings.Contains(errOut, said) || strings.Contains(errOut, "goroutine ") {
			t.Errorf("%s: exit code %d, want %d and %q\n%.1000s", what, code, want, said, errOut)
		}
	}
	long := strings.TrimSpace(strings.Repeat("word ", 20_000))
	refused("a question of 20,000 words", 2, "over the limit of 4096", "ask", "--server", s.URL, long)
	refused("the same, of a folder", 2, "over the limit of 4096", "ask", "--in", filepath.Join("..", "doc"), long)
	refused("an empty question", 2, "question is empty", "ask", "--server", s.URL, "")
	refused("a question of broken UTF-8", 2, "UTF-8", "ask", "--server", s.URL, "caf\xe9?")
	refused("a collection that is none", 2, "No!", "tell", "--server", s.URL, "--collection", "No!", "../README.md")
	refused("an unknown id", 1, "never told", "documents", "show", "--server", s.URL, strings.Repeat("0", 32))
	refused("an id that is none", 1, "never told", "documents", "show", "--server", s.URL, "../../etc/passwd")
	refused("to delete what is not there", 1, "never told", "documents", "delete", "--server", s.URL, strings.Repeat("0", 32))
	refused("an address that is none", 2, "--listen", "serve", "--listen", "nowhere", "--data", t.TempDir())
	refused("a port that is none", 2, "99999", "serve", "--listen", "127.0.0.1:99999", "--data", t.TempDir())
	refused("a server that is none", 2, "", "ask", "--server", "::::", "How?")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	l.Close()
	refused("nobody", 5, nobody, "ask", "--server", nobody, "How?")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>Hello</h1>")) }))
	defer other.Close()
	refused("another server", 5, other.URL, "ask", "--server", other.URL, "How?")
	refused("to tell another server", 5, other.URL, "tell", "--server", other.URL, "../README.md")
	s.unharmed(t, 1)
}

// A document that ends its process each time is given up after 5 attempts. The
// other documents are served.
func TestPoison(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	// Large enough to be caught in the middle.
	large := strings.Repeat("<p>It is <b>known</b> that <i>this</i> goes on for long.</p>\n", 250_000)
	r := s.do(t, "POST", "/api/v1/documents?source=poison.html", "text/html", large)
	if r.status != http.StatusAccepted {
		t.Fatalf("%d %s", r.status, r.body)
	}
	poison := "/api/v1/documents/" + r.JSON(t)["id"].(string)
	for attempt := 1; attempt <= 5; attempt++ { // and nothing before the look: it takes a second
		s.until(t, poison, func(r reply) bool {
			d := r.JSON(t)
			if d["state"] != "pending" {
				t.Fatalf("in attempt %d it is not caught in the middle, but %.300s", attempt, r.body)
			}
			return d["attempts"] == float64(attempt)
		})
		s.kill()
		s = serve(t, data)
		s.tell(t, fmt.Sprintf("beside-%d.md", attempt), fmt.Sprintf("Beside it stands document %d.", attempt))
		contains(t, "answer", fmt.Sprint(s.ask(t, "How long are backups of the payments database kept?")["text"]), "35 days")
	}
	s.until(t, poison, func(r reply) bool { return r.JSON(t)["state"] != "pending" })
	d := s.get(t, poison).JSON(t)
	if d["state"] != "failed" || !strings.Contains(fmt.Sprint(d["last_error"]), "died") {
		t.Errorf("after five deaths it is %v: %v", d["state"], d["last_error"])
	}
	s.unharmed(t, 7)
	s.until(t, "/readyz", func(r reply) bool { return r.JSON(t)["documents"] == 6.0 })
}

// Named pipes and files without read permission do not make the command hang.
func TestOddFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "payments.md"), runbook)
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o600); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(binary, "tell", "--data", t.TempDir(), dir)
	cmd.Env = environment(t)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("%v\n%s", err, &errOut)
		}
		contains(t, "messages", errOut.String(), "told 1 document")
	case <-time.After(stepTimeout):
		cmd.Process.Kill()
		<-done
		t.Errorf("it hangs\n%s", &errOut)
	}
}
