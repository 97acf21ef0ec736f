package link

import (
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

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
