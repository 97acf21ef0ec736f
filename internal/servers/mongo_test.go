package servers

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"multivac/internal/eventually"
)

// The server keeps acknowledged writes when it is killed, knows its users and can
// step down.
func TestMongo(t *testing.T) {
	user := MongoUser{"ana", "secret", "words"}
	m := Mongo(t, MongoOptions{Users: []MongoUser{user}, CA: NewCA(t)})
	connect := func(u MongoUser) *mongo.Collection {
		c, err := mongo.Connect(options.Client().ApplyURI(m.URI).SetTLSConfig(m.tls).SetServerSelectionTimeout(5 * time.Second).
			SetAuth(options.Credential{Username: u.Name, Password: u.Password}))
		must(t, err)
		t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
		return c.Database(u.Database).Collection("words")
	}
	words := connect(user)
	if _, err := words.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "one"}}); err != nil {
		t.Fatal(err)
	}
	m.Kill()
	m.Start()
	if err := words.FindOne(t.Context(), bson.D{{Key: "_id", Value: "one"}}).Err(); err != nil {
		t.Errorf("after it was killed: %v", err)
	}
	m.StepDown(1)
	eventually.True(t, "it has stepped down", func() bool { return !m.Primary() })
	eventually.True(t, "it is primary again", m.Primary)
	eventually.Nil(t, "it takes writes again", func() error { // the driver tries twice, and may not have heard of it yet
		_, err := words.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "two"}})
		return err
	})
	m.SetPassword("ana", "another")
	if err := connect(user).FindOne(t.Context(), bson.D{}).Err(); err == nil {
		t.Error("the old password holds")
	}
	user.Password = "another"
	if err := connect(user).FindOne(t.Context(), bson.D{}).Err(); err != nil {
		t.Errorf("the new password: %v", err)
	}
	user.Database = "other"
	if err := connect(user).FindOne(t.Context(), bson.D{}).Err(); err == nil {
		t.Error("the user may read another database")
	}
}

// Clients of a server behind a proxy go through the proxy: the address that the
// replica set tells them is the proxy's.
func TestMongoBehind(t *testing.T) {
	m := Mongo(t, MongoOptions{})
	p := FaultProxy(t, m.Addr)
	m.Behind(p.Addr)
	c, err := mongo.Connect(options.Client().ApplyURI(m.URI).SetServerSelectionTimeout(2 * time.Second))
	must(t, err)
	t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	words := c.Database("words").Collection("words")
	if _, err := words.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "one"}}); err != nil {
		t.Fatal(err)
	}
	p.Cut()
	if _, err := words.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "two"}}); err == nil {
		t.Error("a client has another way to the server")
	}
	p.Mend()
	if err := words.FindOne(t.Context(), bson.D{}).Err(); err != nil {
		t.Errorf("after the proxy was mended: %v", err)
	}
}
