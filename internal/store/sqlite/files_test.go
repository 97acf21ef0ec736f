package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/store/sqlite"
)

func put(t *testing.T, db *sqlite.DB, source string) error {
	t.Helper()
	_, err := db.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte("A.")}}, now)
	return err
}

func there(t *testing.T, db *sqlite.DB, source string) bool {
	t.Helper()
	_, err := db.Document(t.Context(), multivac.Telling{Source: source}.ID())
	if err != nil && !errors.Is(err, multivac.ErrNotFound) {
		t.Error(err)
	}
	return err == nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// away fails the test unless err says that the folder was taken away.
func away(t *testing.T, what string, err error, want string) {
	t.Helper()
	var e *multivac.Error
	if !errors.As(err, &e) || e.Kind != multivac.ErrUnavailable || e.Remedy == "" || e.RetryAfter == 0 || !strings.Contains(e.Message, want) {
		t.Errorf("%s: got %v, want it unavailable, %s, with a remedy", what, err, want)
	}
}

// While the folder is not where it was, nothing is acknowledged. When it is back,
// writing goes on.
func TestAFolderThatIsTakenAway(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	must(t, put(t, db, "before"))
	must(t, os.Rename(dir, dir+".old"))
	away(t, "the first that is told", put(t, db, "lost"), "moved away")
	away(t, "the second", put(t, db, "refused"), "moved away")
	away(t, "asked", db.InPlace(), "moved away")
	if !there(t, db, "before") || there(t, db, "refused") {
		t.Errorf("what was kept is there: %v; what was refused: %v", there(t, db, "before"), there(t, db, "refused"))
	}
	var faults []multivac.Fault
	must(t, db.Examine(t.Context(), false, now, func(f multivac.Fault) { faults = append(faults, f) }))
	if len(faults) != 1 || !strings.Contains(faults[0].Problem, "moved away") {
		t.Errorf("the examination finds %v, want that it was taken away", faults)
	}
	must(t, os.Rename(dir+".old", dir))
	must(t, put(t, db, "after"))
	must(t, db.InPlace())
	must(t, db.Close())
	db = open(t, dir)
	if !there(t, db, "before") || !there(t, db, "after") {
		t.Error("what was acknowledged is lost")
	}
}

// A store whose folder was replaced touches nothing in the new folder.
func TestAFolderThatIsReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	must(t, put(t, db, "before"))
	must(t, os.Rename(dir, dir+".old"))
	must(t, os.Mkdir(dir, 0o700))
	files := []string{"multivac.db", "multivac.db-wal", "multivac.db-shm", "lock"}
	for _, name := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("of another"), 0o600))
	}
	away(t, "told", put(t, db, "lost"), "replaced")
	must(t, db.Close())
	for _, name := range files {
		if b, err := os.ReadFile(filepath.Join(dir, name)); !bytes.Equal(b, []byte("of another")) {
			t.Errorf("%s has become %q, %v", name, b, err)
		}
	}
	if db = open(t, dir+".old"); !there(t, db, "before") {
		t.Error("what was acknowledged is lost")
	}
}

// Somebody may remove SQLite's log of writes. After Close everything is in the
// database.
func TestALogThatIsRemoved(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	must(t, put(t, db, "before"))
	must(t, os.Remove(filepath.Join(dir, "multivac.db-wal")))
	away(t, "told", put(t, db, "lost"), "multivac.db-wal was removed")
	must(t, db.Close())
	if db = open(t, dir); !there(t, db, "before") {
		t.Error("what was acknowledged is lost")
	}
	must(t, put(t, db, "after"))
}

// A folder has one owner, even if files in it are removed, or it is opened under
// another name.
func TestOneOwnerWhateverIsRemoved(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	must(t, put(t, db, "before"))
	refused := func(when, dir string) {
		t.Helper()
		second, err := sqlite.Open(dir)
		if err == nil {
			second.Close()
		}
		if !errors.Is(err, multivac.ErrInUse) {
			t.Errorf("%s: a second owner: %v, want in use", when, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(dir, link))
	refused("by a symbolic link", link)
	other := t.TempDir()
	if must(t, os.Link(filepath.Join(dir, "multivac.db"), filepath.Join(other, "multivac.db"))); runtime.GOOS == "linux" {
		refused("by a hard link of the database", other)
	}
	must(t, os.Remove(filepath.Join(dir, "lock")))
	refused("without the lock file", dir)
	must(t, os.RemoveAll(filepath.Join(dir, "multivac.db")))
	refused("without the database", dir)
}
