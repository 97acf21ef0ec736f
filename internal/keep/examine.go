package keep

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/text"
)

// Examine implements multivac.Keeper. It keeps some 100 bytes of each document
// in memory. Where it finds something and is not to mend it, it looks twice
// and tells of what it found both times: others may write meanwhile.
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

// space tells of what is free in the store's file.
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

// examining is one look at a store.
type examining struct {
	*Service
	ctx    context.Context
	repair bool
	found  multivac.Examination
	told   map[multivac.DocumentID]announced
	data   map[multivac.CollectionName]*data
}

// announced is what the feed says of a document.
type announced struct{ indexed, failed, deleted multivac.Revision }

// data counts what a collection has published.
type data struct{ published, datum int }

func (s *Service) examine(ctx context.Context, repair bool) (multivac.Examination, error) {
	e := &examining{Service: s, ctx: ctx, repair: repair,
		told: map[multivac.DocumentID]announced{}, data: map[multivac.CollectionName]*data{}}
	// The store first: what it cannot read, nobody can.
	if err := s.store.Examine(ctx, repair, s.Now(), e.report); err != nil {
		return e.found, err
	}
	// What breaks here off is a fault, and nothing is said of the rest.
	err := e.feed()
	if err == nil {
		err = s.store.Records(ctx, true, e.record)
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

// feed reads the feed to where it ended at the beginning.
func (e *examining) feed() error {
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
		a := e.told[c.Document]
		switch c.State {
		case multivac.Indexed:
			a.indexed = c.Revision
		case multivac.Failed:
			a.failed = c.Revision
		case multivac.Deleted:
			a = announced{deleted: c.Revision}
		}
		e.told[c.Document] = a
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

// record holds a document against what must be true of each.
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
	published, said := multivac.Revision(0), e.told[r.ID]
	if p := r.Published; p != nil {
		published = p.Revision
		e.passages(r, wrong)
	}
	if e.data[r.Collection] == nil {
		e.data[r.Collection] = &data{}
	}
	if published != 0 {
		e.data[r.Collection].published++
	}
	if r.Datum {
		e.data[r.Collection].datum++
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
	return e.ctx.Err()
}

// passages makes sure that what is published quotes its text, and cuts it anew
// where it does not.
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
	case !e.repair:
		wrong("its passages are broken: %s", problem)
	default:
		task := multivac.Task{Document: r.ID, Revision: p.Revision}
		err := e.store.Replace(e.ctx, task, store.Publication{Text: p.Text, Version: store.Version{Segmenter: text.Version}, Passages: e.segment(p.Text)})
		f := multivac.Fault{Document: r.ID, Problem: "its passages are broken: " + problem, Repair: "cut anew from the text"}
		if err != nil {
			f.Repair = ""
			f.Problem += "; cutting them anew failed: " + err.Error()
		} else {
			e.told[r.ID] = announced{indexed: p.Revision, failed: e.told[r.ID].failed}
		}
		e.report(f)
	}
}
