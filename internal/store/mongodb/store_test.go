package mongodb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

func open(t testing.TB, o Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// database returns a name for a database that is the dir's own.
func database(dir string) string {
	h := sha256.Sum256([]byte(dir))
	return "multivac-" + hex.EncodeToString(h[:8])
}

// Two DBs have the database open, and each call goes to the other one.
func TestStore(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Unsynced: true})
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		o := Options{URI: m.URI, Database: database(dir)}
		return &replicas{t: t, all: []*DB{open(t, o), open(t, o)}}
	})
}

// What was told goes with its text: no piece of it stays.
func TestOriginalsLeaveNothing(t *testing.T) {
	db := open(t, Options{URI: servers.Mongo(t, servers.MongoOptions{Unsynced: true}).URI})
	defer db.Close()
	now := time.Now()
	tell := func(body string) multivac.DocumentID {
		t.Helper()
		now = now.Add(time.Second)
		told, err := db.Put(t.Context(), []multivac.Telling{{Source: "a", Body: []byte(body)}}, now)
		must(t, err)
		p := storetest.Cut("the same text")
		p.KeepBody = true
		_, err = db.Publish(t.Context(), multivac.Task{Document: told[0].ID, Revision: told[0].Revision}, p, now)
		must(t, err)
		return told[0].ID
	}
	has := func(want int64, when string) {
		t.Helper()
		must(t, db.conn.Call(t.Context(), func(ctx context.Context, d *mongo.Database) error {
			n, err := d.Collection(pieces).CountDocuments(ctx, bson.D{})
			if n != want {
				t.Errorf("%s there are %d pieces, want %d", when, n, want)
			}
			return err
		}))
	}
	tell("<p>first")
	has(2, "told")
	id := tell("<p>second")
	has(4, "told again")
	must(t, db.Purge(t.Context(), now.Add(time.Second)))
	has(2, "purged")
	_, err := db.Reread(t.Context(), id, now)
	must(t, err)
	has(3, "reading again")
	_, err = db.Delete(t.Context(), id, now)
	must(t, err)
	has(0, "deleted")
}

// replicas are processes that have one database open. Each call goes to the
// next.
type replicas struct {
	t     testing.TB
	all   []*DB
	calls atomic.Uint64
}

func (r *replicas) next() *DB { return r.all[r.calls.Add(1)%uint64(len(r.all))] }

// Close closes all of them, after each has checked that nothing is wrong.
func (r *replicas) Close() (err error) {
	if db := r.all[0]; !db.isClosed() {
		for _, f := range storetest.Faults(r.t, db, false) {
			r.t.Errorf("fault: %+v", f)
		}
	}
	for _, db := range r.all {
		err = errors.Join(err, db.Close())
	}
	return err
}

func (r *replicas) Put(ctx context.Context, tellings []multivac.Telling, now time.Time) ([]multivac.Receipt, error) {
	return r.next().Put(ctx, tellings, now)
}

func (r *replicas) Delete(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	return r.next().Delete(ctx, id, now)
}

func (r *replicas) Document(ctx context.Context, id multivac.DocumentID) (multivac.Document, error) {
	return r.next().Document(ctx, id)
}

func (r *replicas) Documents(ctx context.Context, list multivac.Listing) (multivac.Page, error) {
	return r.next().Documents(ctx, list)
}

func (r *replicas) Pending(ctx context.Context) (int, error) {
	return r.next().Pending(ctx)
}

func (r *replicas) Datum(ctx context.Context, collection multivac.CollectionName) (string, error) {
	return r.next().Datum(ctx, collection)
}

func (r *replicas) Due(ctx context.Context, kind multivac.TaskKind, now time.Time, limit int) ([]multivac.Task, error) {
	return r.next().Due(ctx, kind, now, limit)
}

func (r *replicas) AddTask(ctx context.Context, task multivac.Task, now time.Time) error {
	return r.next().AddTask(ctx, task, now)
}

func (r *replicas) EndTask(ctx context.Context, task multivac.Task) error {
	return r.next().EndTask(ctx, task)
}

func (r *replicas) Lease(ctx context.Context, task multivac.Task, now, until time.Time) (multivac.Task, multivac.Document, error) {
	return r.next().Lease(ctx, task, now, until)
}

