// Package index is the inverted index of one collection: passages by the
// stems of their words, ranked by BM25. It holds no text and does no I/O; what
// it holds is rebuilt from the store.
//
// An index is some immutable segments of at most 65,536 passages, each with its
// postings in two flat arrays. Put makes a segment and merges it with its
// smaller neighbours, so that n documents told one by one are copied O(log n)
// times each, and not at all once their segment is full. Readers take a
// snapshot and never wait.
package index

import (
	"slices"
	"sync/atomic"

	"multivac"
)

// A Document is what Put indexes.
type Document struct {
	ID       multivac.DocumentID
	Revision multivac.Revision
	Title    string
	Passages []multivac.Passage
	Vectors  []byte // meaning.Width bytes for each sentence of Passages, in order; none where there are none
}

// Index is the index of one collection. One goroutine at a time may write;
// any number may read its snapshots meanwhile.
type Index struct {
	current atomic.Pointer[Snapshot]
	places  map[multivac.DocumentID]place // of the live documents
}

// place is where a document is.
type place struct {
	segment  *segment
	document uint32
	rest     *place // of a document that is in several segments
}

// New returns an empty index.
func New() *Index {
	x := &Index{places: map[multivac.DocumentID]place{}}
	x.current.Store(&Snapshot{})
	return x
}

// Snapshot returns the index as it is now; it never changes.
func (x *Index) Snapshot() *Snapshot { return x.current.Load() }

// Size returns how many documents and passages are indexed.
func (x *Index) Size() (documents, passages int) {
	s := x.Snapshot()
	return len(x.places), s.passages
}

// Put indexes documents in one step for readers; each replaces its earlier
// revision. Of two with the same ID the later one counts.
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
	leaving := x.forget(func(yield func(multivac.DocumentID) bool) {
		for id := range last {
			if !yield(id) {
				return
			}
		}
	})
	x.install(leaving, b.build())
}

// Remove takes documents out of the index in one step for readers.
func (x *Index) Remove(ids ...multivac.DocumentID) {
	x.install(x.forget(func(yield func(multivac.DocumentID) bool) {
		for _, id := range ids {
			if !yield(id) {
				return
			}
		}
	}), nil)
}

// forget drops the places of ids and returns the documents to be taken out, by
// segment.
func (x *Index) forget(ids func(func(multivac.DocumentID) bool)) map[*segment][]uint32 {
	leaving := map[*segment][]uint32{}
	for id := range ids {
		if p, ok := x.places[id]; ok {
			for at := &p; at != nil; at = at.rest {
				leaving[at.segment] = append(leaving[at.segment], at.document)
			}
			delete(x.places, id)
		}
	}
	return leaving
}

// install makes a snapshot without the documents that leave and with the new
// segments, merging what has become too small or too dead.
func (x *Index) install(leaving map[*segment][]uint32, added []*segment) {
	var kept []member
	for _, m := range x.Snapshot().members {
		if docs := leaving[m.segment]; docs != nil {
			m = m.without(docs)
		}
		if m.documents == 0 {
			continue
		}
		if dead := len(m.segment.passages) - m.passages; dead*4 > len(m.segment.passages) {
			m = x.merge(m)
		}
		kept = append(kept, m)
	}
	for _, s := range added {
		m := newMember(s, nil)
		x.own(m)
		kept = append(kept, m)
	}
	// Of neighbours that fit into one segment the first is more than twice the
	// second, so there are O(log n) that are not nearly full.
	for i := len(kept) - 2; i >= 0; i-- {
		if first, second := kept[i].passages, kept[i+1].passages; first <= 2*second && first+second <= maxPassages {
			kept = slices.Replace(kept, i, i+2, x.merge(kept[i], kept[i+1]))
			i = min(i+1, len(kept)-1) // the one after it may be small enough now
		}
	}
	x.current.Store(newSnapshot(kept))
}

// merge makes one member of the live documents of several.
func (x *Index) merge(members ...member) member {
	m := newMember(mergeSegments(members), nil)
	x.own(m, members...)
	return m
}

// own notes where the documents of a new member are, which is made of others
// or of documents that came.
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
