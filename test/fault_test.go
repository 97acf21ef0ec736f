package test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multivac/internal/require"
)

// disk mounts a small disk of its own.
func disk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("none", dir, "tmpfs", 0, options)
	require.Have(t, "mount", err == nil, fmt.Sprintf("run the tests as root with the right to mount (%v)", err))
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// The server says that the disk is full. It keeps what it acknowledged and answers
// from it. Once there is room again, it takes tellings again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := disk(t, "size=24m")
	ballast := filepath.Join(dir, "ballast")
	write(t, ballast, strings.Repeat("ballast ", 1<<20))
	data := filepath.Join(dir, "data")
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)

	text := func(n int) string {
		return fmt.Sprintf("# Hold %d\n\n", n) + strings.Repeat(fmt.Sprintf("Hold %d is filled with sand. Nobody asks for it, and so it stays.\n", n), 1000)
	}
	var kept []string
	full := false
	for n := 0; !full; n++ {
		if n == 1000 {
			t.Fatal("the disk took 60 MB, and has 24")
		}
		r := s.do(t, "POST", fmt.Sprintf("/api/v1/documents?source=%d", n), "text/markdown", text(n))
		switch r.status {
		case http.StatusAccepted:
			kept = append(kept, r.JSON(t)["id"].(string))
		case http.StatusServiceUnavailable, http.StatusInsufficientStorage:
			full = true
			p := r.JSON(t)
			contains(t, "problem", fmt.Sprint(p["detail"], "; ", p["remedy"]), "full", "free some space")
		default:
			t.Fatalf("tell %d: %d %s", n, r.status, r.body)
		}
	}
	t.Logf("full after %d documents", len(kept))
	// Pending documents cannot be published now. Indexed ones are answered from.
	for _, id := range kept {
		if r := s.get(t, "/api/v1/documents/"+id); r.status != 200 {
			t.Errorf("document %s, on a full disk: %d %s", id, r.status, r.body)
		}
	}
	a := s.ask(t, "How long are backups of the payments database kept?")
	contains(t, "answer on a full disk", fmt.Sprint(a["text"]), "35 days")
	if r := s.get(t, "/livez"); r.status != 200 {
		t.Errorf("GET /livez: %d", r.status)
	}

	// A crash and a start on a full disk lose nothing.
	s.kill()
	s = serve(t, data)
	s.ready(t)
	a = s.ask(t, "How long are backups of the payments database kept?")
	contains(t, "answer after a start on a full disk", fmt.Sprint(a["text"]), "35 days")

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	s.until(t, "/readyz", func(r reply) bool { return r.status == 200 && r.JSON(t)["pending"] == 0.0 })
	s.tellAndWait(t, "after.md", "The hold was emptied on Sunday.")
	for _, id := range kept {
		if r := s.get(t, "/api/v1/documents/"+id); r.status != 200 || r.JSON(t)["state"] != "indexed" {
			t.Errorf("document %s, when there is room again: %d %.300s", id, r.status, r.body)
		}
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	examine(t, data)
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "a file")
	refused := func(data string) {
		t.Helper()
		_, errOut, code := run(t, "serve", "--listen", "127.0.0.1:0", "--data", data)
		if code != 5 {
			t.Errorf("serve --data %s: exit code %d, want 5\n%s", data, code, errOut)
		}
		contains(t, "message", errOut, data)
		if strings.Count(strings.TrimSpace(errOut), "\n") == 0 {
			t.Errorf("the message has no remedy: %s", errOut)
		}
	}
	refused(file)
	refused(filepath.Join(file, "data"))
	refused("/proc/self/data")

	dir := disk(t, "size=4m")
	data := filepath.Join(dir, "data")
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	s.stop(t)
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	refused(data)
	refused(filepath.Join(dir, "other"))
	remount(0)
	s = serve(t, data)
	s.ready(t)
	s.unharmed(t, 1)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := filepath.Join(t.TempDir(), "data")
	_, errOut, code := run(t, "serve", "--listen", l.Addr().String(), "--data", data)
	if code != 5 {
		t.Errorf("exit code %d, want 5", code)
	}
	contains(t, "message", errOut, l.Addr().String(), "in use", "--listen")
}

// Of two servers on one folder the second ends, and the first is not disturbed.
func TestTwoServersOnOneFolder(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0", "--data", data},
		{"ask", "--data", data, "How long?"},
		{"tell", "--data", data, filepath.Join("..", "README.md")},
	} {
		_, errOut, code := run(t, args...)
		if code != 5 {
			t.Errorf("%s: exit code %d, want 5", args[0], code)
		}
		contains(t, args[0], errOut, fmt.Sprint("process ", s.cmd.Process.Pid), "--server")
	}
	s.unharmed(t, 1)
}

