package client

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// A calibrator returns a calibration, and notes what it was called with.
type calibrator struct {
	multivac.Calibration
	questions []multivac.LabelledQuestion
	kept      bool
	name      multivac.CollectionName
}

func (c *calibrator) Calibrate(_ context.Context, name multivac.CollectionName, q []multivac.LabelledQuestion, keep bool) (multivac.Calibration, error) {
	c.name, c.questions, c.kept = name, q, keep
	if len(q) == 0 {
		return multivac.Calibration{}, multivac.Errorf(multivac.ErrInvalid, "give more", "0 different questions are too few")
	}
	return c.Calibration, nil
}

type reading struct{ *calibrator }

func (r reading) Calibration(_ context.Context, name multivac.CollectionName) (multivac.Calibration, error) {
	if name != r.name {
		return multivac.Calibration{}, multivac.Errorf(multivac.ErrNotFound, "calibrate it", "collection %q is not calibrated", name)
	}
	return r.calibrator.Calibration, nil
}

func (r reading) Uncalibrate(_ context.Context, name multivac.CollectionName) (bool, error) {
	return name == r.name, nil
}

func TestCalibration(t *testing.T) {
	share := 0.9
	on := reading{&calibrator{Calibration: multivac.Calibration{
		Collection: "a.b", Factor: 0.75, Offset: -0.5, Questions: 60, Answerable: 40, Right: 20, At: time.Unix(1e9, 0).UTC(), Model: "m", Outdated: true,
		Stops:  map[multivac.Stop]float64{multivac.Strict: 0.9, multivac.Balanced: 0.8, multivac.Eager: 0.5},
		Before: multivac.Reliability{ECE: &share, Stops: map[multivac.Stop]multivac.StopReliability{multivac.Eager: {Precision: &share}}},
		After:  multivac.Reliability{Stops: map[multivac.Stop]multivac.StopReliability{}},
	}}}
	m := &webtest.Memory{}
	verbs := m.Verbs()
	verbs.Calibrator = on
	server := httptest.NewServer(web.New(web.Options{Verbs: verbs, Log: slog.New(slog.DiscardHandler)}))
	defer server.Close()
	c, _ := clientOf(t, server.URL)
	want := []multivac.LabelledQuestion{{ID: "1", Text: "Wie groß?", Answers: []string{"3 \"m\""}, Document: "a"}, {ID: "2", Text: "Who?"}}
	for _, keep := range []bool{true, false} {
		got, err := c.Calibrate(t.Context(), "a.b", want, keep)
		if d := cmp.Diff(on.calibrator.Calibration, got); err != nil || d != "" {
			t.Errorf("calibrated, %v (-want +got)\n%s", err, d)
		}
		if d := cmp.Diff(want, on.questions); d != "" || on.kept != keep || on.name != "a.b" {
			t.Errorf("the server was asked for %q, keep %v, want %v (-want +got)\n%s", on.name, on.kept, keep, d)
		}
	}
	if _, err := c.Calibrate(t.Context(), "a.b", nil, true); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("without questions: %v", err)
	}
	got, err := c.Calibration(t.Context(), "a.b")
	if d := cmp.Diff(on.calibrator.Calibration, got); err != nil || d != "" {
		t.Errorf("shown, %v (-want +got)\n%s", err, d)
	}
	if _, err := c.Calibration(t.Context(), "other"); !errors.Is(err, multivac.ErrNotFound) {
		t.Errorf("of another collection: %v", err)
	}
	if changed, err := c.Uncalibrate(t.Context(), "a.b"); !changed || err != nil {
		t.Errorf("taken back: %v, %v", changed, err)
	}
}
