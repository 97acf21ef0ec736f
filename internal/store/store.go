// Package store is the contract of the place that keeps everything that was
// told: documents, their passages, the work that is not done yet, and the feed
// of changes. Everything else is rebuilt from it. The suite in storetest proves
// an implementation. This package itself stores nothing.
//
// The contract has several small parts. A caller asks for the part that it
// needs.
package store

import (
	"context"
	"time"

	"multivac"
)

// Store is all parts of the contract.
//
// Many goroutines may call its methods, and many processes where the
// implementation serves many. What a method returns without an error is
// durable. Errors are of multivac's kinds, or the context's error where the
// context ended first. ErrUnavailable means that a retry may help; it is also
// the error after Close. Times are kept to the millisecond at least.
type Store interface {
	Documents
	Work
	Publisher
	Texts
	Feed
	Keys
	Calibrations
	Keep

	Close() error
}

// Documents keeps what was told.
type Documents interface {
	// Put keeps valid tellings as pending documents, each with the next
	// revision of its document, and returns a receipt for each. It keeps all of
	// them, or none where one is not valid. Where it fails otherwise it keeps
	// none either, but a Shared store may have kept some of several.
	// Where the same hash is pending or indexed, nothing changes and the
	// receipt says so, unless the telling is to be kept and what is indexed is
	// not: then it is pending at its next revision. Where it has failed, it is pending again, at its next
	// revision like any other.
	// What was published before stays published until its successor is.
	Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error)

	// Delete marks the document deleted at its next revision and adds to the
	// feed. It drops the document's title, body, text, original, hash and
	// passages, also those of replaced revisions. A hash that is nowhere any more makes cached
	// answers that quote the document unreadable.
	// ErrNotFound where it was never told; unchanged where it is deleted.
	Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)

	// Document returns a document, or ErrNotFound: with its text and places
	// where it is indexed, with its body where it is pending or failed. Its
	// Original is set where there is something that Original returns.
	Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error)
	// Original returns what was told of the document at its revision, with the
	// title that it was told with: the body where it is pending or failed, and
	// what was kept of it where it is indexed. ErrNotFound where it was never
	// told, or what was told is not kept.
	Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error)
	// Documents lists documents by identifier.
	Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error)
	// Pending counts the documents in state Pending.
	Pending(ctx context.Context) (int, error)
	// Datum returns the published text of the collection's datum, or
	// ErrNotFound where nothing in the collection is published. The datum is
	// the published document whose first publication came first. A document
	// that is deleted and told again is published for the first time again.
	Datum(ctx context.Context, collection multivac.CollectionName) (string, error)
}

// Work gives each task to one worker at a time.
//
// A task of the kind multivac.ReadDocument is made by Put, and ended by Publish
// or by a final Fail. Tasks of another kind are made by AddTask, and ended by
// EndTask or by a final Fail. The store keeps of such a task how far it is, and
// nothing else about its subject. Both kinds are leased by the same rules.
type Work interface {
	// AddTask keeps a task of another kind than multivac.ReadDocument, due at
	// once. Where the subject has a task of that revision or of a later one,
	// nothing changes. A task of an earlier revision is replaced. ErrInvalid
	// where the task is of the kind multivac.ReadDocument.
	AddTask(ctx context.Context, task multivac.Task, now time.Time) error
	// Due returns up to limit tasks of a kind that are due and that no lease
	// holds at now. The oldest comes first.
	Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error)
	// Lease gives the caller the task until the lease ends, and counts the
	// attempt. Task.Attempt of the returned task names the lease.
	// It returns the document with its body, and with the step that the attempt
	// before was at. Of another kind of task, the Document has only Revision,
	// State, Step, Attempts, LastError, Told and Changed.
	// ErrSuperseded where the task is no longer pending at that revision, is
	// leased, or is not due before a later retry.
	// A lease is lost once it was given back or another was taken: that it has
	// ended is not enough.
	Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error)
	// Step notes what the worker is about to do, and extends the lease.
	// ErrSuperseded where the lease is lost.
	Step(ctx context.Context, task multivac.Task, step string, until time.Time) error
	// Fail ends an attempt with the error. Where it is not final, the task is
	// pending and due again at retry. Where it is final, a document is failed,
	// which adds to the feed, and a task of another kind is not due any more.
	// A document that fails stays published in its earlier revision, if it had
	// one. ErrSuperseded where the lease is lost.
	Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error
	// Release gives a lease back without having tried: the attempt is not
	// counted. ErrSuperseded where the lease is lost.
	Release(ctx context.Context, task multivac.Task) error
	// EndTask ends a task of another kind than multivac.ReadDocument and
	// forgets it. A lost lease does not matter: the work is done.
	// ErrSuperseded where the subject has no task of that revision.
	EndTask(ctx context.Context, task multivac.Task) error
}

