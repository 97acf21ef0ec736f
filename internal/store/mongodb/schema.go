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

// The collections. Another one is link.Sessions.
const (
	documents = "documents" // a row of each document
	pieces    = "pieces"    // of bodies and texts
	cuts      = "passages"  // some to a document
	feeds     = "feed"      // what became of documents, in order
	keys      = "keys"
	turns     = "turns"     // which process does which job
	processes = "processes" // processes that have this store open
	work      = "work"      // the tasks that are not about documents
	// calibrations came without a new version of the schema: programs that do
	// not know them leave them alone.
	calibrations = "calibrations"
	metas        = "meta" // the schema's version, the end of the feed, and what all processes share
)

// standing matches the documents that have something published.
var standing = bson.D{at("published.revision", bson.D{at("$gt", 0)})}

// migrations lead from each version of the schema to the next. They may only be
// added to. Each may run twice, and in several processes at the same time.
var migrations = []func(context.Context, *DB) error{
	makeIndexes,
	feedByTransactions,
}

// readable is the oldest version of the schema whose programs can work with the
// data of this program.
const readable = 2

type schema struct {
	Version  int `bson:"version"`
	Readable int `bson:"readable"`
}

var schemaRow = bson.D{at("_id", "schema")}

// migrate brings the database to the newest version of the schema.
func (db *DB) migrate(ctx context.Context) error {
	var s schema
	err := db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		return ensure(ctx, d, schemaRow, bson.D{at("version", 0), at("readable", 0)}, &s)
	})
	switch {
	case err != nil:
		return err
	case s.Readable > len(migrations):
		return multivac.Errorf(multivac.ErrInvalid, "use the newer program, or a backup from before it",
			"data in MongoDB are of version %d, written by a newer program; this one knows versions up to %d", s.Version, len(migrations))
	case s.Version >= len(migrations):
		return nil
	}
	// No older program may work with the data, and from here on none may begin.
	if err := db.waitForOlder(ctx); err != nil {
		return err
	}
	if err := db.setSchema(ctx, at("$max", bson.D{at("readable", readable)})); err != nil {
		return err
	}
	if err := db.waitForOlder(ctx); err != nil {
		return err
	}
	for version := s.Version; version < len(migrations); version++ {
		if err := migrations[version](ctx, db); err != nil {
			return fmt.Errorf("bring data to version %d: %w", version+1, err)
		}
		if err := db.setSchema(ctx, at("$max", bson.D{at("version", version+1)})); err != nil {
			return err
		}
	}
	if s.Version != 0 {
		db.log.Info("data brought to a newer version", "from", s.Version, "to", len(migrations))
	}
	return nil
}

func (db *DB) setSchema(ctx context.Context, update bson.E) error {
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(metas).UpdateOne(ctx, schemaRow, bson.D{update})
		return err
	})
}

// ensure reads a row of metas. If it does not exist, ensure makes it with the
// fields.
func ensure(ctx context.Context, d *mongo.Database, here, fields bson.D, into any) error {
	err := d.Collection(metas).FindOneAndUpdate(ctx, here, bson.D{at("$setOnInsert", fields)},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(into)
	if mongo.IsDuplicateKeyError(err) { // another process made it
		err = d.Collection(metas).FindOne(ctx, here).Decode(into)
	}
	return err
}

// indexOf returns an index of some fields. Its name is the driver's.
func indexOf(fields ...string) mongo.IndexModel {
	var of bson.D
	for _, f := range fields {
		of = append(of, at(f, 1))
	}
	return mongo.IndexModel{Keys: of, Options: options.Index()}
}

func sparse(field string) mongo.IndexModel {
	m := indexOf(field)
	m.Options.SetSparse(true)
	return m
}

func makeIndexes(ctx context.Context, db *DB) error {
	return db.makeIndexes(ctx, indexOf("collection", "_id"), indexOf("state", "told", "_id"), indexOf("state", "_id"),
		sparse("published.segmenter"), sparse("replaced.replaced"), sparse("litter.id"))
}

func (db *DB) makeIndexes(ctx context.Context, models ...mongo.IndexModel) error {
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(documents).Indexes().CreateMany(ctx, models)
		return err
	})
}

// SharedKey implements store.Shared.
func (db *DB) SharedKey(ctx context.Context) (key [16]byte, err error) {
	defer multivac.Wrap(&err, "read the key of the fingerprints")
	fresh := make([]byte, len(key))
	rand.Read(fresh)
	var kept struct {
		Key []byte `bson:"key"`
	}
	err = db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		return ensure(ctx, d, bson.D{at("_id", "fingerprints")}, bson.D{at("key", fresh)}, &kept)
	})
	if err == nil && len(kept.Key) != len(key) {
		err = damaged("the key of the fingerprints has %d bytes", len(kept.Key))
	}
	copy(key[:], kept.Key)
	return key, err
}
