package web_test

import (
	"strings"
	"testing"

	"multivac/internal/web"
	"multivac/internal/web/webtest"
	"multivac/internal/web/wire"
)

func TestCalibrationRequests(t *testing.T) {
	var called webtest.Called
	s := newSite(t, func(o *web.Options) { o.Calibrator = &called })
	const at, lines = "/api/v1/collections/laws/calibration", "Content-Type: application/x-ndjson"
	put := func(query, body, header string, want int, kind string) {
		t.Helper()
		called = nil
		w := s.do("PUT", at+query, body, header)
		if want != 200 {
			if s.problem(w, want, kind); len(called) > 0 {
				t.Errorf("PUT %s of %.80s: called %v", query, body, called)
			}
			return
		}
		read[wire.Calibration](s, w, 200)
	}
	one := `{"id":"1","question":"Who?","answers":["Asimov"],"document":"a","kind":"lexical"}`
	put("", `{"questions":[{"question":"Who?"}]}`, asJSON, 200, "")
	put("?dry_run=true", one+"\n\n"+one+"\n", lines, 200, "")
	put("", `{"questions":[`+one+`]}`, asJSON, 400, "invalid") // kind
	put("", one+"\n{", lines, 400, "invalid")
	put("", `{"questions":`, asJSON, 400, "invalid")
	put("", "x", "Content-Type: text/plain", 415, "unsupported-media-type")
	put("?dry_run=perhaps", one, lines, 400, "invalid")
	put("?dryrun=true", one, lines, 400, "invalid")
	put("", strings.Repeat(one+"\n", 2001), lines, 400, "invalid")
	put("", `{"questions":[{"question":"`+strings.Repeat("x", 1<<20)+`"}]}`, asJSON, 413, "too-large")
	if got := read[wire.Uncalibrated](s, s.do("DELETE", at, ""), 200); got.Collection != "laws" || got.Changed {
		t.Errorf("taken back: %+v", got)
	}
}
