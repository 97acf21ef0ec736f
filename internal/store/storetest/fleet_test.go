package storetest_test

import (
	"testing"

	"multivac/internal/store"
	"multivac/internal/store/storetest"
)

func TestFleet(t *testing.T) {
	fleets := map[string]*storetest.Fleet{}
	storetest.RunShared(t, func(t *testing.T) store.Shared {
		if fleets[t.Name()] == nil {
			fleets[t.Name()] = &storetest.Fleet{}
		}
		return struct {
			store.Store
			*storetest.Fleet
		}{nil, fleets[t.Name()]}
	})
}
