package link

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac/internal/eventually"
	"multivac/internal/servers"
)

// A connection that breaks during signing in does not make the password wrong.
// Otherwise calls would wait for another password long after the network is
// well again.
func TestBrokenWhileSigningIn(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Users: []servers.MongoUser{{Name: "ana", Password: "one", Database: "multivac"}}})
	proxy := servers.FaultProxy(t, m.Addr)
	signIn := func(password string) error {
		client, err := mongo.Connect(options.Client().SetHosts([]string{proxy.Addr}).SetDirect(true).SetServerSelectionTimeout(300 * time.Millisecond).
			SetAuth(options.Credential{Username: "ana", Password: password}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Disconnect(t.Context())
		return client.Database("multivac").RunCommand(t.Context(), bson.D{{Key: "connectionStatus", Value: 1}}).Err()
	}
	if err := signIn("one"); err != nil {
		t.Fatal(err)
	}
	if err := signIn("two"); !refused(err) {
		t.Errorf("a wrong password: %v", err)
	}
	broken := 0
	for sent := 100; sent < 2000; sent += 100 {
		proxy.Break(sent)
		err := signIn("one")
		proxy.Mend()
		if err == nil {
			continue
		}
		if strings.Contains(err.Error(), "unable to authenticate") {
			broken++
		}
		if refused(err) || strings.Contains(Explain(err).Error(), "password") {
			t.Errorf("broken after %d bytes: %v", sent, Explain(err))
		}
	}
	if broken == 0 {
		t.Error("no connection broke while it signed in")
	}
}

// Where the server refuses the credentials of one call, others that wait for a
// connection are refused, too.
func TestRefusedTogether(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{Users: []servers.MongoUser{{Name: "ana", Password: "one", Database: "multivac"}}})
	client, err := mongo.Connect(options.Client().SetHosts([]string{m.Addr}).SetDirect(true).SetServerSelectionTimeout(10 * time.Second).
		SetAuth(options.Credential{Username: "ana", Password: "two"}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Disconnect(t.Context())
	const calls = 64
	errs := make(chan error, calls)
	for range calls {
		go func() {
			errs <- client.Database("multivac").RunCommand(t.Context(), bson.D{{Key: "connectionStatus", Value: 1}}).Err()
		}()
	}
	others := 0
	for range calls {
		err := <-errs
		if !Has(err, codeAuthenticationFailed) {
			others++
		}
		if !refused(err) {
			t.Errorf("not refused: %v", err)
		}
	}
	t.Logf("%d of %d calls failed with another one", others, calls)
}

// A transaction whose session was killed is tried again, in another session:
// the server may take no more transactions in the killed one.
func TestKilledSession(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	conn, err := Open(t.Context(), Options{URI: m.URI, Database: "multivac"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	transactor := conn.Transactor()
	defer transactor.Close()
	tries, first := 0, (*mongo.Session)(nil)
	err = transactor.Run(t.Context(), func(ctx context.Context, d *mongo.Database) error {
		if _, err := d.Collection("c").InsertOne(ctx, bson.D{{Key: "try", Value: tries}}); err != nil {
			return err
		}
		if tries++; tries > 1 {
			return nil
		}
		first = transactor.session
		kill := bson.D{{Key: "killSessions", Value: bson.A{bson.D{{Key: "id", Value: sessionID(first)}}}}}
		if err := d.Client().Database("admin").RunCommand(t.Context(), kill).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := d.Collection("c").InsertOne(ctx, bson.D{{Key: "try", Value: "killed"}})
		return err
	})
	if err != nil || tries != 2 || transactor.session == first {
		t.Errorf("after %d tries, the same session: %v, got %v", tries, transactor.session == first, err)
	}
	n, err := count(conn, t.Context())
	if err != nil || n != 1 {
		t.Errorf("%d rows are there, %v, want that of the second try", n, err)
	}
}

// On a slow server the reports of living sessions are late. None is killed for
// that.
func TestSlowReports(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	proxy := servers.FaultProxy(t, m.Addr)
	conn, err := Open(t.Context(), Options{URI: "mongodb://" + proxy.Addr + "/?directConnection=true", Database: "multivac"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	direct, err := mongo.Connect(options.Client().ApplyURI(m.URI))
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Disconnect(t.Context())
	late, sessions := bson.Binary{Subtype: 4, Data: make([]byte, 16)}, direct.Database("multivac").Collection(Sessions)
	there := func(id bson.Binary) (row sessionRow, err error) {
		err = sessions.FindOne(t.Context(), bson.D{{Key: "_id", Value: id}}).Decode(&row)
		return row, err
	}
	proxy.Slow(sessionInterval * 11 / 10)
	transactor := conn.Transactor()
	defer transactor.Close()
	err = transactor.Run(t.Context(), func(ctx context.Context, d *mongo.Database) error {
		_, err := d.Collection("c").InsertOne(ctx, bson.D{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.InsertOne(t.Context(), sessionRow{late, 1}); err != nil {
		t.Fatal(err)
	}
	first, err := there(sessionID(transactor.session))
	if err != nil {
		t.Fatal(err)
	}
	eventually.Within(t, 30*time.Second, "two more reports of the session", func() error {
		now, err := there(first.ID)
		if err == nil && now.Seen < first.Seen+2*int64(sessionInterval/time.Microsecond) {
			err = errors.New("not yet")
		}
		return err
	})
	if _, err := there(late); err != nil {
		t.Errorf("the late session was killed: %v", err)
	}
	proxy.Mend()
	eventually.Within(t, 30*time.Second, "the late session is killed", func() error {
		if _, err := there(late); !errors.Is(err, mongo.ErrNoDocuments) {
			return fmt.Errorf("it is there, %v", err)
		}
		return nil
	})
}

func count(c *Conn, ctx context.Context) (n int64, err error) {
	err = c.Call(ctx, func(ctx context.Context, d *mongo.Database) (err error) {
		n, err = d.Collection("c").CountDocuments(ctx, bson.D{})
		return err
	})
	return n, err
}