// A server on a damaged file either refuses to start, and names the damage and
// what to do, or serves what is whole. It never panics, and it never answers with
// a text that was not told.
func TestDamagedStore(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := serve(t, whole)
	var body strings.Builder
	var texts []string
	const documents = 100
	for n := range documents {
		text := fmt.Sprintf("# Crate %d\n\nCrate %d holds %d lamps and %d wicks.\n", n, n, 1000+n, 2000+n)
		texts = append(texts, text)
		fmt.Fprintln(&body, object(t, "source", fmt.Sprint(n), "text", text))
	}
	r := s.do(t, "POST", "/api/v1/documents?wait=indexed", "application/x-ndjson", body.String())
	if r.status != http.StatusAccepted {
		t.Fatalf("%d %s", r.status, r.body)
	}
	var ids []string
	for _, one := range r.JSON(t)["documents"].([]any) {
		ids = append(ids, at(one, "id").(string))
	}
	s.stop(t)
	file, err := os.ReadFile(filepath.Join(whole, "multivac.db"))
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	pages := len(file) / page

	refused, served, said := 0, 0, 0
	try := func(what string, damage func([]byte) []byte) {
		t.Helper()
		data := t.TempDir()
		if err := os.WriteFile(filepath.Join(data, "multivac.db"), damage([]byte(string(file))), 0o600); err != nil {
			t.Fatal(err)
		}
		log := newWatched()
		s := launchLogged(t, log, data)
		defer s.kill()
		listening := s.stderr.either(t, regexp.MustCompile(`http://127\.0\.0\.1:\d+`), s.exited)
		if listening != "" {
			s.URL = listening
			served++
			said += s.whatIsWhole(t, what, ids, texts)
		}
		select {
		case <-s.exited:
			refused++
			if code := s.cmd.ProcessState.ExitCode(); code != 1 && code != 5 {
				t.Errorf("%s: exit code %d\n%s", what, code, s.stderr)
			}
			contains(t, what, s.stderr.String(), "damaged", "restore")
		default:
		}
		s.kill()
		if _, panicked, found := strings.Cut(log.String()+s.stderr.String(), "panic"); found {
			t.Errorf("%s: panic%.3000s", what, panicked)
		}
	}
	for _, size := range []int{1, 99, 100, 1000, page, page + 1, pages / 2 * page, len(file) - page, len(file) - 1} {
		try(fmt.Sprintf("cut to %d bytes", size), func(b []byte) []byte { return b[:size] })
	}
	for _, at := range []int{0, 16, 18, 28, 44, 56, 96, 100, 103, 108} {
		try(fmt.Sprintf("header, from byte %d on", at), func(b []byte) []byte { return flip(b, at, 4) })
	}
	try("no header", func(b []byte) []byte { return flip(b, 0, 100) })
	lots := rand.New(rand.NewPCG(1, 2))
	for range 20 { // the header of a page
		n, at := 1+lots.IntN(pages-1), lots.IntN(100)
		try(fmt.Sprintf("page %d, from byte %d on", n+1, at), func(b []byte) []byte { return flip(b, n*page+at, 8) })
	}
	// Anywhere: damage in a text cannot be noticed.
	texts = nil
	for range 12 {
		at := lots.IntN(len(file))
		try(fmt.Sprintf("from byte %d on", at), func(b []byte) []byte { return flip(b, at, 8) })
	}
	try("zeros in the middle", func(b []byte) []byte {
		clear(b[pages/3*page : 2*pages/3*page])
		return b
	})
	t.Logf("of %d pages: %d servers ended, %d served, with %d of %d replies an error", pages, refused, served, said, served*2*documents)
}

func flip(b []byte, at, n int) []byte {
	for i := at; i < min(at+n, len(b)); i++ {
		b[i] ^= 0xa5
	}
	return b
}

// whatIsWhole reads all documents and asks for each, until the server ends. It
// counts the replies that report an error.
func (s *server) whatIsWhole(t *testing.T, what string, ids, texts []string) (wrong int) {
	t.Helper()
	get := func(path string) (reply, bool) {
		res, err := http.Get(s.URL + path)
		if err != nil {
			return reply{}, false // it has ended
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return reply{res.StatusCode, res.Header, string(b)}, err == nil
	}
	for n, id := range ids {
		r, ok := get("/api/v1/documents/" + id)
		if !ok {
			return wrong
		}
		switch {
		case r.status == http.StatusOK && texts != nil && r.JSON(t)["text"] != texts[n]:
			t.Errorf("%s: document %d is %.500s", what, n, r.body)
		case r.status != http.StatusOK:
			wrong++
		}
		r, ok = get(fmt.Sprintf("/api/v1/answer?question=How+many+lamps+does+crate+%d+hold", n))
		if !ok {
			return wrong
		}
		switch text, _ := at(r.JSON(t), "text").(string); {
		case r.status != http.StatusOK:
			wrong++
		case texts != nil && text != insufficient && !strings.Contains(strings.Join(texts, ""), text):
			t.Errorf("%s: asked for crate %d: %s", what, n, r.body)
		}
	}
	return wrong
}
