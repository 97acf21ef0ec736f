package mongodb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

// A row is everything known of a document, except what is stored in pieces.
// Times are microseconds of Unix, 0 for none.
type row struct {
	ID         string         `bson:"_id"`
	Version    int64          `bson:"version"` // increases with every write; 0: never told
	Collection string         `bson:"collection"`
	Source     string         `bson:"source"`
	Revision   int64          `bson:"revision"`
	State      multivac.State `bson:"state"`
	Step       string         `bson:"step"`
	Attempts   int            `bson:"attempts"`
	LastError  string         `bson:"last_error"`
	Told       int64          `bson:"told"`
	Changed    int64          `bson:"changed"`
	Lease      int64          `bson:"lease"` // the end of its lease
	Due        int64          `bson:"due"`   // it may not be leased before

	Content   *content  `bson:"content,omitempty"`   // the body, while pending or failed
	Published *content  `bson:"published,omitempty"` // the text that questions are answered from
	Replaced  []content `bson:"replaced,omitempty"`  // earlier texts, until they are purged
	Litter    []litter  `bson:"litter,omitempty"`    // pieces that nothing refers to any more, to be removed

	At     place `bson:"at"`              // place in the feed of its publication or deletion
	Failed place `bson:"failed"`          // place in the feed of its failure
	First  int64 `bson:"first,omitempty"` // place in the feed of the first publication, as a number; 0 if nothing is published
}

// A place is a place in the feed, with the entry there.
type place struct {
	Batch    int64          `bson:"batch"` // its number, from 1
	Index    int32          `bson:"index"` // in the batch
	Revision int64          `bson:"revision"`
	State    multivac.State `bson:"state,omitempty"`
}

func (p place) position() multivac.Position { return position(p.Batch, p.Index) }

// Places of first publications that come before all places in the feed.
const (
	firstDatum = 1 // of a collection's datum in an export, or from before version 2 of the schema
	firstOther = 2 // of other documents that were published before version 2
)

// order returns the place as a number that sorts like places. For example,
// batch 3 and index 2 give 3*65536 + 2.
func (p place) order() int64 { return p.Batch<<16 | int64(p.Index) }

// A content is a body or a text. It is stored in pieces of pieceSize bytes,
// whose names are made from its own. Its passages, without their text, are
// stored in cuts. What was told is kept next to a text in pieces of its own. The
// fields for that came without a new version of the schema: an older program
// drops them when it writes a row, and Examine finds the pieces.
type content struct {
	ID        string `bson:"id"`
	Size      int    `bson:"size"`
	Sum       []byte `bson:"sum"` // the first half of the SHA-256
	Revision  int64  `bson:"revision"`
	Hash      []byte `bson:"hash"`
	Title     string `bson:"title"`
	MediaType string `bson:"type"`
	Places    []byte `bson:"places,omitempty"`
	Cut       string `bson:"cut,omitempty"` // of its passages
	Passages  int    `bson:"passages"`
	Version   int    `bson:"segmenter"` // of passages and vectors, by pack
	Replaced  int64  `bson:"replaced,omitempty"`

	Original     string `bson:"original,omitempty"` // of the pieces of what was told; empty where there are none
	OriginalSize int    `bson:"original_size,omitempty"`
	Verbatim     bool   `bson:"verbatim,omitempty"` // the text is what was told, byte for byte
}

type litter struct {
	ID     string `bson:"id"`
	Pieces int    `bson:"pieces"`
	Cut    bool   `bson:"cut"` // of passages
}

// pack writes a version as one number, so that MongoDB can compare versions.
// Example: segmenter 3 and vectors 2 are 3*256 + 2. Vectors stay below 256.
func pack(v store.Version) int { return v.Segmenter<<8 | v.Vectors }

// version is the inverse of pack.
func (c *content) version() store.Version {
	return store.Version{Segmenter: c.Version >> 8, Vectors: c.Version & 255}
}

func (l litter) collection() string {
	if l.Cut {
		return cuts
	}
	return pieces
}

func newName() string { return bson.NewObjectID().Hex() }

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:16]
}

func (c *content) is(size int, sum []byte) bool { return c.Size == size && bytes.Equal(c.Sum, sum) }

func pieceName(id string, n int) string { return fmt.Sprintf("%s-%06x", id, n) }

func pieceNames(id string, from, to int) []string {
	names := make([]string, 0, to-from)
	for n := from; n < to; n++ {
		names = append(names, pieceName(id, n))
	}
	return names
}

func parts(n, size int) int { return (n + size - 1) / size }

// litter returns the pieces to remove when nothing refers to c any more.
func (c *content) litter() []litter {
	all := []litter{c.textLitter()}
	if c.Cut != "" {
		all = append(all, c.cutLitter())
	}
	if o := c.original(); o != nil {
		all = append(all, o.textLitter())
	}
	return all
}

