package calibrate

import (
	"slices"

	"multivac"
	"multivac/internal/eval"
)

// A judged outcome also says at which of multivac.Stops it is an answer.
type judged struct {
	outcome
	given []bool
}

// before says at which stops the outcomes were answers.
func before(all []outcome) []judged {
	done := make([]judged, len(all))
	for i, o := range all {
		done[i].outcome = o
		for _, stop := range multivac.Stops {
			done[i].given = append(done[i].given, o.something && o.reaches.AtLeast(stop))
		}
	}
	return done
}

// judge says at which stops the outcomes are answers.
func judge(all []outcome, stops map[multivac.Stop]float64) []judged {
	done := make([]judged, len(all))
	for i, o := range all {
		done[i].outcome = o
		for _, stop := range multivac.Stops {
			done[i].given = append(done[i].given, o.something && o.confidence >= stops[stop])
		}
	}
	return done
}

// after judges each part of the outcomes by a correction that was fitted to the
// others.
func after(all []outcome) (done []judged) {
	for train, held := range folds(all) {
		c := fit(train)
		done = append(done, judge(c.of(held), c.stops)...)
	}
	return done
}

// reliability measures judged outcomes.
func reliability(all []judged) multivac.Reliability {
	answerable := len(slices.DeleteFunc(slices.Clone(all), func(j judged) bool { return !j.answerable }))
	r := multivac.Reliability{Stops: map[multivac.Stop]multivac.StopReliability{}}
	r.ECE = eval.ECE(len(all), func(i int) (answerable, right bool, confidence float64) {
		return all[i].answerable, all[i].right, all[i].confidence
	})
	a, u := float64(answerable), float64(len(all)-answerable)
	for n, stop := range multivac.Stops {
		var right, answered, wrong float64
		for _, j := range all {
			switch {
			case !j.given[n]:
			case !j.answerable:
				wrong++
			case j.right:
				right, answered = right+1, answered+1
			default:
				answered++
			}
		}
		s := multivac.StopReliability{Coverage: share(right, a), FalseAnswers: share(wrong, u)}
		if u > 0 {
			s.Precision = share(right*u, answered*u+wrong*a)
		}
		r.Stops[stop] = s
	}
	return r
}

// share returns n/d, or nil for nothing.
func share(n, d float64) *float64 {
	if d == 0 {
		return nil
	}
	s := n / d
	return &s
}
