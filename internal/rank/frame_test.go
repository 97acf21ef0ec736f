package rank

import (
	"testing"

	"multivac"
)

// first asks a question of the documents and returns the first quotation. A
// document may begin with "heading:: ".
func first(t *testing.T, question string, found []Candidate) string {
	t.Helper()
	ranked := rank(question, found)
	if len(ranked) == 0 {
		return ""
	}
	return found[ranked[0].Candidate].Sentence(ranked[0].Span)
}

func TestQuestionsAndAnswers(t *testing.T) {
	f := func(question, want string, texts ...string) {
		t.Helper()
		if got := first(t, question, candidates(texts...)); got != want {
			t.Errorf("%s\n got %q\nwant %q", question, got, want)
		}
	}
	// In one list item or row.
	f("Do you ship to Malta?", "**Do you ship to Malta?** Not at the moment.",
		"* **Do you ship to Iceland?** Yes, twice a week.\n* **Do you ship to Malta?** Not at the moment.\n* **Do you ship to Norway?** Yes, daily.")
	f("Can I pay by invoice?", "Can I pay by invoice? | Only on yearly plans.",
		"| How do I reset my token? | Press Renew. |\n| Can I pay by invoice? | Only on yearly plans. |")
	f("Can I pay by invoice?", "Only on yearly plans. | Can I pay by invoice?",
		"| Press Renew. | How do I reset my token? |\n| Only on yearly plans. | Can I pay by invoice? |")
	// The answer follows the question, in any layout.
	f("Can I pay by invoice?", "Only on yearly plans.",
		"**How do I reset my token?**\n\nPress Renew.\n\n**Can I pay by invoice?**\n\nOnly on yearly plans.\n\n**Where is the office?**\n\nIn Oslo.")
	f("May I pay by invoice?", "Only on yearly plans.", "Where is the office?\n\nIn Oslo.\n\nCan I pay by invoice?\n\nOnly on yearly plans.")
	f("Can I pay by invoice?", "A: Only on yearly plans.", "Q: Can I pay by invoice?\n\nA: Only on yearly plans.\n\nQ: Where is the office?\n\nA: In Oslo.")
	// An example of the question is not an answer.
	f("What is the default port of the server?", "The port is 5000 unless you change it.",
		`Type “What is the default port of the server?” and press Enter.`, "The port is 5000 unless you change it.")
	// A heading that asks the question only counts for its first sentence.
	f("Can I pay by invoice?", "Only on yearly plans.", "Paying by invoice:: Only on yearly plans. Ask the sales desk.", "Paying by card:: All cards are taken. A card is charged at once.")
	f("Backing up the ledger", "Stop the writer first.", "Restoring the ledger:: Call the owner first. It takes an hour.", "Backing up the ledger:: Stop the writer first. It takes an hour.")
}

func TestPosing(t *testing.T) {
	f := func(s string, want posing) {
		t.Helper()
		if got := posingOf(s); got != want {
			t.Errorf("%q poses %d, want %d", s, got, want)
		}
	}
	f("Do you ship to Malta?", asks)
	f("**Do you ship to Malta?**", asks)
	f("Q: Do you ship to Malta?", asks)
	f("3. Do you ship to Malta?", asks)
	f("Do you ship to Malta? |", asks)
	f("What is open at 10:30 in Malta?", asks)
	f("你们送货到马耳他吗？", asks)
	f("**Do you ship to Malta?** No.", poses)
	f("Do you ship to Malta? | No.", poses)
	f("No. | Do you ship to Malta?", poses)
	f("Q: Do you ship to Malta? A: No.", poses)
	f("We ship to many islands. Do you ship to Malta?", poses)
	f("Malta is an island.", poses)
	f("Ask: *Do you ship to Malta?*", mentions)
	f("For example: Do you ship to Malta?", mentions)
	f(`Type "Do you ship to Malta?" and press Enter.`, mentions)
	f("", poses)
}

const regions = "The gateway serves these regions:\n\n- Dublin\n- Osaka\n- Quito\n\n"

// announced makes the announcement a sentence of the text that it announces.
func announced(kind multivac.Kind, s string, sentences ...multivac.Span) []Candidate {
	return []Candidate{{Score: 5, Excerpt: multivac.Excerpt{Document: "d", Passage: multivac.Passage{
		Kind: kind, Lead: s[sentences[0].Start:sentences[0].End], Heading: "Gateway",
		Start: 0, End: len(s), Text: s, Sentences: sentences,
	}}}}
}

