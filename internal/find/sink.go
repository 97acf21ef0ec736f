package find

import (
	"context"
	"iter"

	"multivac"
	"multivac/internal/store"
)

// A Sink takes in published documents, so that they are found. Only one
// goroutine at a time calls Apply or Replace. Many may call the other methods.
// An error is ErrUnavailable if a retry may help.
type Sink interface {
	// Apply takes in a run of changes that ends at a position. It takes in all
	// of it, in one step for each collection. Changes that come twice, late or
	// after a newer one make no difference. After an error the caller goes on
	// from Position.
	Apply(ctx context.Context, changes []store.Change, at multivac.Position) error
	// Replace replaces everything by all that is published, and shows it in one
	// step once it is complete. The runs come from a scan that began at the
	// position. An error in them ends Replace, which returns it.
	Replace(ctx context.Context, at multivac.Position, runs iter.Seq2[[]store.Change, error]) error
	// Position is the position up to which changes were taken in. If it is
	// empty, nothing was, and Replace comes first.
	Position() multivac.Position
	// Revision returns the revision of a document that is found, or false for
	// none.
	Revision(multivac.DocumentID) (multivac.Revision, bool)
	// Collections returns the collections that are found, by name.
	Collections() []multivac.Collection
}
