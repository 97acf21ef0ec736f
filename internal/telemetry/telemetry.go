// Package telemetry reports what MultiVAC does, in logs, metrics and traces. It
// decorates what it watches. It never records what users tell, and it logs
// their questions only if Options say so.
package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"multivac"
)

// Options are the options of New. The zero value logs from slog.LevelInfo on,
// as text on a terminal and as JSON elsewhere.
type Options struct {
	Format  Format
	Level   slog.Leveler // slog.LevelInfo if nil
	Version string       // of multivac, for the metric multivac_build_info
	// Delay is how long a JSON line about a successful request may be held
	// back, to be written together with others. If it is set, call Flush at the
	// end.
	Delay time.Duration
	// Role is the role of this process: a label of all its metrics and a field
	// of lines of JSON. None if empty.
	Role string
	// TraceProject is the Google Cloud project of the traces. With it, Cloud
	// Logging links a line of JSON to its trace.
	TraceProject string
	// LogQuestions logs each question with its outcome.
	LogQuestions bool
}

// Telemetry is the log, the metrics and the traces of one process. Each has a
// registry of its own, so that a test may make several.
type Telemetry struct {
	log      *slog.Logger
	format   Format // never Auto
	lines    *lines
	registry *prometheus.Registry
	ours     prometheus.Registerer // adds the role to each metric
	metrics  metrics
	role     string
	question bool // questions are logged

	tracer   trace.Tracer // nil if there are no traces
	provider *sdk.TracerProvider
	unsent   atomic.Bool // the latest spans could not be sent
	scrub    func(error) error
}

// New returns a Telemetry that logs to w.
func New(w io.Writer, o Options) *Telemetry {
	handler, format, lines := newHandler(w, o)
	t := &Telemetry{
		log:      slog.New(handler),
		format:   format,
		lines:    lines,
		registry: prometheus.NewRegistry(),
		metrics:  newMetrics(),
		role:     o.Role,
		question: o.LogQuestions,
	}
	t.ours = t.registry
	if o.Role != "" {
		t.ours = prometheus.WrapRegistererWith(prometheus.Labels{"role": o.Role}, t.registry)
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "multivac_build_info",
		Help:        "1, labelled by the version of multivac and of Go.",
		ConstLabels: prometheus.Labels{"version": o.Version, "go_version": runtime.Version()},
	})
	build.Set(1)
	t.ours.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	t.ours.MustRegister(t.metrics.all()...)
	t.metrics.startAtZero()
	t.Counter("multivac_log_lines_dropped_total", "Lines of the log that were not written, because nobody read it or it could not be written.", func() float64 { return float64(t.lines.Dropped()) })
	return t
}

// Logger returns the log. A line that is logged with a context has its request
// id.
func (t *Telemetry) Logger() *slog.Logger { return t.log }

// traceFlushTimeout is how long Flush waits for the receiver of traces.
const traceFlushTimeout = 3 * time.Second

// Flush writes the held lines and sends the remaining spans. Spans that end
// later are not sent. It waits at most 1 second for the log and 3 seconds for
// the spans.
func (t *Telemetry) Flush() {
	if t.provider != nil {
		ctx, cancel := context.WithTimeout(context.Background(), traceFlushTimeout)
		defer cancel()
		if err := t.provider.Shutdown(ctx); err != nil {
			t.log.Warn("the last spans were not sent", "error", err)
		}
	}
	t.lines.Flush()
}

// Metrics serves the metrics in Prometheus' formats.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{
		Registry: t.registry,
		ErrorLog: slog.NewLogLogger(t.log.Handler(), slog.LevelError),
	})
}

