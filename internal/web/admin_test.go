package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// Requests at the operators' address may take longer than other requests: a
// profile takes a minute.
func TestAdmin(t *testing.T) {
	m := &webtest.Memory{}
	metrics := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if end, bounded := r.Context().Deadline(); bounded {
			http.Error(w, end.String(), http.StatusGatewayTimeout)
		}
	})
	h := web.NewAdmin(web.Options{Verbs: m.Verbs(), Metrics: metrics, Stop: t.Context()})
	f := func(path string, want int) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		if w.Code != want {
			t.Errorf("GET %s: got %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
	f("/livez", 200)
	f("/readyz", 200)
	f("/api/v1/answer", 404)
	f("/metrics", 200)
}
