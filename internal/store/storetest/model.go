package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"multivac"
)

// A model is the store as one would write it on a sheet of paper.
type model struct {
	documents map[multivac.DocumentID]*modelDocument
	datum     map[multivac.CollectionName]multivac.DocumentID
}

type modelDocument struct {
	multivac.Document
	lease, due time.Time
	leased     bool
	published  multivac.Revision // 0 where nothing is
	texts      map[multivac.Revision]string
	replaced   map[multivac.Revision]time.Time
}

func (m *model) put(t multivac.Telling, now time.Time) multivac.Receipt {
	id := t.ID()
	d, ok := m.documents[id]
	if !ok {
		d = &modelDocument{Document: multivac.Document{ID: id, Collection: t.Collection, Source: t.Source},
			texts: make(map[multivac.Revision]string), replaced: make(map[multivac.Revision]time.Time)}
		m.documents[id] = d
	}
	same := d.Hash == t.Hash() && (d.State == multivac.Pending || d.State == multivac.Indexed)
	if !same {
		d.Revision++
		d.State, d.Title, d.MediaType, d.Hash, d.Body, d.Text = multivac.Pending, t.Title, multivac.Markdown, t.Hash(), t.Body, ""
		d.Step, d.Attempts, d.LastError, d.Told, d.Changed = "", 0, "", now, now
		d.lease, d.due, d.leased = time.Time{}, time.Time{}, false
	}
	return multivac.Receipt{ID: id, Source: t.Source, Revision: d.Revision, State: d.State, Changed: !same}
}

func (m *model) delete(id multivac.DocumentID, now time.Time) error {
	d, ok := m.documents[id]
	switch {
	case !ok:
		return multivac.ErrNotFound
	case d.State == multivac.Deleted:
		return nil
	}
	d.Document = multivac.Document{ID: id, Collection: d.Collection, Source: d.Source, Revision: d.Revision + 1,
		State: multivac.Deleted, Told: d.Told, Changed: now}
	d.published, d.leased = 0, false
	clear(d.texts)
	clear(d.replaced)
	if m.datum[d.Collection] == id {
		delete(m.datum, d.Collection)
		standing := slices.DeleteFunc(m.ordered(), func(o *modelDocument) bool { return o.Collection != d.Collection || o.published == 0 })
		if len(standing) > 0 {
			m.datum[d.Collection] = standing[0].ID
		}
	}
	return nil
}

