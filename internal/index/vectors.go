package index

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"multivac/internal/meaning"
	"multivac/internal/memory"
)

// vectors are those of the sentences of a segment's passages, passage by
// passage. A passage without any takes no room but its entry in first, and a
// segment without any takes none.
type vectors struct {
	first    []uint32 // of each passage, and one more, where the last one ends; nil where there are none
	numbers  []int8   // meaning.Width of each
	lengths  []float32
	sketches []meaning.Sketch
}

func (v *vectors) bytes() int {
	return 4*cap(v.first) + vectorBytes*len(v.lengths)
}

// of returns the number of the first vector of a passage, and how many it has.
func (v *vectors) of(passage int) (first, n int) {
	if passage+1 >= len(v.first) {
		return 0, 0
	}
	return int(v.first[passage]), int(v.first[passage+1] - v.first[passage])
}

// vectors returns how many m has of the documents that are still live.
func (m *member) vectors() (n int) {
	v := &m.segment.vectors
	if m.left == nil {
		return len(v.lengths)
	}
	for i, p := range m.segment.passages {
		if !m.isDead(p.document) {
			_, of := v.of(i)
			n += of
		}
	}
	return n
}

// at returns a vector by its number.
func (v *vectors) at(i int) *meaning.Vector {
	return (*meaning.Vector)(v.numbers[i*meaning.Width:])
}

// pad gives the passages that have come before an entry each.
func (v *vectors) pad(passages int) {
	for len(v.first) < passages+1 {
		v.first = append(v.first, uint32(len(v.lengths)))
	}
}

// add adds the vectors of the latest of so many passages.
func (v *vectors) add(passages int, made []byte) {
	if len(made) < meaning.Width {
		return
	}
	v.pad(passages - 1)
	for ; len(made) >= meaning.Width; made = made[meaning.Width:] {
		for _, b := range made[:meaning.Width] {
			v.numbers = append(v.numbers, int8(b))
		}
		latest := v.at(len(v.lengths))
		v.lengths = append(v.lengths, latest.Length())
		v.sketches = append(v.sketches, latest.Sketch())
	}
	v.first = append(v.first, uint32(len(v.lengths)))
}

// copy adds those of a passage of another segment as those of the latest of so
// many passages.
func (v *vectors) copy(passages int, from *vectors, passage int) {
	first, n := from.of(passage)
	if n == 0 {
		return
	}
	v.pad(passages - 1)
	v.numbers = append(v.numbers, from.numbers[first*meaning.Width:(first+n)*meaning.Width]...)
	v.lengths = append(v.lengths, from.lengths[first:first+n]...)
	v.sketches = append(v.sketches, from.sketches[first:first+n]...)
	v.first = append(v.first, uint32(len(v.lengths)))
}

// end is told when all passages have come.
func (v *vectors) end(passages int) {
	if len(v.lengths) > 0 {
		v.pad(passages)
		v.first = fit(v.first)
	}
}

// vectorBytes is what a vector takes with its sketch and its length.
const vectorBytes = meaning.SketchBytes + 4 + meaning.Width

// apart is how many vectors have memory of their own, which is given back once
// v is not reached any more: who reads them keeps v until then. What is not
// written of it takes none.
const apart = 256

// begin makes room for n vectors, the most that will come.
func (v *vectors) begin(n int) {
	if n < apart {
		v.numbers, v.lengths, v.sketches = make([]int8, 0, n*meaning.Width), make([]float32, 0, n), make([]meaning.Sketch, 0, n)
		return
	}
	room := memory.Allocate(n * vectorBytes)
	runtime.AddCleanup(v, memory.Free, room)
	sketches, lengths, numbers := room, room[n*meaning.SketchBytes:], room[n*(meaning.SketchBytes+4):]
	v.sketches = unsafe.Slice((*meaning.Sketch)(unsafe.Pointer(&sketches[0])), n)[:0]
	v.lengths = unsafe.Slice((*float32)(unsafe.Pointer(&lengths[0])), n)[:0]
	v.numbers = unsafe.Slice((*int8)(unsafe.Pointer(&numbers[0])), n*meaning.Width)[:0]
}

// sketched is how many sentences are compared in full for each passage that is
// wanted: those whose sketches are nearest. Of the 12 that are really nearest
// among SQuAD's 91,793, 99 in 100 are among them.
const sketched = 32

// A sweep finds the nearest sentences.
type sweep struct {
	counts [meaning.Width + 1]int32
	near   []nearSentence
}

type nearSentence struct {
	member, vector uint32
	passage        uint16
	cosine         float32
}

var sweeps = sync.Pool{New: func() any { return new(sweep) }}

// Nearest returns the k passages with the sentences whose sense is the most
// like q's, the best first, without scores: a sweep over the sketches of all
// sentences, and then over the vectors of those nearest.
func (s *Snapshot) Nearest(q *meaning.Vector, k int) []Hit {
	defer runtime.KeepAlive(s)
	w := sweeps.Get().(*sweep)
	defer sweeps.Put(w)
	w.sketches(s, q.Sketch(), k*sketched)
	length := q.Length()
	for i := range w.near {
		n := &w.near[i]
		n.cosine = s.members[n.member].segment.vectors.cosine(q, length, int(n.vector))
	}
	slices.SortFunc(w.near, func(a, b nearSentence) int {
		return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(a.member, b.member), cmp.Compare(a.vector, b.vector))
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

// Cosines returns how like q's sense the sentences of the hits' passages are,
// from -1 to 1; nothing for a passage without vectors.
func (s *Snapshot) Cosines(q *meaning.Vector, hits []Hit) [][]float32 {
	defer runtime.KeepAlive(s)
	all, length := make([][]float32, len(hits)), q.Length()
	for i, h := range hits {
		v := &s.members[h.member].segment.vectors
		first, n := v.of(int(h.passage))
		all[i] = make([]float32, n)
		for k := range all[i] {
			all[i][k] = v.cosine(q, length, first+k)
		}
	}
	return all
}

// cosine is that of q, which is so long, and a vector by its number.
func (v *vectors) cosine(q *meaning.Vector, length float32, i int) float32 {
	return meaning.Product(q, v.at(i)) / max(1e-9, length*v.lengths[i])
}

// sketches finds the about n sentences whose sketches are nearest to q: all
// that are no farther than the farthest of the first n.
func (w *sweep) sketches(s *Snapshot, q meaning.Sketch, n int) {
	clear(w.counts[:])
	for i := range s.members {
		for k := range s.members[i].segment.sketches {
			w.counts[q.Distance(&s.members[i].segment.sketches[k])]++
		}
	}
	limit, within := 0, int(w.counts[0])
	for ; limit < meaning.Width && within < n; limit++ {
		within += int(w.counts[limit+1])
	}
	w.near = w.near[:0]
	for i := range s.members {
		m := &s.members[i]
		passage := 0
		for k := range m.segment.sketches {
			if q.Distance(&m.segment.sketches[k]) > limit {
				continue
			}
			for int(m.segment.first[passage+1]) <= k {
				passage++
			}
			if !m.isDead(m.segment.passages[passage].document) {
				w.near = append(w.near, nearSentence{uint32(i), uint32(k), uint16(passage), 0})
			}
		}
	}
}
