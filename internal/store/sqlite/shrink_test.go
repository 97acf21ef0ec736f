package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"multivac"
	"multivac/internal/require"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
)

// fileSize returns the size of the database on the disk, in bytes.
func fileSize(t *testing.T, dir string) (n int64) {
	t.Helper()
	for _, name := range []string{"multivac.db", "multivac.db-wal"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			n += info.Size()
		}
	}
	return n
}

// shrinks waits until the database takes at most so many bytes.
func shrinks(t *testing.T, dir string, want int64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); fileSize(t, dir) > want; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("the database still takes %d bytes, want at most %d", fileSize(t, dir), want)
		}
	}
}

// remove deletes documents.
func remove(t *testing.T, db *sqlite.DB, receipts []multivac.Receipt) {
	t.Helper()
	var wait sync.WaitGroup
	for some := range slices.Chunk(receipts, 20) {
		wait.Go(func() {
			for _, r := range some {
				if _, err := db.Delete(t.Context(), r.ID, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

// quote checks that a document has the text that was published.
func quote(t *testing.T, db *sqlite.DB, n int, r multivac.Receipt) {
	t.Helper()
	_, p := sample(int64(n))
	if d, err := db.Document(t.Context(), r.ID); err != nil || d.Text != p.Text {
		t.Errorf("document %d: got %q, %v", n, multivac.Clip(d.Text, 100), err)
	}
}

func TestSpaceIsGivenBack(t *testing.T) {
	require.Long(t, "it writes many megabytes")
	dir := t.TempDir()
	db := open(t, dir)
	receipts := fill(t, db, 2000)
	full := fileSize(t, dir)
	remove(t, db, receipts[500:])
	shrinks(t, dir, full/2)
	for n, r := range receipts[:500] {
		quote(t, db, n, r)
	}
	storetest.Check(t, db)
	remove(t, db, receipts[:500])
	shrinks(t, dir, full/8)
	storetest.Check(t, db)
	if s := db.Space(); s.Total > full/4 || s.Free > s.Total || !s.Shrinks {
		t.Errorf("got %+v", s)
	}
}

// older makes the database like one of an older program, which cannot be shrunk in
// steps.
func older(t *testing.T, dir string) {
	t.Helper()
	raw, err := sql.Open("sqlite", filepath.Join(dir, "multivac.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	c, err := raw.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []string{"PRAGMA journal_mode=DELETE", "PRAGMA auto_vacuum=NONE", "VACUUM"} {
		if _, err := c.ExecContext(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	var mode int
	if err := c.QueryRowContext(context.Background(), "PRAGMA auto_vacuum").Scan(&mode); err != nil || mode != 0 {
		t.Fatalf("auto_vacuum is %d, %v", mode, err)
	}
}

func TestSpaceOfOlderFilesIsGivenBack(t *testing.T) {
	require.Long(t, "it writes many megabytes")
	dir := t.TempDir()
	db, err := sqlite.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	receipts := fill(t, db, 2000)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	older(t, dir)
	db = open(t, dir)
	full := fileSize(t, dir)
	remove(t, db, receipts[500:])
	shrinks(t, dir, full/2)
	for n, r := range receipts[:500] {
		quote(t, db, n, r)
	}
	storetest.Check(t, db)
	if s := db.Space(); !s.Shrinks {
		t.Error("it is not shrunk in steps from then on")
	}
	if _, err := db.Put(t.Context(), []multivac.Telling{{Body: []byte("later")}}, now); err != nil {
		t.Error(err)
	}
}

// A process that is killed while it gives space back loses no document.
func TestKilledShrinking(t *testing.T) {
	if dir := os.Getenv("MULTIVAC_TEST_SHRINK"); dir != "" {
		shrinkUntilKilled(t, dir)
	}
	for _, old := range []bool{false, true} {
		dir := t.TempDir()
		db, err := sqlite.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		receipts := fill(t, db, 1500)
		full := fileSize(t, dir) // before any of it is given back, which begins while documents are removed
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if old {
			older(t, dir)
		}
		if db, err = sqlite.Open(dir); err != nil {
			t.Fatal(err)
		}
		remove(t, db, receipts[100:])
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for round := range 4 {
			killed(t, "TestKilledShrinking", "MULTIVAC_TEST_SHRINK="+dir, 1+round*3)
			db, err := sqlite.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			for n, r := range receipts[:100] {
				quote(t, db, n, r)
			}
			storetest.Check(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		open(t, dir)
		shrinks(t, dir, full/2)
	}
}

// shrinkUntilKilled writes a line each time that it looks at the file.
func shrinkUntilKilled(t *testing.T, dir string) {
	db := open(t, dir)
	tick := time.NewTicker(time.Millisecond)
	for n := 0; ; n++ {
		fmt.Println("free", n, db.Space().Free)
		<-tick.C
	}
}
