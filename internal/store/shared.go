package store

import (
	"context"
	"time"
)

// Shared is a Store that many processes have open at the same time. Here is
// what they have to know of one another. Their clocks agree to a second.
type Shared interface {
	Store
	// SharedKey returns the key of the fingerprints: the same to all, made by
	// whoever asks first.
	SharedKey(ctx context.Context) ([16]byte, error)
	// Turn takes a job for the holder until the time, or keeps it for whoever
	// has it, and reports whether the holder has it now. A job that no other
	// holder has at now is free.
	Turn(ctx context.Context, job, holder string, now, until time.Time) (bool, error)
	// Present notes that a process is there, and returns all that were seen
	// since the time, itself among them. A process that was not seen for an
	// hour may be forgotten. Of two that are noted at the same time, one sees
	// the other at least.
	Present(ctx context.Context, p Process, since time.Time) ([]Process, error)
	// Leave notes that a process has gone.
	Leave(ctx context.Context, id string) error
}

// A Process is one of those that have a store open.
type Process struct {
	ID      string // its own
	Role    string
	Version string // of the program, for people
	Host    string // where it runs, for people
	Form    int    // the newest form of what it can read
	Needs   int    // the least Form that others must have beside it
	Joining bool   // it looks whether it may be there
	Seen    time.Time
}
