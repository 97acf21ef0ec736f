package extract

import (
	"fmt"

	"multivac"
)

// Limits are what may be used for one file, and for each document in it, and read of
// it. Its time ends with the context.
type Limits struct {
	Bytes    int64 // of text of a document
	Depth    int   // how deep lists, tables and the like may be nested; what is deeper is read as if it were not nested
	Unpacked int64 // bytes that may unpack of a document or archive that is packed, with all that is within it
	Ratio    int   // how many times its own size may unpack of an archive, once that is over 16 MiB
	Within   int   // how many files deep a file may be within others
	Members  int   // files and folders in an archive
	Pages    int   // of a PDF
	Cells    int   // with content, in a workbook or in the tables of a text
	Hidden   bool  // hidden sheets, rows and columns are read, too; a hidden sheet says so in its heading
}

// Default are the limits where no setting says otherwise. Formats that unpack
// nothing do not reach most of them with what may be told.
var Default = Limits{
	Bytes: 8 * multivac.MaxBody, Depth: 32, Unpacked: 16 * multivac.MaxBody, Ratio: 200, Within: 8, Members: 50_000,
	Pages: 5000, Cells: 2_000_000,
}

// A Bound is the name of the setting that gives a limit.
type Bound string

// The bounds of Limits.
const (
	MaxText     Bound = "extract.max-text"
	MaxUnpacked Bound = "extract.max-unpacked"
	MaxRatio    Bound = "extract.max-ratio"
	MaxDepth    Bound = "extract.max-depth"
	MaxMembers  Bound = "extract.max-members"
	MaxPages    Bound = "extract.max-pages"
	MaxCells    Bound = "extract.max-cells"
	MaxTime     Bound = "extract.max-time"
)

// Exceeded returns an ErrTooLarge that says what to do, and which setting raises
// the bound.
func (b Bound) Exceeded(remedy, format string, args ...any) error {
	return multivac.Errorf(multivac.ErrTooLarge, remedy+", or raise the setting "+string(b), format, args...)
}

// ErrSpent is the kind of ErrTooLarge after which nothing more is read of a file
// and of those that it is within.
var ErrSpent = fmt.Errorf("%w: no more is read", multivac.ErrTooLarge)

// Unpacking returns a function that counts the bytes that unpack of a file and of
// those within it, and returns an ErrSpent from the first one on that is too many.
func (l Limits) Unpacking(name string) func(bytes int) error {
	unpacked := int64(0)
	return func(bytes int) error {
		if unpacked += int64(bytes); unpacked > l.Unpacked {
			return Spent(MaxUnpacked.Exceeded("unpack it and tell the folder", "over %d bytes unpack of %s", l.Unpacked, name))
		}
		return nil
	}
}

// Spent returns err, which is an ErrSpent, too.
func Spent(err error) error { return spent{err} }

type spent struct{ error }

// Unwrap returns the error, and that it is an ErrSpent.
func (s spent) Unwrap() []error { return []error{s.error, ErrSpent} }

// TooSlow returns the error of a document whose time is over. It is the cause with
// which a context ends that bounds it.
func TooSlow(limit fmt.Stringer) error {
	return MaxTime.Exceeded("split it, or save it in another format", "its text could not be read within %s", limit)
}
