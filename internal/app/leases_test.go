package app

import (
	"context"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
)

// A worker dies on a full disk. Work on its document starts again as soon as
// there is room, and not only when its lease would have ended.
func TestLeasesOfTheDeadEndOnceThereIsRoom(t *testing.T) {
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	telling := multivac.Telling{Source: "hold.md", MediaType: multivac.Markdown, Body: []byte("The hold is full.")}
	receipts, err := db.Put(t.Context(), []multivac.Telling{telling}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	task := multivac.Task{Document: receipts[0].ID, Revision: receipts[0].Revision}
	if _, _, err := db.Lease(t.Context(), task, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	full := &fullDisk{DB: db, left: 2}
	a, _ := running(t, Settings{openStore: func(context.Context) (store.Store, error) { return full, nil }})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if r, err := a.Tell(ctx, []multivac.Telling{telling}, multivac.WaitIndexed); err != nil || r[0].Err != nil || r[0].State != multivac.Indexed {
		t.Errorf("the document that a dead worker held: %+v, %v; want it indexed", r, err)
	}
}

// fullDisk is a store on a disk that is full for the first few calls of
// EndLeases.
type fullDisk struct {
	*sqlite.DB
	left int
}

func (f *fullDisk) EndLeases(ctx context.Context) error {
	if f.left--; f.left >= 0 {
		return multivac.Errorf(multivac.ErrUnavailable, "free some space", "disk is full")
	}
	return f.DB.EndLeases(ctx)
}
