package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/servers"
	"multivac/internal/telemetry"
)

func traced(t *testing.T, r *servers.TraceReceiver, sample float64) *telemetry.Telemetry {
	t.Helper()
	tm := telemetry.New(io.Discard, telemetry.Options{Role: "web"})
	if err := tm.StartTraces(t.Context(), telemetry.Traces{Endpoint: r.URL, Sample: sample, Version: "1.2.3", Instance: "pod-1"}); err != nil {
		t.Fatal(err)
	}
	return tm
}

const (
	someTrace   = "0af7651916cd43dd8448eb211c80319c"
	someSpan    = "b7ad6b7169203331"
	traceparent = "00-" + someTrace + "-" + someSpan + "-01"
)

// A request brings a trace. The trace goes on in the questions and tellings of
// the request, and in a worker of another process.
func TestTraceFromRequestToWorker(t *testing.T) {
	r := servers.OTLP(t, 200)
	web, worker := traced(t, r, 0), traced(t, r, 0) // a sample of 0 does not matter: the caller has decided
	var handedOn multivac.Origin
	mux := http.NewServeMux()
	mux.HandleFunc("GET /documents/{id}", func(_ http.ResponseWriter, req *http.Request) {
		asker := web.Verbs(multivac.Verbs{Asker: askerFunc(func() (multivac.Answer, error) {
			return multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NothingFound}}, nil
		})})
		if _, err := asker.Ask(req.Context(), multivac.Question{Text: "what is my diagnosis?"}); err != nil {
			t.Error(err)
		}
		ctx, done := web.Store(req.Context(), "put")
		done(multivac.ErrUnavailable)
		handedOn = multivac.OriginOf(ctx)
	})
	serve(web, "GET", "/documents/17?question=what+is+my+diagnosis", mux, "Traceparent", traceparent, telemetry.RequestIDHeader, "request-1")
	ctx, done := worker.Work(multivac.WithOrigin(t.Context(), handedOn), "work")
	_, step := worker.Work(ctx, "publish")
	step(nil)
	done(errors.New("broken"))
	web.Flush()
	worker.Flush()

	span := func(name string) servers.ReceivedSpan { return r.Span(someTrace, name) }
	request, ask, put, work, publish := span("GET /documents/{id}"), span("ask"), span("store put"), span("work"), span("publish")
	for _, s := range r.Spans() {
		if s.Trace != someTrace || strings.Contains(fmt.Sprint(s), "diagnosis") {
			t.Errorf("this span is of another trace, or holds the question: %+v", s)
		}
	}
	for _, c := range []struct {
		span   servers.ReceivedSpan
		parent string
	}{{request, someSpan}, {ask, request.ID}, {put, request.ID}, {work, request.ID}, {publish, work.ID}} {
		if c.span.Parent != c.parent {
			t.Errorf("the parent of %s is %s, want %s", c.span.Name, c.span.Parent, c.parent)
		}
	}
	for key, want := range map[string]string{"http.route": "/documents/{id}", "url.path": "/documents/17", "multivac.request_id": "request-1"} {
		if got := request.Attributes[key]; got != want {
			t.Errorf("%s of the request is %q, want %q", key, got, want)
		}
	}
	if got := work.Attributes["multivac.request_id"]; got != "request-1" {
		t.Errorf("the work says that request %q began it", got)
	}
	if got := ask.Attributes["multivac.reason"]; got != "nothing_found" {
		t.Errorf("the reason is %q", got)
	}
	if !put.Failed || !work.Failed || request.Failed {
		t.Errorf("failed: put %v, work %v, request %v; want both, and not the request", put.Failed, work.Failed, request.Failed)
	}
	for key, want := range map[string]string{"service.name": "multivac", "service.version": "1.2.3", "multivac.role": "web", "service.instance.id": "pod-1"} {
		if got := request.Sender[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if request.Path != "/v1/traces" {
		t.Errorf("spans went to %s", request.Path)
	}
}

func TestTracesAreSampled(t *testing.T) {
	f := func(sample float64, traceparent string, want int) {
		t.Helper()
		r := servers.OTLP(t, 200)
		tm := traced(t, r, sample)
		serve(tm, "GET", "/x", answer(200), "Traceparent", traceparent)
		serve(tm, "GET", "/livez", answer(200), "Traceparent", traceparent)
		tm.Flush()
		if got := len(r.Spans()); got != want {
			t.Errorf("sample %v, traceparent %q: %d spans, want %d", sample, traceparent, got, want)
		}
	}
	f(0, "", 0)
	f(1, "", 1)
	f(0, traceparent, 1)
	f(1, strings.TrimSuffix(traceparent, "1")+"0", 0)
	f(1, "nonsense", 1)
}

// A receiver that refuses spans, or does not exist, costs nothing but spans.
func TestTracesThatCannotBeSent(t *testing.T) {
	r := servers.OTLP(t, 400)
	var out bytes.Buffer
	tm := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON})
	if err := tm.StartTraces(t.Context(), telemetry.Traces{Endpoint: r.URL, Sample: 1}); err != nil {
		t.Fatal(err)
	}
	if got := serve(tm, "GET", "/x", answer(204)).StatusCode; got != 204 {
		t.Errorf("the request was answered %d", got)
	}
	tm.Flush()
	wantLine(t, scrape(t, tm), "multivac_trace_spans_lost_total 1")
	if !strings.Contains(out.String(), "spans cannot be sent") {
		t.Errorf("the log does not say so: %s", out.String())
	}
}

func TestTracesEndpoint(t *testing.T) {
	f := func(endpoint string, sample float64, ok bool) {
		t.Helper()
		tm := telemetry.New(io.Discard, telemetry.Options{})
		err := tm.StartTraces(context.Background(), telemetry.Traces{Endpoint: endpoint, Sample: sample})
		tm.Flush()
		if (err == nil) != ok || !ok && !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%q, %v: got %v", endpoint, sample, err)
		}
	}
	f("http://collector:4318", 1, true)
	f("https://collector/v1/traces", .1, true)
	f("collector:4318", 1, false)
	f("", 1, false)
	f("http://user:secret@collector:4318", 1, false)
	f("http://collector:4318", 1.1, false)
	f("http://collector:4318", -1, false)
}

// Log lines name the trace as Cloud Logging wants it, even if no spans are
// sent.
func TestLogNamesTheTrace(t *testing.T) {
	f := func(sent, trace, span string, sampled bool) {
		t.Helper()
		var out bytes.Buffer
		tm := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON, Role: "web", TraceProject: "acme"})
		serve(tm, "GET", "/x", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			tm.Logger().InfoContext(r.Context(), "within")
		}), "Traceparent", sent)
		for line := range strings.Lines(out.String()) {
			var got struct {
				Trace   string            `json:"logging.googleapis.com/trace"`
				Span    string            `json:"logging.googleapis.com/spanId"`
				Sampled *bool             `json:"logging.googleapis.com/trace_sampled"`
				Labels  map[string]string `json:"logging.googleapis.com/labels"`
			}
			decode(t, line, &got)
			if trace != "" {
				trace = "projects/acme/traces/" + strings.TrimPrefix(trace, "projects/acme/traces/")
			}
			if got.Trace != trace || got.Span != span || (got.Sampled != nil) != (trace != "") || got.Sampled != nil && *got.Sampled != sampled {
				t.Errorf("%q: got %s, want trace %q, span %q, sampled %v", sent, line, trace, span, sampled)
			}
			if got.Labels["role"] != "web" {
				t.Errorf("the role is missing: %s", line)
			}
		}
		if strings.Count(out.String(), "\n") != 2 {
			t.Errorf("got %s, want 2 lines", out.String())
		}
	}
	base := "00-" + someTrace + "-" + someSpan
	f("", "", "", false)
	f(base+"-01", someTrace, someSpan, true)
	f(base+"-00", someTrace, someSpan, false)
	f(base+"-ff", someTrace, someSpan, true)
	f(base+"-0a", someTrace, someSpan, false)
	f("cc"+base[2:]+"-01-more", someTrace, someSpan, true)
	f("cc"+base[2:]+"-01more", "", "", false)
	f(base+"-01-more", "", "", false)
	f("ff"+base[2:]+"-01", "", "", false)
	f(strings.ToUpper(base)+"-01", "", "", false)
	f("00-"+strings.Repeat("0", 32)+"-"+someSpan+"-01", "", "", false)
	f("00-"+someTrace+"-"+strings.Repeat("0", 16)+"-01", "", "", false)
	f(base, "", "", false)
	f("x", "", "", false)
}

func TestQuestionsAreLoggedWhereAskedFor(t *testing.T) {
	var out bytes.Buffer
	tm := telemetry.New(&out, telemetry.Options{LogQuestions: true})
	asker := tm.Verbs(multivac.Verbs{Asker: askerFunc(func() (multivac.Answer, error) { return multivac.Answer{State: multivac.Answered}, nil })})
	if _, err := asker.Ask(t.Context(), multivac.Question{Text: "who is on call?"}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, `"question":"who is on call?"`) || !strings.Contains(got, `"collection":"default"`) {
		t.Errorf("got %s", got)
	}
}

// Traces that are switched off allocate nothing.
func TestNoTracesNoAllocations(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() {
		_, done := tm.Span(ctx, "x")
		done(nil)
	}); n > 0 {
		t.Errorf("a span that is not sent takes %v allocations", n)
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(traceparent)
	f.Add("cc-" + someTrace + "-" + someSpan + "-01-more")
	f.Fuzz(func(t *testing.T, header string) {
		var out bytes.Buffer
		tm := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON})
		r := httptest.NewRequest("GET", "/x", nil)
		r.Header["Traceparent"] = []string{header}
		tm.HTTP(answer(200)).ServeHTTP(httptest.NewRecorder(), r)
		var line map[string]any
		decode(t, out.String(), &line)
		if id, ok := line["logging.googleapis.com/trace"].(string); ok && (len(id) != 32 || !strings.Contains(header, id)) {
			t.Errorf("%q: trace %q", header, id)
		}
	})
}
