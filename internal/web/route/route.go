// Package route describes a route of the server as one value, with its pattern,
// its rule, its bounds, its handler and its description. The server wraps each
// route in what its value says before it registers it.
package route

import (
	"fmt"
	"math"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"multivac"
	"multivac/internal/web/bodies"
)

// A Route is one way to call the server. The server does not start if a route has
// no rule or no handler.
type Route struct {
	Pattern string // of http.ServeMux, with its method
	Rule    Rule
	Bounds  Bounds
	// Stream says that the response is sent piece by piece, as server-sent
	// events are. Each write is flushed at once and has Bounds.Time. The
	// response as a whole has no limit. It ends when the client goes or the
	// server stops.
	Stream  bool
	Handler http.Handler
	About   *About // left out of OpenAPI if nil
	// HTML is the route for clients that name HTML in the Accept header, as
	// browsers do. Its pattern is not used. If nil, all clients get the same.
	HTML *Route
}

// Check returns an error that names what is missing in r.
func (r Route) Check() error {
	method, path, ok := strings.Cut(r.Pattern, " ")
	switch {
	case !ok || method == "" || !strings.HasPrefix(path, "/"):
		return fmt.Errorf("route %q: the pattern is not METHOD /path", r.Pattern)
	case r.Rule.who == nobody:
		return fmt.Errorf("route %q has no rule", r.Pattern)
	case r.Handler == nil:
		return fmt.Errorf("route %q has no handler", r.Pattern)
	case r.HTML != nil:
		page := *r.HTML
		page.Pattern = r.Pattern
		return page.Check()
	}
	return nil
}

// Method returns the method of the pattern.
func (r Route) Method() string {
	method, _, _ := strings.Cut(r.Pattern, " ")
	return method
}

// Path returns the path of the pattern, as OpenAPI writes it.
func (r Route) Path() string {
	_, path, _ := strings.Cut(r.Pattern, " ")
	return strings.TrimSuffix(path, "{$}")
}

// About describes a route in OpenAPI.
type About struct {
	ID, Summary string
	Status      int   // of success; 200 if 0
	Errors      []int // the other statuses
	More        func(Schemas, *huma.Operation, *huma.Response)
}

// The statuses that routes may answer besides success.
var (
	ErrorsOfKey   = []int{401, 429}                                    // of routes that need a key, but no scope
	ErrorsReading = []int{400, 401, 403, 429, 503, 500}                // of routes that only read
	ErrorsFinding = []int{400, 401, 403, 404, 429, 503, 500}           // of routes about one thing
	ErrorsSending = []int{400, 401, 403, 408, 413, 415, 429, 503, 500} // of routes with a body
)

// Schemas knows the schemas of the types of the API.
type Schemas interface {
	Schema(v any) *huma.Schema                // the schema of v's type
	Resolve(schema *huma.Schema) *huma.Schema // the schema that a reference refers to
}

// A Rule says which callers a route lets in. The zero Rule is not allowed.
type Rule struct {
	who     who
	Scopes  []multivac.Scope // one of them is required; any key if empty
	Action  string           // recorded in the audit log if a key lacks the scope; nothing is recorded if ""
	Classic bool             // a route of the original: needs no key if these are open
	// Costly says that the route only reads, but costs so much that the page of
	// another site must not make a browser call it.
	Costly bool
}

type who int

const (
	nobody   who = iota
	everyone     // keys are ignored
	known        // a key is checked, but not required
	keyed        // a key is required, if there are keys
)

// Open reports whether keys are ignored.
func (r Rule) Open() bool { return r.who == everyone }

// Known reports whether a key is checked, but not required.
func (r Rule) Known() bool { return r.who == known }

// AsClassic returns the rule for a route of the original.
func (r Rule) AsClassic() Rule { r.Classic = true; return r }

// The rules. auth.Guard checks each verb against the key again. Rules refuse
// before a body is read, and protect routes that call no verb.
var (
	Open    = Rule{who: everyone}
	Known   = Rule{who: known}
	AnyKey  = Rule{who: keyed}
	Costly  = Rule{who: keyed, Costly: true}
	Ask     = Rule{who: keyed, Scopes: []multivac.Scope{multivac.ScopeAsk}}
	Tell    = Rule{who: keyed, Scopes: []multivac.Scope{multivac.ScopeTell}, Action: "tell"}
	Delete  = Rule{who: keyed, Scopes: Tell.Scopes, Action: "delete"}
	Look    = Rule{who: keyed, Scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}}
	Admin   = Rule{who: keyed, Scopes: []multivac.Scope{multivac.ScopeAdmin}}
	MakeKey = Rule{who: keyed, Scopes: Admin.Scopes, Action: "make-key"}
	// Calibrate is for callers who may do what concerns all: with scope admin, or
	// anyone where no key is needed. The guard refuses others, as with an import.
	Calibrate = AnyKey
	EndKey    = Rule{who: keyed, Scopes: Admin.Scopes, Action: "revoke-key"}
)

// Bounds are the limits of a request. The zero Bounds are [Small].
type Bounds struct {
	Body int64         // bytes
	Time time.Duration // from the end of the header until the handler returns
	// Paced says that the body may only take that time while it keeps coming.
	// The part that has come is in memory that other requests wait for.
	Paced bool
	// Endless says that the response may be larger than memory. The client has
	// to keep reading from the first byte on.
	Endless bool
}

// The times of the bounds.
const (
	RequestTimeout = 30 * time.Second
	TellTimeout    = 5 * time.Minute
	AskingTimeout  = time.Hour
	KeepTimeout    = 24 * time.Hour
)

var (
	// Small is for requests with a short body and a quick answer.
	Small = Bounds{Body: 1 << 20, Time: RequestTimeout}
	// Large is for requests that tell documents.
	Large = Bounds{Body: bodies.Most, Time: TellTimeout, Paced: true}
	// Patient is for requests with a short body that ask many questions.
	Patient = Bounds{Body: 1 << 20, Time: AskingTimeout}
	// Whole is for requests that export, import or examine everything. Such a
	// request gives up by itself when it makes no progress.
	Whole = Bounds{Body: math.MaxInt64, Time: KeepTimeout, Endless: true}
)

// OrSmall returns b, or Small if b is zero.
func (b Bounds) OrSmall() Bounds {
	if b == (Bounds{}) {
		return Small
	}
	return b
}

// WantsHTML reports whether a client names HTML in the Accept header, as
// browsers do. A wildcard is not enough.
func WantsHTML(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		mediaType, params, _ := mime.ParseMediaType(part)
		if (mediaType == "text/html" || mediaType == "application/xhtml+xml") && params["q"] != "0" {
			return true
		}
	}
	return false
}
