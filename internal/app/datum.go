package app

import (
	"context"
	"sync"
	"time"

	"multivac"
	"multivac/internal/follow"
)

// datumTime is how long a datum is believed where nothing is known to have
// changed: a repair moves it without a change of a document.
const datumTime = time.Second

// A datumKeeper is a Library that reads a collection's datum from the store when
// the collection has changed, and once a second, instead of at each request.
type datumKeeper struct {
	multivac.Library
	view func(multivac.CollectionName) (follow.View, bool)
	now  func() time.Time

	mu        sync.Mutex
	kept      map[multivac.CollectionName]keptDatum
	deletions int // of this process, begun or done
}

type keptDatum struct {
	text string
	of   [16]byte // the content, when it was read
	at   time.Time
}

// largeDatum is how long one may be, in bytes, to be kept.
const largeDatum = 64 << 10

func newDatumKeeper(l multivac.Library, f *follow.Follower) *datumKeeper {
	return &datumKeeper{Library: l, view: f.View, now: time.Now, kept: map[multivac.CollectionName]keptDatum{}}
}

// Datum implements multivac.Library.
func (d *datumKeeper) Datum(ctx context.Context, collection multivac.CollectionName) (string, error) {
	collection, now := collection.OrDefault(), d.now()
	view, there := d.view(collection)
	d.mu.Lock()
	k, kept := d.kept[collection]
	deletions := d.deletions
	d.mu.Unlock()
	if kept && there && k.of == view.Fingerprint && now.Sub(k.at) < datumTime {
		return k.text, nil
	}
	text, err := d.Library.Datum(ctx, collection)
	if err != nil || !there || len(text) > largeDatum {
		return text, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deletions == deletions { // what was read may not be there any more
		d.kept[collection] = keptDatum{text, view.Fingerprint, now}
	}
	return text, nil
}

// Delete implements multivac.Library.
func (d *datumKeeper) Delete(ctx context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	defer d.forget()
	return d.Library.Delete(ctx, id)
}

// forget drops what is kept, once something was deleted.
func (d *datumKeeper) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deletions++
	clear(d.kept)
}
