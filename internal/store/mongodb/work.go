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

// A taskRow is a task of a kind other than reading a document. Its fields have
// the same meaning as in a row.
type taskRow struct {
	ID        taskID         `bson:"_id"`
	Revision  int64          `bson:"revision"`
	State     multivac.State `bson:"state"` // pending or failed
	Step      string         `bson:"step"`
	Attempts  int            `bson:"attempts"`
	LastError string         `bson:"last_error"`
	Told      int64          `bson:"told"`
	Changed   int64          `bson:"changed"`
	Lease     int64          `bson:"lease"`
	Due       int64          `bson:"due"`
}

type taskID struct {
	Kind    multivac.TaskKind   `bson:"kind"`
	Subject multivac.DocumentID `bson:"id"`
}

// AddTask implements store.Store.
func (db *DB) AddTask(ctx context.Context, task multivac.Task, now time.Time) (err error) {
	defer multivac.Wrap(&err, "add task")
	if task.Kind == multivac.ReadDocument {
		return store.ErrReadDocument()
	}
	n := store.Micros(now)
	fresh := taskRow{ID: taskID{task.Kind, task.Document}, Revision: int64(task.Revision), State: multivac.Pending, Told: n, Changed: n}
	return db.conn.Insist(ctx, func(ctx context.Context, d *mongo.Database) error {
		earlier := bson.D{at("_id", fresh.ID), at("revision", bson.D{at("$lt", fresh.Revision)})}
		_, err := d.Collection(work).ReplaceOne(ctx, earlier, fresh, options.Replace().SetUpsert(true))
		if mongo.IsDuplicateKeyError(err) { // the stored task has this revision or a later one
			return nil
		}
		return err
	})
}

// EndTask implements store.Store.
func (db *DB) EndTask(ctx context.Context, task multivac.Task) (err error) {
	defer multivac.Wrap(&err, "end task")
	if task.Kind == multivac.ReadDocument {
		return store.ErrReadDocument()
	}
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		r, err := d.Collection(work).DeleteOne(ctx, bson.D{at("_id", taskID{task.Kind, task.Document}), at("revision", int64(task.Revision))})
		if err == nil && r.DeletedCount == 0 {
			return store.ErrSuperseded(task)
		}
		return err
	})
}

// dueOther is Due for tasks of other kinds than documents.
func (db *DB) dueOther(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) (tasks []multivac.Task, err error) {
	before := bson.D{at("$lte", store.Micros(now))}
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		tasks = nil
		filter := bson.D{at("_id.kind", kind), at("state", multivac.Pending), at("lease", before), at("due", before)}
		return each(ctx, d.Collection(work), filter, func(r *taskRow) error {
			tasks = append(tasks, multivac.Task{Kind: kind, Document: r.ID.Subject, Revision: multivac.Revision(r.Revision), Attempt: r.Attempts})
			return nil
		}, options.Find().SetSort(bson.D{at("told", 1), at("_id", 1)}).SetLimit(int64(limit)))
	})
	return tasks, err
}

// leaseOther is Lease for tasks of other kinds than documents. It does not try
// again if the outcome is unknown, because the lease ends by itself.
func (db *DB) leaseOther(ctx context.Context, task multivac.Task, now, until time.Time) (_ multivac.Task, doc multivac.Document, err error) {
	var r taskRow
	before := bson.D{at("$lte", store.Micros(now))}
	filter := bson.D{at("_id", taskID{task.Kind, task.Document}), at("revision", int64(task.Revision)), at("state", multivac.Pending), at("lease", before), at("due", before)}
	update := bson.D{at("$set", bson.D{at("lease", store.Micros(until))}), at("$inc", bson.D{at("attempts", 1)})}
	err = db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		err := d.Collection(work).FindOneAndUpdate(ctx, filter, update, options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&r)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return store.ErrSuperseded(task)
		}
		return err
	})
	if err != nil {
		return multivac.Task{}, doc, err
	}
	task.Attempt = r.Attempts
	return task, multivac.Document{Revision: task.Revision, State: multivac.Pending, Step: r.Step, Attempts: r.Attempts, LastError: r.LastError,
		Told: store.FromMicros(r.Told), Changed: store.FromMicros(r.Changed)}, nil
}

// updateOther changes the row of a task of another kind than documents, if its
// lease is not lost.
func (db *DB) updateOther(ctx context.Context, task multivac.Task, update bson.D) error {
	held := bson.D{at("_id", taskID{task.Kind, task.Document}), at("revision", int64(task.Revision)), at("state", multivac.Pending),
		at("attempts", task.Attempt), at("lease", bson.D{at("$ne", 0)})}
	return db.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
		r, err := d.Collection(work).UpdateOne(ctx, held, update)
		if err == nil && r.MatchedCount == 0 {
			return store.ErrSuperseded(task)
		}
		return err
	})
}

// failOther is Fail for tasks of other kinds than documents.
func (db *DB) failOther(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error {
	set := bson.D{at("last_error", cause), at("lease", 0), at("due", store.Micros(retry))}
	if final {
		set = bson.D{at("last_error", cause), at("lease", 0), at("due", 0), at("state", multivac.Failed), at("changed", store.Micros(now))}
	}
	return db.updateOther(ctx, task, bson.D{at("$set", set)})
}
