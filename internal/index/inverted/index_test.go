package inverted

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/text"
)

// doc makes a document of one passage for each text.
func doc(id string, revision int, texts ...string) Document {
	d := Document{ID: multivac.DocumentID(id), Revision: multivac.Revision(revision)}
	for i, t := range texts {
		d.Passages = append(d.Passages, multivac.Passage{Number: i, Text: t})
	}
	return d
}

// query reads the question into terms. An identifier is one term, without its
// parts.
func query(s *Snapshot, q string) (terms []find.Term) {
	words := text.AppendTerms(nil, q)
	for _, w := range words {
		if !slices.ContainsFunc(words, func(of text.Word) bool {
			return of.Flags&text.Whole != 0 && of.Start <= w.Start && w.End < of.End+min(1, w.Start-of.Start)
		}) {
			terms = append(terms, find.Term{Stem: w.Stem, Weight: rarity(s, w.Stem)})
		}
	}
	return terms
}

// rarity is the weight of a term in these tests. It falls with the number of
// passages that have the term.
func rarity(s *Snapshot, stem uint64) float64 {
	passages := s.Passages()
	n := float64(s.Count(stem))
	return math.Log(1 + (float64(passages)-n+0.5)/(n+0.5))
}

func found(x *Index, q string) (ids []string) {
	s := x.Snapshot()
	for _, h := range s.Search(query(s, q), 10) {
		ids = append(ids, fmt.Sprintf("%s@%d/%d", h.Document, h.Revision, h.Number))
	}
	return ids
}

func TestSearch(t *testing.T) {
	x := New()
	f := func(q string, want ...string) {
		t.Helper()
		if got := found(x, q); !slices.Equal(got, want) {
			t.Errorf("Search(%q) = %v, want %v", q, got, want)
		}
	}
	f("anything")
	x.Put(doc("a", 1, "The robot speaks.", "A star cools down."), doc("b", 1, "Robots obey robots."))
	f("robot", "b@1/0", "a@1/0")
	f("cooling star", "a@1/1")
	f("nothing here")
	x.Put(doc("b", 2, "A star explodes: the star is gone."))
	f("robot", "a@1/0")
	f("star", "b@2/0", "a@1/1")
	x.Put(doc("c", 1, "Crates."), doc("d", 1, "Lamps.", "More.", "And more.", "And still more."))
	x.Remove("c")
	if s := x.Snapshot(); s.Count(query(s, "crates")[0].Stem) != 0 || s.Count(query(s, "lamps")[0].Stem) != 1 || s.Count(query(s, "nowhere")[0].Stem) != 0 {
		t.Error("what has left is counted, or what is there is not")
	}
	x.Remove("d")
	x.Remove("a", "unknown")
	f("robot")
	x.Remove("b")
	f("star")
	if d, p := len(x.places), x.Snapshot().Passages(); d != 0 || p != 0 {
		t.Errorf("Size() = %d, %d after removing all, want 0, 0", d, p)
	}
}

func TestContextIsSearched(t *testing.T) {
	x := New()
	d := doc("a", 1, "Tighten it to 3 Nm.")
	d.Title, d.Passages[0].Heading, d.Passages[0].Lead = "Brakes", "Changing pads", "Then:"
	x.Put(d, doc("b", 1, "Tighten the saddle to 5 Nm."))
	for _, q := range []string{"brakes", "pads", "then"} {
		if got := found(x, q); !slices.Equal(got, []string{"a@1/0"}) {
			t.Errorf("Search(%q) = %v, want a@1/0", q, got)
		}
	}
}

func TestLaterOfTwoWins(t *testing.T) {
	x := New()
	x.Put(doc("a", 1, "old"), doc("a", 2, "new"))
	if got := found(x, "old new"); !slices.Equal(got, []string{"a@2/0"}) {
		t.Errorf("found %v, want a@2/0", got)
	}
}

