package mongodb

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

type keyRow struct {
	ID          string                    `bson:"_id"`
	Hash        []byte                    `bson:"hash"` // SHA-256 of the key's text
	Name        string                    `bson:"name"`
	Scopes      []multivac.Scope          `bson:"scopes"`
	Collections []multivac.CollectionName `bson:"collections,omitempty"` // all if empty
	Rate        float64                   `bson:"rate"`
	Burst       int                       `bson:"burst"`
	Concurrent  int                       `bson:"concurrent"`
	Created     int64                     `bson:"created"` // microseconds of Unix, 0 for none
	Expires     int64                     `bson:"expires"`
	LastUsed    int64                     `bson:"last_used"`
	Revoked     int64                     `bson:"revoked"`
}

func (r *keyRow) key() multivac.Key {
	k := multivac.Key{
		ID: multivac.KeyID(r.ID), Name: r.Name, Scopes: r.Scopes, Collections: r.Collections,
		Limits:  multivac.Limits{Rate: r.Rate, Burst: r.Burst, Concurrent: r.Concurrent},
		Created: store.FromMicros(r.Created), Expires: store.FromMicros(r.Expires), LastUsed: store.FromMicros(r.LastUsed), Revoked: store.FromMicros(r.Revoked),
	}
	copy(k.Hash[:], r.Hash)
	return k
}

// PutKey implements store.Store.
func (db *DB) PutKey(ctx context.Context, k multivac.Key) (err error) {
	defer multivac.Wrap(&err, "put key")
	r := keyRow{string(k.ID), k.Hash[:], k.Name, k.Scopes, k.Collections, k.Limits.Rate, k.Limits.Burst, k.Limits.Concurrent,
		store.Micros(k.Created), store.Micros(k.Expires), store.Micros(k.LastUsed), store.Micros(k.Revoked)}
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(keys).InsertOne(ctx, r)
		if mongo.IsDuplicateKeyError(err) {
			return store.ErrKeyThere(k.ID)
		}
		return err
	})
}

// Keys implements store.Store.
func (db *DB) Keys(ctx context.Context) (all []multivac.Key, err error) {
	defer multivac.Wrap(&err, "read keys")
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(keys), bson.D{}, func(r *keyRow) error {
			all = append(all, r.key())
			return nil
		}, options.Find().SetSort(bson.D{at("created", 1), at("_id", 1)}))
	})
	return all, err
}

// RevokeKey implements store.Store.
func (db *DB) RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (k multivac.Key, err error) {
	defer multivac.Wrap(&err, "revoke key")
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		here := bson.D{at("_id", string(id))}
		if _, err := d.Collection(keys).UpdateOne(ctx, append(here, at("revoked", 0)), bson.D{at("$set", bson.D{at("revoked", store.Micros(now))})}); err != nil {
			return err
		}
		var r keyRow
		err := d.Collection(keys).FindOne(ctx, here).Decode(&r)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return store.ErrNoKey(id)
		}
		k = r.key()
		return err
	})
	return k, err
}

// TouchKeys implements store.Store.
func (db *DB) TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) (err error) {
	defer multivac.Wrap(&err, "note the use of keys")
	if len(used) == 0 {
		return ctx.Err()
	}
	var models []mongo.WriteModel
	for id, when := range used {
		models = append(models, mongo.NewUpdateOneModel().SetFilter(bson.D{at("_id", string(id))}).SetUpdate(bson.D{at("$max", bson.D{at("last_used", store.Micros(when))})}))
	}
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(keys).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		return err
	})
}

// Turn implements store.Shared.
func (db *DB) Turn(ctx context.Context, job, holder string, now, until time.Time) (held bool, err error) {
	defer multivac.Wrap(&err, "take the job %q", job)
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		free := bson.A{bson.D{at("holder", holder)}, bson.D{at("until", bson.D{at("$lte", store.Micros(now))})}}
		_, err := d.Collection(turns).UpdateOne(ctx, bson.D{at("_id", job), at("$or", free)},
			bson.D{at("$set", bson.D{at("holder", holder), at("until", store.Micros(until))})}, options.UpdateOne().SetUpsert(true))
		held = err == nil
		if mongo.IsDuplicateKeyError(err) { // another process has it
			return nil
		}
		return err
	})
	return held, err
}

type processRow struct {
	ID      string `bson:"_id"`
	Role    string `bson:"role"`
	Version string `bson:"version"`
	Host    string `bson:"host"`
	Form    int    `bson:"form"`
	Needs   int    `bson:"needs"`
	Joining bool   `bson:"joining"`
	Seen    int64  `bson:"seen"` // microseconds of Unix
}

// Present implements store.Shared.
func (db *DB) Present(ctx context.Context, p store.Process, since time.Time) (all []store.Process, err error) {
	defer multivac.Wrap(&err, "note who is there")
	err = db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		_, err := d.Collection(processes).ReplaceOne(ctx, bson.D{at("_id", p.ID)},
			processRow{p.ID, p.Role, p.Version, p.Host, p.Form, p.Needs, p.Joining, store.Micros(p.Seen)}, options.Replace().SetUpsert(true))
		if err != nil {
			return err
		}
		forgotten := 0
		err = each(ctx, d.Collection(processes), bson.D{}, func(r *processRow) error {
			switch seen := store.FromMicros(r.Seen); {
			case !seen.Before(since):
				all = append(all, store.Process{ID: r.ID, Role: r.Role, Version: r.Version, Host: r.Host, Form: r.Form, Needs: r.Needs, Joining: r.Joining, Seen: seen})
			case seen.Before(p.Seen.Add(-time.Hour)):
				forgotten++
			}
			return nil
		}, options.Find().SetSort(bson.D{at("_id", 1)}))
		if err == nil && forgotten > 0 {
			_, err = d.Collection(processes).DeleteMany(ctx, bson.D{at("seen", bson.D{at("$lt", store.Micros(p.Seen.Add(-time.Hour)))})})
		}
		return err
	})
	return all, err
}

// Leave implements store.Shared.
func (db *DB) Leave(ctx context.Context, id string) (err error) {
	defer multivac.Wrap(&err, "note who has gone")
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(processes).DeleteOne(ctx, bson.D{at("_id", id)})
		return err
	})
}
