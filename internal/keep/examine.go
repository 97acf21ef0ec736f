package keep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"multivac"
	"multivac/internal/store"
)

// Examine implements multivac.Keeper. It holds about 100 bytes for each document
// in memory. Where it finds faults and is not to repair them, it looks again and
// reports what it found both times: others may write while it looks.
func (s *Service) Examine(ctx context.Context, repair bool) (e multivac.Examination, err error) {
	defer multivac.Wrap(&err, "examine the store")
	defer func() { e.Notices = slices.Concat(e.Notices, s.space(), s.Notices()) }()
	first, err := s.examine(ctx, repair)
	if err != nil || repair || len(first.Faults) == 0 {
		return first, err
	}
	second, err := s.examine(ctx, false)
	if err != nil {
		return first, err
	}
	second.Faults = slices.DeleteFunc(second.Faults, func(f multivac.Fault) bool { return !slices.Contains(first.Faults, f) })
	return second, nil
}

// space returns a notice about the free space in the store's file.
func (s *Service) space() []string {
	of, ok := s.store.(store.Spacious)
	if !ok {
		return nil
	}
	is := of.Space()
	if is.Free < 1<<20 {
		return nil
	}
	then := "what is told uses it again, and much of it is given back to the disk step by step"
	if !is.Shrinks {
		then = "what is told uses it again; to give it back to the disk, stop the server and run `multivac doctor --repair`"
	}
	return []string{fmt.Sprintf("%d MiB of the %d MiB of the database file are free; %s", is.Free>>20, is.Total>>20, then)}
}

// examining is the state of one look at a store.
type examining struct {
	*Service
	ctx    context.Context
	repair bool
	found  multivac.Examination
	feed   map[multivac.DocumentID]announced
	data   map[multivac.CollectionName]*data
}

// announced is what the feed says of a document: its last revision of each state.
type announced struct{ indexed, failed, deleted multivac.Revision }

// data counts the published documents of a collection, and those that are said to
// be its datum.
type data struct{ published, datum int }

func (s *Service) examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	e := &examining{Service: s, ctx: ctx, repair: repair,
		feed: map[multivac.DocumentID]announced{}, data: map[multivac.CollectionName]*data{}}
	// The store looks first, because the rest reads through it.
	if err := s.store.Examine(ctx, repair, s.Now(), e.report); err != nil {
		return e.found, err
	}
	// An error here is a fault. Nothing is reported about what comes after it.
	err := e.readFeed()
	if err == nil {
		err = s.store.Records(ctx, store.Parts{Passages: true}, e.record)
	}
	if ctx.Err() != nil || errors.Is(err, multivac.ErrUnavailable) {
		return e.found, err
	}
	if err != nil {
		e.report(multivac.Fault{Problem: fmt.Sprintf("it cannot be read to its end: %v", err)})
		return e.found, nil
	}
	for name, d := range e.data {
		if d.datum > 1 || d.datum == 0 && d.published > 0 {
			e.report(multivac.Fault{Problem: fmt.Sprintf("collection %q has %d data, with %d documents published", name, d.datum, d.published)})
		}
	}
	return e.found, nil
}

func (e *examining) report(f multivac.Fault) {
	if len(e.found.Faults) < multivac.MaxFaults {
		e.found.Faults = append(e.found.Faults, f)
	} else {
		e.found.More++
	}
}

var errEnd = errors.New("end")

