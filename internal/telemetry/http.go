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
	"strconv"
	"strings"
	"time"

	"multivac"
)

// RequestIDHeader is where a request id comes in and goes out.
const RequestIDHeader = "X-Request-Id"

var saneID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

type requestIDKey struct{}

// RequestID returns the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// WithRequestID returns ctx with a request id, for work that no HTTP request began.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// slow is from when on a probe is worth a line, too.
const slow = time.Second

// HTTP gives each request an id, which is in the response's header before next
// is called, counts it, and logs one line about it: paths, but neither query
// strings nor bodies. The route is what a http.ServeMux noted in the request
// that next is called with; a copy that is made before the mux hides it.
func (t *Telemetry) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestIDHeader)
		if !saneID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(RequestIDHeader, id)
		r = r.WithContext(WithRequestID(r.Context(), id))
		o := observed{ResponseWriter: w}
		start := time.Now()
		t.metrics.inFlight.Inc()
		panicked := true
		defer func() { // not recovered from: what is left of the response is net/http's to end
			t.metrics.inFlight.Dec()
			t.request(r, &o, panicked, time.Since(start))
		}()
		next.ServeHTTP(&o, r)
		panicked = false
	})
}

// request counts and logs a request that is over.
func (t *Telemetry) request(r *http.Request, o *observed, panicked bool, took time.Duration) {
	code := o.status()
	if panicked {
		code = http.StatusInternalServerError
	}
	route, method := route(r), method(r)
	t.metrics.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	t.metrics.requestTime.WithLabelValues(route, method).Observe(took.Seconds())

	level := slog.LevelInfo
	switch {
	case code >= 500 && code != http.StatusServiceUnavailable:
		level = slog.LevelError
	case code >= 500:
		level = slog.LevelWarn
	case probes[r.URL.Path] && took < slow:
		level = slog.LevelDebug
	}
	if !t.log.Enabled(r.Context(), level) {
		return
	}
	path := multivac.Clip(r.URL.Path, 200)
	t.log.LogAttrs(r.Context(), level, fmt.Sprintf("%s %s %d", method, path, code), t.requestAttrs(r, o, path, code, took)...)
}

func (t *Telemetry) requestAttrs(r *http.Request, o *observed, path string, code int, took time.Duration) []slog.Attr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if t.format == Text {
		return []slog.Attr{slog.Duration("took", took.Round(time.Microsecond)), slog.Int64("bytes", o.bytes)}
	}
	return []slog.Attr{slog.Group("httpRequest",
		slog.String("requestMethod", r.Method),
		slog.String("requestUrl", path),
		slog.Int("status", code),
		slog.String("responseSize", strconv.FormatInt(o.bytes, 10)), // Cloud Logging wants int64 as a string
		slog.String("userAgent", multivac.Clip(r.UserAgent(), 200)),
		slog.String("remoteIp", host),
		slog.String("latency", strconv.FormatFloat(took.Seconds(), 'f', 6, 64)+"s"),
		slog.String("protocol", r.Proto),
	)}
}

// probes are asked for every few seconds by machines.
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

// route returns the pattern that served the request, without its method.
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

// observed notes status and size of a response. http.ResponseController finds
// what else the writer can do by Unwrap.
type observed struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (o *observed) WriteHeader(code int) {
	if o.code == 0 && code >= 200 { // 1xx come before the one that counts
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

// Flush is here because many ask for a http.Flusher rather than a controller.
func (o *observed) Flush() {
	if o.code == 0 {
		o.code = http.StatusOK
	}
	_ = http.NewResponseController(o.ResponseWriter).Flush() // as http.Flusher, which says nothing where it cannot
}

func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observed) status() int {
	if o.code == 0 {
		return http.StatusOK
	}
	return o.code
}
