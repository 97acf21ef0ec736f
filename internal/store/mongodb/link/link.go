// Package link is the connection to a MongoDB: calls with a deadline,
// transactions, errors that say what to do, and credentials that change while
// it is open. It does not know the content of the database.
package link

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"multivac"
	"multivac/internal/certs"
	"multivac/internal/store"
)

// Options say where the database is.
type Options struct {
	URI         string                             // mongodb://…, without a password
	Database    string                             // its name
	Credentials func() (username, password string) // the current ones; none if nil
	TLS         *tls.Config                        // no TLS if nil
	Log         *slog.Logger
}

const (
	callTimeout       = 10 * time.Second // how long a call waits for the servers, through a fail-over
	disconnectTimeout = 10 * time.Second
	tryTimeout        = 3 * time.Second // for the server to accept new credentials
	heartbeatInterval = 2 * time.Second // the driver checks each server this often
	connectTimeout    = 5 * time.Second
	retryPause        = 10 * time.Millisecond  // before the first retry of a call
	maxRetryPause     = 500 * time.Millisecond // before later ones
	renewInterval     = 50 * time.Millisecond  // how often a refused call looks for new credentials
)

// A Conn is a connection to a database. Its methods may be called by many
// goroutines.
type Conn struct {
	options Options
	log     *slog.Logger

	mu     sync.Mutex
	client *client // guarded by mu

	sessions sessions
	closing  sync.Once
	closed   chan struct{}
	closeErr error
}

// A client is the driver's client, with the credentials that it was made with.
// After others have replaced it, it lives until its last call has ended.
type client struct {
	*mongo.Client
	db             *mongo.Database
	user, password string

	calls   int           // under way
	retired chan struct{} // closed when another client has replaced it
}

// Open connects. It waits some seconds for the servers, and returns
// ErrUnavailable if none answers. It returns ErrInvalid, with a remedy, if the
// URI cannot be used or the server is in no replica set.
func Open(ctx context.Context, o Options) (*Conn, error) {
	c := &Conn{options: o, log: o.Log, closed: make(chan struct{})}
	first, err := c.connect()
	if err != nil {
		return nil, err
	}
	c.client = first
	if err := c.checkReplicaSet(ctx); err != nil {
		return nil, errors.Join(err, first.disconnect())
	}
	c.sessions.begin(c)
	return c, nil
}

// Close ends the connection. Calls that are under way fail.
func (c *Conn) Close() error {
	c.closing.Do(func() {
		close(c.closed)
		c.sessions.end()
		c.mu.Lock()
		last := c.client
		c.mu.Unlock()
		c.closeErr = last.disconnect()
	})
	return c.closeErr
}

// Closed is closed when Close is called.
func (c *Conn) Closed() <-chan struct{} { return c.closed }

// IsClosed reports whether Close was called.
func (c *Conn) IsClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

func (l *client) disconnect() error {
	ctx, stop := context.WithTimeout(context.Background(), disconnectTimeout)
	defer stop()
	if err := l.Disconnect(ctx); !errors.Is(err, mongo.ErrClientDisconnected) {
		return err
	}
	return nil
}

// credentials returns the current ones.
func (c *Conn) credentials() (user, password string) {
	if c.options.Credentials == nil {
		return "", ""
	}
	return c.options.Credentials()
}

// connect makes a client. It does not wait for a server.
func (c *Conn) connect() (*client, error) {
	l := &client{retired: make(chan struct{})}
	l.user, l.password = c.credentials()
	o, err := c.clientOptions()
	if err != nil {
		return nil, err
	}
	if l.user != "" {
		o.SetAuth(options.Credential{Username: l.user, Password: l.password, PasswordSet: true, AuthSource: authSource(c.options.URI)})
	}
	if l.Client, err = mongo.Connect(o); err != nil {
		return nil, errURI(err)
	}
	l.db = l.Database(c.options.Database)
	return l, nil
}

// clientOptions are the options of every client. They come after the URI, so
// that it cannot switch off what durability depends on.
func (c *Conn) clientOptions() (*options.ClientOptions, error) {
	journal := true
	o := options.Client().ApplyURI(c.options.URI).
		SetAppName("multivac").
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryReads(true).SetRetryWrites(true).
		SetHeartbeatInterval(heartbeatInterval).
		SetConnectTimeout(connectTimeout).
		SetServerSelectionTimeout(callTimeout)
	if c.options.TLS != nil {
		// The driver's own TLS does not check a server's IP address against its
		// certificate.
		o.SetTLSConfig(nil).SetDialer(certs.Dialer{Config: c.options.TLS})
	}
	if err := o.Validate(); err != nil {
		return nil, errURI(err)
	}
	if o.Auth != nil && o.Auth.Password != "" {
		return nil, multivac.Errorf(multivac.ErrInvalid, "leave it out and put it into a file of secrets", "the URI of MongoDB holds a password")
	}
	return o, nil
}

