// Package keep looks after what a store holds: it makes copies and reads them,
// has what failed tried again, and finds what is broken. It knows the store's
// contract only, so that a copy of one store can be read into any other.
package keep

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/text"
)

// Service implements multivac.Keeper on a store.
type Service struct {
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// Keys says whether who calls may bring keys with an import; everybody may
	// unless set.
	Keys func(context.Context) bool
	// Notices are what an examination is to tell of the process, too; nothing
	// unless set.
	Notices func() []string

	store   store.Store
	queue   queue.Queue
	segment func(text string) []multivac.Passage
}

var _ multivac.Keeper = (*Service)(nil)

// New returns a service on s, which tells q of work.
func New(s store.Store, q queue.Queue) *Service {
	return &Service{Now: time.Now, Keys: func(context.Context) bool { return true }, Notices: func() []string { return nil },
		store: s, queue: q, segment: text.Segment}
}

// Retry implements multivac.Keeper.
func (s *Service) Retry(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	r, err := s.store.Retry(ctx, id, s.Now())
	if err == nil && r.Changed {
		// It is kept; what the queue does not take, the sweeper finds.
		_ = s.queue.Enqueue(ctx, multivac.Task{Document: r.ID, Revision: r.Revision})
	}
	return r, err
}
