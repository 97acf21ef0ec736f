package mongodb

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

const (
	pieceSize = 8192 // bytes: read as a whole to quote a sentence
	cutSize   = 16   // passages
)

type piece struct {
	ID    string `bson:"_id"`
	Bytes []byte `bson:"bytes"`
}

// A cut is some passages of a text. A field that is the same as in the passage
// before is left out.
type cut struct {
	ID       string    `bson:"_id"`
	Passages []passage `bson:"passages"`
	Vectors  []byte    `bson:"v,omitempty"` // of each sentence of each passage, in order
}

type passage struct {
	Kind      string  `bson:"k"`
	Heading   *string `bson:"h,omitempty"` // if nil, that of the passage before
	Lead      *string `bson:"l,omitempty"` // if nil, that of the passage before
	Start     int     `bson:"s"`
	End       int     `bson:"e"`
	Sentences []byte  `bson:"x"`
	Places    []byte  `bson:"p,omitempty"`
}

// split makes pieces of a body or text.
func split(id string, b []byte) []any {
	all := make([]any, 0, parts(len(b), pieceSize))
	for some := range slices.Chunk(b, pieceSize) {
		all = append(all, piece{pieceName(id, len(all)), some})
	}
	return all
}

// splitCut makes cuts of passages and their vectors.
func splitCut(id string, passages []multivac.Passage, vectors []byte) []any {
	all := make([]any, 0, parts(len(passages), cutSize))
	for some := range slices.Chunk(passages, cutSize) {
		n := min(store.Sentences(some)*store.VectorSize, len(vectors))
		c := cut{ID: pieceName(id, len(all)), Vectors: vectors[:n]}
		vectors = vectors[n:]
		heading, lead := "", ""
		for _, p := range some {
			one := passage{Kind: string(p.Kind), Start: p.Start, End: p.End, Sentences: store.PackSpans(p.Sentences, p.Start), Places: []byte(p.Places)}
			if p.Heading != heading {
				heading = p.Heading
				one.Heading = &p.Heading
			}
			if p.Lead != lead {
				lead = p.Lead
				one.Lead = &p.Lead
			}
			c.Passages = append(c.Passages, one)
		}
		all = append(all, c)
	}
	return all
}

// unpack returns the passages of a cut, without their text. number is that of
// the first one.
func (c *cut) unpack(number, size int) ([]multivac.Passage, error) {
	all := make([]multivac.Passage, 0, len(c.Passages))
	heading, lead := "", ""
	for _, one := range c.Passages {
		if one.Heading != nil {
			heading = *one.Heading
		}
		if one.Lead != nil {
			lead = *one.Lead
		}
		if one.Start < 0 || one.Start >= one.End || one.End > size {
			return nil, damaged("passage %d is not in the text", number)
		}
		sentences, err := store.UnpackSpans(one.Sentences, one.Start, one.End)
		if err != nil {
			return nil, damaged("%v", err)
		}
		all = append(all, multivac.Passage{Number: number, Kind: multivac.Kind(one.Kind), Heading: heading, Lead: lead, Start: one.Start, End: one.End, Sentences: sentences, Places: multivac.Places(one.Places)})
		number++
	}
	if n := store.Sentences(all); len(c.Vectors) != 0 && len(c.Vectors) != n*store.VectorSize {
		return nil, damaged("%d sentences have %d bytes of vectors", n, len(c.Vectors))
	}
	return all, nil
}

// insert adds documents to a collection. A document that is there already was
// added by an earlier try, because no other document has its name.
func (db *DB) insert(ctx context.Context, collection string, all []any) error {
	if len(all) == 0 {
		return nil
	}
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(collection).InsertMany(ctx, all, options.InsertMany().SetOrdered(false))
		if onlyThere(err) {
			return nil
		}
		return err
	})
}

// onlyThere reports whether inserting failed only for documents that were there
// already.
func onlyThere(err error) bool {
	var e mongo.BulkWriteException
	if !errors.As(err, &e) || e.WriteConcernError != nil {
		return false
	}
	for _, one := range e.WriteErrors {
		if one.Code != 11000 {
			return false
		}
	}
	return true
}

