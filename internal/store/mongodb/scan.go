package mongodb

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac"
	"multivac/internal/store"
)

// Scan implements store.Store.
func (db *DB) Scan(ctx context.Context, fn func(store.Change) error) (err error) {
	defer multivac.Wrap(&err, "scan documents")
	return db.walk(ctx, standing, func(rows []*row) error {
		changes, err := db.scanned(ctx, rows)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := fn(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// scanned returns the published revisions of documents. It reads rows again
// that have changed since.
func (db *DB) scanned(ctx context.Context, rows []*row) ([]store.Change, error) {
	for range maxReads {
		var all []store.Change
		var texts []*content
		var of []int // all[of[i]] has the text texts[i]
		for _, r := range rows {
			if r.Published != nil {
				of, texts = append(of, len(all)), append(texts, r.Published)
				all = append(all, r.change(multivac.Indexed))
			}
		}
		err := db.addPassages(ctx, all, of, texts)
		if !errors.Is(err, errGone) {
			return all, err
		}
		if rows, err = db.again(ctx, rows); err != nil {
			return nil, err
		}
	}
	return nil, damaged("texts are not whole")
}

// again reads rows again.
func (db *DB) again(ctx context.Context, rows []*row) (now []*row, err error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	found, err := db.rows(ctx, ids)
	for _, id := range ids {
		if r := found[id]; r != nil {
			now = append(now, r)
		}
	}
	return now, err
}

// walk calls fn with all rows that match, some at a time, by identifier. If it
// loses its cursor, it opens another.
func (db *DB) walk(ctx context.Context, filter bson.D, fn func([]*row) error) error {
	after := ""
	for {
		where, failed := append(slices.Clone(filter), at("_id", bson.D{at("$gt", after)})), error(nil)
		before := after
		err := db.conn.Borrow(ctx, func(d *mongo.Database, _ <-chan struct{}) error {
			return stream(ctx, d, where, func(rows []*row) error {
				if failed = fn(rows); failed == nil {
					after = rows[len(rows)-1].ID
				}
				return failed
			})
		})
		if failed != nil {
			return failed
		}
		if err == nil || after == before || !errors.Is(err, multivac.ErrUnavailable) {
			return err
		}
	}
}

// stream is walk with one cursor. It has no deadline: fn may take its time.
func stream(ctx context.Context, d *mongo.Database, filter bson.D, fn func([]*row) error) error {
	cursor, err := d.Collection(documents).Find(ctx, filter, options.Find().SetSort(bson.D{at("_id", 1)}).SetBatchSize(batchChanges))
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for {
		rows, err := some(ctx, cursor)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := fn(rows); err != nil {
			return err
		}
	}
}

// some returns the next rows of a cursor, at least one. It returns more as long
// as they are few, their texts are small, and it need not wait for them.
func some(ctx context.Context, cursor *mongo.Cursor) (rows []*row, err error) {
	size := 0
	for len(rows) == 0 || len(rows) < batchChanges && size < batchBytes && cursor.RemainingBatchLength() > 0 {
		if !cursor.Next(ctx) {
			return rows, cursor.Err()
		}
		r := &row{}
		if err := cursor.Decode(r); err != nil {
			return nil, damaged("%v", err)
		}
		for _, c := range deref(r.Published, r.Content) {
			size += c.Size + c.OriginalSize
		}
		rows = append(rows, r)
	}
	return rows, nil
}
