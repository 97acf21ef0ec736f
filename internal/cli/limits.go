package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"multivac/internal/app"
	"multivac/internal/config"
	"multivac/internal/extract"
)

// limits are those of files, and of each document in them.
type limits struct {
	extract.Limits
	time time.Duration // to read the text of a document
}

// limitsOf returns the limits that settings give.
func limitsOf(s config.Settings) limits {
	x := s.Extract
	return limits{time: x.MaxTime, Limits: extract.Limits{
		Bytes: x.MaxText, Depth: extract.Default.Depth, Unpacked: x.MaxUnpacked, Ratio: x.MaxRatio, Within: x.MaxDepth,
		Members: x.MaxMembers, Pages: x.MaxPages, Cells: x.MaxCells, Hidden: x.Hidden,
	}}
}

// on returns s with these limits, and with what reads PDF files within them.
func (l limits) on(s app.Settings) app.Settings {
	s.PDF, s.Limits, s.ExtractTimeout = pdfReader(l.time), l.Limits, l.time
	return s
}

// timed returns a context that ends when the time of a document is over.
func (l limits) timed(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.time, extract.TooSlow(l.time))
}

// localLimits returns the limits that files and variables of this machine give.
// It ignores mistakes in settings of other sections, which the command does not
// need.
func localLimits() (limits, error) {
	loaded, err := config.Load(config.Here(nil))
	var problems config.Problems
	if errors.As(err, &problems) {
		own := slices.DeleteFunc(slices.Clone(problems), func(p config.Problem) bool { return !strings.HasPrefix(p.Key, "extract.") })
		if len(own) > 0 {
			return limits{}, usageError{own}
		}
	}
	return limitsOf(loaded.Settings), nil
}
