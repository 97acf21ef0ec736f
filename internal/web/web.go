// Package web serves MultiVAC over HTTP: the API, the page, the probes and the
// original's routes, on one mux behind one chain. It knows only the verbs of
// multivac and who calls, no store.
package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"multivac"
	"multivac/internal/web/api"
	"multivac/internal/web/bodies"
	"multivac/internal/web/limit"
	"multivac/internal/web/route"
)

// WaitTimeout is the longest that ?wait=indexed waits.
const WaitTimeout = 30 * time.Second

// What a http.Server around the handler should have; the rest is here.
const (
	ReadHeaderTimeout = 10 * time.Second
	IdleTimeout       = 2 * time.Minute
	MaxHeaderBytes    = 64 << 10
)

// Options are what is served. Teller, Asker and Library are needed.
type Options struct {
	multivac.Verbs
	// Files turns an uploaded file into tellings; an error is about one of
	// them and does not stop the rest. Where nil, a file is Markdown.
	Files api.Files
	// Pages are the routes for people. That of "GET /{$}" is for browsers only.
	Pages   []route.Route
	Metrics http.Handler                    // /metrics
	Wrap    func(http.Handler) http.Handler // sees each request; sets X-Request-Id before it calls on
	Log     *slog.Logger                    // gets what the user must not see of an error; slog.Default if nil
	// Gate says who calls. Where it is nil, everyone may do everything that
	// Teller, Asker, Library and Keys let him: they see the caller in their
	// context, as auth.Guard wants it.
	Gate Gate
	// SignIn answers a browser with the form that asks for a key, or with what
	// was wrong with the one that came. It leads to next. Without it there is no form.
	SignIn func(w http.ResponseWriter, r *http.Request, next string, err error)
	// Refused is told what a caller wanted to do whose key lacks the scope, where
	// that is found before a verb is called: "tell", "delete", "make-key" or
	// "revoke-key". An error of its own is answered in place of the refusal. It
	// may be nil.
	Refused     func(ctx context.Context, action string) error
	OpenClassic bool // the original's routes need no key
	// Local says that only this machine reaches the address. Then a request
	// that needs no key is refused unless it is for an IP address, localhost or
	// one of Hosts. Elsewhere that holds where there are Hosts.
	Local   bool
	Hosts   func() []string // names, now; "*.example.org" for all under it; none if nil
	Version string
	Wait    time.Duration   // the longest that ?wait=indexed waits; WaitTimeout if 0
	Stop    context.Context // ends requests under way when it ends; they go on if nil
}

type server struct {
	Options
	limits *limit.Limits // nil where requests may take as long as they like
	room   *bodies.Room  // of the bodies of all requests
}

// New returns the handler of everything that MultiVAC serves. It panics where a
// route says less than it has to.
func New(o Options) http.Handler {
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Wait = cmp.Or(o.Wait, WaitTimeout)
	if o.Stop == nil {
		o.Stop = context.Background()
	}
	o.Library = limit.Bounded(o.Library)
	s := &server{Options: o, limits: limit.New(o.Stop), room: bodies.NewRoom()}
	h := http.Handler(s.mux(s.routes(), route.Route{Pattern: "/", Rule: route.AnyKey}))
	if o.Wrap != nil {
		h = o.Wrap(h)
	}
	return secure(h)
}
