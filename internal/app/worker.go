package app

import (
	"cmp"
	"context"
	"iter"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/meaning"
	"multivac/internal/tell"
)

// A workerPart is the part of a process that works on the documents told.
type workerPart struct {
	*tell.Worker
	sweeper *tell.Sweeper
}

const (
	// sharedLease is how long a document of a worker that died waits for
	// another worker, if there are several. A living worker extends its lease
	// every third of that.
	sharedLease = 2 * time.Second
	// sharedRefreshInterval is the time between two looks for documents without
	// vectors, if several workers publish.
	sharedRefreshInterval = time.Second
)

// files returns the tellings that an uploaded file holds.
func (a *App) files(ctx context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
	in.Limits = a.limits
	return formats.All.Tellings(ctx, in)
}

// makeWorker makes the part that works on the documents told.
func (a *App) makeWorker(s Settings) {
	kept := a.observed()
	w := &workerPart{tell.NewWorker(kept, a.queue, a.maker, a.crowd), tell.NewSweeper(kept, a.queue)}
	a.worker = w
	w.Workers, w.KeepOriginals = cmp.Or(s.Workers, w.Workers), s.Originals
	w.ExtractTimeout = cmp.Or(s.ExtractTimeout, w.ExtractTimeout)
	kinds := formats.With(s.PDF)
	w.Waits = kinds.Waits
	w.Extract = func(ctx context.Context, mediaType string, body []byte) (extract.Extracted, error) {
		return kinds.Extract(ctx, mediaType, body, a.limits)
	}
	w.Events, w.sweeper.Events = a.tellEvents(), a.tellEvents()
	if a.member == nil {
		return
	}
	w.Lease = sharedLease
	// Older versions know the job of the refresher by this name.
	a.refresher.Turn, w.sweeper.Turn = a.member.Turn("resegment"), a.member.Turn("purge")
	if a.meaning != meaning.Off {
		a.refresher.Interval = sharedRefreshInterval
	}
}
