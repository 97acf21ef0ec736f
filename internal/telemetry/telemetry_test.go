package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/telemetry"
)

// Dashboards and alerts use these names. Do not rename them.
var names = []string{
	"multivac_abstentions_total",
	"multivac_ask_duration_seconds",
	"multivac_asks_total",
	"multivac_build_info",
	"multivac_cache_answers",
	"multivac_cache_bytes",
	"multivac_cache_evictions_total",
	"multivac_cache_far_nodes",
	"multivac_cache_far_requests_total",
	"multivac_cache_hits_total",
	"multivac_cache_requests_total",
	"multivac_documents_indexed",
	"multivac_documents_pending",
	"multivac_documents_pending_oldest_seconds",
	"multivac_http_request_duration_seconds",
	"multivac_http_requests_in_flight",
	"multivac_http_requests_total",
	"multivac_log_lines_dropped_total",
	"multivac_passages_indexed",
	"multivac_queue_tasks",
	"multivac_ready",
	"multivac_store_duration_seconds",
	"multivac_store_errors_total",
	"multivac_tell_bytes_total",
	"multivac_tell_documents_total",
	"multivac_tell_duration_seconds",
	"multivac_trace_spans_lost_total",
	"multivac_worker_duration_seconds",
	"multivac_worker_tasks_in_progress",
	"multivac_worker_tasks_total",
}

func TestMetricNames(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{Version: "1.2.3"})
	tm.Cache(func() telemetry.CacheNumbers {
		return telemetry.CacheNumbers{Near: 2, Far: 3, Misses: 4, FarNodes: 3, FarNodesDown: 1}
	})
	status, unknown := multivac.Status{Ready: true, Pending: 5}, error(nil)
	tm.Status(func() (multivac.Status, error) { return status, unknown })
	backlog := telemetry.Backlog{Known: true, Oldest: time.Now().Add(-time.Hour), Queued: 7}
	tm.Backlog(func() telemetry.Backlog { return backlog })
	tm.StoreOperations("put")
	tm.Worked("indexed", "publish", time.Second)
	tell(t, tm, nil)
	serve(tm, "GET", "/livez", ok)

	text := scrape(t, tm)
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (multivac_\S+) `).FindAllStringSubmatch(text, -1) {
		got = append(got, m[1])
	}
	slices.Sort(got)
	if d := cmp.Diff(names, got); d != "" {
		t.Errorf("names of metrics (-want +got)\n%s", d)
	}
	for _, name := range got {
		if !regexp.MustCompile(`(?m)^# HELP ` + name + ` \S.*\.$`).MatchString(text) {
			t.Errorf("%s has no help that is a sentence", name)
		}
	}
	for _, name := range []string{"go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("metric %s is missing", name)
		}
	}
	wantLine(t, text, `multivac_build_info{go_version="`)
	wantLine(t, text, `multivac_cache_requests_total{result="hit"} 5`)
	wantLine(t, text, `multivac_cache_requests_total{result="miss"} 4`)
	wantLine(t, text, `multivac_cache_hits_total{where="far"} 3`)
	wantLine(t, text, `multivac_cache_far_nodes{state="up"} 2`)
	wantLine(t, text, `multivac_documents_pending 5`)
	wantLine(t, text, `multivac_documents_pending_oldest_seconds 3600.`)
	wantLine(t, text, `multivac_queue_tasks 7`)
	wantLine(t, text, `multivac_ready 1`)
	wantLine(t, text, `multivac_worker_tasks_total{outcome="indexed",step="publish"} 1`)

	// Unknown numbers are left out: a 0 would look as if all was well.
	unknown, backlog = multivac.ErrUnavailable, telemetry.Backlog{Queued: -1}
	text = scrape(t, tm)
	wantLine(t, text, `multivac_ready 0`)
	for _, name := range []string{"multivac_documents_pending", "multivac_documents_pending_oldest_seconds", "multivac_queue_tasks"} {
		if strings.Contains(text, "\n"+name+" ") {
			t.Errorf("%s is there though nobody knows it", name)
		}
	}
}

func TestAbstentionIsVisible(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	wantLine(t, scrape(t, tm), `multivac_asks_total{state="insufficient_data"} 0`)
	ask := func(answer multivac.Answer, err error) {
		t.Helper()
		got, gotErr := tm.Verbs(multivac.Verbs{Asker: askerFunc(func() (multivac.Answer, error) { return answer, err })}).Ask(t.Context(), multivac.Question{Text: "?"})
		if d := cmp.Diff(answer, got); d != "" || !errors.Is(gotErr, err) {
			t.Errorf("the answer changed on its way: %s, error %v", d, gotErr)
		}
	}
	ask(multivac.Answer{State: multivac.Answered, Confidence: .9, Sentences: []multivac.Quotation{{}}}, nil)
	ask(multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NotConfident}}, nil)
	ask(multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NotConfident}}, nil)
	ask(multivac.Answer{}, multivac.ErrUnavailable)

	text := scrape(t, tm)
	wantLine(t, text, `multivac_asks_total{state="answered"} 1`)
	wantLine(t, text, `multivac_asks_total{state="insufficient_data"} 2`)
	wantLine(t, text, `multivac_asks_total{state="error"} 1`)
	wantLine(t, text, `multivac_abstentions_total{reason="not_confident"} 2`)
	wantLine(t, text, `multivac_ask_duration_seconds_count 3`)
}

