package tell

import (
	"context"
	"sync"
	"time"

	"multivac"
)

const (
	// datumAge is how long a datum is believed where nothing is known to have
	// changed: a repair of the store changes it without a change of a document.
	datumAge = time.Second
	// maxCachedDatum is how long a datum may be, in bytes, to be cached.
	maxCachedDatum = 64 << 10
)

// A DatumCache is a Library that reads the datum of a collection from the store
// when the collection has changed, and once a second, instead of at each call.
type DatumCache struct {
	multivac.Library
	content func(multivac.CollectionName) (fingerprint [16]byte, some bool)
	now     func() time.Time

	mu        sync.Mutex
	cached    map[multivac.CollectionName]cachedDatum
	deletions int // that this process has seen begin or end
}

type cachedDatum struct {
	text        string
	fingerprint [16]byte // of the collection when it was read
	at          time.Time
}

// NewDatumCache returns a cache of the datums of l. content returns the
// fingerprint of what a collection holds, or false where it holds nothing. now
// is the clock.
func NewDatumCache(l multivac.Library, content func(multivac.CollectionName) ([16]byte, bool), now func() time.Time) *DatumCache {
	return &DatumCache{Library: l, content: content, now: now, cached: map[multivac.CollectionName]cachedDatum{}}
}

// Datum implements multivac.Library.
func (d *DatumCache) Datum(ctx context.Context, collection multivac.CollectionName) (string, error) {
	collection, now := collection.OrDefault(), d.now()
	fingerprint, some := d.content(collection)
	d.mu.Lock()
	c, cached := d.cached[collection]
	deletions := d.deletions
	d.mu.Unlock()
	if cached && some && c.fingerprint == fingerprint && now.Sub(c.at) < datumAge {
		return c.text, nil
	}
	text, err := d.Library.Datum(ctx, collection)
	if err != nil || !some || len(text) > maxCachedDatum {
		return text, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	// Where something was deleted during the read, the text may be of what was
	// deleted: it is returned this once, and not cached.
	if d.deletions == deletions {
		d.cached[collection] = cachedDatum{text, fingerprint, now}
	}
	return text, nil
}

// Delete implements multivac.Library.
func (d *DatumCache) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	defer d.Forget()
	return d.Library.Delete(ctx, id)
}

// Forget drops all datums. It is to be called once something was deleted.
func (d *DatumCache) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deletions++
	clear(d.cached)
}
