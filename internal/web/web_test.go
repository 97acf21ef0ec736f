package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web"
	"multivac/internal/web/route"
	"multivac/internal/web/webtest"
	"multivac/internal/web/wire"
)

// site is a server over a MultiVAC in memory.
type site struct {
	*testing.T
	*webtest.Memory
	http.Handler
	log  *strings.Builder
	from string // the address that requests come from, if it matters
}

func newSite(t *testing.T, change ...func(*web.Options)) *site {
	t.Helper()
	s := &site{T: t, Memory: &webtest.Memory{}, log: &strings.Builder{}}
	o := web.Options{
		Verbs:   multivac.Verbs{Teller: s.Memory, Asker: s.Memory, Library: s.Memory, Keys: auth.NewKeyring(&webtest.Keys{}, time.Now), Keeper: &keeper{}, Calibrator: &webtest.Called{}},
		Version: "1.2.3", Wait: 50 * time.Millisecond,
		Log:     slog.New(slog.NewTextHandler(s.log, nil)),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "metrics 1\n") }),
		Pages:   []route.Route{{Pattern: "GET /{$}", Rule: route.AnyKey, Handler: http.HandlerFunc(page)}, {Pattern: "GET /ui/", Rule: route.AnyKey, Handler: http.HandlerFunc(page)}},
		Wrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Request-Id", "request-1")
				next.ServeHTTP(w, r)
			})
		},
	}
	for _, c := range change {
		c(&o)
	}
	s.Handler = web.New(o)
	return s
}

func page(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<h1>page %s</h1>", r.URL.Path)
}

// do sends a request whose headers are "Name: value".
func (s *site) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	s.Helper()
	r := httptest.NewRequestWithContext(s.Context(), method, target, strings.NewReader(body))
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	if s.from != "" {
		r.RemoteAddr = s.from
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// read checks the status and reads the JSON of a response.
func read[T any](s *site, w *httptest.ResponseRecorder, status int) T {
	s.Helper()
	var v T
	if w.Code != status {
		s.Fatalf("got status %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		s.Fatalf("%v in %s", err, w.Body)
	}
	return v
}

// problem checks that a response is a proper problem of a kind.
func (s *site) problem(w *httptest.ResponseRecorder, status int, kind string) wire.Problem {
	s.Helper()
	p := read[wire.Problem](s, w, status)
	if got, want := w.Header().Get("Content-Type"), "application/problem+json"; got != want {
		s.Errorf("got Content-Type %q, want %q", got, want)
	}
	if got, want := p.Type, "/api/v1/docs#"+kind; got != want {
		s.Errorf("got type %q, want %q: %s", got, want, w.Body)
	}
	if p.Status != status || p.Title == "" || p.Detail == "" || p.Remedy == "" || p.RequestID != "request-1" {
		s.Errorf("problem lacks a member: %s", w.Body)
	}
	return p
}

const markdown = "# Links\n\nAn upload link stays valid for seven days.\nAsk Susan about it.\n"

func (s *site) told(source, text string) wire.Receipt {
	s.Helper()
	body, _ := json.Marshal(wire.Telling{Source: source, Text: text})
	return read[wire.Receipt](s, s.do("POST", "/api/v1/documents?wait=indexed", string(body)), 202)
}

func TestClassic(t *testing.T) {
	s := newSite(t)
	f := func(method, target, body, contentType, want string) {
		t.Helper()
		w := s.do(method, target, body, "Content-Type: "+contentType)
		if w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s %s: got %d %q, want 200 %q", method, target, w.Code, w.Body, want)
		}
	}
	form := "application/x-www-form-urlencoded"
	f("GET", "/", "", "", "Welcome to Multivac!")
	f("GET", "/multivac", "", "", multivac.Insufficient)
	f("GET", "/multivac?question=Why", "", "", multivac.Insufficient)
	f("POST", "/multivac/data", "data=Entropy+grows.", form, `{"response": "MultiVAC updated!"}`)
	f("GET", "/multivac", "", "", multivac.Insufficient)
	s.Settle()
	f("GET", "/multivac", "", "", "Entropy grows.")
	f("POST", "/multivac/data", "--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nStars burn.\r\n--x--\r\n",
		"multipart/form-data; boundary=x", `{"response": "MultiVAC updated!"}`)
	s.Settle()
	f("GET", "/multivac", "", "", "Entropy grows.")
	f("GET", "/multivac?question=Stars", "", "", "Stars burn.")

	for _, told := range s.All() {
		if told.Collection != "multivac" {
			t.Errorf("told in collection %q, want multivac", told.Collection)
		}
	}
	s.problem(s.do("POST", "/multivac/data", "date=x", "Content-Type: "+form), 400, "invalid")
	s.problem(s.do("POST", "/multivac/data", "data=", "Content-Type: "+form), 400, "invalid")
	s.problem(s.do("POST", "/multivac/data", "data=%zz", "Content-Type: "+form), 400, "invalid")
	s.problem(s.do("POST", "/multivac/data", `{"data":"x"}`, "Content-Type: application/json"), 400, "invalid")
}

func TestHomeIsAPageForBrowsers(t *testing.T) {
	s := newSite(t)
	f := func(accept, want string) {
		t.Helper()
		if got := s.do("GET", "/", "", "Accept: "+accept).Body.String(); got != want {
			t.Errorf("Accept %q: got %q, want %q", accept, got, want)
		}
	}
	page := "<h1>page /</h1>"
	f("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", page)
	f("application/json, text/html;q=0.5", page)
	f("*/*", "Welcome to Multivac!")
	f("", "Welcome to Multivac!")
	f("text/html;q=0, */*", "Welcome to Multivac!")
	if got := s.do("GET", "/ui/style.css", "").Body.String(); got != "<h1>page /ui/style.css</h1>" {
		t.Errorf("GET /ui/style.css: got %q", got)
	}
}

func TestProbes(t *testing.T) {
	s := newSite(t)
	s.Stuck = true
	if w := s.do("GET", "/livez", ""); w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("/livez: got %d %q", w.Code, w.Body)
	}
	if got := read[wire.Status](s, s.do("GET", "/readyz", ""), 503); got.Ready || got.Reason != "still reading" {
		t.Errorf("/readyz: got %+v", got)
	}
	s.Settle()
	s.told("a", markdown)
	got := read[wire.Status](s, s.do("GET", "/readyz", ""), 200)
	if !got.Ready || got.Documents != 1 || got.Passages != 1 || got.Pending != 0 || got.Position == "" {
		t.Errorf("/readyz: got %+v", got)
	}
	if got := s.do("GET", "/metrics", "").Body.String(); got != "metrics 1\n" {
		t.Errorf("/metrics: got %q", got)
	}
	s.Err = errors.New("disk at /secret burns")
	w := s.do("GET", "/readyz", "")
	if read[wire.Status](s, w, 503); strings.Contains(w.Body.String(), "secret") {
		t.Errorf("/readyz tells %s", w.Body)
	}
}

