package mongodb

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

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

func TestStore(t *testing.T) {
	m := servers.Mongo(t, servers.MongoOptions{})
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		return checked{open(t, Options{URI: m.URI, Database: database(dir)}), t}
	})
}

// A checked store finds nothing wrong with itself when it is closed.
type checked struct {
	*DB
	t *testing.T
}
