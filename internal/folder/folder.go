// Package folder answers from documents that are read for one question or a
// few, and kept nowhere: no store, no server. Only what their sentences mean is
// kept for the next time, in a cache.
package folder

import (
	"cmp"
	"context"
	"sync"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/extract/pdf"
	"multivac/internal/index"
	"multivac/internal/meaning"
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
	cache     *Cache
	formats   extract.Formats
	limits    extract.Limits
	parts     []*part // from Recall on
}

// read is a document that was read.
type read struct {
	multivac.Document
	passages []multivac.Passage
}

// New returns a folder without documents. pages reads those in PDF; without it
// they are refused. l bounds each document.
func New(pages pdf.Reader, l extract.Limits) *Folder {
	return &Folder{documents: map[multivac.DocumentID]read{}, formats: formats.With(pages), limits: l}
}

// Add reads a document. It returns an ErrInvalid where the telling is not valid
// or has no text. isFile says that the body is the whole file that Source
// names: then quotations say where in it they stand.
func (f *Folder) Add(t multivac.Telling, isFile bool) error {
	t.MediaType = cmp.Or(t.MediaType, multivac.Markdown)
	extracted, passages, err := Read(context.Background(), f.formats, t, f.limits)
	if err != nil {
		return err
	}
	d := read{
		Document: multivac.Document{
			ID: t.ID(), Source: t.Source, MediaType: t.MediaType, Text: extracted.Text, Revision: 1, Title: t.Title,
		},
		passages: passages,
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

// Read returns the text of a document and its passages, or why it cannot be told:
// an ErrInvalid or an ErrTooLarge. It ends with ctx.
func Read(ctx context.Context, kinds extract.Formats, t multivac.Telling, l extract.Limits) (extract.Extracted, []multivac.Passage, error) {
	if err := t.Validate(); err != nil {
		return extract.Extracted{}, nil, err
	}
	extracted, err := kinds.Extract(ctx, t.MediaType, t.Body, l)
	if err != nil {
		return extract.Extracted{}, nil, err
	}
	passages := text.Segment(extracted.Text)
	if len(passages) == 0 {
		return extract.Extracted{}, nil, tell.ErrNoPassages
	}
	return extracted, passages, nil
}

// Unread notes that something in the folder could not be read.
func (f *Folder) Unread() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unread = true
}

// Asker returns what answers from the documents that were added. It understands
// questions as far as m says where Recall and MakeVectors gave all sentences their
// vectors, and goes by words otherwise.
func (f *Folder) Asker(m meaning.Mode) multivac.Asker {
	var vectors map[multivac.DocumentID][]byte
	if m != meaning.Off {
		vectors = f.vectors()
	}
	x := index.New([16]byte{})
	version := store.Version{}
	if len(vectors) > 0 {
		x.Vectors, version.Vectors = meaning.Version, meaning.Version
	}
	changes := make([]store.Change, 0, len(f.documents))
	for id, d := range f.documents {
		changes = append(changes, store.Change{Collection: multivac.DefaultCollection, Document: id, Revision: d.Revision,
			Title: d.Title, State: multivac.Indexed, Version: version, Passages: d.passages, Vectors: vectors[id]})
	}
	_ = x.Apply(context.Background(), changes, "") // the index in memory does not fail
	service := ask.New(x, f, f, rank.Default(), nil)
	if len(vectors) > 0 {
		service.Meaning, service.Reads = meaning.Default, m == meaning.Read
	}
	return asker{service, f}
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
		if id.Number < 0 || id.Number >= len(d.passages) {
			continue
		}
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
