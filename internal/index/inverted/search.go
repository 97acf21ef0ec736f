package inverted

import (
	"cmp"
	"slices"
	"sync"

	"multivac/internal/find"
)

// A Hit is a passage that was found.
type Hit struct {
	find.Hit

	member  uint32 // in the snapshot that found it
	passage uint16
}

// A search finds the k best passages for terms, segment by segment and term by
// term, the heaviest term first. It is MaxScore (Turtle and Flood, "Query
// Evaluation: Strategies and Optimizations", 1995). No term adds more to a
// passage than its bound in the segment. For example, let the k-th best score
// be 5 and the bounds of the remaining terms 2, 1 and 1, together 4. Then a
// passage without one of the earlier terms cannot get into the k best, and a
// passage needs a score of at least 1 to get there. So the remaining postings
// are only looked up for the passages that have that score. The result, and
// every score to the last bit, is the same as if all postings were added up.
type search struct {
	snapshot *Snapshot
	terms    []find.Term // by falling weight
	k        int
	best     []candidate // the k best; once there are k, a heap with the worst of them first
	partial  []float32   // a heap of the k best scores so far in one segment

	lists   []list
	scores  [maxPassages]float32
	touched [maxPassages + 1]uint16 // passages whose score is not 0
	rivals  []uint16                // those of them that can still be among the best
	buffer  [maxPassages]uint16
}

// A candidate is one of the k best passages so far.
type candidate struct {
	score   float32
	member  uint32
	passage uint16
}

// before reports whether c is better than d, by score, or by name for equal
// scores.
func (q *search) before(c, d candidate) bool {
	if c.score != d.score {
		return c.score > d.score
	}
	return compare(q.snapshot.id(c.member, c.passage), q.snapshot.id(d.member, d.passage)) < 0
}

// A list is the postings of a term in a segment.
type list struct {
	postingList
	weight float32
	rest   float64 // the most that this list and the lists after it can add to a score
}

// slack widens a bound for the rounding of scores. It is more than the rounding
// error of a sum of 64 numbers of 24 bits.
const slack = 1 + 1e-5

var searches = sync.Pool{New: func() any { return new(search) }}

// Search returns the k passages with the best scores for the terms, the best
// first. Passages of equal scores are sorted by document, revision and number.
func (s *Snapshot) Search(terms []find.Term, k int) []Hit {
	if k <= 0 {
		return nil
	}
	q := searches.Get().(*search)
	defer searches.Put(q)
	q.begin(s, terms, k)
	for i := range s.members {
		q.member(uint32(i))
	}
	return q.hits()
}

func (q *search) begin(s *Snapshot, terms []find.Term, k int) {
	q.snapshot, q.k, q.best = s, k, q.best[:0]
	q.terms = append(q.terms[:0], terms...)
	slices.SortStableFunc(q.terms, func(a, b find.Term) int { return cmp.Compare(b.Weight, a.Weight) })
}

// hits returns the best passages, and drops the snapshot.
func (q *search) hits() []Hit {
	slices.SortFunc(q.best, func(c, d candidate) int {
		if q.before(c, d) {
			return -1
		}
		return 1
	})
	hits := make([]Hit, len(q.best))
	for i, c := range q.best {
		hits[i] = q.snapshot.hit(c.member, c.passage, float64(c.score))
	}
	q.snapshot = nil
	return hits
}

// member searches one member of the snapshot.
func (q *search) member(number uint32) {
	m := &q.snapshot.members[number]
	q.open(m)
	threshold := float32(0)
	if len(q.best) == q.k {
		threshold = q.best[0].score
	}
	touched, next := 0, 0
	for ; next < len(q.lists) && q.lists[next].rest*slack >= float64(threshold); next++ {
		touched = q.accumulate(m.segment, &q.lists[next], touched)
		if len(q.best) < q.k {
			threshold = max(threshold, q.kth(m, touched))
		}
	}
	q.rivals = q.keep(q.rivals[:0], q.touched[:touched], q.least(next, threshold))
	for ; next < len(q.lists); next++ {
		q.rivals = q.lookUp(m.segment, &q.lists[next], q.least(next+1, threshold))
	}
	for _, id := range q.rivals {
		if !m.isLeft(id) {
			q.offer(candidate{q.scores[id], number, id})
		}
	}
	for _, id := range q.touched[:touched] {
		q.scores[id] = 0
	}
}

