// Package app makes a running MultiVAC of settings. It is the only package
// that knows all the others, and decides nothing that they could.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
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
	"multivac/internal/queue"
	"multivac/internal/rank"
	"multivac/internal/store/sqlite"
	"multivac/internal/telemetry"
	"multivac/internal/tell"
)

// Settings say what MultiVAC to make.
type Settings struct {
	Data       string               // folder of the store, made if missing
	Workers    int                  // documents worked on at once; four per CPU, and at least 64, if 0
	CacheBytes int                  // of answers kept; 16 MiB if 0
	Telemetry  *telemetry.Telemetry // silent if nil
	Examples   []string             // questions that the first page offers
	Stops      multivac.DefaultStops
}

// queueLength is how many hints wait for a worker; the sweeper finds what does
// not fit.
const queueLength = 10_000

// An App is a MultiVAC. It has the verbs and the keys from Open on, answers from what
// was published once Run or Serve has begun, and closes its store when they end.
type App struct {
	multivac.Teller
	multivac.Asker
	multivac.Library
	multivac.Keys
	multivac.Keeper

	keyring   *auth.Keyring
	early     []audit.Event // from before there was a log of them
	store     *sqlite.DB
	queue     *queue.Local
	follower  *follow.Follower
	worker    *tell.Worker
	sweeper   *tell.Sweeper
	recut     *tell.Resegmenter
	answers   *cache.Cache
	stops     multivac.DefaultStops
	examples  []string
	telemetry *telemetry.Telemetry
	stopping  atomic.Bool
}

// Open opens the store in the data folder, or returns an ErrInUse that says
// who has it, and makes what stands around it.
func Open(ctx context.Context, s Settings) (*App, error) {
	db, err := sqlite.Open(s.Data)
	if err != nil {
		return nil, err
	}
	// On a full disk they end by themselves, a little later.
	if err := db.EndLeases(ctx); err != nil && !errors.Is(err, multivac.ErrUnavailable) {
		return nil, errors.Join(err, db.Close())
	}
	a := &App{store: db, queue: queue.NewLocal(queueLength), telemetry: s.Telemetry, examples: s.Examples, stops: s.Stops}

	// Fingerprints name content in this process's cache only, so that a key
	// of this process will do.
	var key [16]byte
	rand.Read(key[:])
	a.follower = follow.New(db, key)

	a.keyring = auth.NewKeyring(db, time.Now)
	a.keyring.Touched = func(err error) { a.log().Warn("the last use of keys was not noted", "error", err) }
	a.Keys = a.keyring

	service := tell.New(db, a.queue, a.follower)
	answers := cache.New(cmp.Or(s.CacheBytes, 16<<20), nil)
	a.answers, a.follower.OnForget = answers, answers.Forget
	a.Teller = service
	a.recut = tell.NewResegmenter(db, a.queue)
	a.Library = library{service, a}
	a.Keeper = newKeeper(db, a.queue)
	asker := ask.New(a.follower, db, rank.Default(), answers)
	asker.Stops = s.Stops
	a.Asker = asker
	a.worker = tell.NewWorker(db, a.queue)
	a.worker.Workers = cmp.Or(s.Workers, a.worker.Workers)
	a.sweeper = tell.NewSweeper(db, a.queue)
	if s.Telemetry != nil {
		a.watch(answers)
	}
	return a, nil
}

// Run works on what is told and follows what is published until ctx ends; then
// it lets the workers finish what they have begun, closes the store and
// returns nil.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.follower.Run(ctx) })
	group.Go(func() error { return a.worker.Run(ctx) })
	group.Go(func() error { return a.sweeper.Run(ctx) })
	group.Go(func() error { return a.recut.Run(ctx) })
	group.Go(func() error { return a.keyring.Run(ctx) })
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// Close closes the store of an App that neither Run nor Serve was called of.
func (a *App) Close() error { return errors.Join(a.queue.Close(), a.store.Close()) }

// Settle waits until everything that was published before the call is answered from.
func (a *App) Settle(ctx context.Context) error {
	p, err := a.store.Position(ctx)
	if err != nil {
		return err
	}
	return a.follower.Reach(ctx, p)
}

func (a *App) log() *slog.Logger {
	if a.telemetry == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.telemetry.Logger()
}

// A library knows of a Status what only the whole knows: how much is still to
// be cut anew, and that it is not ready any more once it is stopping.
type library struct {
	multivac.Library
	app *App
}

func (l library) Status(ctx context.Context) (multivac.Status, error) {
	st, err := l.Library.Status(ctx)
	st.Outdated = l.app.recut.Left()
	if l.app.stopping.Load() {
		st.Ready, st.Reason = false, "stopping"
	}
	return st, err
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
