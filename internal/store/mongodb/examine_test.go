package mongodb

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store/storetest"
)

// Each damage is found, named and repaired, and the repaired database is sound.
func TestExamine(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Unsynced: true})
	f := func(problem, document string, damage func(context.Context, *mongo.Database) error) {
		t.Helper()
		o := Options{URI: m.URI, Database: database(problem + document + rand.Text())}
		db := open(t, o)
		storetest.Mends(t, db, problem, document, func() error { return db.conn.Call(t.Context(), damage) })
		storetest.Check(t, db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	named := func(source string) bson.D { return bson.D{at("source", source)} }
	set := func(source, field string, value any) func(context.Context, *mongo.Database) error {
		return func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(documents).UpdateOne(ctx, named(source), bson.D{at("$set", bson.D{at(field, value)})})
			return err
		}
	}
	// drop removes the pieces that a row's field refers to.
	drop := func(collection, source string, of func(*row) string) func(context.Context, *mongo.Database) error {
		return func(ctx context.Context, d *mongo.Database) error {
			var r row
			if err := d.Collection(documents).FindOne(ctx, named(source)).Decode(&r); err != nil {
				return err
			}
			_, err := d.Collection(collection).DeleteMany(ctx, bson.D{at("_id", bson.D{at("$regex", "^"+of(&r))})})
			return err
		}
	}
	entry := func(source string) func(context.Context, *mongo.Database) error {
		return func(ctx context.Context, d *mongo.Database) error {
			id := string(multivac.Telling{Source: source}.ID())
			_, err := d.Collection(feeds).UpdateMany(ctx, bson.D{}, bson.D{at("$pull", bson.D{at("entries", bson.D{at("d", id)})})})
			return err
		}
	}
	old := bson.NewObjectIDFromTimestamp(time.Now().Add(-24 * time.Hour)).Hex()
	stray := func(collection string) func(context.Context, *mongo.Database) error {
		return func(ctx context.Context, d *mongo.Database) error {
			_, err := d.Collection(collection).InsertOne(ctx, bson.D{at("_id", pieceName(old, 0))})
			return err
		}
	}
	f("a piece of text belongs to nothing", "", stray(pieces))
	f("passages belong to nothing", "", stray(cuts))
	f("what was told of it is lost", "kept", drop(pieces, "kept", func(r *row) string { return r.Published.Original }))
	f("its text is lost", "indexed", drop(pieces, "indexed", func(r *row) string { return r.Published.ID }))
	f("its text is lost", "pending", drop(pieces, "pending", func(r *row) string { return r.Content.ID }))
	f("what is published of it is lost", "again", drop(pieces, "again", func(r *row) string { return r.Published.ID }))
	f("its passages are broken: some are not there", "indexed", drop(cuts, "indexed", func(r *row) string { return r.Published.Cut }))
	for field, value := range map[string]any{"passages.0.e": 9999, "v": []byte{1}} {
		f("its passages are broken", "again", func(ctx context.Context, d *mongo.Database) error {
			var r row
			if err := d.Collection(documents).FindOne(ctx, named("again")).Decode(&r); err != nil {
				return err
			}
			_, err := d.Collection(cuts).UpdateOne(ctx, bson.D{at("_id", pieceName(r.Published.Cut, 0))}, bson.D{at("$set", bson.D{at(field, value)})})
			return err
		})
	}
	f("the feed does not say what is published", "indexed", entry("indexed"))
	f("the feed does not say what is published", "deleted", entry("deleted"))
	f("the feed does not say that it has failed", "failed", entry("failed"))
	f("the feed goes on after its end", "", func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(metas).UpdateOne(ctx, endRow, bson.D{at("$set", bson.D{at("number", 1), at("last", 0)})})
		return err
	})
	f("the feed has an entry of nothing", "", func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", 1)}, bson.D{at("$push", bson.D{at("entries", bson.D{at("i", 7), at("d", "0"), at("r", 1), at("s", "indexed")})})})
		return err
	})
	f("leased or put off for too long", "pending", set("pending", "lease", int64(9e18)))
	f("it is in the unknown state", "pending", set("pending", "state", "lost"))
}

// A long examination repairs away no piece of a document that was told after
// the rows were read.
func TestYoungPiecesAreNotStray(t *testing.T) {
	x := &examination{begun: time.Now().Add(-3 * strayAge)}
	for age, want := range map[time.Duration]bool{2 * strayAge: false, 5 * strayAge: true} {
		name := pieceName(bson.NewObjectIDFromTimestamp(time.Now().Add(-age)).Hex(), 0)
		if got := x.stray(name); got != want {
			t.Errorf("a piece of %v, examined since %v: stray is %v, want %v", age, 3*strayAge, got, want)
		}
	}
}
