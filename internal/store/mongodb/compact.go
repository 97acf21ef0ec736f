package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// maxCompacted is how many batches one Purge looks at.
const maxCompacted = 256

var compactionRow = bson.D{at("_id", "compaction")}

// compact drops void entries of old batches, and batches that have none left.
// It looks at some batches, beginning after the last one of the previous call.
// After the last batch it starts again from the first.
func (db *DB) compact(ctx context.Context, before time.Time) error {
	var state struct {
		Next int64 `bson:"next"`
	}
	err := db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		return ensure(ctx, d, compactionRow, bson.D{at("next", 1)}, &state)
	})
	if err != nil {
		return err
	}
	end, err := db.end(ctx)
	if err != nil {
		return err
	}
	next := state.Next
	for range maxCompacted / batchesRead {
		all, err := db.batches(ctx, next, end.Number)
		if err != nil {
			return err
		}
		for _, b := range all {
			if !b.Token.Timestamp().Before(before) {
				all = nil
				break
			}
			if err := db.compactBatch(ctx, b); err != nil {
				return err
			}
			next = b.Number + 1
		}
		if len(all) < batchesRead {
			next = 1
			break
		}
	}
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(metas).UpdateOne(ctx, compactionRow, bson.D{at("$set", bson.D{at("next", next)})}, options.UpdateOne())
		return err
	})
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
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) (err error) {
		this := bson.D{at("_id", b.Number)}
		if len(stand) == 0 {
			_, err = d.Collection(feeds).DeleteOne(ctx, this)
		} else {
			_, err = d.Collection(feeds).UpdateOne(ctx, this, bson.D{at("$set", bson.D{at("entries", stand)})})
		}
		return err
	})
}
