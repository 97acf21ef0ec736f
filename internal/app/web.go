package app

import (
	"cmp"
	"context"
	"time"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/auth"
	"multivac/internal/cache"
	"multivac/internal/calibrate"
	"multivac/internal/follow"
	"multivac/internal/index"
	"multivac/internal/keep"
	"multivac/internal/meaning"
	"multivac/internal/queue"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/tell"
)

// A webPart is the part of a process that takes questions and tellings.
type webPart struct {
	keyring  *auth.Keyring
	adopted  []multivac.Key // from before there was an audit log to record them
	index    *index.Index
	follower *follow.Follower
	answers  *cache.Cache
	far      *cache.Ring // nil if there is none
	stops    func() multivac.DefaultStops
	examples []string
	book     *calibrate.Book
	fitter   *calibrate.Service
}

// defaultCacheBytes is how many bytes of answers this process keeps.
const defaultCacheBytes = 16 << 20

// makeWeb makes the part that takes questions and tellings.
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
	if err := w.makeBook(ctx, a.store); err != nil {
		return err
	}
	keeper := newKeeper(a.store, a.queue)
	keeper.Calibrated = w.book.Read
	keeper.Notices = func() []string { return a.notices(s) }

	kept := a.observed()
	w.index = index.New(key)
	w.follower = follow.New(kept, w.index)
	w.follower.Crowded = a.crowd.Crowded
	service := tell.New(kept, a.queue, w.follower, a.crowd)
	service.KeepOriginals = s.Originals
	datums := tell.NewDatumCache(service, w.fingerprint, time.Now)
	w.follower.Events.Forgot = func() { w.answers.Forget(); datums.Forget() }
	asker := ask.New(w.index, w.follower, kept, rank.Default(), w.answers)
	asker.Stops, asker.Unread, asker.Calibration = w.stops, service.Told, w.book.Of
	if a.meaning != meaning.Off {
		w.index.Vectors = meaning.Version
		asker.Meaning, asker.Reads = meaning.Default, a.meaning == meaning.Read
	}
	if s.Telemetry != nil && s.Telemetry.Tracing() {
		asker.Events.Began = s.Telemetry.Span
	}
	w.fitter = &calibrate.Service{Book: w.book, Asker: asker.Uncalibrated(), Model: asker.Model, Now: time.Now}
	a.Teller, a.Asker, a.Library, a.Keys, a.Keeper, a.Calibrator = service, asker, library{datums, a}, w.keyring, keeper, w.fitter
	return nil
}

// makeBook makes the book of calibrations, and fills it: without it, answers
// would have another confidence for a moment after each start.
func (w *webPart) makeBook(ctx context.Context, s store.Store) error {
	w.book = calibrate.NewBook(s)
	_, w.book.Shared = s.(store.Shared)
	return w.book.Read(ctx)
}

func (w *webPart) run(part func(func(context.Context) error)) {
	part(w.follower.Run)
	part(w.keyring.Run)
	part(w.book.Run)
	if w.far != nil {
		part(w.far.Run)
	}
}

// fingerprint returns the fingerprint of the content of a collection.
func (w *webPart) fingerprint(c multivac.CollectionName) ([16]byte, bool) {
	v, some := w.index.View(c)
	return v.Fingerprint, some
}

// newKeeper returns a keeper that lets a caller import keys if the caller may
// make keys. Anybody who has the data folder itself may do so, too.
func newKeeper(s store.Store, q queue.Queue) *keep.Service {
	k := keep.New(s, q)
	k.Keys = func(ctx context.Context) bool {
		c, known := auth.From(ctx)
		return !known || c.Has(multivac.ScopeAdmin)
	}
	return k
}

// notices are what the doctor should also report about this process.
func (a *App) notices(s Settings) (all []string) {
	if a.unfit != "" {
		all = append(all, "meaning is off, whatever the settings say: "+a.unfit)
	}
	if s.Notices != nil {
		all = append(all, s.Notices()...)
	}
	return all
}

// KeyNeeded reports whether a key exists, so that one is needed.
func (a *App) KeyNeeded(ctx context.Context) (bool, error) { return a.web.keyring.Needed(ctx) }

// AdminKey makes the key in the file one of scope admin. It makes the file if
// that is missing; see [auth.Keyring.AdoptFile].
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
