package app

import (
	"context"
	"time"
)

// placeInterval is the time between two looks whether the data folder is where
// it was.
const placeInterval = time.Second

// A placed store is one in a folder, which may be taken away under it.
type placed interface {
	// InPlace returns an error with its remedy where it was.
	InPlace() error
}

// inPlace returns nil for a store that is not in a folder.
func (a *App) inPlace() error {
	if p, ok := a.store.(placed); ok {
		return p.InPlace()
	}
	return nil
}

// watchPlace says when the data folder was taken away, and when it is there
// again, until ctx ends. It returns an error where it is away at the end: what
// was kept may be lost then.
func (a *App) watchPlace(ctx context.Context) error {
	tick := time.NewTicker(placeInterval)
	defer tick.Stop()
	for said := ""; ; {
		err := a.inPlace()
		switch {
		case err == nil && said != "":
			a.log().Info("the data folder is there again")
			said = ""
		case err != nil && err.Error() != said:
			said = err.Error()
			a.log().Error("nothing can be told or changed", "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