// original returns what was told as a content of its own, or nil if it is not
// kept next to the text.
func (c *content) original() *content {
	if c.Original == "" {
		return nil
	}
	return &content{ID: c.Original, Size: c.OriginalSize}
}

// keep names what was told.
func (c *content) keep(id string, size int) { c.Original, c.OriginalSize = id, size }

func (c *content) textLitter() litter {
	return litter{ID: c.ID, Pieces: parts(c.Size, pieceSize)}
}

func (c *content) cutLitter() litter {
	return litter{ID: c.Cut, Pieces: parts(c.Passages, cutSize), Cut: true}
}

func (r *row) clone() *row {
	c := *r
	c.Replaced, c.Litter = slices.Clone(r.Replaced), slices.Clone(r.Litter)
	return &c
}

// names reports whether a content or cut of the row has the name.
func (r *row) names(name string) bool {
	for _, c := range append(slices.Clone(r.Replaced), deref(r.Content, r.Published)...) {
		if c.ID == name || c.Cut == name || c.Original == name {
			return true
		}
	}
	return slices.ContainsFunc(r.Litter, func(l litter) bool { return l.ID == name })
}

// current is the content of the row's revision, or nil if it is deleted.
func (r *row) current() *content {
	if r.State == multivac.Indexed {
		return r.Published
	}
	return r.Content
}

// told returns what was told of the row's revision, or nil if it is not kept.
func (r *row) told() *content {
	c := r.current()
	if c == nil || r.State != multivac.Indexed || c.Verbatim {
		return c
	}
	return c.original()
}

// keeps reports whether the same body was kept of what is published.
func (r *row) keeps(body *content) bool {
	p := r.Published
	return p != nil && (p.Verbatim || p.Original != "") && bytes.Equal(p.Hash, body.Hash)
}

// text returns the published text of a revision, or nil.
func (r *row) text(revision multivac.Revision) *content {
	if r.Published != nil && r.Published.Revision == int64(revision) {
		return r.Published
	}
	for i := range r.Replaced {
		if r.Replaced[i].Revision == int64(revision) {
			return &r.Replaced[i]
		}
	}
	return nil
}

// document returns the document without body and text.
func (r *row) document() multivac.Document {
	d := multivac.Document{
		ID: multivac.DocumentID(r.ID), Collection: multivac.CollectionName(r.Collection), Source: r.Source, Revision: multivac.Revision(r.Revision),
		State: r.State, Step: r.Step, Attempts: r.Attempts, LastError: r.LastError, Told: store.FromMicros(r.Told), Changed: store.FromMicros(r.Changed),
	}
	if c := r.current(); c != nil {
		d.Title, d.MediaType, d.Original = c.Title, c.MediaType, r.told() != nil
		copy(d.Hash[:], c.Hash)
	}
	return d
}

func (r *row) task() multivac.Task {
	return multivac.Task{Document: multivac.DocumentID(r.ID), Revision: multivac.Revision(r.Revision), Attempt: r.Attempts}
}

// position writes a place as a position. Positions compare as strings.
func position(batch int64, index int32) multivac.Position {
	if batch == 0 {
		return ""
	}
	return multivac.Position(fmt.Sprintf("%012x%04x", batch, index))
}

func parsePosition(p multivac.Position) (batch int64, index int32, err error) {
	if p == "" {
		return 0, 0, nil
	}
	n, err := strconv.ParseUint(string(p), 16, 64)
	if _, e := hex.DecodeString(string(p)); err != nil || e != nil || len(p) != 16 || n>>63 != 0 {
		return 0, 0, store.ErrNoPosition(p)
	}
	return int64(n >> 16), int32(n & 0xffff), nil
}

// rows returns the rows of documents. It leaves out documents that were never
// told.
func (db *DB) rows(ctx context.Context, ids []string) (map[string]*row, error) {
	return find(ctx, db, documents, ids, func(r *row) string { return r.ID })
}

// row returns the row of a document, or nil if it was never told.
func (db *DB) row(ctx context.Context, id multivac.DocumentID) (*row, error) {
	all, err := db.rows(ctx, []string{string(id)})
	return all[string(id)], err
}

// each calls fn with each result of a query.
func each[T any](ctx context.Context, c *mongo.Collection, filter any, fn func(*T) error, o ...options.Lister[options.FindOptions]) error {
	cursor, err := c.Find(ctx, filter, o...)
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for cursor.Next(ctx) {
		one := new(T)
		if err := cursor.Decode(one); err != nil {
			return damaged("%v", err)
		}
		if err := fn(one); err != nil {
			return err
		}
	}
	return cursor.Err()
}
