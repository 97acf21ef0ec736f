package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"multivac"
	"multivac/internal/store"
)

func publication(s *subject) {
	named, unnamed := telling("x", "<h1>One</h1>"), multivac.Telling{Collection: "c", Source: "y", Body: []byte("body")}
	a, b := s.tell(named), s.tell(unnamed)
	at := s.publish(a, "# One\n\nTwo.")
	end, err := s.Position(s.ctx)
	if at != end || at == "" || err != nil {
		s.Errorf("published at %q, the feed ends at %q, %v", at, end, err)
	}
	if later := s.publish(b, "body"); later <= at {
		s.Errorf("published at %q after %q", later, at)
	}
	da, db := s.document(a.ID), s.document(b.ID)
	if da.Title != "About x" || da.Text != "# One\n\nTwo." || da.Body != nil || db.Title != "Cut" {
		s.Errorf("published %+v and %+v", da, db)
	}
	_, err = s.Publish(s.ctx, task(a), Cut("other"), s.tick())
	s.wants(multivac.ErrSuperseded, err)
	s.same("published once more", da, s.document(a.ID))
	if r := s.tell(unnamed); r.Changed {
		s.Errorf("the title that was found made a new document of the same telling: %+v", r)
	}
}

func superseded(s *subject) {
	first := s.index("x", "one\n\ntwo")
	second := s.tell(telling("x", "three"))
	lease := s.lease(second)
	third := s.tell(telling("x", "four"))
	before, end := s.scan(), s.follow("")
	_, err := s.Publish(s.ctx, lease, Cut("three"), s.tick())
	s.wants(multivac.ErrSuperseded, err)
	s.wants(multivac.ErrSuperseded, s.Step(s.ctx, lease, "late", s.now))
	s.same("published", before, s.scan())
	s.same("feed", end, s.follow(""))
	if s.quote(second, 1) != "" || s.excerpt(second, 0).Text != "" {
		s.Error("what was not published can be quoted")
	}
	if got := s.excerpt(first, 1).Text; got != "two" {
		s.Errorf("published before: %q, want two", got)
	}
	for _, other := range []multivac.Task{{Document: telling("y", "").ID(), Revision: 1}, {Document: "?", Revision: 1}, {Document: first.ID, Revision: 9}} {
		_, err := s.Publish(s.ctx, other, Cut("x"), s.tick())
		s.wants(multivac.ErrSuperseded, err)
	}
	s.publish(third, "four")
}

func invalidPassage(s *subject) {
	r := s.tell(telling("x", "one\n\ntwo"))
	for _, spoil := range []func(*store.Publication){
		func(p *store.Publication) { p.Passages[1].Text = "too" },
		func(p *store.Publication) { p.Passages[1].End++ },
		func(p *store.Publication) { p.Passages[1].Number = 2 },
		func(p *store.Publication) { p.Passages[0].Sentences[0].End = 7 },
		func(p *store.Publication) { p.Text = "two\n\none" },
		func(p *store.Publication) { p.Vectors = p.Vectors[1:] },
		func(p *store.Publication) { p.Vectors = p.Vectors[store.VectorSize:] },
		func(p *store.Publication) { p.Version.Vectors = 0 },
	} {
		p := Cut("one\n\ntwo")
		spoil(&p)
		_, err := s.Publish(s.ctx, task(r), p, s.tick())
		s.wants(multivac.ErrInvalid, err)
	}
	if d := s.document(r.ID); d.State != multivac.Pending || string(d.Body) != "one\n\ntwo" {
		s.Errorf("document %+v", d)
	}
}

func staysPublished(s *subject) {
	r := s.index("x", "one\n\ntwo")
	published := s.scan()
	stays := func(when string) {
		s.Helper()
		s.same("scan "+when, published, s.scan())
		if got := s.excerpt(r, 1).Text; got != "two" {
			s.Errorf("excerpt %s: %q, want two", when, got)
		}
		if text := s.quote(r, 8); text != "one\n\ntwo" {
			s.Errorf("quotation %s: %q", when, text)
		}
		if text, err := s.Datum(s.ctx, "c"); text != "one\n\ntwo" || err != nil {
			s.Errorf("datum %s: %q, %v", when, text, err)
		}
	}
	second := s.tell(telling("x", "three"))
	stays("while its successor is pending")
	if d := s.document(r.ID); d.Text != "" || string(d.Body) != "three" || d.Revision != 2 {
		s.Errorf("document %+v", d)
	}
	s.must(s.Purge(s.ctx, s.tick()))
	stays("after a purge")
	s.fail(second, "broken")
	stays("while its successor has failed")
	third := s.tell(telling("x", "one\n\ntwo")) // as the first one was
	stays("while the third is pending")
	s.publish(third, "four")
	if now := s.scan()[r.ID]; now.Revision != 3 || len(now.Passages) != 1 || now.Passages[0].Text != "four" {
		s.Errorf("published %+v", now)
	}
}