// Gauge adds a metric. read is called at each collection of metrics and must be
// quick. Gauge panics if the name is taken or not valid.
func (t *Telemetry) Gauge(name, help string, read func() float64) {
	t.ours.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter adds a metric that only rises. Otherwise it is like Gauge.
func (t *Telemetry) Counter(name, help string, read func() float64) {
	t.ours.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// A metrics holds what the decorators count. Labels have few values each, and
// never a collection, a source or a path: these are the users'.
type metrics struct {
	requests    *prometheus.CounterVec
	requestTime *prometheus.HistogramVec
	inFlight    prometheus.Gauge
	asks        *prometheus.CounterVec
	abstentions *prometheus.CounterVec
	askTime     prometheus.Histogram
	tells       *prometheus.CounterVec
	tellBytes   prometheus.Counter
	tellTime    *prometheus.HistogramVec
	workerTasks *prometheus.CounterVec
	workTime    prometheus.Histogram
	working     prometheus.Gauge
	storeTime   *prometheus.HistogramVec
	storeErrors *prometheus.CounterVec
	spansLost   prometheus.Counter
	counted     *sync.Map // routeKey -> *counted, so that labels are joined once
}

type routeKey struct {
	route, method string
	code          int
}

// counted holds the metrics of one kind of request.
type counted struct {
	requests prometheus.Counter
	time     prometheus.Observer
}

func (m metrics) route(route, method string, code int) *counted {
	key := routeKey{route, method, code}
	if c, ok := m.counted.Load(key); ok {
		return c.(*counted)
	}
	c := &counted{m.requests.WithLabelValues(route, method, strconv.Itoa(code)), m.requestTime.WithLabelValues(route, method)}
	m.counted.Store(key, c)
	return c
}

func newMetrics() metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	quick := []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}
	long := []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
	return metrics{
		counted: &sync.Map{},
		requests: counter("multivac_http_requests_total",
			"HTTP requests answered, by route, method and status code.", "route", "method", "code"),
		requestTime: prometheus.NewHistogramVec(histogram("multivac_http_request_duration_seconds",
			"Time from an HTTP request's head to the end of its response.", long), []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "multivac_http_requests_in_flight",
			Help: "HTTP requests being answered."}),
		asks: counter("multivac_asks_total",
			"Questions asked, by state (answered, insufficient_data; error where there was neither).", "state"),
		abstentions: counter("multivac_abstentions_total",
			"Questions answered with insufficient data, by reason.", "reason"),
		askTime: prometheus.NewHistogram(histogram("multivac_ask_duration_seconds",
			"Time to answer a question, or to find that there is no answer.", quick)),
		tells: counter("multivac_tell_documents_total",
			"Documents told, by state (pending, indexed, failed; unchanged where the same was told before; refused where it was not kept).", "state"),
		tellBytes: prometheus.NewCounter(prometheus.CounterOpts{Name: "multivac_tell_bytes_total",
			Help: "Bytes of the documents that were told and kept, those unchanged not counted."}),
		tellTime: prometheus.NewHistogramVec(histogram("multivac_tell_duration_seconds",
			"Time to keep the documents of one call, by what it waited for (stored, indexed).", long), []string{"wait"}),
		workerTasks: counter("multivac_worker_tasks_total",
			"Tasks worked on, by outcome and by the step at which they ended.", "outcome", "step"),
		workTime: prometheus.NewHistogram(histogram("multivac_worker_duration_seconds",
			"Time to work on a task, however it ended.", long)),
		working: prometheus.NewGauge(prometheus.GaugeOpts{Name: "multivac_worker_tasks_in_progress",
			Help: "Tasks being worked on."}),
		storeTime: prometheus.NewHistogramVec(histogram("multivac_store_duration_seconds",
			"Time that the store took, by operation.", long), []string{"operation"}),
		storeErrors: counter("multivac_store_errors_total",
			"Calls of the store that failed because of it, and not because of what was asked, by operation.", "operation"),
		spansLost: prometheus.NewCounter(prometheus.CounterOpts{Name: "multivac_trace_spans_lost_total",
			Help: "Spans that could not be sent to the receiver of traces."}),
	}
}

func (m metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.requests, m.requestTime, m.inFlight, m.asks, m.abstentions, m.askTime,
		m.tells, m.tellBytes, m.tellTime, m.workerTasks, m.workTime, m.working, m.storeTime, m.storeErrors, m.spansLost}
}

// startAtZero creates the counters before their first event. Otherwise their
// first increase looks like a start of the process.
func (m metrics) startAtZero() {
	for _, state := range []multivac.AnswerState{multivac.Answered, multivac.InsufficientData, "error"} {
		m.asks.WithLabelValues(string(state))
	}
	for _, reason := range []multivac.ReasonCode{multivac.NothingTold, multivac.NothingRead, multivac.NothingFound, multivac.NotConfident, multivac.QuestionEmpty} {
		m.abstentions.WithLabelValues(string(reason))
	}
	for _, state := range []string{"pending", "indexed", "failed", "unchanged", "refused"} {
		m.tells.WithLabelValues(state)
	}
	for outcome, step := range map[string]string{"indexed": "publish", "failed": "extract", "retry": "publish", "superseded": "publish"} {
		m.workerTasks.WithLabelValues(outcome, step)
	}
	for _, wait := range []string{"stored", "indexed"} {
		m.tellTime.WithLabelValues(wait)
	}
}

// Worked counts a task that a worker has ended. outcome is "indexed", "retry",
// "failed" or "superseded"; step is "extract", "segment" or "publish".
func (t *Telemetry) Worked(outcome, step string, took time.Duration) {
	t.metrics.workerTasks.WithLabelValues(outcome, step).Inc()
	t.metrics.workTime.Observe(took.Seconds())
}

// Work is Span for the steps of a worker. The span "work" is a whole task.
func (t *Telemetry) Work(ctx context.Context, what string) (context.Context, func(error)) {
	ctx, done := t.Span(ctx, what)
	if what != "work" {
		return ctx, done
	}
	t.metrics.working.Inc()
	return ctx, func(err error) {
		t.metrics.working.Dec()
		done(err)
	}
}

// StoreOperations creates the metrics of these operations before their first
// event.
func (t *Telemetry) StoreOperations(names ...string) {
	for _, name := range names {
		t.metrics.storeErrors.WithLabelValues(name)
		t.metrics.storeTime.WithLabelValues(name)
	}
}

// Store times a call of the store, and counts its error if the store is at
// fault. It is for store.Watch.
func (t *Telemetry) Store(ctx context.Context, operation string) (context.Context, func(error)) {
	ctx, done := t.Span(ctx, "store "+operation)
	start := time.Now()
	return ctx, func(err error) {
		t.metrics.storeTime.WithLabelValues(operation).Observe(time.Since(start).Seconds())
		if !storeFault(err) {
			err = nil
		} else {
			t.metrics.storeErrors.WithLabelValues(operation).Inc()
		}
		done(err)
	}
}

// storeFault reports whether an error means that the store has failed. A store
// that refuses a request works.
func storeFault(err error) bool {
	if err == nil {
		return false
	}
	for _, no := range []error{multivac.ErrInvalid, multivac.ErrNotFound, multivac.ErrTooLarge, multivac.ErrSuperseded,
		multivac.ErrTooOld, context.Canceled} {
		if errors.Is(err, no) {
			return false
		}
	}
	return true
}
