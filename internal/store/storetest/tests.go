package storetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A test is a sentence of the contract.
type test struct {
	name string
	run  func(*subject)
}

// tests are the sentences of the contract.
var tests = []test{
	{"the source is the identity", identity},
	{"revisions rise and never restart", revisions},
	{"the same again changes nothing", sameAgain},
	{"what failed is pending when told again", failedAgain},
	{"tellings are kept all or none", allOrNone},
	{"a document comes back as it was told", comesBack},
	{"any bytes and any runes are kept", anyBytes},
	{"listings have filters and cursors", listings},
	{"deletion forgets", deletion},
	{"a lease is held by one", eachKind(leases)},
	{"what is due comes oldest first", eachKind(due)},
	{"a lease given back was no attempt", eachKind(release)},
	{"an attempt that fails is due again", eachKind(retry)},
	{"a lost lease changes nothing", eachKind(lostLease)},
	{"a document shows what its task came to", documentTask},
	{"tasks of another kind are added and ended", otherTasks},
	{"publication takes the body's place", publication},
	{"a superseded publication leaves nothing", superseded},
	{"an invalid passage is refused", invalidPassage},
	{"published stays until the successor is", staysPublished},
	{"replaced texts stay until the purge", purge},
	{"excerpts come in the order asked for", excerpts},
	{"quotations are bytes of the text", quotes},
	{"the datum is the first that stands", datum},
	{"the feed tells what became of each", feed},
	{"the feed goes on from any position", resume},
	{"following waits for what comes", waits},
	{"the feed has no gaps under many writers", noGaps},
	{"a scan and its position make the whole", scanAndFollow},
	{"tellings of one source at once are counted", atOnce},
	{"what was acknowledged is there after reopening", reopens},
	{"an ended context begins nothing", endedContext},
	{"a closed store says so", closed},
	{"what has failed is tried again", retries},
	{"records restore a store", restores},
	{"the higher revision stays in a merge", merges},
	{"invalid records are refused", invalidRecords},
	{"what is outdated has an older version", outdated},
	{"other passages take the place of those before", replaces},
	{"vectors are attached to what is published", attaches},
	{"what is published comes back", published},
	{"a copy of random work is the same", copies},
	{"random work agrees with a model", random},
}

func identity(s *subject) {
	tellings := []multivac.Telling{
		{Collection: "a", Source: "x", Body: []byte("one")},
		{Collection: "b", Source: "x", Body: []byte("two")},
		{Source: "x", Body: []byte("three")},
		{Body: []byte("one")},
		{Body: []byte("two")},
		{Title: "T", Body: []byte("one")},
	}
	receipts, err := s.Put(s.ctx, tellings, s.tick())
	s.must(err)
	seen := make(map[multivac.DocumentID]bool)
	for i, t := range tellings {
		s.same(fmt.Sprintf("receipt %d", i), multivac.Receipt{ID: t.ID(), Source: t.Source, Revision: 1, State: multivac.Pending, Changed: true}, receipts[i])
		seen[receipts[i].ID] = true
		if d := s.document(receipts[i].ID); d.Collection != t.Collection.OrDefault() || d.Source != t.Source {
			s.Errorf("told %q in %q, got %q in %q", t.Source, t.Collection, d.Source, d.Collection)
		}
	}
	if len(seen) != len(tellings) {
		s.Errorf("%d tellings are %d documents", len(tellings), len(seen))
	}
}

func revisions(s *subject) {
	first := s.tell(telling("x", "one"))
	for i, body := range []string{"two", "three", "one"} {
		want := multivac.Receipt{ID: first.ID, Source: "x", Revision: multivac.Revision(i + 2), State: multivac.Pending, Changed: true}
		s.same(body, want, s.tell(telling("x", body)))
	}
	gone, err := s.Delete(s.ctx, first.ID, s.tick())
	s.must(err)
	s.reopen()
	again := s.tell(telling("x", "one"))
	if gone.Revision != 5 || again.Revision != 6 || again.State != multivac.Pending || !again.Changed {
		s.Errorf("deleted: %+v, told again: %+v, want revisions 5 and 6", gone, again)
	}
	both, err := s.Put(s.ctx, []multivac.Telling{telling("x", "7"), telling("x", "8")}, s.tick())
	s.must(err)
	if d := s.document(first.ID); both[0].Revision != 7 || both[1].Revision != 8 || string(d.Body) != "8" || d.Revision != 8 {
		s.Errorf("told twice in one call: %+v, document %+v", both, d)
	}
}

