// Package webtest holds a MultiVAC in memory, for tests of programs that speak
// HTTP. It stores the documents that it is told, and answers with the first
// line that contains a word of the question.
package webtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"multivac"
)

// Memory is a Teller, Asker and Library. Set its fields before it is used.
type Memory struct {
	Err     error // returned by all verbs
	Stuck   bool  // documents stay pending until Settle
	Mangled bool  // documents fail when they are indexed

	mu        sync.Mutex
	documents map[multivac.DocumentID]multivac.Document
	order     []multivac.DocumentID
	position  int
	settled   chan struct{}
	told      [][]multivac.Telling // each call to Tell
}

// Verbs returns its verbs.
func (m *Memory) Verbs() multivac.Verbs { return multivac.Verbs{Teller: m, Asker: m, Library: m} }

// Settle indexes pending documents.
func (m *Memory) Settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Stuck = false
	for id := range m.documents {
		m.index(id)
	}
	if m.settled != nil {
		close(m.settled)
		m.settled = nil
	}
}

// Told returns the tellings of each call to Tell.
func (m *Memory) Told() [][]multivac.Telling {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

// All returns all tellings.
func (m *Memory) All() []multivac.Telling { return slices.Concat(m.Told()...) }

func (m *Memory) index(id multivac.DocumentID) {
	d := m.documents[id]
	if d.State != multivac.Pending {
		return
	}
	m.position++
	d.State, d.Text = multivac.Indexed, string(d.Body)
	if m.Mangled {
		d.State, d.LastError = multivac.Failed, "cannot be read"
	}
	m.documents[id] = d
}

// Tell implements multivac.Teller.
func (m *Memory) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	if m.Err != nil {
		return nil, m.Err
	}
	m.mu.Lock()
	m.told = append(m.told, slices.Clone(tellings))
	receipts := make([]multivac.Receipt, len(tellings))
	for n, t := range tellings {
		receipts[n] = m.put(t)
	}
	if wait == multivac.WaitIndexed && !m.Stuck {
		for _, r := range receipts {
			m.index(r.ID)
		}
	}
	if m.settled == nil {
		m.settled = make(chan struct{})
	}
	settled, stuck := m.settled, m.Stuck
	m.mu.Unlock()

	if wait == multivac.WaitIndexed && stuck {
		select {
		case <-settled:
		case <-ctx.Done():
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, r := range receipts {
		if d := m.documents[r.ID]; r.Err == nil && wait == multivac.WaitIndexed && d.State != multivac.Pending {
			receipts[n].State, receipts[n].Position = d.State, m.place()
			if d.State == multivac.Failed {
				receipts[n].Err = multivac.Errorf(multivac.ErrInvalid, "mend it", "%s", d.LastError)
			}
		}
	}
	return receipts, nil
}

func (m *Memory) put(t multivac.Telling) multivac.Receipt {
	if strings.Contains(t.Source, "refuse") {
		return multivac.Receipt{Source: t.Source, Err: multivac.Errorf(multivac.ErrInvalid, "tell something else", "%s is refused", t.Source)}
	}
	if err := t.Validate(); err != nil {
		return multivac.Receipt{Source: t.Source, Err: err}
	}
	if m.documents == nil {
		m.documents = map[multivac.DocumentID]multivac.Document{}
	}
	id := t.ID()
	d, known := m.documents[id]
	if !known {
		m.order = append(m.order, id)
	}
	changed := !known || d.Hash != t.Hash() || d.State == multivac.Deleted
	if changed {
		d = multivac.Document{
			ID: id, Collection: t.Collection.OrDefault(), Source: t.Source, Title: t.Title, MediaType: t.MediaType,
			Hash: t.Hash(), Body: t.Body, Original: true, Revision: d.Revision + 1, State: multivac.Pending,
		}
		m.documents[id] = d
	}
	return multivac.Receipt{ID: id, Source: t.Source, Revision: d.Revision, State: d.State, Changed: changed}
}

func (m *Memory) place() multivac.Position { return multivac.Position(fmt.Sprintf("%08d", m.position)) }

// Ask implements multivac.Asker.
func (m *Memory) Ask(_ context.Context, q multivac.Question) (multivac.Answer, error) {
	if m.Err != nil {
		return multivac.Answer{}, m.Err
	}
	if err := q.Validate(); err != nil {
		return multivac.Answer{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a := multivac.Answer{State: multivac.InsufficientData, Confidence: 0.1, Position: m.place()}
	for _, id := range m.order {
		if d := m.documents[id]; d.State == multivac.Indexed && d.Collection == q.Collection.OrDefault() {
			a.Sentences = append(a.Sentences, quote(d, q.Text)...)
		}
	}
	if len(a.Sentences) > 0 {
		a.State, a.Confidence, a.Sources = multivac.Answered, a.Sentences[0].Confidence, []string{a.Sentences[0].Source}
		if n := len(a.Sentences); n > 1 {
			a.Conflict = &multivac.Conflict{With: a.Sentences[n-1], Known: true, Reason: "Two documents disagree."}
		}
		return a, nil
	}
	words := strings.Fields(q.Text)
	a.Reason = &multivac.Reason{Code: multivac.NothingFound, Text: "Nothing told contains any of these words.", Unmatched: words}
	return a, nil
}

func quote(d multivac.Document, question string) (found []multivac.Quotation) {
	start := 0
	for line := range strings.Lines(d.Text) {
		text := strings.TrimRight(line, "\n")
		for word := range strings.FieldsSeq(question) {
			if at := strings.Index(text, word); at >= 0 {
				found = append(found, multivac.Quotation{
					Text: text, Confidence: 0.97, Document: d.ID, Revision: d.Revision, Source: d.Source, Title: d.Title,
					Shape: multivac.ShapeRun, Sentence: multivac.Span{Start: start + at, End: start + len(text)},
					Heading: "A › B", Lead: "As follows:", Start: start, End: start + len(text), Before: "Before it.", After: "After it.",
					Marks: []multivac.Span{{Start: at, End: at + len(word)}},
				})
				break
			}
		}
		start += len(line)
	}
	return found
}

// Document implements multivac.Library.
func (m *Memory) Document(_ context.Context, id multivac.DocumentID) (multivac.Document, error) {
	if m.Err != nil {
		return multivac.Document{}, m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.documents[id]
	if !ok {
		return d, missing(id)
	}
	return d, nil
}

// Original implements multivac.Library. It keeps what was told.
func (m *Memory) Original(_ context.Context, id multivac.DocumentID) (multivac.Telling, error) {
	if m.Err != nil {
		return multivac.Telling{}, m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.documents[id]
	if !ok || d.State == multivac.Deleted {
		return multivac.Telling{}, missing(id)
	}
	return multivac.Telling{Collection: d.Collection, Source: d.Source, Title: d.Title, MediaType: d.MediaType, Body: d.Body}, nil
}

func missing(id multivac.DocumentID) error {
	return multivac.Errorf(multivac.ErrNotFound, "list documents to see what there is", "there is no document %s", id)
}

// Documents implements multivac.Library.
func (m *Memory) Documents(_ context.Context, list multivac.Listing) (multivac.Page, error) {
	if m.Err != nil {
		return multivac.Page{}, m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var p multivac.Page
	for _, id := range slices.Sorted(maps.Keys(m.documents)) {
		d := m.documents[id]
		if string(id) <= list.Cursor || (list.Collection != "" && d.Collection != list.Collection) ||
			(list.State == "" && d.State == multivac.Deleted) || (list.State != "" && d.State != list.State) {
			continue
		}
		if limit := list.Limit; limit > 0 && len(p.Documents) == limit {
			p.Next = string(p.Documents[limit-1].ID)
			break
		}
		d.Body, d.Text = nil, ""
		p.Documents = append(p.Documents, d)
	}
	return p, nil
}

// Delete implements multivac.Library.
func (m *Memory) Delete(_ context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	if m.Err != nil {
		return multivac.Receipt{}, m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.documents[id]
	if !ok {
		return multivac.Receipt{}, missing(id)
	}
	changed := d.State != multivac.Deleted
	if changed {
		m.position++
		d.State, d.Text, d.Body, d.Original = multivac.Deleted, "", nil, false
		d.Revision++
		m.documents[id] = d
	}
	return multivac.Receipt{ID: id, Source: d.Source, Revision: d.Revision, State: d.State, Changed: changed, Position: m.place()}, nil
}

// Datum implements multivac.Library.
func (m *Memory) Datum(_ context.Context, collection multivac.CollectionName) (string, error) {
	if m.Err != nil {
		return "", m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.order {
		if d := m.documents[id]; d.Collection == collection && d.State == multivac.Indexed {
			return d.Text, nil
		}
	}
	return "", multivac.Errorf(multivac.ErrNotFound, "tell it something", "collection %q has no datum", collection)
}

// Reach implements multivac.Library.
func (m *Memory) Reach(ctx context.Context, p multivac.Position) error {
	if m.Err != nil {
		return m.Err
	}
	for {
		m.mu.Lock()
		place := m.place()
		if m.settled == nil {
			m.settled = make(chan struct{})
		}
		settled := m.settled
		m.mu.Unlock()
		if place >= p {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			err := multivac.Errorf(multivac.ErrBehind, "try again", "position %s is not reached", p)
			err.RetryAfter = time.Second
			return err
		}
	}
}

// Status implements multivac.Library.
func (m *Memory) Status(context.Context) (multivac.Status, error) {
	if m.Err != nil {
		return multivac.Status{}, m.Err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := multivac.Status{Ready: !m.Stuck, Position: m.place()}
	if m.Stuck {
		s.Reason = "still reading"
	}
	counts := map[multivac.CollectionName]int{}
	for _, d := range m.documents {
		switch d.State {
		case multivac.Indexed:
			s.Documents, s.Passages = s.Documents+1, s.Passages+1
			counts[d.Collection]++
		case multivac.Pending:
			s.Pending++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		s.Collections = append(s.Collections, multivac.Collection{Name: name, Documents: counts[name], Passages: counts[name]})
	}
	return s, nil
}
