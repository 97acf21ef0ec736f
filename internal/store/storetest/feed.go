package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"multivac"
	"multivac/internal/store"
)

func feed(s *subject) {
	if start, err := s.Position(s.ctx); err != nil || len(s.follow("")) != 0 {
		s.Errorf("an empty store's feed ends at %q, %v", start, err)
	}
	a := s.index("a", "one\n\ntwo")
	b := s.tell(telling("b", "three"))
	if end, _ := s.Position(s.ctx); end != a.Position {
		s.Errorf("a telling moved the feed on to %q", end)
	}
	s.fail(b, "broken")
	published := Cut("one\n\ntwo")
	want := []store.Change{
		{Collection: "c", Document: a.ID, Revision: 1, Hash: telling("a", "one\n\ntwo").Hash(), Source: "a", Title: "About a", State: multivac.Indexed,
			Version: published.Version, Passages: published.Passages, Vectors: published.Vectors},
		{Collection: "c", Document: b.ID, Revision: 1, Hash: telling("b", "three").Hash(), Source: "b", Title: "About b", State: multivac.Failed},
	}
	s.sameChanges("published and failed", want, s.follow(""))
	s.reopen()
	s.sameChanges("reopened", want, s.follow(""))

	failing := s.tell(telling("a", "four"))
	s.fail(failing, "broken")
	want = append(want, store.Change{Collection: "c", Document: a.ID, Revision: 2, Hash: telling("a", "four").Hash(), Source: "a", Title: "About a", State: multivac.Failed})
	s.sameChanges("what was published is still there", want, s.follow(""))

	_, err := s.Delete(s.ctx, b.ID, s.tick())
	s.must(err)
	changes := s.follow("")
	s.sameChanges("deleted", []store.Change{{Collection: "c", Document: b.ID, Revision: 2, Source: "b", State: multivac.Deleted}}, changes[len(changes)-1:])
}

// sameChanges compares changes but for their positions, which have to rise.
func (s *subject) sameChanges(what string, want, got []store.Change) {
	s.Helper()
	got = slices.Clone(got)
	var last multivac.Position
	for i, change := range got {
		if change.Position <= last {
			s.Errorf("%s: position %q after %q", what, change.Position, last)
		}
		last, got[i].Position = change.Position, ""
	}
	s.same(what, want, got)
}

func resume(s *subject) {
	for i := range 100 {
		source := fmt.Sprint(i % 30)
		switch r := s.tell(telling(source, fmt.Sprint(i))); {
		case i%7 == 3:
			s.fail(r, "broken")
		case i%11 == 5:
			_, err := s.Delete(s.ctx, r.ID, s.tick())
			s.must(err)
		default:
			s.publish(r, fmt.Sprint(i))
		}
	}
	all := s.follow("")
	for i, change := range all {
		s.same("changes after "+string(change.Position), len(all)-i-1, len(s.follow(change.Position)))
		if rest := s.follow(change.Position); len(rest) > 0 {
			s.same("first change after "+string(change.Position), all[i+1], rest[0])
		}
	}
	err := s.Follow(s.ctx, "", func(store.Change) error { return errEnough })
	s.wants(errEnough, err)
	err = s.Scan(s.ctx, func(store.Change) error { return errEnough })
	s.wants(errEnough, err)
}

func waits(s *subject) {
	end, err := s.Position(s.ctx)
	s.must(err)
	ctx, stop := context.WithCancel(s.ctx)
	seen, ended := make(chan store.Change), make(chan error)
	go func() {
		ended <- s.Follow(ctx, end, func(c store.Change) error { seen <- c; return nil })
	}()
	for i := range 3 {
		r := s.index(fmt.Sprint(i), "text")
		if got := <-seen; got.Document != r.ID || got.Position != r.Position {
			s.Errorf("followed %+v, want %+v", got, r)
		}
	}
	stop()
	s.wants(context.Canceled, <-ended)
}

// churn has many goroutines tell, publish, fail and delete a few documents.
func (s *subject) churn(writers, rounds int) {
	s.Helper()
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range rounds {
				t := telling(fmt.Sprint((w*7+i)%(writers*2)), fmt.Sprintf("text %d of %d", i, w))
				receipts, err := s.Put(s.ctx, []multivac.Telling{t}, s.now)
				if err != nil {
					s.Error(err)
					return
				}
				switch i % 8 {
				case 5:
					_, err = s.Delete(s.ctx, receipts[0].ID, s.now)
				case 6:
					var lease multivac.Task
					if lease, _, err = s.Lease(s.ctx, task(receipts[0]), s.now, s.now.Add(time.Hour)); err == nil {
						err = s.Fail(s.ctx, lease, "broken", true, s.now, s.now)
					}
				default:
					_, err = s.Publish(s.ctx, task(receipts[0]), Cut(string(t.Body)), s.now)
				}
				if err != nil {
					s.wants(multivac.ErrSuperseded, err)
				}
			}
		})
	}
	wait.Wait()
}

func noGaps(s *subject) {
	changes := s.followWhile(func() { s.churn(16, 30) })
	followed, err := apply(nil, changes)
	s.must(err)
	rest, err := apply(followed, s.follow(changes[len(changes)-1].Position))
	s.must(err)
	s.same("published, scanned (-) and followed (+)", s.scan(), rest)
	revisions := make(map[multivac.DocumentID]multivac.Revision)
	for _, c := range changes {
		if before := revisions[c.Document]; c.Revision <= before {
			s.Errorf("document %s: revision %d is followed by %d", c.Document, before, c.Revision)
		}
		revisions[c.Document] = c.Revision
	}
	for i := 0; i < len(changes); i += 10 {
		state, err := apply(nil, changes[:i+1])
		s.must(err)
		state, err = apply(state, s.follow(changes[i].Position))
		s.must(err)
		if d := difference(s.scan(), state); d != "" {
			s.Fatalf("resumed after change %d (-scanned +followed)\n%s", i, d)
		}
	}
}

// followWhile follows the feed while work is done, and returns the changes up to
// where the feed ended after it, at least.
func (s *subject) followWhile(work func()) (changes []store.Change) {
	s.Helper()
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	ended, last := make(chan error), make(chan multivac.Position, 1)
	go func() {
		var end multivac.Position
		ended <- s.Follow(ctx, "", func(c store.Change) error {
			changes = append(changes, c)
			select {
			case end = <-last:
			default:
			}
			if end != "" && c.Position >= end {
				return errEnough
			}
			return nil
		})
	}()
	work()
	last <- s.feedEnd()
	s.index("last", "text") // one more change, at which the follower sees that it is at the end
	s.wants(errEnough, <-ended)
	return changes
}

func scanAndFollow(s *subject) {
	s.churn(4, 20)
	var wait sync.WaitGroup
	wait.Go(func() { s.churn(8, 40) })
	states, positions := make([]map[multivac.DocumentID]store.Change, 5), make([]multivac.Position, 5)
	for i := range states {
		var err error
		positions[i], err = s.Position(s.ctx)
		s.must(err)
		states[i] = s.scan()
	}
	wait.Wait()
	for i, state := range states {
		state, err := apply(state, s.follow(positions[i]))
		s.must(err)
		s.same("scanned at the end (-), scanned before and followed (+)", s.scan(), state)
	}
}
