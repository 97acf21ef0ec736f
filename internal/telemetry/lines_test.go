package telemetry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"multivac/internal/telemetry"
)

func answer(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
}

// guarded is a buffer that a timer may write to.
type guarded struct {
	mu   sync.Mutex
	text strings.Builder
}

func (g *guarded) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *guarded) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

func TestLinesAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out guarded
		tm := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON, Delay: time.Second})
		f := func(want int, after string) {
			t.Helper()
			synctest.Wait()
			if got := strings.Count(out.String(), "\n"); got != want {
				t.Errorf("%d lines %s, want %d:\n%s", got, after, want, out.String())
			}
		}
		serve(tm, "GET", "/a", answer(200))
		serve(tm, "GET", "/b", answer(404))
		f(0, "at once")
		time.Sleep(time.Second)
		f(2, "after the delay")
		serve(tm, "GET", "/c", answer(200))
		tm.Logger().Info("important")
		f(4, "after another line")
		serve(tm, "GET", "/d", answer(200))
		serve(tm, "GET", "/e", answer(500))
		f(6, "after an error")
		serve(tm, "GET", "/f", answer(200))
		tm.Flush()
		f(7, "after Flush")
		time.Sleep(time.Hour)
		f(7, "later")
		var paths string
		for line := range strings.Lines(out.String()) {
			var l struct {
				Message     string
				HTTPRequest struct{ RequestURL string }
			}
			decode(t, line, &l)
			paths += l.HTTPRequest.RequestURL
		}
		if paths != "/a/b/c/d/e/f" {
			t.Errorf("lines come as %s", paths)
		}
	})
}

// A slowWriter takes its time, and counts how often.
type slowWriter struct {
	guarded
	calls int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	w.calls++ // no two at the same time
	time.Sleep(time.Millisecond)
	return w.guarded.Write(p)
}

func TestLinesShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out slowWriter
		log := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON, Delay: time.Hour}).Logger()
		const writers, each = 16, 20
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range each {
					line := fmt.Sprintf("line %d of %d;", i, w)
					log.Info(line)
					if n := strings.Count(out.String(), line); n != 1 {
						t.Errorf("%q is there %d times once it was logged, want once", line, n)
					}
				}
			})
		}
		all.Wait()
		if n := strings.Count(out.String(), "\n"); n != writers*each {
			t.Errorf("%d lines, want %d", n, writers*each)
		}
		if out.calls > 2*each {
			t.Errorf("%d calls for %d times %d lines", out.calls, each, writers)
		}
	})
}

func TestAccessLogQuotes(t *testing.T) {
	f := func(agent string) {
		t.Helper()
		var out bytes.Buffer
		tm := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON})
		serve(tm, "GET", "/ü\"\\", answer(200), "User-Agent", agent)
		var l struct {
			Message     string
			HTTPRequest struct{ UserAgent string }
		}
		if err := json.Unmarshal(out.Bytes(), &l); err != nil {
			t.Fatalf("agent %q: %v: %s", agent, err, out.String())
		}
		if l.HTTPRequest.UserAgent != strings.ToValidUTF8(agent, "\ufffd") || l.Message != "GET /ü\"\\ 200" {
			t.Errorf("agent %q: got %s", agent, out.String())
		}
	}
	f("curl")
	f(`"},{"x":"`)
	f("a\tb")
	f("\\")
	f("Grüße\xff")
}

func BenchmarkHTTP(b *testing.B) {
	tm := telemetry.New(io.Discard, telemetry.Options{Format: telemetry.JSON, Delay: time.Second})
	h := tm.HTTP(answer(200))
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(discard{http.Header{}}, request)
	}
}

var request, _ = http.NewRequest("GET", "/multivac", nil)

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
