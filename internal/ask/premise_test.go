package ask

import (
	"strings"
	"testing"

	"multivac"
)

// Three short documents with rules, exceptions and lists that say no.
var rules = map[string]string{
	"parking.md": "# Visitor parking\n\nVisitors park in lot C, never in front of the loading bay. Permits are free of charge for the first two hours. Electric cars may be charged only with a company card.\n\n" +
		"The following vehicles may not be parked in the garage:\n\n- vehicles with a gas tank\n- trailers and caravans\n- motorcycles without a number plate\n",
	"warranty.md": "# Warranty of the Orrin kettle\n\nThe warranty runs for three years from the day of purchase. It cannot be transferred to another owner. A receipt is not needed if the kettle was registered.\n\n" +
		"## Not covered\n\n- limescale and its consequences\n- damage by dropping\n\n## Covered\n\n- a broken switch\n- a leaking lid\n",
	"lab.md": "# Laboratory rules\n\nSamples are kept for 14 days at 4 degrees. Food is not allowed in the laboratory, not even in closed boxes. Students may work alone until 18:00; after that, two people have to be present. The centrifuge was not replaced in 2024; only its rotor was.\n",
}

// TestYesOrNo asks what is to be answered by yes, by no, or by the sentence that
// contradicts the question. Learning decides most of it, so a floor holds how
// many come first.
func TestYesOrNo(t *testing.T) {
	const floor = 10
	right := 0
	s := service(newShelf(rules))
	f := func(question, want string) {
		t.Helper()
		a := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager})
		first := a.Sentences[0]
		if shown := strings.Join([]string{first.Heading, first.Lead, first.Text}, " "); strings.Contains(shown, want) {
			right++
			return
		}
		t.Logf("%s\n got %q (%.2f)\nwant %q", question, first.Text, a.Confidence, want)
	}
	f("May visitors park in front of the loading bay?", "never in front of the loading bay")
	f("Do visitors pay for a permit in the first hour?", "free of charge for the first two hours")
	f("Can I charge my electric car with a private card?", "only with a company card")
	f("May I park a caravan in the garage?", "may not be parked in the garage:")
	f("Can the warranty be transferred to the next owner?", "cannot be transferred")
	f("Do I need the receipt of a registered kettle?", "A receipt is not needed")
	f("Is limescale covered by the warranty?", "Not covered limescale")
	f("Does the warranty of five years begin on the day of purchase?", "three years from the day of purchase")
	f("Is food in closed boxes allowed in the laboratory?", "Food is not allowed")
	f("Can a student work alone at 20:00?", "until 18:00")
	f("Why was the centrifuge replaced in 2024?", "The centrifuge was not replaced in 2024")
	f("Are samples kept for 30 days?", "kept for 14 days")
	t.Logf("%d of 12 are answered by the deciding sentence first", right)
	if right < floor {
		t.Errorf("%d of 12 are answered by the deciding sentence first, want %d", right, floor)
	}
}

// A heading or a lead that says no is part of what is shown with an item.
func TestNegationIsShown(t *testing.T) {
	s := service(newShelf(rules))
	f := func(question, heading, lead string) {
		t.Helper()
		first := ask(t, s, multivac.Question{Text: question, Stop: multivac.Eager}).Sentences[0]
		if !strings.Contains(first.Heading, heading) || !strings.Contains(first.Lead+first.Text, lead) {
			t.Errorf("%s: %q under %q, lead %q; want them to show %q and %q", question, first.Text, first.Heading, first.Lead, heading, lead)
		}
	}
	f("Is damage by dropping covered by the warranty?", "Not covered", "dropping")
	f("May trailers be parked in the garage?", "", "may not be parked in the garage:")
}
