package telemetry_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
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

// guarded is a buffer that a timer may write to at the same time.
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

// A slowWriter takes its time and counts its calls.
type slowWriter struct {
	guarded
	calls int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	w.calls++ // no lock: there are never two calls at the same time
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

func BenchmarkLine(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	log := telemetry.New(file, telemetry.Options{Format: telemetry.JSON, Delay: time.Second}).Logger()
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			log.Info("a document was indexed", "document", "7add25ec67403c9d6363ba106ac89cd3")
		}
	})
}

var request, _ = http.NewRequest("GET", "/multivac", nil)

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// stuckPipe returns the ends of a pipe that nobody reads yet.
func stuckPipe(t *testing.T) (read, write *os.File) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return read, write
}

// A log that nobody reads blocks nobody. Once somebody reads it, it says how
// many lines it lost.
func TestALogThatNobodyReads(t *testing.T) {
	for _, format := range []telemetry.Format{telemetry.JSON, telemetry.Text} {
		read, write := stuckPipe(t)
		tm := telemetry.New(write, telemetry.Options{Format: format})
		const lines = 20_000
		long := strings.Repeat("x", 500)
		for i := range lines {
			tm.Logger().Info(long, "line", i)
		}
		serve(tm, "GET", "/", answer(500))
		tm.Flush()
		_, after, _ := strings.Cut(scrape(t, tm), "\nmultivac_log_lines_dropped_total ")
		count, _, _ := strings.Cut(after, "\n")
		dropped, err := strconv.ParseFloat(count, 64)
		if err != nil || dropped < lines/4 || dropped >= lines {
			t.Errorf("%s: %v lines of %d were dropped, %v; want a part of them", format, dropped, lines, err)
		}

		in := bufio.NewScanner(read)
		kept, told := 0, 0
		for kept+told <= lines && in.Scan() {
			line := in.Text()
			if strings.Contains(line, "were dropped") {
				if told = int(dropped); !strings.Contains(line, "lines\":"+strconv.Itoa(told)+"}") && !strings.HasSuffix(line, "lines="+strconv.Itoa(told)) {
					t.Errorf("%s: told %s, want that %d were dropped", format, line, told)
				}
			} else {
				kept++
			}
		}
		if kept+told != lines+1 || in.Err() != nil {
			t.Errorf("%s: %d lines came and %d were told to be dropped, of %d, %v", format, kept, told, lines+1, in.Err())
		}
		tm.Logger().Info("it is read again")
		if !in.Scan() || !strings.Contains(in.Text(), "it is read again") {
			t.Errorf("%s: got %q once it is read again", format, in.Text())
		}
	}
}

// A log whose reader has closed it loses lines, and nothing else.
func TestALogThatIsClosed(t *testing.T) {
	read, write := stuckPipe(t)
	read.Close()
	tm := telemetry.New(write, telemetry.Options{Format: telemetry.JSON})
	for range 3 {
		tm.Logger().Info("gone")
	}
	if text := scrape(t, tm); !strings.Contains(text, "\nmultivac_log_lines_dropped_total 3\n") {
		t.Errorf("three lines were lost, and the metrics do not say so:\n%s", text)
	}
}
