package storetest

import (
	"slices"
	"time"

	"multivac"
)

// another is a kind of task that is not multivac.ReadDocument.
const another multivac.TaskKind = "another"

func (s *subject) addTask(id multivac.DocumentID, revision multivac.Revision) multivac.Task {
	s.Helper()
	t := multivac.Task{Kind: another, Document: id, Revision: revision}
	s.must(s.AddTask(s.ctx, t, s.tick()))
	return t
}

func (s *subject) due(kind multivac.TaskKind, at time.Time) []multivac.Task {
	s.Helper()
	tasks, err := s.Due(s.ctx, kind, at, 100)
	s.must(err)
	return tasks
}

func documentTask(s *subject) {
	r, other := s.tell(telling("x", "one")), s.tell(telling("y", "other"))
	first := s.lease(r)
	s.reopen()
	if d := s.document(r.ID); d.Attempts != 1 {
		s.Errorf("after the worker died: %d attempts, want 1", d.Attempts)
	}
	s.must(s.Fail(s.ctx, first, "disk full", false, s.now, s.now))
	if d := s.document(r.ID); d.State != multivac.Pending || d.LastError != "disk full" || d.Attempts != 1 || string(d.Body) != "one" {
		s.Errorf("failed once: %+v", d)
	}
	second, d, err := s.Lease(s.ctx, task(r), s.tick(), s.now.Add(time.Hour))
	if err != nil || second.Attempt != 2 || d.LastError != "disk full" || string(d.Body) != "one" {
		s.Errorf("second attempt: %+v of %+v, %v", second, d, err)
	}
	s.must(s.Release(s.ctx, second))
	if d := s.document(r.ID); d.Attempts != 1 || d.State != multivac.Pending {
		s.Errorf("given back: %+v", d)
	}
	again := s.tell(telling("x", "two"))
	s.same("due after it was told again", []multivac.Task{task(other), task(again)}, s.due(multivac.ReadDocument, s.now))
	s.wants(multivac.ErrSuperseded, s.Release(s.ctx, second))
	third := s.lease(again)
	s.must(s.Fail(s.ctx, third, "not yet", false, s.now, s.now))
	at, err := s.Publish(s.ctx, third, Cut("two"), s.tick()) // the work was done all the same
	if err != nil || at == "" {
		s.Errorf("published after the lease was lost: %q, %v", at, err)
	}
	if d := s.document(r.ID); d.LastError != "" || d.Attempts != 1 || d.State != multivac.Indexed {
		s.Errorf("indexed at last: %+v", d)
	}
}

func otherTasks(s *subject) {
	s.wants(multivac.ErrInvalid, s.AddTask(s.ctx, multivac.Task{Document: "x", Revision: 1}, s.now))
	s.wants(multivac.ErrInvalid, s.EndTask(s.ctx, multivac.Task{Document: "x", Revision: 1}))
	first, second := s.addTask("b", 2), s.addTask("a", 1)
	s.same("due", []multivac.Task{first, second}, s.due(another, s.now))
	s.addTask("b", 1)
	s.addTask("b", 2)
	s.same("due after what was there was added again", []multivac.Task{first, second}, s.due(another, s.now))
	s.same("due of a third kind", []multivac.Task(nil), s.due("third", s.now))

	leased, _, err := s.Lease(s.ctx, first, s.tick(), s.now.Add(time.Hour))
	s.must(err)
	next := s.addTask("b", 3) // takes its place, as the last
	s.same("due after a later revision came", []multivac.Task{second, next}, s.due(another, s.now))
	s.wants(multivac.ErrSuperseded, s.Step(s.ctx, leased, "late", s.now))
	s.wants(multivac.ErrSuperseded, s.EndTask(s.ctx, leased))
	s.must(s.EndTask(s.ctx, next)) // without a lease: the work is done
	s.wants(multivac.ErrSuperseded, s.EndTask(s.ctx, next))
	s.reopen()
	s.same("due in the end", []multivac.Task{second}, s.due(another, s.now))
	if n, err := s.Pending(s.ctx); n != 0 || err != nil || len(s.follow("")) != 0 || len(s.records()) != 0 {
		s.Errorf("tasks of another kind are documents: %d are pending, %v", n, err)
	}
}

// A lane is a kind of task, as the sentences about leases know it.
type lane struct {
	*subject
	add func(name string) multivac.Task
	end func(multivac.Task) error
}

// eachKind runs a test of leases for the tasks of documents, and for others.
func eachKind(run func(lane)) func(*subject) {
	return func(s *subject) {
		run(lane{subject: s,
			add: func(name string) multivac.Task { return task(s.tell(telling(name, "text"))) },
			end: func(t multivac.Task) error { _, err := s.Publish(s.ctx, t, Cut("text"), s.tick()); return err },
		})
		run(lane{subject: s,
			add: func(name string) multivac.Task { return s.addTask(multivac.DocumentID(name), 1) },
			end: func(t multivac.Task) error { return s.EndTask(s.ctx, t) },
		})
	}
}

// take leases a task, which has to be due.
func (l lane) take(t multivac.Task, now, until time.Time) (multivac.Task, multivac.Document) {
	l.Helper()
	leased, d, err := l.Lease(l.ctx, t, now, until)
	l.must(err)
	return leased, d
}

