package mongodb

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

const (
	batchChanges = 64      // changes, or rows, that are read together
	batchBytes   = 1 << 20 // bytes of their texts, about
	batchesRead  = 64      // batches of the feed that are read together

	pollInterval  = 2 * time.Second       // Follow looks at the feed at least this often, in case the change stream is silent
	streamPause   = 10 * time.Millisecond // before a change stream is opened again
	maxStreamWait = time.Second           // the longest of these pauses
	streamTimeout = 10 * time.Second      // how long the server waits for an event

	// maxReads is how often the same thing is read again because its pieces
	// changed while it was read.
	maxReads = 100
)

// A batch is what one transaction added to the feed.
type batch struct {
	Number  int64         `bson:"_id"`
	Token   bson.ObjectID `bson:"token"` // its time is that of the batch
	Last    int32         `bson:"last"`  // the greatest index
	Entries []entry       `bson:"entries"`
}

type entry struct {
	Index    int32          `bson:"i"`
	Document string         `bson:"d"`
	Revision int64          `bson:"r"`
	State    multivac.State `bson:"s"`
	Hash     []byte         `bson:"h,omitempty"`
}

// A feedEnd is the end of the feed: its last batch and index. It is a row of
// the collection metas.
type feedEnd struct {
	Number int64 `bson:"number"` // 0 if the feed is empty
	Last   int32 `bson:"last"`
}

var endRow = bson.D{at("_id", "feed")}

func (e feedEnd) position() multivac.Position { return position(e.Number, e.Last) }

// nextBatch moves the end of the feed forward, within a transaction. It returns
// the number of the new batch.
func nextBatch(ctx context.Context, d *mongo.Database, last int32) (number int64, err error) {
	var end feedEnd
	err = d.Collection(metas).FindOneAndUpdate(ctx, endRow, bson.D{at("$inc", bson.D{at("number", 1)}), at("$set", bson.D{at("last", last)})},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&end)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return 0, damaged("the end of the feed is not known")
	}
	return end.Number, err
}

// Each change of a group has two places in the group's batch, and needs none,
// one or both: change number i has place 2i for its publication or deletion,
// and place 2i+1 for its failure. For example, change 3 has the places 6 and 7.
func publishedIndex(i int) int32 { return int32(2 * i) }
func failedIndex(i int) int32    { return int32(2*i + 1) }

// lastIndex returns the greatest place that the changes need, and false if they
// need none.
func lastIndex(changed []*change) (last int32, ok bool) {
	for i, c := range slices.Backward(changed) {
		switch {
		case c.announceFailure:
			return failedIndex(i), true
		case c.announce:
			return publishedIndex(i), true
		}
	}
	return 0, false
}

// newBatch makes the batch of changes, and sets the places in their rows.
func newBatch(number int64, last int32, changed []*change) *batch {
	b := &batch{Number: number, Token: bson.NewObjectID(), Last: last}
	for i, c := range changed {
		r := c.row
		if c.announce {
			r.At = place{number, publishedIndex(i), r.Revision, multivac.Deleted}
			var hash []byte
			if p := r.Published; p != nil {
				r.At.Revision, r.At.State, hash = p.Revision, multivac.Indexed, p.Hash
			}
			if c.isFirst {
				r.First = r.At.order()
			}
			b.Entries = append(b.Entries, r.At.entry(r.ID, hash))
		}
		if c.announceFailure {
			r.Failed = place{number, failedIndex(i), r.Revision, multivac.Failed}
			b.Entries = append(b.Entries, r.Failed.entry(r.ID, r.Content.Hash))
		}
	}
	return b
}

func (p place) entry(document string, hash []byte) entry {
	return entry{p.Index, document, p.Revision, p.State, hash}
}

// ring wakes the followers of the feed.
func (db *DB) ring() {
	db.mu.Lock()
	defer db.mu.Unlock()
	close(db.bell)
	db.bell = make(chan struct{})
}

// Position implements store.Store.
func (db *DB) Position(ctx context.Context) (multivac.Position, error) {
	end, err := db.end(ctx)
	return end.position(), err
}

func (db *DB) end(ctx context.Context) (end feedEnd, err error) {
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		err := d.Collection(metas).FindOne(ctx, endRow).Decode(&end)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return damaged("the end of the feed is not known")
		}
		return err
	})
	return end, err
}

// lastBatch returns the end of the last batch that exists.
func lastBatch(ctx context.Context, d *mongo.Database) (end feedEnd, err error) {
	err = each(ctx, d.Collection(feeds), bson.D{at("_id", bson.D{at("$gt", 0)})}, func(b *batch) error {
		end = feedEnd{b.Number, b.Last}
		return nil
	}, options.Find().SetSort(bson.D{at("_id", -1)}).SetLimit(1).SetProjection(bson.D{at("last", 1)}))
	return end, err
}

// batches returns some of the batches with the numbers from from to until.
// Dropped batches are missing in it, and no others.
func (db *DB) batches(ctx context.Context, from, until int64) (all []*batch, err error) {
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(feeds), bson.D{at("_id", bson.D{at("$gte", from), at("$lte", until)})},
			func(b *batch) error { all = append(all, b); return nil },
			options.Find().SetSort(bson.D{at("_id", 1)}).SetLimit(batchesRead))
	})
	return all, err
}

