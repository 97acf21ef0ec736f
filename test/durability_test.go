package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A kill right after 202 loses nothing that was acknowledged.
func TestKillAfterAccepted(t *testing.T) {
	data := t.TempDir()
	var told []string
	for round := range 5 {
		s := serve(t, data)
		for i := range 10 {
			told = append(told, s.tell(t, fmt.Sprintf("%d/%d.md", round, i), fmt.Sprintf("Warehouse %d-%d keeps %d crates of lamps.", round, i, 100*round+i)))
		}
		s.kill()
	}
	s := serve(t, data)
	for _, id := range told {
		s.until(t, "/api/v1/documents/"+id, func(r reply) bool {
			if r.status == 404 {
				t.Fatalf("document %s was acknowledged and is lost", id)
			}
			return strings.Contains(r.body, `"state":"indexed"`)
		})
	}
	s.until(t, "/readyz", func(r reply) bool { return r.JSON(t)["documents"] == float64(len(told)) })
	a := s.ask(t, "How many crates of lamps does warehouse 3-7 keep?")
	contains(t, "answer", fmt.Sprint(a["text"]), "307")
}

func TestRestartKeepsEverything(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	first := s.tellAndWait(t, "payments.md", runbook)
	s.tellAndWait(t, "payments.md", strings.Replace(runbook, "35 days", "40 days", 1))
	gone := s.tellAndWait(t, "gone.md", "The lighthouse is painted green.")["id"].(string)
	if r := s.do(t, "DELETE", "/api/v1/documents/"+gone+"?wait=indexed", "", ""); r.status != 200 {
		t.Fatalf("delete: %d %s", r.status, r.body)
	}
	if code := s.stop(t); code != 0 {
		t.Errorf("SIGTERM: exit code %d\n%s", code, s.stderr)
	}

	s = serve(t, data)
	s.ready(t)
	a := s.ask(t, "How long are backups of the payments database kept?")
	contains(t, "answer after a restart", fmt.Sprint(a["text"]), "40 days")
	if at(a, "source", "revision") != 2.0 || at(a, "source", "document") != first["id"] {
		t.Errorf("source %v, want revision 2 of %v", a["source"], first["id"])
	}
	if a := s.ask(t, "What colour is the lighthouse painted?"); a["state"] != "insufficient_data" {
		t.Errorf("a deleted document answers: %v", a)
	}
	if again := s.tellAndWait(t, "gone.md", "The lighthouse is painted green."); again["revision"] != 3.0 {
		t.Errorf("told again after its deletion: %v, want revision 3", again)
	}
}

func TestSameBytesChangeNothing(t *testing.T) {
	s := serve(t, t.TempDir())
	first := s.tellAndWait(t, "payments.md", runbook)
	again := s.tellAndWait(t, "payments.md", runbook)
	if again["changed"] != false || again["revision"] != first["revision"] {
		t.Errorf("told the same again: %v, want revision %v unchanged", again, first["revision"])
	}
}

func TestOneOwnerOfADataFolder(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	file := filepath.Join(t.TempDir(), "a.md")
	write(t, file, runbook)
	_, errOut, code := run(t, "tell", "--data", data, file)
	if code != 5 {
		t.Errorf("exit code %d, want 5", code)
	}
	contains(t, "message", errOut, fmt.Sprint(s.cmd.Process.Pid), "serve")
}
