package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"multivac"
	"multivac/internal/store"
)

func (s *subject) records() []store.Record {
	s.Helper()
	var all []store.Record
	last := multivac.DocumentID("")
	s.must(s.Records(s.ctx, store.Parts{Passages: true, Originals: true}, func(r store.Record) error {
		if r.ID <= last {
			s.Errorf("record of %s comes after that of %s", r.ID, last)
		}
		last = r.ID
		all = append(all, r)
		return nil
	}))
	n := 0
	s.must(s.Records(s.ctx, store.Parts{}, func(r store.Record) error {
		if p := r.Published; p != nil {
			if len(p.Passages) > 0 || len(p.Original) > 0 {
				s.Errorf("the record of %s has passages or what was told, and none were wanted", r.ID)
			}
			p.Passages, p.Vectors, p.Original = all[n].Published.Passages, all[n].Published.Vectors, all[n].Published.Original
		}
		s.same("records without passages", all[n], r)
		n++
		return nil
	}))
	return all
}

// sound wants Examine to find no fault.
func (s *subject) sound() {
	s.Helper()
	s.must(s.Examine(s.ctx, false, s.now, func(f multivac.Fault) { s.Errorf("fault: %+v", f) }))
}

// every makes documents of every state, some of them with a published revision
// before.
func (s *subject) every() {
	s.index("indexed", "one\n\ntwo")
	s.index("replaced", "one")
	s.index("replaced", "two\nlines\n\nand more")
	s.tell(telling("pending", "waits"))
	s.index("pending again", "published")
	s.tell(telling("pending again", "waits"))
	s.fail(s.tell(telling("failed", "broken")), "cannot be read")
	s.index("failed again", "published")
	s.fail(s.tell(telling("failed again", "broken")), "cannot be read")
	retried := s.lease(s.tell(telling("tried", "once more")))
	s.must(s.Fail(s.ctx, retried, "not yet", false, s.tick(), s.now.Add(time.Hour)))
	gone := s.index("deleted", "text")
	_, err := s.Delete(s.ctx, gone.ID, s.tick())
	s.must(err)
	s.index("large", strings.Repeat("A line of a long text.\n\n", 2000))
	s.keep(s.tell(telling("kept", "<p>kept")), "kept")
	s.keep(s.tell(telling("large kept", strings.Repeat("<p>A line.\n", 2000))), "A line.")
	s.keep(s.tell(telling("verbatim", "as it is")), "as it is")
	s.keep(s.tell(telling("kept before", "<p>before")), "before")
	s.tell(telling("kept before", "<p>waits"))
	bytes, err := s.Put(s.ctx, []multivac.Telling{{Collection: "d", Source: "bytes", Body: []byte("\xff\x00")}, {Body: []byte("no source")}}, s.tick())
	s.must(err)
	s.publish(bytes[1], "no source")
	s.sound()
}

func retries(s *subject) {
	_, err := s.Retry(s.ctx, telling("x", "").ID(), s.tick())
	s.wants(multivac.ErrNotFound, err)
	s.index("x", "published")
	r := s.tell(telling("x", "one"))
	s.fail(r, "broken")
	before := s.document(r.ID)
	got, err := s.Retry(s.ctx, r.ID, s.tick())
	s.must(err)
	s.same("receipt", multivac.Receipt{ID: r.ID, Source: "x", Revision: 3, State: multivac.Pending, Changed: true}, got)
	before.Revision, before.State, before.Attempts, before.LastError, before.Changed = 3, multivac.Pending, 0, "", s.now
	s.same("document", before, s.document(r.ID))

	lease := s.lease(got)
	s.must(s.Fail(s.ctx, lease, "not yet", false, s.tick(), s.now.Add(time.Hour)))
	if due, err := s.Due(s.ctx, multivac.ReadDocument, s.now, 1); len(due) != 0 || err != nil {
		s.Errorf("due before the retry: %v, %v", due, err)
	}
	again, err := s.Retry(s.ctx, r.ID, s.tick())
	s.must(err)
	if due, err := s.Due(s.ctx, multivac.ReadDocument, s.now, 1); len(due) != 1 || err != nil || !again.Changed || again.Revision != 3 {
		s.Errorf("due after the retry: %v, %v, receipt %+v", due, err, again)
	}
	s.publish(got, "one")
	done, err := s.Retry(s.ctx, r.ID, s.tick())
	s.must(err)
	if done.Changed || done.State != multivac.Indexed || done.Revision != 3 {
		s.Errorf("retried though it is indexed: %+v", done)
	}
}

func restores(s *subject) {
	s.every()
	want, published := s.records(), s.scan()
	target := newSubject(s.T, s.open)
	target.now = s.now
	for at := 0; at < len(want); at += 3 {
		n, err := target.Restore(s.ctx, want[at:min(at+3, len(want))], target.tick())
		s.must(err)
		if n != min(3, len(want)-at) {
			s.Errorf("restored %d of the records from %d on", n, at)
		}
	}
	s.same("records", want, target.records())
	s.same("published", published, target.scan())
	target.sound()
	target.reopen()
	s.same("records after reopening", want, target.records())

	end, err := target.Position(s.ctx)
	s.must(err)
	n, err := target.Restore(s.ctx, want, target.tick())
	if after, e := target.Position(s.ctx); n != 0 || err != nil || after != end || e != nil {
		s.Errorf("restored again: %d, %v, the feed went from %q to %q, %v", n, err, end, after, e)
	}
	// The revisions go on from those that were restored.
	r := target.index("pending again", "and now a third")
	if r.Revision != 3 {
		s.Errorf("told after the restoration at revision %d, want 3", r.Revision)
	}
	if again := target.index("deleted", "text"); again.Revision != 3 {
		s.Errorf("told again after its deletion at revision %d, want 3", again.Revision)
	}
}

