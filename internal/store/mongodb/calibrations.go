package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

type calibrationRow struct {
	Collection string  `bson:"_id"`
	Factor     float64 `bson:"factor"`
	Offset     float64 `bson:"offset"`
	Questions  int     `bson:"questions"`
	Answerable int     `bson:"answerable"`
	Right      int     `bson:"right"`
	Made       int64   `bson:"made"` // microseconds of Unix
	Model      string  `bson:"model"`
	Measures   string  `bson:"measures"` // JSON of store.MeasuresOf
}

// PutCalibration implements store.Store.
func (db *DB) PutCalibration(ctx context.Context, c multivac.Calibration) (err error) {
	defer multivac.Wrap(&err, "put calibration")
	measures, err := store.MeasuresOf(c)
	if err != nil {
		return err
	}
	r := calibrationRow{string(c.Collection), c.Factor, c.Offset, c.Questions, c.Answerable, c.Right, store.Micros(c.At), c.Model, string(measures)}
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection(calibrations).ReplaceOne(ctx, bson.D{at("_id", r.Collection)}, r, options.Replace().SetUpsert(true))
		return err
	})
}

// Calibrations implements store.Store.
func (db *DB) Calibrations(ctx context.Context) (all []multivac.Calibration, err error) {
	defer multivac.Wrap(&err, "read calibrations")
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		all = nil
		return each(ctx, d.Collection(calibrations), bson.D{}, func(r *calibrationRow) error {
			c := multivac.Calibration{
				Collection: multivac.CollectionName(r.Collection), Factor: r.Factor, Offset: r.Offset,
				Questions: r.Questions, Answerable: r.Answerable, Right: r.Right, At: store.FromMicros(r.Made), Model: r.Model,
			}
			store.SetMeasures(&c, []byte(r.Measures))
			all = append(all, c)
			return nil
		}, options.Find().SetSort(bson.D{at("_id", 1)}))
	})
	return all, err
}

// RemoveCalibration implements store.Store.
func (db *DB) RemoveCalibration(ctx context.Context, collection multivac.CollectionName) (removed bool, err error) {
	defer multivac.Wrap(&err, "remove calibration")
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		r, err := d.Collection(calibrations).DeleteOne(ctx, bson.D{at("_id", string(collection))})
		if err == nil {
			removed = r.DeletedCount > 0
		}
		return err
	})
	return removed, err
}
