package app

import (
	"context"
	"slices"
	"strings"
	"sync"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/follow"
	"multivac/internal/index"
	where "multivac/internal/place"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/tell"
	"multivac/internal/text"
)

// A Folder answers from documents that it is given and keeps nowhere. Add may
// be called by many goroutines, before Asker is.
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

// NewFolder returns a folder without documents.
func NewFolder() *Folder {
	return &Folder{documents: map[multivac.DocumentID]read{}, index: index.New()}
}

// Add reads a document. Where isFile is set, its body is that of the file
// that Source names, and quotations say where in it they stand.
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

// Asker returns what answers from the documents added. It goes by words only.
func (f *Folder) Asker() multivac.Asker {
	docs := make([]index.Document, 0, len(f.documents))
	for id, d := range f.documents {
		docs = append(docs, index.Document{ID: id, Revision: d.Revision, Title: d.Title, Passages: d.passages})
	}
	// Of equals the first is found first: in the same order every time.
	slices.SortFunc(docs, func(a, b index.Document) int { return strings.Compare(string(a.ID), string(b.ID)) })
	f.index.Put(docs...)
	return folderAsker{ask.New(f, f, rank.Default(), nil), f}
}

// A folderAsker says why there is no answer where nothing was added.
type folderAsker struct {
	multivac.Asker
	folder *Folder
}

func (a folderAsker) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
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

// View implements what ask needs of a follower; there is one collection.
func (f *Folder) View(multivac.CollectionName) (follow.View, bool) {
	v := follow.View{Index: f.index.Snapshot()}
	return v, len(f.documents) > 0
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
