// Package store is the contract of the place where everything that was told
// is kept: documents, their passages, the work not done yet, and the feed of
// changes. All else is rebuilt from it. The suite in storetest proves an
// implementation; the package itself stores nothing.
package store

import (
	"context"
	"time"

	"multivac"
)

// Store keeps documents. Its methods may be called by many goroutines, and by
// many processes where the implementation serves many. What a method returns
// without an error is durable. Errors are of multivac's kinds, or the context's
// where it has ended first; ErrUnavailable where a retry may help, and after
// Close. Times are kept to the millisecond at least.
type Store interface {
	// Put keeps valid tellings as pending documents, each with the next
	// revision of its document, and returns a receipt for each: all, or none
	// where one is not valid. Where it fails otherwise, none either, but a
	// Shared store may have kept some of several.
	// Where the same hash is pending or indexed, nothing changes and the
	// receipt says so; where it has failed, it is pending again, at its next
	// revision like any other.
	// What was published before stays published until its successor is.
	Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error)

	// Delete marks the document deleted at its next revision, drops its title,
	// body, text, hash and passages, those of replaced revisions too, moves the
	// collection's datum on and adds to the feed. That the hash is nowhere any
	// more is what makes far answers that quote the document unreadable.
	// ErrNotFound where it was never told; unchanged where it is deleted.
	Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)

	// Document returns a document, or ErrNotFound: with its text where it is
	// indexed, with its body where it is pending or failed.
	Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error)
	// Documents lists documents by identifier.
	Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error)
	// Pending counts the documents in state Pending.
	Pending(ctx context.Context) (int, error)
	// Datum returns the text of the collection's first published document
	// that still stands, or ErrNotFound. Set once, by the first Publish in
	// the collection; a deletion moves it to the next by told time.
	Datum(ctx context.Context, collection multivac.CollectionName) (string, error)

	// Due returns up to limit pending documents that no lease holds at now,
	// the oldest telling first.
	Due(ctx context.Context, now time.Time, limit int) ([]multivac.Task, error)
	// Lease gives the caller the document until the lease ends, counts the
	// attempt, and returns the document with its body and with the step that
	// the attempt before was at. ErrSuperseded where the document is no longer
	// pending at that revision, is leased, or is not due before a later retry.
	// Task.Attempt of the returned task names the lease. A lease is lost once
	// it was given back or another was taken: that it has ended is not enough.
	Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error)
	// Step notes what the worker is about to do, and extends the lease.
	// ErrSuperseded where the lease is lost.
	Step(ctx context.Context, task multivac.Task, step string, until time.Time) error
	// Publish makes what the worker made of the document the published one,
	// in one step, and adds to the feed; ErrSuperseded where the document is
	// no longer pending at task's revision, and nothing is left behind. A lost
	// lease does not matter: the work is done. The body is dropped.
	// ErrInvalid where a passage is not valid for the text.
	Publish(ctx context.Context, task multivac.Task, p Publication, now time.Time) (multivac.Position, error)
	// Fail ends an attempt with the error. Final makes the document failed
	// and adds to the feed; otherwise it is pending and due again at retry.
	// A document that fails stays published in its earlier revision, if it had
	// one. ErrSuperseded where the lease is lost.
	Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error
	// Release gives a lease back without having tried: the attempt is not
	// counted. ErrSuperseded where the lease is lost.
	Release(ctx context.Context, task multivac.Task) error

	// Excerpts returns passages with their documents, in the order asked for.
	// One that is gone has its number, document and revision only; none has
	// vectors. Passages and texts of a replaced revision stay until Purge.
	Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error)
	// Quote returns the bytes [span.Start, span.End) of the published text of
	// that revision, or ErrNotFound.
	Quote(ctx context.Context, id multivac.DocumentID, revision multivac.Revision, span multivac.Span) (string, error)
	// Purge removes passages and texts that were replaced before the time.
	Purge(ctx context.Context, before time.Time) error

	// Position returns the end of the feed, that of its last entry, or the
	// empty one. It costs next to nothing.
	Position(ctx context.Context) (multivac.Position, error)
	// Scan calls fn with every published document and its passages. Changes
	// made meanwhile may or may not be in it: take the Position before.
	Scan(ctx context.Context, fn func(Change) error) error
	// Follow calls fn with the changes after a position, in order and without
	// gaps, as they come, until ctx ends or fn fails, and returns that
	// error. An entry that a later one makes void may be left out. The empty
	// position is the beginning. ErrTooOld where the feed no longer reaches
	// back, or never was at after: rebuild.
	Follow(ctx context.Context, after multivac.Position, fn func(Change) error) error

	// PutKey keeps a key. ErrInvalid where there is one of its ID.
	PutKey(ctx context.Context, key multivac.Key) error
	// Keys returns all keys, revoked ones too, the oldest first.
	Keys(ctx context.Context) ([]multivac.Key, error)
	// RevokeKey ends a key and returns it, or ErrNotFound. One that was revoked
	// before stays as it is.
	RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error)
	// TouchKeys notes when keys were used, where that is later than what was
	// noted before. Keys that are not there are left out.
	TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) error

	Keep

	Close() error
}

// A Publication is what a worker made of a document.
type Publication struct {
	Title     string // the document's where the telling named none
	Text      string
	IsBody    bool               // Text is the document's body, byte for byte: it need not be stored again
	Segmenter int                // the Version of what made the passages
	Passages  []multivac.Passage // each valid for Text, numbered from 0; all that have sentences have vectors, or none has
}

// A Change is an entry of the feed: what is published of a document now, which
// may be newer than what was published at Position. Where State is Failed it
// says only that this revision will not be published; what was published
// before stays. Deleted and Failed have no passages.
type Change struct {
	Position   multivac.Position // empty in a Scan
	Collection multivac.CollectionName
	Document   multivac.DocumentID
	Revision   multivac.Revision
	Hash       multivac.ContentHash
	Source     string
	Title      string
	State      multivac.State // Indexed, Failed or Deleted
	Segmenter  int            // the Version of what made the passages: 0 where there are none
	Passages   []multivac.Passage
}
