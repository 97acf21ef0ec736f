package inverted

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/text"
)

// exhaustive adds up all postings of all terms, the heaviest first.
func exhaustive(s *Snapshot, terms []find.Term, k int) (hits []Hit) {
	terms = slices.Clone(terms)
	slices.SortStableFunc(terms, func(a, b find.Term) int { return cmp.Compare(b.Weight, a.Weight) })
	for _, m := range s.members {
		seg := m.segment
		scores := make([]float32, len(seg.passages))
		for _, t := range terms {
			l, _ := seg.find(t.Stem)
			for k, id := range l.all(nil) {
				scores[id] += float32(t.Weight) * saturate(s.norms.frequency(l.counts[k], seg.lengths, id))
			}
		}
		for id, score := range scores {
			p := seg.passages[id]
			if d := seg.documents[p.document]; score > 0 && !m.isLeft(uint16(id)) {
				hits = append(hits, Hit{Hit: find.Hit{PassageID: multivac.PassageID{Document: d.id, Revision: d.revision, Number: int(p.number)}, Score: float64(score)}})
			}
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), compare(a.PassageID, b.PassageID)) })
	return hits[:min(k, len(hits))]
}

// zipf makes passages with words as unevenly distributed as those of a
// language.
type zipf struct {
	*rand.Rand
	words *rand.Zipf
}

func newZipf(seed uint64) zipf {
	r := rand.New(rand.NewPCG(seed, 1))
	return zipf{r, rand.NewZipf(r, 1.1, 1, 5000)}
}

// text returns words of letters only, like most words.
func (z zipf) text(words int) string {
	var s strings.Builder
	for range words {
		fmt.Fprintf(&s, "w%d ", z.words.Uint64())
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return rune("abcfhikmno"[r-'0'])
		}
		return r
	}, s.String())
}

// same compares everything that the caller of Search sees of a hit.
func same(a, b Hit) bool { return a.PassageID == b.PassageID && a.Score == b.Score }

// TestSearchIsExact checks that leaving out postings changes nothing: not the
// passages found, not their order for equal scores, and not one bit of a score.
func TestSearchIsExact(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	z := newZipf(seed)
	x := New()
	for batch := range 12 {
		var docs []Document
		for i := range 400 {
			id := fmt.Sprint("d", i+400*batch)
			if z.IntN(10) == 0 { // a new revision of an old one
				id = fmt.Sprint("d", z.IntN(400*batch+1))
			}
			same := z.text(5 + z.IntN(40)) // equal scores within a document
			d := doc(id, batch+1, same, same, z.text(10))
			if z.IntN(3) == 0 {
				d.Title = z.text(2)
			}
			docs = append(docs, d)
		}
		x.Put(docs...)
		x.Remove(multivac.DocumentID(fmt.Sprint("d", z.IntN(400*batch+1))))
		s := x.Snapshot()
		for range 10 {
			q := z.text(1 + z.IntN(12))
			terms := query(s, q)
			for i := range terms {
				terms[i].Weight *= z.Float64() // as the ranker weighs them
			}
			for _, k := range []int{1, 10, 20} {
				if got, want := s.Search(terms, k), exhaustive(s, terms, k); !slices.EqualFunc(got, want, same) {
					t.Fatalf("Search(%q, %d) of %d segments = %v, want %v", q, k, len(s.members), got, want)
				}
			}
		}
	}
}

func TestSearchDoesNotAllocate(t *testing.T) {
	if raced {
		t.Skip("the race detector has the pool of searches drop some, which are made again")
	}
	z := newZipf(1)
	x := New()
	for i := range 5000 {
		if i%1000 == 0 {
			x.Put(doc(fmt.Sprint("d", i), 1, z.text(40)))
		}
	}
	var docs []Document
	for i := range 5000 {
		docs = append(docs, doc(fmt.Sprint("e", i), 1, z.text(40)))
	}
	x.Put(docs...)
	s := x.Snapshot()
	terms := query(s, z.text(10))
	for range 10 {
		s.Search(terms, 10)
	}
	if got := testing.AllocsPerRun(100, func() { s.Search(terms, 10) }); got > 2 { // the hits, and now and then a search that the pool had dropped
		t.Errorf("Search allocates %v times, want only its hits", got)
	}
	if got := testing.AllocsPerRun(100, func() { s.Count(terms[0].Stem) }); got > 0 {
		t.Errorf("Count allocates %v times", got)
	}
}

// TestHugeDocument tells a document with more passages than a segment holds.
func TestHugeDocument(t *testing.T) {
	x := New()
	huge := func(revision, passages int) (d Document) {
		d = Document{ID: "huge", Revision: multivac.Revision(revision)}
		for i := range passages {
			d.Passages = append(d.Passages, multivac.Passage{Number: i, Text: fmt.Sprintf("number%d", i)})
		}
		return d
	}
	f := func(q string, want ...string) {
		t.Helper()
		if got := found(x, q); !slices.Equal(got, want) {
			t.Errorf("Search(%q) = %v, want %v", q, got, want)
		}
	}
	x.Put(doc("small", 1, "robot"), huge(1, 2*maxPassages+7))
	f("number0", "huge@1/0")
	f(fmt.Sprint("number", 2*maxPassages+6), fmt.Sprint("huge@1/", 2*maxPassages+6))
	f("robot", "small@1/0")
	x.Put(huge(2, maxPassages+1))
	f(fmt.Sprint("number", 2*maxPassages+6))
	f(fmt.Sprint("number", maxPassages), fmt.Sprint("huge@2/", maxPassages))
	if d, p := len(x.places), x.Snapshot().Passages(); d != 2 || p != maxPassages+2 {
		t.Errorf("Size() = %d, %d, want 2 documents and %d passages", d, p, maxPassages+2)
	}
	x.Put(huge(3, 3)) // the remaining parts are one again
	f("number0", "huge@3/0")
	x.Remove("huge")
	f("number0")
	f("robot", "small@1/0")
	if d, p := len(x.places), x.Snapshot().Passages(); d != 1 || p != 1 {
		t.Errorf("Size() = %d, %d, want 1, 1", d, p)
	}
}

// TestSegmentsStayFew tells many documents in batches of many sizes.
func TestSegmentsStayFew(t *testing.T) {
	z := newZipf(2)
	x := New()
	n := 0
	for n < 3*maxPassages {
		var docs []Document
		for range 1 + z.IntN(30_000) {
			docs = append(docs, doc(fmt.Sprint(n), 1, "robot"))
			n++
		}
		x.Put(docs...)
	}
	if got := len(x.Snapshot().members); got > 12 {
		t.Errorf("%d segments for %d passages", got, n)
	}
	if got := x.Snapshot().Count(text.AppendWords(nil, "robot")[0].Stem); got != n {
		t.Errorf("Count = %d, want %d", got, n)
	}
}

func BenchmarkSearch(b *testing.B) {
	z := newZipf(3)
	x := New()
	var docs []Document
	for i := range 50_000 {
		docs = append(docs, doc(fmt.Sprint(i), 1, z.text(75)))
	}
	x.Put(docs...)
	s := x.Snapshot()
	var queries [][]find.Term
	for range 64 {
		queries = append(queries, query(s, z.text(8)))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Search(queries[i%len(queries)], 10)
	}
}

func BenchmarkPut(b *testing.B) {
	z := newZipf(4)
	var docs []Document
	for i := range 5_000 {
		docs = append(docs, doc(fmt.Sprint(i), 1, z.text(75)))
	}
	for b.Loop() {
		New().Put(docs...)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*5000*75), "ns/word")
}
