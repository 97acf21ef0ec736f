package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

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

// Serve does what Run does and serves HTTP at l until ctx ends. Then it says
// that it is not ready any more, answers the requests under way, lets the
// workers finish, closes the store and returns nil.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	running, stopRunning := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRunning()
	ran, served := make(chan error, 1), make(chan error, 1)
	go func() { ran <- a.Run(running) }()
	server := a.server()
	requests, cutWaits := context.WithCancel(context.WithoutCancel(ctx))
	defer cutWaits()
	server.BaseContext = func(net.Listener) context.Context { return requests }
	go func() { served <- server.Serve(l) }()

	a.log().Info("serving", "address", l.Addr().String(), "version", Version())

	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-ran:
		ran <- nil // for the wait below
	}
	a.stopping.Store(true)
	a.log().Info("stopping")
	defer time.AfterFunc(patience, cutWaits).Stop()
	err = errors.Join(err, drain(context.WithoutCancel(ctx), server))
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

func (a *App) server() *http.Server {
	o := web.Options{
		Teller: a.Teller, Asker: a.Asker, Library: a.Library, Version: Version(),
		Files: extract.Files, UI: ui.New(a.Asker, a.Library), Log: a.log(),
	}
	if a.telemetry != nil {
		o.Metrics, o.Wrap = a.telemetry.Metrics(), a.telemetry.HTTP
	}
	return &http.Server{
		Handler:           web.New(o),
		ReadHeaderTimeout: web.ReadHeaderTimeout,
		IdleTimeout:       web.IdleTimeout,
		MaxHeaderBytes:    web.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.log().Handler(), slog.LevelWarn),
	}
}
