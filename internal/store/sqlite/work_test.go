package sqlite

import (
	"testing"
	"time"

	"multivac"
)

// Once all leases are ended, the tasks of both kinds are due, and their attempts
// count.
func TestEndLeases(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.UnixMilli(1_700_000_000_000).UTC()
	receipts, err := db.Put(t.Context(), []multivac.Telling{{Source: "a", Body: []byte("text")}}, now)
	if err != nil {
		t.Fatal(err)
	}
	other := multivac.Task{Kind: "another", Document: "a", Revision: 1}
	if err := db.AddTask(t.Context(), other, now); err != nil {
		t.Fatal(err)
	}
	tasks := []multivac.Task{{Document: receipts[0].ID, Revision: 1}, other}
	for _, task := range tasks {
		if _, _, err := db.Lease(t.Context(), task, now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.EndLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range tasks {
		want.Attempt = 1
		if due, err := db.Due(t.Context(), want.Kind, now, 2); err != nil || len(due) != 1 || due[0] != want {
			t.Errorf("due of kind %q: %+v, %v, want %+v", want.Kind, due, err, want)
		}
	}
}
