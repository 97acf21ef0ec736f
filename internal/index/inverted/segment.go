package inverted

import (
	"math/bits"
	"slices"
	"unsafe"

	"multivac"
)

// A segment is an immutable inverted index of passages whose numbers fit into
// 16 bits. So a posting takes 3 bytes, the scores of a segment stay in a fast
// cache of the processor during a search, and a merge never copies more than
// one segment, however large the collection is.
//
// Terms are sorted by stem. The counts of term i are counts[k] for k from
// terms[i].count to before terms[i+1].count, sorted by passage. Their passages
// are at terms[i].posting to before terms[i+1].posting: either one by one, or
// as a bitmap if that takes no more room, which is so for a dense list.
type segment struct {
	documents []document
	passages  []passage
	lengths   []uint16 // words of each passage
	average   float64  // length of a passage
	terms     []term   // one more says where the last one ends
	directory []uint32 // by the upper bits of a stem: where its terms begin in terms
	postings  []uint16
	counts    []count
}

func (s *segment) bytes() int {
	const idBytes = 32 // for a document's identifier, besides its string
	return cap(s.documents)*(int(unsafe.Sizeof(document{}))+idBytes) + cap(s.passages)*int(unsafe.Sizeof(passage{})) +
		cap(s.terms)*int(unsafe.Sizeof(term{})) + 2*cap(s.lengths) + 4*cap(s.directory) + 2*cap(s.postings) + 2*cap(s.counts)
}

// A term of a segment.
type term struct {
	stem           uint64
	posting, count uint32  // where they begin
	peak           float32 // its largest frequency, normalised with the segment's average length
}

// maxPassages is the largest number of passages of a segment.
const maxPassages = 1 << 16

type document struct {
	id       multivac.DocumentID
	revision multivac.Revision
	first    uint32 // of its passages, which are next to each other
}

// passagesOf returns the range of a document's passages.
func (s *segment) passagesOf(document uint32) (first, end uint32) {
	end = uint32(len(s.passages))
	if int(document)+1 < len(s.documents) {
		end = s.documents[document+1].first
	}
	return s.documents[document].first, end
}

// A passage is the document, within the segment, and the number in it.
type passage struct{ document, number uint32 }

// A count says how often a passage has a term, and how long the passage is, so
// that most scores need nothing else. The lowest 7 bits are the frequency, up
// to maxCount. The next bit, inContext, says that title, heading or lead have
// the term. The upper 8 bits are the number of words of the passage, up to
// manyWords. manyWords itself says that the number has to be looked up. For
// example, 0x1e82 is a term that occurs 2 times in a passage of 30 words, and in
// its context.
type count uint16

const (
	maxCount   = 0x7f
	inContext  = 0x80
	lengthBits = 8
	manyWords  = 0xff
)

func newCount(times uint8, length uint16) count {
	return count(times) | count(min(length, manyWords))<<lengthBits
}

// find returns the postings of a stem and its peak, or none. Stems are hashes,
// so the directory leads to within a step or two of the stem.
func (s *segment) find(stem uint64) (l postingList, peak float32) {
	if len(s.directory) == 0 {
		return l, 0
	}
	h := stem >> directoryShift(len(s.directory))
	for i := s.directory[h]; i < s.directory[h+1]; i++ {
		if s.terms[i].stem == stem {
			return s.list(int(i)), s.terms[i].peak
		}
	}
	return l, 0
}

// list returns the postings of a term.
func (s *segment) list(i int) postingList {
	from, to := &s.terms[i], &s.terms[i+1]
	return postingList{s.postings[from.posting:to.posting], s.counts[from.count:to.count]}
}

// directoryShift is the shift of a stem for a directory of 2^n+1 entries.
func directoryShift(entries int) int { return 64 - (bits.Len(uint(entries-1)) - 1) }

// A postingList is the postings of a term.
type postingList struct {
	passages []uint16
	counts   []count
}

