package sqlite

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// Each damage is found, named and repaired. After that the store is sound.
func TestExamine(t *testing.T) {
	f := func(damage, problem, document string) {
		t.Helper()
		dir := t.TempDir()
		db, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		storetest.Mends(t, db, problem, document, func() error {
			return db.write(context.Background(), func(w *writer) error { _, err := w.ExecContext(context.Background(), damage); return err })
		})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if db, err = Open(dir); err != nil { // Open reads the end of the feed again
			t.Fatal(err)
		}
		storetest.Check(t, checked{db, t})
		if err := (checked{db, t}).Close(); err != nil {
			t.Error(err)
		}
	}
	f(`INSERT INTO revisions (document, revision, hash, title, media_type, size, text, replaced) VALUES (99, 1, x'', '', '', 0, 0, 0)`, "belongs to no document", "")
	f(`INSERT INTO chunks VALUES (99 << 24, x'00')`, "a piece of text belongs to nothing", "")
	f(`INSERT INTO passages VALUES (99 << 24, '', '', '', 0, 1, x'', x'')`, "a passage belongs to nothing", "")
	f(`INSERT INTO vectors VALUES (99 << 24, x'')`, "vectors belong to nothing", "")
	f(`INSERT INTO originals VALUES (99 << 24, x'00')`, "what was told belongs to nothing", "")
	f(`UPDATE revisions SET original = 0`, "what was told belongs to nothing", "")
	f(`DELETE FROM originals`, "what was told of it is lost", "kept")
	f(`UPDATE originals SET bytes = substr(bytes, 2)`, "what was told of it is lost", "kept")
	f(`DELETE FROM chunks WHERE id >> 24 = (SELECT content FROM documents WHERE source = 'indexed')`, "its text is lost", "indexed")
	f(`DELETE FROM revisions WHERE id = (SELECT content FROM documents WHERE source = 'pending')`, "a piece of text belongs to nothing", "")
	f(`DELETE FROM chunks WHERE id >> 24 = (SELECT published FROM documents WHERE source = 'again')`, "what is published of it is lost", "again")
	f(`DELETE FROM feed WHERE position = (SELECT position FROM documents WHERE source = 'indexed')`, "the feed does not say what is published", "indexed")
	f(`DELETE FROM feed WHERE position = (SELECT position FROM documents WHERE source = 'deleted')`, "the feed does not say what is published", "deleted")
	f(`DELETE FROM feed WHERE position = (SELECT failed_position FROM documents WHERE source = 'failed')`, "the feed does not say that it has failed", "failed")
	f(`INSERT INTO feed VALUES (5, 99, 1, 1, x'')`, "the feed has an entry of nothing", "")
	f(`DELETE FROM feed`, "the feed does not say what is published", "indexed")
	f(`INSERT INTO work VALUES ('k', 'x', 1, 0, '', 0, '', 0, 0, 9e18, 0)`, "a task is leased or put off for too long", "")
	f(`UPDATE documents SET lease = 9e18 WHERE source = 'pending'`, "leased or put off for too long", "pending")
	f(`DELETE FROM passages WHERE id = (SELECT content << 24 FROM documents WHERE source = 'indexed')`, "passages are broken", "indexed")
	f(`UPDATE passages SET sentences = x'ff' WHERE id >> 24 = (SELECT content FROM documents WHERE source = 'indexed')`, "passages are broken", "indexed")
	f(`DELETE FROM vectors WHERE id = 1 + (SELECT r.vectors << 24 FROM documents d JOIN revisions r ON r.id = d.content WHERE d.source = 'indexed')`, "passages are broken", "indexed")
	f(`UPDATE vectors SET bytes = substr(bytes, 2) WHERE id >> 24 = (SELECT r.vectors FROM documents d JOIN revisions r ON r.id = d.content WHERE d.source = 'indexed')`, "passages are broken", "indexed")
	f(`UPDATE passages SET end = 9999 WHERE id >> 24 = (SELECT content FROM documents WHERE source = 'indexed')`, "passages are broken", "indexed")
}

