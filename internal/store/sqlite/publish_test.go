package sqlite

import (
	"database/sql"
	"strings"
	"testing"
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
