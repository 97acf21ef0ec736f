package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

func local(o *web.Options) { o.Local = true }

func allowing(names ...string) func(*web.Options) {
	return func(o *web.Options) { o.Hosts = func() []string { return names } }
}

// ask sends a request for a host and returns its status.
func (s *site) ask(method, target, host, body string, headers ...string) int {
	s.Helper()
	return s.do(method, target, body, append(headers, "Host: "+host)...).Code
}

// If no key is needed, a request must be for this machine, by any of its own
// names.
func TestHosts(t *testing.T) {
	s := newSite(t, local, allowing("wiki.example.org", "*.intern.example"))
	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:5000": 200, "127.8.9.1:1": 200, "192.0.2.7:80": 200, "[::1]": 200, "[::1]:5000": 200, "[::ffff:127.0.0.1]:5000": 200, "[fe80::1%25lo]:5000": 200,
		"localhost": 200, "localhost:5000": 200, "LOCALHOST:5000": 200, "localhost.": 200, "LocalHost.:5000": 200, "app.localhost:5000": 200, "127.0.0.1.": 200,
		"wiki.example.org": 200, "Wiki.Example.ORG.:8443": 200, "a.intern.example": 200, "a.b.intern.example:5000": 200,

		"evil.example": 421, "evil.example:5000": 421, "evil.example.": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "notlocalhost": 421,
		"multivac": 421, "x.wiki.example.org": 421, "intern.example": 421, "xintern.example": 421, "wiki.example.org.evil.example": 421,
		"": 421, ":5000": 421, "localhost:evil": 421, "[localhost]:5000": 421, "[127.0.0.1]": 421, "[]": 421, "2130706433": 421, "0x7f.1": 421, "127.1": 421, "localhost@evil.example": 421,
	} {
		if got := s.ask("GET", "/readyz", host, ""); got != want {
			t.Errorf("Host %q: got %d, want %d", host, got, want)
		}
	}
	p := s.problem(s.do("GET", "/readyz", "", "Host: evil.example", "X-Forwarded-Host: localhost", "Forwarded: host=localhost"), 421, "misdirected")
	if want := `this server is not known by the name "evil.example"`; p.Detail != want {
		t.Errorf("detail %q, want %q", p.Detail, want)
	}
}

// That holds for each route of each handler, and for every method.
func TestHostsOfAllRoutes(t *testing.T) {
	s := newSite(t, local, allowing("example.com")) // the host of the test's requests
	receipt := s.told("a.md", markdown)
	for _, target := range []string{
		"GET /", "GET /ui/", "GET /livez", "GET /readyz", "GET /metrics", "GET /multivac", "POST /multivac/data", "GET /api/v1/answer?question=x", "POST /api/v1/answer",
		"GET /api/v1/documents", "POST /api/v1/documents", "GET /api/v1/documents/" + receipt.ID, "DELETE /api/v1/documents/" + receipt.ID, "GET /api/v1/export", "POST /api/v1/import",
		"GET /api/v1/doctor", "GET /api/v1/docs", "GET /api/v1/openapi.json", "GET /api/v1/keys", "OPTIONS /api/v1/answer", "GET /nowhere",
	} {
		var method, path string
		fmt.Sscan(target, &method, &path)
		if got := s.ask(method, path, "evil.example:5000", `{"text":"x"}`, "Origin: http://evil.example:5000", "Sec-Fetch-Site: same-origin"); got != 421 {
			t.Errorf("%s: got %d, want 421", target, got)
		}
	}
	if got := s.ask("GET", "/api/v1/documents/"+receipt.ID, "localhost", ""); got != 200 {
		t.Errorf("the document is gone: %d", got)
	}
	m := &webtest.Memory{}
	o := web.Options{Verbs: m.Verbs(), Local: true, Metrics: http.NotFoundHandler()}
	for name, h := range map[string]http.Handler{"admin": web.NewAdmin(o), "probes": web.NewProbes(o), "waiting": web.NewWaiting(o, func() string { return "" })} {
		for _, path := range []string{"/readyz", "/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Host = "evil.example:5001"
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != 421 {
				t.Errorf("%s, %s: got %d, want 421", name, path, w.Code)
			}
		}
	}
}

