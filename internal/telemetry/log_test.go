package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/telemetry"
)

func TestRequestID(t *testing.T) {
	f := func(sent, want string) {
		t.Helper()
		tm := telemetry.New(io.Discard, telemetry.Options{})
		var inHeader, inContext string
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inHeader, inContext = w.Header().Get(telemetry.RequestIDHeader), telemetry.RequestID(r.Context())
		})
		got := serve(tm, "GET", "/", handler, telemetry.RequestIDHeader, sent).Header.Get(telemetry.RequestIDHeader)
		if !regexp.MustCompile("^("+want+")$").MatchString(got) || inHeader != got || inContext != got {
			t.Errorf("sent %q: got %q in the response, %q in the header before, %q in the context; want %s", sent, got, inHeader, inContext, want)
		}
	}
	const made = "[A-Z2-7]{26}"
	f("abc-1.2_Z", "abc-1.2_Z")
	f(strings.Repeat("a", 64), strings.Repeat("a", 64))
	f(strings.Repeat("a", 65), made)
	f("", made)
	f("two words", made)
	f("a\nb", made)
	f("<script>", made)
}

func TestAccessLogJSON(t *testing.T) {
	var out bytes.Buffer
	tm := telemetry.New(&out, telemetry.Options{})
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tm.Logger().WarnContext(r.Context(), "within", "level", "mine")
		http.Error(w, "gone", http.StatusGone)
	})
	serve(tm, "GET", "/documents/1?q=what+is+my+diagnosis", inner, telemetry.RequestIDHeader, "id-1", "User-Agent", "curl")

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want 2:\n%s", len(lines), out.String())
	}
	var within, access struct {
		Time        time.Time `json:"time"`
		Severity    string    `json:"severity"`
		Message     string    `json:"message"`
		Level       string    `json:"level"`
		RequestID   string    `json:"request_id"`
		HTTPRequest struct {
			RequestMethod, RequestURL, ResponseSize, UserAgent, RemoteIP, Latency, Protocol string
			Status                                                                          int
		} `json:"httpRequest"`
	}
	decode(t, lines[0], &within)
	decode(t, lines[1], &access)
	if within.Severity != "WARNING" || within.Message != "within" || within.RequestID != "id-1" || within.Level != "mine" {
		t.Errorf("got %s", lines[0])
	}
	h := access.HTTPRequest
	if access.Severity != "INFO" || access.Message != "GET /documents/1 410" || access.RequestID != "id-1" || access.Time.IsZero() ||
		h.RequestMethod != "GET" || h.RequestURL != "/documents/1" || h.Status != 410 || h.ResponseSize != "5" ||
		h.UserAgent != "curl" || h.RemoteIP != "192.0.2.1" || !regexp.MustCompile(`^\d+\.\d{6}s$`).MatchString(h.Latency) {
		t.Errorf("got %s", lines[1])
	}
	if strings.Contains(out.String(), "diagnosis") {
		t.Errorf("the log holds the question: %s", out.String())
	}
}

func TestAccessLogLevels(t *testing.T) {
	f := func(path string, code int, want string) {
		t.Helper()
		var out bytes.Buffer
		tm := telemetry.New(&out, telemetry.Options{Format: telemetry.Text, Level: slog.LevelDebug})
		serve(tm, "GET", path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
		if fields := strings.Fields(out.String()); len(fields) < 2 || fields[1] != want {
			t.Errorf("%s, status %d: got %q, want level %s", path, code, out.String(), want)
		}
	}
	f("/", 200, "INFO")
	f("/", 404, "INFO")
	f("/", 500, "ERROR")
	f("/", 503, "WARN")
	f("/livez", 200, "DEBUG")
	f("/readyz", 503, "WARN")
	f("/metrics", 200, "DEBUG")
}

func TestTextLog(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.New(&out, telemetry.Options{Format: telemetry.Text}).Logger()
	f := func(want string, write func()) {
		t.Helper()
		out.Reset()
		write()
		got := regexp.MustCompile(`^\d\d:\d\d:\d\d `).ReplaceAllString(out.String(), "")
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("INFO  listening address=127.0.0.1:5000\n", func() { log.Info("listening", "address", "127.0.0.1:5000") })
	f("WARN  slow\n", func() { log.Warn("slow") })
	f("ERROR \"a\\nINFO  forged\" error=\"x\\ty\"\n", func() { log.Error("a\nINFO  forged", "error", errors.New("x\ty")) })
	f("INFO  grouped role=worker task.id=7 task.msg=m\n", func() {
		log.With("role", "worker").WithGroup("task").Info("grouped", "id", 7, "msg", "m")
	})
	f("INFO  in context request_id=r1\n", func() {
		log.InfoContext(telemetry.WithRequestID(t.Context(), "r1"), "in context")
	})
	f("", func() { log.Debug("not shown") })
}

func TestAskAndTellAreLoggedWithoutWords(t *testing.T) {
	var out bytes.Buffer
	tm := telemetry.New(&out, telemetry.Options{Level: slog.LevelDebug})
	asker := tm.Verbs(multivac.Verbs{Asker: askerFunc(func() (multivac.Answer, error) {
		return multivac.Answer{State: multivac.InsufficientData, Reason: &multivac.Reason{Code: multivac.NothingFound, Unmatched: []string{"diagnosis"}}}, nil
	})})
	if _, err := asker.Ask(t.Context(), multivac.Question{Text: "what is my diagnosis?"}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, `"reason":"nothing_found"`) || strings.Contains(got, "diagnosis") {
		t.Errorf("got %s", got)
	}
}

// Handlers behind the middleware can do whatever net/http's writer can do.
func TestResponseWriterKeepsItsPowers(t *testing.T) {
	tm := telemetry.New(io.Discard, telemetry.Options{})
	server := httptest.NewServer(tm.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("it is no http.Flusher")
		}
		c := http.NewResponseController(w)
		if err := errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{}), c.EnableFullDuplex(), c.Flush()); err != nil {
			t.Errorf("http.ResponseController: %v", err)
		}
	})))
	defer server.Close()
	response, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d, want 200", response.StatusCode)
	}
}

func decode(t *testing.T, line string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), v); err != nil {
		t.Fatalf("not JSON: %v: %s", err, line)
	}
}
