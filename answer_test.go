package multivac_test

import (
	"testing"

	"multivac"
)

func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{0: "under 1%", .009: "under 1%", .01: "1%", .612: "61%", .99: "99%", .996: "over 99%", 1: "over 99%"} {
		if got := multivac.Percent(p); got != want {
			t.Errorf("%v: got %q, want %q", p, got, want)
		}
	}
}
