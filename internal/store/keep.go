package store

import (
	"context"
	"time"

	"multivac"
)

// Keep looks after what is stored.
type Keep interface {
	// Retry makes a failed document pending at its next revision, and a
	// pending one due at once; the receipt says whether that changed
	// anything. ErrNotFound where it was never told.
	Retry(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error)

	// Records calls fn with every document, deleted ones too, by identifier,
	// each as it was at one moment. Those that are published have their passages
	// only where passages is set.
	Records(ctx context.Context, passages bool, fn func(Record) error) error
	// Restore keeps valid records as they are, and returns how many it took:
	// those of a higher revision than the document has here. It adds to the
	// feed what they change. A published text is taken where it is of a higher
	// revision than what is published here. Leases are not restored. ErrInvalid
	// where a record is not valid, and none is kept. Where it fails otherwise,
	// none either, but a Shared store may have kept some of several.
	Restore(ctx context.Context, records []Record, now time.Time) (int, error)

	// Examine looks for what is wrong inside the store, which its other
	// methods do not show, and reports each fault. With repair it mends what
	// can be mended; a document whose text is lost it deletes, so that it can
	// be told again. What is sound it leaves alone.
	Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) error
}

// Space is what a store takes of a disk that it has for itself.
type Space struct {
	Total, Free int64 // bytes; Free ones hold nothing
	Shrinks     bool  // it gives the free ones back by and by; if not, Examine with repair does
}

// Spacious is a store that knows its Space. One that shares a database server
// with others is not.
type Spacious interface{ Space() Space }

// A Record is all that a store keeps of a document, but for a lease on it and
// for what was replaced.
type Record struct {
	multivac.Document            // with its body where it is pending or failed, its text where it is indexed
	Published         *Published // what is answered from, if anything is
	Datum             bool       // it is the datum of its collection
}

// A Published is the revision of a document that is answered from: its own
// where it is indexed, else one before.
type Published struct {
	Publication
	Revision  multivac.Revision
	Hash      multivac.ContentHash
	MediaType string
}