// Data of earlier versions of the schema are brought to this one, and nothing is
// lost.
func TestEarlierVersions(t *testing.T) {
	f := func(version int, made store.Version, outdatedToVectors int) {
		t.Run(fmt.Sprint(version), func(t *testing.T) { upgrade(t, version, made, outdatedToVectors) })
	}
	f(1, store.Version{Segmenter: 1}, 3)
	f(4, store.Version{Segmenter: 1}, 2) // one of three has vectors
	f(5, store.Version{Segmenter: 3}, 2)
	f(6, store.Version{Segmenter: 3}, 2)
	f(7, store.Version{Segmenter: 3}, 2)
}

// upgrade opens data of a version of the schema. Its passages are of the version
// made, and some are outdated where they are to have vectors of version 1.
func upgrade(t *testing.T, version int, made store.Version, outdatedToVectors int) {
	dir := t.TempDir()
	unpack(t, filepath.Join("testdata", fmt.Sprintf("v%d.db.gz", version)), filepath.Join(dir, fileName))
	db, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if from, to := db.Migrated(); from != version || to != len(migrations) {
		t.Errorf("brought from version %d to %d, want %d to %d", from, to, version, len(migrations))
	}
	storetest.Check(t, checked{db, t})
	if found := storetest.Faults(t, db, false); len(found) > 0 {
		t.Errorf("faults: %+v", found)
	}
	f := func(source string, collection multivac.CollectionName, revision multivac.Revision, state multivac.State, says string) {
		t.Helper()
		d, err := db.Document(t.Context(), multivac.Telling{Collection: collection, Source: source}.ID())
		if err != nil || d.Revision != revision || d.State != state || !strings.Contains(d.Text+string(d.Body), says) {
			t.Errorf("%s: %+v, %v, want %s at revision %d, with %q", source, d, err, state, revision, says)
		}
	}
	f("pump.md", "", 2, multivac.Indexed, "The pump stops at 80 degrees.")
	f("tax.html", "laws", 1, multivac.Indexed, "The tax is 19 percent.")
	f("waits.md", "", 1, multivac.Pending, "It waits for its worker.")
	f("again.md", "", 2, multivac.Pending, "The valve opens at 5 bar.")
	f("broken.html", "", 1, multivac.Failed, "<p>")
	f("gone.md", "", 2, multivac.Deleted, "")
	if page, err := db.Documents(t.Context(), multivac.Listing{Collection: "default"}); err != nil || len(page.Documents) != 4 {
		t.Errorf("%d documents that stand or wait in the collection, %v, want 4", len(page.Documents), err)
	}
	if datum, err := db.Datum(t.Context(), "default"); err != nil || !strings.Contains(datum, "80 degrees") {
		t.Errorf("datum %q, %v", datum, err)
	}
	checkVectors(t, db, version >= 5)
	outdated := func(v store.Version, want int) {
		t.Helper()
		if n, err := db.CountOutdated(t.Context(), v); n != want || err != nil {
			t.Errorf("outdated to %+v: %d, %v, want %d", v, n, err, want)
		}
	}
	outdated(made, 0)
	outdated(store.Version{Segmenter: made.Segmenter, Vectors: 1}, outdatedToVectors)
	outdated(store.Version{Segmenter: made.Segmenter + 1}, 3)
	if _, err := db.Delete(t.Context(), multivac.Telling{Source: "pump.md"}.ID(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if datum, err := db.Datum(t.Context(), "default"); err != nil || !strings.Contains(datum, "4 bar") {
		t.Errorf("datum after the first one was deleted: %q, %v", datum, err)
	}
	if err := (checked{db, t}).Close(); err != nil {
		t.Error(err)
	}
}

// checkVectors checks the 4 vectors that the data from version 5 on have.
func checkVectors(t *testing.T, db *DB, has bool) {
	t.Helper()
	published, vectors := 0, 0
	err := db.Scan(t.Context(), func(c store.Change) error {
		published++
		vectors += len(c.Vectors) / store.VectorSize
		if has && len(c.Vectors) > 0 && (c.Vectors[0] != 1 || c.Vectors[len(c.Vectors)-1] != 2) {
			t.Errorf("vectors of %s are from %d to %d", c.Source, c.Vectors[0], c.Vectors[len(c.Vectors)-1])
		}
		return nil
	})
	if err != nil || published != 3 || (vectors == 4) != has {
		t.Errorf("%d published, with %d vectors, %v", published, vectors, err)
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
