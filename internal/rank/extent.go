package rank

import (
	"unicode/utf8"

	"multivac"
	"multivac/internal/text"
)

// Around is how many passages before and after that of the best sentence
// [Question.Extent] has to see. A list of multivac.MaxRun characters has no
// more.
const Around = 4

// An Extent is what is quoted for a sentence: the sentence, or the list, code
// or sentences that it is a part of and that answer as a whole.
type Extent struct {
	multivac.Span
	Shape multivac.Shape
	// Mark is how many bytes before Start are probably the mark of the first
	// item, such as "1. ", which is outside its passage. See [IsMark].
	Mark int
}

// IsMark reports whether s is the mark of a list item, with its indentation.
func IsMark(s string) bool {
	_, _, ok := readMark(s)
	return ok
}

// Extent returns what to quote for the sentence s, which ranking found in
// passages[at]. The passages follow each other in one document. The ranking
// does not depend on it.
//
// A list is quoted whole if the question asks for a way to do something and the
// list is numbered, or if what was ranked is the list or what introduces it.
// Code is quoted with what introduces it, and a sentence that begins with a
// pronoun, or answers a question, with the sentence before it.
func (q *Question) Extent(passages []multivac.Passage, at int, s multivac.Span) Extent {
	p := &passages[at]
	first, last := placesOf(p, s)
	wantsAll := last > first && first == 0
	way := q.AsksForWay()
	if l, start := lay(passages, at); len(l.entries) > 0 {
		from, to, ordered := l.around(start + first)
		if wantsAll || ordered && way {
			if e, ok := l.fitting(from, to, s); ok {
				return e
			}
		}
	}
	alone := Extent{Span: s, Shape: ShapeOf(p, s)}
	switch p.Kind {
	case multivac.Code:
		longest := multivac.MaxSentence
		if way || wantsAll {
			longest = multivac.MaxRun
		}
		if block := (multivac.Span{Start: p.Start, End: p.Sentences[len(p.Sentences)-1].End}); runes(p, block) <= longest {
			alone.Span = block
		}
	case multivac.Prose:
		if e, ok := beforeList(passages, at, s); ok && way {
			return e
		}
		for n := 1; first > 0 && n < mostLeaning && needsBefore(p, first); n++ {
			first--
		}
		if run := (multivac.Span{Start: p.Sentences[first].Start, End: s.End}); run != s && runes(p, run) <= multivac.MaxRun {
			return Extent{Span: run, Shape: multivac.ShapeRun}
		}
	}
	return alone
}

// LooksAround reports whether Extent has to see the passages around p to know
// what to quote for s: if p is part of a list that may be quoted whole.
func (q *Question) LooksAround(p *multivac.Passage, s multivac.Span) bool {
	first, last := placesOf(p, s)
	return p.Kind != multivac.Table && q.AsksForWay() || p.Kind != multivac.Prose && first == 0 && last > first
}

// beforeList returns the extent of a sentence of prose and of the numbered list
// that comes directly after its passage, under the same heading.
func beforeList(passages []multivac.Passage, at int, s multivac.Span) (e Extent, ok bool) {
	if at+1 == len(passages) || passages[at+1].Kind != multivac.List || passages[at+1].Heading != passages[at].Heading {
		return e, false
	}
	l, start := lay(passages, at+1)
	from, to, ordered := l.around(start)
	e, ok = l.fitting(from, to, s)
	return e, ok && ordered
}

// mostLeaning is how many sentences that lean on each other are quoted
// together.
const mostLeaning = 3

// needsBefore reports whether the sentence at place needs the one before it: it
// begins with a pronoun, or answers a question.
func needsBefore(p *multivac.Passage, place int) bool {
	return text.Leans(p.Sentence(p.Sentences[place])) || posingOf(p.Sentence(p.Sentences[place-1])) == asks
}

// ShapeOf returns the shape of s, one or several sentences of p, if it is quoted
// as it is.
func ShapeOf(p *multivac.Passage, s multivac.Span) multivac.Shape {
	first, last := placesOf(p, s)
	switch {
	case p.Kind == multivac.Table:
		return multivac.ShapeRows
	case p.Kind == multivac.Code:
		return multivac.ShapeCode
	case first == last:
		return multivac.ShapeSentence
	case p.Kind == multivac.List:
		return multivac.ShapeSteps
	}
	return multivac.ShapeRun
}

// placesOf returns the first and the last sentence of p that s has.
func placesOf(p *multivac.Passage, s multivac.Span) (first, last int) {
	for i, x := range p.Sentences {
		if x.Start <= s.Start {
			first = i
		}
		if x.End <= s.End {
			last = i
		}
	}
	return first, max(first, last)
}

// fitting returns the extent of the entries from first to last and of s, which
// may stand a little before them. A list that is too long ends earlier. ok is
// false if s is then not in the extent.
func (l *layout) fitting(first, last int, s multivac.Span) (e Extent, ok bool) {
	if last < first {
		return e, false
	}
	start := l.entries[first].Start
	if start-s.End > multivac.MaxSentence {
		return e, false
	}
	e = Extent{Span: multivac.Span{Start: min(s.Start, start)}, Shape: multivac.ShapeSteps}
	if e.Start == start && l.entries[first].item {
		e.Mark = len(l.entries[first].line)
	}
	for last > first && l.entries[last].End-e.Start+e.Mark > multivac.MaxRun {
		last--
	}
	e.End = l.entries[last].End
	return e, s.End <= e.End && e.End-e.Start+e.Mark <= multivac.MaxRun
}

func runes(p *multivac.Passage, s multivac.Span) int { return utf8.RuneCountInString(p.Sentence(s)) }
