package index

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"multivac"
)

// A Snapshot is an index at one moment. It never changes.
type Snapshot struct {
	members   []member
	documents int
	passages  int
	words     int
	norms     [maxLength + 1]float32 // BM25's length norm, by words of the passage
}

// member is a segment without the documents that have left it since.
type member struct {
	segment   *segment
	left      []uint64 // bit set of documents; nil where none has
	documents int      // that are still live
	passages  int
	words     int
}

func newMember(s *segment, left []uint64) member {
	m := member{segment: s, left: left}
	for d := range s.documents {
		if !m.isDead(uint32(d)) {
			m.documents++
		}
	}
	for i, p := range s.passages {
		if !m.isDead(p.document) {
			m.passages++
			m.words += int(s.lengths[i])
		}
	}
	return m
}

func (m member) isDead(document uint32) bool {
	return m.left != nil && m.left[document/64]>>(document%64)&1 != 0
}

// without returns m without some documents; snapshots that hold m keep it.
func (m member) without(documents []uint32) member {
	left := make([]uint64, (len(m.segment.documents)+63)/64)
	copy(left, m.left)
	for _, d := range documents {
		left[d/64] |= 1 << (d % 64)
	}
	return newMember(m.segment, left)
}

// BM25 as Robertson and Zaragoza give it in "The Probabilistic Relevance
// Framework: BM25 and Beyond" (2009), with the weight of a term in the context
// (title, heading, lead) added to its count after length normalisation, as in
// their BM25F.
const (
	k1            = 1.2
	b             = 0.5
	contextWeight = 1.0
	maxLength     = 1023 // longer passages count as this long
)

func newSnapshot(members []member) *Snapshot {
	s := &Snapshot{members: members}
	for _, m := range members {
		s.documents += m.documents
		s.passages += m.passages
		s.words += m.words
	}
	average := max(1, float64(s.words)/float64(max(1, s.passages)))
	for length := range s.norms {
		s.norms[length] = float32(1 / (1 - b + b*float64(length)/average))
	}
	return s
}

// Size returns how many documents and passages there are.
func (s *Snapshot) Size() (documents, passages int) { return s.documents, s.passages }

// Frequency returns how many passages have the term in their text or context.
// Passages that have left are counted until their segment is merged.
func (s *Snapshot) Frequency(stem uint64) int {
	n := 0
	for _, m := range s.members {
		p := m.segment.terms[stem]
		n += int(p.to - p.from)
	}
	return n
}

// backgroundPassages is how many passages of general text every collection
// is imagined to have in addition, so that a collection of one document knows
// that "the" says little.
const backgroundPassages = 300

// IDF returns the inverse document frequency of the term, never negative.
func (s *Snapshot) IDF(stem uint64) float64 {
	frequency := float64(s.Frequency(stem)) + backgroundPassages*backgroundShare(stem)
	total := float64(s.passages) + backgroundPassages
	return math.Log(1 + (max(total-frequency, 0)+0.5)/(frequency+0.5))
}

// weight is BM25's weight of a term that occurs count times in a passage
// or sentence of so many words, before IDF.
func (s *Snapshot) weight(count uint8, length uint16) float32 {
	tf := float32(count&maxCount) * s.norms[min(length, maxLength)]
	if count&inContext != 0 {
		tf += contextWeight
	}
	return tf * (k1 + 1) / (tf + k1)
}

// A Term of a query.
type Term struct {
	Stem uint64
	IDF  float64
}

// A Hit is a passage found.
type Hit struct {
	multivac.PassageID
	Score float64
}

// accumulator holds the scores of a segment's passages during one search.
type accumulator struct {
	scores  []float32
	touched []uint32
}

var accumulators = sync.Pool{New: func() any { return new(accumulator) }}

// Search returns the k passages that score best for the terms, the best
// first. Of equal scores the one indexed first comes first.
func (s *Snapshot) Search(terms []Term, k int) []Hit {
	var hits []Hit
	for _, m := range s.members {
		hits = append(hits, s.searchMember(m, terms, k)...)
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits[:min(k, len(hits))]
}

func (s *Snapshot) searchMember(m member, terms []Term, k int) []Hit {
	a := accumulators.Get().(*accumulator)
	defer accumulators.Put(a)
	if n := len(m.segment.passages); len(a.scores) < n {
		a.scores = make([]float32, n)
	}
	for _, t := range terms {
		s.accumulate(a, m.segment, t)
	}
	best := a.best(m, k)
	hits := make([]Hit, len(best))
	for i, id := range best {
		p := m.segment.passages[id]
		d := m.segment.documents[p.document]
		hits[i] = Hit{multivac.PassageID{Document: d.id, Revision: d.revision, Number: int(p.number)}, float64(a.scores[id])}
	}
	for _, id := range a.touched {
		a.scores[id] = 0
	}
	a.touched = a.touched[:0]
	return hits
}

func (s *Snapshot) accumulate(a *accumulator, seg *segment, t Term) {
	p := seg.terms[t.Stem]
	counts := seg.count[p.from:p.to]
	idf := float32(t.IDF)
	for i, id := range seg.passage[p.from:p.to] {
		if a.scores[id] == 0 {
			a.touched = append(a.touched, id)
		}
		a.scores[id] += idf * s.weight(counts[i], seg.lengths[id])
	}
}

// best returns the k live touched passages with the highest scores, the best
// first, by a heap whose root is the worst of those kept.
func (a *accumulator) best(m member, k int) []uint32 {
	worse := func(x, y uint32) bool {
		if a.scores[x] != a.scores[y] {
			return a.scores[x] < a.scores[y]
		}
		return x > y
	}
	heap := make([]uint32, 0, k)
	for _, id := range a.touched {
		switch {
		case len(heap) == k && !worse(heap[0], id), m.isDead(m.segment.passages[id].document):
		case len(heap) < k:
			heap = append(heap, id)
			if len(heap) == k {
				for i := k/2 - 1; i >= 0; i-- {
					down(heap, i, worse)
				}
			}
		default:
			heap[0] = id
			down(heap, 0, worse)
		}
	}
	slices.SortFunc(heap, func(x, y uint32) int {
		if worse(x, y) {
			return 1
		}
		return -1
	})
	return heap
}

// down restores the heap below i.
func down(heap []uint32, i int, worse func(x, y uint32) bool) {
	for {
		c := 2*i + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && worse(heap[c+1], heap[c]) {
			c++
		}
		if !worse(heap[c], heap[i]) {
			return
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}
