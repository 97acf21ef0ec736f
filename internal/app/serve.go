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
	"multivac/internal/endpoint"
	"multivac/internal/telemetry"
	"multivac/internal/web"
	"multivac/internal/web/limit"
	"multivac/internal/web/listen"
	"multivac/internal/web/ui"
)

// How long work under way may take when the server stops.
const (
	waitTimeout  = 10 * time.Second // after which requests that wait for something are answered without it
	drainTimeout = 15 * time.Second // after which requests are cut off
	endTimeout   = 10 * time.Second // after that, for the workers to give back their tasks and the store to close
)

// A Front says where and how a MultiVAC is served.
type Front struct {
	Listener        net.Listener
	TLSCert, TLSKey string          // files in PEM, read again when they change; no TLS if empty
	Admin           net.Listener    // of probes, metrics and profiles, without keys; if nil, metrics are at Listener and profiles nowhere
	AuditLog        string          // file; lines of the log if empty
	OpenClassic     bool            // the original's routes need no key
	Hosts           func() []string // names of this server, at the moment, besides localhost and addresses; see [web.Options]
	Linger          time.Duration   // how long it still takes requests when it should stop, because some clients do not know yet that it is not ready
	Reload          <-chan os.Signal
}

// Steps are additional steps. Each may be nil.
type Steps struct {
	Before func(context.Context, *App) error // before it is served; called again if the store went away
	After  func(context.Context, *App) error // once it is served, at the same time
}

// Serve opens a MultiVAC of the settings and serves it at the front until ctx
// ends; see [App.Serve]. If the store is on a server that cannot be reached,
// Serve waits for it, and says so at the front. It returns an error at once if
// waiting does not cure it.
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

// begin opens a MultiVAC and runs the step Before.
func begin(ctx context.Context, s Settings, steps Steps) (*App, error) {
	a, err := Open(ctx, s)
	if err == nil && steps.Before != nil {
		if err = steps.Before(ctx, a); err != nil {
			err = errors.Join(err, a.Close())
		}
	}
	return a, err
}

// Serve does the same as Run and serves HTTP at the front until ctx ends. It
// does not call the step Before. At the end it reports that it is not ready,
// lingers, answers the requests under way, lets the workers give back their
// tasks, closes the store and returns nil.
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

// serve serves a at a front that has been opened.
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
	defer time.AfterFunc(waitTimeout, f.cutWaits).Stop()
	err = errors.Join(err, drain(context.WithoutCancel(ctx), f.server))
	stopRunning()
	select {
	case ended := <-ran:
		a.log().Info("stopped")
		return errors.Join(err, ended)
	case <-time.After(endTimeout):
		a.log().Error("stopped without waiting any longer for what is under way; what was acknowledged is kept")
		return err
	}
}

// linger continues to serve for a while. A load balancer learns from the probe
// that it should send no more requests here, and it learns that before the
// listener closes. Requests during that time are answered, and their
// connections are closed.
func (a *App) linger(f *front) {
	f.leaving.Store(true)
	if !a.role.serves() || f.Linger <= 0 {
		return
	}
	a.log().Info("not ready any more; lingering", "for", f.Linger.String())
	time.Sleep(f.Linger)
}

func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close() // requests that have not ended by now were never acknowledged
	}
	return err
}

// A front is an open Front.
type front struct {
	Front
	telemetry   *telemetry.Telemetry
	log         *slog.Logger
	certificate *certs.Certificate
	audit       *audit.File // nil if events are lines of the log
	events      audit.Log
	server      *http.Server
	admin       *http.Server
	connections *listen.Connections

	leaving    atomic.Bool                  // it will stop soon
	shown      atomic.Pointer[http.Handler] // at Listener
	shownAdmin atomic.Pointer[http.Handler]
	missing    atomic.Pointer[string] // what the process waits for before there is anything to show
	requests   context.Context        // ends when requests under way have to end
	cutWaits   context.CancelFunc
	broken     chan error // errors that ended a server
}

// newFront opens the parts of a Front. Until show, it says that it waits for
// the store.
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

// show makes the front serve a, and audits the keys that a has adopted.
func (f *front) show(a *App) {
	if a.web != nil {
		for _, k := range a.web.adopted {
			_ = f.events.KeyAdopted(context.Background(), k) // if it fails, it is written later, and Failed was called
		}
	}
	h := a.handler(f)
	f.shown.Store(&h)
	o := f.options(f.Admin)
	o.Library = a.Library
	admin := web.NewAdmin(o)
	f.shownAdmin.Store(&admin)
}

// await makes the probe say what the process waits for.
func (f *front) await(what string) { f.missing.Store(&what) }

const (
	openTimeout  = 20 * time.Second // for one try to open the store
	openWarning  = 2 * time.Second  // after which the log says that it takes long
	openInterval = time.Second      // between two tries
)

// wait opens a MultiVAC as soon as its store can be reached.
func (f *front) wait(ctx context.Context, s Settings, steps Steps) (*App, error) {
	slow := time.AfterFunc(openWarning, func() {
		at, remedy := strings.Join(endpoint.Hosts(s.Mongo.URI), ", "), "see whether it runs, can be reached, and takes this user and password"
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
		case <-time.After(openInterval):
		}
	}
}

func (f *front) url() string {
	if f.certificate != nil {
		return "https://" + f.Listener.Addr().String()
	}
	return "http://" + f.Listener.Addr().String()
}

// start serves what show sets.
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

// reloads reads the certificate and opens the audit log again, each time that
// Reload receives a signal.
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

// close ends the servers. The admin server is the last, because until then it
// reports that the process is stopping.
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

// options returns the options that all handlers at a listener share.
func (f *front) options(at net.Listener) web.Options {
	o := web.Options{Version: Version(), Log: f.log, Local: isLoopback(at), Hosts: f.Hosts}
	if f.telemetry != nil {
		o.Metrics, o.Wrap = f.telemetry.Metrics(), f.telemetry.HTTP
	}
	return o
}

// isLoopback reports whether only this machine can reach the listener.
func isLoopback(l net.Listener) bool {
	if l == nil {
		return false
	}
	tcp, ok := l.Addr().(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// handler returns the handler of the role. It allows callers what their keys
// allow. In the role worker it only serves the probes.
func (a *App) handler(f *front) http.Handler {
	o := f.options(f.Listener)
	if f.Admin != nil {
		o.Metrics = nil
	}
	if a.web == nil {
		o.Library = a.Library
		return web.NewProbes(o)
	}
	guard := auth.Guard(a.Verbs)
	pages := ui.New(guard.Asker, limit.Bounded(guard.Library), ui.WithLog(a.log()), ui.WithExamples(a.web.examples...), ui.WithStops(a.web.stops))
	o.Verbs, o.Files, o.Limits = f.events.Verbs(guard), a.files, a.requests
	o.Pages, o.SignIn, o.Gate, o.OpenClassic = pages.Routes(), pages.SignIn, a.web.keyring, f.OpenClassic
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
