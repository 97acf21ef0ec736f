// Package multivac holds the words and rules of MultiVAC, an answer engine
// that is told documents and answers questions with sentences quoted from
// them, or says that it cannot. It knows no database, no wire format and no
// clock, and uses the standard library only.
package multivac

import "context"

// Verbs are all that can be asked of a MultiVAC. They travel together: what
// stands around them (a guard, an audit log, a client, a server) takes and
// returns them as one value. A part that is nil is not there.
type Verbs struct {
	Teller
	Asker
	Library
	Keys
	Keeper
}

// Everything is an implementation of all verbs. What claims to be one does not
// compile until it has each verb.
type Everything interface {
	Teller
	Asker
	Library
	Keys
	Keeper
}

// VerbsOf returns verbs that are all done by e.
func VerbsOf(e Everything) Verbs { return Verbs{e, e, e, e, e} }

// Through returns verbs that are done by e, without the parts that v has not: e
// is a decorator around v.
func (v Verbs) Through(e Everything) Verbs {
	all := VerbsOf(e)
	if v.Teller == nil {
		all.Teller = nil
	}
	if v.Asker == nil {
		all.Asker = nil
	}
	if v.Library == nil {
		all.Library = nil
	}
	if v.Keys == nil {
		all.Keys = nil
	}
	if v.Keeper == nil {
		all.Keeper = nil
	}
	return all
}

// A Teller keeps what it is told.
type Teller interface {
	// Tell keeps each telling durably as a pending document and returns one
	// receipt per telling, in order. A telling that is refused has Err set in
	// its receipt and does not stop the others; the error is for a call that
	// failed as a whole. With WaitIndexed it returns once every kept document
	// is answered from, or has failed, or ctx ends.
	Tell(ctx context.Context, tellings []Telling, wait Wait) ([]Receipt, error)
}

// An Asker answers questions.
type Asker interface {
	// Ask answers q from the passages of its collection. It returns an Answer
	// whose State is InsufficientData, and no error, when nothing told is
	// close enough to be worth quoting: not knowing is an answer.
	Ask(ctx context.Context, q Question) (Answer, error)
}

// A Library knows what has been told.
type Library interface {
	// Document returns the document with its text, or ErrNotFound. A deleted
	// document is found, in state Deleted and without text.
	Document(ctx context.Context, id DocumentID) (Document, error)
	// Documents lists documents without their text, by identifier.
	Documents(ctx context.Context, list Listing) (Page, error)
	// Delete forgets the text of a document and everything made of it, and
	// returns ErrNotFound where there is none. Deleting twice changes nothing.
	Delete(ctx context.Context, id DocumentID) (Receipt, error)
	// Datum returns the text of the first document that was processed in the
	// collection and still stands, or ErrNotFound.
	Datum(ctx context.Context, collection CollectionName) (string, error)
	// Reach waits until answers come from p, which a receipt or an answer
	// gave, or from later on. Where ctx ends first, it returns ErrBehind with
	// RetryAfter; where there is no such position, ErrInvalid.
	Reach(ctx context.Context, p Position) error
	// Status says how far the index is.
	Status(ctx context.Context) (Status, error)
}

// Wait says what a Tell waits for before it returns.
type Wait int

const (
	WaitStored  Wait = iota // the document is durable
	WaitIndexed             // the document is answered from, here
)

// A Position is a place in the store's feed of changes. Positions of one store
// compare as strings; beyond that their form is the store's own.
type Position string

// Status is how far the index is behind the store.
type Status struct {
	Ready       bool // answers come from all that was published at the start
	Reason      string
	Position    Position // what answers come from
	Documents   int      // indexed documents
	Passages    int      // indexed passages
	Pending     int      // documents kept, not yet answered from
	Outdated    int      // documents answered from that are still to be cut anew, or to be enriched
	Collections []Collection
	StoreBytes  int64 // that the store's file takes; 0 where it has none of its own
	FreeBytes   int64 // of them, that hold nothing

	Meaning       string // how far questions are understood beyond their words: off, find or read
	MeaningReason string // why that is less than the settings say
}

// A Collection is a named set of documents that is searched as a whole.
type Collection struct {
	Name      CollectionName
	Documents int
	Passages  int
}
