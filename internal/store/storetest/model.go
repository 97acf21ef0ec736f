package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"multivac"
	"multivac/internal/store"
)

// A model is the store in its simplest form. Random work is done to both, and
// they have to agree.
type model struct {
	documents    map[multivac.DocumentID]*modelDocument
	publications int
}

type modelDocument struct {
	multivac.Document
	lease, due time.Time
	leased     bool
	published  multivac.Revision // 0 where nothing is
	first      int               // which publication of all was its first, where something is published
	texts      map[multivac.Revision]string
	told       []byte               // of Revision; nil where it is not kept
	kept       multivac.ContentHash // of what is published, where what was told of it is kept
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
	same := d.Hash == t.Hash() && (d.State == multivac.Pending || d.State == multivac.Indexed) && (!t.Keep || d.Original)
	if !same {
		d.Revision++
		d.State, d.Title, d.MediaType, d.Hash, d.Body, d.Text, d.Places = multivac.Pending, t.Title, multivac.Markdown, t.Hash(), t.Body, "", ""
		d.Original, d.told = true, t.Body
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
	d.published, d.leased, d.told, d.kept = 0, false, nil, multivac.ContentHash{}
	clear(d.texts)
	clear(d.replaced)
	return nil
}

// ordered returns the documents in the order in which they were told.
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

// at returns the document of a task that is pending, or nil.
func (m *model) at(t multivac.Task) *modelDocument {
	if d := m.documents[t.Document]; d != nil && d.State == multivac.Pending && d.Revision == t.Revision {
		return d
	}
	return nil
}

// holds returns the document of a task whose lease is not lost, or nil.
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

func (m *model) publish(t multivac.Task, p store.Publication, now time.Time) bool {
	d, text := m.at(t), p.Text
	if d == nil {
		return false
	}
	if d.published != 0 {
		d.replaced[d.published] = now
	}
	d.State, d.Changed, d.Text, d.Body, d.Step, d.LastError = multivac.Indexed, now, text, nil, "", ""
	d.Places = Cut(text).Places
	d.Original = p.IsBody || p.KeepBody || d.kept == d.Hash
	if d.kept = d.Hash; !d.Original {
		d.told, d.kept = nil, multivac.ContentHash{}
	}
	if m.publications++; d.published == 0 {
		d.first = m.publications
	}
	d.published, d.texts[d.Revision] = d.Revision, text
	return true
}

// reread reports whether the document could be made pending again, and is.
func (m *model) reread(id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	d, ok := m.documents[id]
	if !ok || d.told == nil {
		return multivac.Receipt{}, multivac.ErrNotFound
	}
	changed := d.State != multivac.Pending
	if changed {
		d.Revision++
		d.State, d.Body, d.Text, d.Places, d.Original = multivac.Pending, d.told, "", "", true
		d.Step, d.Attempts, d.LastError, d.Changed = "", 0, "", now
		d.lease, d.due, d.leased = time.Time{}, time.Time{}, false
	}
	return multivac.Receipt{ID: id, Source: d.Source, Revision: d.Revision, State: d.State, Changed: changed}, nil
}

// datum returns the text of a collection's datum, or nothing.
func (m *model) datum(collection multivac.CollectionName) string {
	var first *modelDocument
	for _, d := range m.documents {
		if d.Collection == collection && d.published != 0 && (first == nil || d.first < first.first) {
			first = d
		}
	}
	if first == nil {
		return ""
	}
	return first.texts[first.published]
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
	r := &randomWork{subject: s, Rand: rand.New(rand.NewPCG(seed, 0)), model: &model{documents: make(map[multivac.DocumentID]*modelDocument)}}
	for i := 0; i < 600 && !s.Failed(); i++ {
		r.step(i)
	}
	r.compare(r.model)
}

// A randomWork does the same to a store and to a model.
type randomWork struct {
	*subject
	*rand.Rand
	model *model
	tasks []multivac.Task // of any age
}

// step does one thing, and says in it that it was the number.
func (r *randomWork) step(number int) {
	now := r.now.Add(time.Duration(1+r.IntN(5000)) * time.Millisecond)
	later := now.Add(time.Duration(r.IntN(20)) * time.Second)
	r.now = now
	switch n := r.IntN(100); {
	case n < 30:
		r.put(now)
	case n < 47:
		r.leaseOne(now, later)
	case n < 68:
		r.workOn(number, now, later)
	case n < 80:
		r.publishOne(now)
	case n < 86:
		id := r.pick().Document
		got, err := r.Reread(r.ctx, id, now)
		want, fails := r.model.reread(id, now)
		if !errors.Is(err, fails) {
			r.Errorf("reread: %v, want %v", err, fails)
		} else if r.same("reread", want, got); err == nil {
			r.tasks = append(r.tasks, task(got))
		}
	case n < 91:
		id := r.pick().Document
		_, err := r.Delete(r.ctx, id, now)
		if want := r.model.delete(id, now); !errors.Is(err, want) {
			r.Errorf("delete: %v, want %v", err, want)
		}
	case n < 94:
		before := now.Add(-time.Duration(r.IntN(60)) * time.Second)
		r.model.purge(before)
		r.must(r.Purge(r.ctx, before))
	case n < 95:
		r.reopen()
	default:
		r.compare(r.model)
	}
}

func (r *randomWork) text() string { return fmt.Sprint("text\n\n", r.IntN(3)) }

// pick returns one of the tasks there were, more often a late one.
func (r *randomWork) pick() multivac.Task {
	if len(r.tasks) == 0 {
		return multivac.Task{Document: telling("0", "").ID(), Revision: 1}
	}
	return r.tasks[len(r.tasks)-1-min(int(r.ExpFloat64()*4), len(r.tasks)-1)]
}

func (r *randomWork) put(now time.Time) {
	t := multivac.Telling{Collection: multivac.CollectionName([]string{"a", "b"}[r.IntN(2)]), Source: fmt.Sprint(r.IntN(5)), Body: []byte(r.text()), Keep: r.IntN(3) == 0}
	got, err := r.Put(r.ctx, []multivac.Telling{t}, now)
	r.must(err)
	got[0].Position = ""
	r.same("put", r.model.put(t, now), got[0])
	r.tasks = append(r.tasks, task(got[0]))
}

// publishOne publishes a text of a task. Where that is the body, it says so or not.
func (r *randomWork) publishOne(now time.Time) {
	t, p := r.pick(), Cut(r.text())
	p.Title, p.KeepBody = "", r.IntN(2) == 0
	if d := r.model.at(t); d != nil {
		p.IsBody = p.Text == string(d.Body) && r.IntN(2) == 0
	}
	_, err := r.Publish(r.ctx, t, p, now)
	r.agree("publish", r.model.publish(t, p, now), err)
}

func (r *randomWork) leaseOne(now, later time.Time) {
	t := r.pick()
	leased, d, err := r.Lease(r.ctx, t, now, later)
	if r.agree("lease", r.model.leaseOf(t, now, later), err); err == nil {
		r.same("leased", r.model.documents[t.Document].Document, d)
		r.tasks = append(r.tasks, leased)
	}
}

// workOn does with a task what its worker may do.
func (r *randomWork) workOn(number int, now, later time.Time) {
	t := r.pick()
	d := r.model.holds(t)
	switch n := r.IntN(23); {
	case n < 8:
		step := fmt.Sprint("step ", number)
		if d != nil {
			d.Step, d.lease = step, later
		}
		r.agree("step", d != nil, r.Step(r.ctx, t, step, later))
	case n < 18:
		cause, final := fmt.Sprint("cause ", number), r.IntN(2) == 0
		r.agree("fail", r.model.fail(t, cause, final, now, later), r.Fail(r.ctx, t, cause, final, now, later))
	default:
		if d != nil {
			d.Attempts--
			d.lease, d.leased = time.Time{}, false
		}
		r.agree("release", d != nil, r.Release(r.ctx, t))
	}
}

// agree reports where the store did not do what the model did.
func (s *subject) agree(what string, done bool, err error) {
	s.Helper()
	if done && err != nil || !done && !errors.Is(err, multivac.ErrSuperseded) {
		s.Errorf("%s: %v, by the model it is done: %t", what, err, done)
	}
}

// compare holds the store against the model.
func (s *subject) compare(m *model) {
	s.Helper()
	published := s.scan()
	for id, want := range m.documents {
		s.same("document", want.Document, s.document(id))
		if told, err := s.Original(s.ctx, id); string(told.Body) != string(want.told) || (err == nil) != (want.told != nil) || err == nil && told.ID() != id {
			s.Errorf("what was told of document %s: %+v, %v, want %q", id, told, err, want.told)
		}
		if published[id].Revision != want.published {
			s.Errorf("document %s is published at revision %d, want %d", id, published[id].Revision, want.published)
		}
		for revision := multivac.Revision(1); revision <= want.Revision; revision++ {
			s.compareText(id, revision, want.texts[revision])
		}
	}
	due, err := s.Due(s.ctx, multivac.ReadDocument, s.now, 100)
	s.must(err)
	s.same("due", m.due(s.now), due)
	for _, collection := range []multivac.CollectionName{"a", "b"} {
		want := m.datum(collection)
		if got, err := s.Datum(s.ctx, collection); got != want || (err == nil) != (want != "") {
			s.Errorf("datum of %s: %q, %v, want %q", collection, got, err, want)
		}
	}
}

// compareText holds the text of a revision, or nothing, against what can be
// quoted of it.
func (s *subject) compareText(id multivac.DocumentID, revision multivac.Revision, text string) {
	s.Helper()
	r := multivac.Receipt{ID: id, Revision: revision}
	if got := s.quote(r, max(len(text), 1)); got != text {
		s.Errorf("text of %s at %d: %q, want %q", id, revision, got, text)
	}
	last := ""
	if p := Cut(text).Passages; len(p) > 0 {
		last = p[len(p)-1].Text
	}
	if x := s.excerpt(r, 1); x.Text != last {
		s.Errorf("passage 1 of %s at %d: %q, want %q", id, revision, x.Text, last)
	}
}
