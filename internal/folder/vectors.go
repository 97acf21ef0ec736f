package folder

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/meaning"
)

// partPassages is the most passages whose vectors are kept together. What is
// kept is not lost when a run is interrupted, even within a long document.
const partPassages = 64

// trimEvery is after how many parts that were made a cache is trimmed.
const trimEvery = 256

// A part is consecutive passages of a document, and the vectors of their
// sentences, or nil while there are none.
type part struct {
	document  multivac.DocumentID
	passages  []multivac.Passage
	sentences int
	key       [sha256.Size]byte
	vectors   []byte
}

// Recall takes vectors from the cache, which may be nil, and returns how many
// sentences have none. It is called after all documents were added.
func (f *Folder) Recall(c *Cache) (missing int) {
	f.cache, f.parts = c, nil
	for id, d := range f.documents {
		for rest := d.passages; len(rest) > 0; {
			n := min(len(rest), partPassages)
			p := &part{document: id, passages: rest[:n], key: key(d.Title, rest[:n])}
			for _, passage := range p.passages {
				p.sentences += len(passage.Sentences)
			}
			if p.vectors = c.get(p.key, p.sentences*meaning.Width); p.vectors == nil {
				missing += p.sentences
			}
			f.parts = append(f.parts, p)
			rest = rest[n:]
		}
	}
	return missing
}

// key names everything that the vectors of passages depend on.
func key(title string, passages []multivac.Passage) (k [sha256.Size]byte) {
	h := sha256.New()
	add := func(s string) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	h.Write([]byte{meaning.Version})
	add(title)
	for _, p := range passages {
		add(p.Heading)
		add(p.Lead)
		for _, s := range p.Sentences {
			add(p.Sentence(s))
		}
	}
	h.Sum(k[:0])
	return k
}

// MakeVectors makes the vectors that Recall missed, on all processors, and keeps each
// part at once. It calls made with the number of sentences of each part. The
// first result is why something could not be kept, or nil; the second is the
// error of vectors, such as that of the context.
func (f *Folder) MakeVectors(ctx context.Context, vectors func(context.Context, string, multivac.Passage) ([]byte, error), made func(sentences int)) (unkept, err error) {
	var failed atomic.Pointer[error]
	var parts atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range f.parts {
		if p.vectors != nil || p.sentences == 0 {
			continue
		}
		group.Go(func() error {
			all := make([]byte, 0, p.sentences*meaning.Width)
			for _, passage := range p.passages {
				some, err := vectors(ctx, f.documents[p.document].Title, passage)
				if err != nil {
					return err
				}
				all = append(all, some...)
			}
			p.vectors = all
			if err := f.cache.put(p.key, all); err != nil {
				failed.Store(&err)
			}
			made(p.sentences)
			if parts.Add(1)%trimEvery == 0 {
				f.cache.trim()
			}
			return nil
		})
	}
	err = group.Wait()
	if parts.Load() > 0 {
		f.cache.trim()
	}
	if why := failed.Load(); why != nil {
		unkept = *why
	}
	return unkept, err
}

// vectors returns the vectors of each document, if all sentences have some, or
// nil.
func (f *Folder) vectors() map[multivac.DocumentID][]byte {
	all := make(map[multivac.DocumentID][]byte, len(f.documents))
	for _, p := range f.parts { // those of one document are in their order
		if p.vectors == nil && p.sentences > 0 {
			return nil
		}
		all[p.document] = append(all[p.document], p.vectors...)
	}
	return all
}
