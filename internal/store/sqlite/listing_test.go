package sqlite

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store/storetest"
)

// A listing has each document once and in order, whether few documents are pending
// or many.
func TestListingOfWhatWaits(t *testing.T) {
	db, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type listing struct {
		collection multivac.CollectionName
		state      multivac.State
	}
	want := make(map[listing][]multivac.DocumentID)
	now := time.UnixMilli(1)
	tell := func(collection multivac.CollectionName, n, published int) {
		tellings := make([]multivac.Telling, n)
		for i := range tellings {
			tellings[i] = multivac.Telling{Collection: collection, Source: fmt.Sprint(len(want), i), Body: []byte("text")}
		}
		receipts, err := db.Put(t.Context(), tellings, now)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range receipts {
			state := multivac.Pending
			if i < published {
				state = multivac.Indexed
				if _, err := db.Publish(t.Context(), multivac.Task{Document: r.ID, Revision: 1}, storetest.Cut("text"), now); err != nil {
					t.Fatal(err)
				}
			}
			for _, l := range []listing{{"", ""}, {"", state}, {collection, ""}, {collection, state}} {
				want[l] = append(want[l], r.ID)
			}
		}
	}
	check := func() {
		t.Helper()
		for l, ids := range want {
			slices.Sort(ids)
			var got []multivac.DocumentID
			for list := (multivac.Listing{Collection: l.collection, State: l.state, Limit: 1000}); ; {
				page, err := db.Documents(t.Context(), list)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range page.Documents {
					got = append(got, d.ID)
				}
				if list.Cursor = page.Next; list.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, ids) {
				t.Errorf("listing %+v has %d documents, or in another order, want %d", l, len(got), len(ids))
			}
		}
	}
	tell("few", 1100, 50)
	tell("many", 1500, 100)
	check()
	tell("many", maxSorted, 0)
	check()
}