// TestAgainstScan tells, replaces and removes documents at random, and compares
// the results with those of a scan of all documents by the same formula.
func TestAgainstScan(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	vocabulary := strings.Fields("robot star law human brain cube moon ship earth atom logic truth")
	sentence := func() string {
		var s []string
		for range 1 + r.IntN(12) {
			s = append(s, vocabulary[r.IntN(len(vocabulary))])
		}
		return strings.Join(s, " ")
	}
	x, live := New(), map[string]Document{}
	for step := range 600 {
		switch id := fmt.Sprint("d", r.IntN(60)); {
		case r.IntN(4) == 0:
			x.Remove(multivac.DocumentID(id))
			delete(live, id)
		default:
			d := doc(id, step+1, sentence(), sentence())
			x.Put(d)
			live[id] = d
		}
		q := sentence()
		s := x.Snapshot()
		terms := query(s, q)
		got := s.Search(terms, 5)
		want := scan(s, live, terms)
		for i, h := range got {
			if diff := h.Score - want[i]; diff > 1e-3 || diff < -1e-3 {
				t.Fatalf("step %d: Search(%q)[%d].Score = %v, want %v", step, q, i, h.Score, want[i])
			}
			if d := live[string(h.Document)]; d.Revision != h.Revision {
				t.Fatalf("step %d: found %v, which is not live", step, h.PassageID)
			}
		}
		if len(got) != min(5, len(want)) {
			t.Fatalf("step %d: Search(%q) found %d, want %d", step, q, len(got), min(5, len(want)))
		}
		if len(s.members) > 12 {
			t.Fatalf("step %d: %d segments for %d documents", step, len(s.members), len(live))
		}
	}
}

// scan returns the positive scores of all passages, the best first.
func scan(s *Snapshot, live map[string]Document, terms []find.Term) (scores []float64) {
	for _, d := range live {
		for _, p := range d.Passages {
			counts, words := map[uint64]uint8{}, text.AppendWords(nil, p.Text)
			for _, w := range words {
				counts[w.Stem]++
			}
			score := 0.0
			for _, t := range terms {
				if c := counts[t.Stem]; c > 0 {
					score += t.Weight * float64(saturate(s.norms.frequency(newCount(c, uint16(len(words))), nil, 0)))
				}
			}
			if score > 0 {
				scores = append(scores, score)
			}
		}
	}
	slices.SortFunc(scores, func(a, b float64) int { return cmp.Compare(b, a) })
	return scores
}

// TestReadersSeeWhole checks that a reader sees a Put of two documents whole or
// not at all. Run it with the race detector.
func TestReadersSeeWhole(t *testing.T) {
	x := New()
	x.Put(doc("a", 1, "robot"), doc("b", 1, "robot"))
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				s := x.Snapshot()
				hits := s.Search(query(s, "robot"), 10)
				if len(hits) != 2 || hits[0].Revision != hits[1].Revision {
					t.Errorf("found %v, want both documents at one revision", hits)
					return
				}
			}
		})
	}
	for i := range 500 {
		x.Put(doc("a", i+2, "robot"), doc("b", i+2, "robot"))
	}
	close(done)
	wg.Wait()
}

func TestBytes(t *testing.T) {
	x := New()
	empty := x.Snapshot().Bytes()
	put := func(n int) int {
		for i := range n {
			id := multivac.DocumentID(fmt.Sprintf("%032x", i))
			x.Put(Document{ID: id, Revision: 1, Passages: text.Segment(fmt.Sprintf("# Disc %d\n\nPads of disc %d are scrapped at %d mm.", i, i, i))})
		}
		return x.Snapshot().Bytes()
	}
	few, many := put(100), put(1000)
	if empty > 1000 || few < 100*100 || many < 5*few {
		t.Errorf("an index takes %d bytes with nothing in it, %d with 100 documents, %d with 1000", empty, few, many)
	}
}

// A removed document is not counted, whether its segment is merged or not.
// Otherwise a word would become more frequent each time its document is
// replaced.
func TestFrequencyOfWhatLeft(t *testing.T) {
	x := New()
	for i := range 40 {
		x.Put(doc(fmt.Sprint(i), 1, fmt.Sprintf("the pump %d", i)))
	}
	want := map[string]int{"pump": 40, "7": 1, "8": 1, "39": 1}
	f := func(when string) {
		t.Helper()
		for word, n := range want {
			if got := x.Snapshot().Count(text.AppendWords(nil, word)[0].Stem); got != n {
				t.Errorf("%s: %q is in %d passages, want %d", when, word, got, n)
			}
		}
	}
	f("before")
	for i := range 8 { // too few for a merge
		x.Put(doc(fmt.Sprint(i), 2, fmt.Sprintf("the pump %d", i)))
	}
	f("after some were replaced")
	x.Remove("39")
	want["pump"], want["39"] = 39, 0
	f("after one was removed")
}
