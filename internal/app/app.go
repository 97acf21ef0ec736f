// Package app makes a running MultiVAC from settings. It is the only package
// that knows all the others. It connects them and decides nothing.
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
	"multivac/internal/clock"
	"multivac/internal/extract"
	"multivac/internal/extract/pdf"
	"multivac/internal/fleet"
	"multivac/internal/meaning"
	"multivac/internal/position"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/telemetry"
	"multivac/internal/tell"
	"multivac/internal/web"
)

// Settings describe the MultiVAC to make.
type Settings struct {
	Role           Role                         // All if empty
	Data           string                       // folder of the store, made if missing; not used with Mongo
	Readable       bool                         // if Data cannot be written, open it for reading
	Mongo          Mongo                        // the store of many processes
	Redis          Redis                        // the queue; in this process if none
	Far            Far                          // the far cache
	Meaning        meaning.Mode                 // meaning.Off if empty
	PDF            pdf.Reader                   // of pages; files in PDF are refused if nil
	Limits         extract.Limits               // of files and documents; extract.Default if zero
	ExtractTimeout time.Duration                // of a document; 10 minutes if 0
	Requests       web.Limits                   // of a request that tells; web.DefaultLimits if zero
	Originals      bool                         // keep what was told next to the text that is read from it
	Workers        int                          // documents worked on at once; four per CPU, and at least 64, if 0
	CacheBytes     int                          // of answers kept in this process; 16 MiB if 0
	Telemetry      *telemetry.Telemetry         // silent if nil
	Examples       []string                     // questions that the first page offers
	Stops          func() multivac.DefaultStops // of questions that name none, at the moment; Balanced if nil
	Notices        func() []string              // what the doctor should also report about this process; nothing if nil

	// For tests.
	openStore func(context.Context) (store.Store, error) // a store that many processes share; of Mongo or in Data if nil
	openQueue func() (queue.Queue, error)                // of Redis or in this process if nil
	forms     fleet.Forms                                // of this program if zero
	fast      func() bool                                // whether the processor is fast enough for meaning; meaning.Fast if nil
	vectors   vectors                                    // makes the vectors of a passage; the model if nil
}

type vectors = func(ctx context.Context, title string, p multivac.Passage) ([]byte, error)

// An App is a MultiVAC, or the part of one that a role has. Of the verbs, a
// worker only knows Status. The verbs and the keys are there after Open. Once
// Run or Serve has begun, the App answers from what is published. It closes its
// store when they end.
type App struct {
	multivac.Verbs

	role      Role
	meaning   meaning.Mode // the mode in use
	unfit     string       // why it is less than the settings say
	telemetry *telemetry.Telemetry
	store     store.Store
	queue     queue.Queue
	health    *queue.Health
	member    *fleet.Member // nil if only this process has the store
	maker     *tell.Maker
	refresher *tell.Refresher
	crowd     *tell.Crowd
	stopping  atomic.Bool
	limits    extract.Limits // of files and documents
	requests  web.Limits     // of a request that tells

	web    *webPart    // nil in the role worker
	worker *workerPart // nil in the role web
}

// Open opens the store and makes everything around it. It returns an ErrInUse
// that names the process that has the data folder, or the one that has the
// shared store and cannot run next to this program. It returns ErrUnavailable
// if a server does not answer.
func Open(ctx context.Context, s Settings) (_ *App, err error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	a := &App{role: s.Role, telemetry: s.Telemetry, crowd: &tell.Crowd{},
		limits: cmp.Or(s.Limits, extract.Default), requests: s.Requests}
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
	if a.member, err = s.join(ctx, a.store, string(s.Role)); err != nil {
		return nil, err
	}
	a.health = queue.NewHealth(a.queue)
	a.health.Events = a.queueEvents()
	a.refresher = tell.NewRefresher(a.store, a.queue, a.maker)
	a.refresher.Events = a.tellEvents()
	if a.role.serves() {
		if err := a.makeWeb(ctx, s); err != nil {
			return nil, err
		}
	} else {
		a.Library = library{workerLibrary{store: a.store}, a}
	}
	if a.role.works() {
		a.makeWorker(s)
	}
	a.markPositions()
	if a.telemetry != nil {
		a.measure()
	}
	return a, nil
}

