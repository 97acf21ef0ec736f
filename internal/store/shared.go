package store

import (
	"context"
	"time"
)

// Shared is a Store that many processes have open at the same time. It has what
// they need to know about each other. Their clocks differ by less than a second.
type Shared interface {
	Store
	// SharedKey returns the key of the fingerprints. It is the same for all
	// processes: the first call makes it.
	SharedKey(ctx context.Context) ([16]byte, error)
	// Turn takes a job for the holder until the time, where no other holder has
	// it at now. It reports whether the holder has it.
	Turn(ctx context.Context, job, holder string, now, until time.Time) (bool, error)
	// Present notes that a process is there, and returns all that were seen
	// since the time, this one too. The store may forget a process that was not
	// seen for an hour. Where two are noted at the same time, at least one of
	// them sees the other.
	Present(ctx context.Context, p Process, since time.Time) ([]Process, error)
	// Leave notes that a process has gone.
	Leave(ctx context.Context, id string) error
}

// A Process is one that has a store open.
type Process struct {
	ID      string // differs from that of all others
	Role    string
	Version string // of the program, for people
	Host    string // where it runs, for people
	Form    int    // the newest form of data that it can read
	Needs   int    // the least Form that all others must have
	Joining bool   // whether it still has to find out that it may work
	Seen    time.Time
}
