package ask

import (
	"fmt"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/cache"
	"multivac/internal/meaning"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/text"
)

// Gives the documents of a shelf their vectors.
func (s *shelf) enrich(t *testing.T) {
	t.Helper()
	for _, d := range s.documents {
		passages, vectors := text.Segment(d.Text), []byte(nil)
		for _, p := range passages {
			v, err := meaning.Default().Vectors(t.Context(), d.Title, p)
			if err != nil {
				t.Fatal(err)
			}
			vectors = append(vectors, v...)
		}
		s.take(d, store.Change{Passages: passages, Vectors: vectors, Version: store.Version{Segmenter: 1, Vectors: 1}})
	}
}

func understanding(s *shelf, reads bool) *Service {
	asker := New(s, s, s, rank.Default(), cache.New(1<<20, nil))
	asker.Meaning, asker.Reads = meaning.Default, reads
	return asker
}

var office = map[string]string{
	"expenses.md": "# Expenses\n\nReceipts are handed in by the fifth of the month. Claims are reimbursed within ten days.",
	"holidays.md": "# Leave\n\nEverybody may take 28 days off each year. Tell your lead two weeks ahead.",
	"building.md": "# The building\n\nThe door to the garage opens with the blue card. Parking costs nothing on Sundays.",
	"deutsch.md":  "# Kantine\n\nDie Kantine öffnet um elf Uhr. Der Kaffee kostet einen Euro.",
}

// A question that shares no word with its answer is answered.
func TestOtherWords(t *testing.T) {
	s := newShelf(office)
	question := multivac.Question{Text: "When do I get my money back?", Stop: multivac.Eager}
	if a := ask(t, understanding(s, true), question); a.State != multivac.InsufficientData {
		t.Errorf("before anything has vectors: %q", a.Text())
	}
	s.enrich(t)
	for _, reads := range []bool{false, true} {
		if a := ask(t, understanding(s, reads), question); len(a.Sentences) == 0 || !strings.Contains(a.Sentences[0].Text, "reimbursed within ten days") {
			t.Errorf("reading %v: got %v", reads, a.Sentences)
		}
	}
}

// A question in another language is answered as without the model.
func TestOtherLanguage(t *testing.T) {
	s := newShelf(office)
	s.enrich(t)
	for _, question := range []string{"Wann öffnet die Kantine?", "Was kostet der Kaffee in der Kantine?"} {
		q := multivac.Question{Text: question}
		plain, understood := ask(t, New(s, s, s, rank.Default(), nil), q), ask(t, understanding(s, true), q)
		if plain.Confidence != understood.Confidence || plain.Text() != understood.Text() {
			t.Errorf("%s: %q (%v), by words alone %q (%v)", question, understood.Text(), understood.Confidence, plain.Text(), plain.Confidence)
		}
	}
}

// Answers of different stages have different keys in the cache.
func TestStagesAreCachedApart(t *testing.T) {
	s := newShelf(office)
	s.enrich(t)
	asker := understanding(s, true)
	ready := false
	asker.Meaning = func() *meaning.Model {
		if ready {
			return meaning.Default()
		}
		return nil
	}
	q := multivac.Question{Text: "When do I get my money back?"}
	before := ask(t, asker, q)
	ready = true
	if after := ask(t, asker, q); after.Confidence == before.Confidence {
		t.Errorf("got %v twice", before.Confidence)
	}
}

// A collection is understood from its first passage on.
func TestSmallCollections(t *testing.T) {
	for _, passages := range []int{1, 3, 19} {
		texts := map[string]string{"expenses.md": office["expenses.md"]}
		for n := range passages - 1 {
			texts[fmt.Sprintf("room-%d.md", n)] = fmt.Sprintf("# Room %d\n\nThe room has %d chairs. It is painted in grey.", n, n+4)
		}
		s := newShelf(texts)
		s.enrich(t)
		q := multivac.Question{Text: "When do I get my money back?"}
		if a := ask(t, understanding(s, true), q); len(a.Sentences) == 0 || !strings.Contains(a.Sentences[0].Text, "reimbursed within ten days") {
			t.Errorf("of %d passages: got %v, because %v", passages, a.Sentences, a.Reason)
		}
	}
}

// Keywords, which do not tell their language, are understood if the passage that
// they find is not in another one.
func TestKeywords(t *testing.T) {
	s := newShelf(office)
	s.enrich(t)
	f := func(keywords string, meant bool) {
		t.Helper()
		q := multivac.Question{Text: keywords}
		plain, understood := ask(t, New(s, s, s, rank.Default(), nil), q), ask(t, understanding(s, true), q)
		if got := plain.Confidence != understood.Confidence; got != meant {
			t.Errorf("%q: by words %v, understood %v", keywords, plain.Confidence, understood.Confidence)
		}
	}
	f("garage parking sundays", true)
	f("sabbatical holidays quarantine", true)
	f("Kantine Kaffee", false)
}
