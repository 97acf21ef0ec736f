package mongodb

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

// version1 fills a database with data of version 1 of the schema. The file has
// a row in every state, and one row whose program died before it added the
// entry to the feed.
func version1(t *testing.T, d *mongo.Database) {
	t.Helper()
	b, err := os.ReadFile("testdata/version1.json")
	must(t, err)
	var all bson.D
	must(t, bson.UnmarshalExtJSON(b, true, &all))
	for _, of := range all {
		if rows, _ := of.Value.(bson.A); len(rows) > 0 {
			_, err := d.Collection(of.Key).InsertMany(t.Context(), rows)
			must(t, err)
		}
	}
	token := indexOf("token")
	token.Options.SetUnique(true)
	standingTold := indexOf("collection", "told", "_id")
	standingTold.Options.SetPartialFilterExpression(standing)
	_, err = d.Collection(feeds).Indexes().CreateOne(t.Context(), token)
	must(t, err)
	_, err = d.Collection(documents).Indexes().CreateMany(t.Context(), []mongo.IndexModel{standingTold, sparse("open")})
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A database of version 1 is upgraded to the current version, in place, but not
// before the programs of version 1 are gone.
func TestUpgrade(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Unsynced: true})
	client, err := mongo.Connect(options.Client().ApplyURI(m.URI))
	must(t, err)
	defer client.Disconnect(context.WithoutCancel(t.Context()))
	d := client.Database(DefaultDatabase)
	version1(t, d)
	schemaNow := func() (s schema) {
		t.Helper()
		must(t, d.Collection(metas).FindOne(t.Context(), schemaRow).Decode(&s))
		return s
	}

	_, err = d.Collection(processes).InsertOne(t.Context(), processRow{ID: "old", Role: "web", Version: "v1.0", Form: 1, Needs: 1, Seen: store.Micros(time.Now().Add(time.Minute))})
	must(t, err)
	soon, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	if _, err := Open(soon, Options{URI: m.URI}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opened while a program of version 1 has the data: %v", err)
	}
	if s := schemaNow(); s.Version != 1 || s.Readable != 1 {
		t.Errorf("the schema is %+v while a program of version 1 has the data", s)
	}
	_, err = d.Collection(processes).DeleteOne(t.Context(), bson.D{at("_id", "old")})
	must(t, err)

	db := open(t, Options{URI: m.URI})
	defer db.Close()
	if s := schemaNow(); s.Version != len(migrations) || s.Readable != 2 {
		t.Errorf("the schema is %+v after the upgrade", s)
	}
	datum := func(want string) {
		t.Helper()
		if text, err := db.Datum(t.Context(), multivac.DefaultCollection); text != want || err != nil {
			t.Errorf("the datum is %q, %v, want %q", text, err, want)
		}
	}
	datum("datum text")
	seen := followed(t, db)
	for _, source := range []string{"datum", "early", "indexed", "again", "segmented", "half done"} {
		if c := seen[source]; c.State != multivac.Indexed || len(c.Passages) == 0 {
			t.Errorf("%s: followed %+v", source, c)
		}
	}
	if v := seen["segmented"].Version; v != (store.Version{Segmenter: 3}) {
		t.Errorf("the segmenter's version 3 is %+v", v)
	}
	for _, f := range storetest.Faults(t, db, false) {
		t.Errorf("fault: %+v", f)
	}
	storetest.Check(t, db)

	index(t, db, "new", "new text")
	_, err = db.Delete(t.Context(), multivac.Telling{Source: "datum"}.ID(), time.Now())
	must(t, err)
	datum("one\n\ntwo") // told first of those of version 1
	if c := followed(t, db)["new"]; c.State != multivac.Indexed {
		t.Errorf("published after the upgrade, and followed %+v", c)
	}
}

// followed returns the last change of each source in the feed.
func followed(t *testing.T, db *DB) map[string]store.Change {
	t.Helper()
	end, err := db.Position(t.Context())
	must(t, err)
	seen := make(map[string]store.Change)
	err = db.Follow(t.Context(), "", func(c store.Change) error {
		seen[c.Source] = c
		if c.Position == end {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	return seen
}
