package audit_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"multivac"
	"multivac/internal/audit"
	"multivac/internal/web/webtest"
)

// fifo makes a named pipe.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reader opens a named pipe to be read, and does not read it.
func reader(t *testing.T, path string) *os.File {
	t.Helper()
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// requests reads so many events, and returns their requests.
func requests(t *testing.T, r *os.File, n int) (all []string) {
	t.Helper()
	r.SetReadDeadline(time.Now().Add(30 * time.Second))
	for in := bufio.NewScanner(r); len(all) < n; {
		var e audit.Event
		if !in.Scan() {
			t.Fatalf("%d events came, want %d: %v", len(all), n, in.Err())
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, in.Text())
		}
		all = append(all, e.Request)
	}
	return all
}

// unavailable fails the test unless err says what to do, and when to come back.
func unavailable(t *testing.T, what string, err error) {
	t.Helper()
	var e *multivac.Error
	if !errors.As(err, &e) || e.Kind != multivac.ErrUnavailable || e.RetryAfter == 0 || !strings.Contains(e.Remedy, "have the audit log read") {
		t.Errorf("%s: got %v, want it unavailable with a remedy", what, err)
	}
}

func TestAPipeWithoutAReaderIsRefused(t *testing.T) {
	if _, err := audit.OpenFile(fifo(t)); !errors.Is(err, multivac.ErrUnavailable) || !strings.Contains(err.Error(), "nobody reads the pipe") {
		t.Errorf("got %v, want to be told that nobody reads it", err)
	}
}

// While nobody reads the log, nothing is changed. What was changed before that
// was known is not acknowledged, and its line comes once the log is read.
func TestAnAuditLogThatNobodyReads(t *testing.T) {
	t.Parallel()
	path := fifo(t)
	r := reader(t, path)
	f, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var failed, recovered atomic.Int32
	f.Failed, f.Recovered = func(error) { failed.Add(1) }, func() { recovered.Add(1) }
	m := &webtest.Memory{}
	log := audit.Log{Sink: f, Now: time.Now}
	verbs := log.Verbs(m.Verbs())
	tell := func(n int) error {
		_, err := verbs.Tell(t.Context(), []multivac.Telling{{Source: fmt.Sprint(n), Body: []byte("A.")}}, multivac.WaitStored)
		return err
	}

	acknowledged := 0
	for err = tell(0); err == nil && acknowledged < 10_000; err = tell(acknowledged) {
		acknowledged++
	}
	unavailable(t, "a telling that is kept, and not written down", err)
	kept := len(m.All())
	begin := time.Now()
	for n := range 100 {
		unavailable(t, "a telling after that", tell(n))
	}
	_, err = verbs.Delete(t.Context(), m.All()[0].ID())
	unavailable(t, "a deletion", err)
	unavailable(t, "an action that is forbidden", log.Refused(t.Context(), "tell"))
	if took := time.Since(begin); took > 30*time.Second { // five minutes where each waits
		t.Errorf("100 refusals took %s, want none to wait", took)
	}
	if now := len(m.All()); kept != acknowledged+1 || now != kept {
		t.Errorf("%d are acknowledged, %d are kept and %d later; want one more, and that none is told then", acknowledged, kept, now)
	}
	if failed.Load() != 1 {
		t.Errorf("it was said %d times, want once", failed.Load())
	}

	requests(t, r, kept)
	for end := time.Now().Add(30 * time.Second); f.Ready() != nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if err := tell(kept); err != nil {
		t.Errorf("once it is read: %v", err)
	}
	if recovered.Load() != 1 {
		t.Errorf("its recovery was said %d times, want once", recovered.Load())
	}
}

func write(t *testing.T, f *audit.File, request string) error {
	t.Helper()
	return f.Write(t.Context(), []audit.Event{{Action: "tell", Request: request}})
}

// A line that cannot be written is tried again until it can, in order.
func TestAReaderThatComesBack(t *testing.T) {
	t.Parallel()
	path := fifo(t)
	first := reader(t, path)
	f, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := write(t, f, "one"); err != nil {
		t.Fatal(err)
	}
	requests(t, first, 1)
	first.Close()
	unavailable(t, "without a reader", write(t, f, "two"))
	unavailable(t, "after that", f.Ready())
	second := reader(t, path)
	if got := requests(t, second, 1); got[0] != "two" {
		t.Errorf("got %q first, want what was not written", got)
	}
	for end := time.Now().Add(30 * time.Second); f.Ready() != nil && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if err := write(t, f, "three"); err != nil {
		t.Fatal(err)
	}
	if got := requests(t, second, 1); got[0] != "three" {
		t.Errorf("got %q, want three", got)
	}
}

// What was begun in a pipe that is stuck goes into the file that takes its
// place, in whole lines.
func TestAPipeIsReplaced(t *testing.T) {
	t.Parallel()
	path := fifo(t)
	reader(t, path)
	f, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	long := strings.Repeat("x", 100_000) // more than a pipe holds
	unavailable(t, "a long line", write(t, f, long))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := f.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := write(t, f, "next"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 3 || !strings.Contains(lines[0], long) || !strings.HasPrefix(lines[0], "{") || !strings.Contains(lines[1], "next") {
		t.Errorf("%d lines and %v, want both events, whole", len(lines)-1, err)
	}
}

func TestAFullDiskOfTheAuditLog(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("SKIPPED: this system has no /dev/full:", err)
	}
	f, err := audit.OpenFile("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	unavailable(t, "a full disk", write(t, f, "one"))
	unavailable(t, "after that", f.Ready())
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "1 lines of the audit log are lost") {
		t.Errorf("at the end: %v, want to be told what is lost", err)
	}
}

func BenchmarkFile(b *testing.B) {
	f, err := audit.OpenFile(filepath.Join(b.TempDir(), "audit.log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	event := []audit.Event{{Time: time.Now(), Action: "tell", Collection: "laws", Document: "7add25ec67403c9d6363ba106ac89cd3", Outcome: "done"}}
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			f.Write(b.Context(), event)
		}
	})
}
