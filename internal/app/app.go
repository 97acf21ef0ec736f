// Package app makes a running MultiVAC of settings. It is the only package
// that knows all the others, and decides nothing that they could.
package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"multivac"
	"multivac/internal/ask"
	"multivac/internal/audit"
	"multivac/internal/auth"
	"multivac/internal/cache"
	"multivac/internal/follow"
	"multivac/internal/meaning"
	"multivac/internal/queue"
	"multivac/internal/rank"
	"multivac/internal/store"
	"multivac/internal/telemetry"
	"multivac/internal/tell"
)

// Settings say what MultiVAC to make.
type Settings struct {
	Role       Role                         // All if empty
	Data       string                       // folder of the store, made if missing; of no use with Mongo
	Readable   bool                         // where Data cannot be written, it is opened for reading
	Mongo      Mongo                        // the store that other processes have, too
	Redis      Redis                        // the queue; in this process if none
	Far        Far                          // the far cache
	Meaning    Meaning                      // MeaningOff if empty
	Workers    int                          // documents worked on at once; four per CPU, and at least 64, if 0
	CacheBytes int                          // of answers kept in this process; 16 MiB if 0
	Telemetry  *telemetry.Telemetry         // silent if nil
	Examples   []string                     // questions that the first page offers
	Stops      func() multivac.DefaultStops // of questions that name none, now; Balanced if nil
	Notices    func() []string              // what the doctor is to tell of this process, too; nothing if nil

	openStore func(context.Context) (store.Store, error) // of a store that others have, too; of Mongo or in Data if nil
	openQueue func() (queue.Queue, error)                // of Redis or in this process if nil
	forms     forms                                      // of this program if zero
	fast      func() bool                                // whether the processor is fit for meaning; the model says if nil
	vectors   vectors                                    // makes those of a passage; the model if nil
}

type vectors = func(ctx context.Context, title string, p multivac.Passage) ([]byte, error)

// An App is a MultiVAC, or the part of one that a role has: a worker knows of
// the verbs the Status only. It has its verbs and the keys from Open on, answers from what
// was published once Run or Serve has begun, and closes its store when they end.
type App struct {
	multivac.Verbs

	role      Role
	store     store.Store
	queue     queue.Queue
	queued    hint    // what is known of the queue
	member    *member // nil where the store is not shared
	recut     *tell.Resegmenter
	meaning   Meaning // as it is in use
	unfit     string  // why that is less than the settings say
	vectors   vectors
	telemetry *telemetry.Telemetry
	stopping  atomic.Bool

	// In the role web.
	keyring  *auth.Keyring
	early    []audit.Event // from before there was a log of them
	follower *follow.Follower
	answers  *cache.Cache
	far      *cache.Ring // nil where there is none
	stops    func() multivac.DefaultStops
	examples []string

	// In the role worker.
	worker  *tell.Worker
	sweeper *tell.Sweeper
}

