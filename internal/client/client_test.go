package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
	"multivac/internal/web/wire"
)

// pair returns a client of a server over a MultiVAC in memory. Its sleep only
// notes how long it would have been.
func pair(t *testing.T, m *webtest.Memory) (*Client, *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(web.New(web.Options{
		Verbs: m.Verbs(), Wait: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
		Files: func(context.Context, extract.Input) iter.Seq2[multivac.Telling, error] {
			panic("a client of ours sends no files")
		},
	}))
	t.Cleanup(server.Close)
	return clientOf(t, server.URL)
}

func clientOf(t *testing.T, address string) (*Client, *[]time.Duration) {
	t.Helper()
	c, err := New(address)
	if err != nil {
		t.Fatal(err)
	}
	var slept []time.Duration
	c.sleep = func(ctx context.Context, d time.Duration) error {
		slept = append(slept, d)
		return ctx.Err()
	}
	t.Cleanup(c.http.CloseIdleConnections)
	return c, &slept
}

func TestNew(t *testing.T) {
	f := func(server, want string) {
		t.Helper()
		c, err := New(server)
		switch {
		case want == "" && !errors.Is(err, multivac.ErrInvalid):
			t.Errorf("New(%q): got error %v, want ErrInvalid", server, err)
		case want != "" && (err != nil || c.base != want):
			t.Errorf("New(%q): got %v %v, want %s", server, c, err, want)
		}
	}
	f("127.0.0.1:5000", "http://127.0.0.1:5000")
	f("http://example.org/", "http://example.org")
	f("https://example.org/multivac/", "https://example.org/multivac")
	f("ftp://example.org", "")
	f("http://", "")
	f("", "")
	f("http://a b", "")
	f("example.org?x=y", "")
}

// What a service says and what its client says are the same.
func TestRoundTrip(t *testing.T) {
	m := &webtest.Memory{}
	c, _ := pair(t, m)
	ctx := t.Context()
	tellings := []multivac.Telling{
		{Collection: "c", Source: "links.md", Title: "Links", MediaType: "text/markdown", Body: []byte("# Links\n\nA link <stays> \"valid\" for\u2028seven days.\nAsk Susan.\n")},
		{Collection: "c", Source: "bytes", MediaType: "text/plain", Body: []byte("\xff\xfe\x00 bytes")},
		{Collection: "c", Source: "control", Body: []byte("\x01\x02 link")},
		{Collection: "c", Source: "refuse", Body: []byte("x")},
		{Collection: "No!", Source: "here", Body: []byte("x")},
	}
	receipts, err := c.Tell(ctx, tellings, multivac.WaitIndexed)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(tellings[:4], m.All()); d != "" {
		t.Errorf("told (-want +got)\n%s", d)
	}
	for n, r := range receipts {
		kept := n < 3
		if r.Source != tellings[n].Source || (r.Err == nil) != kept || (r.ID == tellings[n].ID()) != kept || (r.State == multivac.Indexed) != kept {
			t.Errorf("got receipt %+v of %s", r, tellings[n].Source)
		}
	}
	if err := receipts[3].Err; !errors.Is(err, multivac.ErrInvalid) || err.Error() != "refuse is refused; tell something else" {
		t.Errorf("refused: got %v", err)
	}

	for _, text := range []string{"link", "Napoleon"} {
		q := multivac.Question{Text: text, Collection: "c", Stop: multivac.Strict, Count: 3, After: "00000001"}
		same(t, c, m, "Ask "+text, func(mv all) (any, error) { return mv.Ask(ctx, q) })
	}
	id := receipts[0].ID
	same(t, c, m, "Document", func(mv all) (any, error) {
		d, err := mv.Document(ctx, id)
		d.Body = nil
		return d, err
	})
	same(t, c, m, "Original", func(mv all) (any, error) {
		told, err := mv.Original(ctx, receipts[1].ID)
		return []any{told.MediaType, told.Body}, err
	})
	same(t, c, m, "Documents", func(mv all) (any, error) {
		return mv.Documents(ctx, multivac.Listing{Collection: "c", State: multivac.Indexed, Limit: 2})
	})
	same(t, c, m, "Documents after", func(mv all) (any, error) {
		return mv.Documents(ctx, multivac.Listing{Cursor: string(id)})
	})
	same(t, c, m, "Datum", func(mv all) (any, error) { return mv.Datum(ctx, "c") })
	same(t, c, m, "Status", func(mv all) (any, error) { return mv.Status(ctx) })
	if err := c.Reach(ctx, receipts[0].Position); err != nil {
		t.Errorf("Reach(%s): %v", receipts[0].Position, err)
	}
	if r, err := c.Delete(ctx, id); err != nil || r.State != multivac.Deleted || !r.Changed || r.Position == "" || r.Revision != 2 {
		t.Errorf("Delete: got %+v, %v", r, err)
	}
	same(t, c, m, "Delete again", func(mv all) (any, error) { return mv.Delete(ctx, id) })
	same(t, c, m, "Document, deleted", func(mv all) (any, error) { return mv.Document(ctx, id) })
	same(t, c, m, "Status", func(mv all) (any, error) { return mv.Status(ctx) })
}

