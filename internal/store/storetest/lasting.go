package storetest

import (
	"context"
	"maps"
	"slices"
	"time"

	"multivac"
	"multivac/internal/store"
)

func reopens(s *subject) {
	s.churn(4, 40)
	lease := s.lease(s.tell(telling("leased", "text")))
	s.must(s.Step(s.ctx, lease, "extract", s.now.Add(time.Hour)))
	c := &checker{T: s.T, ctx: s.ctx, s: s.Store}
	documents, published, changes := c.list(), s.scan(), s.follow("")
	end, err := s.Position(s.ctx)
	s.must(err)
	s.reopen()
	c.s = s.Store
	s.same("documents", documents, c.list())
	s.same("published", published, s.scan())
	s.same("feed", changes, s.follow(""))
	if got, err := s.Position(s.ctx); got != end || err != nil {
		s.Errorf("position %q, %v, want %q", got, err, end)
	}
	s.must(s.Step(s.ctx, lease, "segment", s.now.Add(time.Hour)))
	if r := s.index("leased", "newer"); r.Position <= end {
		s.Errorf("the feed went on from %q to %q", end, r.Position)
	}
}

// calls calls all methods that take a context, but for Position and those for
// keys and records, and returns their errors by name.
func (s *subject) calls(ctx context.Context, r multivac.Receipt) map[string]error {
	errs := make(map[string]error)
	call := func(name string, err error) { errs[name] = err }
	_, err := s.Put(ctx, []multivac.Telling{telling("z", "text")}, s.now)
	call("Put", err)
	_, err = s.Delete(ctx, r.ID, s.now)
	call("Delete", err)
	_, err = s.Document(ctx, r.ID)
	call("Document", err)
	_, err = s.Original(ctx, r.ID)
	call("Original", err)
	_, err = s.Reread(ctx, r.ID, s.now)
	call("Reread", err)
	_, err = s.Documents(ctx, multivac.Listing{})
	call("Documents", err)
	_, err = s.Pending(ctx)
	call("Pending", err)
	_, err = s.Datum(ctx, "c")
	call("Datum", err)
	_, err = s.Due(ctx, multivac.ReadDocument, s.now, 1)
	call("Due", err)
	_, _, err = s.Lease(ctx, task(r), s.now, s.now)
	call("Lease", err)
	call("Step", s.Step(ctx, task(r), "step", s.now))
	_, err = s.Publish(ctx, task(r), Cut("text"), s.now)
	call("Publish", err)
	call("Fail", s.Fail(ctx, task(r), "cause", true, s.now, s.now))
	call("Release", s.Release(ctx, task(r)))
	_, err = s.Excerpts(ctx, []multivac.PassageID{{Document: r.ID, Revision: r.Revision}})
	call("Excerpts", err)
	_, err = s.Quotes(ctx, []store.Quote{{Document: r.ID, Revision: r.Revision, Span: multivac.Span{End: 1}}})
	call("Quotes", err)
	_, err = s.Published(ctx, task(r))
	call("Published", err)
	call("Replace", s.Replace(ctx, task(r), Cut("text")))
	call("Attach", s.Attach(ctx, task(r), store.Version{Segmenter: 1, Vectors: 2}, nil))
	_, err = s.Outdated(ctx, store.Version{Segmenter: 1}, 1)
	call("Outdated", err)
	_, err = s.CountOutdated(ctx, store.Version{Segmenter: 1})
	call("CountOutdated", err)
	other := multivac.Task{Kind: "other", Document: "x", Revision: 1}
	call("AddTask", s.AddTask(ctx, other, s.now))
	call("EndTask", s.EndTask(ctx, other))
	call("Purge", s.Purge(ctx, s.now))
	call("PutCalibration", s.PutCalibration(ctx, multivac.Calibration{Collection: "c"}))
	_, err = s.Calibrations(ctx)
	call("Calibrations", err)
	_, err = s.RemoveCalibration(ctx, "c")
	call("RemoveCalibration", err)
	call("Scan", s.Scan(ctx, func(store.Change) error { return nil }))
	call("Follow", s.Follow(ctx, "", func(store.Change) error { return nil }))
	return errs
}

func endedContext(s *subject) {
	r := s.index("x", "text")
	pending := s.tell(telling("y", "text"))
	documents := (&checker{T: s.T, ctx: s.ctx, s: s.Store}).list()
	ctx, stop := context.WithCancel(s.ctx)
	stop()
	for _, one := range []multivac.Receipt{r, pending} {
		for name, err := range s.calls(ctx, one) {
			if err == nil {
				s.Errorf("%s did not fail", name)
			}
			s.wants(context.Canceled, err)
		}
	}
	s.same("documents", documents, (&checker{T: s.T, ctx: s.ctx, s: s.Store}).list())
}

func closed(s *subject) {
	r := s.index("x", "text")
	ended := make(chan error)
	following := make(chan bool)
	go func() {
		ended <- s.Follow(s.ctx, "", func(store.Change) error { close(following); return nil })
	}()
	<-following
	shut := s.Store
	s.must(shut.Close())
	s.wants(multivac.ErrUnavailable, <-ended)
	for _, name := range slices.Sorted(maps.Keys(s.calls(s.ctx, r))) {
		if err := s.calls(s.ctx, r)[name]; err == nil {
			s.Errorf("%s did not fail", name)
		} else {
			s.wants(multivac.ErrUnavailable, err)
		}
	}
	s.must(shut.Close())
	s.Store = s.open(s.T, s.dir)
}
