// Package mongodb is the store on a MongoDB replica set, for as many processes
// as there are.
//
// A document is one row, and every change of it is one write of that row, which
// holds only while nobody else has written it: no transaction is needed. What
// is too large for a row, bodies, texts and passages, lies beside it under
// names of its own; it is written before the row names it and removed after no
// row names it any more. Writes that wait at the same time go together. What a
// process leaves half done when it dies, any other finishes.
package mongodb

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"multivac"
	"multivac/internal/store"
)

// Options say where the database is.
type Options struct {
	URI      string // mongodb://…, without a password
	Database string // "multivac" if empty
	// Credentials are asked for at the start, again and again, and when the
	// server refuses those before: a change takes effect without a restart.
	Credentials func() (username, password string) // none if nil
	TLS         *tls.Config                        // plain if nil
	Log         *slog.Logger                       // nothing is logged if nil
}

// DefaultDatabase is the database's name where none is given.
const DefaultDatabase = "multivac"

const (
	patience  = 10 * time.Second       // with which a call waits for the servers, through a fail-over
	tidyEvery = time.Second            // looks for what others left half done
	pollEvery = 2 * time.Second        // looks at the feed, should its stream say nothing
	lookEvery = 500 * time.Millisecond // asks whether the credentials have changed
)

// DB is a store in a database.
type DB struct {
	options Options
	log     *slog.Logger

	tellings, leases, announcing *lane

	mu   sync.Mutex // guards these
	link *link
	bell chan struct{} // closed when the feed has grown, and replaced
	last batchEnd

	listening sync.Once
	closing   sync.Once
	closed    chan struct{}
	ctx       context.Context // ends with Close
	stop      context.CancelFunc
	running   sync.WaitGroup
	ended     error

	keep   time.Duration // for which batches of the feed are left as they are
	memory memory
}

var _ store.Shared = (*DB)(nil)

// Open opens the database and makes what is not there yet. It waits some
// seconds for the servers and returns ErrUnavailable where none answers;
// ErrInvalid, with what to do, where what answers is no replica set, or the
// data are a newer program's.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
	defer multivac.Wrap(&err, "open MongoDB")
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	db := &DB{options: o, log: o.Log, bell: make(chan struct{}), keep: keepBatches, closed: make(chan struct{})}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	db.ctx, db.stop = context.WithCancel(context.Background())
	if db.link, err = db.connect(); err != nil {
		return nil, err
	}
	if err = db.begin(ctx); err != nil {
		return nil, errors.Join(err, db.link.disconnect())
	}
	db.tellings, db.leases, db.announcing = newLane(db), newLane(db), newLane(db)
	for _, run := range []func(){db.tellings.run, db.leases.run, db.announcing.run, db.tidy} {
		db.running.Go(run)
	}
	return db, nil
}

// begin makes sure that this is a database that can be used.
func (db *DB) begin(ctx context.Context) error {
	if err := db.checkReplicaSet(ctx); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	_, err := db.end(ctx)
	return err
}

// Close ends what is under way. Writes that were begun are finished or fail.
func (db *DB) Close() error {
	db.closing.Do(func() {
		close(db.closed)
		db.stop()
		db.running.Wait()
		db.mu.Lock()
		l := db.link
		db.mu.Unlock()
		db.ended = l.disconnect()
	})
	return db.ended
}

func (db *DB) isClosed() bool {
	select {
	case <-db.closed:
		return true
	default:
		return false
	}
}

// call calls fn with the database, under a deadline, and explains its error.
// Where the credentials are refused, it waits for others and calls fn again.
// The driver repeats reads, and writes of one document, through a fail-over.
func (db *DB) call(ctx context.Context, fn func(ctx context.Context, d *mongo.Database) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if db.isClosed() {
		return store.ErrClosed()
	}
	within, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		l := db.acquire()
		err := fn(within, l.db)
		db.release(l)
		switch {
		case err == nil:
			return nil
		case refused(err) && db.renew(within, l, forbidden(err)):
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case db.isClosed():
			return store.ErrClosed()
		}
		return explain(err)
	}
}

// insist is call for what may be done twice: it is tried again where the
// driver would not.
func (db *DB) insist(ctx context.Context, fn func(ctx context.Context, d *mongo.Database) error) error {
	end := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := db.call(ctx, fn)
		if !errors.Is(err, multivac.ErrUnavailable) || time.Now().Add(pause).After(end) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		case <-db.closed:
			return store.ErrClosed()
		}
	}
}

// explain turns what the driver reports into an error of multivac's kinds.
func explain(err error) error {
	if err == nil || errors.As(err, new(*multivac.Error)) {
		return err
	}
	failed := func(remedy string) error { return unavailable(remedy, "MongoDB: %v", err) }
	var server mongo.ServerError
	switch is := errors.As(err, &server); {
	case refused(err):
		return failed("check the user name and password of store.mongodb, and what the user may do: it needs the role readWrite on the database")
	case is && (server.HasErrorCode(10334) || server.HasErrorCode(17420) || server.HasErrorCode(17419)):
		return multivac.Errorf(multivac.ErrTooLarge, "split the document", "a part of it is larger than MongoDB keeps in one piece (16 MiB)")
	case is && server.HasErrorCode(14031):
		return failed("free some space on MongoDB's disk and try again")
	case is, mongo.IsNetworkError(err), mongo.IsTimeout(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, mongo.ErrClientDisconnected):
		return failed("check that it runs and has a primary, and try again")
	case errors.As(err, new(mongo.MarshalError)):
		return err
	}
	return failed("check that it runs and can be reached, and try again")
}

func unavailable(remedy, format string, args ...any) error {
	e := multivac.Errorf(multivac.ErrUnavailable, remedy, format, args...)
	e.RetryAfter = time.Second
	return e
}

var errDamaged = errors.New("damaged")

func damaged(format string, args ...any) error {
	return multivac.Errorf(errDamaged, "restore the database from a backup, or try `multivac doctor --repair`", "database is damaged: "+format, args...)
}

// at is a key and its value.
func at(key string, value any) bson.E { return bson.E{Key: key, Value: value} }

// in matches any of the values.
func in[T any](values []T) bson.D { return bson.D{at("$in", values)} }
