package store

import (
	"context"
	"time"
)

// inPlaceInterval is the time between two looks whether a folder is where it
// was.
const inPlaceInterval = time.Second

// Movable is a store in a folder, which may be taken away while it is open.
type Movable interface {
	// InPlace returns an error with its remedy where the folder is not where it
	// was.
	InPlace() error
}

// WatchPlace looks every second whether the folder of a store is where it was,
// until ctx ends. It calls changed with the error when the folder was taken
// away, or is wrong in another way than before, and with nil when it is back.
// It returns an error where the folder is away at the end: what was kept may be
// lost then.
func WatchPlace(ctx context.Context, s Movable, changed func(error)) error {
	tick := time.NewTicker(inPlaceInterval)
	defer tick.Stop()
	for last := ""; ; {
		err := s.InPlace()
		now := ""
		if err != nil {
			now = err.Error()
		}
		if now != last {
			changed(err)
			last = now
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