// readFeed reads the feed up to its present end.
func (e *examining) readFeed() error {
	end, err := e.store.Position(e.ctx)
	if err != nil || end == "" {
		return err
	}
	last := multivac.Position("")
	err = e.store.Follow(e.ctx, "", func(c store.Change) error {
		if c.Position <= last {
			e.report(multivac.Fault{Document: c.Document, Problem: fmt.Sprintf("the feed has %s after %s", c.Position, last)})
		}
		last = c.Position
		a := e.feed[c.Document]
		switch c.State {
		case multivac.Indexed:
			a.indexed = c.Revision
		case multivac.Failed:
			a.failed = c.Revision
		case multivac.Deleted:
			a = announced{deleted: c.Revision}
		}
		e.feed[c.Document] = a
		if c.Position >= end {
			return errEnd
		}
		return nil
	})
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// record checks what must be true of every document.
func (e *examining) record(r store.Record) error {
	e.found.Documents++
	wrong := func(format string, args ...any) {
		e.report(multivac.Fault{Document: r.ID, Problem: fmt.Sprintf(format, args...)})
	}
	if lost := (r.State == multivac.Pending || r.State == multivac.Failed) && len(r.Body) == 0; lost {
		wrong("it is %s, and what was told is lost", r.State)
	} else if err := consistent(r); err != nil {
		wrong("%v", err)
	}
	if r.Revision == 0 || r.Told.IsZero() || r.Changed.Before(r.Told) {
		wrong("it has revision %d, was told %v and changed %v", r.Revision, r.Told, r.Changed)
	}
	if r.Published != nil {
		e.passages(r, wrong)
	}
	e.count(r)
	e.revisions(r, wrong)
	return e.ctx.Err()
}

// count counts a document for its collection.
func (e *examining) count(r store.Record) {
	d := e.data[r.Collection]
	if d == nil {
		d = &data{}
		e.data[r.Collection] = d
	}
	if r.Published != nil {
		d.published++
	}
	if r.Datum {
		d.datum++
	}
}

// revisions compares the revisions of a document, of what is published of it,
// and of what the feed says.
func (e *examining) revisions(r store.Record, wrong func(string, ...any)) {
	published, said := multivac.Revision(0), e.feed[r.ID]
	if r.Published != nil {
		published = r.Published.Revision
	}
	switch r.State {
	case multivac.Pending, multivac.Failed:
		if published >= r.Revision {
			wrong("it is %s at revision %d, and %d is published", r.State, r.Revision, published)
		}
	case multivac.Indexed:
		if published != r.Revision {
			wrong("it is indexed at revision %d, and %d is published", r.Revision, published)
		}
	case multivac.Deleted:
		if published != 0 || r.Title != "" {
			wrong("it is deleted, and something of it is there")
		}
		if said.deleted != r.Revision {
			wrong("it is deleted at revision %d, the feed says %d", r.Revision, said.deleted)
		}
	}
	if said.indexed != published {
		wrong("revision %d is published, the feed says %d", published, said.indexed)
	}
	if r.State == multivac.Failed && said.failed != r.Revision {
		wrong("it has failed at revision %d, the feed says %d", r.Revision, said.failed)
	}
}

// passages checks that what is published quotes its text. With repair it cuts
// the text again where that is not so.
func (e *examining) passages(r store.Record, wrong func(string, ...any)) {
	p := r.Published
	e.found.Passages += len(p.Passages)
	problem := ""
	for i, one := range p.Passages {
		if err := one.Validate(p.Text); err != nil {
			problem = err.Error()
		} else if one.Number != i {
			problem = fmt.Sprintf("passage %d has the number %d", i, one.Number)
		}
	}
	if len(p.Passages) == 0 && len(e.segment(p.Text)) > 0 {
		problem = "it has none"
	}
	switch {
	case problem == "":
	case e.repair:
		e.cutAgain(r, problem)
	default:
		wrong("its passages are broken: %s", problem)
	}
}

// cutAgain replaces broken passages by others of the same text.
func (e *examining) cutAgain(r store.Record, problem string) {
	p := *r.Published
	p.Vectors = nil
	e.cut(&p)
	f := multivac.Fault{Document: r.ID, Problem: "its passages are broken: " + problem, Repair: "cut anew from the text"}
	if err := e.store.Replace(e.ctx, multivac.Task{Document: r.ID, Revision: p.Revision}, p.Publication); err != nil {
		f.Repair = ""
		f.Problem += "; cutting them anew failed: " + err.Error()
	} else {
		e.feed[r.ID] = announced{indexed: p.Revision, failed: e.feed[r.ID].failed}
	}
	e.report(f)
}
