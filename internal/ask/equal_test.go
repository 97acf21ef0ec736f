package ask

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/text"
)

// Equal content gives equal answers with equal confidence, to the last bit,
// whatever was told, replaced and deleted before.
func TestEqualContentEqualConfidence(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	body := func(i int) string {
		return fmt.Sprintf("# Pump %d\n\nThe pump runs at %d bar. It is cold.\n\n# Valve\n\nThe valve of pump P%d opens slowly. The pump stops.", i%3, i%4, i%5)
	}
	s := newShelf(nil)
	for i := range 300 {
		s.put(fmt.Sprintf("pump %d.md", r.IntN(40)), multivac.Revision(i+1), body(r.IntN(100)))
	}
	fresh := newShelf(nil)
	for _, d := range s.documents {
		fresh.documents[d.ID] = d
		fresh.take(d, change(text.Segment(d.Text)))
	}
	for _, question := range []string{"At how many bar does the pump run?", "Is the valve of pump P3 slow?", "Which pmup is clod?", "What stops it?"} {
		q := multivac.Question{Text: question, Count: 10}
		a, b := ask(t, service(s), q), ask(t, service(fresh), q)
		if math.Float64bits(a.Confidence) != math.Float64bits(b.Confidence) || a.State != b.State || !slices.EqualFunc(a.Sentences, b.Sentences, same) {
			t.Errorf("%s\n got %v %+v\nwant %v %+v", question, a.Confidence, a.Sentences, b.Confidence, b.Sentences)
		}
	}
}

func same(a, b multivac.Quotation) bool {
	return a.Document == b.Document && a.Start == b.Start && a.End == b.End && math.Float64bits(a.Confidence) == math.Float64bits(b.Confidence)
}
