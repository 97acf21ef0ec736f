package ask

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/place"
	"multivac/internal/rank"
	"multivac/internal/store"
)

// whole returns the quotation q of the sentence r with everything that answers
// together with that sentence, verified. r is of the candidate c.
func (s *Service) whole(ctx context.Context, asked *rank.Question, c rank.Candidate, r rank.Sentence, q multivac.Quotation) (multivac.Quotation, error) {
	passages, at := []multivac.Passage{c.Passage}, 0
	if asked.LooksAround(&c.Passage, r.Span) {
		var err error
		if passages, at, err = s.around(ctx, c); err != nil {
			return q, err
		}
	}
	e := asked.Extent(passages, at, r.Span)
	q.Shape = e.Shape
	if e.Span == r.Span && e.Mark == 0 {
		return q, nil
	}
	text, err := s.stored(ctx, q, &e)
	if err != nil {
		return q, err
	}
	if len(text) != e.End-e.Start || !strings.HasPrefix(text[r.Start-e.Start:], q.Text) {
		return q, find.ErrMoved
	}
	return extended(asked, passages, e, q, text), nil
}

// around returns the passage of c between its neighbours, and its place there.
func (s *Service) around(ctx context.Context, c rank.Candidate) (passages []multivac.Passage, at int, err error) {
	var ids []multivac.PassageID
	for n := max(0, c.Number-rank.Around); n <= c.Number+rank.Around; n++ {
		ids = append(ids, multivac.PassageID{Document: c.Document, Revision: c.Revision, Number: n})
	}
	excerpts, err := s.excerpts.Excerpts(ctx, ids)
	if err != nil {
		return nil, 0, fmt.Errorf("read neighbours: %w", err)
	}
	for _, e := range excerpts {
		if e.Text != "" {
			passages = append(passages, e.Passage)
		}
	}
	at = slices.IndexFunc(passages, func(p multivac.Passage) bool { return p.Number == c.Number })
	if at < 0 { // it was deleted a moment ago
		return nil, 0, find.ErrMoved
	}
	return passages, at, nil
}

// stored reads the text of e, and makes the mark of its first item a part of e
// if it stands there.
func (s *Service) stored(ctx context.Context, q multivac.Quotation, e *rank.Extent) (string, error) {
	quote := func(start int) store.Quote {
		return store.Quote{Document: q.Document, Revision: q.Revision, Span: multivac.Span{Start: start, End: e.End}}
	}
	texts, err := s.excerpts.Quotes(ctx, []store.Quote{quote(e.Start), quote(max(0, e.Start-e.Mark))})
	if err != nil {
		return "", fmt.Errorf("read quotation: %w", err)
	}
	if mark, ok := strings.CutSuffix(texts[1], texts[0]); ok && rank.IsMark(mark) {
		e.Start -= len(mark)
		return texts[1], nil
	}
	return texts[0], nil
}

// extended returns q as a quotation of e, whose text is given.
func extended(asked *rank.Question, passages []multivac.Passage, e rank.Extent, q multivac.Quotation, text string) multivac.Quotation {
	q.Text, q.Start, q.End, q.Before, q.After = text, e.Start, e.End, "", ""
	q.Marks = asked.Marks(text)
	if strings.Contains(oneLine(text), q.Lead) {
		q.Lead = ""
	}
	first := slices.IndexFunc(passages, func(p multivac.Passage) bool { return p.End > e.Start })
	q.Place = place.Of(passages[first], max(e.Start, passages[first].Start))
	for _, p := range passages {
		if p.End > e.Start && p.Start < e.End {
			before, after := sides(p, e.Span)
			q.Before, q.After = q.Before+before, after
		}
	}
	return q
}

// sides returns the sentences of p directly before and after s.
func sides(p multivac.Passage, s multivac.Span) (before, after string) {
	for _, other := range p.Sentences {
		switch {
		case other.End <= s.Start:
			before = p.Sentence(other)
		case other.Start >= s.End && after == "":
			after = p.Sentence(other)
		}
	}
	return before, after
}
