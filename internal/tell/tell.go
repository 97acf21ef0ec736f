// Package tell keeps tellings as pending documents. Its worker turns these into
// passages and publishes them; its refresher does so again where a newer
// program would make something else. The store knows at every moment what is to
// be done, so that the process may die at any step. The queue only makes it
// quick.
package tell

import (
	"cmp"
	"context"
	"time"

	"multivac"
	"multivac/internal/extract/formats"
	"multivac/internal/queue"
	"multivac/internal/store"
)

// documents is what the service needs of a store.
type documents interface {
	Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error)
	Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)
	Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error)
	Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error)
	Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error)
	Pending(ctx context.Context) (int, error)
	Datum(ctx context.Context, collection multivac.CollectionName) (string, error)
}

// A settler knows what became of revisions, and how far the index is.
type settler interface {
	Settled(ctx context.Context, id multivac.DocumentID, r multivac.Revision) (store.Change, error)
	Reach(ctx context.Context, p multivac.Position) error
	Status() multivac.Status
}

// Service keeps what callers tell, and knows what was told.
type Service struct {
	// Now is the clock; time.Now unless set.
	Now func() time.Time
	// KeepOriginals says that tellings are kept after they are read.
	KeepOriginals bool

	store    documents
	queue    queue.Queue
	follower settler
	crowd    *Crowd
}

var (
	_ multivac.Teller  = (*Service)(nil)
	_ multivac.Library = (*Service)(nil)
)

// New returns a service that keeps documents in s, tells q that there is work,
// waits for f to have documents indexed, and counts its callers in c.
func New(s documents, q queue.Queue, f settler, c *Crowd) *Service {
	return &Service{Now: time.Now, store: s, queue: q, follower: f, crowd: c}
}

// Tell implements multivac.Teller. Where ctx ends while Tell waits for the
// index, there is no error, because the documents are kept: the receipts of
// those that are not indexed yet say pending.
func (s *Service) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) (_ []multivac.Receipt, err error) {
	defer multivac.Wrap(&err, "tell")
	receipts := make([]multivac.Receipt, len(tellings))
	var valid []multivac.Telling
	var places []int // of the valid ones
	for i, t := range tellings {
		t = complete(t)
		t.Keep = s.KeepOriginals
		if err := check(t); err != nil {
			receipts[i] = multivac.Receipt{Source: t.Source, Err: err}
			continue
		}
		valid, places = append(valid, t), append(places, i)
	}
	if len(valid) == 0 {
		return receipts, nil
	}
	leave := s.crowd.Enter()
	kept, err := s.store.Put(ctx, valid, s.Now())
	leave()
	if err != nil {
		return nil, err
	}
	s.enqueue(ctx, kept)
	for i, r := range kept {
		if wait == multivac.WaitIndexed {
			s.settle(ctx, &r)
		}
		r.Encoding = cmp.Or(valid[i].Encoding, formats.All.Encoding(valid[i]))
		receipts[places[i]] = r
	}
	return receipts, nil
}

// complete fills in the defaults, so that a telling that names them and one
// that leaves them out are the same document, and puts the title on one line.
func complete(t multivac.Telling) multivac.Telling {
	t.Collection = t.Collection.OrDefault()
	t.Title = oneLine(t.Title)
	if t.MediaType == "" {
		t.MediaType = multivac.Markdown
	}
	return t
}

func check(t multivac.Telling) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return formats.All.Check(t)
}

// enqueue tells the workers. It returns no error, because the sweeper finds
// what is kept. After an error it stops: otherwise each of a thousand documents
// would wait in turn for a queue that is down.
func (s *Service) enqueue(ctx context.Context, receipts []multivac.Receipt) {
	origin := multivac.OriginOf(ctx)
	for _, r := range receipts {
		if !r.Changed {
			continue
		}
		if s.queue.Enqueue(ctx, multivac.Task{Document: r.ID, Revision: r.Revision, Origin: origin}) != nil {
			return
		}
	}
}

// settle waits until a kept document is indexed, has failed or was deleted, and
// writes that into its receipt.
func (s *Service) settle(ctx context.Context, r *multivac.Receipt) {
	c, err := s.follower.Settled(ctx, r.ID, r.Revision)
	if err != nil {
		return // ctx has ended; the receipt stays as it is
	}
	r.State = c.State
	if c.State != multivac.Failed {
		r.Position = c.Position
		return
	}
	r.Err = multivac.Errorf(multivac.ErrInvalid, "look at the document to see why", "document %s failed", r.ID)
	if d, err := s.store.Document(ctx, r.ID); err == nil && d.LastError != "" {
		r.Err = multivac.Errorf(multivac.ErrInvalid, "", "%s", d.LastError)
	}
}

// Delete implements multivac.Library. From the position of the receipt on,
// nothing is answered from the document.
func (s *Service) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return s.store.Delete(ctx, id, s.Now())
}

// Document implements multivac.Library.
func (s *Service) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	return s.store.Document(ctx, id)
}

// Original implements multivac.Library.
func (s *Service) Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error) {
	return s.store.Original(ctx, id)
}

// MaxListing is how many documents a page may have at most.
const MaxListing = 1000

// Documents implements multivac.Library.
func (s *Service) Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error) {
	if list.Collection != "" {
		if err := list.Collection.Validate(); err != nil {
			return multivac.Page{}, err
		}
	}
	switch list.State {
	case "", multivac.Pending, multivac.Indexed, multivac.Failed, multivac.Deleted:
	default:
		return multivac.Page{}, multivac.Errorf(multivac.ErrInvalid, "use pending, indexed, failed or deleted",
			"unknown state %q", multivac.Clip(string(list.State), 40))
	}
	if list.Limit < 0 || list.Limit > MaxListing {
		return multivac.Page{}, multivac.Errorf(multivac.ErrInvalid, "ask for 1 to 1000, and for the next page after that",
			"limit %d is out of range", list.Limit)
	}
	return s.store.Documents(ctx, list)
}

// Datum implements multivac.Library.
func (s *Service) Datum(ctx context.Context, collection multivac.CollectionName) (string, error) {
	collection = collection.OrDefault()
	if err := collection.Validate(); err != nil {
		return "", err
	}
	return s.store.Datum(ctx, collection)
}

// Reach implements multivac.Library.
func (s *Service) Reach(ctx context.Context, p multivac.Position) error {
	return s.follower.Reach(ctx, p)
}

// Status implements multivac.Library.
func (s *Service) Status(ctx context.Context) (multivac.Status, error) {
	status := s.follower.Status()
	var err error
	status.Pending, err = s.store.Pending(ctx)
	return status, err
}

// Told reports whether a collection has documents that are pending or indexed,
// and whether it has documents that failed. Of a collection from which nothing
// is answered, indexed documents are still to be followed, so they count as
// pending.
func (s *Service) Told(ctx context.Context, c multivac.CollectionName) (pending, failed bool, err error) {
	has := func(state multivac.State) bool {
		if err != nil {
			return false
		}
		var p multivac.Page
		p, err = s.store.Documents(ctx, multivac.Listing{Collection: c, State: state, Limit: 1})
		return len(p.Documents) > 0
	}
	if !has("") {
		return false, false, err
	}
	failed = has(multivac.Failed)
	return has(multivac.Pending) || has(multivac.Indexed), failed, err
}
