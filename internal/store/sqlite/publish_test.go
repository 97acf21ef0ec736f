package sqlite

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
)

// What is outdated is found by ranges of an index. A walk through all documents
// would show in a test only where there are a million of them.
func TestOutdatedIsFoundByRanges(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var plan strings.Builder
	err = db.read(t.Context(), func(c *conn) error {
		return c.Each(func(rows *sql.Rows) error {
			var id, parent, unused int
			var step string
			err := rows.Scan(&id, &parent, &unused, &step)
			plan.WriteString(step + "\n")
			return err
		}, "EXPLAIN QUERY PLAN SELECT count(*)"+outdated, 3, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"revisions_version (segmenter<?)", "revisions_version (segmenter=? AND encoder<?)"} {
		if !strings.Contains(plan.String(), want) {
			t.Errorf("the plan has no %s:\n%s", want, &plan)
		}
	}
}

// A quote of which a piece is lost is not there. It is no shorter quote.
func TestQuoteOfALostPiece(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	text := strings.Repeat("x", 2*chunkSize)
	receipts, err := db.Put(t.Context(), []multivac.Telling{{Source: "a", Body: []byte(text)}}, time.Now())
	if err == nil {
		_, err = db.Publish(t.Context(), multivac.Task{Document: receipts[0].ID, Revision: 1}, store.Publication{Text: text, IsBody: true}, time.Now())
	}
	if err == nil {
		err = db.write(t.Context(), func(w *writer) error { _, err := w.Exec(`DELETE FROM chunks WHERE id & 1`); return err })
	}
	if err != nil {
		t.Fatal(err)
	}
	quote := func(start, end int) store.Quote {
		return store.Quote{Document: receipts[0].ID, Revision: 1, Span: multivac.Span{Start: start, End: end}}
	}
	texts, err := db.Quotes(t.Context(), []store.Quote{quote(0, chunkSize), quote(chunkSize-1, chunkSize+1)})
	if err != nil || texts[0] != text[:chunkSize] || texts[1] != "" {
		t.Errorf("%d bytes of the piece that is there, %d of two, %v", len(texts[0]), len(texts[1]), err)
	}
}
