package index

import (
	"math"
	"slices"
)

// A Snapshot is an index at one moment. It never changes.
type Snapshot struct {
	members   []member
	documents int
	passages  int
	average   float64 // length of a passage
	norms     norms
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

func (m *member) isDead(document uint32) bool {
	return m.left != nil && m.left[document/64]>>(document%64)&1 != 0
}

// without returns m without some documents; snapshots that hold m keep it.
func (m *member) without(documents []uint32) member {
	left := make([]uint64, (len(m.segment.documents)+63)/64)
	copy(left, m.left)
	for _, d := range documents {
		left[d/64] |= 1 << (d % 64)
	}
	return newMember(m.segment, left)
}

func newSnapshot(members []member) *Snapshot {
	s := &Snapshot{members: members}
	words := 0
	for _, m := range members {
		s.documents += m.documents
		s.passages += m.passages
		words += m.words
	}
	s.average = averageLength(words, s.passages)
	s.norms.set(s.average)
	return s
}

// Size returns how many documents and passages there are. A document of more
// passages than a segment has counts once for each that it is in.
func (s *Snapshot) Size() (documents, passages int) { return s.documents, s.passages }

// Bytes returns how much memory it takes, about, what is shared with other
// snapshots included.
func (s *Snapshot) Bytes() int {
	n := 0
	for i := range s.members {
		n += s.members[i].segment.bytes() + 8*len(s.members[i].left)
	}
	return n
}

// Frequency returns how many passages have the term in their text or context.
// How many of those that have left their segment had a frequent term is
// estimated from how many have left.
func (s *Snapshot) Frequency(stem uint64) int {
	n := 0
	for i := range s.members {
		n += s.members[i].frequency(stem)
	}
	return n
}

// countedOut is how many postings are looked at one by one, for there each that
// has left makes a difference: a document that is enriched leaves once.
const countedOut = 1024

func (m *member) frequency(stem uint64) int {
	l, _ := m.segment.find(stem)
	n := len(l.counts)
	switch {
	case m.left == nil:
		return n
	case n > countedOut:
		return n * m.passages / len(m.segment.passages)
	}
	for _, p := range l.all(nil) {
		if m.isDead(m.segment.passages[p].document) {
			n--
		}
	}
	return n
}

// Has reports whether a passage that has not left has the term in its text or
// context.
func (s *Snapshot) Has(stem uint64) bool {
	for i := range s.members {
		m := &s.members[i]
		l, _ := m.segment.find(stem)
		switch {
		case len(l.counts) == 0:
			continue
		case m.left == nil:
			return true
		}
		if slices.ContainsFunc(l.all(nil), func(p uint16) bool { return !m.isDead(m.segment.passages[p].document) }) {
			return true
		}
	}
	return false
}

// BM25 as Robertson and Zaragoza give it in "The Probabilistic Relevance
// Framework: BM25 and Beyond" (2009), with the weight of a term in the context
// (title, heading, lead) added to its count after length normalisation, as in
// their BM25F.
const (
	k1            = 0.5
	b             = 0.7
	contextWeight = 1.5
	maxLength     = 1023 // longer passages count as this long
)

// norms are BM25's length norms, by words of the passage.
type norms [maxLength + 1]float32

func averageLength(words, passages int) float64 {
	return max(1, float64(words)/float64(max(1, passages)))
}

func (n *norms) set(average float64) {
	for length := range n {
		n[length] = float32(1 / (1 - b + b*float64(length)/average))
	}
}

// frequency is that of a term which occurs so many times in a passage,
// normalised; lengths are those of the passages of the segment.
func (n *norms) frequency(c count, lengths []uint16, passage uint16) float32 {
	length := uint16(c >> lengthBits)
	if length == manyWords {
		length = min(lengths[passage], maxLength)
	}
	t := &times[c&(maxCount|inContext)]
	return t.text*n[length&maxLength] + t.context
}

// times takes the lower bits of a count apart.
var times = func() (all [1 << lengthBits]struct{ text, context float32 }) {
	for c := range all {
		all[c].text = float32(c & maxCount)
		if c&inContext != 0 {
			all[c].context = contextWeight
		}
	}
	return all
}()

// saturate is BM25's weight of a term of such a frequency, before IDF.
func saturate(frequency float32) float32 { return frequency * (k1 + 1) / (frequency + k1) }

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
