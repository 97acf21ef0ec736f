package audit_test

import (
	"slices"
	"testing"
	"time"

	"multivac"
	"multivac/internal/audit"
	"multivac/internal/web/webtest"
)

// Verbs that change nothing and copy nothing away.
var unrecorded = []string{"Ask", "Calibration", "Datum", "Document", "Documents", "Examine", "ListKeys", "Original", "Reach", "Status"}

// TestEveryVerbIsRecordedOrNamed holds that a new verb is recorded, unless it is
// named above.
func TestEveryVerbIsRecordedOrNamed(t *testing.T) {
	var events noted
	log := audit.Log{Sink: &events, Now: time.Now}
	for verb, err := range webtest.Each(t.Context(), log.Verbs(multivac.VerbsOf(&webtest.Called{}))) {
		if err != nil {
			t.Errorf("%s: %v", verb, err)
		}
		if recorded := len(events) > 0; recorded == slices.Contains(unrecorded, verb) {
			t.Errorf("%s: recorded is %v, named as unrecorded is %v", verb, recorded, !recorded)
		}
		events = nil
	}
}
