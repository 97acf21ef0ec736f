package app

import (
	"context"
	"time"

	"multivac"
	"multivac/internal/store"
)

// statusTimeout is how long the status waits for the store.
const statusTimeout = 2 * time.Second

// A library adds the parts of the Status that only the whole process knows.
type library struct {
	multivac.Library
	app *App
}

func (l library) Status(ctx context.Context) (multivac.Status, error) {
	asking, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	st, err := l.Library.Status(asking)
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		err = multivac.Errorf(multivac.ErrUnavailable, "see whether it runs and can be reached", "the store does not answer")
	}
	l.app.complete(&st)
	return st, err
}

// complete adds the calibrations, the outdated documents, the disk, the meaning
// in use, and the reason why this process is not ready although the store and
// the index are.
func (a *App) complete(st *multivac.Status) {
	st.Outdated = a.refresher.Left()
	if of, ok := a.store.(store.Spacious); ok {
		is := of.Space()
		st.StoreBytes, st.FreeBytes = is.Total, is.Free
	}
	st.Meaning, st.MeaningReason = string(a.meaning), a.unfit
	for i := range st.Collections {
		st.Collections[i].Calibration = a.web.fitter.State(st.Collections[i].Name)
	}
	unready := func(reason string) { st.Ready, st.Reason = false, reason }
	if reason := a.health.Reason(); reason != "" && a.role == Worker {
		unready(reason)
	}
	if db, ok := a.store.(store.Movable); ok {
		if err := db.InPlace(); err != nil {
			unready(err.Error())
		}
	}
	if a.stopping.Load() {
		unready("stopping")
	}
}

// A workerLibrary knows the status of a process without an index.
type workerLibrary struct {
	multivac.Library // nil
	store            interface {
		Pending(context.Context) (int, error)
	}
}

func (w workerLibrary) Status(ctx context.Context) (st multivac.Status, err error) {
	st.Pending, err = w.store.Pending(ctx)
	st.Ready = err == nil
	return st, err
}
