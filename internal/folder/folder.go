// Package folder answers from documents that are read for one question or a
// few, and kept nowhere: no store, no server. It goes by words only.
package folder

import (
	"context"
	"sync"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/index"
	where "multivac/internal/place"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/tell"
	"multivac/internal/text"
)

// A Folder answers from the documents that were added to it. Add may be called
// by many goroutines, but not after Asker.
type Folder struct {
	mu        sync.Mutex
	documents map[multivac.DocumentID]read
	unread    bool
	index     *index.Index
}

// read is a document that was read.
type read struct {
	multivac.Document
	passages []multivac.Passage
}

// New returns a folder without documents.
func New() *Folder {
	return &Folder{documents: map[multivac.DocumentID]read{}, index: index.New([16]byte{})}
}

// Add reads a document. It returns an ErrInvalid where the telling is not valid
// or has no text. isFile says that the body is the whole file that Source
// names: then quotations say where in it they stand.
func (f *Folder) Add(t multivac.Telling, isFile bool) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if t.MediaType == "" {
		t.MediaType = multivac.Markdown
	}
	extracted, err := formats.All.Extract(context.Background(), t.MediaType, t.Body, extract.Default)
	if err != nil {
		return err
	}
	d := read{
		Document: multivac.Document{
			ID: t.ID(), Source: t.Source, MediaType: t.MediaType, Text: extracted.Text, Revision: 1, Title: t.Title,
		},
		passages: text.Segment(extracted.Text),
	}
	d.Title = tell.Title(d.Document, extracted)
	if isFile {
		where.Fill(d.passages, extracted.Places, extracted.Text)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.documents[d.ID] = d
	return nil
}

// Unread notes that something in the folder could not be read.
func (f *Folder) Unread() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unread = true
}

// Asker returns what answers from the documents that were added.
func (f *Folder) Asker() multivac.Asker {
	changes := make([]store.Change, 0, len(f.documents))
	for id, d := range f.documents {
		changes = append(changes, store.Change{Collection: multivac.DefaultCollection, Document: id, Revision: d.Revision,
			Title: d.Title, State: multivac.Indexed, Passages: d.passages})
	}
	_ = f.index.Apply(context.Background(), changes, "") // the index in memory does not fail
	return asker{ask.New(f.index, f, f, rank.Default(), nil), f}
}

// An asker gives the reason where there is no answer because nothing was added.
type asker struct {
	multivac.Asker
	folder *Folder
}

func (a asker) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	if q.Validate() == nil {
		q.Collection = multivac.DefaultCollection // a folder is one collection, whatever it is called
	}
	answer, err := a.Asker.Ask(ctx, q)
	if err != nil || len(a.folder.documents) > 0 {
		return answer, err
	}
	answer.Reason = &multivac.Reason{Code: multivac.NothingTold, Text: "There is no document to answer from."}
	if a.folder.unread {
		answer.Reason = &multivac.Reason{Code: multivac.NothingRead, Text: "None of the documents could be read."}
	}
	return answer, nil
}

// Reach implements what ask needs of a follower.
func (f *Folder) Reach(context.Context, multivac.Position) error { return nil }

// Excerpts implements what ask needs of a store.
func (f *Folder) Excerpts(_ context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	excerpts := make([]multivac.Excerpt, len(ids))
	for i, id := range ids {
		d := f.documents[id.Document]
		excerpts[i] = multivac.Excerpt{
			Passage: d.passages[id.Number], Document: d.ID, Revision: d.Revision, Source: d.Source, Title: d.Title,
		}
	}
	return excerpts, nil
}

// Quotes implements what ask needs of a store.
func (f *Folder) Quotes(_ context.Context, quotes []store.Quote) ([]string, error) {
	texts := make([]string, len(quotes))
	for i, q := range quotes {
		texts[i] = f.documents[q.Document].Text[q.Span.Start:q.Span.End]
	}
	return texts, nil
}
