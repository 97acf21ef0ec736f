package storetest

import (
	"bytes"
	"strings"
	"time"

	"multivac"
	"multivac/internal/store"
)

// keep publishes a text, and keeps what was told.
func (s *subject) keep(r multivac.Receipt, text string) {
	s.Helper()
	p := Cut(text)
	p.KeepBody, p.IsBody = true, text == string(s.document(r.ID).Body)
	_, err := s.Publish(s.ctx, task(r), p, s.tick())
	s.must(err)
}

// toldIs wants the store to have what was told of a document, or not where want
// is nil.
func (s *subject) toldIs(when string, id multivac.DocumentID, want *multivac.Telling) {
	s.Helper()
	got, err := s.Original(s.ctx, id)
	if d := s.document(id); d.Original != (want != nil) {
		s.Errorf("%s: the document says %v of its original", when, d.Original)
	}
	if want == nil {
		s.wants(multivac.ErrNotFound, err)
		return
	}
	s.must(err)
	if want.MediaType == "" {
		want.MediaType = multivac.Markdown
	}
	s.same("what was told, "+when, *want, got)
}

func keepsOriginals(s *subject) {
	_, err := s.Original(s.ctx, telling("x", "").ID())
	s.wants(multivac.ErrNotFound, err)
	named := telling("x", "<h1>One</h1>")
	unnamed := multivac.Telling{Collection: "c", MediaType: multivac.HTML, Body: []byte(strings.Repeat("<p>\xff\x00 line\n", 3000))}
	for _, told := range []multivac.Telling{named, unnamed} {
		r := s.tell(told)
		s.toldIs("pending", r.ID, &told)
		s.fail(r, "broken")
		s.toldIs("failed", r.ID, &told)
		again := s.tell(told)
		s.keep(again, "another text")
		s.toldIs("indexed", r.ID, &told)
		if d := s.document(r.ID); d.Text != "another text" || d.Body != nil {
			s.Errorf("kept: %+v", d)
		}
		s.must(s.Replace(s.ctx, task(again), whole("another text", store.Version{Segmenter: 7})))
		s.must(s.Attach(s.ctx, task(again), store.Version{Segmenter: 7, Vectors: 1}, vector(1)))
		s.reopen()
		s.toldIs("refreshed and opened again", r.ID, &told)
		if same := s.tell(told); same.Changed {
			s.Errorf("the same told again: %+v", same)
		}
	}
	verbatim, dropped := telling("v", "as it is"), telling("d", "<p>dropped")
	p := Cut("as it is")
	p.IsBody = true
	v, d := s.tell(verbatim), s.tell(dropped)
	_, err = s.Publish(s.ctx, task(v), p, s.tick()) // without KeepBody
	s.must(err)
	s.toldIs("as its text", v.ID, &verbatim)
	if is, err := s.Published(s.ctx, task(v)); !is.IsBody || err != nil {
		s.Errorf("published as it was told: %+v, %v", is, err)
	}
	s.publish(d, "dropped")
	s.toldIs("not kept", d.ID, nil)
	dropped.Keep = true
	again := s.tell(dropped)
	if s.tell(dropped).Changed || !again.Changed || again.Revision != 2 || again.State != multivac.Pending {
		s.Errorf("the same told again, to be kept: %+v", again)
	}
	s.keep(again, "dropped")
	if same := s.tell(dropped); same.Changed || same.State != multivac.Indexed {
		s.Errorf("the same told again once it is kept: %+v", same)
	}
	dropped.Keep = false // Original says nothing of it
	s.toldIs("kept now", d.ID, &dropped)
	s.sound()
}

func rereads(s *subject) {
	told := multivac.Telling{Collection: "c", MediaType: multivac.HTML, Body: []byte(strings.Repeat("<p>line\n", 3000))}
	verbatim := telling("v", "as it is")
	for text, told := range map[string]multivac.Telling{"line": told, "as it is": verbatim} {
		r := s.tell(told)
		s.keep(r, text)
		before, published, end := s.document(r.ID), s.scan(), s.feedEnd()
		got, err := s.Reread(s.ctx, r.ID, s.tick())
		s.must(err)
		want := multivac.Receipt{ID: r.ID, Source: told.Source, Revision: 2, State: multivac.Pending, Changed: true}
		s.same("receipt", want, got)
		before.Title, before.Revision, before.State, before.Body, before.Text, before.Places, before.Changed = told.Title, 2, multivac.Pending, told.Body, "", "", s.now
		s.same("document", before, s.document(r.ID))
		s.same("published meanwhile", published, s.scan())
		s.same("end of the feed", end, s.feedEnd())
		again, err := s.Reread(s.ctx, r.ID, s.tick())
		s.must(err)
		want.Changed = false
		s.same("receipt of one that is pending", want, again)
		if same := s.tell(told); same.Changed || same.Revision != 2 {
			s.Errorf("told again while it is pending: %+v", same)
		}
		lease, leased, err := s.Lease(s.ctx, task(got), s.tick(), s.now.Add(time.Hour))
		s.must(err)
		if !bytes.Equal(leased.Body, told.Body) || leased.Title != told.Title {
			s.Errorf("leased %q, with %d bytes, want %q and %d", leased.Title, len(leased.Body), told.Title, len(told.Body))
		}
		s.must(s.Fail(s.ctx, lease, "broken", true, s.tick(), time.Time{}))
		failed, err := s.Reread(s.ctx, r.ID, s.tick())
		s.must(err)
		want.Revision, want.Changed = 3, true
		s.same("receipt of one that has failed", want, failed)
		s.publish(failed, "a better text") // what is read again stays kept
		s.must(s.Purge(s.ctx, s.tick()))
		s.toldIs("read again", r.ID, &told)
		if d := s.document(r.ID); d.Text != "a better text" || d.Revision != 3 || d.Hash != before.Hash {
			s.Errorf("read again: %+v", d)
		}
		s.sound()
	}
	dropped := s.index("d", "dropped")
	gone := s.index("g", "gone")
	_, err := s.Delete(s.ctx, gone.ID, s.tick())
	s.must(err)
	for _, id := range []multivac.DocumentID{dropped.ID, gone.ID, telling("never", "").ID(), "?"} {
		_, err := s.Reread(s.ctx, id, s.tick())
		s.wants(multivac.ErrNotFound, err)
	}
	if d := s.document(dropped.ID); d.State != multivac.Indexed || d.Revision != 1 {
		s.Errorf("of what was not kept: %+v", d)
	}
}

func dropsOriginals(s *subject) {
	first := s.tell(telling("x", "<p>first"))
	s.keep(first, "first")
	second := telling("x", "<p>second")
	r := s.tell(second)
	s.toldIs("of the successor", first.ID, &second)
	s.publish(r, "second")
	s.toldIs("replaced by one that is not kept", first.ID, nil)
	s.must(s.Purge(s.ctx, s.tick()))
	s.sound()
	s.keep(s.tell(telling("x", "<p>third")), "third")
	_, err := s.Delete(s.ctx, first.ID, s.tick())
	s.must(err)
	s.toldIs("deleted", first.ID, nil)
	s.sound()
}