func sameAgain(s *subject) {
	r := s.tell(telling("x", "one"))
	before := s.document(r.ID)
	r.Changed = false
	s.same("pending, told again", r, s.tell(telling("x", "one")))
	s.same("document", before, s.document(r.ID))

	r.Position, r.State = s.publish(r, "one"), multivac.Indexed
	end := s.follow("")
	s.same("indexed, told again", r, s.tell(telling("x", "one")))
	s.same("feed", end, s.follow(""))

	for i, change := range []func(*multivac.Telling){
		func(t *multivac.Telling) { t.Title = "Other" },
		func(t *multivac.Telling) { t.MediaType = multivac.Plain },
		func(t *multivac.Telling) { t.Body = []byte("two") },
	} {
		other := telling("x", "one")
		change(&other)
		if got := s.tell(other); !got.Changed || got.Revision != multivac.Revision(i+2) {
			s.Errorf("told %+v: %+v, want revision %d", other, got, i+2)
		}
	}
}

func failedAgain(s *subject) {
	r := s.tell(telling("x", "one"))
	s.fail(r, "broken")
	if d := s.document(r.ID); d.State != multivac.Failed || d.LastError != "broken" || d.Attempts != 1 || string(d.Body) != "one" {
		s.Errorf("failed: %+v", d)
	}
	again := s.tell(telling("x", "one"))
	s.same("told again", multivac.Receipt{ID: r.ID, Source: "x", Revision: 2, State: multivac.Pending, Changed: true}, again)
	if d := s.document(r.ID); d.State != multivac.Pending || d.LastError != "" || d.Attempts != 0 || d.Step != "" || string(d.Body) != "one" {
		s.Errorf("pending again: %+v", d)
	}
	s.publish(again, "one")
}

func allOrNone(s *subject) {
	_, err := s.Put(s.ctx, []multivac.Telling{telling("x", "one"), telling("y", "")}, s.tick())
	s.wants(multivac.ErrInvalid, err)
	if n, err := s.Pending(s.ctx); n != 0 || err != nil {
		s.Errorf("Pending: %d, %v after a telling was refused", n, err)
	}
	receipts, err := s.Put(s.ctx, nil, s.tick())
	if len(receipts) != 0 || err != nil {
		s.Errorf("no tellings: %v, %v", receipts, err)
	}
}

func comesBack(s *subject) {
	told := telling("x", "# One\n\nTwo.\n")
	r := s.tell(told)
	want := multivac.Document{ID: told.ID(), Collection: "c", Source: "x", Title: "About x", MediaType: multivac.Markdown, Hash: told.Hash(),
		Body: told.Body, Revision: 1, State: multivac.Pending, Told: s.now, Changed: s.now}
	s.same("pending", want, s.document(r.ID))

	leased, doc, err := s.Lease(s.ctx, task(r), s.tick(), s.now.Add(time.Hour))
	s.must(err)
	want.Attempts = 1
	s.same("leased", want, doc)
	s.same("lease", multivac.Task{Document: r.ID, Revision: 1, Attempt: 1}, leased)
	s.must(s.Step(s.ctx, leased, "extract", s.now.Add(time.Hour)))
	want.Step = "extract"
	s.same("at a step", want, s.document(r.ID))

	s.publish(r, "Two.")
	want.Step, want.State, want.Body, want.Text, want.Places, want.Changed = "", multivac.Indexed, nil, "Two.", Cut("Two.").Places, s.now
	s.same("indexed", want, s.document(r.ID))

	for _, id := range []multivac.DocumentID{telling("y", "").ID(), "", "x", "00"} {
		_, err := s.Document(s.ctx, id)
		s.wants(multivac.ErrNotFound, err)
		_, err = s.Delete(s.ctx, id, s.tick())
		s.wants(multivac.ErrNotFound, err)
	}
}

