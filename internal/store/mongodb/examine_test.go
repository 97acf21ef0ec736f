package mongodb

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store/storetest"
)

func faults(t testing.TB, db *DB, repair bool) (all []multivac.Fault) {
	t.Helper()
	if err := db.Examine(context.Background(), repair, time.Now(), func(f multivac.Fault) { all = append(all, f) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// Each damage is found, named and mended, and leaves what a store may be.
func TestExamine(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Unsynced: true})
	f := func(problem, document string, damage func(context.Context, *mongo.Database) error) {
		t.Helper()
		o := Options{URI: m.URI, Database: database(problem + document)}
		db := open(t, o)
		fill(t, db)
		if found := faults(t, db, false); len(found) > 0 {
			t.Fatalf("before the damage: %+v", found)
		}
		if err := db.call(t.Context(), damage); err != nil {
			t.Fatalf("%s: %v", problem, err)
		}
		want := multivac.DocumentID("")
		if document != "" {
			want = multivac.Telling{Source: document}.ID()
		}
		found := faults(t, db, false)
		if len(found) == 0 || found[0].Document != want || !strings.Contains(found[0].Problem, problem) || found[0].Repair != "" {
			t.Errorf("found %+v, want %q of %s", found, problem, want)
		}
		if mended := faults(t, db, true); len(mended) == 0 || mended[0].Repair == "" {
			t.Errorf("%s: mended %+v", problem, mended)
		}
		if left := faults(t, db, false); len(left) > 0 {
			t.Errorf("%s: left after the repair: %+v", problem, left)
		}
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
	// drop removes what a row's field names.
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
	f("its text is lost", "indexed", drop(pieces, "indexed", func(r *row) string { return r.Published.ID }))
	f("its text is lost", "pending", drop(pieces, "pending", func(r *row) string { return r.Content.ID }))
	f("what is published of it is lost", "again", drop(pieces, "again", func(r *row) string { return r.Published.ID }))
	f("its passages are broken: some are not there", "indexed", drop(cuts, "indexed", func(r *row) string { return r.Published.Cut }))
	f("its passages are broken", "again", func(ctx context.Context, d *mongo.Database) error {
		var r row
		if err := d.Collection(documents).FindOne(ctx, named("again")).Decode(&r); err != nil {
			return err
		}
		_, err := d.Collection(cuts).UpdateOne(ctx, bson.D{at("_id", pieceName(r.Published.Cut, 0))}, bson.D{at("$set", bson.D{at("passages.0.e", 9999)})})
		return err
	})
	f("the feed does not say what is published", "indexed", entry("indexed"))
	f("the feed does not say what is published", "deleted", entry("deleted"))
	f("the feed does not say that it has failed", "failed", entry("failed"))
	f("batch 2 of the feed is missing", "", func(ctx context.Context, d *mongo.Database) error {
		var b batch
		if err := d.Collection(feeds).FindOne(ctx, bson.D{at("_id", 2)}).Decode(&b); err != nil {
			return err
		}
		if _, err := d.Collection(documents).DeleteOne(ctx, bson.D{at("_id", b.Entries[0].Document)}); err != nil {
			return err
		}
		if _, err := d.Collection(datums).DeleteMany(ctx, bson.D{}); err != nil {
			return err
		}
		if _, err := d.Collection(datums).InsertOne(ctx, datumRow{"default", string(multivac.Telling{Source: "indexed"}.ID())}); err != nil {
			return err
		}
		_, err := d.Collection(feeds).DeleteOne(ctx, bson.D{at("_id", 2)})
		return err
	})
	f("the feed has an entry of nothing", "", func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(feeds).UpdateOne(ctx, bson.D{at("_id", 1)}, bson.D{at("$push", bson.D{at("entries", bson.D{at("i", 7), at("d", "0"), at("r", 1), at("s", "indexed")})})})
		return err
	})
	f("the datum of collection default is not one that stands", "", func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(datums).UpdateOne(ctx, bson.D{at("_id", "default")}, bson.D{at("$set", bson.D{at("datum", "")})})
		return err
	})
	f("leased or put off for too long", "pending", set("pending", "lease", int64(9e18)))
	f("it is in the unknown state", "pending", set("pending", "state", "lost"))
}

func fill(t testing.TB, db *DB) {
	t.Helper()
	now := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	tell := func(source, body string) multivac.Task {
		now = now.Add(time.Second)
		r, err := db.Put(t.Context(), []multivac.Telling{{Source: source, Body: []byte(body)}}, now)
		if err != nil {
			t.Fatal(err)
		}
		return multivac.Task{Document: r[0].ID, Revision: r[0].Revision}
	}
	index := func(source, body string) multivac.Task {
		task := tell(source, body)
		if _, err := db.Publish(t.Context(), task, storetest.Cut(body), now); err != nil {
			t.Fatal(err)
		}
		return task
	}
	index("indexed", "one\n\ntwo")
	index("again", "before")
	tell("again", "after")
	tell("pending", "waits")
	failed, _, err := db.Lease(t.Context(), tell("failed", "broken"), now, now.Add(time.Minute))
	if err == nil {
		err = db.Fail(t.Context(), failed, "broken", true, now, now)
	}
	if err == nil {
		_, err = db.Delete(t.Context(), index("deleted", "gone").Document, now)
	}
	if err != nil {
		t.Fatal(err)
	}
}
