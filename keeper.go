package multivac

import (
	"context"
	"io"
)

// A Keeper looks after what has been told: its copies, what is stuck and what
// is broken.
type Keeper interface {
	// Retry has a failed document worked on again, at its next revision, and
	// one that waits for its next attempt at once. Any other stays as it is,
	// and the receipt says so. ErrNotFound where it was never told.
	Retry(ctx context.Context, id DocumentID) (Receipt, error)
	// Export writes all that is kept to w, as lines of JSON that Import reads.
	// Each document is as it was at one moment of the export.
	Export(ctx context.Context, w io.Writer) error
	// Import keeps what Export wrote. Where something was told before, it
	// refuses with ErrInvalid, unless merge is set: then, of two that are the
	// same document, the one of the higher revision stays, be it deleted; of
	// equal ones that which was there. A line that cannot be read is named in
	// what it returns and stops none of the others; an error is for what broke
	// off, and what was imported before it is kept.
	Import(ctx context.Context, r io.Reader, merge bool) (Imported, error)
	// Examine holds what is kept against what must be true of it at any time.
	// With repair it mends what can be mended.
	Examine(ctx context.Context, repair bool) (Examination, error)
}

// Imported says what became of an import.
type Imported struct {
	Documents int // imported
	Unchanged int // as new or newer here
	Broken    int // lines that could not be read
	// Lines are the first broken ones, MaxBrokenLines at most.
	Lines []BrokenLine
}

// MaxBrokenLines is how many broken lines are named.
const MaxBrokenLines = 100

// A BrokenLine is a line of an import that could not be read.
type BrokenLine struct {
	Line int // from 1
	Err  error
}

// An Examination says what was looked at and what was found.
type Examination struct {
	Documents int // deleted ones too
	Passages  int
	Faults    []Fault // MaxFaults at most
	More      int     // faults found beyond those
	// Notices are of what is not broken and worth knowing, such as a setting
	// that waits for a restart.
	Notices []string
}

// Sound says that nothing is broken any more.
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

// A Fault is something that must not be.
type Fault struct {
	Document DocumentID // empty where it is none's
	Problem  string     // what is wrong
	Repair   string     // what was done about it; empty where nothing was
}
