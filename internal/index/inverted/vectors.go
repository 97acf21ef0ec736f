package inverted

import (
	"cmp"
	"runtime"
	"slices"
	"unsafe"

	"multivac/internal/meaning"
	"multivac/internal/memory"
)

// vectors is a block of the vectors of some of a segment's passages, sorted by
// passage. A passage without vectors takes no room in it. The vectors of
// passages[i] are those from first[i] to before first[i+1].
type vectors struct {
	passages []uint16
	first    []uint32 // one more says where the last one ends
	numbers  []int8   // meaning.Width of each vector
	lengths  []float32
	sketches []meaning.Sketch
}

// vectorBytes is the size of a vector with its sketch and its length.
const vectorBytes = meaning.SketchBytes + 4 + meaning.Width

func (v *vectors) size() int { return len(v.lengths) }

func (v *vectors) bytes() int { return 2*cap(v.passages) + 4*cap(v.first) + vectorBytes*v.size() }

// offHeap is the number of vectors from which a block keeps them outside the Go
// heap.
const offHeap = 256

// newVectors makes room for at most n vectors. A large block keeps them outside
// the Go heap, where pages that were never written take no memory. They are
// unmapped when the block becomes unreachable, so readers hold its snapshot
// until they are done (runtime.KeepAlive).
func newVectors(n int) *vectors {
	v := &vectors{first: make([]uint32, 1)}
	if n < offHeap {
		v.numbers, v.lengths, v.sketches = make([]int8, 0, n*meaning.Width), make([]float32, 0, n), make([]meaning.Sketch, 0, n)
		return v
	}
	room := memory.Allocate(n * vectorBytes)
	runtime.AddCleanup(v, memory.Free, room)
	sketches, lengths, numbers := room, room[n*meaning.SketchBytes:], room[n*(meaning.SketchBytes+4):]
	v.sketches = unsafe.Slice((*meaning.Sketch)(unsafe.Pointer(&sketches[0])), n)[:0]
	v.lengths = unsafe.Slice((*float32)(unsafe.Pointer(&lengths[0])), n)[:0]
	v.numbers = unsafe.Slice((*int8)(unsafe.Pointer(&numbers[0])), n*meaning.Width)[:0]
	return v
}

// add adds the vectors of the next passage. If made is empty, it adds nothing.
func (v *vectors) add(passage uint16, made []byte) {
	if len(made) < meaning.Width {
		return
	}
	for ; len(made) >= meaning.Width; made = made[meaning.Width:] {
		for _, b := range made[:meaning.Width] {
			v.numbers = append(v.numbers, int8(b))
		}
		latest := v.at(v.size())
		v.lengths = append(v.lengths, latest.Length())
		v.sketches = append(v.sketches, latest.Sketch())
	}
	v.end(passage)
}

// copy adds the vectors of passage number i of another block, as those of the
// next passage.
func (v *vectors) copy(passage uint16, from *vectors, i int) {
	first, end := from.first[i], from.first[i+1]
	v.numbers = append(v.numbers, from.numbers[first*meaning.Width:end*meaning.Width]...)
	v.lengths = append(v.lengths, from.lengths[first:end]...)
	v.sketches = append(v.sketches, from.sketches[first:end]...)
	v.end(passage)
}

func (v *vectors) end(passage uint16) {
	v.passages = append(v.passages, passage)
	v.first = append(v.first, uint32(v.size()))
}

// fit frees the room that was not needed. It returns nil for a block without
// vectors.
func (v *vectors) fit() *vectors {
	if v.size() == 0 {
		return nil
	}
	v.passages, v.first = fit(v.passages), fit(v.first)
	return v
}

// at returns a vector by its number.
func (v *vectors) at(i int) *meaning.Vector {
	return (*meaning.Vector)(v.numbers[i*meaning.Width:])
}

// of returns the number of the first vector of a passage, and how many it has.
func (v *vectors) of(passage uint16) (first, n int) {
	i, ok := slices.BinarySearch(v.passages, passage)
	if !ok {
		return 0, 0
	}
	return int(v.first[i]), int(v.first[i+1] - v.first[i])
}