type all interface {
	multivac.Teller
	multivac.Asker
	multivac.Library
}

// same checks that the client says of a call what the service does.
func same(t *testing.T, c *Client, m *webtest.Memory, name string, call func(all) (any, error)) {
	t.Helper()
	want, err := call(m)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, err := call(c)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%s: %v (-want +got)\n%s", name, err, d)
	}
}

// The kinds of errors hold across the wire, and their remedies with them.
func TestErrorsHold(t *testing.T) {
	m := &webtest.Memory{}
	c, _ := pair(t, m)
	ctx := t.Context()
	kinds := []error{
		multivac.ErrInvalid, multivac.ErrTooLarge, multivac.ErrNotFound, multivac.ErrUnavailable,
		multivac.ErrSuperseded, multivac.ErrBehind, multivac.ErrInUse, multivac.ErrTooOld,
	}
	for _, kind := range kinds {
		m.Err = fmt.Errorf("inside: %w", multivac.Errorf(kind, "mend it", "%v happened", kind))
		f := func(name string, err error) {
			t.Helper()
			for _, other := range kinds {
				if got, want := errors.Is(err, other), other == kind; got != want {
					t.Errorf("%s of %v: errors.Is(%v, %v) = %v, want %v", name, kind, err, other, got, want)
				}
			}
			if want := kind.Error() + " happened; mend it"; err == nil || err.Error() != want {
				t.Errorf("%s: got %v, want %s", name, err, want)
			}
		}
		_, err := c.Ask(ctx, multivac.Question{Text: "x"})
		f("Ask", err)
		_, err = c.Document(ctx, "1")
		f("Document", err)
		_, err = c.Documents(ctx, multivac.Listing{})
		f("Documents", err)
		_, err = c.Delete(ctx, "1")
		f("Delete", err)
		_, err = c.Datum(ctx, "")
		f("Datum", err)
		receipts, err := c.Tell(ctx, []multivac.Telling{{Body: []byte("x")}}, multivac.WaitStored)
		if err == nil { // the server cannot tell that from a refusal
			err = receipts[0].Err
		}
		f("Tell", err)
	}
	m.Err = errors.New("disk at /secret burns")
	_, err := c.Ask(ctx, multivac.Question{Text: "x"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an internal error: got %v", err)
	}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			t.Errorf("an internal error is %v", kind)
		}
	}
	if s, err := c.Status(ctx); err != nil || s.Ready {
		t.Errorf("Status of one that fails: got %+v, %v", s, err)
	}
}

