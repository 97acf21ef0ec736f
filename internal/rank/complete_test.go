package rank

import "testing"

// A sentence is complete where it has all that is asked for: the words of the
// question, some of them above it, and the kind of thing.
func TestComplete(t *testing.T) {
	for question, want := range map[string]bool{
		"When does the pump stop?":                  true,
		"At how many degrees does the pump stop?":   true,
		"How hot may the pump in the cellar get?":   true,
		"Who stops the pump?":                       false,
		"When does the pump in the cellar stop?":    true,
		"When does the valve stop?":                 false,
		"What about the cellar?":                    false,
		"When does the pump stop and the fan begin": false,
	} {
		found := candidates("The pump stops at 80 degrees.")
		found[0].Title = "The cellar"
		q := asking(question)
		var r reading
		r.read(q, found, Default())
		if got := q.complete(&found[0], &r.sentences[0]); got != want {
			t.Errorf("%s: got %v, want %v", question, got, want)
		}
	}
}
