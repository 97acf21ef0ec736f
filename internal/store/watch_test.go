package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
)

// A watched operation is reported under its name, with its context and its error,
// and does what it does.
func TestWatch(t *testing.T) {
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var begun, ended []string
	s := store.Watch(db, func(ctx context.Context, operation string) (context.Context, func(error)) {
		begun = append(begun, operation)
		return ctx, func(err error) {
			if errors.Is(err, multivac.ErrNotFound) {
				operation += " not found"
			}
			ended = append(ended, operation)
		}
	})
	operate(t, s)
	want := []string{"put", "pending", "due", "lease", "lease", "publish", "fail", "document", "excerpts", "quote", "document", "delete", "position"}
	if !slices.Equal(begun, want) {
		t.Errorf("begun are %q, want %q", begun, want)
	}
	want[10] = "document not found"
	if !slices.Equal(ended, want) {
		t.Errorf("ended are %q, want %q", ended, want)
	}
	for _, name := range store.Watched {
		if !slices.Contains(begun, name) {
			t.Errorf("%s is said to be watched and is not", name)
		}
	}
}

// operate does each of the operations that are watched.
func operate(t *testing.T, s store.Store) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	receipts, err := s.Put(ctx, []multivac.Telling{
		{Collection: "default", Source: "a.md", MediaType: multivac.Plain, Body: []byte("A fact.")},
		{Collection: "default", Source: "b.md", MediaType: multivac.Plain, Body: []byte("B fact.")},
	}, now)
	check(err)
	n, err := s.Pending(ctx)
	check(err)
	due, err := s.Due(ctx, multivac.ReadDocument, now, 2)
	check(err)
	if n != 2 || len(due) != 2 {
		t.Fatalf("%d are pending, %d due, want 2", n, len(due))
	}
	a, _, err := s.Lease(ctx, due[0], now, now.Add(time.Minute))
	check(err)
	b, _, err := s.Lease(ctx, due[1], now, now.Add(time.Minute))
	check(err)
	_, err = s.Publish(ctx, a, storetest.Cut("A fact."), now)
	check(err)
	check(s.Fail(ctx, b, "broken", true, now, now))
	_, err = s.Document(ctx, receipts[0].ID)
	check(err)
	_, err = s.Excerpts(ctx, nil)
	check(err)
	_, err = s.Quotes(ctx, nil)
	check(err)
	if _, err = s.Document(ctx, "none"); !errors.Is(err, multivac.ErrNotFound) {
		t.Errorf("a document that was never told: %v", err)
	}
	_, err = s.Delete(ctx, receipts[0].ID, now)
	check(err)
	_, err = s.Position(ctx)
	check(err)
}
