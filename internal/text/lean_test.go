package text

import "testing"

func TestLeans(t *testing.T) {
	f := func(sentence string, want bool) {
		t.Helper()
		if got := Leans(sentence); got != want {
			t.Errorf("Leans(%q) = %t", sentence, got)
		}
	}
	f("It is red.", true)
	f("\u201cThese\u201d are red.", true)
	f("there", true)
	f("Its colour is red.", true)
	f("Items are red.", false)
	f("The pump is red, and it runs.", false)
	f("", false)
}