func TestAnswer(t *testing.T) {
	s := newSite(t)
	receipt := s.told("links.md", markdown)
	for _, w := range []*httptest.ResponseRecorder{
		s.do("GET", "/api/v1/answer?question=link+Susan&count=2&stop=strict", ""),
		s.do("POST", "/api/v1/answer", `{"question":"link Susan","count":2,"stop":"strict"}`, "Content-Type: application/json"),
	} {
		a := read[wire.Answer](s, w, 200)
		if a.State != "answered" || a.Text != "An upload link stays valid for seven days." || a.Source == nil {
			t.Fatalf("got %s", w.Body)
		}
		if got := markdown[a.Source.Start:a.Source.End]; got != a.Text {
			t.Errorf("the document says %q at [%d:%d], the answer %q", got, a.Source.Start, a.Source.End, a.Text)
		}
		if got := a.Text[a.Marks[0][0]:a.Marks[0][1]]; got != "link" {
			t.Errorf("got mark %q, want link", got)
		}
		if a.Source.Document != receipt.ID || a.Source.Revision != 1 || a.Source.Source != "links.md" || a.Source.Heading != "A › B" {
			t.Errorf("got source %+v", a.Source)
		}
		if len(a.Also) != 1 || a.Also[0].Text != "Ask Susan about it." || a.Position == "" || a.Reason != nil {
			t.Errorf("got %s", w.Body)
		}
		if c := a.Conflict; c == nil || c.Quotation.Text != "Ask Susan about it." || c.Quotation.Source.Document != receipt.ID || !c.NewerKnown || c.Text == "" {
			t.Errorf("got conflict %+v in %s", c, w.Body)
		}
	}
	w := s.do("GET", "/api/v1/answer?question=link", "", "Accept: text/plain")
	if got, want := w.Body.String(), "An upload link stays valid for seven days.\n"; w.Code != 200 || got != want {
		t.Errorf("as text: got %d %q, want %q", w.Code, got, want)
	}
}

