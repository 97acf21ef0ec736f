// Package web serves MultiVAC over HTTP: the API, the pages, the probes and the
// original's routes. It knows the verbs of multivac and the caller, but no store.
package web

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"multivac"
	"multivac/internal/web/admit"
	"multivac/internal/web/api"
	"multivac/internal/web/bodies"
	"multivac/internal/web/limit"
	"multivac/internal/web/route"
)

// WaitTimeout is the longest that ?wait=indexed waits.
const WaitTimeout = 30 * time.Second

// Settings for the http.Server around the handler. This package sets all other
// limits.
const (
	ReadHeaderTimeout = 10 * time.Second
	IdleTimeout       = 2 * time.Minute
	MaxHeaderBytes    = 64 << 10
)

// Limits are what one request that tells may use.
type Limits = api.Limits

// DefaultLimits are the limits where no setting says otherwise.
var DefaultLimits = api.DefaultLimits

// Options say what to serve. Of the verbs, Teller, Asker and Library are
// required. Without Keys or Keeper, their routes are left out.
type Options struct {
	multivac.Verbs
	// Files turns an uploaded file into tellings. An error is about one of them
	// and does not stop the others. If Files is nil, a file is Markdown.
	Files api.Files
	// Limits are those of a request that tells; DefaultLimits if zero.
	Limits Limits
	// Pages are the routes for people. That of "GET /{$}" is for browsers only.
	Pages   []route.Route
	Metrics http.Handler                    // /metrics
	Wrap    func(http.Handler) http.Handler // sees each request; sets X-Request-Id before it calls the handler
	Log     *slog.Logger                    // gets the part of an error that the client must not see; slog.Default if nil
	// Gate knows the callers by their keys. Without it, everyone may do
	// everything that Verbs allow. Verbs find the caller in their context, in
	// the form that auth.Guard needs.
	Gate admit.Gate
	// SignIn answers a browser with the form that asks for a key and then leads
	// to next. err says what is wrong with the key that was sent, if one was.
	// There is no form if SignIn is nil.
	SignIn func(w http.ResponseWriter, r *http.Request, next string, err error)
	// Refused is called with the action that a caller wanted, if the key lacks
	// the scope and no verb was called yet: "tell", "delete", "make-key" or
	// "revoke-key". If it returns an error, that is answered instead of the
	// refusal. It may be nil.
	Refused     func(ctx context.Context, action string) error
	OpenClassic bool // the original's routes need no key
	// Local says that only this machine can reach the address. A request that
	// needs no key is then refused, unless it is for an IP address, localhost
	// or one of Hosts. If there are Hosts, this holds at every address.
	Local   bool
	Hosts   func() []string // names, at the moment; "*.example.org" for all under it; none if nil
	Version string
	Wait    time.Duration   // the longest wait of ?wait=indexed; WaitTimeout if 0
	Stop    context.Context // ends requests under way when it ends; if nil, they go on
}

type server struct {
	Options
	door   *admit.Door
	limits *limit.Limits // nil if the time of requests is not limited
	room   *bodies.Room  // of the bodies of all requests
}

func newServer(o Options) *server {
	s := &server{Options: o, room: bodies.NewRoom()}
	s.door = &admit.Door{
		Gate: o.Gate, SignIn: o.SignIn, Refused: o.Refused, OpenClassic: o.OpenClassic, Classic: classicCollection,
		Local: o.Local, Hosts: o.Hosts, Room: s.room, Fail: s.fail,
	}
	return s
}

// New returns the handler of everything that MultiVAC serves. It panics if a
// route is incomplete.
func New(o Options) http.Handler {
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Wait = cmp.Or(o.Wait, WaitTimeout)
	o.Limits = cmp.Or(o.Limits, DefaultLimits)
	if o.Stop == nil {
		o.Stop = context.Background()
	}
	o.Library = limit.Bounded(o.Library)
	s := newServer(o)
	s.limits = limit.New(o.Stop)
	h := http.Handler(s.mux(s.routes(), route.Route{Pattern: "/", Rule: route.AnyKey}))
	if o.Wrap != nil {
		h = o.Wrap(h)
	}
	return secure(h)
}
