package store

import (
	"cmp"

	"multivac"
)

// VectorSize is the size of a sentence's vector, in bytes.
const VectorSize = 384

// A Version says what made the passages of a document.
type Version struct {
	Segmenter int // the version of what cut the passages
	Vectors   int // the version of what made their vectors; 0 where nothing did
}

// Before reports whether v is older than w: by its segmenter, and of the same
// segmenter by its vectors.
func (v Version) Before(w Version) bool {
	return cmp.Or(cmp.Compare(v.Segmenter, w.Segmenter), cmp.Compare(v.Vectors, w.Vectors)) < 0
}

// A Publication is what a worker made of a document.
type Publication struct {
	Title    string // becomes the document's, where the telling named none
	Text     string
	IsBody   bool            // Text is the document's body, byte for byte: it need not be stored again, and what was told is kept
	KeepBody bool            // the body is kept next to another text
	Places   multivac.Places // of Text
	Version  Version
	Passages []multivac.Passage // each valid for Text, numbered from 0
	Vectors  []byte             // VectorSize bytes for each sentence of Passages, in order; none where none were made
}

// Validate returns an ErrInvalid where a passage does not quote the text, the
// passages are not numbered from 0, or there is not one vector for each
// sentence.
func (p Publication) Validate() error {
	for i, one := range p.Passages {
		if err := one.Validate(p.Text); err != nil {
			return multivac.Errorf(multivac.ErrInvalid, "", "%v", err)
		}
		if one.Number != i {
			return multivac.Errorf(multivac.ErrInvalid, "", "passage %d has the number %d", i, one.Number)
		}
	}
	return ValidVectors(p.Vectors, p.Version, p.Passages)
}

// ValidVectors returns an ErrInvalid where vectors are neither one for each
// sentence of the passages nor none at all, or where they have no version.
func ValidVectors(vectors []byte, v Version, passages []multivac.Passage) error {
	if len(vectors) == 0 {
		return nil
	}
	if v.Vectors == 0 {
		return multivac.Errorf(multivac.ErrInvalid, "", "there are vectors without a version")
	}
	if n := Sentences(passages); len(vectors) != n*VectorSize {
		return multivac.Errorf(multivac.ErrInvalid, "", "%d sentences have %d bytes of vectors, want %d", n, len(vectors), n*VectorSize)
	}
	return nil
}

// Sentences counts the sentences of passages.
func Sentences(passages []multivac.Passage) (n int) {
	for _, p := range passages {
		n += len(p.Sentences)
	}
	return n
}

// A Quote names bytes of a published text.
type Quote struct {
	Document multivac.DocumentID
	Revision multivac.Revision
	Span     multivac.Span // not empty
}

// A Change is an entry of the feed. It says what is published of a document now,
// which may be newer than what was published at Position.
//
// Where State is Failed it says only that this revision will not be published;
// what was published before stays. Deleted and Failed have no passages.
type Change struct {
	Position   multivac.Position // empty in a Scan
	Collection multivac.CollectionName
	Document   multivac.DocumentID
	Revision   multivac.Revision
	Hash       multivac.ContentHash
	Source     string
	Title      string
	State      multivac.State // Indexed, Failed or Deleted
	Version    Version        // of Passages; zero where there are none to be
	Passages   []multivac.Passage
	Vectors    []byte // as in a Publication
}