func TestNotKnowingIsAnAnswer(t *testing.T) {
	s := newSite(t)
	s.told("links.md", markdown)
	w := s.do("GET", "/api/v1/answer?question=Who+is+Napoleon%3F&collection=default", "")
	a := read[map[string]any](s, w, 200)
	if a["state"] != "insufficient_data" || a["text"] != multivac.Insufficient {
		t.Errorf("got %s", w.Body)
	}
	if _, ok := a["source"]; ok || !strings.Contains(w.Body.String(), `"also":[]`) {
		t.Errorf("a refusal quotes: %s", w.Body)
	}
	reason := a["reason"].(map[string]any)
	if reason["code"] != "nothing_found" || len(reason["unmatched"].([]any)) != 3 {
		t.Errorf("got reason %v", reason)
	}
}

func TestAskedImproperly(t *testing.T) {
	s := newSite(t)
	f := func(method, target, body string, status int, kind, want string) {
		t.Helper()
		p := s.problem(s.do(method, target, body, "Content-Type: application/json"), status, kind)
		if !strings.Contains(p.Detail, want) {
			t.Errorf("%s %s %s: got detail %q, want %q in it", method, target, body, p.Detail, want)
		}
	}
	f("GET", "/api/v1/answer", "", 400, "invalid", "question")
	f("GET", "/api/v1/answer?question=%20", "", 400, "invalid", "empty")
	f("GET", "/api/v1/answer?question=%ff", "", 400, "invalid", "UTF-8")
	f("GET", "/api/v1/answer?question=x&stop=now", "", 400, "invalid", "query.stop")
	f("GET", "/api/v1/answer?question=x&count=0", "", 400, "invalid", "query.count")
	f("GET", "/api/v1/answer?question=x&count=many", "", 400, "invalid", "query.count")
	f("GET", "/api/v1/answer?question=x&colection=y", "", 400, "invalid", "colection")
	f("GET", "/api/v1/answer?question=x&collection=A+B", "", 400, "invalid", "collection name")
	f("GET", "/api/v1/answer?question="+strings.Repeat("x", 5000), "", 400, "invalid", "question")
	f("POST", "/api/v1/answer", `{"question":`, 400, "invalid", "body")
	f("POST", "/api/v1/answer", `[]`, 400, "invalid", "body")
	f("POST", "/api/v1/answer", ``, 400, "invalid", "body")
	f("POST", "/api/v1/answer", `{"question":"x","top":5}`, 400, "invalid", "body.top")
	f("POST", "/api/v1/answer", `{"question":"`+strings.Repeat("x", 70<<10)+`"}`, 413, "too-large", "too large")
	f("GET", "/api/v1/documents?limit=100000", "", 400, "invalid", "query.limit")
	f("GET", "/api/v1/documents?state=lost", "", 400, "invalid", "query.state")
	f("GET", "/api/v1/documents?collection=A", "", 400, "invalid", "collection name")
	f("DELETE", "/api/v1/documents/1?wait=forever", "", 400, "invalid", "query.wait")
	if w := s.do("POST", "/api/v1/answer", `{}`, "Content-Type: application/yaml"); w.Code != 415 {
		t.Errorf("YAML: got %d, want 415: %s", w.Code, w.Body)
	}
}

