package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// The cost of a key for a request.
func BenchmarkKey(b *testing.B) {
	m := &webtest.Memory{}
	ring := auth.NewKeyring(&webtest.Keys{}, time.Now)
	guard := auth.Guard(multivac.Verbs{Teller: m, Asker: m, Library: m, Keys: ring})
	o := web.Options{Verbs: guard, Gate: ring, Log: slog.New(slog.DiscardHandler)}
	run := func(b *testing.B, text multivac.KeyText) {
		h := web.New(o)
		r := httptest.NewRequest("GET", "/multivac", nil)
		if text != "" {
			r.Header.Set("Authorization", "Bearer "+string(text))
		}
		b.ReportAllocs()
		for b.Loop() {
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != 200 {
				b.Fatal(w.Code, w.Body)
			}
		}
	}
	b.Run("without", func(b *testing.B) { run(b, "") })
	_, text, err := ring.MakeKey(b.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}, Limits: multivac.Limits{Rate: 1e9, Burst: 1e9, Concurrent: 1e6}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("with", func(b *testing.B) { run(b, text) })
}

// repeated returns a server with a cached answer to a question, and a request
// for it with a key.
func repeated(t testing.TB) (http.Handler, *http.Request) {
	t.Helper()
	m := &webtest.Memory{}
	body := "How long links last: 7 days.\nHow long backups are kept: 35 days.\nHow long it takes: a while."
	if _, err := m.Tell(t.Context(), []multivac.Telling{{Source: "a.md", Body: []byte(body)}}, multivac.WaitIndexed); err != nil {
		t.Fatal(err)
	}
	ring := auth.NewKeyring(&webtest.Keys{}, time.Now)
	guard := auth.Guard(multivac.Verbs{Teller: m, Asker: &once{Asker: m}, Library: m, Keys: ring})
	h := web.New(web.Options{Verbs: guard, Gate: ring, Log: slog.New(slog.DiscardHandler)})
	_, text, err := ring.MakeKey(t.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/api/v1/answer?question=How+long%3F", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+string(text))
	return h, r
}

// The cost of a repeated answer, without net/http.
func BenchmarkAnswer(b *testing.B) {
	h, r := repeated(b)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		if h.ServeHTTP(w, r); w.status != 0 {
			b.Fatal(w.status)
		}
	}
}

// TestFewAllocations limits the allocations of a repeated answer, without
// net/http.
func TestFewAllocations(t *testing.T) {
	h, r := repeated(t)
	w := &sink{header: http.Header{}}
	got := testing.AllocsPerRun(1000, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
	const most = 12
	if got > most && !raced || w.status != 0 {
		t.Errorf("an answer made %.0f allocations and status %d, want at most %d and none", got, w.status, most)
	}
}

// once asks once.
type once struct {
	multivac.Asker
	answer *multivac.Answer
}

func (o *once) Ask(ctx context.Context, q multivac.Question) (multivac.Answer, error) {
	if o.answer == nil {
		a, err := o.Asker.Ask(ctx, q)
		if err != nil {
			return a, err
		}
		a.Position = "0000000000000001"
		o.answer = &a
	}
	return *o.answer, nil
}

// A sink only notes the status.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