func TestTellsAreCounted(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	tell(t, tm, []multivac.Receipt{
		{ID: "1", State: multivac.Pending, Changed: true},
		{ID: "2", State: multivac.Indexed},
		{Err: multivac.ErrInvalid},
		{ID: "4", State: multivac.Failed, Changed: true, Err: multivac.ErrInvalid},
	})
	text := scrape(t, tm)
	wantLine(t, text, `multivac_tell_documents_total{state="pending"} 1`)
	wantLine(t, text, `multivac_tell_documents_total{state="unchanged"} 1`)
	wantLine(t, text, `multivac_tell_documents_total{state="refused"} 1`)
	wantLine(t, text, `multivac_tell_documents_total{state="failed"} 1`)
	wantLine(t, text, `multivac_tell_bytes_total 8`)
	wantLine(t, text, `multivac_tell_duration_seconds_count{wait="indexed"} 1`)
}

func TestRoutes(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /documents/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.HandleFunc("/any", ok)
	serve(tm, "GET", "/documents/1", mux)
	serve(tm, "GET", "/documents/2?question=secret", mux)
	serve(tm, "BREW", "/any", mux)
	serve(tm, "POST", "/nowhere", mux)
	func() {
		defer func() { _ = recover() }()
		serve(tm, "GET", "/", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("on purpose") }))
		t.Error("the panic was swallowed")
	}()

	text := scrape(t, tm)
	wantLine(t, text, `multivac_http_requests_total{code="404",method="GET",route="/documents/{id}"} 2`)
	wantLine(t, text, `multivac_http_requests_total{code="200",method="other",route="/any"} 1`)
	wantLine(t, text, `multivac_http_requests_total{code="404",method="POST",route="other"} 1`)
	wantLine(t, text, `multivac_http_requests_total{code="500",method="GET",route="other"} 1`)
	wantLine(t, text, `multivac_http_request_duration_seconds_count{method="GET",route="/documents/{id}"} 2`)
	wantLine(t, text, `multivac_http_requests_in_flight 0`)
}

// ok is a handler that answers "ok".
var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })

// serve returns the response of next behind the middleware.
func serve(tm *telemetry.Telemetry, method, target string, next http.Handler, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	tm.HTTP(next).ServeHTTP(w, r)
	return w.Result()
}

func scrape(t *testing.T, tm *telemetry.Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	tm.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("metrics: status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func wantLine(t *testing.T, text, start string) {
	t.Helper()
	if !strings.Contains(text, "\n"+start) {
		first, _, _ := strings.Cut(start, "{")
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, first) {
				t.Logf("got %s", strings.TrimSpace(line))
			}
		}
		t.Errorf("no line begins %q", start)
	}
}

func tell(t *testing.T, tm *telemetry.Telemetry, receipts []multivac.Receipt) {
	t.Helper()
	next := tellerFunc(func() ([]multivac.Receipt, error) { return receipts, nil })
	tellings := make([]multivac.Telling, len(receipts))
	for i := range tellings {
		tellings[i].Body = []byte("four")
	}
	if _, err := tm.Verbs(multivac.Verbs{Teller: next}).Tell(t.Context(), tellings, multivac.WaitIndexed); err != nil {
		t.Fatal(err)
	}
}

type askerFunc func() (multivac.Answer, error)

func (f askerFunc) Ask(context.Context, multivac.Question) (multivac.Answer, error) { return f() }

type tellerFunc func() ([]multivac.Receipt, error)

func (f tellerFunc) Tell(context.Context, []multivac.Telling, multivac.Wait) ([]multivac.Receipt, error) {
	return f()
}

// A refusal of the store is no failure. No answer is one.
func TestStoreErrors(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	tm.StoreOperations("put", "quote")
	for _, err := range []error{nil, multivac.ErrNotFound, multivac.ErrInvalid, multivac.ErrSuperseded, multivac.ErrTooLarge, multivac.ErrTooOld, context.Canceled} {
		_, done := tm.Store(t.Context(), "quote")
		done(err)
	}
	for _, err := range []error{multivac.ErrUnavailable, context.DeadlineExceeded, errors.New("broken")} {
		_, done := tm.Store(t.Context(), "put")
		done(err)
	}
	text := scrape(t, tm)
	wantLine(t, text, `multivac_store_errors_total{operation="quote"} 0`)
	wantLine(t, text, `multivac_store_duration_seconds_count{operation="quote"} 7`)
	wantLine(t, text, `multivac_store_errors_total{operation="put"} 3`)
}
