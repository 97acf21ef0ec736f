package web

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

	"multivac"
	"multivac/internal/web/limit"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// readTimeout is the longest that reading a small body takes.
const readTimeout = route.RequestTimeout + limit.AnswerTime

// wrap returns the handler of a route within all that its value says.
func (s *server) wrap(r route.Route) http.Handler {
	b := r.Bounds.OrSmall()
	h := s.recover(s.ownHost(r.Rule, s.sameOrigin(s.admit(r, r.Handler))))
	switch {
	case s.limits == nil: // it may take as long as it likes
	case r.Stream:
		h = s.limits.Stream(b, h)
	default:
		h = limit.Connection(b, h)
	}
	if r.HTML == nil {
		return h
	}
	page := s.wrap(*r.HTML)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if wantsHTML(r.Header.Values("Accept")) {
			page.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// secure sets the headers that all responses have. A page sets a policy of its
// own, and what a client may cache says so.
func secure(next http.Handler) http.Handler {
	// Made once and shared by all responses: Set replaces a slice, and Add copies
	// one that is full.
	noSniff, deny, noReferrer := []string{"nosniff"}, []string{"DENY"}, []string{"no-referrer"}
	policy, noStore := []string{"default-src 'none'; frame-ancestors 'none'"}, []string{"private, no-store"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"], h["X-Frame-Options"], h["Referrer-Policy"] = noSniff, deny, noReferrer
		h["Content-Security-Policy"], h["Cache-Control"] = policy, noStore
		next.ServeHTTP(w, r)
	})
}

var crossOrigin = http.NewCrossOriginProtection()

// sameOrigin keeps the pages of other sites from telling and deleting with the
// user's browser. Requests of programs pass.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if crossOrigin.Check(r) != nil {
			s.fail(w, r, errCrossOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var errCrossOrigin = multivac.Errorf(wire.ErrCrossOrigin, "send it from a page of this server, or from no browser", "the request comes from a page of another site")

// isForeign reports whether a page of another site has a browser send r, although
// r only reads: the browser hides the answer from that page, but the work would
// be done.
func isForeign(r *http.Request) bool {
	as := r.WithContext(r.Context())
	as.Method = http.MethodPost // the check passes every GET
	return crossOrigin.Check(as) != nil
}

// recover turns a panic into a problem, or ends the connection where the
// answer has begun.
func (s *server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begun{ResponseWriter: w, body: r.Body}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler || begun.yes {
				if v != http.ErrAbortHandler && r.Context().Err() == nil {
					s.Log.ErrorContext(r.Context(), "panic", "error", fmt.Sprint(v), "stack", string(debug.Stack()))
				}
				panic(http.ErrAbortHandler)
			}
			s.fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}()
		next.ServeHTTP(begun, r)
	})
}

// begun knows whether the answer has begun.
type begun struct {
	http.ResponseWriter
	yes  bool
	body io.Reader // of the request
}

func (b *begun) WriteHeader(status int) {
	b.yes = true
	if status >= 400 {
		limit.Drain(b.body)
	}
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }
