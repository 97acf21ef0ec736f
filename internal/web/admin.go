package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"multivac"
	"multivac/internal/web/route"
)

// NewAdmin returns the handler of the operators' address: probes, metrics and
// profiles. It checks no key and sets no bounds.
func NewAdmin(o Options) http.Handler {
	s := newProbes(o)
	return secure(s.mux(append(s.probes(), profiles()...), route.Route{Pattern: "/", Rule: route.AnyKey}))
}

// NewProbes returns the handler of a process that only serves probes and
// metrics. It checks no key and sets no bounds.
func NewProbes(o Options) http.Handler {
	s := newProbes(o)
	return secure(s.mux(s.probes(), route.Route{Pattern: "/", Rule: route.AnyKey}))
}

func newProbes(o Options) *server {
	o.Log, o.Gate = cmp.Or(o.Log, slog.Default()), nil
	return newServer(o)
}

// NewWaiting returns the handler of a process that cannot serve yet: probes,
// metrics, and an ErrUnavailable for everything else. reason says what the
// process waits for.
func NewWaiting(o Options, reason func() string) http.Handler {
	o.Library = waiting{reason: reason}
	s := newProbes(o)
	return secure(s.mux(s.probes(), route.Route{Pattern: "/", Rule: route.Open, Handler: http.HandlerFunc(s.notReady)}))
}

func (s *server) notReady(w http.ResponseWriter, r *http.Request) {
	err := multivac.Errorf(multivac.ErrUnavailable, "try again when /readyz says that it is ready", "MultiVAC is not ready yet")
	err.RetryAfter = time.Second
	s.fail(w, r, err)
}

// waiting is the library of a process that cannot serve yet. It only has a
// status.
type waiting struct {
	multivac.Library // nil
	reason           func() string
}

func (w waiting) Status(context.Context) (multivac.Status, error) {
	return multivac.Status{Reason: w.reason()}, nil
}
