package follow

import (
	"sync"

	"multivac"
	"multivac/internal/store"
)

// maxBacklog is how many bytes of changes are held in memory, give or take 1
// change, before they go into the sink.
const maxBacklog = 16 << 20

// weight is about how many bytes a change takes in memory.
func weight(c store.Change) int {
	n := 512 + len(c.Vectors)
	for _, p := range c.Passages {
		n += 128 + len(p.Text) + len(p.Heading) + len(p.Lead) + 16*len(p.Sentences)
	}
	return n
}

// A backlog holds the changes that were read and not yet applied. Its size in
// bytes is limited: put waits while it is full.
type backlog struct {
	mu      sync.Mutex
	moved   sync.Cond
	changes []store.Change
	bytes   int
	closed  bool
}

func newBacklog() *backlog {
	b := &backlog{}
	b.moved.L = &b.mu
	return b
}

func (b *backlog) put(c store.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.bytes >= maxBacklog {
		b.moved.Wait()
	}
	b.changes = append(b.changes, c)
	b.bytes += weight(c)
	b.moved.Broadcast()
}

// take waits for changes and returns all of them. It returns none if the
// backlog is closed and empty.
func (b *backlog) take() []store.Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.changes) == 0 && !b.closed {
		b.moved.Wait()
	}
	changes := b.changes
	b.changes, b.bytes = nil, 0
	b.moved.Broadcast()
	return changes
}

// close says that there are no more changes to put.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.moved.Broadcast()
}

// recent remembers which documents failed or were deleted: at least the latest
// 10,000, for callers that wait for one. When young is full it becomes old, and
// what was old is forgotten.
type recent struct {
	young, old map[multivac.DocumentID]store.Change
}

const maxYoung = 10_000

func (r *recent) note(changes []store.Change) {
	for _, c := range changes {
		if c.State == multivac.Indexed {
			continue
		}
		if r.young == nil || len(r.young) >= maxYoung {
			r.young, r.old = map[multivac.DocumentID]store.Change{}, r.young
		}
		r.young[c.Document] = store.Change{Position: c.Position, Collection: c.Collection, Document: c.Document,
			Revision: c.Revision, State: c.State}
	}
}

func (r *recent) find(id multivac.DocumentID) (store.Change, bool) {
	c, ok := r.young[id]
	if !ok {
		c, ok = r.old[id]
	}
	return c, ok
}
