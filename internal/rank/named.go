package rank

import (
	"math"
	"math/bits"
	"strings"

	"multivac"
	"multivac/internal/text"
)

// recognise notes that the texts which were found have these terms: identifiers
// that nothing told writes together may be in words next to each other there.
func (q *Question) recognise(terms uint64) {
	for ; terms != 0; terms &= terms - 1 {
		if t := &q.terms[bits.TrailingZeros64(terms)]; t.unknown && !t.corrected {
			t.unknown = false
		}
	}
}

// names reports whether the question asks for a section by its name: title or
// a heading is an identifier of the question and nothing else, and title and
// headings have all other words of the question but those of its form. A
// heading below the identifier's has to be one of these words: "What is the
// impact of KubeAPIDown?" names KubeAPIDown's section Impact.
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

// titleWords is how many words a title has at most that says no more than an
// identifier: "Runbook: KubeAPIDown".
const titleWords = 3

// identified reports whether the title whose words were read is an identifier
// of the question, in one word, with two more words, or with its parts next
// to each other in the question.
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

// stand returns the standing of a sentence by the terms of what stands around
// it and of its document.
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

// hasOther reports whether the words that were read have an identifier which is
// none of the question's: those that are its terms are one word.
func (r *reading) hasOther() bool {
	for i, w := range r.words {
		if r.terms[i] < 0 && (w.Flags&text.Identifier != 0 || i > 0 && r.words[i-1].End == w.Start && (w.Flags|r.words[i-1].Flags)&(text.Pair|text.Single) == 0) {
			return true
		}
	}
	return false
}

// A standing goes before what the features of a sentence say.
type standing int

const (
	strange   standing = iota // its document has none of the question's identifiers, or nothing told has one
	elsewhere                 // it is of a document that has one in another place
	usual
	named // it is of the section that the question names
	standings
)

// standingMargin is by how much the best sentence of a standing is ahead of those
// with a lower one, at least.
const standingMargin = 1

// place lowers the scores of n sentences that stand behind others.
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

// How sure an answer is at least in the section that is named, which is enough
// for the stop balanced and not for strict, and at most where it is about
// something else, which is too little for any.
const (
	leastNamed  = 0.7
	mostStrange = 0.1
)

// sure returns how sure the best sentence is of its standing, where p is what
// its features say.
func (s standing) sure(p float64) float64 {
	switch s {
	case named:
		return max(p, leastNamed)
	case strange:
		return min(p, mostStrange)
	}
	return p
}
