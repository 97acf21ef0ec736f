package app

import (
	"cmp"
	"context"
	"time"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/auth"
	"multivac/internal/cache"
	"multivac/internal/follow"
	"multivac/internal/keep"
	"multivac/internal/meaning"
	"multivac/internal/queue"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/tell"
)

// A webPart is what a process has that answers and is told.
type webPart struct {
	keyring  *auth.Keyring
	adopted  []multivac.Key // before there was an audit log to write that down
	follower *follow.Follower
	answers  *cache.Cache
	far      *cache.Ring // nil where there is none
	stops    func() multivac.DefaultStops
	examples []string
}

// defaultCacheBytes is how many bytes of answers this process keeps.
const defaultCacheBytes = 16 << 20

// makeWeb makes what answers and is told.
func (a *App) makeWeb(ctx context.Context, s Settings) error {
	key, err := fingerprintKey(ctx, a.store)
	if err != nil {
		return err
	}
	w := &webPart{examples: s.Examples, stops: s.Stops}
	a.web = w
	if w.stops == nil {
		w.stops = func() (d multivac.DefaultStops) { return d }
	}
	if w.far, err = s.far(key, a.log()); err != nil {
		return err
	}
	w.answers = cache.New(cmp.Or(s.CacheBytes, defaultCacheBytes), w.far)
	w.keyring = auth.NewKeyring(a.store, time.Now)
	w.keyring.Shared = a.member != nil
	w.keyring.Touched = func(err error) { a.log().Warn("the last use of keys was not noted", "error", err) }
	keeper := newKeeper(a.store, a.queue)
	keeper.Notices = func() []string { return a.notices(s) }

	kept := a.observed()
	w.follower = follow.New(restful{kept, a.crowd.Crowded}, key)
	service := tell.New(kept, a.queue, w.follower, a.crowd)
	datums := tell.NewDatumCache(service, w.fingerprint, time.Now)
	w.follower.OnForget = func() { w.answers.Forget(); datums.Forget() }
	asker := ask.New(w.follower, kept, rank.Default(), w.answers)
	asker.Stops, asker.Unread = w.stops, service.Told
	if a.meaning != meaning.Off {
		w.follower.Vectors = meaning.Version
		asker.Meaning, asker.Reads = meaning.Default, a.meaning == meaning.Read
	}
	if s.Telemetry != nil && s.Telemetry.Tracing() {
		asker.Trace = s.Telemetry.Span
	}
	a.Teller, a.Asker, a.Library, a.Keys, a.Keeper = service, asker, library{datums, a}, w.keyring, keeper
	return nil
}

func (w *webPart) run(part func(func(context.Context) error)) {
	part(w.follower.Run)
	part(w.keyring.Run)
	if w.far != nil {
		part(w.far.Run)
	}
}

// fingerprint returns that of what a collection holds.
func (w *webPart) fingerprint(c multivac.CollectionName) ([16]byte, bool) {
	v, some := w.follower.View(c)
	return v.Fingerprint, some
}

// newKeeper lets those callers bring keys that may make them, and everyone who
// has the data folder itself.
func newKeeper(s store.Store, q queue.Queue) *keep.Service {
	k := keep.New(s, q)
	k.Keys = func(ctx context.Context) bool {
		c, known := auth.From(ctx)
		return !known || c.Has(multivac.ScopeAdmin)
	}
	return k
}

// notices are what the doctor is to tell of this process.
func (a *App) notices(s Settings) (all []string) {
	if a.unfit != "" {
		all = append(all, "meaning is off, whatever the settings say: "+a.unfit)
	}
	if s.Notices != nil {
		all = append(all, s.Notices()...)
	}
	return all
}

// KeyNeeded reports whether a key was made, so that one is needed.
func (a *App) KeyNeeded(ctx context.Context) (bool, error) { return a.web.keyring.Needed(ctx) }

// AdminKey makes the key in the file one of scope admin, and the file where it
// is missing; see [auth.Keyring.AdoptFile].
func (a *App) AdminKey(ctx context.Context, file string) (err error) {
	defer multivac.Wrap(&err, "admin key")
	key, err := a.web.keyring.AdoptFile(ctx, file)
	if err != nil || !key.Adopted {
		return err
	}
	a.web.adopted = append(a.web.adopted, key.Key)
	a.log().InfoContext(ctx, "the admin key is in the file", "file", file, "key", key.Key.ID, "file_made", key.FileMade)
	return nil
}
