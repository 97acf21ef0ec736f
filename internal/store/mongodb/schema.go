package mongodb

import (
	"context"
	"crypto/rand"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
)

// The collections.
const (
	documents = "documents"   // a row of each document
	pieces    = "pieces"      // of bodies and texts
	cuts      = "passages"    // some to a document
	feeds     = "feed"        // what became of documents, in order
	datums    = "collections" // of each its datum
	keys      = "keys"
	turns     = "turns"     // who has which job
	processes = "processes" // that have this store open
	work      = "work"      // the tasks that are not of documents
	metas     = "meta"      // the schema's version, and what all share
)

// migrations lead from each version of the schema to the next. They are never
// changed, only added to. Each may be done twice, and by several processes at
// the same time, while programs of the version before are at work.
var migrations = []func(context.Context, *mongo.Database) error{
	makeIndexes,
}

// readable is the oldest version of the schema whose programs can work with
// what this program writes.
const readable = 1

type schema struct {
	Version  int `bson:"version"`
	Readable int `bson:"readable"`
}

func (db *DB) migrate(ctx context.Context) error {
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		var s schema
		if err := ensure(ctx, d, "schema", bson.D{at("version", 0), at("readable", 0)}, &s); err != nil {
			return err
		}
		if s.Readable > len(migrations) {
			return multivac.Errorf(multivac.ErrInvalid, "use the newer program, or a backup from before it",
				"data in MongoDB are of version %d, written by a newer program; this one knows versions up to %d", s.Version, len(migrations))
		}
		for version := s.Version; version < len(migrations); version++ {
			if err := migrations[version](ctx, d); err != nil {
				return fmt.Errorf("bring data to version %d: %w", version+1, err)
			}
			_, err := d.Collection(metas).UpdateOne(ctx, bson.D{at("_id", "schema"), at("version", version)},
				bson.D{at("$set", bson.D{at("version", version+1)}), at("$max", bson.D{at("readable", readable)})})
			if err != nil {
				return err
			}
		}
		if s.Version != 0 && s.Version < len(migrations) {
			db.log.Info("data brought to a newer version", "from", s.Version, "to", len(migrations))
		}
		return nil
	})
}

// ensure reads one of metas, which is made of the fields where it is not there.
func ensure(ctx context.Context, d *mongo.Database, id string, fields bson.D, into any) error {
	here := bson.D{at("_id", id)}
	err := d.Collection(metas).FindOneAndUpdate(ctx, here, bson.D{at("$setOnInsert", fields)},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(into)
	if mongo.IsDuplicateKeyError(err) { // another made it
		err = d.Collection(metas).FindOne(ctx, here).Decode(into)
	}
	return err
}

func makeIndexes(ctx context.Context, d *mongo.Database) error {
	index := func(keys ...string) mongo.IndexModel {
		var of bson.D
		for _, k := range keys {
			of = append(of, at(k, 1))
		}
		return mongo.IndexModel{Keys: of, Options: options.Index()}
	}
	sparse := func(key string) mongo.IndexModel {
		m := index(key)
		m.Options.SetSparse(true)
		return m
	}
	standing := index("collection", "told", "_id")
	standing.Options.SetPartialFilterExpression(bson.D{at("published.revision", bson.D{at("$gt", 0)})})
	token := index("token")
	token.Options.SetUnique(true)
	for collection, models := range map[string][]mongo.IndexModel{
		documents: {
			index("collection", "_id"), index("state", "told", "_id"), index("state", "_id"), standing,
			sparse("published.segmenter"), sparse("open"), sparse("replaced.replaced"), sparse("litter.id"),
		},
		feeds: {token},
	} {
		if _, err := d.Collection(collection).Indexes().CreateMany(ctx, models); err != nil {
			return err
		}
	}
	return nil
}

// SharedKey implements store.Shared.
func (db *DB) SharedKey(ctx context.Context) (key [16]byte, err error) {
	defer multivac.Wrap(&err, "read the key of the fingerprints")
	fresh := make([]byte, len(key))
	rand.Read(fresh)
	var kept struct {
		Key []byte `bson:"key"`
	}
	err = db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		return ensure(ctx, d, "fingerprints", bson.D{at("key", fresh)}, &kept)
	})
	if err == nil && len(kept.Key) != len(key) {
		err = damaged("the key of the fingerprints has %d bytes", len(kept.Key))
	}
	copy(key[:], kept.Key)
	return key, err
}
