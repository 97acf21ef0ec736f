package rank

import (
	"testing"

	"multivac"
)

// The row and the header of a table have all words of a question between them,
// or it is not for sure that the row answers.
func TestTabled(t *testing.T) {
	row := "Mail | 30"
	c := Candidate{Excerpt: multivac.Excerpt{Passage: multivac.Passage{Kind: multivac.Table, Lead: "Item | Days kept", Text: row, Sentences: []multivac.Span{{Start: 0, End: len(row)}}}}}
	for question, want := range map[string]bool{
		"How many days is mail kept?":      true,
		"how long are mails kept":          true,
		"How many days is mail delayed?":   false,
		"What about mail?":                 false,
		"How many days is a ticket kept?":  false,
		"Is mail kept for days in Madrid?": false,
	} {
		var r reading
		q := asking(question)
		if got := r.tabled(q, &c, multivac.Span{Start: 0, End: len(row)}); got != want {
			t.Errorf("%s: got %v, want %v", question, got, want)
		}
	}
}