// ordered returns the documents by the time they were told.
func (m *model) ordered() []*modelDocument {
	var all []*modelDocument
	for _, d := range m.documents {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *modelDocument) int {
		return cmp.Or(a.Told.Compare(b.Told), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// at returns the document of a task that is still to be done.
func (m *model) at(t multivac.Task) *modelDocument {
	if d := m.documents[t.Document]; d != nil && d.State == multivac.Pending && d.Revision == t.Revision {
		return d
	}
	return nil
}

// holds is at where the task's lease was not lost.
func (m *model) holds(t multivac.Task) *modelDocument {
	if d := m.at(t); d != nil && d.leased && d.Attempts == t.Attempt {
		return d
	}
	return nil
}

func (m *model) leaseOf(t multivac.Task, now, until time.Time) bool {
	d := m.at(t)
	if d == nil || d.lease.After(now) || d.due.After(now) {
		return false
	}
	d.Attempts++
	d.lease, d.leased = until, true
	return true
}

func (m *model) fail(t multivac.Task, cause string, final bool, now, retry time.Time) bool {
	d := m.holds(t)
	if d == nil {
		return false
	}
	d.LastError, d.lease, d.leased = cause, time.Time{}, false
	if final {
		d.State, d.Changed = multivac.Failed, now
	} else {
		d.due = retry
	}
	return true
}

func (m *model) publish(t multivac.Task, text string, now time.Time) bool {
	d := m.at(t)
	if d == nil {
		return false
	}
	if d.published != 0 {
		d.replaced[d.published] = now
	}
	d.State, d.Changed, d.Text, d.Body, d.Step, d.LastError = multivac.Indexed, now, text, nil, "", ""
	d.published, d.texts[d.Revision] = d.Revision, text
	if _, set := m.datum[d.Collection]; !set {
		m.datum[d.Collection] = d.ID
	}
	return true
}

func (m *model) purge(before time.Time) {
	for _, d := range m.documents {
		for r, at := range d.replaced {
			if at.Before(before) {
				delete(d.texts, r)
				delete(d.replaced, r)
			}
		}
	}
}

func (m *model) due(now time.Time) (due []multivac.Task) {
	for _, d := range m.ordered() {
		if d.State == multivac.Pending && !d.lease.After(now) && !d.due.After(now) {
			due = append(due, multivac.Task{Document: d.ID, Revision: d.Revision, Attempt: d.Attempts})
		}
	}
	return due
}

// random does the same to the store and to a model, and compares.
func random(s *subject) {
	seed := rand.Uint64()
	defer func() {
		if s.Failed() {
			s.Logf("seed %#x", seed)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 0))
	m := &model{documents: make(map[multivac.DocumentID]*modelDocument), datum: make(map[multivac.CollectionName]multivac.DocumentID)}
	var tasks []multivac.Task // of any age
	pick := func() multivac.Task {
		if len(tasks) == 0 {
			return multivac.Task{Document: telling("0", "").ID(), Revision: 1}
		}
		return tasks[len(tasks)-1-min(int(r.ExpFloat64()*4), len(tasks)-1)]
	}
	for i := 0; i < 600 && !s.Failed(); i++ {
		now := s.now.Add(time.Duration(1+r.IntN(5000)) * time.Millisecond)
		later := now.Add(time.Duration(r.IntN(20)) * time.Second)
		s.now = now
		switch n := r.IntN(100); {
		case n < 30:
			t := multivac.Telling{Collection: multivac.CollectionName([]string{"a", "b"}[r.IntN(2)]), Source: fmt.Sprint(r.IntN(5)), Body: []byte(fmt.Sprint("text\n\n", r.IntN(3)))}
			got, err := s.Put(s.ctx, []multivac.Telling{t}, now)
			s.must(err)
			got[0].Position = ""
			s.same("put", m.put(t, now), got[0])
			tasks = append(tasks, task(got[0]))
		case n < 50:
			t := pick()
			leased, d, err := s.Lease(s.ctx, t, now, later)
			if s.agree("lease", m.leaseOf(t, now, later), err); err == nil {
				s.same("leased", m.documents[t.Document].Document, d)
				tasks = append(tasks, leased)
			}
		case n < 58:
			t, d := pick(), (*modelDocument)(nil)
			if d = m.holds(t); d != nil {
				d.Step, d.lease = fmt.Sprint("step ", i), later
			}
			s.agree("step", d != nil, s.Step(s.ctx, t, fmt.Sprint("step ", i), later))
		case n < 68:
			t, final := pick(), r.IntN(2) == 0
			s.agree("fail", m.fail(t, fmt.Sprint("cause ", i), final, now, later), s.Fail(s.ctx, t, fmt.Sprint("cause ", i), final, now, later))
		case n < 73:
			t, d := pick(), (*modelDocument)(nil)
			if d = m.holds(t); d != nil {
				d.Attempts--
				d.lease, d.leased = time.Time{}, false
			}
			s.agree("release", d != nil, s.Release(s.ctx, t))
		case n < 85:
			t, p := pick(), Cut(fmt.Sprint("text\n\n", r.IntN(3)))
			p.Title = ""
			_, err := s.Publish(s.ctx, t, p, now)
			s.agree("publish", m.publish(t, p.Text, now), err)
		case n < 91:
			id := pick().Document
			_, err := s.Delete(s.ctx, id, now)
			if want := m.delete(id, now); !errors.Is(err, want) {
				s.Errorf("delete: %v, want %v", err, want)
			}
		case n < 94:
			before := now.Add(-time.Duration(r.IntN(60)) * time.Second)
			m.purge(before)
			s.must(s.Purge(s.ctx, before))
		case n < 95:
			s.reopen()
		default:
			s.compare(m)
		}
	}
	s.compare(m)
}

// agree reports where the store did not do what the model did.
func (s *subject) agree(what string, done bool, err error) {
	s.Helper()
	if done && err != nil || !done && !errors.Is(err, multivac.ErrSuperseded) {
		s.Errorf("%s: %v, by the model it is done: %t", what, err, done)
	}
}

func (s *subject) compare(m *model) {
	s.Helper()
	published := s.scan()
	for id, want := range m.documents {
		s.same("document", want.Document, s.document(id))
		if published[id].Revision != want.published {
			s.Errorf("document %s is published at revision %d, want %d", id, published[id].Revision, want.published)
		}
		for revision := multivac.Revision(1); revision <= want.Revision; revision++ {
			text := want.texts[revision]
			got, err := s.Quote(s.ctx, id, revision, multivac.Span{End: max(len(text), 1)})
			if got != text || (err == nil) != (text != "") {
				s.Errorf("text of %s at %d: %q, %v, want %q", id, revision, got, err, text)
			}
			last := ""
			if p := Cut(text).Passages; len(p) > 0 {
				last = p[len(p)-1].Text
			}
			if x := s.excerpt(multivac.Receipt{ID: id, Revision: revision}, 1); x.Text != last {
				s.Errorf("passage 1 of %s at %d: %q, want %q", id, revision, x.Text, last)
			}
		}
	}
	due, err := s.Due(s.ctx, s.now, 100)
	s.must(err)
	s.same("due", m.due(s.now), due)
	for _, collection := range []multivac.CollectionName{"a", "b"} {
		want := ""
		if d := m.documents[m.datum[collection]]; d != nil {
			want = d.texts[d.published]
		}
		if got, err := s.Datum(s.ctx, collection); got != want || (err == nil) != (want != "") {
			s.Errorf("datum of %s: %q, %v, want %q", collection, got, err, want)
		}
	}
}