func anyBytes(s *subject) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	large := bytes.Repeat(every, 1000)
	text := "\ufeffA\x00B 'quoted' \"twice\" %s ?1 $a {}\r\n\n" + strings.Repeat("Ä\u0308 日本語 🤖👩‍👩‍👧 \u202e\U0010ffff.\n", 2000) + "\n\nend"
	source := `a'b"c\d%_*?<é>日本 🤖`
	for i, body := range [][]byte{every, large, []byte(text)} {
		t := multivac.Telling{Source: source, Title: source + "!", MediaType: multivac.Plain, Body: body}
		r := s.tell(t)
		if d := s.document(r.ID); !bytes.Equal(d.Body, body) || d.Source != source || d.Title != t.Title || d.MediaType != multivac.Plain {
			s.Errorf("body %d came back changed: source %q, title %q, %d bytes of %d", i, d.Source, d.Title, len(d.Body), len(body))
		}
		s.publish(r, text)
		if d := s.document(r.ID); d.Text != text {
			s.Errorf("text came back changed: %d bytes, want %d", len(d.Text), len(text))
		}
		if got := s.quote(r, len(text)); got != text {
			s.Errorf("whole text as a quotation: %d bytes, want %d", len(got), len(text))
		}
	}
	same, other := s.tell(multivac.Telling{Source: "bytes", Body: []byte("body")}), s.tell(multivac.Telling{Source: "empty", Body: []byte("body")})
	s.publish(same, "bode") // as long as the body
	s.publish(other, "")
	if a, b := s.document(same.ID).Text, s.document(other.ID).Text; a != "bode" || b != "" {
		s.Errorf("texts %q and %q, want bode and none", a, b)
	}
}

func listings(s *subject) {
	want := make(map[multivac.State][]multivac.DocumentID)
	for i := range 12 {
		r := s.tell(multivac.Telling{Collection: multivac.CollectionName([]string{"a", "b"}[i%2]), Source: fmt.Sprint(i), Body: []byte("text")})
		state := multivac.States[i/2%4]
		switch state {
		case multivac.Indexed:
			s.publish(r, "text")
		case multivac.Failed:
			s.fail(r, "broken")
		case multivac.Deleted:
			_, err := s.Delete(s.ctx, r.ID, s.tick())
			s.must(err)
		}
		if i%2 == 0 {
			want[state] = append(want[state], r.ID)
		}
	}
	want[""] = slices.Concat(want[multivac.Pending], want[multivac.Indexed], want[multivac.Failed])
	for state, ids := range want {
		slices.Sort(ids)
		for _, limit := range []int{0, 1, 2, len(ids), len(ids) + 1} {
			var got []multivac.DocumentID
			for list := (multivac.Listing{Collection: "a", State: state, Limit: limit}); ; {
				page, err := s.Documents(s.ctx, list)
				s.must(err)
				for _, d := range page.Documents {
					got = append(got, d.ID)
					if d.Body != nil || d.Text != "" || d.Collection != "a" {
						s.Errorf("listed %+v", d)
					}
				}
				if limit > 0 && (len(page.Documents) > limit || page.Next != "" && len(page.Documents) < limit) {
					s.Errorf("page of %d with %d documents, next %q", limit, len(page.Documents), page.Next)
				}
				if list.Cursor = page.Next; page.Next == "" {
					break
				}
			}
			s.same(fmt.Sprintf("listing of %q by %d", state, limit), ids, got)
		}
	}
	all, err := s.Documents(s.ctx, multivac.Listing{})
	if err != nil || len(all.Documents) != 10 {
		s.Errorf("listing of all: %d documents, %v, want 10", len(all.Documents), err)
	}
	none, err := s.Documents(s.ctx, multivac.Listing{Collection: "none"})
	if err != nil || len(none.Documents) != 0 || none.Next != "" {
		s.Errorf("listing of an unknown collection: %+v, %v", none, err)
	}
	for _, list := range []multivac.Listing{{Cursor: "?"}, {State: "?"}} {
		_, err := s.Documents(s.ctx, list)
		s.wants(multivac.ErrInvalid, err)
	}
}

