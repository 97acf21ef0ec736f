package web_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// What a key costs a request.
func BenchmarkKey(b *testing.B) {
	m := &webtest.Memory{}
	ring := auth.NewKeyring(&webtest.Keys{}, time.Now)
	guard := auth.Guard{Teller: m, Asker: m, Library: m, Manager: ring}
	o := web.Options{Teller: guard, Asker: guard, Library: guard, Gate: ring, Log: slog.New(slog.DiscardHandler)}
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
