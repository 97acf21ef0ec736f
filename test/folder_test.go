package test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// served is a server on a folder that the test removes.
type served struct {
	*server
	data string
	log  *watched
}

func serveAway(t *testing.T) *served {
	t.Helper()
	data, log := filepath.Join(t.TempDir(), "data"), newWatched()
	s := &served{launchLogged(t, log, data), data, log}
	s.listens(t)
	s.ready(t)
	s.tellAndWait(t, "payments.md", runbook)
	return s
}

// refuses checks that the server reports that its folder is missing, in all places,
// takes no tellings, and answers from what it has in memory.
func (s *served) refuses(t *testing.T, what string) {
	t.Helper()
	for n := range 20 {
		r := s.do(t, "POST", fmt.Sprint("/api/v1/documents?source=away-", n), "text/plain", "Away.")
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || !strings.Contains(r.body, what) {
			t.Errorf("told while it is away: %d %v %s", r.status, r.header, r.body)
		}
	}
	if r := s.get(t, "/readyz"); r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, what) {
		t.Errorf("/readyz: %d %s", r.status, r.body)
	}
	s.log.wait(t, regexp.MustCompile(`"severity":"ERROR".*`+what+`.*multivac export`), s.exited)
	contains(t, "an answer", fmt.Sprint(s.ask(t, "How long are backups of the payments database kept?")["text"]), "35 days")
	if out, errOut, code := run(t, "doctor", "--server", s.URL); code != 1 || !strings.Contains(out+errOut, what) {
		t.Errorf("doctor: exit code %d\n%s%s", code, out, errOut)
	}
}

// Once its folder is moved away, the server refuses tellings at once, for it could
// not keep them. Once it is moved back, everything works again.
func TestDataFolderIsMovedAway(t *testing.T) {
	s := serveAway(t)
	if err := os.Rename(s.data, s.data+".old"); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "moved away")
	if err := os.Rename(s.data+".old", s.data); err != nil {
		t.Fatal(err)
	}
	s.ready(t)
	s.log.wait(t, regexp.MustCompile(`the data folder is there again`), s.exited)
	id := s.tell(t, "back", "It is back.")
	if code := s.stop(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.stderr)
	}
	again := serve(t, s.data)
	if r := again.get(t, "/api/v1/documents/"+id); r.status != http.StatusOK {
		t.Errorf("what was told once it was back: %d %s", r.status, r.body)
	}
}

// The documents of a server whose folder was removed can be exported. Its exit
// code is not 0.
func TestDataFolderIsRemoved(t *testing.T) {
	s := serveAway(t)
	if err := os.RemoveAll(s.data); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "removed")
	copied := filepath.Join(t.TempDir(), "copy.jsonl")
	if _, errOut, code := run(t, "export", "--server", s.URL, "-o", copied); code != 0 || !strings.Contains(readFile(t, copied), "35 days") {
		t.Errorf("export: exit code %d\n%s", code, errOut)
	}
	if code := s.stop(t); code != 5 {
		t.Errorf("exit code %d, want 5\n%s", code, s.stderr)
	}
	contains(t, "the end", s.stderr.String(), "was removed or moved away")
}

// A server does not touch another folder at the path of its own.
func TestDataFolderIsReplaced(t *testing.T) {
	first := serveAway(t)
	if err := os.Rename(first.data, first.data+".old"); err != nil {
		t.Fatal(err)
	}
	second := serve(t, first.data)
	second.ready(t)
	id := second.tell(t, "second", "The second server keeps this.")
	first.refuses(t, "replaced")
	if code := first.stop(t); code != 5 {
		t.Errorf("exit code %d, want 5\n%s", code, first.stderr)
	}
	second.kill() // the write-ahead log is not moved into the database
	third := serve(t, first.data)
	if r := third.get(t, "/api/v1/documents/"+id); r.status != http.StatusOK {
		t.Errorf("what the second server had acknowledged: %d %s", r.status, r.body)
	}
	if code := third.stop(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, third.stderr)
	}
}

// Two servers never have the same folder, even if files are removed from it.
func TestOneServerWhateverIsRemoved(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	second := func(what, folder string) {
		t.Helper()
		if _, errOut, code := run(t, "serve", "--listen", "127.0.0.1:0", "--data", folder); code != 5 || !strings.Contains(errOut, "is in use") {
			t.Errorf("%s: exit code %d\n%s", what, code, errOut)
		}
	}
	linked := t.TempDir()
	for _, name := range []string{"multivac.db", "multivac.db-wal", "multivac.db-shm"} {
		if err := os.Link(filepath.Join(data, name), filepath.Join(linked, name)); err != nil {
			t.Fatal(err)
		}
	}
	second("as it is", data)
	if err := os.Remove(filepath.Join(data, "lock")); err != nil {
		t.Fatal(err)
	}
	second("without the lock file", data)
	second("by hard links", linked)
	s.unharmed(t, 1)
}