func deletion(s *subject) {
	r := s.index("x", "one\n\ntwo")
	second := s.tell(telling("x", "three"))
	s.publish(second, "three")
	third := s.tell(telling("x", "four")) // so that a replaced, a published and a pending one are there
	lease := s.lease(third)

	gone, err := s.Delete(s.ctx, r.ID, s.tick())
	s.must(err)
	changes := s.follow(second.Position)
	end, err := s.Position(s.ctx)
	s.must(err)
	s.same("receipt", multivac.Receipt{ID: r.ID, Source: "x", Revision: 4, State: multivac.Deleted, Changed: true, Position: end}, gone)
	s.same("last change", store.Change{Position: end, Collection: "c", Document: r.ID, Revision: 4, Source: "x", State: multivac.Deleted}, changes[len(changes)-1])
	want := multivac.Document{ID: r.ID, Collection: "c", Source: "x", Revision: 4, State: multivac.Deleted, Told: s.document(r.ID).Told, Changed: s.now}
	s.same("document", want, s.document(r.ID))
	for _, old := range []multivac.Receipt{r, second, third} {
		if s.quote(old, 3) != "" || s.excerpt(old, 0).Text != "" {
			s.Errorf("revision %d can be quoted", old.Revision)
		}
	}
	if len(s.scan()) != 0 {
		s.Error("what was deleted is published")
	}
	_, err = s.Publish(s.ctx, lease, Cut("four"), s.tick())
	s.wants(multivac.ErrSuperseded, err)
	s.wants(multivac.ErrSuperseded, s.Fail(s.ctx, lease, "late", true, s.tick(), time.Time{}))

	gone.Changed = false
	again, err := s.Delete(s.ctx, r.ID, s.tick())
	s.must(err)
	s.same("deleted again", gone, again)

	only := s.tell(telling("y", "never published"))
	_, err = s.Delete(s.ctx, only.ID, s.tick())
	s.must(err)
	s.index("x", "one\n\ntwo") // the same as before the deletion
}

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

func datum(s *subject) {
	is := func(want string) {
		s.Helper()
		got, err := s.Datum(s.ctx, "c")
		if want == "" {
			s.wants(multivac.ErrNotFound, err)
		} else if err != nil {
			s.Errorf("datum: %v, want %q", err, want)
		}
		if got != want {
			s.Errorf("datum: %q, want %q", got, want)
		}
	}
	is("")
	a, b, c := s.tell(telling("a", "A")), s.tell(telling("b", "B")), s.tell(telling("c", "C"))
	other, err := s.Put(s.ctx, []multivac.Telling{{Collection: "other", Source: "o", Body: []byte("O")}}, s.tick())
	s.must(err)
	s.publish(other[0], "O")
	is("")
	s.publish(c, "C")
	is("C") // the first that was published, not the first that was told
	s.publish(b, "B")
	s.publish(a, "A")
	is("C")
	remove := func(r multivac.Receipt) {
		s.Helper()
		_, err := s.Delete(s.ctx, r.ID, s.tick())
		s.must(err)
	}
	again := s.tell(telling("c", "D"))
	is("C")
	s.publish(again, "D")
	is("D") // it still stands, in its successor
	pending := s.tell(telling("p", "P"))
	remove(c)
	is("B") // published second
	s.reopen()
	is("B")
	s.index("c", "E") // told again after its deletion, it is the last
	is("B")
	remove(b)
	is("A")
	remove(a)
	is("E")
	remove(c)
	is("")
	s.publish(pending, "P")
	is("P")
	if got, err := s.Datum(s.ctx, "other"); got != "O" || err != nil {
		s.Errorf("datum of another collection: %q, %v", got, err)
	}
}

