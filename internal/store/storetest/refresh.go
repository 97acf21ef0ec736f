package storetest

import (
	"multivac"
	"multivac/internal/store"
)

// whole makes other passages than Cut does: one, of the whole text.
func whole(text string, v store.Version) store.Publication {
	p := store.Publication{Title: "Not used", Text: text, Places: "not used", Version: v}
	p.Passages = []multivac.Passage{{Kind: multivac.Prose, Heading: "Whole", Lead: "All of it:", End: len(text), Text: text,
		Sentences: []multivac.Span{{End: len(text)}}, Places: "whole"}}
	if v.Vectors != 0 {
		p.Vectors = vector(7)
	}
	return p
}

func (s *subject) countOutdated(v store.Version) int {
	s.Helper()
	n, err := s.CountOutdated(s.ctx, v)
	s.must(err)
	tasks, err := s.Outdated(s.ctx, v, n+1)
	s.must(err)
	if len(tasks) != n {
		s.Errorf("%d are outdated to %+v, counted are %d", len(tasks), v, n)
	}
	return n
}

func outdated(s *subject) {
	plain := s.index("x", "one\n\ntwo\n\nthree") // of an odd length: without vectors
	s.index("y", "published")
	s.fail(s.tell(telling("y", "broken")), "broken") // the revision before stays published
	s.tell(telling("z", "waits"))
	enriched := s.index("e", "even") // with vectors
	f := func(segmenter, vectors, want int) {
		s.Helper()
		if n := s.countOutdated(store.Version{Segmenter: segmenter, Vectors: vectors}); n != want {
			s.Errorf("outdated to segmenter %d and vectors %d: %d, want %d", segmenter, vectors, n, want)
		}
	}
	f(0, 0, 0)
	f(0, 9, 0) // what a newer version made, an older one leaves alone: during an upgrade both are there
	f(1, 0, 0)
	f(1, 1, 2)
	f(1, 2, 3)
	f(2, 0, 3)
	s.index("x", "now\n\nit\n\nis even") // only what is published counts
	f(1, 1, 1)
	f(2, 0, 3)
	if one, err := s.Outdated(s.ctx, store.Version{Segmenter: 2}, 1); len(one) != 1 || err != nil {
		s.Errorf("one of the outdated: %v, %v", one, err)
	}
	for _, r := range []multivac.Receipt{plain, enriched} {
		_, err := s.Delete(s.ctx, r.ID, s.tick())
		s.must(err)
	}
	f(2, 0, 1)
}

func replaces(s *subject) {
	const text = "one\n\ntwo\n\nthree"
	first := s.index("x", text)
	failed := s.index("y", "published")
	s.fail(s.tell(telling("y", "broken")), "broken")
	before, end := s.document(first.ID), s.feedEnd()
	made := store.Version{Segmenter: 7, Vectors: 200}
	s.must(s.Replace(s.ctx, task(first), whole(text, made)))
	s.must(s.Replace(s.ctx, task(failed), whole("published", made)))
	s.same("document", before, s.document(first.ID))
	want := map[multivac.DocumentID]string{first.ID: text, failed.ID: "published"}
	scanned, followed := s.scan(), s.follow(end)
	if len(followed) != 2 {
		s.Fatalf("the feed says %+v", followed)
	}
	for i, r := range []multivac.Receipt{first, failed} {
		p := whole(want[r.ID], made)
		for _, c := range []store.Change{scanned[r.ID], followed[i]} {
			if c.Document != r.ID || c.Revision != r.Revision || c.State != multivac.Indexed || c.Version != made {
				s.Errorf("published after: %+v", c)
			}
			s.same("passages", p.Passages, c.Passages)
			s.same("vectors", p.Vectors, c.Vectors)
		}
		if x := s.excerpt(r, 0); x.Heading != "Whole" || x.Title != "About "+r.Source || s.excerpt(r, 1).Text != "" {
			s.Errorf("excerpt after: %+v", x)
		}
	}
	if n := s.countOutdated(made); n != 0 {
		s.Errorf("outdated afterwards: %d", n)
	}

	// Without vectors none are left, and without passages none of them.
	s.must(s.Replace(s.ctx, task(failed), whole("published", store.Version{Segmenter: 8})))
	if c := s.scan()[failed.ID]; c.Version != (store.Version{Segmenter: 8}) || c.Vectors != nil || len(c.Passages) != 1 {
		s.Errorf("replaced without vectors: %+v", c)
	}
	s.must(s.Replace(s.ctx, task(failed), store.Publication{Text: "published", Version: store.Version{Segmenter: 9}}))
	if c := s.scan()[failed.ID]; c.Version.Segmenter != 9 || len(c.Passages) != 0 || s.excerpt(failed, 0).Text != "" {
		s.Errorf("replaced by nothing: %+v", c)
	}
	s.sound()
	s.refusesToReplace(first, text)
}

