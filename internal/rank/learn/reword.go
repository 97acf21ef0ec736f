package main

import (
	"cmp"
	"log"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"multivac/internal/meaning"
	"multivac/internal/rank"
)

// A thesaurus finds words of similar meaning by their vectors.
type thesaurus struct {
	words   []string
	vectors []meaning.Vector
	lengths []float32           // of the vectors
	near    map[string][]string // word -> similar words, filled on demand
}

const (
	minWordQuestions = 15 // a word of the thesaurus occurs in so many questions
	maxSimilarWords  = 4  // similar words per word
	minSimilarity    = 0.55
)

// newThesaurus collects the words of the questions, in small letters.
func newThesaurus(c *corpus) *thesaurus {
	counts := map[string]int{}
	for _, q := range c.questions {
		for _, w := range strings.Fields(q.Question.Question) {
			if w = strings.Trim(w, "?,.'\"()"); wordOfThesaurus(w) {
				counts[w]++
			}
		}
	}
	t := &thesaurus{near: map[string][]string{}}
	for w, n := range counts {
		if n >= minWordQuestions {
			t.words = append(t.words, w)
		}
	}
	slices.Sort(t.words)
	t.vectors = make([]meaning.Vector, len(t.words))
	parallel(len(t.words), func(i int) { t.vectors[i] = c.meaning.vector(t.words[i]) })
	for i := range t.vectors {
		t.lengths = append(t.lengths, t.vectors[i].Length())
	}
	all := make([][]string, len(t.words))
	parallel(len(t.words), func(i int) { all[i] = t.nearest(i) })
	for i, near := range all {
		t.near[t.words[i]] = near
	}
	log.Printf("thesaurus: %d words", len(t.words))
	return t
}

func wordOfThesaurus(w string) bool {
	return len(w) >= 4 && !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLower(r) })
}

// nearest returns the words nearest to word i that have another stem.
func (t *thesaurus) nearest(i int) (near []string) {
	type other struct {
		word   string
		cosine float32
	}
	var others []other
	for k := range t.words {
		if c := meaning.Product(&t.vectors[i], &t.vectors[k]) / max(1e-9, t.lengths[i]*t.lengths[k]); c >= minSimilarity && !strings.HasPrefix(t.words[k], t.words[i][:3]) {
			others = append(others, other{t.words[k], c})
		}
	}
	slices.SortFunc(others, func(a, b other) int {
		return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.word, b.word))
	})
	for _, o := range others[:min(len(others), maxSimilarWords)] {
		near = append(near, o.word)
	}
	return near
}

// reword returns q in other words. It replaces most of the words that also
// occur around the answer by similar words, or leaves them out if there are
// none. Names and numbers stay.
func (c *corpus) reword(q question, t *thesaurus, r *rand.Rand) string {
	around := c.aroundAnswer(q)
	var kept []string
	for i, w := range strings.Fields(q.Question.Question) {
		bare := strings.Trim(w, "?,.'\"()")
		words := rank.Words(bare)
		if len(words) > 0 && around[words[0].Stem] && r.Float64() < 0.85 {
			near := t.near[bare]
			switch {
			case len(near) > 0:
				w = strings.Replace(w, bare, near[r.IntN(len(near))], 1)
			case i > 0 && wordOfThesaurus(bare):
				continue
			}
		}
		kept = append(kept, w)
	}
	return strings.Join(kept, " ")
}

// swap replaces one fact of a question, a name, a number or a word, by another
// one of its article. Then the question is near to its paragraph, which does
// not answer it. It returns false if there is nothing to replace.
func (c *corpus) swap(q question, about []question, r *rand.Rand) (question, bool) {
	words := strings.Fields(q.Question.Question)
	for _, i := range r.Perm(len(words)) {
		if i == 0 {
			continue
		}
		bare := strings.Trim(words[i], "?,.'\"()")
		kind := kindOfFact(bare)
		if kind == noFact || kind == plainWord && r.IntN(3) > 0 {
			continue
		}
		if other := anotherFact(bare, kind, q, about, r); other != "" {
			words[i] = strings.Replace(words[i], bare, other, 1)
			q.Question.Question = strings.Join(words, " ")
			return q, true
		}
	}
	return q, false
}

type factKind int

const (
	noFact factKind = iota
	name
	number
	plainWord
)

func kindOfFact(w string) factKind {
	switch {
	case w == "":
		return noFact
	case strings.ContainsFunc(w, unicode.IsDigit):
		return number
	case unicode.IsUpper([]rune(w)[0]):
		return name
	case wordOfThesaurus(w) && rank.Words(w)[0].Kind == 2 && len(w) > 4:
		return plainWord
	}
	return noFact
}

// anotherFact returns a fact of the same kind from other questions about the
// article that q does not contain.
func anotherFact(w string, kind factKind, q question, about []question, r *rand.Rand) string {
	if kind == number {
		digits := []byte(w)
		for i := range digits {
			if digits[i] >= '0' && digits[i] <= '9' && (i == len(w)-1 || r.IntN(2) == 0) {
				digits[i] = '0' + byte((int(digits[i]-'0')+1+r.IntN(9))%10)
			}
		}
		if string(digits) == w {
			return ""
		}
		return string(digits)
	}
	for range 12 {
		others := strings.Fields(about[r.IntN(len(about))].Question.Question)
		k := r.IntN(len(others))
		other := strings.Trim(others[k], "?,.'\"()")
		if k > 0 && kindOfFact(other) == kind && !strings.Contains(strings.ToLower(q.Question.Question), strings.ToLower(other[:min(4, len(other))])) {
			return other
		}
	}
	return ""
}