func TestTellAllRefused(t *testing.T) {
	m := &webtest.Memory{}
	c, _ := pair(t, m)
	receipts, err := c.Tell(t.Context(), []multivac.Telling{
		{Source: "refuse 1", Body: []byte("x")}, {Source: "refuse 2", Body: []byte("x")},
	}, multivac.WaitStored)
	if err != nil || len(receipts) != 2 {
		t.Fatalf("got %+v, %v", receipts, err)
	}
	for n, r := range receipts {
		if want := fmt.Sprintf("refuse %d is refused; tell something else", n+1); r.Err == nil || r.Err.Error() != want {
			t.Errorf("got %v, want %s", r.Err, want)
		}
	}
	if receipts, err := c.Tell(t.Context(), nil, multivac.WaitStored); err != nil || len(receipts) != 0 {
		t.Errorf("nothing: got %v, %v", receipts, err)
	}
}

func TestTellInBatches(t *testing.T) {
	m := &webtest.Memory{}
	c, _ := pair(t, m)
	f := func(size, count int, want ...int) {
		t.Helper()
		before := len(m.Told())
		tellings := make([]multivac.Telling, count)
		for n := range tellings {
			tellings[n] = multivac.Telling{Source: fmt.Sprint(size, n), Body: make([]byte, size)}
		}
		receipts, err := c.Tell(t.Context(), tellings, multivac.WaitStored)
		if err != nil {
			t.Fatal(err)
		}
		for n, r := range receipts {
			if r.Source != tellings[n].Source || r.Err != nil {
				t.Errorf("receipt %d: got %+v", n, r)
			}
		}
		var got []int
		for _, batch := range m.Told()[before:] {
			got = append(got, len(batch))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d tellings of %d bytes: got batches of %v, want %v", count, size, got, want)
		}
	}
	f(1, 600, 256, 256, 88)
	f(4<<20, 3, 2, 1)
}

// A wait goes on where the server's own ends.
func TestTellWaitsOn(t *testing.T) {
	m := &webtest.Memory{Stuck: true}
	c, _ := pair(t, m)
	c.sleep = func(context.Context, time.Duration) error { m.Settle(); return nil }
	receipts, err := c.Tell(t.Context(), []multivac.Telling{{Source: "a", Body: []byte("x")}}, multivac.WaitIndexed)
	if err != nil || receipts[0].State != multivac.Indexed || receipts[0].Position == "" || !receipts[0].Changed {
		t.Errorf("got %+v, %v", receipts, err)
	}

	m.Stuck = true
	ctx, cancel := context.WithCancel(t.Context())
	c.sleep = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	receipts, err = c.Tell(ctx, []multivac.Telling{{Source: "b", Body: []byte("x")}}, multivac.WaitIndexed)
	if err != nil || receipts[0].State != multivac.Pending || receipts[0].Err != nil {
		t.Errorf("given up: got %+v, %v", receipts, err)
	}
}

