package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"multivac"
	"multivac/internal/audit"
	"multivac/internal/auth"
	"multivac/internal/certs"
	"multivac/internal/extract"
	"multivac/internal/telemetry"
	"multivac/internal/web"
	"multivac/internal/web/limit"
	"multivac/internal/web/listen"
	"multivac/internal/web/ui"
)

// How long requests under way have when the server stops: until patience for
// what they wait for, until drainTime to be answered then.
const (
	patience  = 10 * time.Second
	drainTime = 15 * time.Second
	endTime   = 10 * time.Second // for the workers to give back what they have, and the store to close, after that
)

// A Front is where and how a MultiVAC is served.
type Front struct {
	Listener        net.Listener
	TLSCert, TLSKey string          // files in PEM, read again when they change; no TLS if empty
	Admin           net.Listener    // of probes, metrics and profiles, without keys; if nil, metrics are at Listener and profiles nowhere
	AuditLog        string          // file; lines of the log if empty
	OpenClassic     bool            // the original's routes need no key
	Hosts           func() []string // names that it is reached by, now, beside localhost and addresses; see [web.Options]
	Linger          time.Duration   // how long, once it is to stop, it still takes what comes, for those who have not heard yet that it is not ready
	Reload          <-chan os.Signal
}

// Steps are what else is to be done on the way; each may be nil.
type Steps struct {
	Before func(context.Context, *App) error // it is served; may be called again where the store was away
	After  func(context.Context, *App) error // it is served, beside it
}

// Serve opens a MultiVAC of the settings and serves it at the front until ctx
// ends; see [App.Serve]. Where others have the store, too, and it cannot be
// reached, Serve waits for it, and says at the front that it does; what waiting
// does not mend is returned at once.
func Serve(ctx context.Context, s Settings, to Front, steps Steps) error {
	s.warnPlain(logOf(s.Telemetry))
	if !s.shared() {
		a, err := begin(ctx, s, steps)
		if err != nil {
			return err
		}
		return a.Serve(ctx, to, steps)
	}
	if err := s.check(); err != nil {
		return err
	}
	f, err := newFront(ctx, to, s.Telemetry)
	if err != nil {
		return err
	}
	defer f.close()
	f.start()
	f.log.Info("listening", "role", string(s.Role), "url", f.url())
	a, err := f.wait(ctx, s, steps)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil
	default:
		return err
	}
	f.show(a)
	return a.serve(ctx, f, steps)
}

// begin opens a MultiVAC and does what is to be done before it is served.
func begin(ctx context.Context, s Settings, steps Steps) (*App, error) {
	a, err := Open(ctx, s)
	if err == nil && steps.Before != nil {
		if err = steps.Before(ctx, a); err != nil {
			err = errors.Join(err, a.Close())
		}
	}
	return a, err
}

// Serve does what Run does and serves HTTP at the front until ctx ends; of the
// steps it takes After only. Then it says that it is not ready any more,
// lingers, answers the requests under way, lets the workers give back what they
// have, closes the store and returns nil.
func (a *App) Serve(ctx context.Context, to Front, steps Steps) error {
	f, err := newFront(ctx, to, a.telemetry)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	defer f.close()
	f.show(a)
	f.start()
	return a.serve(ctx, f, steps)
}

// serve serves a at a front that has been started.
func (a *App) serve(ctx context.Context, f *front, steps Steps) error {
	running, stopRunning := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRunning()
	ran, done := make(chan error, 1), make(chan error, 1)
	go func() { ran <- a.Run(running) }()
	go f.reloads(running)
	if steps.After != nil {
		go func() {
			if err := steps.After(ctx, a); err != nil {
				done <- err
			}
		}()
	}
	a.log().Info("serving", "role", string(a.role), "address", f.Listener.Addr().String(), "tls", f.certificate != nil, "version", Version())

	var err error
	select {
	case <-ctx.Done():
		a.stopping.Store(true)
		a.linger(f)
	case err = <-f.broken:
	case err = <-done:
	case err = <-ran:
		ran <- nil // for the wait below
	}
	a.stopping.Store(true)
	a.log().Info("stopping")
	defer time.AfterFunc(patience, f.cutWaits).Stop()
	err = errors.Join(err, drain(context.WithoutCancel(ctx), f.server))
	stopRunning()
	select {
	case ended := <-ran:
		a.log().Info("stopped")
		return errors.Join(err, ended)
	case <-time.After(endTime):
		a.log().Error("stopped without waiting any longer for what is under way; what was acknowledged is kept")
		return err
	}
}

