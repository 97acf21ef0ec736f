package inverted

import (
	"cmp"
	"math/bits"
	"slices"

	"multivac"
)

// A Snapshot is an index at one moment. It never changes.
type Snapshot struct {
	members  []member
	passages int
	average  float64 // length of a passage
	norms    norms
}

// A member is a segment without the documents that were removed since, and with
// the vectors that were made for the others.
type member struct {
	segment   *segment
	left      []uint16   // bit set of passages, 16 per element; nil if none was removed
	vectors   []*vectors // the oldest first
	documents int        // that are still live
	passages  int        // that are still live
	words     int        // of live passages
}

func newMember(s *segment, v *vectors) member {
	m := member{segment: s, documents: len(s.documents), passages: len(s.passages)}
	for _, n := range s.lengths {
		m.words += int(n)
	}
	if v != nil {
		m.vectors = []*vectors{v}
	}
	return m
}

// isLeft reports whether a passage was removed.
func (m *member) isLeft(passage uint16) bool {
	return m.left != nil && m.left[passage>>4]>>(passage&15)&1 != 0
}

// without returns m without some documents that are live in it. Snapshots that
// hold m keep m as it is.
func (m member) without(documents []uint32) member {
	left := make([]uint16, (len(m.segment.passages)+15)/16)
	copy(left, m.left)
	for _, d := range documents {
		first, end := m.segment.passagesOf(d)
		for p := first; p < end; p++ {
			left[p>>4] |= 1 << (p & 15)
			m.words -= int(m.segment.lengths[p])
		}
		m.documents--
		m.passages -= int(end - first)
	}
	m.left = left
	return m
}

func newSnapshot(members []member) *Snapshot {
	s := &Snapshot{members: members}
	words := 0
	for _, m := range members {
		s.passages += m.passages
		words += m.words
	}
	s.average = averageLength(words, s.passages)
	s.norms.set(s.average)
	return s
}

// Passages returns the number of passages.
func (s *Snapshot) Passages() int { return s.passages }

// Bytes returns about how much memory the snapshot takes, including memory that
// it shares with other snapshots.
func (s *Snapshot) Bytes() int {
	n := 0
	for i := range s.members {
		m := &s.members[i]
		n += m.segment.bytes() + 2*len(m.left)
		for _, v := range m.vectors {
			n += v.bytes()
		}
	}
	return n
}

// Count returns how many passages have the term in their text or context. It is
// exact: removed passages are not counted.
func (s *Snapshot) Count(stem uint64) int {
	n := 0
	for i := range s.members {
		n += s.members[i].count(stem)
	}
	return n
}

// count subtracts the removed passages from the length of the list. A bitmap
// handles 16 passages in one step: if the postings are 0b1011 and the removed
// passages 0b0110, then 0b0010 are both, and 1 is subtracted.
func (m *member) count(stem uint64) int {
	l, _ := m.segment.find(stem)
	n := len(l.counts)
	switch {
	case n == 0 || m.left == nil:
	case l.isBitmap():
		for i, left := range m.left {
			n -= bits.OnesCount16(l.passages[2*i] & left)
		}
	default:
		for _, p := range l.passages {
			n -= int(m.left[p>>4] >> (p & 15) & 1)
		}
	}
	return n
}

// id names a passage by its place in the snapshot.
func (s *Snapshot) id(member uint32, passage uint16) multivac.PassageID {
	seg := s.members[member].segment
	p := seg.passages[passage]
	d := &seg.documents[p.document]
	return multivac.PassageID{Document: d.id, Revision: d.revision, Number: int(p.number)}
}

// compare orders passages by document, revision and number. Equally good
// passages are found in this order, in whatever segments they are.
func compare(a, b multivac.PassageID) int {
	return cmp.Or(cmp.Compare(a.Document, b.Document), cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Number, b.Number))
}

// with returns m with one more block of vectors. Blocks are merged like
// segments, so that each is more than twice as large as the next.
func (m member) with(block *vectors) member {
	m.vectors = append(slices.Clip(m.vectors), block)
	for n := len(m.vectors); n > 1 && m.vectors[n-2].size() <= 2*m.vectors[n-1].size(); n = len(m.vectors) {
		two := m
		two.vectors = m.vectors[n-2:]
		m.vectors = append(m.vectors[:n-2:n-2], gather([]member{two}, [][]int32{unmoved(len(m.segment.passages))}))
	}
	return m
}

// unmoved gives each passage its own number.
func unmoved(n int) []int32 {
	numbers := make([]int32, n)
	for i := range numbers {
		numbers[i] = int32(i)
	}
	return numbers
}