// cosine returns the cosine of q, whose length is given, and the i-th vector.
func (v *vectors) cosine(q *meaning.Vector, length float32, i int) float32 {
	return meaning.Product(q, v.at(i)) / max(1e-9, length*v.lengths[i])
}

// gather makes one block of the vectors of the live passages of several
// members. numbers are the passages' new numbers, by member. They ascend from
// one member to the next. It returns nil if there are no vectors.
func gather(members []member, numbers [][]int32) *vectors {
	defer runtime.KeepAlive(members)
	n := 0
	for i := range members {
		n += members[i].sentences()
	}
	all := newVectors(n)
	for i := range members {
		all.gather(&members[i], numbers[i])
	}
	return all.fit()
}

// gather copies the vectors of the live passages of m, in order. Of the blocks
// of m, it always takes the one with the lowest passage next.
func (v *vectors) gather(m *member, numbers []int32) {
	next := make([]int, len(m.vectors))
	for {
		from := -1
		for b, block := range m.vectors {
			if next[b] < len(block.passages) && (from < 0 || block.passages[next[b]] < m.vectors[from].passages[next[from]]) {
				from = b
			}
		}
		if from < 0 {
			return
		}
		block, i := m.vectors[from], next[from]
		next[from]++
		if p := block.passages[i]; !m.isLeft(p) {
			v.copy(uint16(numbers[p]), block, i)
		}
	}
}

// sentences returns how many vectors the live passages of m have.
func (m *member) sentences() (n int) {
	for _, v := range m.vectors {
		if m.left == nil {
			n += v.size()
			continue
		}
		for i, p := range v.passages {
			if !m.isLeft(p) {
				n += int(v.first[i+1] - v.first[i])
			}
		}
	}
	return n
}

// hasVectors reports whether a passage of m has vectors.
func (m *member) hasVectors(passage uint16) bool {
	return slices.ContainsFunc(m.vectors, func(v *vectors) bool { _, n := v.of(passage); return n > 0 })
}

// blocks makes a block of vectors for each segment that has some of the
// documents. It leaves out the documents that Attach leaves out.
func (x *Index) blocks(docs []Document) map[*segment]*vectors {
	type arrival struct {
		document uint32
		*Document
	}
	arrivals := map[*segment][]arrival{}
	for i := range docs {
		p, ok := x.places[docs[i].ID]
		if !ok || !fits(&docs[i]) {
			continue
		}
		for at := &p; at != nil; at = at.rest {
			if at.segment.documents[at.document].revision == docs[i].Revision {
				arrivals[at.segment] = append(arrivals[at.segment], arrival{at.document, &docs[i]})
			}
		}
	}
	blocks := map[*segment]*vectors{}
	for _, m := range x.Snapshot().members {
		came, n := arrivals[m.segment], 0
		slices.SortFunc(came, func(a, b arrival) int { return cmp.Compare(a.document, b.document) })
		for _, a := range came {
			n += len(a.Vectors) / meaning.Width
		}
		if n == 0 {
			continue
		}
		v := newVectors(n)
		for i, a := range came {
			if i == 0 || came[i-1].document != a.document {
				m.addVectors(v, a.document, a.Document)
			}
		}
		blocks[m.segment] = v.fit()
	}
	return blocks
}

// fits reports whether a document has as many vectors as sentences.
func fits(d *Document) bool {
	n := 0
	for _, p := range d.Passages {
		n += len(p.Sentences)
	}
	return len(d.Vectors) == n*meaning.Width
}

// addVectors adds to v the vectors of a document of m, unless it has some.
func (m *member) addVectors(v *vectors, document uint32, d *Document) {
	made := map[int][]byte{} // by number of the passage
	rest := d.Vectors
	for _, p := range d.Passages {
		n := len(p.Sentences) * meaning.Width
		made[p.Number], rest = rest[:n], rest[n:]
	}
	first, end := m.segment.passagesOf(document)
	for p := first; p < end; p++ {
		if !m.hasVectors(uint16(p)) {
			v.add(uint16(p), made[int(m.segment.passages[p].number)])
		}
	}
}
