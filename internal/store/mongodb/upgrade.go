package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/clock"
	"multivac/internal/store"
	"multivac/internal/store/mongodb/link"
)

// Version 1 of the schema had no transactions. A row was written first, with a
// field "open". Then the batch of its entry was inserted under the number after
// the last one. Then the row got its place and lost the field. The datum of
// each collection was in the collection "collections".

const (
	oldestForm    = 2                      // of the processes that can work with this version of the schema
	processLife   = 10 * time.Second       // a process that was not seen for so long is gone
	olderInterval = 500 * time.Millisecond // between two looks for them
)

// waitForOlder waits until no older program has the store open. It returns
// ErrInUse if some go on. For older programs that have died, it waits until
// that is certain.
func (db *DB) waitForOlder(ctx context.Context) error {
	begun := time.Now()
	for {
		var older *processRow
		err := db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
			older = nil
			return each(ctx, d.Collection(processes), bson.D{at("form", bson.D{at("$lt", oldestForm)}), at("seen", bson.D{at("$gt", store.Micros(time.Now().Add(-processLife)))})},
				func(r *processRow) error { older = r; return nil }, options.Find().SetLimit(1))
		})
		if err != nil || older == nil {
			return err
		}
		if time.Since(begun) > processLife+olderInterval {
			return multivac.Errorf(multivac.ErrInUse, "stop every process of version "+older.Version+" first, then start this one",
				"a %s of version %s at %s has the store, and cannot read what this version writes", older.Role, older.Version, older.Host)
		}
		if err := clock.Sleep(ctx, olderInterval); err != nil {
			return err
		}
	}
}

// feedByTransactions brings the database from version 1 of the schema to
// version 2.
func feedByTransactions(ctx context.Context, db *DB) error {
	if err := db.makeIndexes(ctx, indexOf("collection", "first", "told", "_id")); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *mongo.Database) error{findEnd, findDatums, packVersions} {
		if err := db.conn.Insist(ctx, step); err != nil {
			return err
		}
	}
	if err := db.finishOpen(ctx); err != nil {
		return err
	}
	return db.conn.Insist(ctx, dropOld)
}

// findEnd notes where the feed ends.
func findEnd(ctx context.Context, d *mongo.Database) error {
	end, err := lastBatch(ctx, d)
	if err != nil {
		return err
	}
	return ensure(ctx, d, endRow, bson.D{at("number", end.Number), at("last", end.Last)}, &end)
}

// findDatums makes the document that was published first the datum of each
// collection. The order of the others is not known. So they all get one place
// after that, and before all later publications.
func findDatums(ctx context.Context, d *mongo.Database) error {
	unknown := append(bson.D{at("first", bson.D{at("$exists", false)})}, standing...)
	if _, err := d.Collection(documents).UpdateMany(ctx, unknown, bson.D{at("$set", bson.D{at("first", firstOther)}), at("$inc", bson.D{at("version", 1)})}); err != nil {
		return err
	}
	return each(ctx, d.Collection("collections"), bson.D{}, func(r *struct {
		Datum string `bson:"datum"`
	}) error {
		_, err := d.Collection(documents).UpdateOne(ctx, bson.D{at("_id", r.Datum), at("first", firstOther)},
			bson.D{at("$set", bson.D{at("first", firstDatum)}), at("$inc", bson.D{at("version", 1)})})
		return err
	})
}

// packVersions rewrites versions from before there were vectors, which are
// those of the segmenter alone, in the form of pack.
func packVersions(ctx context.Context, d *mongo.Database) error {
	_, err := d.Collection(documents).UpdateMany(ctx, bson.D{at("published.segmenter", bson.D{at("$gt", 0), at("$lt", 256)})},
		bson.D{at("$mul", bson.D{at("published.segmenter", 256)}), at("$inc", bson.D{at("version", 1)})})
	return err
}

// finishOpen adds entries to the feed that processes had written to rows, and
// had not yet added when they died. A row that is written again loses the field
// "open".
func (db *DB) finishOpen(ctx context.Context) error {
	return db.walk(ctx, bson.D{at("open", bson.D{at("$exists", true)})}, func(rows []*row) error {
		changes := make([]*change, len(rows))
		for i, r := range rows {
			changes[i] = &change{id: r.ID, plan: func(c *change, r *row) (bool, error) {
				c.announce = r.Published != nil || r.State == multivac.Deleted
				c.announceFailure = r.State == multivac.Failed
				return true, nil
			}}
		}
		return db.announcing.do(ctx, changes...)
	})
}

// dropOld removes what only version 1 needed.
func dropOld(ctx context.Context, d *mongo.Database) error {
	if _, err := d.Collection(feeds).DeleteMany(ctx, bson.D{at("_id", bson.D{at("$lte", 0)})}); err != nil {
		return err
	}
	if err := d.Collection("collections").Drop(ctx); err != nil {
		return err
	}
	for collection, names := range map[string][]string{documents: {"collection_1_told_1__id_1", "open_1"}, feeds: {"token_1"}} {
		for _, name := range names {
			if err := d.Collection(collection).Indexes().DropOne(ctx, name); err != nil && !isMissing(err) {
				return err
			}
		}
	}
	return nil
}

// isMissing reports whether an index, or its collection, does not exist.
func isMissing(err error) bool {
	const namespaceNotFound, indexNotFound = 26, 27
	return link.Has(err, namespaceNotFound, indexNotFound)
}
