package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
)

// Faults returns what Examine reports.
func Faults(t testing.TB, s store.Store, repair bool) (all []multivac.Fault) {
	t.Helper()
	ctx := context.Background() // the test's own context may have ended
	if err := s.Examine(ctx, repair, time.Now(), func(f multivac.Fault) { all = append(all, f) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Mends fills an empty store and damages it. Examine has to find that as the first
// fault, and to repair it. The fault is of the document of the source, or of no
// document where the source is empty.
func Mends(t *testing.T, s store.Store, problem, source string, damage func() error) {
	t.Helper()
	Fill(t, s)
	if found := Faults(t, s, false); len(found) > 0 {
		t.Fatalf("before the damage: %+v", found)
	}
	if err := damage(); err != nil {
		t.Fatalf("%s: %v", problem, err)
	}
	want := multivac.DocumentID("")
	if source != "" {
		want = multivac.Telling{Source: source}.ID()
	}
	found := Faults(t, s, false)
	if len(found) == 0 || found[0].Document != want || !strings.Contains(found[0].Problem, problem) || found[0].Repair != "" {
		t.Errorf("found %+v, want %q of %s", found, problem, want)
	}
	if mended := Faults(t, s, true); len(mended) == 0 || mended[0].Repair == "" {
		t.Errorf("%s: mended %+v", problem, mended)
	}
	if left := Faults(t, s, false); len(left) > 0 {
		t.Errorf("%s: left after the repair: %+v", problem, left)
	}
}

// Fill puts documents into a store. Each state has one, whose source is the name
// of the state. The document "again" is told again after its publication. Of the
// document "kept" what was told is kept, too.
func Fill(t testing.TB, s store.Store) {
	t.Helper()
	now := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	tell := func(source, body string) multivac.Task {
		now = now.Add(time.Second)
		r, err := s.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte(body)}}, now)
		if err != nil {
			t.Fatal(err)
		}
		return task(r[0])
	}
	publish := func(told multivac.Task, p store.Publication) multivac.Task {
		if _, err := s.Publish(t.Context(), told, p, now); err != nil {
			t.Fatal(err)
		}
		return told
	}
	index := func(source, body string) multivac.Task { return publish(tell(source, body), Cut(body)) }
	index("indexed", "one\n\ntwo")
	kept := Cut("kept")
	kept.KeepBody = true
	publish(tell("kept", "<p>kept"), kept)
	index("again", "before")
	tell("again", "after")
	tell("pending", "waits")
	failed, _, err := s.Lease(t.Context(), tell("failed", "broken"), now, now.Add(time.Minute))
	if err == nil {
		err = s.Fail(t.Context(), failed, "broken", true, now, now)
	}
	if err == nil {
		_, err = s.Delete(t.Context(), index("deleted", "gone").Document, now)
	}
	if err != nil {
		t.Fatal(err)
	}
}