func feed(s *subject) {
	if start, err := s.Position(s.ctx); err != nil || len(s.follow("")) != 0 {
		s.Errorf("an empty store's feed ends at %q, %v", start, err)
	}
	a := s.index("a", "one\n\ntwo")
	b := s.tell(telling("b", "three"))
	if end, _ := s.Position(s.ctx); end != a.Position {
		s.Errorf("a telling moved the feed on to %q", end)
	}
	s.fail(b, "broken")
	published := Cut("one\n\ntwo")
	want := []store.Change{
		{Collection: "c", Document: a.ID, Revision: 1, Hash: telling("a", "one\n\ntwo").Hash(), Source: "a", Title: "About a", State: multivac.Indexed,
			Version: published.Version, Passages: published.Passages, Vectors: published.Vectors},
		{Collection: "c", Document: b.ID, Revision: 1, Hash: telling("b", "three").Hash(), Source: "b", Title: "About b", State: multivac.Failed},
	}
	s.sameChanges("published and failed", want, s.follow(""))
	s.reopen()
	s.sameChanges("reopened", want, s.follow(""))

	failing := s.tell(telling("a", "four"))
	s.fail(failing, "broken")
	want = append(want, store.Change{Collection: "c", Document: a.ID, Revision: 2, Hash: telling("a", "four").Hash(), Source: "a", Title: "About a", State: multivac.Failed})
	s.sameChanges("what was published is still there", want, s.follow(""))

	_, err := s.Delete(s.ctx, b.ID, s.tick())
	s.must(err)
	changes := s.follow("")
	s.sameChanges("deleted", []store.Change{{Collection: "c", Document: b.ID, Revision: 2, Source: "b", State: multivac.Deleted}}, changes[len(changes)-1:])
}

// sameChanges compares changes but for their positions, which have to rise.
func (s *subject) sameChanges(what string, want, got []store.Change) {
	s.Helper()
	got = slices.Clone(got)
	var last multivac.Position
	for i, change := range got {
		if change.Position <= last {
			s.Errorf("%s: position %q after %q", what, change.Position, last)
		}
		last, got[i].Position = change.Position, ""
	}
	s.same(what, want, got)
}

func resume(s *subject) {
	for i := range 100 {
		source := fmt.Sprint(i % 30)
		switch r := s.tell(telling(source, fmt.Sprint(i))); {
		case i%7 == 3:
			s.fail(r, "broken")
		case i%11 == 5:
			_, err := s.Delete(s.ctx, r.ID, s.tick())
			s.must(err)
		default:
			s.publish(r, fmt.Sprint(i))
		}
	}
	all := s.follow("")
	for i, change := range all {
		s.same("changes after "+string(change.Position), len(all)-i-1, len(s.follow(change.Position)))
		if rest := s.follow(change.Position); len(rest) > 0 {
			s.same("first change after "+string(change.Position), all[i+1], rest[0])
		}
	}
	err := s.Follow(s.ctx, "", func(store.Change) error { return errEnough })
	s.wants(errEnough, err)
	err = s.Scan(s.ctx, func(store.Change) error { return errEnough })
	s.wants(errEnough, err)
}

func waits(s *subject) {
	end, err := s.Position(s.ctx)
	s.must(err)
	ctx, stop := context.WithCancel(s.ctx)
	seen, ended := make(chan store.Change), make(chan error)
	go func() {
		ended <- s.Follow(ctx, end, func(c store.Change) error { seen <- c; return nil })
	}()
	for i := range 3 {
		r := s.index(fmt.Sprint(i), "text")
		if got := <-seen; got.Document != r.ID || got.Position != r.Position {
			s.Errorf("followed %+v, want %+v", got, r)
		}
	}
	stop()
	s.wants(context.Canceled, <-ended)
}

// churn has many goroutines tell, publish, fail and delete a few documents.
func (s *subject) churn(writers, rounds int) {
	s.Helper()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range rounds {
				t := telling(fmt.Sprint((w*7+i)%(writers*2)), fmt.Sprintf("text %d of %d", i, w))
				receipts, err := s.Put(s.ctx, []multivac.Telling{t}, s.now)
				if err != nil {
					s.Error(err)
					return
				}
				switch i % 8 {
				case 5:
					_, err = s.Delete(s.ctx, receipts[0].ID, s.now)
				case 6:
					var lease multivac.Task
					if lease, _, err = s.Lease(s.ctx, task(receipts[0]), s.now, s.now.Add(time.Hour)); err == nil {
						err = s.Fail(s.ctx, lease, "broken", true, s.now, s.now)
					}
				default:
					_, err = s.Publish(s.ctx, task(receipts[0]), Cut(string(t.Body)), s.now)
				}
				if err != nil {
					s.wants(multivac.ErrSuperseded, err)
				}
			}
		})
	}
	wait.Wait()
}

