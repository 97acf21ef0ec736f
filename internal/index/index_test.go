package index_test

import (
	"fmt"
	"testing"

	"multivac"
	"multivac/internal/find/findtest"
	"multivac/internal/index"
	"multivac/internal/store"
	"multivac/internal/text"
)

func TestIndex(t *testing.T) {
	findtest.Run(t, func(testing.TB) findtest.Index {
		x := index.New([16]byte{'k', 'e', 'y'})
		x.Vectors = findtest.Vectors
		return x
	})
}

func BenchmarkApplyOne(b *testing.B) {
	x := index.New([16]byte{1})
	change := func(document, revision int) store.Change {
		return store.Change{Collection: "c", Document: multivac.DocumentID(fmt.Sprint(document)), Revision: multivac.Revision(revision),
			State: multivac.Indexed, Passages: text.Segment(fmt.Sprintf("Revision%d of document%d.", revision, document))}
	}
	var all []store.Change
	for i := range 20000 {
		all = append(all, change(i, 1))
	}
	if err := x.Apply(b.Context(), all, "1"); err != nil {
		b.Fatal(err)
	}
	for i := 2; b.Loop(); i++ {
		if err := x.Apply(b.Context(), []store.Change{change(i%20000, i)}, "2"); err != nil {
			b.Fatal(err)
		}
	}
}
