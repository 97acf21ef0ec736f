package services

import (
	"net/http"
	"strings"
	"testing"

	"multivac/internal/servers"
)

// The trace of a telling goes on in the worker, which is another process. A
// question has spans for its steps.
func TestOneTraceInBothProcesses(t *testing.T) {
	s := newStage(t)
	receiver := servers.OTLP(t, http.StatusOK)
	traces := []string{"--traces.endpoint", receiver.URL, "--traces.sample", "0"}
	worker := s.start("worker", append(traces, "--log-level", "debug")...)
	web := s.start("web", traces...).ready()
	send := func(trace, method, path, body string) {
		t.Helper()
		if r := web.do(method, path, "application/json", body, "Traceparent", "00-"+trace+"-b7ad6b7169203331-01"); r.status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
		}
	}
	const told, asked = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"
	send(told, "POST", "/api/v1/documents?wait=indexed", `{"source": "a.md", "text": "Backups are kept for 35 days."}`)
	send(asked, "GET", "/api/v1/answer?question=How+long+are+backups+kept%3F", "")
	web.stop() // so that it sends its last spans
	worker.stop()

	request, work := receiver.Span(told, "POST /api/v1/documents"), receiver.Span(told, "work")
	if work.Sender["multivac.role"] != "worker" || request.Sender["multivac.role"] != "web" {
		t.Errorf("the work was done by %q, the request answered by %q", work.Sender["multivac.role"], request.Sender["multivac.role"])
	}
	id := request.Attributes["multivac.request_id"]
	if id == "" || work.Attributes["multivac.request_id"] != id {
		t.Errorf("the request is %q, the work was begun by %q", id, work.Attributes["multivac.request_id"])
	}
	for _, step := range []string{"extract", "segment", "publish"} {
		if span := receiver.Span(told, step); span.Parent != work.ID {
			t.Errorf("%s is not a part of the work", step)
		}
	}
	if line := lineOf(worker.said(), "a document was indexed"); !strings.Contains(line, `"request_id":"`+id+`"`) || !strings.Contains(line, `"logging.googleapis.com/trace":"`+told+`"`) {
		t.Errorf("the worker's line names neither request %s nor trace %s: %s", id, told, line)
	}
	ask := receiver.Span(asked, "ask")
	for _, step := range []string{"cache", "index", "store", "rank"} {
		if span := receiver.Span(asked, step); span.Parent != ask.ID {
			t.Errorf("%s is not a part of the answer", step)
		}
	}
	for _, span := range receiver.Spans() {
		for _, value := range span.Attributes {
			if strings.Contains(value, "Backups") || strings.Contains(value, "How long") {
				t.Errorf("span %s holds a text: %q", span.Name, value)
			}
		}
	}
}

func lineOf(log, message string) string {
	for line := range strings.Lines(log) {
		if strings.Contains(line, message) {
			return line
		}
	}
	return ""
}
