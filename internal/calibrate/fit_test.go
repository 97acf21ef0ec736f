package calibrate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"multivac"
)

// simulated returns n outcomes. Half of the questions have an answer, and get
// it. The model's confidence is wrong by a line.
func simulated(rng *rand.Rand, n int, wrong line) []outcome {
	all := make([]outcome, n)
	for i := range all {
		truth := 1 / (1 + math.Exp(-3*rng.NormFloat64()))
		right := rng.Float64() < truth // in half of the cases
		all[i] = outcome{something: true, confidence: wrong.at(truth), answerable: right, right: right}
	}
	slices.SortStableFunc(all, func(a, b outcome) int {
		switch {
		case a.answerable == b.answerable:
			return 0
		case a.answerable:
			return -1
		}
		return 1
	})
	return all
}

func TestFitRecoversAKnownLine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, wrong := range []line{{2, 1}, {0.5, -1}, {1, 2}, {3, 0}} {
		got := fit(simulated(rng, 4000, wrong))
		if factor, offset := got.factor*wrong.factor, got.offset+got.factor*wrong.offset; math.Abs(factor-1) > 0.15 || math.Abs(offset) > 0.2 {
			t.Errorf("confidence wrong by %+v is corrected by %+v: together %.2f, %.2f, want 1, 0", wrong, got.line, factor, offset)
		}
	}
}

func TestFitLeavesWhatIsRight(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	got := fit(simulated(rng, 5000, unchanged))
	if math.Abs(got.factor-1) > 0.1 || math.Abs(got.offset) > 0.15 {
		t.Errorf("right confidence is corrected by %+v", got.line)
	}
	kept := 0
	for range 50 {
		if fit(simulated(rng, 60, unchanged)).line == unchanged {
			kept++
		}
	}
	if kept < 20 {
		t.Errorf("60 questions leave right confidence as it is in %d of 50 cases", kept)
	}
}

// Whatever the outcomes, the order of sentences stays, and a stricter stop asks
// for no less.
func TestFitKeepsTheOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(rand.Uint64(), 5))
	for range 300 {
		all := make([]outcome, 50+rng.IntN(30))
		for i := range all {
			all[i] = outcome{something: rng.IntN(9) > 0, answerable: rng.IntN(3) > 0, confidence: float64(rng.IntN(12)) / 11}
			all[i].right = all[i].something && all[i].answerable && rng.IntN(1+rng.IntN(4)) == 0
		}
		got := fit(all)
		c := multivac.Calibration{Collection: "c", Model: "m", Factor: got.factor, Offset: got.offset, Stops: got.stops}
		for p := 0.0; p < 1; p += 0.05 {
			if c.Corrected(p) > c.Corrected(p+0.05) {
				t.Fatalf("%+v turns %v and %v around", got, p, p+0.05)
			}
		}
		if s := got.stops; !(got.factor > 0) || math.IsInf(got.factor, 0) || !(s[multivac.Strict] >= s[multivac.Balanced] && s[multivac.Balanced] >= s[multivac.Eager] && s[multivac.Eager] > 0) {
			t.Fatalf("got %+v from %+v", got, all)
		}
		if answerless(all) && got.offset > 0 {
			t.Fatalf("without unanswerable questions confidence is raised: %+v", got)
		}
	}
}

func TestStopsKeepTheirPromise(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	for _, wrong := range []line{{2, 1}, {1, 0}, {0.7, -1}} {
		got := fit(simulated(rng, 2000, wrong))
		fresh := reliability(judge(got.of(simulated(rng, 10000, wrong)), got.stops))
		for stop, share := range promised {
			if p := fresh.Stops[stop].Precision; p == nil || math.Abs(*p-share) > 0.03 {
				t.Errorf("confidence wrong by %+v: at %s %s is right, want %v", wrong, stop, show(p), share)
			}
		}
	}
}

func show(p *float64) string {
	if p == nil {
		return "nothing"
	}
	return fmt.Sprintf("%.3f", *p)
}

// Each question is held out once, and is not among those that its judge was
// fitted to.
func TestFoldsHoldOut(t *testing.T) {
	all := make([]outcome, 53)
	for i := range all {
		all[i].confidence = float64(i)
	}
	seen := map[float64]int{}
	for train, held := range folds(all) {
		if len(train)+len(held) != len(all) {
			t.Errorf("a fold has %d and %d of %d", len(train), len(held), len(all))
		}
		for _, h := range held {
			seen[h.confidence]++
			if slices.Contains(train, h) {
				t.Errorf("question %v judges its own fit", h.confidence)
			}
		}
	}
	for i := range all {
		if seen[float64(i)] != 1 {
			t.Errorf("question %d is held out %d times", i, seen[float64(i)])
		}
	}
}

// A few questions without an answer do not count like many.
func TestWeights(t *testing.T) {
	sum := func(answerable, unanswerable int) (total float64) {
		all := make([]outcome, answerable+unanswerable)
		for i := range answerable {
			all[i].answerable = true
		}
		for _, w := range weigh(all) {
			total += w
		}
		return total
	}
	for _, f := range []struct {
		answerable, unanswerable int
		want                     float64
	}{{25, 25, 50}, {48, 2, 7.68}, {40, 10, 32}} {
		if got := sum(f.answerable, f.unanswerable); math.Abs(got-f.want) > 1e-9 {
			t.Errorf("%d with and %d without an answer count like %v, want %v", f.answerable, f.unanswerable, got, f.want)
		}
	}
}
