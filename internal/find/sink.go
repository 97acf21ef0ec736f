package find

import (
	"context"
	"iter"

	"multivac"
	"multivac/internal/store"
)

// A Sink takes in what is published, so that it is found. One goroutine at a
// time calls Apply and Replace; the other methods may be called by many. An
// error is ErrUnavailable where a retry may help.
type Sink interface {
	// Apply takes in a run of changes, which ends at a position: all of it, in
	// one step for each collection. Changes that are doubled, late or overtaken
	// make no difference. After an error the caller goes on from Position.
	Apply(ctx context.Context, changes []store.Change, at multivac.Position) error
	// Replace puts all that is published in the place of what is there, and
	// shows it in one step once it is complete. The runs are those of a scan that
	// was begun at the position; an error in them ends it and is returned.
	Replace(ctx context.Context, at multivac.Position, runs iter.Seq2[[]store.Change, error]) error
	// Position is how far changes were taken in. It is empty where nothing was:
	// then Replace comes first.
	Position() multivac.Position
	// Revision returns which revision of a document is found; false where none.
	Revision(multivac.DocumentID) (multivac.Revision, bool)
	// Collections returns what is found, by name.
	Collections() []multivac.Collection
}
