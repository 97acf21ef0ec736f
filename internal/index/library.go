package index

import (
	"sync"
	"sync/atomic"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/index/inverted"
	"multivac/internal/store"
)

// A library is the collections that were filled together. One goroutine applies
// changes; readers of views never wait.
type library struct {
	marker  marker
	vectors int // the version of those that are indexed

	// Readers load the position first and the view after it; the writer stores
	// the view first. So a view holds at least what its position says.
	at    atomic.Pointer[multivac.Position]
	views sync.Map // multivac.CollectionName → *find.View

	// collections and documents are the writer's. Others look into documents
	// under mu, and find there only what is in a view already.
	collections map[multivac.CollectionName]*collection
	mu          sync.RWMutex
	documents   map[multivac.DocumentID]entry
}

// A collection is what the writer has to know of one to go on.
type collection struct {
	inverted  *inverted.Index
	documents int
	mark      mark // the sum of its documents' marks
}

// An entry says what is indexed of a document.
type entry struct {
	collection multivac.CollectionName
	revision   multivac.Revision
	version    store.Version // as the library indexes it: without vectors of other versions
	mark       mark
}

func newLibrary(key [16]byte, vectors int) *library {
	l := &library{
		marker:      newMarker(key),
		vectors:     vectors,
		collections: map[multivac.CollectionName]*collection{},
		documents:   map[multivac.DocumentID]entry{},
	}
	l.at.Store(new(multivac.Position))
	return l
}

func (l *library) position() multivac.Position { return *l.at.Load() }

func (l *library) view(c multivac.CollectionName) (find.View, bool) {
	at := l.position()
	v, ok := l.views.Load(c)
	if !ok {
		return find.View{Collection: c, Position: at}, false
	}
	view := *v.(*find.View)
	view.Position = at
	return view, true
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
		old, ok := l.documents[c.Document]
		if ok {
			e.documents--
			e.mark = e.mark.minus(old.mark)
		}
		if c.State == multivac.Deleted {
			e.remove = append(e.remove, c.Document)
			entries[c.Document] = entry{}
			continue
		}
		m := l.marker.mark(c)
		e.add(c, ok && l.onlyVectors(old, c))
		e.documents++
		e.mark = e.mark.plus(m)
		entries[c.Document] = entry{c.Collection, c.Revision, c.Version, m}
	}
	for name, e := range edits {
		l.edit(name, e)
	}
	l.settle(entries, at)
}

// onlyVectors reports whether c differs from what is indexed by vectors alone,
// where there were none.
func (l *library) onlyVectors(old entry, c store.Change) bool {
	return old.revision == c.Revision && old.version == store.Version{Segmenter: c.Version.Segmenter}
}

// latest returns, in order, the one change of each document that makes a
// difference: the last one, where its revision is later than the indexed one or
// is the same of another version. Vectors of another version than the library's
// are dropped, for they cannot be compared with it.
func (l *library) latest(changes []store.Change) []store.Change {
	last := make(map[multivac.DocumentID]int, len(changes))
	kept := make([]store.Change, len(changes))
	for i, c := range changes {
		if c.Version.Vectors != l.vectors || len(c.Vectors) == 0 {
			c.Version.Vectors, c.Vectors = 0, nil
		}
		kept[i] = c
		have := l.documents[c.Document]
		if c.State == multivac.Failed || c.Revision < have.revision || c.Revision == have.revision && c.Version == have.version {
			continue
		}
		if j, ok := last[c.Document]; !ok || c.Revision >= changes[j].Revision {
			last[c.Document] = i
		}
	}
	n := 0
	for i, c := range kept {
		if j, ok := last[c.Document]; ok && i == j {
			kept[n] = c
			n++
		}
	}
	return kept[:n]
}

// An edit is what a run of changes does to one collection.
type edit struct {
	put       []inverted.Document
	attach    []inverted.Document
	remove    []multivac.DocumentID
	documents int  // how many more there are
	mark      mark // what is added to the collection's
}

// add adds a published document. Where onlyVectors is set, its passages are
// indexed as they are.
func (e *edit) add(c store.Change, onlyVectors bool) {
	d := inverted.Document{ID: c.Document, Revision: c.Revision, Title: c.Title, Passages: c.Passages, Vectors: c.Vectors}
	if onlyVectors {
		e.attach = append(e.attach, d)
	} else {
		e.put = append(e.put, d)
	}
}

func (l *library) edit(name multivac.CollectionName, e *edit) {
	c := l.collections[name]
	if c == nil {
		c = &collection{inverted: inverted.New()}
		l.collections[name] = c
	}
	if len(e.remove) > 0 {
		c.inverted.Remove(e.remove...)
	}
	if len(e.put) > 0 {
		c.inverted.Put(e.put...)
	}
	if len(e.attach) > 0 {
		c.inverted.Attach(e.attach...)
	}
	c.documents += e.documents
	c.mark = c.mark.plus(e.mark)
	if c.documents == 0 {
		delete(l.collections, name)
		l.views.Delete(name)
		return
	}
	s := c.inverted.Snapshot()
	l.views.Store(name, &find.View{Collection: name, Documents: c.documents, Passages: s.Passages(), Fingerprint: c.mark.bytes(), Moment: s})
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

// revision returns the indexed revision of a document.
func (l *library) revision(id multivac.DocumentID) (multivac.Revision, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	e, ok := l.documents[id]
	return e.revision, ok
}