func (r *replicas) Step(ctx context.Context, task multivac.Task, step string, until time.Time) error {
	return r.next().Step(ctx, task, step, until)
}

func (r *replicas) Publish(ctx context.Context, task multivac.Task, p store.Publication, now time.Time) (multivac.Position, error) {
	return r.next().Publish(ctx, task, p, now)
}

func (r *replicas) Fail(ctx context.Context, task multivac.Task, cause string, final bool, now, retry time.Time) error {
	return r.next().Fail(ctx, task, cause, final, now, retry)
}

func (r *replicas) Release(ctx context.Context, task multivac.Task) error {
	return r.next().Release(ctx, task)
}

func (r *replicas) Excerpts(ctx context.Context, ids []multivac.PassageID) ([]multivac.Excerpt, error) {
	return r.next().Excerpts(ctx, ids)
}

func (r *replicas) Quotes(ctx context.Context, quotes []store.Quote) ([]string, error) {
	return r.next().Quotes(ctx, quotes)
}

func (r *replicas) Purge(ctx context.Context, before time.Time) error {
	return r.next().Purge(ctx, before)
}

func (r *replicas) Position(ctx context.Context) (multivac.Position, error) {
	return r.next().Position(ctx)
}

func (r *replicas) Scan(ctx context.Context, fn func(store.Change) error) error {
	return r.next().Scan(ctx, fn)
}

func (r *replicas) Follow(ctx context.Context, after multivac.Position, fn func(store.Change) error) error {
	return r.next().Follow(ctx, after, fn)
}

func (r *replicas) PutCalibration(ctx context.Context, c multivac.Calibration) error {
	return r.next().PutCalibration(ctx, c)
}

func (r *replicas) Calibrations(ctx context.Context) ([]multivac.Calibration, error) {
	return r.next().Calibrations(ctx)
}

func (r *replicas) RemoveCalibration(ctx context.Context, collection multivac.CollectionName) (bool, error) {
	return r.next().RemoveCalibration(ctx, collection)
}

func (r *replicas) PutKey(ctx context.Context, key multivac.Key) error {
	return r.next().PutKey(ctx, key)
}

func (r *replicas) Keys(ctx context.Context) ([]multivac.Key, error) {
	return r.next().Keys(ctx)
}

func (r *replicas) RevokeKey(ctx context.Context, id multivac.KeyID, now time.Time) (multivac.Key, error) {
	return r.next().RevokeKey(ctx, id, now)
}

func (r *replicas) TouchKeys(ctx context.Context, used map[multivac.KeyID]time.Time) error {
	return r.next().TouchKeys(ctx, used)
}

func (r *replicas) Retry(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	return r.next().Retry(ctx, id, now)
}

func (r *replicas) Original(ctx context.Context, id multivac.DocumentID) (multivac.Telling, error) {
	return r.next().Original(ctx, id)
}

func (r *replicas) Reread(ctx context.Context, id multivac.DocumentID, now time.Time) (multivac.Receipt, error) {
	return r.next().Reread(ctx, id, now)
}

func (r *replicas) Records(ctx context.Context, parts store.Parts, fn func(store.Record) error) error {
	return r.next().Records(ctx, parts, fn)
}

func (r *replicas) Restore(ctx context.Context, records []store.Record, now time.Time) (int, error) {
	return r.next().Restore(ctx, records, now)
}

func (r *replicas) Outdated(ctx context.Context, v store.Version, limit int) ([]multivac.Task, error) {
	return r.next().Outdated(ctx, v, limit)
}

func (r *replicas) CountOutdated(ctx context.Context, v store.Version) (int, error) {
	return r.next().CountOutdated(ctx, v)
}

func (r *replicas) Published(ctx context.Context, task multivac.Task) (store.Publication, error) {
	return r.next().Published(ctx, task)
}

func (r *replicas) Replace(ctx context.Context, task multivac.Task, p store.Publication) error {
	return r.next().Replace(ctx, task, p)
}

func (r *replicas) Attach(ctx context.Context, task multivac.Task, v store.Version, vectors []byte) error {
	return r.next().Attach(ctx, task, v, vectors)
}

func (r *replicas) Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) error {
	return r.next().Examine(ctx, repair, now, report)
}
