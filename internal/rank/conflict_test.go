package rank

import (
	"strings"
	"testing"
)

// conflictOf returns the two sentences in conflict, the first one first.
func conflictOf(question string, documents ...string) (first, other string, c Conflict) {
	found, q := aged(documents...), asking(question)
	ranked := Default().Order(q, found).With(nil)
	c, ok := q.Conflict(found, ranked)
	if !ok {
		return "", "", c
	}
	said := func(i int) string { return found[ranked[i].Candidate].Sentence(ranked[i].Span) }
	return said(0), said(c.Other), c
}

func TestConflict(t *testing.T) {
	f := func(newer, older, text, question string, documents ...string) {
		t.Helper()
		for range 2 { // whichever is found first
			first, other, c := conflictOf(question, documents...)
			if !strings.Contains(first, newer) || !strings.Contains(other, older) || c.Text != text || !c.Known {
				t.Errorf("%s\n got %q over %q: %v %q\nwant %q over %q: %q", question, first, other, c.Known, c.Text, newer, older, text)
			}
			documents[0], documents[1] = documents[1], documents[0]
		}
	}
	const old = "Two documents disagree. The older one is marked as no longer valid."
	f("150", "120", "Two documents disagree. The newer one is of 2025-03-01, the older one of 2023-03-01.", "What is the hotel limit?",
		"a.md | Travel policy 2023 |  | In force from 1 March 2023. The hotel limit is 120 EUR a night.",
		"b.md | Travel policy 2025 |  | In force from 1 March 2025. The hotel limit is 150 EUR a night.")
	f("90 days", "30 days", "Two documents disagree. The newer one has the higher version number.", "How long are backups kept?",
		"backup-v1.md | Backups |  | Backups are kept for 30 days.", "backup-v2.md | Backups |  | We keep all backups for 90 days.")
	f("21 days", "ten days", old, "How long in a row may I use break mode?",
		"h23.md | Stallholder Handbook 2023 (extract, superseded) |  | Break mode is limited to ten days in a row and twice a year.",
		"h25.md | Stallholder Handbook 2025 | § 3 Dispatch | Break mode hides your stall for up to 21 days in a row.")
	f("must not", "may be", old, "May dogs be brought into the office?",
		"a.md | House rules (old) |  | Dogs may be brought into the office.", "b.md | House rules |  | Dogs must not be brought into the office.")
	f("Carla Ruiz", "Jan Holm", "Two documents disagree. The newer one says that it replaces something older.", "Who is the data protection officer?",
		"a.md | Contacts |  | The data protection officer is Jan Holm.", "b.md | People |  | This page replaces the list of contacts. The data protection officer is Carla Ruiz.")
	f("20 minutes", "60 minutes", "Two parts of one document disagree. The older one is marked as no longer valid.", "After how many minutes is the operator logged out?",
		"a.md | Release notes | Old notes | The operator is logged out after 60 minutes.", "a.md | Release notes | Changed | The operator is logged out after 20 minutes without a touch.")
}

func TestConflictOfUnknownAge(t *testing.T) {
	f := func(question string, documents ...string) {
		t.Helper()
		_, other, c := conflictOf(question, documents...)
		if want := "Two documents disagree, and nothing says which is newer."; other == "" || c.Known || c.Text != want {
			t.Errorf("%s: %v %q, want %q", question, c.Known, c.Text, want)
		}
	}
	f("When does the canteen close?", "a.md | Canteen |  | The canteen closes at 14:00.", "b.md | Your first week |  | The canteen closes at 15:00.")
	f("How long are backups kept?", "a.md | Backup policy |  | Backups are kept for 30 days.", "b.md | News |  | From March on, backups are kept for 60 days.")
	f("How many days of leave do I get?", "a.md | Leave |  | You get 28 days of leave a year.", "b.md | Welcome |  | You get 30 days of leave a year.")
	f("How long are backups kept?", "a.md | Backup policy |  | Backups are kept for 30 days.", "b.md | Backup FAQ |  | We keep all backups for 90 days.")
}

// What differs is no conflict if the subjects differ, if the question says which
// version it means, or if both say the same.
func TestNoConflict(t *testing.T) {
	f := func(question string, documents ...string) {
		t.Helper()
		if first, other, _ := conflictOf(question, documents...); other != "" {
			t.Errorf("%s\n%q is in conflict with %q, want no conflict", question, first, other)
		}
	}
	alder, birch := "a.md | Alder pedal bike: data and care |  | The frame weighs 18 kg without its basket.", "b.md | Birch electric bike: data and care |  | The frame weighs 24 kg without its basket."
	f("How heavy is the frame?", alder, birch)
	f("How heavy is the frame of the Alder?", alder, birch)
	f("What does ward 4B order?", "a.md | Orders |  | Ward 4B orders 20 boxes of gloves a week.", "b.md | More |  | Ward 5C orders 30 boxes of gloves a week.")
	f("What was the hotel limit in 2023?", "a.md | Travel policy 2023 |  | The hotel limit is 120 EUR a night.", "b.md | Travel policy 2025 |  | The hotel limit is 150 EUR a night.")
	f("What was the old hotel limit?", "a.md | Travel policy 2023 |  | The hotel limit is 120 EUR a night.", "b.md | Travel policy 2025 |  | The hotel limit is 150 EUR a night.")
	f("What is the hotel limit?", "a.md | Travel policy 2023 |  | The hotel limit is 150 EUR a night.", "b.md | Travel policy 2025 |  | The limit for a hotel is 150 EUR.")
	f("How long is the press of release 4.2 guarded?", "a.md | Press 4.1 |  | The press is guarded for 20 minutes.", "b.md | Press 4.2 |  | The press is guarded for 60 minutes.")
	f("What does a passport cost?", "a.md | Fees |  | \n| Item | Fee |\n|---|---|\n| Passport, adult | 72 |\n| Passport, child | 36 |\n")
	f("How large may a document be?", "a.md | Questions |  | A document may be up to 16 MiB large.", "b.md | Limits |  | A document in JSON may have up to 32 MiB.")
	f("How long does a refund take?", "a.md | Refunds |  | A refund takes five days.\n", "b.md | Exchanges |  | An exchange takes nine days.")
}