// refuses wants all that a lost lease would allow to be refused.
func (l lane) refuses(lost ...multivac.Task) {
	l.Helper()
	for _, t := range lost {
		l.wants(multivac.ErrSuperseded, l.Step(l.ctx, t, "late", l.now))
		l.wants(multivac.ErrSuperseded, l.Fail(l.ctx, t, "late", false, l.now, l.now))
		l.wants(multivac.ErrSuperseded, l.Fail(l.ctx, t, "late", true, l.now, l.now))
		l.wants(multivac.ErrSuperseded, l.Release(l.ctx, t))
	}
}

func leases(l lane) {
	t := l.add("x")
	until := l.now.Add(time.Minute)
	first, _ := l.take(t, l.now, until)
	_, _, err := l.Lease(l.ctx, t, until.Add(-time.Millisecond), until)
	l.wants(multivac.ErrSuperseded, err)
	l.reopen()
	later := until.Add(time.Minute)
	l.must(l.Step(l.ctx, first, "segment", later)) // it has ended, and nobody took it: extended
	_, _, err = l.Lease(l.ctx, t, until, later)
	l.wants(multivac.ErrSuperseded, err)
	second, d := l.take(t, later, later.Add(time.Minute))
	if second.Attempt != 2 || d.Attempts != 2 || d.Step != "segment" || d.State != multivac.Pending {
		l.Errorf("second lease: %+v of %+v", second, d)
	}
	for _, other := range []multivac.Task{
		{Kind: t.Kind, Document: t.Document, Revision: 2}, {Kind: t.Kind, Document: t.Document},
		{Kind: t.Kind, Document: telling("y", "").ID(), Revision: 1}, {Kind: t.Kind, Document: "?", Revision: 1}, {Kind: "third", Document: t.Document, Revision: 1},
	} {
		_, _, err := l.Lease(l.ctx, other, later.Add(time.Hour), later.Add(2*time.Hour))
		l.wants(multivac.ErrSuperseded, err)
	}
	l.must(l.end(t))
	_, _, err = l.Lease(l.ctx, t, later.Add(time.Hour), later.Add(2*time.Hour))
	l.wants(multivac.ErrSuperseded, err)
	l.refuses(first, second)
}

func due(l lane) {
	var want []multivac.Task
	for _, name := range []string{"9", "8", "7", "6", "5"} {
		want = append(want, l.add(name))
	}
	kind := want[0].Kind
	l.same("due", want, l.due(kind, l.now))
	got, err := l.Due(l.ctx, kind, l.now, 2)
	l.must(err)
	l.same("the first two due", want[:2], got)

	until := l.now.Add(time.Minute)
	l.take(want[0], l.now, until)
	l.must(l.end(want[1]))
	rest := slices.Clone(want[2:])
	l.same("due while one is leased", rest, l.due(kind, until.Add(-time.Millisecond)))
	want[0].Attempt = 1
	l.same("due once the lease has ended", append(want[:1:1], rest...), l.due(kind, until))
}

func release(l lane) {
	t := l.add("x")
	first, _ := l.take(t, l.tick(), l.now.Add(time.Hour))
	l.must(l.Release(l.ctx, first))
	l.same("due", []multivac.Task{t}, l.due(t.Kind, l.now))
	l.wants(multivac.ErrSuperseded, l.Release(l.ctx, first))
	if again, d := l.take(t, l.tick(), l.now.Add(time.Hour)); again.Attempt != 1 || d.Attempts != 1 {
		l.Errorf("leased again: %+v of %+v", again, d)
	}
}

func retry(l lane) {
	t := l.add("x")
	at := l.now.Add(time.Hour)
	first, _ := l.take(t, l.tick(), at)
	end := l.feedEnd()
	l.must(l.Fail(l.ctx, first, "disk full", false, l.now, at))
	if after := l.feedEnd(); after != end {
		l.Errorf("an attempt that failed moved the feed on from %q to %q", end, after)
	}
	early := at.Add(-time.Millisecond)
	l.same("due before the retry", []multivac.Task(nil), l.due(t.Kind, early))
	_, _, err := l.Lease(l.ctx, t, early, at)
	l.wants(multivac.ErrSuperseded, err)
	again := t
	again.Attempt = 1
	l.same("due at the retry", []multivac.Task{again}, l.due(t.Kind, at))
	second, d := l.take(t, at, at.Add(time.Hour))
	if second.Attempt != 2 || d.LastError != "disk full" {
		l.Errorf("second attempt: %+v of %+v", second, d)
	}
	l.must(l.Fail(l.ctx, second, "broken", true, l.now, at))
	l.same("due after it has failed", []multivac.Task(nil), l.due(t.Kind, at.Add(time.Hour)))
	_, _, err = l.Lease(l.ctx, t, at.Add(time.Hour), at.Add(2*time.Hour))
	l.wants(multivac.ErrSuperseded, err)
}

func lostLease(l lane) {
	t := l.add("x")
	first, _ := l.take(t, l.tick(), l.now.Add(time.Hour))
	later := l.now.Add(2 * time.Hour)
	second, _ := l.take(t, later, later.Add(time.Hour))
	l.refuses(first, t)

	l.must(l.Release(l.ctx, second)) // the count is again what first was given
	l.refuses(first, second)
	third, d := l.take(t, later, later.Add(time.Hour))
	if third.Attempt != 2 || d.LastError != "" || d.Step != "" {
		l.Errorf("after what was refused: %+v of %+v", third, d)
	}
	l.must(l.Fail(l.ctx, third, "soon again", false, later, later))
	l.refuses(third)
	l.must(l.end(first)) // the work was done all the same
	l.refuses(first, third)
}
