// Package percent writes probabilities for people: one rounding for the
// command, the pages and the reasons of refusals.
package percent

import (
	"fmt"
	"math"
)

// Of writes a probability, from 0 to 1, rounded down: .619 is "61%". It never
// says that something is certain, or impossible.
func Of(p float64) string {
	n := math.Floor(p*100 + roundingError)
	switch {
	case p > 0.99:
		return "over 99%"
	case !(n >= 1): // NaN, too
		return "under 1%"
	}
	return fmt.Sprintf("%.0f%%", n)
}

// Wanted writes a threshold as Of writes a probability, but rounded up: what is
// below the threshold reads as less. Where .62 is wanted, .619 reads "61%", and
// where .618 is wanted, that reads "62%".
func Wanted(p float64) string {
	return Of(math.Ceil(p*100-roundingError) / 100)
}

// roundingError is larger than the error of p*100, and smaller than a reader
// could see: .57*100 is 56.99999999999999.
const roundingError = 1e-9
