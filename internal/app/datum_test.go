package app

import (
	"context"
	"testing"
	"time"

	"multivac"
	"multivac/internal/follow"
)

// A stored is a library of one datum that counts how often it is read.
type stored struct {
	multivac.Library
	text  string
	reads int
	while func() // happens while it is read
}

func (s *stored) Datum(context.Context, multivac.CollectionName) (string, error) {
	s.reads++
	text := s.text
	if s.while != nil {
		s.while()
	}
	return text, nil
}

func (s *stored) Delete(context.Context, multivac.DocumentID) (multivac.Receipt, error) {
	s.text = "second"
	return multivac.Receipt{}, nil
}

// The datum is read again when something has changed, when something was
// deleted here, and after a second; and at no other time.
func TestDatumIsKept(t *testing.T) {
	s := &stored{text: "first"}
	view, there, now := follow.View{}, true, time.Now()
	d := newDatumKeeper(s, &follow.Follower{})
	d.now = func() time.Time { return now }
	d.view = func(multivac.CollectionName) (follow.View, bool) { return view, there }
	says := func(when, want string, reads int) {
		t.Helper()
		s.reads = 0
		if got, err := d.Datum(t.Context(), "c"); got != want || err != nil || s.reads != reads {
			t.Errorf("%s: got %q, %v and %d reads; want %q and %d", when, got, err, s.reads, want, reads)
		}
	}
	says("at first", "first", 1)
	says("again", "first", 0)
	view.Fingerprint[0]++
	says("when something was published", "first", 1)
	says("again", "first", 0)
	if _, err := d.Delete(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	says("after a deletion", "second", 1)
	says("again", "second", 0)
	s.text = "third"
	now = now.Add(datumTime)
	says("a second later", "third", 1)
	d.forget()
	s.while = func() { s.while = nil; _, _ = d.Delete(t.Context(), "3") }
	says("deleted while it was read", "third", 1)
	says("after that", "second", 1)
	there = false
	says("of a collection without documents", "second", 1)
	says("again", "second", 1)
}