// Publisher keeps what workers make of documents.
type Publisher interface {
	// Publish makes p the published state of the document, in one step, and
	// adds to the feed. It drops the body, unless p says that it is the text or
	// is kept, or the same was kept of what is published before: what is read
	// again stays kept. A lost lease does not matter: the work is done.
	// ErrSuperseded where the document is no longer pending at task's revision,
	// and nothing is left behind. ErrInvalid where p is not valid.
	Publish(ctx context.Context, task multivac.Task, p Publication, now time.Time) (multivac.Position, error)

	// Outdated returns up to limit published documents of a Version before v.
	Outdated(ctx context.Context, v Version, limit int) ([]multivac.Task, error)
	// CountOutdated returns how many there are. Its time grows with that
	// number, and is close to nothing where there are none.
	CountOutdated(ctx context.Context, v Version) (int, error)

	// Published returns what is published of task's revision, without vectors.
	// ErrSuperseded where another revision is published, or none.
	Published(ctx context.Context, task multivac.Task) (Publication, error)
	// Replace puts other passages, with their vectors, in the place of those
	// that are published, in one step, and adds to the feed. Title, text, places
	// and original of the document stay as they are, and p.Text is the same text.
	// ErrSuperseded where another revision than task's is published by then.
	// ErrInvalid where p is not valid, or its text is another.
	Replace(ctx context.Context, task multivac.Task, p Publication) error
	// Attach gives the published passages their vectors, in place of those that
	// they may have, and adds to the feed. No vectors at all means that none
	// can be made: the document counts as of that Version.
	// ErrSuperseded where another revision than task's is published by then, or
	// passages of another Segmenter. ErrInvalid where there is not one vector
	// for each sentence.
	Attach(ctx context.Context, task multivac.Task, v Version, vectors []byte) error
}

// Texts reads what is published, to quote it.
type Texts interface {
	// Excerpts returns passages with their documents, in the order asked for.
	// One that is gone has its number, document and revision only. Passages and
	// texts of a replaced revision stay until Purge.
	Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error)
	// Quotes returns the bytes that quotes name, in the order asked for. Text
	// that is not there is empty: no quote is.
	Quotes(ctx context.Context, quotes []Quote) ([]string, error)
	// Purge removes passages, texts and originals that were replaced before the
	// time.
	Purge(ctx context.Context, before time.Time) error
}

// Feed tells what is published, and how that changes.
type Feed interface {
	// Position returns the end of the feed: the position of its last entry, or
	// the empty one. It costs next to nothing.
	Position(ctx context.Context) (multivac.Position, error)
	// Scan calls fn with every published document and its passages. Changes
	// that are made during the scan may be in it or not, so take the Position
	// before it.
	Scan(ctx context.Context, fn func(Change) error) error
	// Follow calls fn with the changes after a position, in order and without
	// gaps, as they come. It goes on until ctx ends or fn fails, and returns
	// that error. It may leave out an entry that a later one makes void. The
	// empty position is the beginning. ErrTooOld where the feed no longer
	// reaches back, or was never at after: scan again.
	Follow(ctx context.Context, after multivac.Position, fn func(Change) error) error
}

// Keys keeps the keys of callers.
type Keys interface {
	// PutKey keeps a key. ErrInvalid where there is one with its ID.
	PutKey(ctx context.Context, key multivac.Key) error
	// Keys returns all keys, revoked ones too, the oldest first.
	Keys(ctx context.Context) ([]multivac.Key, error)
	// RevokeKey ends a key and returns it, or ErrNotFound. A key that was
	// revoked before stays as it is.
	RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error)
	// TouchKeys notes when keys were used, where that is later than what was
	// noted before. It leaves out keys that are not there.
	TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) error
}

// Calibrations keeps what corrects the confidence of collections. A calibration
// belongs to the name of a collection, whether there are documents in it or not.
type Calibrations interface {
	// PutCalibration keeps the calibration of its collection, in place of the
	// one before. Outdated is not kept.
	PutCalibration(ctx context.Context, c multivac.Calibration) error
	// Calibrations returns all calibrations, by collection.
	Calibrations(ctx context.Context) ([]multivac.Calibration, error)
	// RemoveCalibration removes the calibration of a collection. It reports
	// whether there was one.
	RemoveCalibration(ctx context.Context, collection multivac.CollectionName) (bool, error)
}
