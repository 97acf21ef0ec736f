package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"multivac/internal/audit"
	"multivac/internal/auth"
	"multivac/internal/certs"
	"multivac/internal/extract"
	"multivac/internal/web"
	"multivac/internal/web/ui"
)

// How long requests under way have when the server stops: until patience for
// what they wait for, until drainTime to be answered then.
const (
	patience  = 10 * time.Second
	drainTime = 15 * time.Second
)

// A Front is where and how a MultiVAC is served.
type Front struct {
	Listener        net.Listener
	TLSCert, TLSKey string       // files in PEM, read again when they change; no TLS if empty
	Admin           net.Listener // of probes, metrics and profiles, without keys; if nil, metrics are at Listener and profiles nowhere
	AuditLog        string       // file; lines of the log if empty
	OpenClassic     bool         // the original's routes need no key
	Reload          <-chan os.Signal
}

// Serve does what Run does and serves HTTP at the front until ctx ends. Then it
// says that it is not ready any more, answers the requests under way, lets the
// workers finish, closes the store and returns nil.
func (a *App) Serve(ctx context.Context, front Front) error {
	requests, cutWaits := context.WithCancel(context.WithoutCancel(ctx))
	defer cutWaits()
	f, err := a.open(front, requests)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	defer f.close()

	running, stopRunning := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRunning()
	ran, served := make(chan error, 1), make(chan error, 2)
	go func() { ran <- a.Run(running) }()
	go f.reloads(running)
	go func() { served <- f.serve() }()
	if f.admin != nil {
		go func() { served <- f.admin.Serve(front.Admin) }()
		defer f.admin.Close() // last: it says to the end that the rest is stopping
	}
	a.log().Info("serving", "address", front.Listener.Addr().String(), "tls", f.certificate != nil, "version", Version())

	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-ran:
		ran <- nil // for the wait below
	}
	a.stopping.Store(true)
	a.log().Info("stopping")
	defer time.AfterFunc(patience, cutWaits).Stop()
	err = errors.Join(err, drain(context.WithoutCancel(ctx), f.server))
	stopRunning()
	err = errors.Join(err, <-ran)
	a.log().Info("stopped")
	return err
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
	server      *http.Server
	admin       *http.Server
	certificate *certs.Certificate
	audit       *audit.File // nil where events are lines of the log
	log         *slog.Logger
}

// open opens what a Front names, for a server whose requests end when stop does.
func (a *App) open(to Front, stop context.Context) (*front, error) {
	f := &front{Front: to, log: a.log()}
	var err error
	if to.TLSCert != "" {
		f.certificate, err = certs.Server(to.TLSCert, to.TLSKey, func(err error) {
			a.log().Warn("the new certificate cannot be used; going on with the one before", "error", err)
		})
		if err != nil {
			return nil, err
		}
	}
	events := audit.Log{Sink: audit.Lines{Log: a.log()}, Now: time.Now}
	if to.AuditLog != "" {
		if f.audit, err = audit.OpenFile(to.AuditLog); err != nil {
			return nil, err
		}
		f.audit.Failed = func(err error) { a.log().Error("the audit log cannot be written", "error", err) }
		events.Sink = f.audit
	}
	for _, e := range a.early {
		events.Record(context.Background(), e)
	}
	f.server = a.newServer(a.handler(to, events, stop))
	if to.Admin != nil {
		f.admin = a.newServer(web.NewAdmin(a.options()))
	}
	return f, nil
}

func (f *front) serve() error {
	if f.certificate == nil {
		return f.server.Serve(f.Listener)
	}
	f.server.TLSConfig = f.certificate.Config()
	return f.server.ServeTLS(f.Listener, "", "")
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

func (f *front) close() {
	if f.audit != nil {
		f.audit.Close() // each line was written on its own
	}
}

// options are what web serves, with nobody held to his key.
func (a *App) options() web.Options {
	o := web.Options{Teller: a.Teller, Asker: a.Asker, Library: a.Library, Keys: a.Keys, Version: Version(), Files: extract.Files, Log: a.log()}
	if a.telemetry != nil {
		o.Metrics, o.Wrap = a.telemetry.Metrics(), a.telemetry.HTTP
	}
	return o
}

// handler serves everyone what his key allows.
func (a *App) handler(to Front, events audit.Log, stop context.Context) http.Handler {
	guard := auth.Guard{Teller: a.Teller, Asker: a.Asker, Library: a.Library, Manager: a.Keys, Keeper: a.Keeper}
	pages := ui.New(guard, guard, ui.WithLog(a.log()), ui.WithExamples(a.examples...), ui.WithStops(a.stops))
	o := a.options()
	o.Teller, o.Asker, o.Library, o.Keys = events.Teller(guard), guard, events.Library(guard), events.Keys(guard)
	o.Keeper = events.Keeper(guard)
	o.UI, o.SignIn, o.Gate, o.OpenClassic = pages, pages.SignIn, a.keyring, to.OpenClassic
	o.Refused, o.Stop = events.Refused, stop
	if to.Admin != nil {
		o.Metrics = nil
	}
	return web.New(o)
}

func (a *App) newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: web.ReadHeaderTimeout,
		IdleTimeout:       web.IdleTimeout,
		MaxHeaderBytes:    web.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.log().Handler(), slog.LevelWarn),
	}
}