// linger goes on for a while, so that whoever sends requests here hears from
// the probe that he should not before he finds the door shut. What is asked
// meanwhile is answered, and its connection closed after that.
func (a *App) linger(f *front) {
	f.leaving.Store(true)
	if !a.role.serves() || f.Linger <= 0 {
		return
	}
	a.log().Info("not ready any more; lingering", "for", f.Linger.String())
	time.Sleep(f.Linger)
}

func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // what has not ended by now was never acknowledged
	}
	return err
}

// A front is a Front, open.
type front struct {
	Front
	telemetry   *telemetry.Telemetry
	log         *slog.Logger
	certificate *certs.Certificate
	audit       *audit.File // nil where events are lines of the log
	events      audit.Log
	server      *http.Server
	admin       *http.Server
	connections *listen.Connections

	leaving    atomic.Bool                  // it is not to be for long
	shown      atomic.Pointer[http.Handler] // at Listener
	shownAdmin atomic.Pointer[http.Handler]
	missing    atomic.Pointer[string] // what is waited for before there is anything to show
	requests   context.Context        // ends when those under way are to end
	cutWaits   context.CancelFunc
	broken     chan error // what ended a server
}

// newFront opens what a Front names. It has nothing to show yet.
func newFront(ctx context.Context, to Front, t *telemetry.Telemetry) (*front, error) {
	f := &front{Front: to, telemetry: t, log: logOf(t), connections: listen.NewConnections(), broken: make(chan error, 2)}
	f.requests, f.cutWaits = context.WithCancel(context.WithoutCancel(ctx))
	var err error
	if to.TLSCert != "" {
		f.certificate, err = certs.Server(to.TLSCert, to.TLSKey, func(err error) {
			f.log.Warn("the new certificate cannot be used; going on with the one before", "error", err)
		})
		if err != nil {
			return nil, err
		}
	}
	f.events = audit.Log{Sink: audit.Lines{Log: f.log}, Now: time.Now}
	if to.AuditLog != "" {
		if f.audit, err = audit.OpenFile(to.AuditLog); err != nil {
			return nil, err
		}
		f.audit.Failed = func(err error) {
			f.log.Error("the audit log cannot be written; nothing can be changed until it can", "error", err)
		}
		f.audit.Recovered = func() { f.log.Info("the audit log is written again") }
		f.events.Sink = f.audit
	}
	f.await("waiting for the store")
	missing := func() string { return *f.missing.Load() }
	waiting, admin := web.NewWaiting(f.options(to.Listener), missing), web.NewWaiting(f.options(to.Admin), missing)
	f.shown.Store(&waiting)
	f.shownAdmin.Store(&admin)
	f.server = f.newServer(&f.shown)
	f.admin = f.newServer(&f.shownAdmin)
	return f, nil
}

// show serves a from now on.
func (f *front) show(a *App) {
	for _, e := range a.early {
		_ = f.events.Record(context.Background(), e) // it is written later, and Failed said so
	}
	h := a.handler(f)
	f.shown.Store(&h)
	o := f.options(f.Admin)
	o.Library = a.Library
	admin := web.NewAdmin(o)
	f.shownAdmin.Store(&admin)
}

// await has the probe say what is waited for.
func (f *front) await(what string) { f.missing.Store(&what) }

// How long one try to open the store may take, when it is said that it takes
// long, and the pause between tries.
const (
	openTimeout = 20 * time.Second
	openSlow    = 2 * time.Second
	openAgain   = time.Second
)