func errURI(err error) error {
	return multivac.Errorf(multivac.ErrInvalid, "write it as mongodb://host:27017,host:27017/?replicaSet=rs0, without a password", "MongoDB's URI cannot be used: %v", err)
}

// authSource is the database that knows the user: the URI's, or admin.
func authSource(uri string) string {
	_, query, _ := strings.Cut(uri, "?")
	values, err := url.ParseQuery(query)
	if err == nil {
		for key, value := range values {
			if strings.EqualFold(key, "authSource") {
				return value[0]
			}
		}
	}
	return "admin"
}

// acquire returns the newest client. It stays connected until release.
func (c *Conn) acquire() *client {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.client.calls++
	return c.client
}

// hold acquires a client that the caller has already acquired once.
func (c *Conn) hold(l *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.calls++
}

func (c *Conn) release(l *client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.calls--; l.calls == 0 && l != c.client {
		go c.drop(l)
	}
}

func (c *Conn) drop(l *client) {
	if err := l.disconnect(); err != nil {
		c.log.Debug("MongoDB: old connections were not closed in order", "error", err)
	}
}

// Rotate takes new credentials, if they have changed and the server accepts
// them. Otherwise it keeps the old ones; a call that the server then refuses
// looks for new ones again.
func (c *Conn) Rotate(ctx context.Context) {
	if c.IsClosed() {
		return
	}
	l := c.acquire()
	defer c.release(l)
	c.replace(ctx, l)
}

// replace replaces a client, and reports whether another one is in its place
// now.
func (c *Conn) replace(ctx context.Context, old *client) bool {
	if old.isRetired() {
		return true
	}
	if user, password := c.credentials(); user == old.user && password == old.password {
		return false
	}
	l, err := c.connect()
	if err != nil {
		return false
	}
	ctx, stop := context.WithTimeout(ctx, tryTimeout)
	defer stop()
	if err := l.db.RunCommand(ctx, bson.D{{Key: "count", Value: Sessions}}).Err(); err != nil {
		c.log.Warn("MongoDB: new credentials are not taken; the old ones go on", "error", err)
		c.drop(l)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != old { // another call was first
		go c.drop(l)
		return true
	}
	c.client = l
	close(old.retired) // it is dropped with its last release, because the caller holds it
	c.log.Info("MongoDB: new credentials", "user", l.user)
	return true
}

func (l *client) isRetired() bool {
	select {
	case <-l.retired:
		return true
	default:
		return false
	}
}

// renew waits until a client whose credentials were refused is replaced, and
// reports whether it was. The server may know a new password before the
// settings do. If the user lacks a right, renew looks only once, because a new
// password will most likely not help.
func (c *Conn) renew(ctx context.Context, l *client, once bool) bool {
	for !c.replace(ctx, l) {
		if once {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-c.closed:
			return false
		case <-time.After(renewInterval):
		}
	}
	return true
}

// Call calls fn with the database, under a deadline, and explains its error. If
// the credentials are refused, it calls fn again with new ones. The driver
// repeats reads, and writes of one document, through a fail-over.
func (c *Conn) Call(ctx context.Context, fn func(ctx context.Context, d *mongo.Database) error) error {
	return c.call(ctx, func(ctx context.Context, l *client) error { return fn(ctx, l.db) })
}

func (c *Conn) call(ctx context.Context, fn func(ctx context.Context, l *client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.IsClosed() {
		return store.ErrClosed()
	}
	within, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	for {
		l := c.acquire()
		err := fn(within, l)
		again := refused(err) && c.renew(within, l, forbidden(err))
		c.release(l)
		if !again {
			return c.explain(ctx, err)
		}
	}
}

// Insist is Call for work that may be done twice. It tries again in cases where
// the driver would not.
func (c *Conn) Insist(ctx context.Context, fn func(ctx context.Context, d *mongo.Database) error) error {
	end := time.Now().Add(callTimeout)
	for pause := retryPause; ; pause = min(2*pause, maxRetryPause) {
		err := c.Call(ctx, fn)
		if !errors.Is(err, multivac.ErrUnavailable) || time.Now().Add(pause).After(end) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		case <-c.closed:
			return store.ErrClosed()
		}
	}
}

// Borrow calls fn with the database, without a deadline: for a cursor or a
// stream that may live long. retired is closed when the credentials have
// changed; fn should then end.
func (c *Conn) Borrow(ctx context.Context, fn func(d *mongo.Database, retired <-chan struct{}) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.IsClosed() {
		return store.ErrClosed()
	}
	l := c.acquire()
	defer c.release(l)
	return c.explain(ctx, fn(l.db, l.retired))
}

// explain is Explain, except for errors that come from the end of ctx or of the
// connection.
func (c *Conn) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case c.IsClosed():
		return store.ErrClosed()
	}
	return Explain(err)
}
