package storetest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/store"
)

// Check checks what has to be true of every store at any time. Nobody may write to
// the store while it does.
func Check(t *testing.T, s store.Store) {
	t.Helper()
	ctx := context.Background() // the test's own context may have ended
	c := &checker{T: t, ctx: ctx, s: s}
	var err error
	if c.scanned, err = scan(ctx, s); err != nil {
		t.Fatalf("Scan: %v", err)
	}
	c.documents = c.list()
	c.states()
	c.pending()
	c.quotations()
	c.feed()
	c.datum()
}

type checker struct {
	*testing.T
	ctx       context.Context
	s         store.Store
	documents map[multivac.DocumentID]multivac.Document // with body and text
	scanned   map[multivac.DocumentID]store.Change
}

// list pages through the documents of every state.
func (c *checker) list() map[multivac.DocumentID]multivac.Document {
	c.Helper()
	all := make(map[multivac.DocumentID]multivac.Document)
	for _, state := range multivac.States {
		list := multivac.Listing{State: state, Limit: 7}
		last := multivac.DocumentID("")
		for {
			page, err := c.s.Documents(c.ctx, list)
			if err != nil {
				c.Fatalf("Documents(%+v): %v", list, err)
			}
			for _, listed := range page.Documents {
				if listed.ID <= last || listed.State != state {
					c.Errorf("Documents(%+v) has %s, %s after %s", list, listed.ID, listed.State, last)
				}
				last = listed.ID
				all[listed.ID] = c.read(listed)
			}
			if list.Cursor = page.Next; list.Cursor == "" {
				break
			}
		}
	}
	return all
}

// read returns a document with its body and text. Without them it has to be as
// it was listed.
func (c *checker) read(listed multivac.Document) multivac.Document {
	c.Helper()
	d, err := c.s.Document(c.ctx, listed.ID)
	if err != nil {
		c.Fatalf("Document(%s): %v", listed.ID, err)
	}
	bare := d
	bare.Body, bare.Text, bare.Places = nil, "", ""
	if diff := difference(bare, listed); diff != "" {
		c.Errorf("document %s, read (-) and listed (+)\n%s", d.ID, diff)
	}
	return d
}

// states checks each document by its state.
func (c *checker) states() {
	c.Helper()
	for id, d := range c.documents {
		published, is := c.scanned[id]
		switch d.State {
		case multivac.Pending, multivac.Failed:
			if len(d.Body) == 0 || d.Text != "" {
				c.Errorf("document %s is %s, with a body of %d and a text of %d bytes", id, d.State, len(d.Body), len(d.Text))
			}
			if is && published.Revision >= d.Revision {
				c.Errorf("document %s is %s at revision %d, and published at %d", id, d.State, d.Revision, published.Revision)
			}
		case multivac.Indexed:
			if d.Body != nil || !is || published.Revision != d.Revision || published.Hash != d.Hash || published.Title != d.Title {
				c.Errorf("document %+v is indexed, published is %+v", d, published)
			}
		case multivac.Deleted:
			if d.Body != nil || d.Text != "" || d.Title != "" || d.Hash != (multivac.ContentHash{}) || is {
				c.Errorf("document %+v is deleted, published is %+v", d, published)
			}
		}
		c.original(d)
		if d.Revision == 0 || d.Told.IsZero() || d.Changed.Before(d.Told) {
			c.Errorf("document %s has revision %d, told %v, changed %v", id, d.Revision, d.Told, d.Changed)
		}
	}
	for id := range c.scanned {
		if _, is := c.documents[id]; !is {
			c.Errorf("document %s is published and not listed", id)
		}
	}
}

// original checks that a document says whether what was told is there.
func (c *checker) original(d multivac.Document) {
	c.Helper()
	told, err := c.s.Original(c.ctx, d.ID)
	waits := d.State == multivac.Pending || d.State == multivac.Failed
	switch {
	case d.Original != (err == nil), err != nil && !errors.Is(err, multivac.ErrNotFound), waits && !d.Original, d.State == multivac.Deleted && d.Original:
		c.Errorf("document %s is %s, and says %v of its original: %v", d.ID, d.State, d.Original, err)
	case err == nil && (told.ID() != d.ID || waits && string(told.Body) != string(d.Body)):
		c.Errorf("what was told of document %s is that of another: %+v", d.ID, told)
	}
}

// pending compares the count of pending documents, and what is due, with the
// documents.
func (c *checker) pending() {
	c.Helper()
	want := 0
	for _, d := range c.documents {
		if d.State == multivac.Pending {
			want++
		}
	}
	got, err := c.s.Pending(c.ctx)
	if err != nil || got != want {
		c.Errorf("Pending: %d, %v, want %d", got, err, want)
	}
	due, err := c.s.Due(c.ctx, multivac.ReadDocument, time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC), want+1)
	if err != nil || len(due) != want {
		c.Errorf("Due in the far future: %d tasks, %v, want %d", len(due), err, want)
	}
	var before time.Time
	for _, task := range due {
		d := c.documents[task.Document]
		if d.State != multivac.Pending || d.Revision != task.Revision || d.Attempts != task.Attempt || d.Told.Before(before) {
			c.Errorf("due is %+v, the document is %+v, the one before it was told %v", task, d, before)
		}
		before = d.Told
	}
}

