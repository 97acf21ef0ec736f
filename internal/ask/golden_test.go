package ask

import (
	"fmt"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/golden"
)

// TestGolden asks questions of a small collection. testdata/ranking.txt shows
// answers, order, confidence and reasons.
func TestGolden(t *testing.T) {
	s := newShelf(nil)
	revision := multivac.Revision(0)
	golden.Run(t, "testdata/ranking.txt", func(c golden.Command) string {
		switch rest := strings.Join(c.Args, " "); c.Name {
		case "tell":
			revision++
			s.put(rest, revision, c.Input)
			return ""
		case "ask":
			return shown(ask(t, service(s), multivac.Question{Text: rest, Count: 3}))
		}
		t.Fatalf("unknown command %s", c.Name)
		return ""
	})
}

func shown(a multivac.Answer) string {
	var b strings.Builder
	b.WriteString(string(a.State) + "\n")
	for _, q := range a.Sentences {
		fmt.Fprintf(&b, "%.3f %s: %s\n", q.Confidence, q.Source, oneLine(q.Text))
	}
	if a.Reason != nil {
		fmt.Fprintf(&b, "%s: %s\n", a.Reason.Code, a.Reason.Text)
	}
	return b.String()
}
