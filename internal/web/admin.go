package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"multivac"
	"multivac/internal/web/bodies"
)

// NewAdmin returns the handler of what operators have at an address of their
// own: probes, metrics and profiles. It looks at no key.
func NewAdmin(o Options) http.Handler {
	s, mux := probes(o)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return secure(s.recover(s.ownHost(s.admit(mux))))
}

// NewProbes returns the handler of what a process serves that serves nothing
// else: probes and metrics. It looks at no key.
func NewProbes(o Options) http.Handler {
	s, mux := probes(o)
	return secure(s.recover(s.ownHost(s.admit(mux))))
}

func probes(o Options) (*server, *http.ServeMux) {
	o.Log, o.Gate, o.Stop = cmp.Or(o.Log, slog.Default()), nil, nil
	s := &server{Options: o, room: bodies.NewRoom()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", live)
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	return s, mux
}

// NewWaiting returns the handler of a process that is not there yet: probes,
// metrics, and for the rest an ErrUnavailable. reason says what it waits for.
func NewWaiting(o Options, reason func() string) http.Handler {
	o.Library = waiting{reason: reason}
	s, mux := probes(o)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		err := multivac.Errorf(multivac.ErrUnavailable, "try again when /readyz says that it is ready", "MultiVAC is not ready yet")
		err.RetryAfter = time.Second
		s.fail(w, r, err)
	})
	return secure(s.recover(s.ownHost(mux)))
}

// waiting is the library of what is not there yet; it has a status only.
type waiting struct {
	multivac.Library // nil
	reason           func() string
}

func (w waiting) Status(context.Context) (multivac.Status, error) {
	return multivac.Status{Reason: w.reason()}, nil
}
