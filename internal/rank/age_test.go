package rank

import (
	"strings"
	"testing"

	"multivac/internal/text"

	"multivac"
)

// aged makes a document of each "source | title | heading | text".
func aged(documents ...string) (found []Candidate) {
	for i, d := range documents {
		part := strings.Split(d, " | ")
		p := text.Segment(part[3])[0]
		p.Heading, p.Number = part[2], len(part)-4 // the first number if it is the opening
		found = append(found, Candidate{Score: 10 - float64(i)/10, Opening: strings.Join(part[4:], ""),
			Excerpt: multivac.Excerpt{Passage: p, Document: multivac.DocumentID(part[0]), Source: part[0], Title: part[1]}})
	}
	return found
}

func TestNewerFirst(t *testing.T) {
	f := func(want, question string, documents ...string) {
		t.Helper()
		for range 2 { // whichever is found first
			found := aged(documents...)
			ranked := rank(question, found)
			if got := found[ranked[0].Candidate].Sentence(ranked[0].Span); !strings.Contains(got, want) {
				t.Errorf("%s\n got %q, want %q", question, got, want)
			}
			if len(ranked) < 2 || ranked[0].Confidence < ranked[1].Confidence {
				t.Errorf("%s: the older one is not shown behind: %+v", question, ranked)
			}
			documents[0], documents[1] = documents[1], documents[0]
		}
	}
	const old, now = "The hotel limit is 120 EUR a night.", "The hotel limit is 150 EUR a night."
	const limit = "What is the hotel limit?"
	f("150", limit, "a.md | Travel policy 2023 |  | "+old, "b.md | Travel policy 2025 |  | "+now)
	f("150", "What is the current hotel limit?", "a.md | Travel policy 2023 |  | "+old, "b.md | Travel policy 2025 |  | "+now)
	f("120", "What was the old hotel limit?", "a.md | Travel policy 2023 |  | "+old, "b.md | Travel policy 2025 |  | "+now)
	f("120", "What was the hotel limit in 2023?", "a.md | Travel policy 2023 |  | "+old, "b.md | Travel policy 2025 |  | "+now)
	f("150", limit, "policies/2023/travel.md | Travel |  | "+old, "policies/2025/travel.md | Travel |  | "+now)
	f("150", limit, "archive/travel.md | Travel |  | "+old, "travel.md | Travel |  | "+now)
	f("150", limit, "old/archive/travel.md | Travel |  | "+old, "old/travel.md | Travel |  | "+now)
	f("150", limit, "a.md | Travel (deprecated) |  | "+old, "b.md | Travel |  | "+now)
	f("150", limit, "travel-v1.md | Travel |  | "+old, "travel-v2.md | Travel |  | "+now)
	f("150", limit, "a.md | Travel | date: 2023-04-01 › Travel | "+old, "b.md | Travel and more | date: 2025-04-01 › Travel | "+now)
	f("150", limit, "a.md | Travel | status: superseded › Travel | "+old, "b.md | Journeys |  | "+now)
	f("150", limit, "a.md | Travel |  | In force from 1 March 2023. "+old, "b.md | Journeys |  | In force from 1 March 2025. "+now)
	f("150", limit, "a.md | Travel |  | "+old, "b.md | Journeys |  | It replaces all earlier rules. "+now)
	f("150", limit, "a.md | Travel 1 |  | "+old+" | Superseded by the policy of May.", "b.md | Journeys |  | "+now)
	f("150", limit, "a.md | Plans | Old limits | "+old, "a.md | Plans | Limits | "+now)
	f("150", limit, "a.md | Plans | Before | Until 2023 the hotel limit was 120 EUR a night.", "a.md | Plans | Now | "+now)
	f("150", limit, "a.md | Travel policy May 2025 |  | "+old, "b.md | Travel policy June 2025 |  | "+now)
}

func TestAgeOfNames(t *testing.T) {
	f := func(s string, date, version int, old bool) {
		t.Helper()
		if got := nameAge(s); got.date != date || got.version != version || got.old != old {
			t.Errorf("%q: %+v, want date %d, version %d, old %v", s, got, date, version, old)
		}
	}
	f("Travel policy 2025", 20250000, 0, false)
	f("minutes_2025-03-09.md", 20250309, 0, false)
	f("notes/2024/11/standup", 20241100, 0, false)
	f("Protokoll 9.3.2025", 20250309, 0, false)
	f("Release of 3 May 2024", 20240503, 0, false)
	f("Release of May 3rd, 2024", 20240503, 0, false)
	f("api-v2.1", 0, 20002, false)
	f("API version 3 (deprecated)", 0, 30001, true)
	f("Room 2010 of 12345 and 20250", 20100000, 0, false)
	f("Golden Gate", 0, 0, false)
}

func TestAlike(t *testing.T) {
	f := func(a, b string, want bool) {
		t.Helper()
		if got := alike(a, b); got != want {
			t.Errorf("alike(%q, %q) = %v", a, b, got)
		}
	}
	f("Travel policy 2023", "Travel policy 2025", true)
	f("Travel policy (old)", "Travel policy", true)
	f("handbook/v1/leave", "handbook/v2/leave", true)
	f("minutes of 3 March 2024", "minutes of 14 April 2024", true)
	f("Runbook 1", "Runbook 2", false) // two runbooks, not versions of one
	f("2023", "2025", false)
	f("Travel", "Travel", false)
	f("Travel", "Leave", false)
}

func TestUnopened(t *testing.T) {
	found := aged("a.md | Travel 2023 |  | The limit is 120.", "b.md | Travel 2025 |  | The limit is 150.", "c.md | Leave |  | The limit is 9.")
	for i := range found {
		found[i].Number = 3
	}
	found[1].Number = 0
	if got := Unopened(found); len(got) != 1 || got[0] != "a.md" {
		t.Errorf("unopened %v, want a.md alone: b.md is shown from its beginning, and c.md has no other version", got)
	}
}

func TestRecent(t *testing.T) {
	f := func(question, word string, want bool) {
		t.Helper()
		words := text.AppendWords(nil, question)
		for i, w := range words {
			if question[w.Start:w.End] == word && asksForRecent(words, i) != want {
				t.Errorf("%s: %s asks for what holds now: %v", question, word, !want)
			}
		}
	}
	f("What is the current hotel limit?", "current", true)
	f("What is the current of the pump?", "current", false)
	f("What is the maximum current?", "current", true) // a question may mean it so; then it counts little
	f("Who is the owner now?", "now", true)
	f("current limit", "current", true)
}
