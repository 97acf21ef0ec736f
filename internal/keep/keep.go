// Package keep looks after what a store holds. It exports and imports copies,
// has documents read again, and finds what is broken. It uses only the contract of
// the store, so a copy of one store can be imported into any other.
package keep

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/place"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/text"
)

// Service implements multivac.Keeper on a store.
type Service struct {
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// Keys says whether the caller may import keys; all callers may unless set.
	Keys func(context.Context) bool
	// Notices are what an examination is to tell of the process, too; nothing
	// unless set.
	Notices func() []string
	// Calibrated is called once an import has brought calibrations; nothing is
	// unless set.
	Calibrated func(context.Context) error

	store   source
	queue   queue.Queue
	segment func(text string) []multivac.Passage
}

var _ multivac.Keeper = (*Service)(nil)

// A source is what a Service needs of a store. It may be a store.Spacious, too.
type source interface {
	store.Keep
	store.Feed
	store.Keys
	store.Calibrations
	Documents(context.Context, multivac.Listing) (multivac.Page, error)
	Datum(context.Context, multivac.CollectionName) (string, error)
	Replace(context.Context, multivac.Task, store.Publication) error
}

// New returns a service on s. It enqueues in q what is to be tried again.
func New(s source, q queue.Queue) *Service {
	return &Service{Now: time.Now, Keys: func(context.Context) bool { return true }, Notices: func() []string { return nil },
		Calibrated: func(context.Context) error { return nil },
		store:      s, queue: q, segment: text.Segment}
}

// Retry implements multivac.Keeper.
func (s *Service) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := s.store.Retry(ctx, id, s.Now())
	s.enqueue(ctx, r, err)
	return r, err
}

// Reread implements multivac.Keeper.
func (s *Service) Reread(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := s.store.Reread(ctx, id, s.Now())
	s.enqueue(ctx, r, err)
	return r, err
}

// enqueue tells the workers of a document that is pending again. The store has
// it: the sweeper finds what the queue does not take.
func (s *Service) enqueue(ctx context.Context, r multivac.Receipt, err error) {
	if err == nil && r.Changed {
		_ = s.queue.Enqueue(ctx, multivac.Task{Document: r.ID, Revision: r.Revision})
	}
}

// cut makes the passages of a published text, with their places in the file.
func (s *Service) cut(p *store.Published) {
	p.Version = store.Version{Segmenter: text.Version}
	p.Passages = s.segment(p.Text)
	place.Fill(p.Passages, p.Places, p.Text)
}
