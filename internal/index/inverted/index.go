// Package inverted is the inverted index of one collection. It finds passages
// by the stems of their words, ranked by BM25, and by the vectors of their
// sentences. It holds no text and does no I/O.
//
// An index is a list of immutable segments of at most 65,536 passages. Put
// makes a segment and merges it with smaller neighbours. So if n documents are
// put one by one, each is copied O(log n) times, and not at all once its
// segment is full. Readers take a snapshot and never wait.
//
// What a snapshot finds depends on the documents in it and on nothing else. The
// order in which they came, and earlier documents, make no difference.
package inverted

import (
	"maps"
	"slices"
	"sync/atomic"

	"multivac"
)

// A Document is the input of Put.
type Document struct {
	ID       multivac.DocumentID
	Revision multivac.Revision
	Title    string
	Passages []multivac.Passage
	Vectors  []byte // meaning.Width bytes for each sentence of Passages, in order; nil for none
}

// Index is the index of one collection. Only one goroutine at a time may write.
// Any number may read its snapshots at the same time.
type Index struct {
	current atomic.Pointer[Snapshot]
	places  map[multivac.DocumentID]place // of the live documents
}

// place is where a document is.
type place struct {
	segment  *segment
	document uint32
	rest     *place // the other segments, if the document is in several
}

// New returns an empty index.
func New() *Index {
	x := &Index{places: map[multivac.DocumentID]place{}}
	x.current.Store(&Snapshot{})
	return x
}

// Snapshot returns the index as it is now. A snapshot never changes.
func (x *Index) Snapshot() *Snapshot { return x.current.Load() }

// Put indexes documents, in one step for readers. Each replaces its earlier
// revision. If two have the same ID, the later one counts.
func (x *Index) Put(docs ...Document) {
	if len(docs) == 0 {
		return
	}
	last := make(map[multivac.DocumentID]int, len(docs))
	for i, d := range docs {
		last[d.ID] = i
	}
	b := newBuilder(docs)
	for i, d := range docs {
		if last[d.ID] == i {
			b.add(d)
		}
	}
	x.install(x.forget(slices.Collect(maps.Keys(last))), b.build())
}

// Remove removes documents from the index, in one step for readers.
func (x *Index) Remove(ids ...multivac.DocumentID) {
	x.install(x.forget(ids), nil)
}

// Attach gives vectors to documents that are indexed without any, in one step
// for readers. It changes nothing else. It leaves out a document that is not
// indexed at that revision, or that has a different number of sentences there
// than vectors here.
func (x *Index) Attach(docs ...Document) {
	blocks := x.blocks(docs)
	members := slices.Clone(x.Snapshot().members)
	for i := range members {
		if b := blocks[members[i].segment]; b != nil {
			members[i] = members[i].with(b)
		}
	}
	x.current.Store(newSnapshot(members))
}

// forget drops the places of ids and returns the documents to remove, by
// segment.
func (x *Index) forget(ids []multivac.DocumentID) map[*segment][]uint32 {
	leaving := map[*segment][]uint32{}
	for _, id := range ids {
		if p, ok := x.places[id]; ok {
			for at := &p; at != nil; at = at.rest {
				leaving[at.segment] = append(leaving[at.segment], at.document)
			}
			delete(x.places, id)
		}
	}
	return leaving
}

// install makes a snapshot without the leaving documents and with the new
// members. It merges members that have become small or have lost a quarter of
// their passages.
func (x *Index) install(leaving map[*segment][]uint32, added []member) {
	var kept []member
	for _, m := range x.Snapshot().members {
		if docs := leaving[m.segment]; docs != nil {
			m = m.without(docs)
		}
		if m.documents == 0 {
			continue
		}
		if left := len(m.segment.passages) - m.passages; left*4 > len(m.segment.passages) {
			m = x.merge(m)
		}
		kept = append(kept, m)
	}
	for _, m := range added {
		x.own(m)
		kept = append(kept, m)
	}
	// If two neighbours fit into one segment, the first is more than twice as
	// large as the second. So there are only O(log n) segments that are not
	// nearly full.
	for i := len(kept) - 2; i >= 0; i-- {
		if first, second := kept[i].passages, kept[i+1].passages; first <= 2*second && first+second <= maxPassages {
			kept = slices.Replace(kept, i, i+2, x.merge(kept[i], kept[i+1]))
			i = min(i+1, len(kept)-1) // the next one may be small enough now
		}
	}
	x.current.Store(newSnapshot(kept))
}

// merge makes one member of the live documents of several members.
func (x *Index) merge(members ...member) member {
	m := mergeMembers(members)
	x.own(m, members...)
	return m
}

// own notes where the documents of a new member are. The member was made of
// others, or of new documents.
func (x *Index) own(m member, of ...member) {
	for i, d := range m.segment.documents {
		p := place{segment: m.segment, document: uint32(i)}
		if old, ok := x.places[d.id]; ok {
			p.rest = old.outside(of)
		}
		x.places[d.id] = p
	}
}

// outside returns the places that are in none of the members.
func (p place) outside(members []member) (rest *place) {
	for at := &p; at != nil; at = at.rest {
		if !slices.ContainsFunc(members, func(m member) bool { return m.segment == at.segment }) {
			rest = &place{at.segment, at.document, rest}
		}
	}
	return rest
}
