package mongodb

import (
	"context"
	"errors"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

// A collection's datum is a document's identifier beside its rows, and may be
// behind them for a moment: whoever finds that it does not stand, moves it on.
type datumRow struct {
	Collection string `bson:"_id"`
	Datum      string `bson:"datum"` // "" for none
}

// datum returns the identifier of a collection's datum, "" where it has none.
func (db *DB) datum(ctx context.Context, collection string) (id string, err error) {
	all, err := db.datums(ctx, bson.D{at("_id", collection)})
	return all[collection], err
}

// datums returns those of the collections that match.
func (db *DB) datums(ctx context.Context, filter bson.D) (all map[string]string, err error) {
	all = make(map[string]string)
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		return each(ctx, d.Collection(datums), filter, func(r *datumRow) error {
			all[r.Collection] = r.Datum
			return nil
		})
	})
	return all, err
}

// setDatum sets a collection's datum where it is as it was.
func (db *DB) setDatum(ctx context.Context, collection, was, id string) error {
	return db.insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(datums).UpdateOne(ctx, bson.D{at("_id", collection), at("datum", was)},
			bson.D{at("$set", bson.D{at("datum", id)})}, options.UpdateOne().SetUpsert(was == ""))
		if mongo.IsDuplicateKeyError(err) { // it is not as it was
			return nil
		}
		return err
	})
}

// nextDatum has the first told of the documents that stand be the datum.
func (db *DB) nextDatum(ctx context.Context, collection, was string) (id string, err error) {
	err = db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
		id = ""
		return each(ctx, d.Collection(documents), bson.D{at("collection", collection), at("published.revision", bson.D{at("$gt", 0)})},
			func(r *row) error { id = r.ID; return nil },
			options.Find().SetSort(bson.D{at("first", 1), at("told", 1), at("_id", 1)}).SetLimit(1).SetProjection(bson.D{at("_id", 1)}))
	})
	if err == nil && id != was {
		err = db.setDatum(ctx, collection, was, id)
	}
	return id, err
}

// moveDatums sets the datums of collections which have their first document
// now, and moves on those that are deleted.
func (db *DB) moveDatums(ctx context.Context, changes []*change) error {
	var names []string
	for _, c := range changes {
		names = append(names, c.row.Collection)
	}
	if len(names) == 0 {
		return nil
	}
	all, err := db.datums(ctx, bson.D{at("_id", in(distinct(names)))})
	if err != nil {
		return err
	}
	for _, c := range changes {
		was := all[c.row.Collection]
		stands := c.row.Published != nil
		switch {
		case stands && was != c.id && (was == "" || c.datum):
			err = db.setDatum(ctx, c.row.Collection, was, c.id)
			all[c.row.Collection] = c.id
		case !stands && was == c.id:
			all[c.row.Collection], err = db.nextDatum(ctx, c.row.Collection, was)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A memory holds the text that was asked for last. Texts never change under
// their names.
type memory struct {
	mu   sync.Mutex
	name string
	text string
}

// smallDatum is how long a datum may be, in bytes, to be kept in memory.
const smallDatum = 64 << 10

// Datum implements store.Store.
func (db *DB) Datum(ctx context.Context, collection multivac.CollectionName) (text string, err error) {
	defer multivac.Wrap(&err, "read datum")
	for range 100 {
		id, err := db.datum(ctx, string(collection))
		if err != nil {
			return "", err
		}
		var r *row
		if id != "" {
			if r, err = db.row(ctx, multivac.DocumentID(id)); err != nil {
				return "", err
			}
		}
		if r == nil || r.Published == nil || r.Collection != string(collection) {
			if id, err = db.nextDatum(ctx, string(collection), id); err != nil {
				return "", err
			}
			if id == "" {
				return "", store.ErrNoDatum(collection)
			}
			continue
		}
		text, err := db.textOf(ctx, r.Published)
		if !errors.Is(err, errGone) {
			return text, err
		}
	}
	return "", damaged("the datum of collection %s is not whole", collection)
}

func (db *DB) textOf(ctx context.Context, c *content) (string, error) {
	m := &db.memory
	m.mu.Lock()
	name, text := m.name, m.text
	m.mu.Unlock()
	if name == c.ID {
		return text, nil
	}
	texts, err := db.read(ctx, c)
	if err != nil {
		return "", err
	}
	if texts[0] == nil {
		return "", errGone
	}
	text = string(texts[0])
	if len(text) <= smallDatum {
		m.mu.Lock()
		m.name, m.text = c.ID, text
		m.mu.Unlock()
	}
	return text, nil
}