// So does one for a position.
func TestReachWaitsOn(t *testing.T) {
	m := &webtest.Memory{Stuck: true}
	c, _ := pair(t, m)
	if _, err := c.Tell(t.Context(), []multivac.Telling{{Source: "a", Body: []byte("x")}}, multivac.WaitStored); err != nil {
		t.Fatal(err)
	}
	asked := 0
	c.sleep = func(context.Context, time.Duration) error {
		if asked++; asked == 3 {
			m.Settle()
		}
		return nil
	}
	if err := c.Reach(t.Context(), "00000001"); err != nil || asked != 3 {
		t.Errorf("got %v after the server was asked again %d times, want none after 3", err, asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c.sleep = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	if err := c.Reach(ctx, "00000009"); !errors.Is(err, multivac.ErrBehind) {
		t.Errorf("given up: got %v, want behind", err)
	}
}

// It does not tell a document again that another caller has replaced since.
func TestTellWaitsForNoOther(t *testing.T) {
	m := &webtest.Memory{Stuck: true}
	c, _ := pair(t, m)
	other := multivac.Telling{Source: "a", Body: []byte("theirs")}
	c.sleep = func(context.Context, time.Duration) error {
		_, err := m.Tell(t.Context(), []multivac.Telling{other}, multivac.WaitStored)
		m.Settle()
		return err
	}
	if _, err := c.Tell(t.Context(), []multivac.Telling{{Source: "a", Body: []byte("ours")}}, multivac.WaitIndexed); err != nil {
		t.Fatal(err)
	}
	if d, err := m.Document(t.Context(), other.ID()); err != nil || d.Text != "theirs" {
		t.Errorf("got %q, %v, want theirs", d.Text, err)
	}
}

func TestRetries(t *testing.T) {
	var calls int
	answers := func(answer func(http.ResponseWriter)) (*Client, *[]time.Duration) {
		calls = 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls++
			io.Copy(io.Discard, r.Body)
			answer(w)
		}))
		t.Cleanup(server.Close)
		return clientOf(t, server.URL)
	}
	busy := &multivac.Error{Kind: multivac.ErrBehind, Message: "m", RetryAfter: 2 * time.Second}
	c, slept := answers(func(w http.ResponseWriter) {
		if calls < 3 {
			wire.WriteProblem(w, wire.ProblemOf(busy))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		wire.WriteJSON(w, wire.Answer{State: "insufficient_data"})
	})
	if _, err := c.Ask(t.Context(), multivac.Question{Text: "x"}); err != nil || calls != 3 {
		t.Errorf("got error %v after %d calls, want none after 3", err, calls)
	}
	if want := []time.Duration{2 * time.Second, 2 * time.Second}; !slices.Equal(*slept, want) {
		t.Errorf("slept %v, want %v", *slept, want)
	}

	c, slept = answers(func(w http.ResponseWriter) { // a proxy's
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "<html>busy", http.StatusServiceUnavailable)
	})
	if _, err := c.Document(t.Context(), "1"); !errors.Is(err, multivac.ErrUnavailable) || calls != attempts || (*slept)[0] != longestRetry {
		t.Errorf("got %v after %d calls and %v", err, calls, *slept)
	}

	c, _ = answers(func(w http.ResponseWriter) { wire.WriteProblem(w, wire.ProblemOf(multivac.ErrInvalid)) })
	if _, err := c.Document(t.Context(), "1"); !errors.Is(err, multivac.ErrInvalid) || calls != 1 {
		t.Errorf("got %v after %d calls, want ErrInvalid after 1", err, calls)
	}
}

func TestNoMultiVAC(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	l.Close()
	c, _ := clientOf(t, address)
	_, err = c.Ask(t.Context(), multivac.Question{Text: "x"})
	if want := "no MultiVAC answers at " + address + "; start one with `multivac serve`"; !errors.Is(err, multivac.ErrUnavailable) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}

	f := func(what string, status int, header, body string, kind error) {
		t.Helper()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", header)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}))
		defer server.Close()
		c, _ := clientOf(t, server.URL)
		if _, err := c.Document(t.Context(), "1"); !errors.Is(err, kind) || errors.Is(err, multivac.ErrNotFound) {
			t.Errorf("%s: got %v, want %v", what, err, kind)
		}
		if _, err := c.Tell(t.Context(), []multivac.Telling{{Body: []byte("x")}}, multivac.WaitStored); !errors.Is(err, kind) {
			t.Errorf("%s: got %v, want %v", what, err, kind)
		}
	}
	f("a web site", 404, "text/html", "<h1>Not found", multivac.ErrUnavailable)
	f("a web site", 200, "text/html", "<h1>Welcome", multivac.ErrUnavailable)
	f("half an answer", 200, "application/json", `{"text":`, multivac.ErrUnavailable)
	f("a proxy", 502, "text/html", "<h1>Bad gateway", multivac.ErrUnavailable)
	f("a proxy", 413, "text/html", "<h1>Too large", multivac.ErrTooLarge)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Status(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v", err)
	}
}
