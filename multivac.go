// Package multivac holds the words and rules of MultiVAC, an answer engine.
// Callers tell it documents and ask it questions. It answers with a sentence
// quoted from a document, or says that it cannot answer. The package knows no
// database, no wire format and no clock, and imports the standard library only.
package multivac

import "context"

// Verbs are everything that can be asked of a MultiVAC, as one value. A guard,
// an audit log, a client and a server each take and return such a value. A nil
// part is missing.
type Verbs struct {
	Teller
	Asker
	Library
	Keys
	Keeper
	Calibrator
}

// Everything is an implementation of all verbs. A type that is assigned to it
// does not compile until it has each verb.
type Everything interface {
	Teller
	Asker
	Library
	Keys
	Keeper
	Calibrator
}

// VerbsOf returns verbs that e implements, all of them.
func VerbsOf(e Everything) Verbs { return Verbs{e, e, e, e, e, e} }

// Through returns the verbs of e, a decorator around v, without the parts that
// v lacks.
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
	if v.Calibrator == nil {
		all.Calibrator = nil
	}
	return all
}

// A Teller stores documents.
type Teller interface {
	// Tell stores each telling durably as a pending document and returns one
	// receipt per telling, in order. A refused telling has Err set in its
	// receipt and does not stop the others. The returned error is for a call
	// that failed as a whole. With WaitIndexed, Tell returns once every stored
	// document is indexed or failed, or ctx ends.
	Tell(ctx context.Context, tellings []Telling, wait Wait) ([]Receipt, error)
}

// An Asker answers questions.
type Asker interface {
	// Ask answers q from the passages of its collection. If no sentence is
	// likely enough to be right, it returns an Answer with State
	// InsufficientData and no error: not knowing is an answer.
	Ask(ctx context.Context, q Question) (Answer, error)
}

// A Library reads and deletes documents.
type Library interface {
	// Document returns the document with its text, or ErrNotFound. A deleted
	// document is returned in state Deleted, without its text.
	Document(ctx context.Context, id DocumentID) (Document, error)
	// Original returns what was told of the document, byte for byte, with the
	// title that it was told with. It returns ErrNotFound for an unknown
	// document, and for one of which what was told is not kept.
	Original(ctx context.Context, id DocumentID) (Telling, error)
	// Documents lists documents without their text, ordered by identifier.
	Documents(ctx context.Context, list Listing) (Page, error)
	// Delete removes the text of a document and everything made from it. It
	// returns ErrNotFound for an unknown document. Deleting again changes
	// nothing.
	Delete(ctx context.Context, id DocumentID) (Receipt, error)
	// Datum returns the text of the document of the collection that was
	// published first and is not deleted, or ErrNotFound.
	Datum(ctx context.Context, collection CollectionName) (string, error)
	// Reach waits until the index has followed the feed to p, a position from a
	// receipt or an answer. It returns ErrBehind with RetryAfter if ctx ends
	// first, and ErrInvalid if there is no such position.
	Reach(ctx context.Context, p Position) error
	// Status says how far the index has followed the store.
	Status(ctx context.Context) (Status, error)
}

// Wait says when Tell returns.
type Wait int

const (
	WaitStored  Wait = iota // the document is durable
	WaitIndexed             // the document is searchable in this process
)

// A Position is a place in the store's feed of changes. Positions of one store
// can be compared as strings. Apart from that, only the store knows their form.
type Position string

// Status says how far the index is behind the store.
type Status struct {
	Ready       bool // everything that was published before the start is indexed
	Reason      string
	Position    Position // the position in the feed that the index has reached
	Documents   int      // indexed documents
	Passages    int      // indexed passages
	Pending     int      // documents that are stored and not published yet
	Outdated    int      // published documents that wait for a refresh
	Collections []Collection
	StoreBytes  int64 // size of the store's file; 0 if it has none
	FreeBytes   int64 // unused part of StoreBytes

	Meaning       string // how much of the encoder is used for questions: off, find or read
	MeaningReason string // why Meaning is less than the setting
}

// A Collection is a named set of documents with an index of its own.
type Collection struct {
	Name      CollectionName
	Documents int
	Passages  int
	// Calibration says whether its confidence is corrected.
	Calibration CalibrationState
}

// CalibrationState says what a collection's calibration is good for.
type CalibrationState string

// The states of a calibration.
const (
	NotCalibrated       CalibrationState = ""         // there is none
	Calibrated          CalibrationState = "applied"  // it corrects the confidence
	CalibrationOutdated CalibrationState = "outdated" // it was made for another model, so it corrects nothing
)
