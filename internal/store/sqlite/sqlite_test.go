package sqlite_test

import (
	"testing"

	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		db, err := sqlite.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
