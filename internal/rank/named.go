package rank

import (
	"math"
	"math/bits"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// recognise notes that the found texts have these terms. The collection may
// write none of these identifiers together, and yet have their words next to
// each other.
func (q *Question) recognise(terms uint64) {
	for ; terms != 0; terms &= terms - 1 {
		if t := &q.terms[bits.TrailingZeros64(terms)]; t.unknown && !t.corrected {
			t.unknown = false
		}
	}
}

// names reports whether the question asks for a section by its name. The title
// or a heading has to be an identifier of the question and nothing else. Title
// and headings have to have all other words of the question, except those that
// give it its form. If there are such words, the last heading has to have a word
// of the question. For example, "What is the impact of KubeAPIDown?" names the
// section Impact of KubeAPIDown.
func (r *reading) names(q *Question, c *Candidate) bool {
	titles := []string{c.Title}
	if c.Heading != "" {
		titles = append(titles, strings.Split(c.Heading, multivac.HeadingSeparator)...)
	}
	var has, last uint64
	named := false
	for _, title := range titles {
		last = r.mask(q, title)
		named = named || r.identified(q, title)
		has |= last
	}
	if !named {
		return false
	}
	asksMore := false
	for i := range q.terms {
		t := &q.terms[i]
		switch {
		case t.form():
		case has&(1<<i) == 0:
			return false
		case t.Flags&text.Identifier == 0:
			asksMore = true
		}
	}
	return !asksMore || last != 0
}

// titleWords is the largest number of words of a title that says no more than
// an identifier: "Runbook: KubeAPIDown".
const titleWords = 3

// identified reports whether the title whose words were just read is an
// identifier of the question. It may be one word, one word and up to 2 more, or
// the parts of the identifier next to each other.
func (r *reading) identified(q *Question, title string) bool {
	together := !strings.Contains(title, " ")
	for i, w := range r.words {
		t := q.find(w.Stem)
		if t >= 0 && q.terms[t].Flags&text.Identifier != 0 && len(r.words) <= titleWords {
			return true
		}
		together = together && t >= 0 && (i == 0 || t == q.find(r.words[i-1].Stem)+1)
	}
	return together && len(r.words) > 1
}

// stand returns the standing of a sentence. around are the terms of the text
// around it, document those of its document.
func (q *Question) stand(around, document uint64) standing {
	known := uint64(0)
	for i := range q.terms {
		switch t := &q.terms[i]; {
		case !t.firm:
		case t.unknown && !t.corrected:
			return strange
		default:
			known |= 1 << i
		}
	}
	switch {
	case known == 0 || known&around != 0:
		return usual
	case known&document != 0:
		return elsewhere
	}
	return strange
}

// hasOther reports whether the words that were just read have an identifier
// that the question does not have. An identifier of the question is one word
// there.
func (r *reading) hasOther() bool {
	for i, w := range r.words {
		if r.terms[i] < 0 && (w.Flags&text.Identifier != 0 || i > 0 && r.words[i-1].End == w.Start && (w.Flags|r.words[i-1].Flags)&(text.Pair|text.Single) == 0) {
			return true
		}
	}
	return false
}

// A standing is a group of sentences. Groups are sorted by standing, whatever
// the features of their sentences say.
type standing int

const (
	strange   standing = iota // its document has none of the question's identifiers, or no document has one
	elsewhere                 // its document has one in another place
	usual
	named // its section is the one that the question names
	standings
)

// standingMargin is the least distance of the best score of a standing from the
// scores of lower standings.
const standingMargin = 1

// place lowers the scores of sentences so that the standings come in order. For
// example, if the best usual sentence has 3 and the best named one has 2, all
// usual scores are lowered by 2: the best is then 1, which is standingMargin
// below 2.
func place(n int, of func(i int) (standing, *float64)) {
	best := [standings]float64{}
	for i := range best {
		best[i] = math.Inf(-1)
	}
	for i := range n {
		s, score := of(i)
		best[s] = max(best[s], *score)
	}
	var lower [standings]float64
	least := math.Inf(1)
	for s := named; s >= strange; s-- {
		lower[s] = max(0, best[s]+standingMargin-least)
		if !math.IsInf(best[s], -1) {
			least = best[s] - lower[s]
		}
	}
	for i := range n {
		s, score := of(i)
		*score -= lower[s]
	}
}

// leastNamed is the least confidence of an answer in the named section. It is
// enough for the stop balanced, but not for strict. mostStrange is the greatest
// confidence of an answer about something else. It is too little for any stop.
const (
	leastNamed  = 0.7
	mostStrange = 0.1
)

// sure returns the confidence of the best sentence, given its standing. p is
// the confidence by its features.
func (s standing) sure(p float64) float64 {
	switch s {
	case named:
		return max(p, leastNamed)
	case strange:
		return min(p, mostStrange)
	}
	return p
}
