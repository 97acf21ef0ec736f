package follow

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"multivac"
	"multivac/internal/index"
	"multivac/internal/store"
)

// A library holds the collections. One goroutine applies changes; readers of
// views never wait.
type library struct {
	marker  marker
	vectors int // the version of those that are indexed
	// floor is no earlier than any change that the first scan may have seen.
	// It is set before the library is shown.
	floor multivac.Position

	// Readers load the position first and the view after; the writer stores
	// them the other way round. So a view holds at least what its position
	// says.
	at    atomic.Pointer[multivac.Position]
	views sync.Map // multivac.CollectionName → *shown

	// collections and documents are the writer's. Others may look into
	// documents under mu, and find there only what is in a view already.
	collections map[multivac.CollectionName]*collection
	mu          sync.RWMutex
	documents   map[multivac.DocumentID]entry
}

// A collection is what the writer has to know of one to go on.
type collection struct {
	index     *index.Index
	documents int
	mark      mark // the sum of its documents' marks
}

type entry struct {
	collection multivac.CollectionName
	revision   multivac.Revision
	version    store.Version
	mark       mark
}

// shown is what readers see of a collection. It never changes: an answer made
// from its index can be kept under its fingerprint.
type shown struct {
	index       *index.Snapshot
	fingerprint [16]byte
	documents   int
}

func newLibrary(key [16]byte) *library {
	l := &library{
		marker:      newMarker(key),
		collections: map[multivac.CollectionName]*collection{},
		documents:   map[multivac.DocumentID]entry{},
	}
	l.at.Store(new(multivac.Position))
	return l
}

func (l *library) position() multivac.Position { return *l.at.Load() }

var nothing = index.New().Snapshot()

func (l *library) view(c multivac.CollectionName) (View, bool) {
	v := View{Index: nothing, Position: l.position()}
	s, ok := l.views.Load(c)
	if ok {
		v.Index, v.Fingerprint = s.(*shown).index, s.(*shown).fingerprint
	}
	return v, ok
}

// document returns what is indexed of a document, and the position from which
// on it is.
func (l *library) document(id multivac.DocumentID) (store.Change, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	e, ok := l.documents[id]
	return store.Change{Position: max(l.position(), l.floor), Collection: e.collection, Document: id,
		Revision: e.revision, State: multivac.Indexed}, ok
}

func (l *library) status() multivac.Status {
	s := multivac.Status{Position: l.position()}
	for name, v := range l.views.Range {
		c := multivac.Collection{Name: name.(multivac.CollectionName), Documents: v.(*shown).documents}
		_, c.Passages = v.(*shown).index.Size()
		s.Documents += c.Documents
		s.Passages += c.Passages
		s.Collections = append(s.Collections, c)
	}
	slices.SortFunc(s.Collections, func(a, b multivac.Collection) int { return cmp.Compare(a.Name, b.Name) })
	return s
}

// apply shows what is left of a run of changes, which ends at a position, once
// all of them are done: a step for each collection.
func (l *library) apply(changes []store.Change, at multivac.Position) {
	edits := map[multivac.CollectionName]*edit{}
	entries := map[multivac.DocumentID]entry{} // the zero entry: to be removed
	for _, c := range l.latest(changes) {
		e := edits[c.Collection]
		if e == nil {
			e = &edit{}
			edits[c.Collection] = e
		}
		if old, ok := l.documents[c.Document]; ok {
			e.documents--
			e.mark = e.mark.minus(old.mark)
		}
		if c.State == multivac.Deleted {
			e.remove = append(e.remove, c.Document)
			entries[c.Document] = entry{}
			continue
		}
		version := c.Version
		if version.Vectors != l.vectors {
			c.Version.Vectors, c.Vectors = 0, nil
		}
		m := l.marker.mark(c)
		e.put = append(e.put, index.Document{ID: c.Document, Revision: c.Revision, Title: c.Title, Passages: c.Passages, Vectors: c.Vectors})
		e.documents++
		e.mark = e.mark.plus(m)
		entries[c.Document] = entry{c.Collection, c.Revision, version, m}
	}
	for name, e := range edits {
		l.edit(name, e)
	}
	l.settle(entries, at)
}

// latest returns, in order, the one change of each document that makes a
// difference: the last, where its revision is later than the indexed one, or
// is the same cut by another segmenter.
func (l *library) latest(changes []store.Change) []store.Change {
	last := make(map[multivac.DocumentID]int, len(changes))
	for i, c := range changes {
		have := l.documents[c.Document]
		if c.State == multivac.Failed || c.Revision < have.revision || c.Revision == have.revision && c.Version == have.version {
			continue
		}
		if j, ok := last[c.Document]; !ok || c.Revision >= changes[j].Revision {
			last[c.Document] = i
		}
	}
	kept := make([]store.Change, 0, len(last))
	for i, c := range changes {
		if j, ok := last[c.Document]; ok && i == j {
			kept = append(kept, c)
		}
	}
	return kept
}

// An edit is what a run of changes does to one collection.
type edit struct {
	put       []index.Document
	remove    []multivac.DocumentID
	documents int  // how many more there are
	mark      mark // what is added to the collection's
}

func (l *library) edit(name multivac.CollectionName, e *edit) {
	c := l.collections[name]
	if c == nil {
		c = &collection{index: index.New()}
		l.collections[name] = c
	}
	if len(e.remove) > 0 {
		c.index.Remove(e.remove...)
	}
	if len(e.put) > 0 {
		c.index.Put(e.put...)
	}
	c.documents += e.documents
	c.mark = c.mark.plus(e.mark)
	if c.documents == 0 {
		delete(l.collections, name)
		l.views.Delete(name)
		return
	}
	l.views.Store(name, &shown{c.index.Snapshot(), c.mark.bytes(), c.documents})
}

// settle notes what is in the views now, and from which position on.
func (l *library) settle(entries map[multivac.DocumentID]entry, at multivac.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range entries {
		if e.revision == 0 {
			delete(l.documents, id)
		} else {
			l.documents[id] = e
		}
	}
	l.at.Store(&at)
}
