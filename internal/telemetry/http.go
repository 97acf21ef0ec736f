package telemetry

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"multivac"
)

// RequestIDHeader is the header of the request id, in requests and responses.
const RequestIDHeader = "X-Request-Id"

var saneID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string { return multivac.OriginOf(ctx).RequestID }

// WithRequestID returns ctx with a request id, for work that no HTTP request
// began.
func WithRequestID(ctx context.Context, id string) context.Context {
	o := multivac.OriginOf(ctx)
	o.RequestID = id
	return multivac.WithOrigin(ctx, o)
}

// slowProbe is how long a probe may take before it is logged like a request.
const slowProbe = time.Second

// HTTP is a middleware. It gives each request an id, which is in the response's
// header before next is called, continues the trace of a traceparent header,
// counts the request, and logs one line about it: its path, but neither its
// query nor its body. It reads the route from the request that it passes to
// next, where http.ServeMux sets it. So a middleware between HTTP and the mux
// must not copy the request.
func (t *Telemetry) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestIDHeader)
		if id == "" || !saneID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(RequestIDHeader, id)
		ctx, span := t.requestSpan(r, multivac.Origin{RequestID: id, Trace: incoming(r)})
		r = r.WithContext(ctx)
		o := observed{ResponseWriter: w}
		start := time.Now()
		t.metrics.inFlight.Inc()
		panicked := true
		defer func() { // does not recover from a panic: net/http ends the response
			t.metrics.inFlight.Dec()
			t.request(r, &o, span, panicked, time.Since(start))
		}()
		next.ServeHTTP(&o, r)
		panicked = false
	})
}

// request counts and logs a request that has ended, and ends its span.
func (t *Telemetry) request(r *http.Request, o *observed, span trace.Span, panicked bool, took time.Duration) {
	code := o.status()
	if panicked {
		code = http.StatusInternalServerError
	}
	endRequest(span, r, code)
	counted := t.metrics.route(route(r), method(r), code)
	counted.requests.Inc()
	counted.time.Observe(took.Seconds())

	level := slog.LevelInfo
	switch {
	case code >= 500 && code != http.StatusServiceUnavailable:
		level = slog.LevelError
	case code >= 500:
		level = slog.LevelWarn
	case probes[r.URL.Path] && took < slowProbe:
		level = slog.LevelDebug
	}
	if !t.log.Enabled(r.Context(), level) {
		return
	}
	path := multivac.Clip(r.URL.Path, 200)
	if t.format == Text {
		t.log.LogAttrs(r.Context(), level, fmt.Sprintf("%s %s %d", method(r), path, code),
			slog.Duration("took", took.Round(time.Microsecond)), slog.Int64("bytes", o.bytes))
		return
	}
	t.lines.hold(&access{
		time: time.Now(), severity: severity(level),
		method: multivac.Clip(r.Method, 40), path: path, agent: multivac.Clip(r.UserAgent(), 200), remote: host(r), protocol: r.Proto,
		origin: multivac.OriginOf(r.Context()), status: code, size: o.bytes, took: took,
	})
}

func host(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// probes are the routes that machines ask for every few seconds.
var probes = map[string]bool{"/livez": true, "/readyz": true, "/metrics": true}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
	http.MethodDelete, http.MethodOptions}

// method returns the request's method, or "other": a client can send any word.
func method(r *http.Request) string {
	if slices.Contains(methods, r.Method) {
		return r.Method
	}
	return "other"
}

// route returns the pattern of the handler, without its method.
func route(r *http.Request) string {
	pattern := r.Pattern
	if _, path, ok := strings.Cut(pattern, " "); ok {
		pattern = strings.TrimSpace(path)
	}
	if pattern == "" {
		return "other"
	}
	return pattern
}

// observed records the status and size of a response. By Unwrap,
// http.ResponseController finds what else the writer can do.
type observed struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (o *observed) WriteHeader(code int) {
	if o.code == 0 && code >= 200 { // several 1xx may come before the final status
		o.code = code
	}
	o.ResponseWriter.WriteHeader(code)
}

func (o *observed) Write(b []byte) (int, error) {
	if o.code == 0 {
		o.code = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

// Flush is for handlers that ask for an http.Flusher, not for a controller.
func (o *observed) Flush() {
	if o.code == 0 {
		o.code = http.StatusOK
	}
	_ = http.NewResponseController(o.ResponseWriter).Flush() // http.Flusher returns no error either
}

func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observed) status() int {
	if o.code == 0 {
		return http.StatusOK
	}
	return o.code
}
