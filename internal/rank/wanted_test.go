package rank

import (
	"slices"
	"strings"
	"testing"
)

func TestWanting(t *testing.T) {
	f := func(question, s, want string) {
		t.Helper()
		q := asking(question)
		if got := q.Wanting(s); got != want {
			t.Errorf("asked %q, %q lacks %q, want %q", question, s, got, want)
		}
	}
	f("When was it built?", "It was built of steel.", "a date")
	f("When was it built?", "It was built in 1931.", "")
	f("When was it built?", "It was built in May, after two years.", "")
	f("When is it fine to stop?", "It is fine at any time.", "") // asks for a condition
	f("How many are there?", "There are some.", "a number")
	f("How many are there?", "There are seven.", "")
	f("How often is it done?", "It is done every day.", "")
	f("Who built it?", "it was built of steel", "a name")
	f("Who built it?", "Roebling built it.", "")
	f("Who built it?", "It was built by the workshop.", "")
	f("Where is it?", "It is red.", "a place")
	f("Where is it?", "It stands in the cellar.", "")
	f("Why is it closed?", "It is closed.", "a reason")
	f("Why is it closed?", "It is closed to keep the cold out.", "")
	f("Which is it?", "It is red.", "")
	f("Whether it is?", "It is red.", "")
}

func TestSalient(t *testing.T) {
	got := Salient(strings.Fields("somebody I'm P7 e 7 always pump 水 off"))
	if want := strings.Fields("P7 7 pump 水"); !slices.Equal(got, want) {
		t.Errorf("Salient = %q, want %q", got, want)
	}
}
