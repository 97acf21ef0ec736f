package web

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

	"multivac/internal/auth"
	"multivac/internal/web/limit"
	"multivac/internal/web/route"
)

// readTimeout is the longest time for reading a small body.
const readTimeout = route.RequestTimeout + limit.AnswerTime

// wrap returns the handler of a route, wrapped in everything that the route's
// value says.
func (s *server) wrap(r route.Route) http.Handler {
	b := r.Bounds.OrSmall()
	h := s.recover(s.admit(r, r.Handler))
	switch {
	case s.limits == nil: // its time is not limited
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
		if route.WantsHTML(r) {
			page.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// admit lets in the requests that the rule of a route allows. It puts the
// caller, and the time limit of the request, into their context.
func (s *server) admit(of route.Route, next http.Handler) http.Handler {
	rule, size, timeout := of.Rule, of.Bounds.OrSmall().Body, of.Bounds.OrSmall().Time
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.door.Check(r, rule); err != nil {
			s.fail(w, r, err)
			return
		}
		ctx := r.Context()
		if s.limits != nil && !of.Stream {
			term := s.limits.Term(ctx, timeout)
			defer term.Finish()
			ctx = term
		}
		c, leave, err := s.door.Enter(ctx, r, rule)
		if err == nil {
			defer leave()
			err = accept(w, r, size)
		}
		if c != nil {
			ctx = auth.With(ctx, c)
		}
		r = r.WithContext(ctx)
		if err != nil {
			s.door.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers that all responses have. Pages set a policy of their
// own, and responses that may be cached say so.
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

// recover turns a panic into a problem. If the response has begun, it ends the
// connection.
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

// begun knows whether the response has begun.
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
