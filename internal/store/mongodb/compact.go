package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Entries that later ones make void are dropped from old batches, and batches
// without entries with them. Up to which number batches may be missing stands
// in the feed itself, and is written before any goes: who misses one beyond
// that number knows that it is still to come.
type header struct {
	Number int64 `bson:"_id"`   // 0
	Floor  int64 `bson:"floor"` // up to here, batches may be missing
	Next   int64 `bson:"next"`  // after which the next look begins
}

const (
	keepBatches = 24 * time.Hour // whole
	fresh       = time.Hour      // how old what is known of the end of the feed may be to add to it
	lookAt      = 256            // batches at a time
)

func (db *DB) header(ctx context.Context) (h header, err error) {
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		h = header{}
		return each(ctx, d.Collection(feeds), bson.D{at("_id", 0)}, func(found *header) error { h = *found; return nil })
	})
	return h, err
}

func (db *DB) setHeader(ctx context.Context, update ...bson.E) error {
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		update := append(bson.D{at("$setOnInsert", bson.D{at("token", bson.NewObjectID())})}, update...)
		_, err := d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", 0)}, update, options.UpdateOne().SetUpsert(true))
		if mongo.IsDuplicateKeyError(err) {
			_, err = d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", 0)}, update)
		}
		return err
	})
}

// older returns the next batches after a number among those of which some may
// be missing, and the number up to which that is all there is.
func (db *DB) older(ctx context.Context, after int64) (all []*batch, until int64, err error) {
	h, err := db.header(ctx)
	if err != nil || h.Floor <= after {
		return nil, after, err
	}
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(feeds), bson.D{at("_id", bson.D{at("$gt", after), at("$lte", h.Floor)})}, func(b *batch) error { all = append(all, b); return nil },
			options.Find().SetSort(bson.D{at("_id", 1)}).SetLimit(lookAt))
	})
	if len(all) == lookAt {
		return all, all[lookAt-1].Number, err
	}
	return all, h.Floor, err
}

// compact looks at some old batches, those after where it was the last time.
func (db *DB) compact(ctx context.Context, before time.Time) error {
	h, err := db.header(ctx)
	if err != nil {
		return err
	}
	floor, err := db.floor(ctx, h.Floor, before)
	if err != nil || floor == 0 {
		return err
	}
	if floor > h.Floor {
		if err := db.setHeader(ctx, at("$max", bson.D{at("floor", floor)})); err != nil {
			return err
		}
	}
	all, until, err := db.older(ctx, h.Next)
	if err != nil {
		return err
	}
	for _, b := range all {
		if err := db.compactBatch(ctx, b); err != nil {
			return err
		}
	}
	if len(all) < lookAt {
		until = 0
	}
	return db.setHeader(ctx, at("$set", bson.D{at("next", until)}))
}

// floor returns the number up to which batches are older than a time, looking
// on from a number for a while. The last batches are never old: the end of the
// feed is found by them.
func (db *DB) floor(ctx context.Context, from int64, before time.Time) (int64, error) {
	end, err := db.end(ctx)
	if err != nil {
		return from, err
	}
	for range lookAt / window {
		all, err := db.batches(ctx, from+1)
		if err != nil {
			return from, err
		}
		for _, b := range all {
			if b.Number > end.number-window || !b.Token.Timestamp().Before(before) {
				return from, nil
			}
			from = b.Number
		}
		if len(all) < window {
			break
		}
	}
	return from, nil
}

func (db *DB) compactBatch(ctx context.Context, b *batch) error {
	ids := make([]string, len(b.Entries))
	for i, e := range b.Entries {
		ids[i] = e.Document
	}
	rows, err := db.rows(ctx, distinct(ids))
	if err != nil {
		return err
	}
	var stand []entry
	for _, e := range b.Entries {
		if r := rows[e.Document]; r != nil && !r.void(b, e) {
			stand = append(stand, e)
		}
	}
	if len(stand) > 0 && len(stand) == len(b.Entries) {
		return nil
	}
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) (err error) {
		this := bson.D{at("_id", b.Number)}
		if len(stand) == 0 {
			_, err = d.Collection(feeds).DeleteOne(ctx, this)
		} else {
			_, err = d.Collection(feeds).UpdateOne(ctx, this, bson.D{at("$set", bson.D{at("entries", stand)})})
		}
		return err
	})
}