// A bitmap has two numbers for every 16 passages: their bits, and how many bits
// are set before them.
const bitmapShift = 4

func bitmapSize(passages int) int { return 2 * ((passages + 1<<bitmapShift - 1) >> bitmapShift) }

// isBitmap reports whether the list is stored as a bitmap. The smaller form is
// stored, and a list is never exactly as long as its bitmap.
func (l postingList) isBitmap() bool { return len(l.passages) != len(l.counts) }

// all returns the passages one by one. It uses buffer if it needs room.
func (l postingList) all(buffer []uint16) []uint16 {
	if !l.isBitmap() {
		return l.passages
	}
	buffer = buffer[:0]
	for i := 0; i < len(l.passages); i += 2 {
		for word := l.passages[i]; word != 0; word &= word - 1 {
			buffer = append(buffer, uint16(i<<(bitmapShift-1)+bits.TrailingZeros16(word)))
		}
	}
	return buffer
}

// find returns the number of the passage's posting, or -1.
func (l postingList) find(id uint16) int {
	if l.isBitmap() {
		at := int(id>>bitmapShift) * 2
		word, bit := l.passages[at], uint16(1)<<(id&(1<<bitmapShift-1))
		if word&bit == 0 {
			return -1
		}
		return int(l.passages[at+1]) + bits.OnesCount16(word&(bit-1))
	}
	base := 0
	for n := len(l.passages); n > 1; {
		half := n >> 1
		if l.passages[base+half] <= id { // without a branch, which the processor would predict wrongly half the time
			base += half
		}
		n -= half
	}
	if l.passages[base] != id {
		return -1
	}
	return base
}

// begin makes room for this number of terms and postings. The passages have to
// be known.
func (s *segment) begin(terms, postings int) *norms {
	s.terms = make([]term, 1, terms+1)
	s.postings, s.counts = make([]uint16, 0, postings), make([]count, 0, postings)
	words := 0
	for _, n := range s.lengths {
		words += int(n)
	}
	s.average = averageLength(words, len(s.passages))
	n := &norms{}
	n.set(s.average)
	return n
}

// add adds the next term.
func (s *segment) add(stem uint64, ids []uint16, counts []count, n *norms) {
	t := &s.terms[len(s.terms)-1]
	t.stem = stem
	for k, c := range counts {
		t.peak = max(t.peak, n.frequency(c, s.lengths, ids[k]))
	}
	if size := bitmapSize(len(s.passages)); size < len(ids) {
		s.addBitmap(ids, size)
	} else {
		s.postings = append(s.postings, ids...)
	}
	s.counts = append(s.counts, counts...)
	s.terms = append(s.terms, term{posting: uint32(len(s.postings)), count: uint32(len(s.counts))})
}

func (s *segment) addBitmap(ids []uint16, size int) {
	from := len(s.postings)
	s.postings = append(s.postings, make([]uint16, size)...)
	bitmap := s.postings[from:]
	for _, id := range ids {
		bitmap[id>>bitmapShift*2] |= 1 << (id & (1<<bitmapShift - 1))
	}
	before := 0
	for i := 0; i < size; i += 2 {
		bitmap[i+1] = uint16(before)
		before += bits.OnesCount16(bitmap[i])
	}
}

// end frees the room that was not needed, and makes the directory.
func (s *segment) end() {
	s.terms, s.postings, s.counts = fit(s.terms), fit(s.postings), fit(s.counts)
	n := len(s.terms) - 1
	s.directory = make([]uint32, 1<<bits.Len(uint(n))+1)
	shift := directoryShift(len(s.directory))
	h := 0
	for i, t := range s.terms[:n] {
		for ; h <= int(t.stem>>shift); h++ {
			s.directory[h] = uint32(i)
		}
	}
	for ; h < len(s.directory); h++ {
		s.directory[h] = uint32(n)
	}
}

func fit[T any](s []T) []T {
	if cap(s)-len(s) > cap(s)/16 {
		return slices.Clip(slices.Clone(s))
	}
	return s
}
