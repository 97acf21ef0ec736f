package percent_test

import (
	"math"
	"testing"

	"multivac/internal/percent"
)

func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{
		0: "under 1%", .009: "under 1%", .01: "1%", .29: "29%", .57: "57%", .612: "61%", .619: "61%", .61999999: "61%", .99: "99%", .996: "over 99%", 1: "over 99%",
		-1: "under 1%", math.NaN(): "under 1%",
	} {
		if got := percent.Of(p); got != want {
			t.Errorf("%v: got %q, want %q", p, got, want)
		}
	}
	for p, want := range map[float64]string{0: "under 1%", .001: "1%", .29: "29%", .57: "57%", .612: "62%", .618: "62%", .62: "62%", .99: "99%", .991: "over 99%", 1: "over 99%"} {
		if got := percent.Wanted(p); got != want {
			t.Errorf("wanted %v: got %q, want %q", p, got, want)
		}
	}
	// A confidence under the threshold is shown as a lower number than the
	// threshold, and a confidence that reaches it is not.
	for wanted := .01; wanted <= .99; wanted += .00037 {
		for _, less := range []float64{wanted - 1e-7, wanted - .0004, wanted - .004, wanted / 2} {
			if got := percent.Of(less); got == percent.Wanted(wanted) {
				t.Fatalf("%v reads %s likely, where %v reads %s is asked for", less, got, wanted, percent.Wanted(wanted))
			}
		}
	}
}