// quotations reads everything that is published by each method that reads it.
func (c *checker) quotations() {
	c.Helper()
	for id, change := range c.scanned {
		if change.State != multivac.Indexed || change.Position != "" {
			c.Errorf("scan says of %s: state %s, position %q", id, change.State, change.Position)
		}
		if d := c.documents[id]; d.Source != change.Source || d.Collection != change.Collection {
			c.Errorf("document %s is %q in %q, scanned as %q in %q", id, d.Source, d.Collection, change.Source, change.Collection)
		}
		c.excerpts(change)
		c.quotes(change)
		if d := c.documents[id]; d.State == multivac.Indexed {
			if err := (store.Publication{Text: d.Text, Version: change.Version, Passages: change.Passages, Vectors: change.Vectors}).Validate(); err != nil {
				c.Errorf("document %s: %v", id, err)
			}
		}
	}
}

// excerpts reads the passages of a change.
func (c *checker) excerpts(change store.Change) {
	c.Helper()
	ids := make([]multivac.PassageID, len(change.Passages))
	for i := range ids {
		ids[i] = multivac.PassageID{Document: change.Document, Revision: change.Revision, Number: i}
	}
	excerpts, err := c.s.Excerpts(c.ctx, ids)
	if err != nil || len(excerpts) != len(ids) {
		c.Fatalf("Excerpts of %s: %d, %v, want %d", change.Document, len(excerpts), err, len(ids))
	}
	for i, p := range change.Passages {
		want := multivac.Excerpt{Passage: p, Document: change.Document, Revision: change.Revision, Source: change.Source, Title: change.Title}
		if diff := difference(want, excerpts[i]); diff != "" {
			c.Errorf("passage %d of %s, scanned (-) and as an excerpt (+)\n%s", i, change.Document, diff)
		}
	}
}

// quotes reads the passages of a change and their sentences.
func (c *checker) quotes(change store.Change) {
	c.Helper()
	var quotes []store.Quote
	var want []string
	for _, p := range change.Passages {
		for _, span := range append(slices.Clone(p.Sentences), multivac.Span{Start: p.Start, End: p.End}) {
			quotes = append(quotes, store.Quote{Document: change.Document, Revision: change.Revision, Span: span})
			want = append(want, p.Sentence(span))
		}
	}
	got, err := c.s.Quotes(c.ctx, quotes)
	if err != nil || !slices.Equal(got, want) {
		c.Errorf("Quotes of %s: %v\n%s", change.Document, err, difference(want, got))
	}
}

// feed checks that following from the beginning leads to what is published.
func (c *checker) feed() {
	c.Helper()
	changes, err := follow(c.ctx, c.s, "")
	if err != nil {
		c.Fatalf("Follow: %v", err)
	}
	end, err := c.s.Position(c.ctx)
	if err != nil {
		c.Fatalf("Position: %v", err)
	}
	if len(changes) > 0 && changes[len(changes)-1].Position != end {
		c.Errorf("the last change is at %q, the end of the feed at %q", changes[len(changes)-1].Position, end)
	}
	state, err := apply(nil, changes)
	if err != nil {
		c.Error(err)
	}
	if diff := difference(c.scanned, state); diff != "" {
		c.Errorf("published, scanned (-) and followed (+)\n%s", diff)
	}
	for id, d := range c.documents {
		last := slices.IndexFunc(changes, func(change store.Change) bool {
			return change.Document == id && change.Revision == d.Revision && change.State == d.State
		})
		if d.State != multivac.Pending && last < 0 {
			c.Errorf("the feed does not say that %s is %s at revision %d", id, d.State, d.Revision)
		}
	}
}

// apply returns what is published after changes to a state, or an error where
// their positions are out of order.
func apply(state map[multivac.DocumentID]store.Change, changes []store.Change) (map[multivac.DocumentID]store.Change, error) {
	state = maps.Clone(state)
	if state == nil {
		state = make(map[multivac.DocumentID]store.Change)
	}
	var last multivac.Position
	for _, change := range changes {
		if change.Position <= last {
			return state, errors.New("position " + string(change.Position) + " comes after " + string(last))
		}
		last = change.Position
		change.Position = ""
		switch change.State {
		case multivac.Indexed:
			state[change.Document] = change
		case multivac.Deleted:
			delete(state, change.Document)
		}
	}
	return state, nil
}

// datum checks that every collection in which something is published has a
// datum, which is the text of one of its documents.
func (c *checker) datum() {
	c.Helper()
	starts := make(map[multivac.CollectionName][]string)
	for _, d := range c.documents {
		starts[d.Collection] = nil
	}
	for _, change := range c.scanned {
		starts[change.Collection] = append(starts[change.Collection], c.start(change))
	}
	for collection, texts := range starts {
		datum, err := c.s.Datum(c.ctx, collection)
		if len(texts) == 0 {
			if !errors.Is(err, multivac.ErrNotFound) {
				c.Errorf("Datum(%s): %q, %v, want not found", collection, datum, err)
			}
			continue
		}
		if err != nil || !slices.ContainsFunc(texts, func(text string) bool { return strings.HasPrefix(datum, text) }) {
			c.Errorf("Datum(%s): %q, %v, want the text of one of %d documents", collection, datum, err, len(texts))
		}
	}
}

// start returns the text of a change up to the end of its last passage.
func (c *checker) start(change store.Change) string {
	c.Helper()
	n := len(change.Passages)
	if n == 0 {
		return ""
	}
	texts, err := c.s.Quotes(c.ctx, []store.Quote{{Document: change.Document, Revision: change.Revision, Span: multivac.Span{End: change.Passages[n-1].End}}})
	if err != nil || texts[0] == "" {
		c.Errorf("Quotes of %s: %q, %v", change.Document, texts, err)
		return ""
	}
	return texts[0]
}
