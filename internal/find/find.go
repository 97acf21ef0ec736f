// Package find is the contract of what finds the passages that a question is
// answered from. A Finder is asked by package ask, and fed as a Sink by package
// follow. The index in memory is the first implementation; the suite in
// findtest proves one. The package itself finds nothing.
package find

import (
	"context"
	"iter"

	"multivac"
	"multivac/internal/meaning"
)

// A Finder finds passages of one collection at a time. Its methods may be
// called by many goroutines.
type Finder interface {
	// View returns the collection as it is now. It costs next to nothing and
	// waits for nothing, for each question asks it, also one whose answer is
	// cached. Where the collection holds no document it returns false, and a
	// View with the name and the Position.
	View(multivac.CollectionName) (View, bool)
	// Find finds what q asks for. A question needs two calls: the first says
	// what the collection knows of its words, and the second finds passages by
	// what the words weigh then. The error is ErrMoved where the collection has
	// changed so much that the view cannot be answered from any more, and
	// ErrUnavailable where a retry may help.
	//
	// What is found depends on the documents in the view and on nothing else,
	// down to the last bit of each number: not on the order in which they came,
	// nor on what was there before.
	Find(ctx context.Context, q Query) (Found, error)
}

// ErrMoved says that a view is too old: the caller takes a new one.
var ErrMoved = multivac.Errorf(multivac.ErrUnavailable, "ask again", "what was to be found has just changed")

// A View is a collection at one moment. What is found in it is what Fingerprint
// stands for, however long it takes.
type View struct {
	Collection  multivac.CollectionName
	Documents   int
	Passages    int
	Fingerprint [16]byte          // of the documents: the same where they are the same
	Position    multivac.Position // all changes until here are in the view; later ones may be
	Moment      any               // what the implementation knows the moment by
}

// A Query asks a view. Each part of it may be left out.
type Query struct {
	In View

	Stems    []uint64  // that are counted
	Mistakes []Mistake // that are looked for

	Terms    []Term // that passages are found by
	Passages int    // how many of the best by Terms are wanted
	// Vector is what the question means; nil where that is not known.
	Vector  *meaning.Vector
	Nearest int // how many of the passages nearest to Vector are wanted
}

// A Mistake is a word that may have been typed wrong.
type Mistake struct {
	// Typed are the stems of what was typed. Where a passage has one of them
	// there is no mistake.
	Typed []uint64
	// Meant are the stems of what may have been meant. A passage has to have it.
	// It is read only where there is a mistake, and may have hundreds of them.
	Meant iter.Seq[Meant]
}

// Meant is what may have been meant where something else was typed.
type Meant struct {
	Stem   uint64
	Unless uint64 // it was not meant where a passage has this stem; 0 for no such stem
	With   uint64 // is counted, too, if this was meant; 0 for no such stem
}

// A Reading is what was meant by a Mistake.
type Reading struct {
	Stem  uint64 // 0 where there is no mistake, or nothing that could have been meant
	Count int    // in how many passages Stem is
	With  int    // in how many passages Meant.With is
}

// A Term is searched for.
type Term struct {
	Stem   uint64
	Weight float64 // what it counts, its rarity included
}

// Found is what was found of a Query.
type Found struct {
	Counts []int // in how many passages each of Stems is, in their text or context
	// Meant says of each of Mistakes what was meant: what is in the most passages,
	// and of equals the first.
	Meant []Reading

	// Hits are the best passages by Terms, the best first, and then the nearest
	// to Vector that are not among them.
	Hits    []Hit
	ByTerms int // so many of Hits were found by Terms
	// Cosines say of each of Hits how like Vector its sentences are, from -1 to
	// 1: nothing for a passage without vectors. Nil without Vector.
	Cosines [][]float32
}

// A Hit is a passage that was found.
type Hit struct {
	multivac.PassageID
	Score float64 // BM25 of the terms; 0 where it was found by Vector alone
}
