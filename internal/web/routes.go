package web

import (
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/web/api"
	"multivac/internal/web/openapi"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// routes are all routes of New: the API, the pages, the original's routes, the
// probes, and the document that describes them.
func (s *server) routes() []route.Route {
	document := openapi.New(openapi.Options{Version: s.Version, Room: s.room, Problem: s.problem, Read: readTimeout})
	all := slices.Concat(
		api.Routes(api.Options{
			Verbs: s.Verbs, Files: s.Files, Limits: s.Limits, Room: s.room, Problem: s.problem, Document: document, Wait: s.Wait, Read: readTimeout,
		}),
		s.classic(),
		s.pages(),
		s.probes(),
	)
	for _, r := range all {
		document.Add(r)
	}
	return append(all, document.Routes()...)
}

// classic are the routes of the original.
func (s *server) classic() []route.Route {
	home := route.Route{
		Pattern: "GET /{$}", Rule: route.AnyKey.AsClassic(), Handler: http.HandlerFunc(s.welcome),
		About: &route.About{ID: "welcome", Summary: "The first page, for a browser; else a welcome", Errors: route.ErrorsOfKey, More: openapi.Plain},
	}
	if at := slices.IndexFunc(s.Pages, func(r route.Route) bool { return r.Pattern == home.Pattern }); at >= 0 {
		home.HTML = &s.Pages[at]
	}
	return []route.Route{
		home,
		{Pattern: "GET /multivac", Rule: route.Ask.AsClassic(), Handler: http.HandlerFunc(s.classicAnswer),
			About: &route.About{ID: "classic-answer", Summary: "The first datum told, or the answer to a question, as text", Errors: route.ErrorsReading, More: describeClassicAnswer}},
		{Pattern: "POST /multivac/data", Rule: route.Tell.AsClassic(), Bounds: s.Limits.Bounds(), Handler: http.HandlerFunc(s.classicData),
			About: &route.About{ID: "classic-data", Summary: "Tell a datum by a form", Errors: route.ErrorsSending, More: describeClassicData}},
	}
}

// pages are the routes for people, and the form for signing in.
func (s *server) pages() []route.Route {
	all := slices.DeleteFunc(slices.Clone(s.Pages), func(r route.Route) bool { return r.Pattern == "GET /{$}" })
	if s.Gate == nil || s.SignIn == nil {
		return all
	}
	return append(all,
		route.Route{Pattern: "GET /ui/sign-in", Rule: route.Open, Handler: http.HandlerFunc(s.door.SignInForm)},
		route.Route{Pattern: "POST /ui/sign-in", Rule: route.Open, Handler: http.HandlerFunc(s.door.TakeKey)},
		route.Route{Pattern: "POST /ui/sign-out", Rule: route.Open, Handler: http.HandlerFunc(s.door.SignOut)},
	)
}

// probes are the routes for programs that watch a process.
func (s *server) probes() []route.Route {
	all := []route.Route{
		{Pattern: "GET /livez", Rule: route.Open, Handler: http.HandlerFunc(live),
			About: &route.About{ID: "livez", Summary: "Say that the process lives", More: openapi.Plain}},
		{Pattern: "GET /readyz", Rule: route.Known, Handler: http.HandlerFunc(s.ready),
			About: &route.About{ID: "readyz", Summary: "Say how far the index is", Errors: route.ErrorsOfKey, More: describeReady}},
	}
	metrics := route.Route{Pattern: "GET /metrics", Rule: route.AnyKey, Handler: s.Metrics,
		About: &route.About{ID: "metrics", Summary: "Metrics for Prometheus", Errors: route.ErrorsOfKey, More: openapi.Plain}}
	if s.Metrics != nil {
		all = append(all, metrics)
	}
	return all
}

// profiles are the routes that show where the process spends time and memory.
func profiles() []route.Route {
	return []route.Route{
		{Pattern: "GET /debug/pprof/", Rule: route.Costly, Handler: http.HandlerFunc(pprof.Index)},
		{Pattern: "GET /debug/pprof/profile", Rule: route.Costly, Handler: http.HandlerFunc(pprof.Profile)},
		{Pattern: "GET /debug/pprof/trace", Rule: route.Costly, Handler: http.HandlerFunc(pprof.Trace)},
		{Pattern: "GET /debug/pprof/symbol", Rule: route.AnyKey, Handler: http.HandlerFunc(pprof.Symbol)},
	}
}

// mux serves the routes, each wrapped in what its value says. Requests that
// match no route go to rest. It panics if a route is incomplete.
func (s *server) mux(all []route.Route, rest route.Route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range all {
		if err := r.Check(); err != nil {
			panic("web: " + err.Error())
		}
		mux.Handle(r.Pattern, s.wrap(r))
	}
	if rest.Handler == nil {
		rest.Handler = s.unmatched(mux)
	}
	wrapped := s.wrap(rest)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = "" // it matches no route; metrics and traces show that
		wrapped.ServeHTTP(w, r)
	})
	return mux
}

// unmatched answers a request that matches no route, because of its address or
// its method.
func (s *server) unmatched(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := multivac.Clip(r.URL.Path, 200)
		if methods := allowed(mux, r); methods != "" {
			w.Header().Set("Allow", methods)
			s.fail(w, r, multivac.Errorf(wire.ErrMethod, "use "+methods, "%s is not for %s", path, r.Method))
			return
		}
		s.fail(w, r, multivac.Errorf(wire.ErrNoRoute, "see /api/v1/docs", "there is nothing at %s", path))
	})
}

// allowed returns the methods of the routes at the address of r.
func allowed(mux *http.ServeMux, r *http.Request) string {
	var methods []string
	for _, method := range []string{"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"} {
		_, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host})
		if pattern != "/" && pattern != "" {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}