// Follow implements store.Store.
func (db *DB) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	from, index, err := parsePosition(after)
	if err != nil {
		return err
	}
	end, err := db.end(ctx)
	if err != nil {
		return err
	}
	if after > end.position() {
		return store.ErrTooOld(after)
	}
	db.listening.Do(func() { db.running.Go(db.listen) })
	for {
		db.mu.Lock()
		bell := db.bell
		db.mu.Unlock()
		if end, err = db.end(ctx); err != nil {
			return err
		}
		// The end is read first: nothing can still be added before it.
		for from <= end.Number {
			all, err := db.batches(ctx, from, end.Number)
			if err != nil {
				return err
			}
			for _, b := range all {
				b.Entries = slices.DeleteFunc(b.Entries, func(e entry) bool { return b.Number == from && e.Index <= index })
				if err := db.hand(ctx, b, fn); err != nil {
					return err
				}
			}
			from, index = end.Number+1, -1
			if len(all) == batchesRead {
				from = all[len(all)-1].Number + 1
			}
		}
		select {
		case <-bell:
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return ctx.Err()
		case <-db.conn.Closed():
			return store.ErrClosed()
		}
	}
}

// hand calls fn with the changes of a batch.
func (db *DB) hand(ctx context.Context, b *batch, fn func(store.Change) error) error {
	for some := range slices.Chunk(b.Entries, batchChanges) {
		changes, err := db.changes(ctx, b, some)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := ctx.Err(); err != nil {
				return err
			}
			if db.isClosed() {
				return store.ErrClosed()
			}
			if err := fn(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// changes returns the changes that the entries describe. It leaves out entries
// that later ones make void.
func (db *DB) changes(ctx context.Context, b *batch, entries []entry) ([]store.Change, error) {
	for range maxReads {
		all, err := db.tryChanges(ctx, b, entries)
		if !errors.Is(err, errGone) {
			return all, err
		}
	}
	return nil, damaged("texts in the feed are not whole")
}

func (db *DB) tryChanges(ctx context.Context, b *batch, entries []entry) ([]store.Change, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.Document
	}
	rows, err := db.rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([]store.Change, 0, len(entries))
	var texts []*content
	var of []int
	for _, e := range entries {
		r := rows[e.Document]
		if r == nil || r.void(b, e) {
			continue
		}
		c := r.change(e.State)
		c.Position, c.Revision = position(b.Number, e.Index), multivac.Revision(e.Revision)
		copy(c.Hash[:], e.Hash)
		if e.State == multivac.Indexed {
			of, texts = append(of, len(all)), append(texts, r.Published)
		}
		all = append(all, c)
	}
	return all, db.addPassages(ctx, all, of, texts)
}

// void reports whether a later entry describes the same document.
func (r *row) void(b *batch, e entry) bool {
	here := position(b.Number, e.Index)
	if e.State == multivac.Failed {
		return r.Failed.position() != here || r.At.position() > here && r.At.Revision > e.Revision
	}
	return r.At.position() != here
}

// change returns a change with the published revision of a document, or with
// its failure or deletion.
func (r *row) change(state multivac.State) store.Change {
	c := store.Change{Collection: multivac.CollectionName(r.Collection), Document: multivac.DocumentID(r.ID), Source: r.Source, State: state}
	switch {
	case state == multivac.Indexed:
		c.Revision, c.Title, c.Version = multivac.Revision(r.Published.Revision), r.Published.Title, r.Published.version()
		copy(c.Hash[:], r.Published.Hash)
	case state == multivac.Failed && r.State == multivac.Failed:
		c.Title = r.Content.Title
	}
	return c
}

// addPassages reads the passages of some of the changes. It returns errGone if
// they are gone.
func (db *DB) addPassages(ctx context.Context, all []store.Change, of []int, texts []*content) error {
	for len(of) > 0 {
		n, size := 0, 0
		for n < len(of) && (n == 0 || size+texts[n].Size < batchBytes) {
			size += texts[n].Size
			n++
		}
		found, err := db.readCut(ctx, texts[:n])
		if err != nil {
			return err
		}
		for i, one := range found {
			if one == nil {
				return errGone
			}
			all[of[i]].Passages, all[of[i]].Vectors = one.passages, one.vectors
		}
		of, texts = of[n:], texts[n:]
	}
	return nil
}

// listen rings the bell when a change stream reports that a process has added
// to the feed. If a stream ends, it opens another. Anything missed in between
// is read from the feed itself, so a stream is never too old.
func (db *DB) listen() {
	for pause := streamPause; !db.isClosed(); pause = min(2*pause, maxStreamWait) {
		heard, err := false, error(nil)
		err = db.conn.Borrow(db.ctx, func(d *mongo.Database, retired <-chan struct{}) (err error) {
			heard, err = db.hear(db.ctx, d, retired)
			return err
		})
		if heard {
			pause = streamPause
		}
		db.log.Debug("MongoDB: the change stream has ended; another is opened", "error", err)
		select {
		case <-time.After(pause):
		case <-db.ctx.Done():
		}
	}
}

// hear rings the bell until the stream ends, and reports whether it was rung
// because of an event.
func (db *DB) hear(ctx context.Context, d *mongo.Database, retired <-chan struct{}) (heard bool, err error) {
	inserts := mongo.Pipeline{{at("$match", bson.D{at("operationType", "insert")})}, {at("$project", bson.D{at("documentKey", 1)})}}
	stream, err := d.Collection(feeds).Watch(ctx, inserts, options.ChangeStream().SetMaxAwaitTime(streamTimeout))
	if err != nil {
		return false, err
	}
	defer stream.Close(context.WithoutCancel(ctx))
	for {
		db.ring()                 // at the start, too: for everything that came before
		for more := true; more; { // until an event comes
			more = !stream.TryNext(ctx)
			if err := stream.Err(); err != nil {
				return heard, err
			}
			select {
			case <-retired:
				return heard, nil
			default:
			}
		}
		heard = true
		for stream.RemainingBatchLength() > 0 && stream.TryNext(ctx) {
		}
	}
}