// open finds the postings of the terms in a member's segment.
func (q *search) open(m *member) {
	seg := m.segment
	// If passages are longer on average now than in the segment when it was
	// made, a frequency can exceed the peak by this factor.
	longer := max(1, float32(q.snapshot.average/seg.average))
	q.lists = q.lists[:0]
	for _, t := range q.terms {
		l, peak := seg.find(t.Stem)
		if len(l.counts) > 0 && t.Weight > 0 {
			weight := float32(t.Weight)
			q.lists = append(q.lists, list{l, weight, float64(weight*saturate(peak*longer)) * slack})
		}
	}
	for i := len(q.lists) - 2; i >= 0; i-- {
		q.lists[i].rest += q.lists[i+1].rest
	}
}

// accumulate adds a list to the scores, and returns how many passages are
// touched after that.
func (q *search) accumulate(seg *segment, l *list, touched int) int {
	ids := l.all(q.buffer[:])
	counts := l.counts[:len(ids)]
	lengths, n, weight := seg.lengths, &q.snapshot.norms, l.weight
	if touched == 0 {
		copy(q.touched[:], ids)
		for k, id := range ids {
			q.scores[id] = weight * saturate(n.frequency(counts[k], lengths, id))
		}
		return len(ids)
	}
	for k, id := range ids {
		score := q.scores[id]
		q.touched[touched] = id
		if score == 0 {
			touched++
		}
		q.scores[id] = score + weight*saturate(n.frequency(counts[k], lengths, id))
	}
	return touched
}

// scanning is how many postings can be read in the time that one lookup takes.
const scanning = 8

// lookUp adds a list to the scores of the rivals. It returns the rivals that
// then have a score of at least least.
func (q *search) lookUp(seg *segment, l *list, least float32) []uint16 {
	n := &q.snapshot.norms
	if !l.isBitmap() && len(l.passages) < scanning*len(q.rivals) {
		counts, lengths, weight := l.counts[:len(l.passages)], seg.lengths, l.weight
		for k, id := range l.passages { // some that are not rivals are added to for nothing
			if score := q.scores[id]; score != 0 {
				q.scores[id] = score + weight*saturate(n.frequency(counts[k], lengths, id))
			}
		}
		return q.keep(q.rivals[:0], q.rivals, least)
	}
	kept := 0
	for _, id := range q.rivals {
		score := q.scores[id]
		if k := l.find(id); k >= 0 {
			score += l.weight * saturate(n.frequency(l.counts[k], seg.lengths, id))
			q.scores[id] = score
		}
		q.rivals[kept] = id
		if score >= least {
			kept++
		}
	}
	return q.rivals[:kept]
}

// least returns the score from which on the lists from next on can still lift a
// passage to the threshold.
func (q *search) least(next int, threshold float32) float32 {
	rest := 0.0
	if next < len(q.lists) {
		rest = q.lists[next].rest
	}
	return float32((float64(threshold)/slack - rest) / slack)
}

// keep appends the passages with a score of at least least.
func (q *search) keep(kept, ids []uint16, least float32) []uint16 {
	n := len(kept)
	kept = slices.Grow(kept, len(ids))[:n+len(ids)]
	for _, id := range ids {
		kept[n] = id
		if q.scores[id] >= least {
			n++
		}
	}
	return kept[:n]
}

// kth returns the k-th best score of the touched, live passages, or 0.
func (q *search) kth(m *member, touched int) float32 {
	if touched < q.k {
		return 0
	}
	heap := q.partial[:0]
	less := func(a, b float32) bool { return a < b }
	for _, id := range q.touched[:touched] {
		score := q.scores[id]
		switch {
		case len(heap) == q.k && score <= heap[0], m.isLeft(id):
		default:
			heap = push(heap, score, q.k, less)
		}
	}
	q.partial = heap
	if len(heap) < q.k {
		return 0
	}
	return heap[0]
}

// offer keeps c if it is among the k best so far.
func (q *search) offer(c candidate) {
	if len(q.best) < q.k || q.before(c, q.best[0]) {
		q.best = push(q.best, c, q.k, func(a, b candidate) bool { return q.before(b, a) })
	}
}

// push adds x to a heap of at most k, whose root is the least. If the heap is
// full, x replaces the root.
func push[T any](heap []T, x T, k int, less func(a, b T) bool) []T {
	if len(heap) < k {
		heap = append(heap, x)
		for i := len(heap) - 1; i > 0; {
			parent := (i - 1) / 2
			if !less(heap[i], heap[parent]) {
				break
			}
			heap[i], heap[parent] = heap[parent], heap[i]
			i = parent
		}
		return heap
	}
	heap[0] = x
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(heap) {
			return heap
		}
		if c+1 < len(heap) && less(heap[c+1], heap[c]) {
			c++
		}
		if !less(heap[c], heap[i]) {
			return heap
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}

// hit makes a Hit of a passage's place in the snapshot.
func (s *Snapshot) hit(member uint32, passage uint16, score float64) Hit {
	return Hit{find.Hit{PassageID: s.id(member, passage), Score: score}, member, passage}
}