// Open opens the store and makes what stands around it. It returns an ErrInUse
// that says who has the data folder, or who has the shared store that cannot
// live beside this program; ErrUnavailable where a server does not answer.
func Open(ctx context.Context, s Settings) (_ *App, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	a := &App{role: s.Role, telemetry: s.Telemetry, examples: s.Examples, stops: s.Stops}
	if a.stops == nil {
		a.stops = func() (d multivac.DefaultStops) { return d }
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	a.chooseMeaning(s)
	if a.store, err = s.store(ctx); err != nil {
		return nil, err
	}
	if db, ok := a.store.(interface{ ReadOnly() bool }); ok && db.ReadOnly() {
		s.Role, a.role = Web, Web // there is nothing to work on
	}
	if a.queue, err = s.queue(); err != nil {
		return nil, err
	}
	if a.member, err = join(ctx, a.store, s.Role, s.forms); err != nil {
		return nil, err
	}
	a.recut = tell.NewResegmenter(a.store, a.queue)
	if a.meaning != MeaningOff {
		a.recut.Vectors = a.vectors
	}
	a.Library = library{workerLibrary{store: a.store}, a}
	if s.Role.serves() {
		if err := a.makeFront(ctx, s); err != nil {
			return nil, err
		}
	}
	if s.Role.works() {
		a.makeWorker(s)
	}
	a.marked()
	if s.Telemetry != nil {
		a.watch()
	}
	return a, nil
}

// makeFront makes what tells and asks.
func (a *App) makeFront(ctx context.Context, s Settings) error {
	key, err := fingerprintKey(ctx, a.store)
	if err != nil {
		return err
	}
	kept := a.watched()
	var service *tell.Service
	a.follower = follow.New(restful{kept, func() bool { return service.Crowded() }}, key)
	a.keyring = auth.NewKeyring(a.store, time.Now)
	a.keyring.Shared = a.member != nil
	a.keyring.Touched = func(err error) { a.log().Warn("the last use of keys was not noted", "error", err) }
	a.Keys = a.keyring
	a.Keeper = newKeeper(a.store, a.queue)
	a.Keeper = noticing{a.Keeper, a.meaningNotices}
	if s.Notices != nil {
		a.Keeper = noticing{a.Keeper, s.Notices}
	}

	service = tell.New(kept, a.queue, a.follower)
	datums := newDatumKeeper(service, a.follower)
	a.Teller, a.Library = service, library{datums, a}

	if a.far, err = s.far(key, a.log()); err != nil {
		return err
	}
	a.answers = cache.New(cmp.Or(s.CacheBytes, 16<<20), a.far)
	a.follower.OnForget = func() { a.answers.Forget(); datums.forget() }
	asker := ask.New(a.follower, kept, rank.Default(), a.answers)
	asker.Stops = a.stops
	asker.Unread = unread(kept)
	if a.meaning != MeaningOff {
		a.follower.Vectors = meaning.Version
		asker.Meaning, asker.Reads = meaning.Default, a.meaning == MeaningRead
	}
	if s.Telemetry != nil && s.Telemetry.Tracing() {
		asker.Trace = s.Telemetry.Span
	}
	a.Asker = asker
	return nil
}

// leaseOfOthers is how long what a worker has in hand waits for it where it may
// have died, with others there to take it up. It says that it lives every
// third of that.
const leaseOfOthers = 2 * time.Second

// enrichEvery is after how long a worker among others looks whether there is
// something to enrich.
const enrichEvery = time.Second

// makeWorker makes what works on what is told, and looks after it.
func (a *App) makeWorker(s Settings) {
	kept := a.watched()
	a.worker = tell.NewWorker(kept, a.queue)
	if service, here := a.Teller.(*tell.Service); here {
		a.worker.Crowded = service.Crowded
	}
	a.worker.Workers = cmp.Or(s.Workers, a.worker.Workers)
	a.worker.Observe = a.worked
	a.sweeper = tell.NewSweeper(kept, a.queue)
	if a.member != nil {
		a.worker.Lease = leaseOfOthers
		a.recut.Turn, a.sweeper.Turn = a.member.turn("resegment"), a.member.turn("purge")
		if a.meaning != MeaningOff {
			a.recut.Interval = enrichEvery // others publish, too
		}
	}
}

// Run does what the role has to do until ctx ends; then it gives back what its
// workers have begun, closes the store and returns nil.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	run := func(part func(context.Context) error) {
		group.Go(func() error { return part(ctx) })
	}
	a.warm()
	run(a.watchQueue)
	run(a.watchPlace)
	if a.member != nil {
		run(a.member.run)
	}
	if a.role.serves() {
		run(a.follower.Run)
		run(a.keyring.Run)
		run(runFar(a.far))
	}
	if a.role.works() {
		run(a.work)
		run(a.sweeper.Run)
		run(a.recut.Run)
	} else {
		run(a.recut.Watch)
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// work takes up what is pending. Where only this process has the store, whoever
// held a lease on it is gone, and the leases are ended first: on a full disk
// when there is room again, for none can be taken until then either.
func (a *App) work(ctx context.Context) error {
	db, own := a.store.(interface{ EndLeases(context.Context) error })
	for own && a.member == nil {
		err := db.EndLeases(ctx)
		switch {
		case err == nil:
			own = false
		case !errors.Is(err, multivac.ErrUnavailable):
			return err
		default:
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(endLeasesAgain):
			}
		}
	}
	return a.worker.Run(ctx)
}

// endLeasesAgain is after how long it is tried again to end leases.
const endLeasesAgain = 500 * time.Millisecond

// Close closes the store of an App that neither Run nor Serve was called of.
func (a *App) Close() error {
	var err error
	if a.member != nil {
		a.member.leave(context.Background())
	}
	if a.queue != nil {
		err = a.queue.Close()
	}
	if a.store != nil {
		err = errors.Join(err, a.store.Close())
	}
	return err
}

// Settle waits until everything that was published before the call is answered from.
func (a *App) Settle(ctx context.Context) error {
	p, err := a.store.Position(ctx)
	if err != nil {
		return err
	}
	return a.follower.Reach(ctx, p)
}

func (a *App) log() *slog.Logger { return logOf(a.telemetry) }

func logOf(t *telemetry.Telemetry) *slog.Logger {
	if t == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Logger()
}

// Threshold is the confidence from which an answer is given at a stop.
func Threshold(stop multivac.Stop) float64 { return rank.Default().Threshold(stop) }

// version is set by the linker, with -X multivac/internal/app.version=…
var version string

// Version returns the version of the program.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	// A version made up of a time and a commit says no more than the commit.
	if v := info.Main.Version; v != "" && v != "(devel)" && !strings.HasPrefix(v, "v0.0.0-") {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(7, len(s.Value))]
		}
	}
	return "devel"
}
