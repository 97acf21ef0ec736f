// Package find is the contract of a Finder, which finds the passages that a
// question is answered from. Package ask asks it, and package follow feeds it
// as a Sink. The index in memory is the first implementation. The suite in
// findtest checks an implementation. The package itself finds nothing.
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
	// does not wait, because each question calls it, even one whose answer is
	// cached. If the collection holds no document it returns false, and a View
	// with the name and the Position.
	View(multivac.CollectionName) (View, bool)
	// Find finds what q asks for. A question needs two calls. The first returns
	// what the collection knows of its words. The second finds passages by the
	// weights that the words then have. The error is ErrMoved if the collection
	// has changed so much that the view cannot be answered from any more, and
	// ErrUnavailable if a retry may help.
	//
	// The result depends on the documents in the view and on nothing else, down
	// to the last bit of each number. The order in which they came, and earlier
	// documents, make no difference.
	Find(ctx context.Context, q Query) (Found, error)
}

// ErrMoved says that a view is too old: the caller takes a new one.
var ErrMoved = multivac.Errorf(multivac.ErrUnavailable, "ask again", "what was to be found has just changed")

// A View is a collection at one moment. Everything found in it belongs to its
// Fingerprint, however long it takes.
type View struct {
	Collection  multivac.CollectionName
	Documents   int
	Passages    int
	Fingerprint [16]byte          // of the documents: equal for equal documents
	Position    multivac.Position // all changes until here are in the view; later ones may be
	Moment      any               // how the implementation knows the moment
}

// A Query asks a view. Any part of it may be left out.
type Query struct {
	In View

	Stems    []uint64  // to count
	Mistakes []Mistake // to look for

	Terms    []Term // to find passages by
	Passages int    // how many of the best by Terms are wanted
	// Vector is the meaning of the question; nil if it is not known.
	Vector  *meaning.Vector
	Nearest int // how many of the passages nearest to Vector are wanted
}

// A Mistake is a word that may have been typed wrong.
type Mistake struct {
	// Typed are the stems of the typed word. If a passage has one of them,
	// there is no mistake.
	Typed []uint64
	// Meant are the words that may have been meant. Only words that a passage
	// has count. It is read only if there is a mistake, and may yield hundreds
	// of words.
	Meant iter.Seq[Meant]
}

// Meant is a word that may have been meant.
type Meant struct {
	Stem   uint64
	Unless uint64 // not meant if a passage has this stem; 0 for none
	With   uint64 // counted, too, if this was meant; 0 for none
}

// A Reading says what was meant by a Mistake.
type Reading struct {
	Stem  uint64 // 0 if there is no mistake, or no word that could have been meant
	Count int    // how many passages have Stem
	With  int    // how many passages have Meant.With
}

// A Term is a word to search for.
type Term struct {
	Stem   uint64
	Weight float64 // its weight, including its rarity
}

// Found is the result of a Query.
type Found struct {
	Counts []int // how many passages have each of Stems, in their text or context
	// Meant says for each of Mistakes what was meant: the word that most
	// passages have, and of equal ones the first.
	Meant []Reading

	// Hits are the best passages by Terms, the best first, and then the nearest
	// to Vector that are not among them.
	Hits    []Hit
	ByTerms int // how many of Hits were found by Terms
	// Cosines say for each of Hits how like Vector its sentences are, from -1
	// to 1. A passage without vectors has none. Cosines is nil without Vector.
	Cosines [][]float32
}

// A Hit is a passage that was found.
type Hit struct {
	multivac.PassageID
	Score float64 // BM25 of the terms; 0 if it was found by Vector only
}
