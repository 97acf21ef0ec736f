package app_test

import (
	"errors"
	"strings"
	"testing"

	"multivac"
)

// A position of another store is refused at once, whether it is before or after
// the end of this one. Positions from older versions have no mark, and are
// accepted.
func TestPositionsOfOthers(t *testing.T) {
	at, _ := serve(t, t.TempDir())
	elsewhere, _ := serve(t, t.TempDir())
	mine, other := connect(t, at), connect(t, elsewhere)
	tell := func(teller multivac.Teller, body string) multivac.Position {
		t.Helper()
		receipts, err := teller.Tell(t.Context(), []multivac.Telling{{Body: []byte(body)}}, multivac.WaitIndexed)
		if err != nil || receipts[0].Position == "" {
			t.Fatalf("tell: %+v, %v", receipts, err)
		}
		return receipts[0].Position
	}
	here := tell(mine, "The bell hangs in the tower.")
	first := tell(other, "The bell hangs in the barn.")
	tell(other, "The owl sits in the barn.")
	last := tell(other, "The cat sleeps in the barn.")
	for _, p := range []multivac.Position{first, last} {
		q := multivac.Question{Text: "Where does the bell hang?", After: p}
		if _, err := mine.Ask(t.Context(), q); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "no position of this store") {
			t.Errorf("ask after %s: got %v, want to be told that it is another's", p, err)
		}
		if err := mine.Reach(t.Context(), p); !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("reach %s: got %v, want invalid", p, err)
		}
	}
	unmarked, _, _ := strings.Cut(string(here), "-")
	for _, p := range []multivac.Position{here, multivac.Position(unmarked), ""} {
		a, err := mine.Ask(t.Context(), multivac.Question{Text: "Where does the bell hang?", After: p})
		if err != nil || a.Position < here {
			t.Errorf("ask after %q: got %v, %v", p, a.Position, err)
		}
	}
}