// sweep removes pieces that nothing refers to any more.
func (db *DB) sweep(ctx context.Context, all []litter) error {
	names := make(map[string][]string)
	for _, l := range all {
		names[l.collection()] = append(names[l.collection()], pieceNames(l.ID, 0, l.Pieces)...)
	}
	for collection, all := range names {
		for some := range slices.Chunk(all, maxNames) {
			err := db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
				_, err := d.Collection(collection).DeleteMany(ctx, bson.D{at("_id", in(some))})
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// errGone is returned if pieces are missing: the row that refers to them has
// changed since it was read, or the database is damaged.
var errGone = errors.New("pieces are not there")

// maxNames is the largest number of names in a query.
const maxNames = 64

// find returns the documents that exist of those named, by name.
func find[T any](ctx context.Context, db *DB, collection string, names []string, name func(*T) string, o ...options.Lister[options.FindOptions]) (map[string]*T, error) {
	all := make(map[string]*T, len(names))
	for some := range slices.Chunk(names, maxNames) {
		err := db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
			return each(ctx, d.Collection(collection), bson.D{at("_id", in(some))}, func(one *T) error {
				all[name(one)] = one
				return nil
			}, o...)
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (db *DB) findPieces(ctx context.Context, names []string) (map[string]*piece, error) {
	return find(ctx, db, pieces, names, func(p *piece) string { return p.ID })
}

func (db *DB) findCuts(ctx context.Context, names []string, o ...options.Lister[options.FindOptions]) (map[string]*cut, error) {
	return find(ctx, db, cuts, names, func(c *cut) string { return c.ID }, o...)
}

// withoutVectors omits the vectors of cuts, because a quotation does not need
// them.
func withoutVectors() options.Lister[options.FindOptions] {
	return options.Find().SetProjection(bson.D{at("v", 0)})
}

// join returns the bytes [start, end) of a content.
func join(c *content, found map[string]*piece, start, end int) ([]byte, error) {
	b := make([]byte, 0, end-start)
	for n := start / pieceSize; n < parts(end, pieceSize); n++ {
		p := found[pieceName(c.ID, n)]
		if p == nil || len(p.Bytes) != min(pieceSize, c.Size-n*pieceSize) {
			return nil, errGone
		}
		b = append(b, p.Bytes[max(start-n*pieceSize, 0):min(end-n*pieceSize, len(p.Bytes))]...)
	}
	return b, nil
}

// read returns bodies or texts, and nil for one that is gone.
func (db *DB) read(ctx context.Context, contents ...*content) ([][]byte, error) {
	var names []string
	for _, c := range contents {
		names = append(names, pieceNames(c.ID, 0, parts(c.Size, pieceSize))...)
	}
	found, err := db.findPieces(ctx, names)
	if err != nil {
		return nil, err
	}
	all := make([][]byte, len(contents))
	for i, c := range contents {
		if b, err := join(c, found, 0, c.Size); err == nil {
			all[i] = b
		}
	}
	return all, nil
}

// A cutText is a text with its passages, which have at most maxNames cuts, and
// their vectors.
type cutText struct {
	text     string
	passages []multivac.Passage
	vectors  []byte
}

// readCut returns texts with their passages, and nil for one that is gone.
func (db *DB) readCut(ctx context.Context, contents []*content, o ...options.Lister[options.FindOptions]) ([]*cutText, error) {
	var names []string
	for _, c := range contents {
		names = append(names, pieceNames(c.Cut, 0, parts(c.Passages, cutSize))...)
	}
	found, err := db.findCuts(ctx, names, o...)
	if err != nil {
		return nil, err
	}
	texts, err := db.read(ctx, contents...)
	if err != nil {
		return nil, err
	}
	all := make([]*cutText, len(contents))
	for i, c := range contents {
		passages, vectors, err := c.unpack(found)
		if err != nil {
			return nil, err
		}
		if texts[i] == nil || len(passages) != c.Passages {
			continue
		}
		text := string(texts[i])
		for j := range passages {
			p := &passages[j]
			p.Text = text[p.Start:p.End]
		}
		all[i] = &cutText{text, passages, vectors}
	}
	return all, nil
}

// unpack returns the passages of a text, without their text, and their vectors.
// It stops at the first missing cut.
func (c *content) unpack(found map[string]*cut) (all []multivac.Passage, vectors []byte, err error) {
	for n := range parts(c.Passages, cutSize) {
		k := found[pieceName(c.Cut, n)]
		if k == nil {
			break
		}
		some, err := k.unpack(len(all), c.Size)
		if err != nil {
			return nil, nil, err
		}
		all, vectors = append(all, some...), append(vectors, k.Vectors...)
	}
	return all, vectors, nil
}
