package telemetry_test

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/telemetry"
	"multivac/internal/web/webtest"
)

// Verbs that have no metrics of their own: those of HTTP count and time them.
var unmeasured = []string{
	"Calibrate", "Calibration", "Datum", "Delete", "Document", "Documents", "Examine", "Export", "Import", "ListKeys", "MakeKey", "Original", "Reach", "Reread", "Retry", "RevokeKey",
	"Status", "Uncalibrate",
}

// TestEveryVerbIsMeasuredOrNamed holds that a new verb is measured, unless it is
// named above.
func TestEveryVerbIsMeasuredOrNamed(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	ours := regexp.MustCompile(`(?m)^multivac_.*$`)
	numbers := func() string { return strings.Join(ours.FindAllString(scrape(t, tm), -1), "\n") }
	before := numbers()
	for verb, err := range webtest.Each(t.Context(), tm.Verbs(multivac.VerbsOf(&webtest.Called{}))) {
		if err != nil {
			t.Errorf("%s: %v", verb, err)
		}
		after := numbers()
		if measured := after != before; measured == slices.Contains(unmeasured, verb) {
			t.Errorf("%s: measured is %v, named as unmeasured is %v", verb, measured, !measured)
		}
		before = after
	}
}
