package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/eval"
)

// measures are those of a test that decide, in hundredths.
type measures struct {
	name   string
	values [len(columnsOfMeasures)]float64
	counts map[string]eval.Kind
}

var columnsOfMeasures = [...]string{"hit1", "para1", "hit10", "doc5", "aurocR", "auroc", "ece",
	"strict: cov", "prec", "false", "balanced: cov", "prec", "false", "eager: cov", "prec", "false", "runs"}

func (m measures) head() string {
	return fmt.Sprintf("%-22s %s", "", strings.Join(columnsOfMeasures[:], "  "))
}

func (m measures) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-22s", m.name)
	for i, v := range m.values {
		fmt.Fprintf(&b, " %*.1f", len(columnsOfMeasures[i])+1, v)
	}
	return b.String()
}

// kinds returns the share of right ones of each kind of questions, or, of those
// without an answer, the share that is answered.
func (m measures) kinds() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.counts)) {
		k := m.counts[name]
		n, what := k.Right, ""
		if k.Answerable == 0 {
			n, what = k.Answered, " answered"
		}
		fmt.Fprintf(&b, "%s %d/%d = %.1f%s  ", name, n, k.Questions, 100*float64(n)/float64(k.Questions), what)
	}
	return b.String()
}

func measure(t *test, r eval.Report, asked []eval.Asked, runs float64) measures {
	m := measures{name: t.name, counts: r.Kinds}
	value := func(p *float64) float64 {
		if p == nil {
			return 0
		}
		return 100 * *p
	}
	tenth, answerable := 0.0, 0.0
	for i, q := range t.questions {
		if q.Answerable() {
			answerable++
			if slices.ContainsFunc(asked[i].Sentences, func(s eval.Sentence) bool { return q.AnsweredBy(s.Text) }) {
				tenth++
			}
		}
	}
	paraphrases := r.Kinds["paraphrase"]
	values := []float64{value(r.HitAt1), 100 * float64(paraphrases.Right) / max(1, float64(paraphrases.Questions)), 100 * tenth / max(1, answerable),
		value(r.RecallAt5), value(r.AUROCCorrect), value(r.AUROC), value(r.ECE)}
	for _, stop := range []multivac.Stop{multivac.Strict, multivac.Balanced, multivac.Eager} {
		s := r.Stops[stop]
		values = append(values, value(s.Coverage), value(s.Precision), value(s.FalseAnswerRate))
	}
	copy(m.values[:], append(values, runs*1))
	return m
}

// average sets m to the mean of others, and to the sum of their counts.
func (m *measures) average(others []measures) {
	for _, o := range others {
		for i, v := range o.values {
			m.values[i] += v / float64(len(others))
		}
		for name, k := range o.counts {
			c := m.counts[name]
			m.counts[name] = eval.Kind{Questions: c.Questions + k.Questions, Answerable: c.Answerable + k.Answerable,
				Right: c.Right + k.Right, Answered: c.Answered + k.Answered}
		}
	}
}
