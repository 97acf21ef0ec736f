// Package ui serves the pages for people: the question with its answer, and the
// document of the answer. The pages are made on the server and need no script.
// The package only knows the verbs of multivac.
package ui

import (
	"bytes"
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"maragu.dev/gomponents"

	"multivac"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// An Option changes what New returns.
type Option func(*Site)

// WithExamples makes the first page offer these questions.
func WithExamples(questions ...string) Option {
	return func(s *Site) { s.examples = questions }
}

// WithStops sets the stops of questions that name none. The form preselects
// them.
func WithStops(stops func() multivac.DefaultStops) Option {
	return func(s *Site) { s.stops = stops }
}

// WithLog sets the log for the part of an error that a page must not show. The
// default is slog.Default.
func WithLog(log *slog.Logger) Option {
	return func(s *Site) { s.log = log }
}

// A Site serves the pages.
type Site struct {
	asker    multivac.Asker
	library  multivac.Library
	examples []string
	stops    func() multivac.DefaultStops
	log      *slog.Logger
}

// New returns the pages of a MultiVAC.
func New(asker multivac.Asker, library multivac.Library, options ...Option) *Site {
	s := &Site{asker: asker, library: library, log: slog.Default(), stops: func() (d multivac.DefaultStops) { return d }}
	for _, option := range options {
		option(s)
	}
	return s
}

// A page is a folder of this package with its styles and scripts, and a value
// in a file of its own. The pattern is empty if package web has the routes.
type page struct {
	name    string // of the folder
	pattern string
	rule    route.Rule
	serve   func(*Site, http.ResponseWriter, *http.Request)
}

// pages are all pages.
var pages = []page{askPages, collectionsPages, documentPages, signInPages}

// Routes returns the routes of the pages and of their assets. The route "GET
// /{$}", the question and its answer, is for browsers only.
func (s *Site) Routes() []route.Route {
	all := []route.Route{
		{Pattern: "GET /ui/assets/{name}", Rule: route.Open, Handler: secured(serveAsset)}, // the form that asks for a key needs them
		{Pattern: "GET /ui/", Rule: route.AnyKey, Handler: secured(missing)},
	}
	for _, p := range pages {
		if p.pattern != "" {
			all = append(all, route.Route{Pattern: p.pattern, Rule: p.rule, Handler: secured(func(w http.ResponseWriter, r *http.Request) { p.serve(s, w, r) })})
		}
	}
	return all
}

// missing is the page at an unknown address.
func missing(w http.ResponseWriter, r *http.Request) {
	render(w, http.StatusNotFound, documentPage{frame: newFrame(r), Problem: &problem{
		Title: "There is no such page", Message: "Nothing is kept at this address.",
	}}.html())
}

// policy allows only what the pages use: styles, scripts and images of this
// server.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func secured(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		next(w, r)
	})
}

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // a page's address contains the question
}

// render writes a page after it was made completely, so that a failure is an
// error and not half a page.
func render(w http.ResponseWriter, status int, page gomponents.Node) {
	var out bytes.Buffer
	_ = page.Render(&out) // only writing can fail, and a buffer never does
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-store")
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the client may have gone
}

// A problem is an error as a page shows it.
type problem struct {
	Title     string
	Message   string // sentences
	RequestID string // to be found in the log
}

// titles are the titles of problems on pages, by status.
var titles = map[int]string{
	http.StatusBadRequest:          "That cannot be asked",
	http.StatusUnauthorized:        "That key does not fit",
	http.StatusForbidden:           "Your key does not allow that",
	http.StatusNotFound:            "There is no such document",
	http.StatusServiceUnavailable:  "Not available just now",
	http.StatusInternalServerError: "Something went wrong in here",
}

// fail returns the status of an error and the problem to show. It logs the part
// that the page must not show.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) (int, *problem) {
	p := wire.ProblemOf(err)
	shown := &problem{Title: cmp.Or(titles[p.Status], p.Title), Message: strings.TrimSpace(sentence(p.Detail) + " " + sentence(p.Remedy))}
	if p.Status >= http.StatusInternalServerError {
		shown.RequestID = w.Header().Get(wire.RequestID)
	}
	if p.Status == http.StatusServiceUnavailable && p.Remedy == "" {
		shown.Message = "Try again in a moment."
	}
	if p.Internal() {
		s.log.ErrorContext(r.Context(), "page failed", "error", err)
		shown.Message = "It is not the question. Try again, or look into the server's log."
	}
	if after := p.RetryAfter(); after != "" {
		w.Header().Set("Retry-After", after)
	}
	return p.Status, shown
}

// sentence returns a message as a sentence.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + strings.TrimRight(s[size:], ".") + "."
}
