package servers

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"multivac/internal/eventually"
)

// A TraceReceiver receives spans by OTLP over HTTP.
type TraceReceiver struct {
	URL string

	t     testing.TB
	mu    sync.Mutex
	spans []ReceivedSpan
}

// A ReceivedSpan is a span with the attributes of its sender.
type ReceivedSpan struct {
	Name, Trace, ID, Parent string // the last three in hexadecimal digits
	Failed                  bool
	Attributes              map[string]string // the ones that are strings
	Sender                  map[string]string
	Path                    string // of the request that brought it
}

// OTLP starts a receiver of traces. It answers each request with an HTTP status.
func OTLP(t testing.TB, status int) *TraceReceiver {
	r := &TraceReceiver{t: t}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.receive(request)
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

func (r *TraceReceiver) receive(request *http.Request) {
	var body io.Reader = request.Body
	if request.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			r.t.Errorf("what was received is not compressed: %v", err)
			return
		}
	}
	b, err := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(b, &sent)
	}
	if err != nil {
		r.t.Errorf("what was received is no OTLP: %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, resource := range sent.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				r.spans = append(r.spans, ReceivedSpan{Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId),
					Parent: hex.EncodeToString(s.ParentSpanId), Failed: s.Status.GetCode() == otlp.Status_STATUS_CODE_ERROR,
					Attributes: texts(s.Attributes), Sender: texts(resource.Resource.GetAttributes()), Path: request.URL.Path})
			}
		}
	}
}

func texts(attributes []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, a := range attributes {
		m[a.Key] = a.Value.GetStringValue()
	}
	return m
}

// Spans returns the spans that were received so far.
func (r *TraceReceiver) Spans() []ReceivedSpan {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spans)
}

// Span waits for a span of a trace by its name, and returns the first.
func (r *TraceReceiver) Span(trace, name string) ReceivedSpan {
	r.t.Helper()
	var found ReceivedSpan
	eventually.Nil(r.t, "a span "+name+" of trace "+trace+" has come", func() error {
		var others []string
		for _, s := range r.Spans() {
			if s.Trace == trace && s.Name == name {
				found = s
				return nil
			}
			others = append(others, s.Trace+" "+s.Name)
		}
		return fmt.Errorf("there are %q", others)
	})
	return found
}
