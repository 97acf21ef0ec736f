package tell_test

import (
	"context"
	"testing"
	"time"

	"multivac"
	"multivac/internal/tell"
)

// oneDatum is a library of one datum. It counts how often the datum is read.
type oneDatum struct {
	multivac.Library
	text  string
	reads int
	while func() // called during a read
}

func (s *oneDatum) Datum(context.Context, multivac.CollectionName) (string, error) {
	s.reads++
	text := s.text
	if s.while != nil {
		s.while()
	}
	return text, nil
}

func (s *oneDatum) Delete(context.Context, multivac.DocumentID) (multivac.Receipt, error) {
	s.text = "second"
	return multivac.Receipt{}, nil
}

// The datum is read again when something has changed, when something was
// deleted in this process, and after a second. It is not read at other times.
func TestDatumIsCached(t *testing.T) {
	s := &oneDatum{text: "first"}
	fingerprint, some, now := [16]byte{}, true, time.Now()
	d := tell.NewDatumCache(s, func(multivac.CollectionName) ([16]byte, bool) { return fingerprint, some }, func() time.Time { return now })
	says := func(when, want string, reads int) {
		t.Helper()
		s.reads = 0
		if got, err := d.Datum(t.Context(), "c"); got != want || err != nil || s.reads != reads {
			t.Errorf("%s: got %q, %v and %d reads; want %q and %d", when, got, err, s.reads, want, reads)
		}
	}
	says("at first", "first", 1)
	says("again", "first", 0)
	fingerprint[0]++
	says("when something was published", "first", 1)
	says("again", "first", 0)
	if _, err := d.Delete(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	says("after a deletion", "second", 1)
	says("again", "second", 0)
	s.text = "third"
	now = now.Add(time.Second)
	says("a second later", "third", 1)
	d.Forget()
	s.while = func() { s.while = nil; _, _ = d.Delete(t.Context(), "3") }
	says("deleted while it was read", "third", 1)
	says("after that", "second", 1)
	some = false
	says("of a collection without documents", "second", 1)
	says("again", "second", 1)
}