func TestAnnouncements(t *testing.T) {
	list := announced(multivac.List, regions, multivac.Span{Start: 0, End: 33}, multivac.Span{Start: 37, End: 43}, multivac.Span{Start: 46, End: 51}, multivac.Span{Start: 54, End: 59})
	if got, want := first(t, "Which regions does the gateway serve?", list), "The gateway serves these regions:\n\n- Dublin\n- Osaka\n- Quito"; got != want {
		t.Errorf("got %q, want the announcement with what it announces: %q", got, want)
	}
	if got := first(t, "Does it serve Osaka?", list); got != "Osaka" {
		t.Errorf("asked for one item, got %q, want the item", got)
	}

	f := func(question, want string, texts ...string) {
		t.Helper()
		if got := first(t, question, candidates(texts...)); got != want {
			t.Errorf("%s\n got %q\nwant %q", question, got, want)
		}
	}
	f("What has to be remembered of the pump?", "Remember this of the pump: It must never run dry.", "Remember this of the pump: It must never run dry. It is blue.")
	f("What is the pump like?", "It is blue.", "It is blue. The pump looks like this:")
}

func TestSteps(t *testing.T) {
	steps := "Renew the certificate:: 1. Open a ticket.\n2. Run `cert request`.\n3. Restart the gateway."
	if got, want := first(t, "How do I renew the certificate?", candidates(steps)), "Open a ticket.\n2. Run `cert request`.\n3. Restart the gateway."; got != want {
		t.Errorf("got %q, want all steps: %q", got, want)
	}
	if got := first(t, "When is the gateway restarted to renew the certificate?", candidates(steps)); got != "Restart the gateway." {
		t.Errorf("asked for one step, got %q", got)
	}
	later := "Renew the certificate:: 8. Open a ticket.\n9. Run `cert request`.\n10. Restart the gateway."
	if got := first(t, "How do I renew the certificate?", candidates(later)); len(got) > 30 {
		t.Errorf("the later part of a list is quoted as if it were all of it: %q", got)
	}
	ranked := rank("How do I renew the certificate?", candidates(steps))
	for i, a := range ranked {
		for _, b := range ranked[:i] {
			if a.Span == b.Span {
				t.Errorf("the same run is ranked twice: %+v", ranked)
			}
		}
	}
}

// A list gets the best reading of its items.
func TestReadingOfLists(t *testing.T) {
	list := announced(multivac.List, regions, multivac.Span{Start: 0, End: 33}, multivac.Span{Start: 37, End: 43}, multivac.Span{Start: 46, End: 51}, multivac.Span{Start: 54, End: 59})
	list[0].Cosines = []float32{0.8, 0.2, 0.2, 0.2}
	read := func(runs []Run) (said [][]float32) {
		for _, r := range runs {
			said = append(said, []float32{-7, -7, 6, -7}[r.First:r.End])
		}
		return said
	}
	o := Default().Order(asking("Which regions does the gateway serve?"), list)
	for _, s := range o.With(read(o.ToRead())) {
		if s.Start == 0 && s.End == 59 && s.Reading != 6 {
			t.Errorf("the list was read as %v, want 6, what its second item says", s.Reading)
		}
	}
}

// The row of a table that has all words asked for comes first, and the other
// rows do not make it doubtful.
func TestRows(t *testing.T) {
	found := candidates("| Plan | Term | Fee |\n|---|---|---|\n| Small | Month | 5 EUR |\n| Small | Year | 50 EUR |\n| Large | Month | 15 EUR |\n| Large | Year | 150 EUR |")
	for question, want := range map[string]string{
		"What is the fee of the Large plan per year?":      "Large | Year | 150 EUR",
		"What is the fee of the Small plan for one month?": "Small | Month | 5 EUR",
	} {
		ranked := rank(question, found)
		if got := found[0].Sentence(ranked[0].Span); got != want || ranked[0].Confidence < 0.6 {
			t.Errorf("%s: got %q at %.2f, want %q at 0.6 or more", question, got, ranked[0].Confidence, want)
		}
	}
}
