package index

import (
	"math"

	"multivac"
	"multivac/internal/text"
)

// A segment is an immutable inverted index. The postings of a term are
// passage[from:to] and count[from:to], by ascending passage.
type segment struct {
	documents []document
	passages  []passage
	lengths   []uint16 // words of each passage
	terms     map[uint64]postings
	passage   []uint32
	count     []uint8
}

type document struct {
	id       multivac.DocumentID
	revision multivac.Revision
}

// passage says which passage of which of the segment's documents it is.
type passage struct{ document, number uint32 }

type postings struct{ from, to uint32 }

// The lower bits of a count are how often the passage has the term, up to
// maxCount; inContext says that its title, heading or lead has it.
const (
	maxCount  = 0x7f
	inContext = 0x80
)

// A builder makes a segment of documents. It notes a triple for each term of
// each passage and sorts them by term at the end, in linear time.
type builder struct {
	segment  segment
	terms    map[uint64]uint32 // stem -> number of the term
	postings []int             // by term
	latest   []int             // by term: its latest triple, plus one
	triples  []triple
	words    []text.Word
}

type triple struct {
	term, passage uint32
	count         uint8
}

func newBuilder() *builder { return &builder{terms: map[uint64]uint32{}} }

func (b *builder) add(d Document) {
	n := uint32(len(b.segment.documents))
	b.segment.documents = append(b.segment.documents, document{d.ID, d.Revision})
	for _, p := range d.Passages {
		id := uint32(len(b.segment.passages))
		b.segment.passages = append(b.segment.passages, passage{n, uint32(p.Number)})
		for _, s := range []string{d.Title, p.Heading, p.Lead} {
			b.addWords(id, s, true)
		}
		length := b.addWords(id, p.Text, false)
		b.segment.lengths = append(b.segment.lengths, uint16(min(length, math.MaxUint16)))
	}
}

// addWords counts the words of s in passage id and returns how many there are.
func (b *builder) addWords(id uint32, s string, context bool) (length int) {
	b.words = text.AppendWords(b.words[:0], s)
	for _, w := range b.words {
		if w.Flags&text.Pair == 0 {
			length++
		}
		t := b.triple(w.Stem, id)
		if context {
			t.count |= inContext
		} else if t.count&maxCount < maxCount {
			t.count++
		}
	}
	return length
}

// triple returns the triple of a term in passage id, the latest passage.
func (b *builder) triple(stem uint64, id uint32) *triple {
	term, ok := b.terms[stem]
	if !ok {
		term = uint32(len(b.terms))
		b.terms[stem] = term
		b.postings = append(b.postings, 0)
		b.latest = append(b.latest, 0)
	}
	if k := b.latest[term]; k > 0 && b.triples[k-1].passage == id {
		return &b.triples[k-1]
	}
	b.triples = append(b.triples, triple{term: term, passage: id})
	b.postings[term]++
	b.latest[term] = len(b.triples)
	return &b.triples[len(b.triples)-1]
}

func (b *builder) build() *segment {
	s := &b.segment
	s.terms = make(map[uint64]postings, len(b.terms))
	s.passage = make([]uint32, len(b.triples))
	s.count = make([]uint8, len(b.triples))
	next := make([]uint32, len(b.postings))
	from := uint32(0)
	for t, n := range b.postings {
		next[t] = from
		from += uint32(n)
	}
	for stem, t := range b.terms {
		s.terms[stem] = postings{next[t], next[t] + uint32(b.postings[t])}
	}
	for _, t := range b.triples {
		k := next[t.term]
		s.passage[k], s.count[k] = t.passage, t.count
		next[t.term]++
	}
	return s
}

// mergeSegments makes one segment of the live passages of several members.
func mergeSegments(members []member) *segment {
	merged := &segment{terms: map[uint64]postings{}}
	renumbered := make([][]uint32, len(members))
	sizes := map[uint64]uint32{}
	total := uint32(0)
	for i, m := range members {
		renumbered[i] = merged.copyPassages(m)
		for stem, p := range m.segment.terms {
			n := uint32(0)
			for _, id := range m.segment.passage[p.from:p.to] {
				if renumbered[i][id] != gone {
					n++
				}
			}
			if n > 0 {
				sizes[stem] += n
				total += n
			}
		}
	}
	merged.passage = make([]uint32, total)
	merged.count = make([]uint8, total)
	from := uint32(0)
	for stem, n := range sizes {
		merged.terms[stem] = postings{from, from}
		from += n
	}
	for i, m := range members {
		for stem, p := range m.segment.terms {
			to, ok := merged.terms[stem]
			if !ok {
				continue
			}
			for k := p.from; k < p.to; k++ {
				if id := renumbered[i][m.segment.passage[k]]; id != gone {
					merged.passage[to.to], merged.count[to.to] = id, m.segment.count[k]
					to.to++
				}
			}
			merged.terms[stem] = to
		}
	}
	return merged
}

// gone is what copyPassages says of a passage that is not copied.
const gone = math.MaxUint32

// copyPassages appends the live documents and passages of m and returns the
// new number of each old passage.
func (s *segment) copyPassages(m member) []uint32 {
	documents := make([]uint32, len(m.segment.documents))
	for i, d := range m.segment.documents {
		documents[i] = gone
		if !m.isDead(uint32(i)) {
			documents[i] = uint32(len(s.documents))
			s.documents = append(s.documents, d)
		}
	}
	passages := make([]uint32, len(m.segment.passages))
	for i, p := range m.segment.passages {
		passages[i] = gone
		if d := documents[p.document]; d != gone {
			passages[i] = uint32(len(s.passages))
			s.passages = append(s.passages, passage{d, p.number})
			s.lengths = append(s.lengths, m.segment.lengths[i])
		}
	}
	return passages
}
