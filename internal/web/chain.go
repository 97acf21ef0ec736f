package web

import (
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"multivac"
	"multivac/internal/web/route"
	"multivac/internal/web/wire"
)

// answerTime is how much longer a connection lives than the context of its
// request, so that the handler can still say why it gave up.
const answerTime = 5 * time.Second

// readTimeout is the longest that reading a small body takes.
const readTimeout = route.RequestTimeout + answerTime

// wrap returns the handler of a route within all that its value says.
func (s *server) wrap(r route.Route) http.Handler {
	b := r.Bounds.OrSmall()
	h := s.recover(s.ownHost(r.Rule, s.sameOrigin(s.admit(r, r.Handler))))
	switch {
	case s.Stop == nil: // it may take as long as it likes
	case r.Stream:
		h = s.stream(b, h)
	default:
		h = limit(b, h)
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

// A body that tells has slowStart, and a second more for each slowest bytes
// that came.
const (
	slowStart = 30 * time.Second
	slowest   = 32 << 10

	drainTimeout = 5 * time.Second
)

// limit bounds the body of a request, and how long its connection lives; term
// bounds its context.
func limit(b route.Bounds, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, end := http.NewResponseController(w), time.Now().Add(b.Time)
		if r.Body != http.NoBody {
			_ = conn.SetReadDeadline(end.Add(answerTime)) // a recorder in a test has none
			r.Body = http.MaxBytesReader(w, r.Body, b.Body)
			if b.Paced {
				r.Body = &paced{ReadCloser: r.Body, conn: conn, begun: time.Now(), end: end.Add(answerTime), waits: r.Header.Get("Expect") != ""}
			}
		}
		_ = conn.SetWriteDeadline(end.Add(2 * answerTime))
		out := &steadyWriter{ResponseWriter: w, free: piece, credit: slowReader}
		if b.Endless {
			out.free = 0
		}
		next.ServeHTTP(out, r)
	})
}

// A paced body ends where it comes too slowly: what has come of it is in memory
// that other requests wait for.
type paced struct {
	io.ReadCloser
	conn       *http.ResponseController
	begun, end time.Time
	bytes      int64
	waits      bool // for "100 Continue"
}

// drain reads what is left of the body, for a while. A client that sends all of
// it before it reads would not see the answer otherwise. One that waits to be
// told to go on has sent nothing.
func (p *paced) drain() {
	if !p.waits {
		p.end = time.Now().Add(drainTimeout)
		_, _ = io.Copy(io.Discard, p) // it was refused either way
	}
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	due := p.begun.Add(slowStart + time.Duration(p.bytes)*time.Second/slowest)
	if due.Before(p.end) {
		_ = p.conn.SetReadDeadline(due)
	} else {
		_ = p.conn.SetReadDeadline(p.end)
	}
	n, err := p.ReadCloser.Read(b)
	p.bytes += int64(n)
	return n, err
}

// secure sets what holds for everything. A page brings a policy of its own, and
// what may be kept says so.
func secure(next http.Handler) http.Handler {
	// Made once, for all responses share them: a Set takes another's place, an
	// Add copies it.
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

// sameOrigin keeps the pages of other sites from telling and deleting with
// the user's browser. Programs are no browsers and pass.
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

// isForeign reports whether a page of another site has a browser send r, though
// it only reads: the answer is kept from that page, but the work is done.
func isForeign(r *http.Request) bool {
	as := r.WithContext(r.Context())
	as.Method = http.MethodPost // the check lets pass what only reads
	return crossOrigin.Check(as) != nil
}

// recover turns a panic into a problem, or ends the connection where the
// answer has begun.
func (s *server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := &begun{ResponseWriter: w}
		begun.body, _ = r.Body.(*paced)
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
	body *paced // of a request that tells, or nil
}

func (b *begun) WriteHeader(status int) {
	b.yes = true
	if status >= 400 && b.body != nil {
		b.body.drain()
	}
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }
