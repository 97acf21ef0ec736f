package multivac_test

import (
	"testing"

	"multivac"
)

func TestPlaceInWords(t *testing.T) {
	for want, p := range map[string]multivac.Place{
		"":                             {},
		"page 3, line 2":               {Page: 3, Line: 2},
		"page 3 (iii), line 2":         {Page: 3, Label: "iii", Line: 2},
		"b.pptx, slide 7":              {Part: "b.pptx", Slide: 7},
		"sheet Q1, line 4":             {Sheet: "Q1", Line: 4},
		"0:00":                         {Time: 1},
		"9:59":                         {Time: 599_999},
		"1:02:03":                      {Time: 3_723_004},
		"talk.vtt, line 12, 100:00:00": {Part: "talk.vtt", Line: 12, Time: 360_000_000},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
