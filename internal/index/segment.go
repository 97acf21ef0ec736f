package index

import (
	"math/bits"
	"slices"

	"multivac"
)

// A segment is an immutable inverted index of a number of passages that 16
// bits can count: so a posting takes three bytes, the scores of a segment stay
// in a processor's near cache while it is searched, and no merge copies more
// than one segment's worth, however large the collection.
//
// Terms stand by ascending stem. The postings of term i are passage[k] and
// count[k] for k in from[i] to from[i+1], by ascending passage.
type segment struct {
	documents []document
	passages  []passage
	lengths   []uint16 // words of each passage
	average   float64  // length of a passage
	stems     []uint64
	from      []uint32  // one more than stems
	peaks     []float32 // of each term, its largest frequency as average normalises it
	directory []uint32  // by the upper bits of a stem: where in stems those begin
	passage   []uint16
	count     []uint8
}

// maxPassages is how many passages a segment has at most.
const maxPassages = 1 << 16

type document struct {
	id       multivac.DocumentID
	revision multivac.Revision
}

// passage says which passage of which of the segment's documents it is.
type passage struct{ document, number uint32 }

// The lower bits of a count are how often the passage has the term, up to
// maxCount; inContext says that its title, heading or lead has it.
const (
	maxCount  = 0x7f
	inContext = 0x80
)

// find returns the place of a stem in stems, or -1. Stems are hashes, so the
// directory leads to within a step or two of it.
func (s *segment) find(stem uint64) int {
	if len(s.stems) == 0 {
		return -1
	}
	h := stem >> directoryShift(len(s.directory))
	for i := s.directory[h]; i < s.directory[h+1]; i++ {
		if s.stems[i] == stem {
			return int(i)
		}
	}
	return -1
}

// directoryShift is by how much a stem is shifted for a directory of 2^n+1
// entries.
func directoryShift(entries int) int { return 64 - (bits.Len(uint(entries-1)) - 1) }

// frequency is how many passages have the stem.
func (s *segment) frequency(stem uint64) int {
	i := s.find(stem)
	if i < 0 {
		return 0
	}
	return int(s.from[i+1] - s.from[i])
}

// finish makes what is derived of the rest.
func (s *segment) finish() {
	s.directory = make([]uint32, 1<<bits.Len(uint(len(s.stems)))+1)
	shift := directoryShift(len(s.directory))
	h := 0
	for i, stem := range s.stems {
		for ; h <= int(stem>>shift); h++ {
			s.directory[h] = uint32(i)
		}
	}
	for ; h < len(s.directory); h++ {
		s.directory[h] = uint32(len(s.stems))
	}
	words := 0
	for _, n := range s.lengths {
		words += int(n)
	}
	s.average = averageLength(words, len(s.passages))
	var n norms
	n.set(s.average)
	s.peaks = make([]float32, len(s.stems))
	for i := range s.stems {
		peak := float32(0)
		ids := s.passage[s.from[i]:s.from[i+1]]
		for k, c := range s.count[s.from[i]:s.from[i+1]] {
			peak = max(peak, n.frequency(c, s.lengths[ids[k]]))
		}
		s.peaks[i] = peak
	}
}

// mergeSegments makes one segment of the live passages of several members,
// which are no more than maxPassages.
func mergeSegments(members []member) *segment {
	merged := &segment{}
	renumbered := make([][]int32, len(members))
	postings := 0
	for i, m := range members {
		renumbered[i] = merged.copyPassages(m)
		postings += len(m.segment.passage)
	}
	merged.passage = make([]uint16, 0, postings)
	merged.count = make([]uint8, 0, postings)
	next := make([]int, len(members)) // term of each member
	for {
		stem, left := uint64(0), false
		for i, m := range members {
			if next[i] < len(m.segment.stems) && (!left || m.segment.stems[next[i]] < stem) {
				stem, left = m.segment.stems[next[i]], true
			}
		}
		if !left {
			break
		}
		from := len(merged.passage)
		for i, m := range members {
			if next[i] < len(m.segment.stems) && m.segment.stems[next[i]] == stem {
				merged.copyPostings(m.segment, next[i], renumbered[i])
				next[i]++
			}
		}
		if len(merged.passage) > from { // else all that had it have left
			merged.stems = append(merged.stems, stem)
			merged.from = append(merged.from, uint32(from))
		}
	}
	merged.from = append(merged.from, uint32(len(merged.passage)))
	merged.stems, merged.from = slices.Clone(merged.stems), slices.Clone(merged.from)
	if len(merged.passage) < postings {
		merged.passage, merged.count = slices.Clone(merged.passage), slices.Clone(merged.count)
	}
	merged.finish()
	return merged
}

// copyPostings appends the postings of a term of another segment.
func (s *segment) copyPostings(old *segment, term int, renumbered []int32) {
	ids := old.passage[old.from[term]:old.from[term+1]]
	for k, c := range old.count[old.from[term]:old.from[term+1]] {
		if id := renumbered[ids[k]]; id >= 0 {
			s.passage = append(s.passage, uint16(id))
			s.count = append(s.count, c)
		}
	}
}

// copyPassages appends the live documents and passages of m and returns the
// new number of each old passage, or -1.
func (s *segment) copyPassages(m member) []int32 {
	documents := make([]int32, len(m.segment.documents))
	for i, d := range m.segment.documents {
		documents[i] = -1
		if !m.isDead(uint32(i)) {
			documents[i] = int32(len(s.documents))
			s.documents = append(s.documents, d)
		}
	}
	passages := make([]int32, len(m.segment.passages))
	for i, p := range m.segment.passages {
		passages[i] = -1
		if d := documents[p.document]; d >= 0 {
			passages[i] = int32(len(s.passages))
			s.passages = append(s.passages, passage{uint32(d), p.number})
			s.lengths = append(s.lengths, m.segment.lengths[i])
		}
	}
	return passages
}
