package inverted

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"multivac"
	"multivac/internal/meaning"
)

// meant is a document whose sentences have random vectors. 1 document in 5 has
// none.
func meant(id string, revision int, passages int, r *rand.Rand) Document {
	d := Document{ID: multivac.DocumentID(id), Revision: multivac.Revision(revision)}
	for n := range passages {
		p := multivac.Passage{Number: n, Text: "a b c", End: 5}
		for k := range 1 + r.IntN(4) {
			p.Sentences = append(p.Sentences, multivac.Span{Start: k, End: k + 1})
		}
		d.Passages = append(d.Passages, p)
	}
	if r.IntN(5) > 0 {
		d.Vectors = vectorsOf(d.Passages, r)
	}
	return d
}

// vectorsOf draws vectors for all sentences.
func vectorsOf(passages []multivac.Passage, r *rand.Rand) (made []byte) {
	for _, p := range passages {
		for range p.Sentences {
			for _, x := range drawn(r) {
				made = append(made, byte(x))
			}
		}
	}
	return made
}

// drawn is a random vector near one of a few themes.
func drawn(r *rand.Rand) (v meaning.Vector) {
	theme := rand.New(rand.NewPCG(r.Uint64N(6), 9))
	for i := range v {
		v[i] = int8(max(-127, min(127, 30*theme.NormFloat64()+30*r.NormFloat64())))
	}
	return v
}

func vector(made []byte) (v meaning.Vector) {
	for i := range v {
		v[i] = int8(made[i])
	}
	return v
}

type nearPassage struct {
	id      multivac.PassageID
	cosines []float32
}

// nearest compares all sentences.
func nearest(documents map[string]Document, q *meaning.Vector) (all []nearPassage) {
	for _, d := range documents {
		made := d.Vectors
		for _, p := range d.Passages {
			if len(made) == 0 {
				continue
			}
			n := nearPassage{id: multivac.PassageID{Document: d.ID, Revision: d.Revision, Number: p.Number}}
			for k := range p.Sentences {
				v := vector(made[k*meaning.Width:])
				n.cosines = append(n.cosines, meaning.Cosine(q, &v))
			}
			made = made[meaning.Width*len(p.Sentences):]
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b nearPassage) int { return cmp.Compare(slices.Max(b.cosines), slices.Max(a.cosines)) })
	return all
}

// Nearest finds the same passages as a comparison of all sentences, after
// documents have come, gone, received their vectors and been merged.
func TestNearest(t *testing.T) {
	const k = 12
	r := rand.New(rand.NewPCG(1, 2))
	x, documents := New(), map[string]Document{}
	for step := range 300 {
		id := fmt.Sprintf("%032d", r.IntN(60))
		if r.IntN(4) == 0 {
			x.Remove(multivac.DocumentID(id))
			delete(documents, id)
		} else {
			d := meant(id, step+1, 1+r.IntN(4), r)
			later := d
			if r.IntN(2) == 0 {
				later.Vectors = nil
			}
			x.Put(later)
			x.Attach(d)
			documents[id] = d
		}
		if step%10 > 0 {
			continue
		}
		s := x.Snapshot()
		q := drawn(r)
		want := nearest(documents, &q)
		want = want[:min(k, len(want))]
		hits := s.Nearest(&q, k)
		cosines := s.Cosines(&q, hits)
		if len(hits) != len(want) {
			t.Fatalf("step %d: found %d passages, want %d", step, len(hits), len(want))
		}
		for i, w := range want {
			if hits[i].PassageID != w.id || hits[i].Score != 0 || !slices.Equal(cosines[i], w.cosines) {
				t.Errorf("step %d, place %d: got %v %v, want %v", step, i, hits[i].PassageID, cosines[i], w)
			}
		}
	}
}

// A passage that has no vectors yet has no cosines, even next to others that
// have some.
func TestCosinesOfWhatHasNone(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	x := New()
	with, without := doc("a", 1, "the pump"), doc("b", 1, "the pump")
	q := drawn(r)
	with.Passages[0].Sentences = []multivac.Span{{Start: 0, End: 8}}
	for _, v := range q {
		with.Vectors = append(with.Vectors, byte(v))
	}
	x.Put(with, without)
	s := x.Snapshot()
	for i, cosines := range s.Cosines(&q, s.Search(query(s, "pump"), 2)) {
		if len(cosines) != 1-i || i == 0 && cosines[0] < 0.999 {
			t.Errorf("passage %d: got %v", i, cosines)
		}
	}
}

func BenchmarkNearest(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	x := New()
	for d := range 10_000 {
		x.Put(meant(fmt.Sprintf("%032d", d), 1, 4, r))
	}
	s := x.Snapshot()
	q := drawn(r)
	for b.Loop() {
		s.Nearest(&q, 12)
	}
}

// A snapshot still finds the same after all of its segments were merged away,
// when the memory of their vectors could be freed.
func TestSnapshotKeepsItsVectors(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := New()
	put := func() {
		var docs []Document
		for d := range 200 {
			docs = append(docs, meant(fmt.Sprintf("%032d", d), 1, 4, r))
		}
		x.Put(docs...)
		runtime.GC()
	}
	put()
	s, q := x.Snapshot(), drawn(r)
	before := s.Nearest(&q, 12)
	for range 4 {
		put()
	}
	if after := s.Nearest(&q, 12); !reflect.DeepEqual(before, after) || len(after) != 12 {
		t.Errorf("found %v at first, and then %v", before, after)
	}
}

// Vectors take the memory that they need, and not twice as much.
func TestVectorsLieApart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has memory apart")
	}
	r := rand.New(rand.NewPCG(3, 4))
	x := New()
	for d := range 2000 {
		x.Put(meant(fmt.Sprintf("%032d", d), 1, 4, r))
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if of := x.Snapshot().Bytes(); of < 4<<20 || m.HeapAlloc > uint64(of)/2 {
		t.Errorf("of an index of %d bytes, %d are on the heap", of, m.HeapAlloc)
	}
	runtime.KeepAlive(x)
}
