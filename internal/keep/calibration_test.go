package keep

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
)

// Calibrations travel with an export. Of two of a collection the later stays.
func TestCalibrationsTravel(t *testing.T) {
	from, to := open(t), open(t)
	share := 0.9
	c := func(name multivac.CollectionName, factor float64, at time.Time) multivac.Calibration {
		return multivac.Calibration{Collection: name, Factor: factor, Offset: -0.25, Questions: 60, Answerable: 40, Right: 30, Model: "m", At: at,
			Stops: map[multivac.Stop]float64{multivac.Strict: 0.9, multivac.Balanced: 0.8, multivac.Eager: 0.5},
			After: multivac.Reliability{Stops: map[multivac.Stop]multivac.StopReliability{multivac.Eager: {Precision: &share}}}}
	}
	later := start.Add(time.Hour)
	from.must(from.db.PutCalibration(t.Context(), c("laws", 0.5, start)))
	from.must(from.db.PutCalibration(t.Context(), c("tales", 0.6, later)))
	to.must(to.db.PutCalibration(t.Context(), c("laws", 2, later)))
	to.must(to.db.PutCalibration(t.Context(), c("tales", 3, start)))
	told := 0
	to.Calibrated = func(context.Context) error { told++; return nil }
	if got, err := to.imports(from.export(), false); err != nil || got.Broken > 0 || told != 1 {
		t.Errorf("imported %+v, %v, told %d times", got, err, told)
	}
	got, err := to.db.Calibrations(t.Context())
	if d := cmp.Diff([]multivac.Calibration{c("laws", 2, later), c("tales", 0.6, later)}, got); d != "" || err != nil {
		t.Errorf("calibrations, %v (-want +got)\n%s", err, d)
	}
	damaged := strings.Replace(from.export(), `"factor":0.5`, `"factor":-0.5`, 1)
	if got, err := open(t).imports(damaged, false); err != nil || got.Broken != 1 || got.Lines[0].Line != 2 {
		t.Errorf("a damaged one: %+v, %v, want line 2 named as broken", got, err)
	}
}
