// Package mongodb is the store on a MongoDB replica set, which many processes
// have open at the same time.
//
// A document is one row. Bodies, texts and passages are too large for a row.
// They are stored in pieces next to it, each under a name that is used only
// once. Pieces are written before the row refers to them, and removed when no
// row does any more.
//
// Changes of rows that wait at the same time share one transaction. If they
// publish, delete or fail documents, the transaction also adds one numbered
// batch to the feed. Two transactions that both add a batch conflict, and
// MongoDB makes one of them try again. So the numbers have no gaps, and a
// process that sees a batch sees all batches before it.
package mongodb

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"multivac"
	"multivac/internal/store"
	"multivac/internal/store/mongodb/link"
)

// Options say where the database is.
type Options struct {
	URI      string // mongodb://…, without a password
	Database string // "multivac" if empty

	Credentials func() (username, password string) // the current ones; none if nil
	Changed     <-chan struct{}                    // receives when they may have changed; nil if they never do
	TLS         *tls.Config                        // no TLS if nil
	Log         *slog.Logger                       // nothing is logged if nil
}

// DefaultDatabase is the database's name if none is given.
const DefaultDatabase = "multivac"

// batchLife is how long a batch of the feed is left unchanged.
const batchLife = 24 * time.Hour

// DB is a store in a database.
type DB struct {
	conn *link.Conn
	log  *slog.Logger

	tellings, leases, announcing *lane

	mu     sync.Mutex       // guards these
	bell   chan struct{}    // closed when the feed has grown, and replaced
	firsts map[string]int64 // for some collections, the last known place of the datum in the feed

	listening sync.Once
	closing   sync.Once
	ctx       context.Context // ends with Close
	stop      context.CancelFunc
	running   sync.WaitGroup
	closeErr  error

	batchLife time.Duration
}

var _ store.Shared = (*DB)(nil)

// Open opens the database and makes what is missing in it. It waits some
// seconds for the servers and returns ErrUnavailable if none answers. It
// returns ErrInvalid, with a remedy, if the server is in no replica set or the
// data come from a newer program. It returns ErrInUse if the data come from an
// older version and programs of that version still have them open.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
	defer multivac.Wrap(&err, "open MongoDB")
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db := &DB{log: o.Log, bell: make(chan struct{}), firsts: make(map[string]int64), batchLife: batchLife}
	db.conn, err = link.Open(ctx, link.Options{URI: o.URI, Database: o.Database, Credentials: o.Credentials, TLS: o.TLS, Log: o.Log})
	if err != nil {
		return nil, err
	}
	db.ctx, db.stop = context.WithCancel(context.Background())
	db.tellings, db.leases, db.announcing = newLane(db), newLane(db), newLane(db)
	db.running.Go(func() { db.rotate(o.Changed) })
	if err = db.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close ends all work under way. Writes that were begun are finished or fail.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.stop()
		db.running.Wait()
		db.closeErr = db.conn.Close()
	})
	return db.closeErr
}

// rotate takes new credentials whenever they may have changed.
func (db *DB) rotate(changed <-chan struct{}) {
	for {
		select {
		case <-changed:
			db.conn.Rotate(db.ctx)
		case <-db.ctx.Done():
			return
		}
	}
}

func (db *DB) isClosed() bool { return db.ctx.Err() != nil }

var errDamaged = errors.New("damaged")

func damaged(format string, args ...any) error {
	return multivac.Errorf(errDamaged, "restore the database from a backup, or try `multivac doctor --repair`", "database is damaged: "+format, args...)
}

// at is a key and its value.
func at(key string, value any) bson.E { return bson.E{Key: key, Value: value} }

// in matches any of the values.
func in[T any](values []T) bson.D { return bson.D{at("$in", values)} }