func purge(s *subject) {
	r := s.index("x", "one\n\ntwo")
	second := s.tell(telling("x", "three"))
	s.publish(second, "three")
	replaced := s.now
	for _, before := range []time.Time{replaced.Add(-time.Hour), replaced} {
		s.must(s.Purge(s.ctx, before))
		text := s.quote(r, 8)
		if x := s.excerpt(r, 1); x.Text != "two" || x.Title != "About x" || x.Source != "x" || text != "one\n\ntwo" {
			s.Errorf("replaced, in its time of grace: %+v, %q", x, text)
		}
	}
	s.must(s.Purge(s.ctx, replaced.Add(time.Millisecond)))
	if text := s.quote(r, 8); text != "" {
		s.Errorf("purged: %q", text)
	}
	s.same("purged", multivac.Excerpt{Passage: multivac.Passage{Number: 1}, Document: r.ID, Revision: 1}, s.excerpt(r, 1))
	if got := s.excerpt(second, 0).Text; got != "three" {
		s.Errorf("its successor: %q, want three", got)
	}
	for i := range 200 {
		s.index("x", fmt.Sprint("text ", i))
	}
	s.must(s.Purge(s.ctx, s.tick()))
	for revision := range multivac.Revision(202) {
		if s.quote(multivac.Receipt{ID: r.ID, Revision: revision}, 1) != "" {
			s.Errorf("revision %d is still there", revision)
		}
	}
}

func excerpts(s *subject) {
	long := strings.Repeat(strings.Repeat("A line of a long text.\n", 20)+"\n", 100)
	a, b := s.index("a", long), s.index("b", "one\n\ntwo")
	pa, pb := Cut(long).Passages, Cut("one\n\ntwo").Passages
	excerpt := func(r multivac.Receipt, p multivac.Passage) multivac.Excerpt {
		return multivac.Excerpt{Passage: p, Document: r.ID, Revision: r.Revision, Source: r.Source, Title: "About " + r.Source}
	}
	missing := []multivac.PassageID{
		{Document: b.ID, Revision: 1, Number: 2}, {Document: b.ID, Revision: 1, Number: -1}, {Document: b.ID, Revision: 2}, {Document: b.ID},
		{Document: telling("c", "").ID(), Revision: 1}, {Document: "", Revision: 1}, {Document: `"]`, Revision: 1}, {Document: b.ID, Revision: 1, Number: 1 << 30},
	}
	var ids []multivac.PassageID
	var want []multivac.Excerpt
	for i := range 100 {
		ids = append(ids, multivac.PassageID{Document: a.ID, Revision: 1, Number: 99 - i}, multivac.PassageID{Document: b.ID, Revision: 1, Number: i % 2})
		want = append(want, excerpt(a, pa[99-i]), excerpt(b, pb[i%2]))
		gone := missing[i%len(missing)]
		ids = append(ids, gone)
		want = append(want, multivac.Excerpt{Passage: multivac.Passage{Number: gone.Number}, Document: gone.Document, Revision: gone.Revision})
	}
	got, err := s.Excerpts(s.ctx, ids)
	s.must(err)
	s.same("excerpts", want, got)
	for _, ids := range [][]multivac.PassageID{nil, missing[4:5]} {
		got, err := s.Excerpts(s.ctx, ids)
		if len(got) != len(ids) || err != nil {
			s.Errorf("Excerpts(%v): %v, %v", ids, got, err)
		}
	}
}

func quotes(s *subject) {
	text := strings.Repeat("0123456789", 5000)
	r := s.index("x", text)
	pending := s.tell(telling("y", "body"))
	var all []store.Quote
	var want []string
	for _, start := range []int{0, 1, 4095, 4096, 8191, 8192, 8193, 20000, 49999} {
		for _, end := range []int{start + 1, start + 70, start + 20000, len(text)} {
			all = append(all, store.Quote{Document: r.ID, Revision: 1, Span: multivac.Span{Start: start, End: end}})
			want = append(want, "")
			if end <= len(text) {
				want[len(want)-1] = text[start:end]
			}
		}
	}
	for _, no := range []store.Quote{
		{Document: r.ID, Revision: 1, Span: multivac.Span{Start: -1, End: 1}}, {Document: r.ID, Revision: 1, Span: multivac.Span{Start: 5, End: 5}},
		{Document: r.ID, Revision: 1, Span: multivac.Span{Start: 5, End: 4}}, {Document: r.ID, Revision: 1, Span: multivac.Span{End: len(text) + 1}},
		{Document: r.ID, Revision: 1, Span: multivac.Span{Start: 1 << 40, End: 1<<40 + 1}}, {Document: r.ID, Revision: 0, Span: multivac.Span{End: 1}},
		{Document: r.ID, Revision: 2, Span: multivac.Span{End: 1}}, {Document: pending.ID, Revision: 1, Span: multivac.Span{End: 1}},
		{Document: telling("z", "").ID(), Revision: 1, Span: multivac.Span{End: 1}}, {Document: "?", Revision: 1, Span: multivac.Span{End: 1}},
		{Document: `"]`, Revision: 1, Span: multivac.Span{End: 1}},
	} {
		all = append(all, no)
		want = append(want, "")
	}
	got, err := s.Quotes(s.ctx, all)
	s.must(err)
	s.same("quotes", want, got)
	slices.Reverse(all)
	slices.Reverse(want)
	got, err = s.Quotes(s.ctx, all)
	s.must(err)
	s.same("quotes in another order", want, got)
	if none, err := s.Quotes(s.ctx, nil); len(none) != 0 || err != nil {
		s.Errorf("no quotes: %q, %v", none, err)
	}
}
