package rank

import (
	"strings"
	"testing"

	"multivac"
	"multivac/internal/text"
)

// meant makes candidates, each a passage, with the cosines of their sentences.
func meant(bodies []string, cosines ...[]float32) (found []Candidate) {
	for i, body := range bodies {
		c := Candidate{Score: float64(len(bodies) - i), Cosines: cosines[i]}
		c.Excerpt = multivac.Excerpt{Passage: text.Segment(body)[0], Document: multivac.DocumentID(body), Title: "Handbook"}
		found = append(found, c)
	}
	return found
}

var (
	handbook = []string{
		"Money is counted in the evening. The till is closed at nine.",
		"Claims are reimbursed within ten days. Receipts are kept.",
	}
	refund = "When do I get my money back?"
)

func rankMeant(found []Candidate, read func([]Run) [][]float32) []Sentence {
	o := Default().Order(asking(refund), found)
	if read == nil {
		return o.With(nil)
	}
	return o.With(read(o.ToRead()))
}

// A sentence near in meaning comes before one that only shares a word.
func TestMeaningPutsInOrder(t *testing.T) {
	found := meant(handbook, []float32{0.25, 0.1}, []float32{0.65, 0.3})
	ranked := rankMeant(found, nil)
	if got := found[ranked[0].Candidate].Sentence(ranked[0].Span); got != "Claims are reimbursed within ten days." {
		t.Errorf("by meaning: %q", got)
	}
	for i := range found {
		found[i].Cosines = nil
	}
	ranked = rankMeant(found, nil)
	if got := found[ranked[0].Candidate].Sentence(ranked[0].Span); !strings.Contains(got, "Money") {
		t.Errorf("by words: %q", got)
	}
	if ranked[0].Read {
		t.Error("something was read though nothing is known of meaning")
	}
}

// The best sentences are read with their neighbours, and the result counts.
func TestReadingCounts(t *testing.T) {
	found := meant(append(handbook, strings.Repeat("One more line stands here. ", 12)),
		[]float32{0.3, 0.1}, []float32{0.35, 0.3}, make([]float32, 12))
	confidence := func(said func(c Candidate, i int) float32) (best string, p float64) {
		ranked := rankMeant(found, func(runs []Run) (all [][]float32) {
			if len(runs) == 0 || len(runs) > readMost {
				t.Errorf("%d runs are read", len(runs))
			}
			for _, r := range runs {
				if r.First < 0 || r.First >= r.End || r.End > len(found[r.Candidate].Sentences) || r.End-r.First > 2*readAround+1 {
					t.Errorf("run %v is read", r)
				}
				var scores []float32
				for i := r.First; i < r.End; i++ {
					scores = append(scores, said(found[r.Candidate], i))
				}
				all = append(all, scores)
			}
			return all
		})
		return found[ranked[0].Candidate].Sentence(ranked[0].Span), ranked[0].Confidence
	}
	best, sure := confidence(func(c Candidate, i int) float32 {
		if strings.HasPrefix(c.Sentence(c.Sentences[i]), "Claims") {
			return 6
		}
		return -6
	})
	if !strings.HasPrefix(best, "Claims") {
		t.Errorf("reading says that the claims answer, but the best is %q", best)
	}
	if _, unsure := confidence(func(Candidate, int) float32 { return -8 }); unsure >= sure {
		t.Errorf("confidence is %v where reading finds the answer, and %v where it finds none", sure, unsure)
	}
}

func TestOtherSecondStage(t *testing.T) {
	for _, data := range []string{"", "{}", `{"version":99}`, strings.Replace(string(embeddedSense), `"version": 4`, `"version": 2`, 1)} {
		if _, err := Default().LoadSense([]byte(data)); err == nil {
			t.Errorf("%.30q is taken", data)
		}
	}
}
