package test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to damage what it wrote
)

// The doctor names what is damaged in a data folder and repairs what it can. The
// server answers from it.
func TestDoctorMendsADataFolder(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	lost := s.tellAndWait(t, "lost.md", "The lighthouse is painted green.")["id"].(string)
	s.tellAndWait(t, "whole.md", "The valve opens at 4 bar.")
	if r := s.get(t, "/api/v1/doctor"); r.JSON(t)["sound"] != true {
		t.Errorf("the doctor finds %s", r.body)
	}
	if code := s.stop(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	damage(t, data,
		`UPDATE passages SET end = 99999 WHERE id >> 24 = (SELECT published FROM documents WHERE source = 'payments.md')`,
		`DELETE FROM chunks WHERE id >> 24 = (SELECT published FROM documents WHERE source = 'lost.md')`,
		`DELETE FROM feed WHERE document = (SELECT key FROM documents WHERE source = 'whole.md')`,
		`INSERT INTO chunks VALUES (999 << 24, x'00')`)

	out, _, code := run(t, "doctor", "--data", data)
	if code != 1 {
		t.Errorf("doctor: exit code %d, want 1", code)
	}
	contains(t, "doctor", out, lost+"  its text is lost", "its passages are broken", "the feed does not say", "a piece of text belongs to nothing", "0 mended")
	out, errOut, code := run(t, "doctor", "--data", data, "--repair")
	if code != 0 {
		t.Errorf("doctor --repair: exit code %d\n%s%s", code, out, errOut)
	}
	contains(t, "doctor --repair", out, "forgotten, so that it can be told again", "cut anew from the text", "said", "dropped")
	if out, _, code := run(t, "doctor", "--data", data); code != 0 {
		t.Errorf("doctor after the repair: exit code %d\n%s", code, out)
	}

	s = serve(t, data)
	s.ready(t)
	contains(t, "answer", fmt.Sprint(s.ask(t, "How long are backups of the payments database kept?")["text"]), "35 days")
	contains(t, "answer", fmt.Sprint(s.ask(t, "At how many bar does the valve open?")["text"]), "4 bar")
	if r := s.tellAndWait(t, "lost.md", "The lighthouse is painted green."); r["revision"] != 3.0 {
		t.Errorf("told again: %v, want revision 3", r)
	}
	contains(t, "answer", fmt.Sprint(s.ask(t, "Which colour is the lighthouse painted?")["text"]), "green")
}

func damage(t *testing.T, data string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "multivac.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		r, err := db.Exec(statement)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if n, err := r.RowsAffected(); n == 0 || err != nil {
			t.Fatalf("%s: changed %d, %v", statement, n, err)
		}
	}
}

// Overwritten bytes in the middle of the file give an exit code and a message.
// What is still readable can be copied.
func TestDoctorOnAnOverwrittenFile(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	s.tellAndWait(t, "payments.md", runbook)
	s.tellAndWait(t, "long.md", strings.Repeat("A line of a long text that fills pages.\n\n", 3000))
	if code := s.stop(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, s.stderr)
	}
	if _, errOut, code := run(t, "export", "--data", data, "-o", filepath.Join(t.TempDir(), "whole.jsonl")); code != 0 {
		t.Fatalf("export: exit code %d\n%s", code, errOut)
	}
	path := filepath.Join(data, "multivac.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := len(b) / 2 / page; at < len(b)/page; at += 3 {
		copy(b[at*page:], strings.Repeat("\xff", page))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"doctor", "--data", data}, {"doctor", "--data", data, "--repair"}, {"doctor", "--data", data, "--json"}} {
		out, errOut, code := run(t, args...)
		if code != 1 || !strings.Contains(out+errOut, "database") || strings.Contains(errOut, "panic") {
			t.Errorf("%s: exit code %d\n%.500s%.500s", args, code, out, errOut)
		}
	}
}
