package inverted

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"multivac/internal/meaning"
)

// sketched is how many sentences are compared in full for each wanted passage:
// those with the nearest sketches. They include 99% of the 12 sentences that
// are really nearest, measured on SQuAD's 91,793 sentences.
const sketched = 32

// A sweep finds the nearest sentences.
type sweep struct {
	counts [meaning.Width + 1]int32 // of sentences, by distance of their sketch
	near   []nearSentence
}

type nearSentence struct {
	member, vector uint32
	block, passage uint16
	cosine         float32
}

var sweeps = sync.Pool{New: func() any { return new(sweep) }}

// Nearest returns the k passages with the sentences most like q in meaning, the
// best first, without scores. It compares the sketches of all sentences, and
// then the vectors of those with the nearest sketches.
func (s *Snapshot) Nearest(q *meaning.Vector, k int) []Hit {
	if k <= 0 {
		return nil
	}
	defer runtime.KeepAlive(s)
	w := sweeps.Get().(*sweep)
	defer sweeps.Put(w)
	w.sketches(s, q.Sketch(), k*sketched)
	length := q.Length()
	for i := range w.near {
		n := &w.near[i]
		n.cosine = s.members[n.member].vectors[n.block].cosine(q, length, int(n.vector))
	}
	slices.SortFunc(w.near, func(a, b nearSentence) int {
		if a.cosine != b.cosine {
			return cmp.Compare(b.cosine, a.cosine)
		}
		return compare(s.id(a.member, a.passage), s.id(b.member, b.passage))
	})
	var found []Hit
	for _, n := range w.near {
		if !slices.ContainsFunc(found, func(h Hit) bool { return h.member == n.member && h.passage == n.passage }) {
			if found = append(found, s.hit(n.member, n.passage, 0)); len(found) == k {
				break
			}
		}
	}
	return found
}

// Cosines returns, for each hit, how like q its sentences are in meaning, from
// -1 to 1. A passage without vectors has none.
func (s *Snapshot) Cosines(q *meaning.Vector, hits []Hit) [][]float32 {
	defer runtime.KeepAlive(s)
	all, length := make([][]float32, len(hits)), q.Length()
	for i, h := range hits {
		all[i] = []float32{}
		for _, v := range s.members[h.member].vectors {
			first, n := v.of(h.passage)
			for k := range n {
				all[i] = append(slices.Grow(all[i], n-k), v.cosine(q, length, first+k))
			}
		}
	}
	return all
}

// sketches finds about n sentences with the sketches nearest to q: all whose
// distance is at most that of the n-th.
func (w *sweep) sketches(s *Snapshot, q meaning.Sketch, n int) {
	clear(w.counts[:])
	for i := range s.members {
		m := &s.members[i]
		for _, v := range m.vectors {
			w.count(m, v, q)
		}
	}
	limit, within := 0, int(w.counts[0])
	for ; limit < meaning.Width && within < n; limit++ {
		within += int(w.counts[limit+1])
	}
	w.near = w.near[:0]
	for i := range s.members {
		for b := range s.members[i].vectors {
			w.collect(s, uint32(i), uint16(b), q, limit)
		}
	}
}

// count counts the sentences of a block by their distance from q.
func (w *sweep) count(m *member, v *vectors, q meaning.Sketch) {
	if m.left == nil {
		for k := range v.sketches {
			w.counts[q.Distance(&v.sketches[k])]++
		}
		return
	}
	for i, p := range v.passages {
		if !m.isLeft(p) {
			for k := v.first[i]; k < v.first[i+1]; k++ {
				w.counts[q.Distance(&v.sketches[k])]++
			}
		}
	}
}

// collect keeps the live sentences of a block whose distance from q is at most
// limit.
func (w *sweep) collect(s *Snapshot, member uint32, block uint16, q meaning.Sketch, limit int) {
	m := &s.members[member]
	v := m.vectors[block]
	i := 0
	for k := range v.sketches {
		if q.Distance(&v.sketches[k]) > limit {
			continue
		}
		for int(v.first[i+1]) <= k {
			i++
		}
		if p := v.passages[i]; !m.isLeft(p) {
			w.near = append(w.near, nearSentence{member: member, vector: uint32(k), block: block, passage: p})
		}
	}
}
