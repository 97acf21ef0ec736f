package mongodb

import (
	"context"
	"time"

	"multivac"
)

// Examine implements store.Store.
func (db *DB) Examine(ctx context.Context, repair bool, now time.Time, report func(multivac.Fault)) (err error) {
	return nil
}
