package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"multivac"
	"multivac/internal/certs"
)

// A link is a client and the credentials that it was made with. One whose
// credentials are replaced lives on until its last call has ended.
type link struct {
	client         *mongo.Client
	db             *mongo.Database
	user, password string

	calls   int // under way
	retired bool
}

func (l *link) disconnect() error {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	if err := l.client.Disconnect(ctx); !errors.Is(err, mongo.ErrClientDisconnected) {
		return err
	}
	return nil
}

// credentials are those of now.
func (db *DB) credentials() (user, password string) {
	if db.options.Credentials == nil {
		return "", ""
	}
	return db.options.Credentials()
}

// connect makes a client. It does not wait for a server.
func (db *DB) connect() (*link, error) {
	l := &link{}
	l.user, l.password = db.credentials()
	o, err := db.clientOptions()
	if err != nil {
		return nil, err
	}
	if l.user != "" {
		o.SetAuth(options.Credential{Username: l.user, Password: l.password, PasswordSet: true, AuthSource: authSource(db.options.URI)})
	}
	if l.client, err = mongo.Connect(o); err != nil {
		return nil, errURI(err)
	}
	l.db = l.client.Database(db.options.Database)
	return l, nil
}

// clientOptions are those of every client. What this store rests on stands
// here, and cannot be undone in the URI.
func (db *DB) clientOptions() (*options.ClientOptions, error) {
	journal := true
	o := options.Client().ApplyURI(db.options.URI).
		SetAppName("multivac").
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryReads(true).SetRetryWrites(true).
		SetHeartbeatInterval(2 * time.Second).
		SetConnectTimeout(5 * time.Second).
		SetServerSelectionTimeout(patience)
	if db.options.TLS != nil {
		// The driver's own TLS does not tell a server's IP address to what
		// checks its certificate.
		o.SetTLSConfig(nil).SetDialer(certs.Dialer{Config: db.options.TLS})
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

// authSource is the database that knows the user, as the URI says; admin if it
// says nothing.
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

func (db *DB) acquire() *link {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.link.calls++
	return db.link
}

func (db *DB) release(l *link) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if l.calls--; l.calls == 0 && l.retired {
		go db.drop(l)
	}
}

func (db *DB) replaced(l *link) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.link != l
}

func (db *DB) drop(l *link) {
	if err := l.disconnect(); err != nil {
		db.log.Debug("MongoDB: old connections were not closed in order", "error", err)
	}
}

// refused reports whether the server does not take the credentials.
func refused(err error) bool {
	var server mongo.ServerError
	if errors.As(err, &server) && (server.HasErrorCode(18) || server.HasErrorCode(13) || server.HasErrorCode(11)) {
		return true
	}
	return err != nil && turnedAway.MatchString(err.Error())
}

// turnedAway matches what the driver says where the server's reply to a
// sign-in, which begins with the name of its code, is a refusal. A connection
// that breaks meanwhile has no such reply, and says nothing of the credentials.
var turnedAway = regexp.MustCompile(`unable to authenticate[^(]*: \([A-Z]\w+\) `)

// forbidden reports whether the server knows the user, who may not do this. It
// says the same of who was dropped.
func forbidden(err error) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && server.HasErrorCode(13)
}

// renew waits until there are other credentials than those of the link, which
// were refused, and the link is replaced; once only looks for them.
func (db *DB) renew(ctx context.Context, l *link, once bool) bool {
	for {
		if db.replaced(l) || db.relink(ctx, l) {
			return true
		}
		if once {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-db.closed:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// relink replaces the link if there are new credentials that the server takes.
func (db *DB) relink(ctx context.Context, old *link) bool {
	if user, password := db.credentials(); user == old.user && password == old.password {
		return false
	}
	l, err := db.connect()
	if err != nil {
		return false
	}
	ctx, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	if err := l.db.Collection(metas).FindOne(ctx, bson.D{at("_id", "schema")}).Err(); err != nil {
		db.log.Warn("MongoDB: new credentials are not taken; the old ones go on", "error", err)
		db.drop(l)
		return false
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.link != old { // another call was first
		go db.drop(l)
		return true
	}
	db.link, old.retired = l, true
	if old.calls == 0 {
		go db.drop(old)
	}
	db.log.Info("MongoDB: new credentials", "user", l.user)
	return true
}

// checkReplicaSet refuses a server that has no change streams.
func (db *DB) checkReplicaSet(ctx context.Context) error {
	var hello helloReply
	ask := func(ctx context.Context) error {
		return db.call(ctx, func(ctx context.Context, d *mongo.Database) error {
			return d.Client().Database("admin").RunCommand(ctx, bson.D{at("hello", 1)}).Decode(&hello)
		})
	}
	soon, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	err := ask(soon)
	if err != nil {
		if found := db.look(ctx); found != nil { // the driver waits, and does not say what it found
			return found
		}
		err = ask(ctx)
	}
	if err != nil {
		return err
	}
	return hello.check()
}

type helloReply struct {
	SetName      string `bson:"setName"`
	Msg          string `bson:"msg"`
	IsReplicaSet bool   `bson:"isreplicaset"`
}

func (h helloReply) check() error {
	const initiate = "`mongosh --eval 'rs.initiate()'`"
	switch {
	case h.SetName != "" || h.Msg == "isdbgrid":
		return nil
	case h.IsReplicaSet:
		return multivac.Errorf(multivac.ErrInvalid, "initiate it: "+initiate, "MongoDB's replica set was never initiated")
	}
	return multivac.Errorf(multivac.ErrInvalid,
		"make it a replica set of one: start it as `mongod --replSet rs0`, with all else as before, and initiate it once: "+initiate,
		"MongoDB runs standalone, and has no change streams then")
}

// look asks the servers one by one what they are. It returns nil where that
// explains nothing.
func (db *DB) look(ctx context.Context) error {
	o, err := db.clientOptions()
	if err != nil {
		return nil
	}
	for _, host := range o.Hosts {
		one := options.Client().SetHosts([]string{host}).SetDirect(true).SetServerSelectionTimeout(2 * time.Second)
		one.TLSConfig, one.Dialer = o.TLSConfig, o.Dialer
		c, err := mongo.Connect(one)
		if err != nil {
			continue
		}
		var hello helloReply
		err = c.Database("admin").RunCommand(ctx, bson.D{at("hello", 1)}).Decode(&hello)
		if e := c.Disconnect(ctx); err != nil || e != nil {
			continue
		}
		if err := hello.check(); err != nil {
			return err
		}
		if o.ReplicaSet != nil && hello.SetName != *o.ReplicaSet {
			return multivac.Errorf(multivac.ErrInvalid, fmt.Sprintf("write replicaSet=%s in store.mongodb.uri", hello.SetName),
				"MongoDB's replica set is %q, not %q", hello.SetName, *o.ReplicaSet)
		}
	}
	return nil
}
