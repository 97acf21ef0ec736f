package multivac

import (
	"context"
	"io"
)

// A Keeper maintains the stored documents: it copies them, retries failed ones,
// has others read again and repairs what is broken.
type Keeper interface {
	// Retry makes a failed document pending again, at its next revision. A
	// document that waits for its next attempt is worked on at once. Any other
	// document stays as it is, and the receipt says so. It returns ErrNotFound
	// for a document that was never told.
	Retry(ctx context.Context, id DocumentID) (Receipt, error)
	// Reread makes a document pending at its next revision, with what was told
	// as its body, so that the reader of today reads it. What is published stays
	// so until then. A document that is pending already stays as it is, and the
	// receipt says so. It returns ErrNotFound for a document that was never
	// told, and for one of which what was told is not kept.
	Reread(ctx context.Context, id DocumentID) (Receipt, error)
	// Export writes all documents to w, as JSON Lines that Import reads. Each
	// document is written as it was at one moment during the export. With
	// originals, it also writes what was told, where that is kept next to a text.
	Export(ctx context.Context, w io.Writer, originals bool) error
	// Import stores what Export wrote. It refuses with ErrInvalid if there are
	// documents already, unless merge is set. With merge, the higher revision
	// of a document stays, even if it is deleted; of equal revisions the stored
	// one stays. Lines that cannot be read are returned in Imported, and the
	// other lines are imported. An error means that the import stopped;
	// documents imported before it are kept.
	Import(ctx context.Context, r io.Reader, merge bool) (Imported, error)
	// Examine checks the invariants of everything that is stored. With repair
	// it repairs what can be repaired.
	Examine(ctx context.Context, repair bool) (Examination, error)
}

// Imported is the result of an import.
type Imported struct {
	Documents int // imported documents
	Unchanged int // documents whose stored revision is the same or newer
	Broken    int // lines that could not be read
	// Lines names the first broken lines, at most MaxBrokenLines.
	Lines []BrokenLine
}

// MaxBrokenLines is how many broken lines an import names.
const MaxBrokenLines = 100

// A BrokenLine is a line of an import that could not be read.
type BrokenLine struct {
	Line int // from 1
	Err  error
}

// Examination is the result of Examine.
type Examination struct {
	Documents int // examined documents, including deleted ones
	Passages  int
	Faults    []Fault // at most MaxFaults
	More      int     // how many more faults there are
	// Notices are about things that are not broken but worth knowing, such as a
	// setting that waits for a restart.
	Notices []string
}

// Sound reports whether nothing is broken any more.
func (e Examination) Sound() bool {
	for _, f := range e.Faults {
		if f.Repair == "" {
			return false
		}
	}
	return e.More == 0
}

// MaxFaults is how many faults an examination names.
const MaxFaults = 1000

// A Fault is a broken invariant.
type Fault struct {
	Document DocumentID // empty if the fault is of no document
	Problem  string     // what is wrong
	Repair   string     // what was repaired; empty if nothing was
}