// chooseMeaning takes the Meaning of the settings, unless the processor is too
// slow for it.
func (a *App) chooseMeaning(s Settings) {
	fast, vectors := s.fast, s.vectors
	if fast == nil {
		fast = meaning.Fast
	}
	if vectors == nil {
		vectors = func(ctx context.Context, title string, p multivac.Passage) ([]byte, error) {
			return meaning.Default().Vectors(ctx, title, p)
		}
	}
	a.maker = tell.NewMaker(0)
	if a.meaning, a.unfit = meaning.Choose(s.Meaning, fast()); a.unfit != "" {
		a.log().Warn("meaning is off: questions are understood by their words alone", "settings", string(s.Meaning), "reason", a.unfit,
			"remedy", "run it on another processor, or set meaning = off to be told no more")
	}
	if a.meaning != meaning.Off {
		a.maker.Vectors = vectors
	}
}

// markPositions makes the verbs return and accept positions with the mark of
// the store.
func (a *App) markPositions() {
	m := position.Of(a.store)
	if m == "" {
		return
	}
	a.Library = m.Library(a.Library)
	if a.web != nil {
		a.Teller, a.Asker, a.Keeper = m.Teller(a.Teller), m.Asker(a.Asker), m.Keeper(a.Keeper)
	}
}

// Run does the work of the role until ctx ends. Then it gives back the tasks
// that its workers have begun, closes the store and returns nil.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	run := func(part func(context.Context) error) {
		group.Go(func() error { return part(ctx) })
	}
	if a.meaning != meaning.Off {
		go meaning.Default() // unpacks the model now, so that the first question need not wait for it
	}
	run(a.health.Run)
	if s, ok := a.store.(store.Movable); ok {
		run(func(ctx context.Context) error { return store.WatchPlace(ctx, s, a.folderMoved) })
	}
	if a.member != nil {
		run(a.member.Run)
	}
	if a.web != nil {
		a.web.run(run)
	}
	if a.worker != nil {
		run(a.work)
		run(a.worker.sweeper.Run)
		run(a.refresher.Run)
	} else {
		run(a.refresher.Watch)
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, a.Close())
}

// endLeasesInterval is the time between two tries to end leases.
const endLeasesInterval = 500 * time.Millisecond

// work starts on pending documents. If only this process has the store, the
// process that held a lease is gone, so all leases are ended first. On a full
// disk, ending them has to wait until there is room, but no lease can be taken
// until then either.
func (a *App) work(ctx context.Context) error {
	db, own := a.store.(interface{ EndLeases(context.Context) error })
	for own && a.member == nil {
		err := db.EndLeases(ctx)
		switch {
		case err == nil:
			own = false
		case !errors.Is(err, multivac.ErrUnavailable):
			return err
		case clock.Sleep(ctx, endLeasesInterval) != nil:
			return nil
		}
	}
	return a.worker.Run(ctx)
}

// Close closes the store of an App for which neither Run nor Serve was called.
func (a *App) Close() error {
	var err error
	if a.member != nil {
		a.member.Leave(context.Background())
	}
	if a.queue != nil {
		err = a.queue.Close()
	}
	if a.store != nil {
		err = errors.Join(err, a.store.Close())
	}
	return err
}

// Settle waits until questions are answered from everything published before
// the call.
func (a *App) Settle(ctx context.Context) error {
	p, err := a.store.Position(ctx)
	if err != nil {
		return err
	}
	return a.web.follower.Reach(ctx, p)
}

// Refreshed waits until no published document is outdated, and questions are
// answered from everything published.
func (a *App) Refreshed(ctx context.Context) error {
	if err := a.refresher.Wait(ctx); err != nil {
		return err
	}
	return a.Settle(ctx)
}

func (a *App) log() *slog.Logger { return logOf(a.telemetry) }

func logOf(t *telemetry.Telemetry) *slog.Logger {
	if t == nil {
		return slog.New(slog.DiscardHandler)
	}
	return t.Logger()
}

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
	// If Go made the version from a time and a commit, it says no more than the
	// commit.
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