// wait opens a MultiVAC as soon as its store can be reached.
func (f *front) wait(ctx context.Context, s Settings, steps Steps) (*App, error) {
	slow := time.AfterFunc(openSlow, func() {
		at, remedy := strings.Join(hostsOf(s.Mongo.URI), ", "), "see whether it runs, can be reached, and takes this user and password"
		f.log.Warn("waiting for the store", "at", at, "remedy", remedy)
		f.await("waiting for the store at " + at + "; " + remedy)
	})
	defer slow.Stop()
	for {
		trying, cancel := context.WithTimeout(ctx, openTimeout)
		a, err := begin(trying, s, steps)
		cancel()
		if err == nil || !errors.Is(err, multivac.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) {
			return a, err
		}
		if what := "waiting for the store: " + err.Error(); what != *f.missing.Load() {
			f.log.Warn("waiting for the store", "error", err)
			f.await(what)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case err := <-f.broken:
			return nil, err
		case <-time.After(openAgain):
		}
	}
}

func (f *front) url() string {
	if f.certificate != nil {
		return "https://" + f.Listener.Addr().String()
	}
	return "http://" + f.Listener.Addr().String()
}

// start serves what is shown.
func (f *front) start() {
	go func() { f.broken <- f.serve() }()
	if f.Admin != nil {
		go func() { f.broken <- f.admin.Serve(f.connections.Listener(f.Front.Admin)) }()
	}
}

func (f *front) serve() error {
	l := f.connections.Listener(f.Listener)
	if f.certificate == nil {
		return f.server.Serve(l)
	}
	f.server.TLSConfig = f.certificate.Config()
	return f.server.ServeTLS(l, "", "")
}

// reloads opens again what is outside, when it is asked to.
func (f *front) reloads(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.Reload:
		}
		f.log.Info("reloading")
		if f.certificate != nil {
			f.certificate.Reload()
		}
		if f.audit != nil {
			if err := f.audit.Reopen(); err != nil {
				f.audit.Failed(err)
			}
		}
	}
}

// close ends what serves. The operators' address goes last: it says to the end
// that the rest is stopping.
func (f *front) close() {
	f.cutWaits()
	f.server.Close()
	f.admin.Close()
	if f.audit != nil {
		if err := f.audit.Close(); err != nil {
			f.log.Error("the audit log was not written to its end", "error", err)
		}
	}
}

// options are what all that is served at a listener has.
func (f *front) options(at net.Listener) web.Options {
	o := web.Options{Version: Version(), Files: extract.Files, Log: f.log, Local: isLoopback(at), Hosts: f.Hosts}
	if f.telemetry != nil {
		o.Metrics, o.Wrap = f.telemetry.Metrics(), f.telemetry.HTTP
	}
	return o
}

// isLoopback reports whether only this machine reaches the listener.
func isLoopback(l net.Listener) bool {
	if l == nil {
		return false
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// handler serves everyone what his key allows, or the probes where there is
// nothing else.
func (a *App) handler(f *front) http.Handler {
	o := f.options(f.Listener)
	if f.Admin != nil {
		o.Metrics = nil
	}
	if !a.role.serves() {
		o.Library = a.Library
		return web.NewProbes(o)
	}
	guard := auth.Guard(a.Verbs)
	pages := ui.New(guard.Asker, limit.Bounded(guard.Library), ui.WithLog(a.log()), ui.WithExamples(a.examples...), ui.WithStops(a.stops))
	o.Verbs = f.events.Verbs(guard)
	o.Pages, o.SignIn, o.Gate, o.OpenClassic = pages.Routes(), pages.SignIn, a.keyring, f.OpenClassic
	o.Refused, o.Stop = f.events.Refused, f.requests
	return web.New(o)
}

func (f *front) newServer(shown *atomic.Pointer[http.Handler]) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if f.leaving.Load() {
				w.Header().Set("Connection", "close")
			}
			(*shown.Load()).ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: web.ReadHeaderTimeout,
		IdleTimeout:       web.IdleTimeout,
		ConnState:         f.connections.State,
		MaxHeaderBytes:    web.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(f.log.Handler(), slog.LevelWarn),
	}
}
