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

// answeredBy reports whether the text around the sentence at s says that this is
// the answer to the question: it is of the steps under a heading that has the
// question's words, the row of a table that has them, or the text asks the same
// question before it.
func (q *Question) answeredBy(c *Candidate, s multivac.Span) bool {
	var r reading
	heading := lastHeading(c.Heading)
	return r.headed(q, c) || r.tabled(q, c, s) || strings.Contains(heading, "?") && r.likeness(q, heading) >= sameQuestion ||
		r.likeness(q, posed(c.Sentence(s))) >= sameQuestion
}

// sameQuestion is the share of words from which two questions are the same.
const sameQuestion = 0.99

// posed returns the question that s begins with, or nothing.
func posed(s string) string {
	if end := strings.IndexByte(s, '?'); end >= 0 {
		return s[:end]
	}
	return ""
}

// headed reports whether the question asks for a way to do something, and the
// title and headings of c, which is a list, have all of its words: "How do I
// service the pump?" and the steps under "Service the pump".
func (r *reading) headed(q *Question, c *Candidate) bool {
	if c.Kind != multivac.List || !q.AsksForWay() {
		return false
	}
	has, all := r.mask(q, c.Title)|r.mask(q, c.Heading)|r.mask(q, c.Lead), q.meaningful()
	return all&^has == 0 && bits.OnesCount64(all) >= 2
}

// tabled reports whether the row at s and the header of its table have all words
// of the question between them: "How many days is mail kept?" and the row
// "Mail | 30" under "Item | Days kept".
func (r *reading) tabled(q *Question, c *Candidate, s multivac.Span) bool {
	if c.Kind != multivac.Table {
		return false
	}
	row, header, all := r.mask(q, c.Sentence(s)), r.mask(q, c.Lead), q.meaningful()
	return all&^(row|header) == 0 && all&row&^header != 0 && all&header&^row != 0
}

// complete reports whether s, a sentence of c, has a meaningful word of the question
// and, with its title, headings and lead, all of them, these are two or more, and it
// has the kind of thing that is asked for. Where such a sentence was sure enough for
// the stop eager, it answered 13 of 13 questions that the stop balanced refused, of
// 1,396 about four organisations that nothing was learned from. The rule was chosen on
// these, and counted before it asked for the kind of thing.
func (q *Question) complete(c *Candidate, s *sentence) bool {
	all := q.meaningful()
	return all&^s.covered == 0 && all&s.matched != 0 && bits.OnesCount64(all) >= 2 && q.Wanting(c.Sentence(s.Span)) == ""
}

// meaningful is the mask of the terms that say what is asked for. In "how many
// days", many is none of them.
func (q *Question) meaningful() (mask uint64) {
	for i := range q.terms {
		t := &q.terms[i]
		degree := degrees[strings.ToLower(q.Text[t.Start:t.End])] && strings.HasSuffix(strings.ToLower(strings.TrimSpace(q.Text[:t.Start])), "how")
		if !t.form() && !degree {
			mask |= 1 << i
		}
	}
	return mask
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
// the confidence by its features, and balanced what that stop asks for.
func (s standing) sure(p, balanced float64) float64 {
	switch s {
	case named:
		return max(p, leastNamed, balanced)
	case strange:
		return min(p, mostStrange)
	}
	return p
}
