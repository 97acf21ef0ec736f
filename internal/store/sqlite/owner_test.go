package sqlite_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
)

func TestOneOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder? 100% #1", "data")
	first, err := sqlite.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(dir)
	if !errors.Is(err, multivac.ErrInUse) {
		t.Fatalf("second owner: %v, want in use", err)
	}
	for _, want := range []string{fmt.Sprint("process ", os.Getpid()), os.Args[0], "--server", dir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("second owner is told %q, which lacks %q", err, want)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 2 {
		t.Errorf("after Close there are %v, %v, want the lock and one file that holds everything", left, err)
	}
	open(t, dir)
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	open(t, "data")
	if _, err := os.Stat("data/multivac.db"); err != nil {
		t.Error(err)
	}
}

func TestNewerDataIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, "multivac.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("PRAGMA user_version = 1000"); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first one leaves the folder free
		_, err = sqlite.Open(dir)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "version 1000") || !strings.Contains(err.Error(), "use the newer program") {
			t.Errorf("got %v, want to be told what to do", err)
		}
	}
}

func TestDamagedDataIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "multivac.db"), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(dir)
	if err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("got %v, want to be told what to do", err)
	}
}

// A damaged schema is named as such, and not as an error of the caller.
func TestDamagedSchemaIsNamed(t *testing.T) {
	f := func(name, old, new string) {
		t.Helper()
		dir := t.TempDir()
		if err := open(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
		raw, err := sql.Open("sqlite", filepath.Join(dir, "multivac.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if _, err := raw.Exec(`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ?2, ?3), name = replace(name, ?2, ?3) WHERE name = ?1`, name, old, new); err != nil {
			t.Fatal(err)
		}
		if err := raw.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sqlite.Open(dir)
		if err == nil {
			defer db.Close()
			_, put := db.Put(t.Context(), []multivac.Telling{{Source: "a", Body: []byte("A.")}}, time.Now())
			_, page := db.Documents(t.Context(), multivac.Listing{State: multivac.Pending})
			err = errors.Join(put, db.Scan(t.Context(), func(store.Change) error { return nil }), page)
		}
		if err == nil || !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "restore") {
			t.Errorf("%q for %q in %s: got %v, want to be told what to do", new, old, name, err)
		}
	}
	f("revisions", "size ", "sixe ")
	f("revisions", "revisions", "revisianz")
	f("documents", "UNIQUE", "      ")
	f("documents_waiting", "documents_waiting", "documents_waitinq")
	f("chunks", "bytes", "bites")
}

func TestPositionsBeyondTheEnd(t *testing.T) {
	db := open(t, t.TempDir())
	if err := db.Follow(t.Context(), "00000000000000ff", nil); !errors.Is(err, multivac.ErrTooOld) {
		t.Errorf("beyond the end: %v, want too old", err)
	}
	for _, p := range []multivac.Position{"1", "-000000000000001", "000000000000000g", "00000000000000001"} {
		if err := db.Follow(t.Context(), p, nil); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("position %q: %v, want invalid", p, err)
		}
	}
}

// What was deleted is in no file of the folder any more.
func TestForgottenBytesAreGone(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	const secret = "xyzzy-plugh"
	text := strings.Repeat(secret+" is the word.\n\n", 2000)
	for i, body := range []string{text, "<p>" + text, text + "other"} {
		receipts, err := db.Put(t.Context(), []multivac.Telling{{Source: "x", Title: secret, Body: []byte(body)}}, now)
		if err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if _, err := db.Publish(t.Context(), multivac.Task{Document: receipts[0].ID, Revision: receipts[0].Revision}, storetest.Cut(text), now); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found(t, dir, secret) == 0 {
		t.Fatalf("%q is in no file before the deletion, so this test proves nothing", secret)
	}
	if _, err := db.Delete(t.Context(), multivac.Telling{Source: "x"}.ID(), now); err != nil {
		t.Fatal(err)
	}
	// The writer empties the log of writes after it has answered the deletion and
	// before it takes the next write.
	if err := db.Release(t.Context(), multivac.Task{}); !errors.Is(err, multivac.ErrSuperseded) {
		t.Fatal(err)
	}
	if n := found(t, dir, secret); n > 0 {
		t.Errorf("%q is still there, %d times", secret, n)
	}
}

func found(t *testing.T, dir, word string) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(b, []byte(word))
	}
	return n
}

// A process that is killed while it writes loses nothing that was acknowledged.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("MULTIVAC_TEST_WRITE"); dir != "" {
		writeUntilKilled(t, dir)
	}
	dir := t.TempDir()
	acknowledged := make(map[string]multivac.Revision)
	for round := range 3 {
		for line := range killed(t, "TestKilled", "MULTIVAC_TEST_WRITE="+dir, 50+rand.IntN(400)) {
			var source, state string
			var revision multivac.Revision
			if _, err := fmt.Sscan(line, &state, &source, &revision); err != nil {
				continue // the last line may be half a line
			}
			acknowledged[state+" "+source] = max(acknowledged[state+" "+source], revision)
		}
		verify(t, dir, acknowledged)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged, so this test proves nothing")
	}
}

// killed runs a test in a process of its own, kills it after some lines of output,
// and returns these lines.
func killed(t *testing.T, test, variable string, lines int) map[string]bool {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	child.Env = append(os.Environ(), variable)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for in := bufio.NewScanner(out); in.Scan(); {
		if all[in.Text()] = true; len(all) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(all) < lines {
		t.Fatalf("the writer ended by itself after %d lines: %v", len(all), err)
	}
	return all
}

func writeUntilKilled(t *testing.T, dir string) {
	db := open(t, dir)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := 0; ; i++ {
				source := fmt.Sprintf("%d-%d", w, i%20)
				body := strings.Repeat(fmt.Sprintf("Text %d, told at %v.\n\n", i, time.Now().UnixNano()), 1+i%200)
				receipts, err := db.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte(body)}}, time.Now())
				if err != nil {
					t.Error(err)
					return
				}
				fmt.Println("pending", source, receipts[0].Revision)
				if i%3 == 0 {
					continue
				}
				if _, err := db.Publish(t.Context(), multivac.Task{Document: receipts[0].ID, Revision: receipts[0].Revision}, storetest.Cut(body), time.Now()); err != nil {
					t.Error(err)
					return
				}
				fmt.Println("indexed", source, receipts[0].Revision)
			}
		})
	}
	wait.Wait()
}

func verify(t *testing.T, dir string, acknowledged map[string]multivac.Revision) {
	t.Helper()
	db, err := sqlite.Open(dir) // the dead owner does not hold the folder
	if err != nil {
		t.Fatal(err)
	}
	for what, revision := range acknowledged {
		state, source, _ := strings.Cut(what, " ")
		d, err := db.Document(t.Context(), multivac.Telling{Source: source}.ID())
		if err != nil || d.Revision < revision || d.Revision == revision && state == "indexed" && d.State != multivac.Indexed {
			t.Errorf("acknowledged: %s at %d; kept: %s at %d, %v", what, revision, d.State, d.Revision, err)
		}
	}
	storetest.Check(t, db)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