// Any name is accepted if others can reach the address, or if keys keep
// strangers out. It is not if the original's routes need no key.
func TestHostsThatAreFree(t *testing.T) {
	f := func(what string, s *site, target, host string, want int) {
		t.Helper()
		if got := s.ask("GET", target, host, ""); got != want {
			t.Errorf("%s, %s for %s: got %d, want %d", what, target, host, got, want)
		}
	}
	open := newSite(t)
	f("open to others", open, "/api/v1/documents", "multivac", 200)
	named := newSite(t, allowing("multivac"))
	f("open to others, by name", named, "/api/v1/documents", "multivac:5000", 200)
	f("open to others, by name", named, "/api/v1/documents", "10.0.0.7", 200)
	f("open to others, by name", named, "/api/v1/documents", "evil.example", 421)
	keys := newLocked(t, local).site
	f("keys", keys, "/livez", "multivac.example.org", 200)
	f("keys", keys, "/readyz", "multivac.example.org", 200)
	f("keys", keys, "/multivac", "multivac.example.org", 401)
	classic := newLocked(t, local, func(o *web.Options) { o.OpenClassic = true }).site
	f("keys but for the original's", classic, "/multivac", "evil.example", 421)
	f("keys but for the original's", classic, "/multivac", "localhost", 200)
	f("keys but for the original's", classic, "/api/v1/documents", "evil.example", 401)
}

// A host in the request line overrides the header, and HTTP/1.0 needs neither,
// as in net/http.
func TestHostOnTheLine(t *testing.T) {
	s := newSite(t, local, allowing("example.com"))
	server := httptest.NewServer(s)
	defer server.Close()
	f := func(request string, want int) {
		t.Helper()
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "%s\r\nConnection: close\r\n\r\n", request)
		w, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Body.Close()
		if w.StatusCode != want {
			t.Errorf("%q: got %d, want %d", request, w.StatusCode, want)
		}
	}
	f("GET /readyz HTTP/1.1\r\nHost: localhost", 200)
	f("GET /readyz HTTP/1.1\r\nHost: evil.example", 421)
	f("GET http://evil.example/readyz HTTP/1.1\r\nHost: localhost", 421)
	f("GET http://localhost/readyz HTTP/1.1\r\nHost: evil.example", 200)
	f("GET /readyz HTTP/1.0", 200)
	f("GET /readyz HTTP/1.0\r\nHost: evil.example", 421)
	f("GET /readyz HTTP/1.1\r\nHost:", 421)
	f("GET /readyz HTTP/1.1", 400)
	f("GET /readyz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", 400)
}

// Costly reads are refused to pages of other sites.
func TestCostlyReads(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/api/v1/export", "/api/v1/doctor"} {
		for headers, want := range map[[2]string]int{
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}:  403,
			{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}: 403,
			{"Sec-Fetch-Site: same-site"}:                              403,
			{"Origin: http://evil.example"}:                            403,
			{"Origin: null"}:                                           403,
			{"Sec-Fetch-Site: same-origin"}:                            200,
			{"Sec-Fetch-Site: none"}:                                   200, // typed into the browser
			{"Origin: http://example.com"}:                             200, // the host of the test's requests
			{}:                                                         200,
		} {
			for _, method := range []string{"GET", "HEAD"} {
				w := s.do(method, path, "", headers[:]...)
				if w.Code != want {
					t.Errorf("%s %s %q: got %d, want %d", method, path, headers, w.Code, want)
				}
				if want == 403 {
					s.problem(w, 403, "cross-origin")
				}
			}
		}
	}
	m := &webtest.Memory{}
	admin := web.NewAdmin(web.Options{Verbs: m.Verbs()})
	for _, path := range []string{"/debug/pprof/profile?seconds=1", "/debug/pprof/trace?seconds=1", "/debug/pprof/heap"} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		if admin.ServeHTTP(w, r); w.Code != 403 {
			t.Errorf("%s: got %d, want 403", path, w.Code)
		}
	}
}
