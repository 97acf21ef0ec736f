package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"multivac"
	"multivac/internal/store"
)

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
		Body: told.Body, Original: true, Revision: 1, State: multivac.Pending, Told: s.now, Changed: s.now}
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
	want.Step, want.State, want.Body, want.Original, want.Text, want.Places, want.Changed = "", multivac.Indexed, nil, false, "Two.", Cut("Two.").Places, s.now
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
	want := s.everyState()
	want[""] = slices.Concat(want[multivac.Pending], want[multivac.Indexed], want[multivac.Failed])
	for state, ids := range want {
		slices.Sort(ids)
		for _, limit := range []int{0, 1, 2, len(ids), len(ids) + 1} {
			s.same(fmt.Sprintf("listing of %q by %d", state, limit), ids, s.listed(multivac.Listing{Collection: "a", State: state, Limit: limit}))
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

// everyState makes documents of every state in the collections a and b, and
// returns those of a.
func (s *subject) everyState() map[multivac.State][]multivac.DocumentID {
	s.Helper()
	made := make(map[multivac.State][]multivac.DocumentID)
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
			made[state] = append(made[state], r.ID)
		}
	}
	return made
}

// listed returns the documents of all pages of a listing of the collection a.
func (s *subject) listed(list multivac.Listing) (ids []multivac.DocumentID) {
	s.Helper()
	for {
		page, err := s.Documents(s.ctx, list)
		s.must(err)
		for _, d := range page.Documents {
			ids = append(ids, d.ID)
			if d.Body != nil || d.Text != "" || d.Collection != "a" {
				s.Errorf("listed %+v", d)
			}
		}
		if list.Limit > 0 && (len(page.Documents) > list.Limit || page.Next != "" && len(page.Documents) < list.Limit) {
			s.Errorf("page of %d with %d documents, next %q", list.Limit, len(page.Documents), page.Next)
		}
		if list.Cursor = page.Next; page.Next == "" {
			return ids
		}
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

// datumIs wants the datum of the collection c to be a text, or none.
func (s *subject) datumIs(want string) {
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

func datum(s *subject) {
	s.datumIs("")
	a, b, c := s.tell(telling("a", "A")), s.tell(telling("b", "B")), s.tell(telling("c", "C"))
	other, err := s.Put(s.ctx, []multivac.Telling{{Collection: "other", Source: "o", Body: []byte("O")}}, s.tick())
	s.must(err)
	s.publish(other[0], "O")
	s.datumIs("")
	s.publish(c, "C")
	s.datumIs("C") // the first that was published, not the first that was told
	s.publish(b, "B")
	s.publish(a, "A")
	s.datumIs("C")
	again := s.tell(telling("c", "D"))
	s.datumIs("C")
	s.publish(again, "D")
	s.datumIs("D") // it still stands, in its successor
	if got, err := s.Datum(s.ctx, "other"); got != "O" || err != nil {
		s.Errorf("datum of another collection: %q, %v", got, err)
	}
}

func nextDatum(s *subject) {
	remove := func(r multivac.Receipt) {
		s.Helper()
		_, err := s.Delete(s.ctx, r.ID, s.tick())
		s.must(err)
	}
	a, b, c := s.tell(telling("a", "A")), s.tell(telling("b", "B")), s.index("c", "C")
	s.publish(b, "B")
	s.publish(a, "A")
	pending := s.tell(telling("p", "P"))
	remove(c)
	s.datumIs("B") // published second
	s.reopen()
	s.datumIs("B")
	s.index("c", "E") // told again after its deletion, it is the last
	s.datumIs("B")
	remove(b)
	s.datumIs("A")
	remove(a)
	s.datumIs("E")
	remove(c)
	s.datumIs("")
	s.publish(pending, "P")
	s.datumIs("P")
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