func TestDocuments(t *testing.T) {
	s := newSite(t)
	for n := range 5 {
		s.told(fmt.Sprintf("%d.md", n), markdown)
	}
	target, pages, seen := "/api/v1/documents?collection=default&limit=2", 0, map[string]bool{}
	for target != "" {
		w := s.do("GET", target, "")
		p := read[wire.Page](s, w, 200)
		for _, d := range p.Documents {
			if seen[d.ID] || d.Text != "" || d.State != "indexed" || d.Collection != "default" {
				t.Errorf("got %+v", d)
			}
			seen[d.ID] = true
		}
		pages, target = pages+1, ""
		if link := w.Header().Get("Link"); link != "" {
			next, rest, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
			u, err := url.Parse(next)
			if err != nil || rest != `; rel="next"` || u.Query().Get("cursor") != p.Next {
				t.Errorf("got Link %q with next %q", link, p.Next)
			}
			target = next
		}
	}
	if pages != 3 || len(seen) != 5 {
		t.Errorf("got %d documents on %d pages, want 5 on 3", len(seen), pages)
	}

	var id string
	for id = range seen {
	}
	if d := read[wire.Document](s, s.do("GET", "/api/v1/documents/"+id, ""), 200); d.Text != markdown || d.Revision != 1 {
		t.Errorf("got %+v", d)
	}
	r := read[wire.Receipt](s, s.do("DELETE", "/api/v1/documents/"+id+"?wait=indexed", ""), 200)
	if r.State != "deleted" || !r.Changed || r.Revision != 2 || r.Position == "" {
		t.Errorf("got %+v", r)
	}
	if r := read[wire.Receipt](s, s.do("DELETE", "/api/v1/documents/"+id, ""), 200); r.Changed {
		t.Errorf("deleting twice: got %+v", r)
	}
	if p := read[wire.Page](s, s.do("GET", "/api/v1/documents?state=deleted", ""), 200); len(p.Documents) != 1 {
		t.Errorf("deleted: got %+v", p)
	}
	s.problem(s.do("DELETE", "/api/v1/documents/"+strings.Repeat("0", 32), ""), 404, "not-found")
	s.problem(s.do("GET", "/api/v1/documents/"+strings.Repeat("0", 32), ""), 404, "not-found")

	cs := read[wire.Collections](s, s.do("GET", "/api/v1/collections", ""), 200)
	if len(cs.Collections) != 1 || cs.Collections[0].Name != "default" || cs.Collections[0].Documents != 4 {
		t.Errorf("got %+v", cs)
	}
	if d := read[wire.Datum](s, s.do("GET", "/api/v1/collections/default/datum", ""), 200); d.Text != markdown {
		t.Errorf("got %+v", d)
	}
	s.problem(s.do("GET", "/api/v1/collections/none/datum", ""), 404, "not-found")
}

func TestNoRoute(t *testing.T) {
	s := newSite(t)
	for _, target := range []string{"/nowhere", "/api/v1/", "/api/v2/answer", "/multivac/"} {
		s.problem(s.do("GET", target, ""), 404, "no-such-address")
	}
	f := func(method, target, allow string) {
		t.Helper()
		w := s.do(method, target, "")
		s.problem(w, 405, "method-not-allowed")
		if got := w.Header().Get("Allow"); got != allow {
			t.Errorf("%s %s: got Allow %q, want %q", method, target, got, allow)
		}
	}
	f("PUT", "/api/v1/documents", "GET, HEAD, POST")
	f("DELETE", "/api/v1/answer", "GET, HEAD, POST")
	f("GET", "/multivac/data", "POST")
	f("POST", "/", "GET, HEAD")
}

// Internal details only go to the log.
func TestErrorsTellNoSecrets(t *testing.T) {
	s := newSite(t)
	s.Err = errors.New("disk at /secret burns")
	for _, f := range []func() *httptest.ResponseRecorder{
		func() *httptest.ResponseRecorder { return s.do("GET", "/api/v1/answer?question=x", "") },
		func() *httptest.ResponseRecorder { return s.do("GET", "/api/v1/documents", "") },
		func() *httptest.ResponseRecorder { return s.do("POST", "/api/v1/documents", `{"text":"x"}`) },
		func() *httptest.ResponseRecorder { return s.do("POST", "/api/v1/documents", `[{"text":"x"}]`) },
		func() *httptest.ResponseRecorder { return s.do("GET", "/multivac", "") },
	} {
		s.log.Reset()
		w := f()
		s.problem(w, 500, "internal")
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("the answer tells it: %s", w.Body)
		}
		if !strings.Contains(s.log.String(), "secret") {
			t.Errorf("the log does not tell it: %s", s.log)
		}
	}
}

func TestPanic(t *testing.T) {
	s := newSite(t, func(o *web.Options) {
		o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") })
	})
	w := s.do("GET", "/metrics", "")
	s.problem(w, 500, "internal")
	if strings.Contains(w.Body.String(), "secret") || !strings.Contains(s.log.String(), "secret") {
		t.Errorf("got %s, log %s", w.Body, s.log)
	}
	s = newSite(t, func(o *web.Options) {
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "half"); panic("late") })
	})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler || !strings.Contains(s.log.String(), "late") {
			t.Errorf("a panic amid an answer: got %v, log %s; want the connection aborted", v, s.log)
		}
	}()
	s.do("GET", "/metrics", "")
}