func noGaps(s *subject) {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var changes []store.Change
	ended, last := make(chan error), make(chan multivac.Position, 1)
	go func() {
		var end multivac.Position
		ended <- s.Follow(ctx, "", func(c store.Change) error {
			changes = append(changes, c)
			select {
			case end = <-last:
			default:
			}
			if end != "" && c.Position >= end {
				return errEnough
			}
			return nil
		})
	}()
	s.churn(16, 30)
	// One more, so that the follower looks whether it has come to the end.
	end, err := s.Position(s.ctx)
	s.must(err)
	last <- end
	s.index("last", "text")
	s.wants(errEnough, <-ended)

	followed, err := apply(nil, changes)
	s.must(err)
	rest, err := apply(followed, s.follow(changes[len(changes)-1].Position))
	s.must(err)
	s.same("published, scanned (-) and followed (+)", s.scan(), rest)
	revisions := make(map[multivac.DocumentID]multivac.Revision)
	for _, c := range changes {
		if before := revisions[c.Document]; c.Revision <= before {
			s.Errorf("document %s: revision %d is followed by %d", c.Document, before, c.Revision)
		}
		revisions[c.Document] = c.Revision
	}
	for i := 0; i < len(changes); i += 10 {
		state, err := apply(nil, changes[:i+1])
		s.must(err)
		state, err = apply(state, s.follow(changes[i].Position))
		s.must(err)
		if d := difference(s.scan(), state); d != "" {
			s.Fatalf("resumed after change %d (-scanned +followed)\n%s", i, d)
		}
	}
}

func scanAndFollow(s *subject) {
	s.churn(4, 20)
	var wait sync.WaitGroup
	wait.Go(func() { s.churn(8, 40) })
	states, positions := make([]map[multivac.DocumentID]store.Change, 5), make([]multivac.Position, 5)
	for i := range states {
		var err error
		positions[i], err = s.Position(s.ctx)
		s.must(err)
		states[i] = s.scan()
	}
	wait.Wait()
	for i, state := range states {
		state, err := apply(state, s.follow(positions[i]))
		s.must(err)
		s.same("scanned at the end (-), scanned before and followed (+)", s.scan(), state)
	}
}

func atOnce(s *subject) {
	const n = 50
	revisions := make(chan multivac.Revision, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			receipts, err := s.Put(s.ctx, []multivac.Telling{telling("x", fmt.Sprint(i))}, s.now)
			if err != nil {
				s.Error(err)
				return
			}
			revisions <- receipts[0].Revision
		})
	}
	wait.Wait()
	close(revisions)
	got, want := make([]int, 0, n), make([]int, 0, n)
	for r := range revisions {
		got, want = append(got, int(r)), append(want, len(want)+1)
	}
	slices.Sort(got)
	s.same("revisions", want, got)
	if d := s.document(telling("x", "").ID()); d.Revision != n || d.State != multivac.Pending {
		s.Errorf("document %+v", d)
	}
}

func reopens(s *subject) {
	s.churn(4, 40)
	lease := s.lease(s.tell(telling("leased", "text")))
	s.must(s.Step(s.ctx, lease, "extract", s.now.Add(time.Hour)))
	c := &checker{T: s.T, ctx: s.ctx, s: s.Store}
	documents, published, changes := c.list(), s.scan(), s.follow("")
	end, err := s.Position(s.ctx)
	s.must(err)
	s.reopen()
	c.s = s.Store
	s.same("documents", documents, c.list())
	s.same("published", published, s.scan())
	s.same("feed", changes, s.follow(""))
	if got, err := s.Position(s.ctx); got != end || err != nil {
		s.Errorf("position %q, %v, want %q", got, err, end)
	}
	s.must(s.Step(s.ctx, lease, "segment", s.now.Add(time.Hour)))
	if r := s.index("leased", "newer"); r.Position <= end {
		s.Errorf("the feed went on from %q to %q", end, r.Position)
	}
}

