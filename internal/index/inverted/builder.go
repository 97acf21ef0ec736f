package inverted

import (
	"cmp"
	"math"
	"slices"

	"multivac/internal/meaning"
	"multivac/internal/text"
)

// A builder makes segments of documents. It notes a triple for each term of
// each passage, and sorts the triples by term at the end of a segment, in
// linear time.
type builder struct {
	made    []member
	segment *segment
	vectors *vectors // of the segment
	terms   []building
	slots   []uint32 // open addressing by stem: number of the term plus one, or 0
	triples []triple
	words   []text.Word
	coming  int // number of vectors that are still to come
}

// building is a term of the segment that is being made.
type building struct {
	stem   uint64
	count  uint32 // number of its triples
	latest uint32 // its latest triple, plus one
}

type triple struct {
	term    uint32
	passage uint16
	count   uint8
}

func newBuilder(docs []Document) *builder {
	b := &builder{slots: make([]uint32, 256)}
	for _, d := range docs {
		b.coming += len(d.Vectors) / meaning.Width
	}
	b.begin()
	return b
}

// begin begins a segment.
func (b *builder) begin() {
	b.segment, b.vectors = &segment{}, newVectors(b.coming)
}

// add adds a document. If it does not fit into the segment, the rest goes into
// the next one. A document without passages is not found and takes no room.
func (b *builder) add(d Document) {
	if len(d.Passages) == 0 {
		return
	}
	if len(b.segment.passages)+len(d.Passages) > maxPassages {
		b.cut()
	}
	b.beginDocument(d)
	made := d.Vectors
	for _, p := range d.Passages {
		if len(b.segment.passages) == maxPassages {
			b.cut()
			b.beginDocument(d)
		}
		id := uint16(len(b.segment.passages))
		b.segment.passages = append(b.segment.passages, passage{uint32(len(b.segment.documents) - 1), uint32(p.Number)})
		n := min(len(made), meaning.Width*len(p.Sentences))
		b.vectors.add(id, made[:n])
		made = made[n:]
		b.addWords(id, d.Title, true)
		b.addWords(id, p.Heading, true)
		b.addWords(id, p.Lead, true)
		length := b.addWords(id, p.Text, false)
		b.segment.lengths = append(b.segment.lengths, uint16(min(length, math.MaxUint16)))
	}
}

func (b *builder) beginDocument(d Document) {
	b.segment.documents = append(b.segment.documents, document{d.ID, d.Revision, uint32(len(b.segment.passages))})
}

// addWords counts the words of s in passage id and returns how many there are.
func (b *builder) addWords(id uint16, s string, context bool) (length int) {
	b.words = text.AppendTerms(b.words[:0], s)
	for i := range b.words {
		w := &b.words[i]
		if w.Flags&text.Compound != 0 && w.End-w.Start > compoundLength {
			continue
		}
		if w.Flags&(text.Pair|text.Whole) == 0 {
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

// compoundLength is the largest length, in bytes, of a compound that is indexed
// as one term, such as email for e-mail. Longer compounds are found by their
// words.
const compoundLength = 12

// triple returns the triple of a term in passage id, the latest passage.
func (b *builder) triple(stem uint64, id uint16) *triple {
	slot := stem & uint64(len(b.slots)-1)
	for b.slots[slot] != 0 && b.terms[b.slots[slot]-1].stem != stem {
		slot = (slot + 1) & uint64(len(b.slots)-1)
	}
	number := b.slots[slot]
	if number == 0 {
		b.terms = append(b.terms, building{stem: stem})
		number = uint32(len(b.terms))
		b.slots[slot] = number
		if 2*len(b.terms) > len(b.slots) {
			b.grow()
		}
	}
	t := &b.terms[number-1]
	if t.latest > 0 && b.triples[t.latest-1].passage == id {
		return &b.triples[t.latest-1]
	}
	b.triples = append(b.triples, triple{term: number - 1, passage: id})
	t.count++
	t.latest = uint32(len(b.triples))
	return &b.triples[len(b.triples)-1]
}

func (b *builder) grow() {
	b.slots = make([]uint32, 2*len(b.slots))
	for i := range b.terms {
		slot := b.terms[i].stem & uint64(len(b.slots)-1)
		for b.slots[slot] != 0 {
			slot = (slot + 1) & uint64(len(b.slots)-1)
		}
		b.slots[slot] = uint32(i + 1)
	}
}

// cut ends the segment, if it has documents, and begins the next.
func (b *builder) cut() {
	s := b.segment
	if len(s.documents) == 0 {
		return
	}
	order := make([]uint32, len(b.terms))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(x, y uint32) int { return cmp.Compare(b.terms[x].stem, b.terms[y].stem) })
	next := make([]uint32, len(b.terms)) // place for the next triple of each term
	place := uint32(0)
	for i, t := range b.terms {
		next[i] = place
		place += t.count
	}
	ids, counts := make([]uint16, len(b.triples)), make([]count, len(b.triples))
	for _, t := range b.triples {
		k := next[t.term]
		ids[k], counts[k] = t.passage, newCount(t.count, s.lengths[t.passage])
		next[t.term]++
	}
	n := s.begin(len(b.terms), len(b.triples))
	for _, i := range order {
		to := next[i]
		from := to - b.terms[i].count
		s.add(b.terms[i].stem, ids[from:to], counts[from:to], n)
	}
	s.end()
	b.coming -= b.vectors.size()
	b.made = append(b.made, newMember(s, b.vectors.fit()))
	b.begin()
	b.terms, b.triples = b.terms[:0], b.triples[:0]
	clear(b.slots)
}

// build returns the segments.
func (b *builder) build() []member {
	b.cut()
	return b.made
}