func merges(s *subject) {
	s.every()
	records := s.records()
	target := newSubject(s.T, s.open)
	target.now = s.now
	// The target has newer documents, deleted ones, some of the same revision, and
	// older ones.
	target.index("indexed", "one")
	target.index("indexed", "newer here")
	target.index("pending again", "mine")
	for range 3 {
		target.tell(telling("failed", fmt.Sprint("waits ", target.now)))
	}
	gone := target.index("large", "text")
	_, err := target.Delete(s.ctx, gone.ID, target.tick())
	s.must(err)
	target.index("deleted", "stands here")
	mine := target.records()
	datum, err := target.Datum(s.ctx, "c")
	s.must(err)

	for i := range records {
		records[i].Datum = false
	}
	_, err = target.Restore(s.ctx, records, target.tick())
	s.must(err)
	target.sound()
	got := make(map[string]multivac.Document)
	for _, r := range target.records() {
		got[r.Source] = r.Document
	}
	f := func(source string, revision multivac.Revision, state multivac.State, text string) {
		s.Helper()
		if d := got[source]; d.Revision != revision || d.State != state || d.Text+string(d.Body) != text {
			s.Errorf("%s is %s at %d with %q, want %s at %d with %q", source, d.State, d.Revision, d.Text+string(d.Body), state, revision, text)
		}
	}
	f("indexed", 2, multivac.Indexed, "newer here")
	f("pending again", 2, multivac.Pending, "waits")
	f("failed", 3, multivac.Pending, string(mine[find(mine, "failed")].Body))
	f("large", 2, multivac.Deleted, "")
	f("deleted", 2, multivac.Deleted, "")
	f("replaced", 2, multivac.Indexed, "two\nlines\n\nand more")
	if text := target.quote(multivac.Receipt{ID: telling("pending again", "").ID(), Revision: 1}, len("mine")); text != "mine" {
		s.Errorf("what was published here is %q", text)
	}
	if after, err := target.Datum(s.ctx, "c"); after != datum || err != nil {
		s.Errorf("datum %q, %v, want %q", after, err, datum)
	}
}

// restoresDatum restores a newer revision of the datum, whose published text is
// here already, but is not the datum here.
func restoresDatum(s *subject) {
	s.index("a", "first")
	s.index("b", "second")
	s.tell(telling("a", "waits"))
	target := newSubject(s.T, s.open)
	target.now = s.now
	target.index("b", "second")
	target.index("a", "first")
	n, err := target.Restore(s.ctx, s.records(), target.tick())
	s.must(err)
	if got, err := target.Datum(s.ctx, "c"); n != 1 || got != "first" || err != nil {
		s.Errorf("restored %d records, the datum is %q, %v; want 1 and \"first\"", n, got, err)
	}
	target.sound()
}

func find(records []store.Record, source string) int {
	for i, r := range records {
		if r.Source == source {
			return i
		}
	}
	return -1
}

func invalidRecords(s *subject) {
	s.index("x", "text")
	s.tell(telling("y", "text"))
	good := s.records()
	target := newSubject(s.T, s.open)
	f := func(what string, change func(indexed, pending *store.Record)) {
		s.Helper()
		records := s.records()
		change(&records[find(records, "x")], &records[find(records, "y")])
		_, err := target.Restore(s.ctx, records, s.now)
		if !errors.Is(err, multivac.ErrInvalid) {
			s.Errorf("%s: got %v, want invalid", what, err)
		}
		if n := len(target.records()); n != 0 {
			s.Fatalf("%s: %d records were kept", what, n)
		}
	}
	f("no identifier", func(i, _ *store.Record) { i.ID = "?" })
	f("no revision", func(_, p *store.Record) { p.Revision = 0 })
	f("no such state", func(_, p *store.Record) { p.State = "?" })
	f("no collection", func(_, p *store.Record) { p.Collection = "" })
	f("never told", func(_, p *store.Record) { p.Told = time.Time{} })
	f("changed before it was told", func(_, p *store.Record) { p.Changed = p.Told.Add(-time.Second) })
	f("indexed, nothing published", func(i, _ *store.Record) { i.Published = nil })
	f("indexed, another published", func(i, _ *store.Record) { i.Published.Revision = 2 })
	f("pending, no body", func(_, p *store.Record) { p.Body = nil })
	f("pending, later published", func(i, p *store.Record) { p.Published = i.Published })
	f("deleted, with text", func(i, _ *store.Record) { i.State = multivac.Deleted })
	f("what was told, twice", func(i, _ *store.Record) { i.Published.IsBody, i.Published.Original = true, []byte("text") })
	f("a passage elsewhere", func(i, _ *store.Record) { i.Published.Passages[0].Text = "other" })
	f("a byte too few", func(i, _ *store.Record) { i.Published.Vectors = vector(1)[1:] })
	f("passages out of order", func(i, _ *store.Record) { i.Published.Passages[0].Number = 3 })
	n, err := target.Restore(s.ctx, good, s.now)
	if n != 2 || err != nil {
		s.Errorf("good records: %d, %v", n, err)
	}
}

// copies does random work and compares a copy of the store with it.
func copies(s *subject) {
	s.churn(4, 60)
	r := rand.New(rand.NewPCG(uint64(len(s.records())), 0))
	want := s.records()
	target := newSubject(s.T, s.open)
	target.now = s.now
	shuffled := append([]store.Record(nil), want...)
	r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	_, err := target.Restore(s.ctx, shuffled, target.tick())
	s.must(err)
	s.same("records", want, target.records())
	s.sound()
	s.must(target.Examine(s.ctx, true, s.now, func(f multivac.Fault) { s.Errorf("fault: %+v", f) }))
	s.same("records after a repair of nothing", want, target.records())
}
