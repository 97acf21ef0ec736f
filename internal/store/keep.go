package store

import (
	"context"
	"time"

	"multivac"
)

// Keep looks after what is stored.
type Keep interface {
	// Retry makes a failed document pending at its next revision, and a pending
	// one due at once. The receipt says whether that changed anything.
	// ErrNotFound where it was never told.
	Retry(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)

	// Reread makes an indexed document pending at its next revision, with what
	// was told as its body, and the same hash. What is published stays so until
	// its successor is. A failed document is pending again as by Retry, and a
	// pending one stays as it is: the receipt says so. ErrNotFound where it was
	// never told, or what was told is not kept.
	Reread(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)

	// Records calls fn with every document, deleted ones too, in the order of
	// their identifiers, each as it was at one moment, with the parts asked for.
	Records(ctx context.Context, parts Parts, fn func(Record) error) error
	// Restore keeps records that have a higher revision than their document has
	// here, and returns how many these are. It adds to the feed what changes. It
	// takes a published text that is of a higher revision than what is
	// published here. It restores no leases. A document with Datum set becomes
	// its collection's datum. ErrInvalid where a record is not valid; then it
	// keeps none. Where it fails otherwise it keeps none either, but a Shared
	// store may have kept some of several.
	Restore(ctx context.Context, records []Record, now time.Time) (int, error)

	// Examine looks for faults inside the store, which its other methods do not
	// show, and reports each. With repair it repairs those that can be repaired.
	// It deletes a document whose text is lost, so that it can be told again. It
	// changes nothing that is sound.
	Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) error
}

// Parts are what Records reads of what is published only where it is asked for.
type Parts struct {
	Passages  bool // passages and vectors
	Originals bool // what was told, where it is kept next to the text
}

// Space is what a store takes on a disk.
type Space struct {
	Total, Free int64 // bytes; the free ones hold nothing
	Shrinks     bool  // whether it gives free ones back by itself; else Examine with repair does
}

// Spacious is a store that knows its Space. A store on a database server does
// not.
type Spacious interface{ Space() Space }

// A Record is all that a store keeps of a document, except for its lease and for
// replaced revisions. Of its Document, Original is not restored: it follows from
// the rest.
type Record struct {
	multivac.Document            // with its body where it is pending or failed, with its text where it is indexed
	Published         *Published // nil where nothing is published
	Datum             bool       // it is the datum of its collection
}

// A Published is the published revision of a document: its own revision where the
// document is indexed, else an earlier one.
type Published struct {
	Publication
	Revision  multivac.Revision
	Hash      multivac.ContentHash
	MediaType string
	Original  []byte // what was told, where it is kept next to the text and was asked for
}
