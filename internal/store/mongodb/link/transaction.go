package link

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	conflictPause    = time.Millisecond      // the longest pause before the second try of a transaction
	maxConflictPause = 40 * time.Millisecond // the longest pause before later tries
	endTimeout       = time.Second           // to abort a transaction or to end a session
)

// A Transactor runs transactions one after the other, in one session of the
// server. Only one goroutine may use it.
type Transactor struct {
	conn    *Conn
	of      *client // that session belongs to
	session *mongo.Session
}

// Transactor returns a new one, which the caller has to Close.
func (c *Conn) Transactor() *Transactor { return &Transactor{conn: c} }

// Run runs fn in a transaction. If Run returns nil, the writes of fn are
// durable. If it returns an error of fn, they are undone. If it returns
// ErrUnavailable, they may be either.
//
// Run calls fn again if another transaction changes the same documents, or if a
// fail-over has ended the transaction.
func (t *Transactor) Run(ctx context.Context, fn func(ctx context.Context, d *mongo.Database) error) error {
	return t.conn.call(ctx, func(ctx context.Context, l *client) error {
		for pause := conflictPause; ; pause = min(2*pause, maxConflictPause) {
			err := t.try(ctx, l, fn)
			if !labelled(err, "TransientTransactionError") && !errors.As(err, new(unbegun)) {
				return err
			}
			if Has(err, codeNoSuchTransaction) {
				t.end(true) // the next try has another session
			}
			select {
			case <-time.After(rand.N(pause)):
			case <-ctx.Done():
				return err
			case <-t.conn.closed:
				return err
			}
		}
	})
}

// try runs fn in a transaction once.
func (t *Transactor) try(ctx context.Context, l *client, fn func(ctx context.Context, d *mongo.Database) error) error {
	if err := t.use(ctx, l); err != nil {
		return early(err)
	}
	if err := t.session.StartTransaction(); err != nil {
		return err
	}
	if err := fn(mongo.NewSessionContext(ctx, t.session), l.db); err != nil {
		t.abort(ctx, err)
		return early(err)
	}
	err := t.commit(ctx)
	if err != nil && !labelled(err, "TransientTransactionError") {
		t.end(false) // it may have been committed or not
	}
	return err
}

// unbegun is an error because the primary has gone, from before the commit. The
// transaction may be tried again.
type unbegun struct{ error }

func (e unbegun) Unwrap() error { return e.error }

func early(err error) error {
	if primaryGone(err) {
		return unbegun{err}
	}
	return err
}

// commit commits the transaction. It asks again while the outcome is unknown.
func (t *Transactor) commit(ctx context.Context) error {
	for pause := retryPause; ; pause = min(2*pause, maxRetryPause) {
		err := t.session.CommitTransaction(ctx)
		if !labelled(err, "UnknownTransactionCommitResult") && !primaryGone(err) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		case <-t.conn.closed:
			return err
		}
	}
}

// abort ends the transaction because of an error.
func (t *Transactor) abort(ctx context.Context, cause error) {
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer stop()
	_ = t.session.AbortTransaction(ending)
	if mongo.IsNetworkError(cause) || mongo.IsTimeout(cause) || ctx.Err() != nil {
		t.end(false) // the server may not have heard of the end
	}
}

// use makes sure that the session belongs to the client.
func (t *Transactor) use(ctx context.Context, l *client) error {
	if t.session != nil && t.of == l {
		return nil
	}
	t.end(true)
	session, err := l.StartSession()
	if err != nil {
		return err
	}
	if err := t.conn.sessions.add(ctx, l.db, session); err != nil {
		session.EndSession(ctx)
		return err
	}
	t.conn.hold(l)
	t.of, t.session = l, session
	return nil
}

// Close ends the session.
func (t *Transactor) Close() { t.end(true) }

// end ends the session. If it may still have a transaction, it stays in the
// list of sessions, to be killed.
func (t *Transactor) end(known bool) {
	if t.session == nil {
		return
	}
	ending, stop := context.WithTimeout(context.Background(), endTimeout)
	defer stop()
	t.session.EndSession(ending)
	t.conn.sessions.remove(ending, t.of.db, t.session, known)
	t.conn.release(t.of)
	t.session, t.of = nil, nil
}

// labelled reports whether the driver or the server has put a label on err.
func labelled(err error, label string) bool {
	var e mongo.LabeledError
	return errors.As(err, &e) && e.HasErrorLabel(label)
}