// refusesToReplace tries what Replace has to refuse.
func (s *subject) refusesToReplace(r multivac.Receipt, text string) {
	s.Helper()
	before := s.scan()
	v := store.Version{Segmenter: 9}
	broken := whole(text, v)
	broken.Passages[0].Text = "elsewhere"
	s.wants(multivac.ErrInvalid, s.Replace(s.ctx, task(r), broken))
	s.wants(multivac.ErrInvalid, s.Replace(s.ctx, task(r), whole(text+" and more", v)))
	short := whole(text, store.Version{Segmenter: 9, Vectors: 1})
	short.Vectors = short.Vectors[1:]
	s.wants(multivac.ErrInvalid, s.Replace(s.ctx, task(r), short))
	s.wants(multivac.ErrSuperseded, s.Replace(s.ctx, multivac.Task{Document: r.ID, Revision: 2}, whole(text, v)))
	s.wants(multivac.ErrSuperseded, s.Replace(s.ctx, multivac.Task{Document: telling("?", "").ID(), Revision: 1}, whole(text, v)))
	s.wants(multivac.ErrSuperseded, s.Replace(s.ctx, multivac.Task{Document: "?", Revision: 1}, whole(text, v)))
	s.same("published after what was refused", before, s.scan())
	s.index(r.Source, "newer")
	s.wants(multivac.ErrSuperseded, s.Replace(s.ctx, task(r), whole(text, v)))
}

func attaches(s *subject) {
	const text = "one\ntwo\n\nthree"
	r := s.index("x", text)
	s.fail(s.tell(telling("x", "broken")), "broken")
	cut := Cut(text)
	before, end := s.document(r.ID), s.feedEnd()
	attach := func(v store.Version, made []byte) {
		s.Helper()
		s.must(s.Attach(s.ctx, task(r), v, made))
		for _, c := range append(s.follow(end), s.scan()[r.ID]) {
			if c.Revision != r.Revision || c.State != multivac.Indexed || c.Version != v {
				s.Errorf("after vectors were attached: %+v", c)
			}
			s.same("passages", cut.Passages, c.Passages)
			s.same("vectors", made, c.Vectors)
		}
		end = s.feedEnd()
	}
	attach(store.Version{Segmenter: 1, Vectors: 1}, vectors(cut.Passages))
	attach(store.Version{Segmenter: 1, Vectors: 2}, append(vectors(cut.Passages[1:]), vectors(cut.Passages[:1])...))
	attach(store.Version{Segmenter: 1, Vectors: 3}, nil) // none can be made
	attach(store.Version{Segmenter: 1, Vectors: 4}, vectors(cut.Passages))
	s.same("document", before, s.document(r.ID))
	s.sound()
	s.reopen()
	published := s.scan()
	if n := s.countOutdated(store.Version{Segmenter: 1, Vectors: 4}); n != 0 {
		s.Errorf("outdated afterwards: %d", n)
	}

	next := store.Version{Segmenter: 1, Vectors: 5}
	s.wants(multivac.ErrInvalid, s.Attach(s.ctx, task(r), next, vectors(cut.Passages)[1:]))
	s.wants(multivac.ErrInvalid, s.Attach(s.ctx, task(r), next, vector(1)))
	s.wants(multivac.ErrInvalid, s.Attach(s.ctx, task(r), store.Version{Segmenter: 1}, vectors(cut.Passages)))
	s.wants(multivac.ErrSuperseded, s.Attach(s.ctx, task(r), store.Version{Segmenter: 2, Vectors: 5}, vectors(cut.Passages)))
	for _, other := range []multivac.Task{{Document: r.ID, Revision: 2}, {Document: telling("?", "").ID(), Revision: 1}, {Document: "?", Revision: 1}} {
		s.wants(multivac.ErrSuperseded, s.Attach(s.ctx, other, next, nil))
	}
	s.same("published after what was refused", published, s.scan())
	s.index("x", "newer")
	s.wants(multivac.ErrSuperseded, s.Attach(s.ctx, task(r), next, vectors(cut.Passages)))
}

func published(s *subject) {
	const text = "one\n\ntwo\nlines"
	r := s.index("x", text)
	want := Cut(text)
	want.Title, want.Vectors = "About x", nil
	is := func(when string) {
		s.Helper()
		got, err := s.Published(s.ctx, task(r))
		s.must(err)
		s.same("published "+when, want, got)
	}
	is("at first")
	waits := s.tell(telling("x", "three"))
	is("while its successor waits")
	want.Version = store.Version{Segmenter: 1, Vectors: 7}
	s.must(s.Attach(s.ctx, task(r), want.Version, vectors(want.Passages)))
	is("with vectors")
	s.wants(multivac.ErrSuperseded, s.isPublished(task(waits)))
	s.wants(multivac.ErrSuperseded, s.isPublished(multivac.Task{Document: telling("?", "").ID(), Revision: 1}))
	s.wants(multivac.ErrSuperseded, s.isPublished(multivac.Task{Document: "?", Revision: 1}))
	s.publish(waits, "three")
	s.wants(multivac.ErrSuperseded, s.isPublished(task(r)))
	s.must(s.isPublished(task(waits)))
	_, err := s.Delete(s.ctx, r.ID, s.tick())
	s.must(err)
	s.wants(multivac.ErrSuperseded, s.isPublished(task(waits)))
}

func (s *subject) isPublished(t multivac.Task) error {
	_, err := s.Published(s.ctx, t)
	return err
}