// calls are all methods that take a context, but for Position.
func (s *subject) calls(ctx context.Context, r multivac.Receipt) map[string]error {
	errs := make(map[string]error)
	call := func(name string, err error) { errs[name] = err }
	_, err := s.Put(ctx, []multivac.Telling{telling("z", "text")}, s.now)
	call("Put", err)
	_, err = s.Delete(ctx, r.ID, s.now)
	call("Delete", err)
	_, err = s.Document(ctx, r.ID)
	call("Document", err)
	_, err = s.Documents(ctx, multivac.Listing{})
	call("Documents", err)
	_, err = s.Pending(ctx)
	call("Pending", err)
	_, err = s.Datum(ctx, "c")
	call("Datum", err)
	_, err = s.Due(ctx, multivac.ReadDocument, s.now, 1)
	call("Due", err)
	_, _, err = s.Lease(ctx, task(r), s.now, s.now)
	call("Lease", err)
	call("Step", s.Step(ctx, task(r), "step", s.now))
	_, err = s.Publish(ctx, task(r), Cut("text"), s.now)
	call("Publish", err)
	call("Fail", s.Fail(ctx, task(r), "cause", true, s.now, s.now))
	call("Release", s.Release(ctx, task(r)))
	_, err = s.Excerpts(ctx, []multivac.PassageID{{Document: r.ID, Revision: r.Revision}})
	call("Excerpts", err)
	_, err = s.Quotes(ctx, []store.Quote{{Document: r.ID, Revision: r.Revision, Span: multivac.Span{End: 1}}})
	call("Quotes", err)
	_, err = s.Published(ctx, task(r))
	call("Published", err)
	call("Replace", s.Replace(ctx, task(r), Cut("text")))
	call("Attach", s.Attach(ctx, task(r), store.Version{Segmenter: 1, Vectors: 2}, nil))
	_, err = s.Outdated(ctx, store.Version{Segmenter: 1}, 1)
	call("Outdated", err)
	_, err = s.CountOutdated(ctx, store.Version{Segmenter: 1})
	call("CountOutdated", err)
	other := multivac.Task{Kind: "other", Document: "x", Revision: 1}
	call("AddTask", s.AddTask(ctx, other, s.now))
	call("EndTask", s.EndTask(ctx, other))
	call("Purge", s.Purge(ctx, s.now))
	call("Scan", s.Scan(ctx, func(store.Change) error { return nil }))
	call("Follow", s.Follow(ctx, "", func(store.Change) error { return nil }))
	return errs
}

func endedContext(s *subject) {
	r := s.index("x", "text")
	pending := s.tell(telling("y", "text"))
	documents := (&checker{T: s.T, ctx: s.ctx, s: s.Store}).list()
	ctx, stop := context.WithCancel(s.ctx)
	stop()
	for _, one := range []multivac.Receipt{r, pending} {
		for name, err := range s.calls(ctx, one) {
			if err == nil {
				s.Errorf("%s did not fail", name)
			}
			s.wants(context.Canceled, err)
		}
	}
	s.same("documents", documents, (&checker{T: s.T, ctx: s.ctx, s: s.Store}).list())
}

func closed(s *subject) {
	r := s.index("x", "text")
	ended := make(chan error)
	following := make(chan bool)
	go func() {
		ended <- s.Follow(s.ctx, "", func(store.Change) error { close(following); return nil })
	}()
	<-following
	shut := s.Store
	s.must(shut.Close())
	s.wants(multivac.ErrUnavailable, <-ended)
	for _, name := range slices.Sorted(maps.Keys(s.calls(s.ctx, r))) {
		if err := s.calls(s.ctx, r)[name]; err == nil {
			s.Errorf("%s did not fail", name)
		} else {
			s.wants(multivac.ErrUnavailable, err)
		}
	}
	s.must(shut.Close())
	s.Store = s.open(s.T, s.dir)
}
