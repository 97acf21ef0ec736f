package telemetry

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"multivac"
)

// Traces says where spans are sent.
type Traces struct {
	Endpoint string  // http(s)://host:port of a receiver of OTLP over HTTP; without a path, /v1/traces is added
	Sample   float64 // share of requests that are traced, 0 to 1, if the caller has not decided
	Version  string  // of multivac
	Instance string  // distinguishes this process from others of its role; none if empty
	// Scrub returns an error without its secrets, before it leaves the process.
	// If nil, errors are sent as they are.
	Scrub func(error) error
}

// Validate returns an ErrInvalid that says what to change.
func (o Traces) Validate() error {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return multivac.Errorf(multivac.ErrInvalid, "give it as http://host:4318, or https", "%q is no address of a receiver of traces", multivac.Clip(o.Endpoint, 200))
	}
	if u.User != nil {
		return multivac.Errorf(multivac.ErrInvalid, "leave it out; put a collector with it beside MultiVAC", "the address of the receiver of traces has a password in it")
	}
	if !(o.Sample >= 0 && o.Sample <= 1) {
		return multivac.Errorf(multivac.ErrInvalid, "give a share from 0 to 1", "the share of traced requests %v is out of range", o.Sample)
	}
	return nil
}

// StartTraces begins to send spans, until Flush. Call it before anything is
// served, or not at all. If the receiver cannot be reached, spans are lost, but
// requests are served.
func (t *Telemetry) StartTraces(ctx context.Context, o Traces) error {
	if err := o.Validate(); err != nil {
		return err
	}
	endpoint := o.Endpoint
	if u, _ := url.Parse(endpoint); strings.Trim(u.Path, "/") == "" {
		endpoint = strings.TrimSuffix(endpoint, "/") + "/v1/traces"
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithTimeout(10*time.Second))
	if err != nil {
		return multivac.Errorf(multivac.ErrInvalid, "look at traces.endpoint", "spans cannot be sent: %v", err)
	}
	attributes := []attribute.KeyValue{attribute.String("service.name", "multivac"), attribute.String("service.version", o.Version)}
	if t.role != "" {
		attributes = append(attributes, attribute.String("multivac.role", t.role))
	}
	if o.Instance != "" {
		attributes = append(attributes, attribute.String("service.instance.id", o.Instance))
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(counting{exporter, t}),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))),
		sdk.WithResource(resource.NewSchemaless(attributes...)),
	)
	t.provider, t.tracer, t.scrub = provider, provider.Tracer("multivac"), o.Scrub
	return nil
}

// counting counts the spans that could not be sent. It logs the first error of
// a series.
type counting struct {
	sdk.SpanExporter
	t *Telemetry
}

func (c counting) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		c.t.unsent.Store(false)
		return nil
	}
	c.t.metrics.spansLost.Add(float64(len(spans)))
	if !c.t.unsent.Swap(true) {
		c.t.log.Warn("spans cannot be sent; requests go on without", "error", err)
	}
	return nil // the error is handled here
}

// Tracing reports whether spans are sent.
func (t *Telemetry) Tracing() bool { return t.tracer != nil }

// Span begins a span of the work that is done with the returned context. The
// returned function ends it and takes the error of the work. If the context has
// no span yet, the new one continues the trace of the context's origin.
func (t *Telemetry) Span(ctx context.Context, what string) (context.Context, func(error)) {
	if t.tracer == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.begin(ctx, what, trace.SpanKindInternal)
	return ctx, func(err error) {
		if err != nil && t.scrub != nil {
			err = t.scrub(err)
		}
		if err != nil {
			span.RecordError(err)
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// begin begins a span. If it is the first span of this process in its trace, it
// becomes the origin of the work within it.
func (t *Telemetry) begin(ctx context.Context, what string, kind trace.SpanKind) (context.Context, trace.Span) {
	if trace.SpanContextFromContext(ctx).IsValid() {
		return t.tracer.Start(ctx, what, trace.WithSpanKind(kind))
	}
	origin := multivac.OriginOf(ctx)
	ctx, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(ctx, spanContext(origin.Trace)), what, trace.WithSpanKind(kind))
	span.SetAttributes(attribute.String("multivac.request_id", origin.RequestID))
	origin.Trace = traceparent(span.SpanContext())
	return multivac.WithOrigin(ctx, origin), span
}

// requestSpan begins the span of an HTTP request, or returns nil if it has
// none.
func (t *Telemetry) requestSpan(r *http.Request, o multivac.Origin) (context.Context, trace.Span) {
	ctx := multivac.WithOrigin(r.Context(), o)
	if t.tracer == nil || probes[r.URL.Path] {
		return ctx, nil
	}
	return t.begin(ctx, method(r), trace.SpanKindServer)
}

// endRequest ends the span with OpenTelemetry's attributes of the request.
func endRequest(span trace.Span, r *http.Request, code int) {
	if span == nil {
		return
	}
	if route := route(r); route != "other" {
		span.SetName(method(r) + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	span.SetAttributes(attribute.String("http.request.method", method(r)), attribute.String("url.path", multivac.Clip(r.URL.Path, 200)),
		attribute.Int("http.response.status_code", code))
	if code >= 500 {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// traceHeader is W3C's header, in the form of the keys of http.Header.
const traceHeader = "Traceparent"

// A traceparent is "00-", 32 digits of the trace, "-", 16 digits of the span,
// "-" and 2 digits of flags. The last bit of the flags says that the trace is
// sampled. The other flags are dropped.
const traceparentLength = 55

// incoming returns the traceparent of a request, or "" if there is no valid
// one.
func incoming(r *http.Request) string {
	values := r.Header[traceHeader]
	if len(values) != 1 {
		return ""
	}
	v := values[0]
	if len(v) < traceparentLength || v[2] != '-' || v[35] != '-' || v[52] != '-' ||
		!hexadecimal(v[:2]) || !hexadecimal(v[3:35]) || !hexadecimal(v[36:52]) || !hexadecimal(v[53:55]) ||
		v[3:35] == strings.Repeat("0", 32) || v[36:52] == strings.Repeat("0", 16) {
		return ""
	}
	switch version := v[:2]; {
	case version == "ff", version == "00" && len(v) > traceparentLength:
		return ""
	case len(v) > traceparentLength && v[traceparentLength] != '-': // a later version of the format may append fields
		return ""
	case version == "00" && (v[53:] == "00" || v[53:] == "01"):
		return v
	}
	flags := "00"
	if strings.IndexByte("13579bdf", v[54]) >= 0 {
		flags = "01"
	}
	return "00" + v[2:53] + flags
}

func hexadecimal(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func spanContext(traceparent string) trace.SpanContext {
	if len(traceparent) != traceparentLength {
		return trace.SpanContext{}
	}
	id, err := trace.TraceIDFromHex(traceparent[3:35])
	span, err2 := trace.SpanIDFromHex(traceparent[36:52])
	if err != nil || err2 != nil {
		return trace.SpanContext{}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span,
		TraceFlags: trace.TraceFlags(traceparent[54] & 1), Remote: true})
}

func traceparent(c trace.SpanContext) string {
	flags := "00"
	if c.IsSampled() {
		flags = "01"
	}
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + flags
}
