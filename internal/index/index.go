// Package index is the index in memory: the passages of all collections, by
// their words and by what their sentences mean. It is the first find.Finder and
// find.Sink. It holds no text, does no I/O, and is filled again from the store
// at each start.
package index

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sync/atomic"

	"multivac"
	"multivac/internal/find"
	"multivac/internal/index/inverted"
	"multivac/internal/store"
)

// Index is the index in memory of all collections.
type Index struct {
	// Vectors is the version of the vectors that are indexed, for others cannot
	// be compared with them; none are if it is 0. It is set before anything is
	// taken in.
	Vectors int

	key   [16]byte
	shown atomic.Pointer[library] // what readers see; never nil
}

var (
	_ find.Finder = (*Index)(nil)
	_ find.Sink   = (*Index)(nil)
)

// New returns an empty index. The key makes fingerprints that only those who
// have it can make; replicas that share answers share it.
func New(key [16]byte) *Index {
	x := &Index{key: key}
	x.shown.Store(newLibrary(key, 0))
	return x
}

// View implements find.Finder.
func (x *Index) View(c multivac.CollectionName) (find.View, bool) { return x.shown.Load().view(c) }

// nothing is found where there is no collection.
var nothing = inverted.New().Snapshot()

// Find implements find.Finder.
func (x *Index) Find(ctx context.Context, q find.Query) (find.Found, error) {
	if err := ctx.Err(); err != nil {
		return find.Found{}, err
	}
	in, ok := q.In.Moment.(*inverted.Snapshot)
	if !ok {
		in = nothing
	}
	f := find.Found{Counts: make([]int, len(q.Stems)), Meant: make([]find.Reading, len(q.Mistakes))}
	for i, stem := range q.Stems {
		f.Counts[i] = in.Count(stem)
	}
	for i, m := range q.Mistakes {
		f.Meant[i] = meant(in, m)
	}
	hits := in.Search(q.Terms, q.Passages)
	f.ByTerms = len(hits)
	if q.Vector != nil {
		for _, h := range in.Nearest(q.Vector, q.Nearest) {
			if !slices.ContainsFunc(hits[:f.ByTerms], func(w inverted.Hit) bool { return w.PassageID == h.PassageID }) {
				hits = append(hits, h)
			}
		}
		f.Cosines = in.Cosines(q.Vector, hits)
	}
	f.Hits = make([]find.Hit, len(hits))
	for i, h := range hits {
		f.Hits[i] = h.Hit
	}
	return f, nil
}

// meant returns what was meant by a mistake.
func meant(in *inverted.Snapshot, m find.Mistake) (best find.Reading) {
	has := func(stem uint64) bool { return in.Count(stem) > 0 }
	if slices.ContainsFunc(m.Typed, has) {
		return best
	}
	with := uint64(0)
	unless := map[uint64]bool{0: false} // a few stems, asked hundreds of times each
	for y := range m.Meant {
		blocked, asked := unless[y.Unless]
		if !asked {
			blocked = has(y.Unless)
			unless[y.Unless] = blocked
		}
		if blocked {
			continue
		}
		if n := in.Count(y.Stem); n > best.Count {
			best, with = find.Reading{Stem: y.Stem, Count: n}, y.With
		}
	}
	if with != 0 {
		best.With = in.Count(with)
	}
	return best
}

// Apply implements find.Sink. It never fails.
func (x *Index) Apply(_ context.Context, changes []store.Change, at multivac.Position) error {
	l := x.shown.Load()
	l.vectors = x.Vectors
	l.apply(changes, at)
	return nil
}

// Replace implements find.Sink. It fails where the runs do.
func (x *Index) Replace(_ context.Context, at multivac.Position, runs iter.Seq2[[]store.Change, error]) error {
	next := newLibrary(x.key, x.Vectors)
	for changes, err := range runs {
		if err != nil {
			return err
		}
		next.apply(changes, at)
	}
	next.settle(nil, at)
	x.shown.Store(next)
	return nil
}

// Position implements find.Sink.
func (x *Index) Position() multivac.Position { return x.shown.Load().position() }

// Revision implements find.Sink.
func (x *Index) Revision(id multivac.DocumentID) (multivac.Revision, bool) {
	return x.shown.Load().revision(id)
}

// Collections implements find.Sink.
func (x *Index) Collections() (all []multivac.Collection) {
	for _, v := range x.shown.Load().views.Range {
		c := v.(*find.View)
		all = append(all, multivac.Collection{Name: c.Collection, Documents: c.Documents, Passages: c.Passages})
	}
	slices.SortFunc(all, func(a, b multivac.Collection) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Bytes returns about how much memory it takes.
func (x *Index) Bytes() (n int) {
	for _, v := range x.shown.Load().views.Range {
		n += v.(*find.View).Moment.(*inverted.Snapshot).Bytes()
	}
	return n
}
