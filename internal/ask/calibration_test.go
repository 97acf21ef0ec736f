package ask

import (
	"math"
	"testing"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/rank"
)

// A calibration counts from the next question on, and no more once it was taken
// back, although answers are cached.
func TestCalibrationCountsAtOnce(t *testing.T) {
	s := newShelf(library)
	asker := New(s, s, s, rank.Default(), cache.New(1<<20, nil))
	var now *multivac.Calibration
	asker.Calibration = func(c multivac.CollectionName) *multivac.Calibration {
		if c != multivac.DefaultCollection {
			t.Errorf("asked for the calibration of %q", c)
		}
		return now
	}
	q := multivac.Question{Text: "Who wrote The Last Question?", Count: 4}
	plain := ask(t, asker, q)
	lowered := multivac.Calibration{Collection: multivac.DefaultCollection, Factor: 0.5, Offset: -2, Model: asker.Model(),
		Stops: map[multivac.Stop]float64{multivac.Strict: 0.9, multivac.Balanced: 0.8, multivac.Eager: 0.01}}
	now = &lowered
	got := ask(t, asker, q)
	for i, s := range got.Sentences {
		if want := lowered.Corrected(plain.Sentences[i].Confidence); s.Text != plain.Sentences[i].Text || math.Abs(s.Confidence-want) > 1e-12 {
			t.Errorf("sentence %d is %q with %v, want %q with %v", i, s.Text, s.Confidence, plain.Sentences[i].Text, want)
		}
	}
	if got.Confidence != got.Sentences[0].Confidence || got.State != multivac.InsufficientData {
		t.Errorf("calibrated: %s with %v, want a refusal: %v is asked for", got.State, got.Confidence, lowered.Stops[multivac.Balanced])
	}
	if a := ask(t, asker, multivac.Question{Text: q.Text, Stop: multivac.Eager}); a.State != multivac.Answered {
		t.Errorf("eager: %s with %v", a.State, a.Confidence)
	}
	another := lowered
	another.Stops = map[multivac.Stop]float64{multivac.Balanced: 0.01}
	now = &another
	if a := ask(t, asker, q); a.State != multivac.Answered {
		t.Errorf("with other stops: %s", a.State)
	}
	if a, err := asker.Uncalibrated().Ask(t.Context(), q); err != nil || a.Confidence != plain.Confidence {
		t.Errorf("uncalibrated: %v, %v, want %v", a.Confidence, err, plain.Confidence)
	}
	other := lowered
	other.Model = "of another model"
	for _, now = range []*multivac.Calibration{nil, &other} {
		if a := ask(t, asker, q); a.Confidence != plain.Confidence || a.State != plain.State {
			t.Errorf("with %+v: %s with %v, want %s with %v", now, a.State, a.Confidence, plain.State, plain.Confidence)
		}
	}
}