func TestSecurity(t *testing.T) {
	s := newSite(t)
	for _, target := range []string{"/", "/livez", "/nowhere", "/api/v1/answer?question=x", "/api/v1/docs"} {
		h := s.do("GET", target, "").Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("GET %s: got headers %v", target, h)
		}
	}
	// A page of another site may not tell with the user's browser.
	body := `{"text":"x"}`
	s.problem(s.do("POST", "/api/v1/documents", body, "Content-Type: text/plain", "Sec-Fetch-Site: cross-site"), 403, "cross-origin")
	s.problem(s.do("POST", "/api/v1/documents", body, "Content-Type: text/plain", "Origin: http://evil.example"), 403, "cross-origin")
	if w := s.do("POST", "/api/v1/documents", body, "Sec-Fetch-Site: same-origin"); w.Code != 202 {
		t.Errorf("from its own page: got %d %s", w.Code, w.Body)
	}
	if got := len(s.All()); got != 1 {
		t.Errorf("got %d tellings, want 1", got)
	}
}

// What was told comes byte for byte, as a file to keep, which no browser shows.
func TestOriginal(t *testing.T) {
	s := newSite(t)
	f := func(told multivac.Telling, mediaType, disposition string) {
		t.Helper()
		receipts, err := s.Memory.Tell(t.Context(), []multivac.Telling{told}, multivac.WaitIndexed)
		if err != nil {
			t.Fatal(err)
		}
		id := string(receipts[0].ID)
		w := s.do("GET", "/api/v1/documents/"+id+"/original", "", "Accept: text/html")
		h := w.Header()
		if w.Code != 200 || w.Body.String() != string(told.Body) || h.Get("Content-Type") != mediaType || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Disposition") != strings.ReplaceAll(disposition, "ID", id) || h.Get("Content-Length") != fmt.Sprint(len(told.Body)) {
			t.Errorf("got %d %q, %v", w.Code, w.Body, h)
		}
		if d := read[wire.Document](s, s.do("GET", "/api/v1/documents/"+id, ""), 200); !d.Original {
			t.Errorf("the document says that it is not kept: %+v", d)
		}
	}
	f(multivac.Telling{Source: "docs/a b.html", MediaType: multivac.HTML, Body: []byte("<script>\xff\x00</script>")}, "text/html", `attachment; filename="a b.html"`)
	f(multivac.Telling{Source: "Größe.pdf", MediaType: "application/pdf", Body: []byte("%PDF")}, "application/pdf", "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf")
	f(multivac.Telling{MediaType: multivac.Plain, Body: []byte("no source")}, "text/plain", "attachment; filename=ID")
	f(multivac.Telling{Source: "/", MediaType: "no type\r\nX: y", Body: []byte("x")}, "application/octet-stream", "attachment; filename=ID")
	s.problem(s.do("GET", "/api/v1/documents/"+strings.Repeat("0", 32)+"/original", ""), 404, "not-found")
}

func TestRetryAfter(t *testing.T) {
	s := newSite(t)
	f := func(err error, kind, want string) {
		t.Helper()
		s.Err = err
		for _, w := range []*httptest.ResponseRecorder{
			s.do("GET", "/api/v1/answer?question=x", ""),
			s.do("POST", "/api/v1/documents", `[{"text":"x"}]`),
			s.do("GET", "/multivac", ""),
		} {
			s.problem(w, 503, kind)
			if got := w.Header().Get("Retry-After"); got != want {
				t.Errorf("%v: got Retry-After %q, want %q", err, got, want)
			}
		}
	}
	f(&multivac.Error{Kind: multivac.ErrBehind, Message: "m", Remedy: "r", RetryAfter: 1200 * time.Millisecond}, "behind", "2")
	f(fmt.Errorf("put: %w", multivac.Errorf(multivac.ErrUnavailable, "r", "m")), "unavailable", "1")
	f(fmt.Errorf("put: %w", context.DeadlineExceeded), "unavailable", "1")
}

// A client that does not send what it promised gets an error, and is
// disconnected.
func TestBodyThatEndsEarly(t *testing.T) {
	s := newSite(t)
	server := httptest.NewServer(s)
	defer server.Close()
	for _, path := range []string{"/api/v1/documents", "/api/v1/answer", "/multivac/data"} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ndata=half", path)
		if path != "/multivac/data" {
			conn.Close()
			conn, _ = net.Dial("tcp", server.Listener.Addr().String())
			fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", path)
		}
		conn.(*net.TCPConn).CloseWrite()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("POST %s: %v", path, err)
		}
		if resp.StatusCode != 400 || resp.Header.Get("Content-Type") != "application/problem+json" {
			b, _ := io.ReadAll(resp.Body)
			t.Errorf("POST %s: got %s %s, want 400", path, resp.Status, b)
		}
		conn.Close()
	}
}
