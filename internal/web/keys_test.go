package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web"
	"multivac/internal/web/ui"
	"multivac/internal/web/webtest"
	"multivac/internal/web/wire"
)

// locked is a site that requires keys.
type locked struct {
	*site
	ring *auth.Keyring
	keys map[string]multivac.KeyText // by their purpose
}

func newLocked(t *testing.T, change ...func(*web.Options)) *locked {
	t.Helper()
	l := &locked{ring: auth.NewKeyring(&webtest.Keys{}, time.Now), keys: map[string]multivac.KeyText{}}
	l.site = newSite(t, append([]func(*web.Options){func(o *web.Options) {
		o.Keys = l.ring
		o.Verbs = auth.Guard(o.Verbs)
		pages := ui.New(o.Asker, o.Library)
		o.Gate, o.Pages, o.SignIn = l.ring, pages.Routes(), pages.SignIn
	}}, change...)...)
	l.add("admin", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
	return l
}

func (l *locked) add(name string, k multivac.Key) multivac.KeyID {
	l.Helper()
	made, text, err := l.ring.MakeKey(l.Context(), k)
	if err != nil {
		l.Fatal(err)
	}
	l.keys[name] = text
	return made.ID
}

func bearer(text multivac.KeyText) string { return "Authorization: Bearer " + string(text) }

// as sends a request with the key called name, or without a key if there is
// none.
func (l *locked) as(name, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	l.Helper()
	if text, ok := l.keys[name]; ok {
		headers = append(headers, bearer(text))
	}
	return l.do(method, target, body, headers...)
}

// A call says how a test calls a route, and the statuses that it wants: without
// a key, and with a key that may ask, tell and do everything.
type call struct {
	target, body, header string
	want                 [4]int
}

const asForm, asJSON = "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json"

// calls are the calls of all routes. ID stands for a document.
var calls = map[string]call{
	"GET /livez":                                 {want: [4]int{200, 200, 200, 200}},
	"GET /readyz":                                {want: [4]int{-1, 200, 200, 200}}, // see TestReadyzForStrangers
	"GET /metrics":                               {want: [4]int{401, 200, 200, 200}},
	"GET /{$}":                                   {target: "/", want: [4]int{401, 200, 200, 200}},
	"GET /multivac":                              {want: [4]int{401, 200, 403, 200}},
	"POST /multivac/data":                        {body: "data=x", header: asForm, want: [4]int{401, 403, 200, 200}},
	"GET /ui/":                                   {want: [4]int{401, 404, 404, 404}},
	"GET /ui/assets/{name}":                      {target: "/ui/assets/base.css", want: [4]int{200, 200, 200, 200}},
	"GET /ui/collections":                        {want: [4]int{401, 200, 200, 200}},
	"GET /ui/document/{id}":                      {target: "/ui/document/ID", want: [4]int{401, 200, 200, 200}},
	"GET /ui/sign-in":                            {want: [4]int{200, 200, 200, 200}},
	"POST /ui/sign-in":                           {body: "key=x", header: asForm, want: [4]int{-1, 401, 401, 401}}, // the key in the form is wrong
	"POST /ui/sign-out":                          {want: [4]int{303, 303, 303, 303}},
	"POST /api/v1/documents":                     {body: `{"text":"x"}`, want: [4]int{401, 403, 202, 202}},
	"GET /api/v1/documents":                      {want: [4]int{401, 200, 200, 200}},
	"GET /api/v1/documents/{id}":                 {target: "/api/v1/documents/ID", want: [4]int{401, 200, 200, 200}},
	"DELETE /api/v1/documents/{id}":              {target: "/api/v1/documents/ID", want: [4]int{401, 403, 200, 200}},
	"GET /api/v1/answer":                         {target: "/api/v1/answer?question=It", want: [4]int{401, 200, 403, 200}},
	"POST /api/v1/answer":                        {body: `{"question":"It"}`, header: asJSON, want: [4]int{401, 200, 403, 200}},
	"GET /api/v1/collections":                    {want: [4]int{401, 200, 200, 200}},
	"GET /api/v1/positions/{position}":           {target: "/api/v1/positions/0", want: [4]int{401, 200, 200, 200}},
	"GET /api/v1/collections/{collection}/datum": {target: "/api/v1/collections/default/datum", want: [4]int{401, 200, 403, 200}},
	"PUT /api/v1/collections/{collection}/calibration":    {target: "/api/v1/collections/default/calibration", body: `{"questions":[]}`, header: asJSON, want: [4]int{401, 403, 403, 200}},
	"GET /api/v1/collections/{collection}/calibration":    {target: "/api/v1/collections/default/calibration", want: [4]int{401, 200, 403, 200}},
	"DELETE /api/v1/collections/{collection}/calibration": {target: "/api/v1/collections/default/calibration", want: [4]int{401, 403, 403, 200}},
	"GET /api/v1/documents/{id}/original":                 {target: "/api/v1/documents/ID/original", want: [4]int{401, 200, 403, 200}},
	"POST /api/v1/documents/{id}/reread":                  {target: "/api/v1/documents/ID/reread", want: [4]int{401, 403, 200, 200}},
	"POST /api/v1/documents/{id}/retry":                   {target: "/api/v1/documents/ID/retry", want: [4]int{401, 403, 200, 200}},
	"GET /api/v1/doctor":                                  {want: [4]int{401, 403, 403, 200}},
	"GET /api/v1/export":                                  {want: [4]int{401, 403, 403, 200}},
	"POST /api/v1/import":                                 {want: [4]int{401, 403, 403, 200}},
	"GET /api/v1/keys":                                    {want: [4]int{401, 403, 403, 200}},
	"POST /api/v1/keys":                                   {body: `{"scopes":["ask"]}`, header: asJSON, want: [4]int{401, 403, 403, 200}},
	"DELETE /api/v1/keys/{id}":                            {target: "/api/v1/keys/GONE", want: [4]int{401, 403, 403, 200}},
	"GET /api/v1/docs":                                    {want: [4]int{401, 200, 200, 200}},
	"GET /api/v1/openapi.json":                            {want: [4]int{401, 200, 200, 200}},
	"GET /api/v1/openapi.yaml":                            {want: [4]int{401, 200, 200, 200}},
	"GET /nowhere":                                        {want: [4]int{401, 404, 404, 404}}, // no route
	"PUT /api/v1/documents":                               {want: [4]int{401, 405, 405, 405}}, // no route
}

// TestScopesAndRoutes checks which key opens which route, and the response if
// it does not. It tests the served routes, so a new route without a line above
// makes it fail.
func TestScopesAndRoutes(t *testing.T) {
	var options web.Options
	l := newLocked(t, func(o *web.Options) { options = *o })
	for _, s := range []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell} {
		l.add(string(s), multivac.Key{Scopes: []multivac.Scope{s}})
	}
	gone := l.add("revoked", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}})
	if _, err := l.ring.RevokeKey(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	_, l.keys["unknown"] = auth.NewText()
	l.keys["broken"] = l.keys["admin"][:40]
	all, _ := web.Routes(options)
	patterns := []string{"GET /nowhere", "PUT /api/v1/documents"}
	for _, r := range all {
		patterns = append(patterns, r.Pattern)
	}
	for pattern := range calls {
		if !slices.Contains(patterns, pattern) {
			t.Errorf("%s is not served", pattern)
		}
	}
	for _, pattern := range patterns {
		c, ok := calls[pattern]
		if !ok {
			t.Errorf("%s: say which key opens it", pattern)
			continue
		}
		// Another call may have deleted it.
		id := read[wire.Receipt](l.site, l.as("admin", "POST", "/api/v1/documents?wait=indexed", `{"source":"x","text":"It rains."}`), 202).ID
		method, path, _ := strings.Cut(pattern, " ")
		c.target = strings.NewReplacer("ID", id, "GONE", string(gone)).Replace(cmp.Or(c.target, path))
		for i, caller := range []string{"nobody", "broken", "unknown", "revoked", "ask", "tell", "admin"} {
			l.opens(caller, method, c, c.want[max(0, i-3)]) // the first 4 are alike
		}
	}
}

var requests int

// opens calls a route and checks the status, unless want is -1.
func (l *locked) opens(caller, method string, c call, want int) {
	l.Helper()
	requests++
	l.from = fmt.Sprintf("198.51.%d.%d:80", 100+requests/250, 1+requests%250) // otherwise the wrong keys of an address would be limited
	headers := []string{}
	if c.header != "" {
		headers = append(headers, c.header)
	}
	w := l.as(caller, method, c.target, c.body, headers...)
	what := method + " " + c.target + " as " + caller
	if want >= 0 && w.Code != want {
		l.Errorf("%s: got %d, want %d: %s", what, w.Code, want, w.Body)
		return
	}
	switch isPage := strings.HasPrefix(c.target, "/ui/"); {
	case want == 401 && !isPage:
		l.problem(w, 401, "unauthorized")
		if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
			l.Errorf("%s: WWW-Authenticate is %q", what, got)
		}
	case want == 403:
		if p := l.problem(w, 403, "forbidden"); !strings.Contains(p.Detail, "scope") {
			l.Errorf("%s: %q names no scope", what, p.Detail)
		}
	}
	if text := string(l.keys[caller]); text != "" && strings.Contains(w.Body.String()+fmt.Sprint(w.Header()), text[15:]) {
		l.Errorf("%s repeats the key: %s", what, w.Body)
	}
}

// TestOpenAPIDescribesTheRoutes checks that OpenAPI only describes served
// routes, and only leaves out routes for people and its own.
func TestOpenAPIDescribesTheRoutes(t *testing.T) {
	l := newLocked(t)
	doc := read[openAPI](l.site, l.as("admin", "GET", "/api/v1/openapi.json", ""), 200)
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			pattern := strings.ToUpper(method) + " " + path
			if path == "/" {
				pattern += "{$}"
			}
			described[pattern] = true
			if _, ok := calls[pattern]; !ok {
				t.Errorf("%s is described and not served", pattern)
			}
		}
	}
	for pattern := range calls {
		_, path, _ := strings.Cut(pattern, " ")
		forPeople := strings.HasPrefix(path, "/ui/") || strings.HasPrefix(path, "/api/v1/docs") || strings.HasPrefix(path, "/api/v1/openapi")
		if !described[pattern] && !forPeople && path != "/nowhere" && pattern != "PUT /api/v1/documents" {
			t.Errorf("%s is served and not described", pattern)
		}
	}
}

// A key that may only tell sees the state of a document, but not its text.
func TestTellingIsNotReading(t *testing.T) {
	l := newLocked(t)
	l.add("tell", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeTell}})
	r := read[wire.Receipt](l.site, l.as("tell", "POST", "/api/v1/documents?wait=indexed", `{"source":"x","text":"It rains."}`), 202)
	if d := read[wire.Document](l.site, l.as("tell", "GET", "/api/v1/documents/"+r.ID, ""), 200); d.State != "indexed" || d.Text != "" {
		t.Errorf("got %+v", d)
	}
}

func TestReadyzForStrangers(t *testing.T) {
	l := newLocked(t)
	l.as("admin", "POST", "/api/v1/documents?wait=indexed", `{"collection":"secret-plans","text":"It rains."}`)
	w := l.do("GET", "/readyz", "")
	if got := read[wire.Readiness](l.site, w, 200); !got.Ready || !got.KeyNeeded || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a stranger: %s", w.Body)
	}
	if got := read[wire.Status](l.site, l.as("admin", "GET", "/readyz", ""), 200); got.Documents != 1 {
		t.Errorf("with a key: %+v", got)
	}
	if w := l.as("admin", "GET", "/readyz", ""); strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a probe lists the collections: %s", w.Body)
	}
	l.problem(l.do("GET", "/readyz", "", "Authorization: Bearer mvk_x"), 401, "unauthorized")
}

func TestCollections(t *testing.T) {
	l := newLocked(t)
	l.add("laws", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}, Collections: []multivac.CollectionName{"laws", "rules"}})
	ids := map[string]string{}
	for _, c := range []string{"laws", "rules", "secrets"} {
		for n := range 3 {
			body, _ := json.Marshal(wire.Telling{Collection: c, Source: fmt.Sprint(n), Text: "It rains in " + c + "."})
			ids[c] = read[wire.Receipt](l.site, l.as("admin", "POST", "/api/v1/documents?wait=indexed", string(body)), 202).ID
		}
	}
	forbidden := func(method, target, body string) {
		t.Helper()
		p := l.problem(l.as("laws", method, target, body, "Content-Type: application/json"), 403, "forbidden")
		if !strings.Contains(p.Detail, "collection") {
			t.Errorf("%s %s: %q names no collection", method, target, p.Detail)
		}
	}
	forbidden("GET", "/api/v1/answer?question=rains&collection=secrets", "")
	forbidden("GET", "/api/v1/answer?question=rains", "") // of the collection default
	forbidden("POST", "/api/v1/answer", `{"question":"rains","collection":"secrets"}`)
	forbidden("GET", "/api/v1/collections/secrets/datum", "")
	forbidden("GET", "/api/v1/documents?collection=secrets", "")
	forbidden("POST", "/api/v1/documents", `{"collection":"secrets","text":"x"}`)
	forbidden("GET", "/multivac", "")

	// A document of another collection looks as if it was never told.
	for _, method := range []string{"GET", "DELETE"} {
		there := l.problem(l.as("laws", method, "/api/v1/documents/"+ids["secrets"], ""), 404, "not-found")
		if !strings.Contains(there.Detail, "never told") {
			t.Errorf("%s: %q", method, there.Detail)
		}
		if d := read[wire.Document](l.site, l.as("admin", "GET", "/api/v1/documents/"+ids["secrets"], ""), 200); d.State != "indexed" {
			t.Errorf("after %s: %+v", method, d)
		}
	}
	if there := l.problem(l.as("laws", "GET", "/api/v1/documents/"+ids["secrets"]+"/original", ""), 404, "not-found"); !strings.Contains(there.Detail, "never told") {
		t.Errorf("original: %q", there.Detail)
	}
	if w := l.as("laws", "GET", "/api/v1/documents/"+ids["laws"]+"/original", ""); w.Code != 200 || w.Body.Len() == 0 {
		t.Errorf("original of its own collection: got %d %q", w.Code, w.Body)
	}

	// Of many tellings, only those for other collections are refused.
	receipts := read[wire.Receipts](l.site, l.as("laws", "POST", "/api/v1/documents", `[{"collection":"laws","text":"a"},{"collection":"secrets","text":"b"},{"collection":"rules","text":"c"}]`), 202)
	var kinds []string
	for _, r := range receipts.Documents {
		kind := "kept"
		if r.Error != nil {
			kind = r.Error.Type
		}
		kinds = append(kinds, kind)
	}
	if want := []string{"kept", "/api/v1/docs#forbidden", "kept"}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
	}

	// Lists only have documents of the key's collections, page by page.
	got := map[string]int{}
	for target := "/api/v1/documents?limit=2"; target != ""; {
		p := read[wire.Page](l.site, l.as("laws", "GET", target, ""), 200)
		for _, d := range p.Documents {
			got[d.Collection]++
		}
		target = ""
		if p.Next != "" {
			target = "/api/v1/documents?limit=2&cursor=" + p.Next
		}
	}
	if want := map[string]int{"laws": 4, "rules": 4}; !maps.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	cs := read[wire.Collections](l.site, l.as("laws", "GET", "/api/v1/collections", ""), 200)
	if len(cs.Collections) != 2 || cs.Collections[0].Name != "laws" || cs.Collections[1].Name != "rules" {
		t.Errorf("collections are %+v", cs.Collections)
	}
	if page := l.as("laws", "GET", "/", "", "Accept: text/html").Body.String(); strings.Contains(page, "secrets") || !strings.Contains(page, "rules") {
		t.Errorf("the page offers %s", page)
	}
}

func TestLimits(t *testing.T) {
	l := newLocked(t)
	l.add("slow", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk}, Limits: multivac.Limits{Rate: 0.01, Burst: 2}})
	for range 2 {
		if w := l.as("slow", "GET", "/api/v1/collections", ""); w.Code != 200 {
			t.Fatalf("within the limit: %d %s", w.Code, w.Body)
		}
	}
	w := l.as("slow", "GET", "/api/v1/collections", "")
	l.problem(w, 429, "too-many-requests")
	if got := w.Header().Get("Retry-After"); got != "100" && got != "99" {
		t.Errorf("Retry-After is %q, want 100", got)
	}
	if w := l.as("admin", "GET", "/api/v1/collections", ""); w.Code != 200 {
		t.Errorf("another key: %d", w.Code)
	}
	for range 11 {
		_, text := auth.NewText()
		w = l.do("GET", "/api/v1/collections", "", bearer(text))
	}
	l.problem(w, 429, "too-many-requests")
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if w := l.do("GET", "/api/v1/collections", ""); w.Code != 401 {
		t.Errorf("no key at all: %d, want 401", w.Code)
	}
}

func TestConcurrent(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	l := newLocked(t, func(o *web.Options) {
		o.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered <- true; <-leave })
	})
	l.add("one", multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk}, Limits: multivac.Limits{Concurrent: 1}})
	done := make(chan bool)
	go func() { l.as("one", "GET", "/metrics", ""); close(done) }()
	<-entered
	l.problem(l.as("one", "GET", "/api/v1/collections", ""), 429, "too-many-requests")
	leave <- true
	<-done
	if w := l.as("one", "GET", "/api/v1/collections", ""); w.Code != 200 {
		t.Errorf("after the first: %d", w.Code)
	}
}

// A browser signs in with a form, asks, and signs out.
func TestSignIn(t *testing.T) {
	l := newLocked(t)
	l.as("admin", "POST", "/api/v1/documents?wait=indexed", `{"text":"It rains."}`)
	html := "Accept: text/html,*/*;q=0.8"
	asked := "/?q=rains&stop=eager"
	w := l.do("GET", asked, "", html)
	if w.Code != 401 || !strings.Contains(w.Body.String(), `action="/ui/sign-in" method="post"`) || !strings.Contains(w.Body.String(), `name="next" value="/?q=rains&amp;stop=eager"`) {
		t.Fatalf("a browser without a key: %d %s", w.Code, w.Body)
	}
	if got := w.Header().Get("Content-Security-Policy"); !strings.Contains(got, "style-src 'self'") {
		t.Errorf("the form's policy is %q", got)
	}
	style := strings.Split(strings.Split(w.Body.String(), `rel="stylesheet" href="`)[1], `"`)[0]
	if w := l.do("GET", style, ""); w.Code != 200 {
		t.Errorf("the form's style: %d", w.Code)
	}
	send := func(key, next string, headers ...string) *httptest.ResponseRecorder {
		return l.do("POST", "/ui/sign-in", url.Values{"key": {key}, "next": {next}}.Encode(), append(headers, asForm)...)
	}
	_, wrong := auth.NewText()
	if w := send(string(wrong), asked); w.Code != 401 || len(w.Result().Cookies()) != 0 || !strings.Contains(w.Body.String(), "not known here") || strings.Contains(w.Body.String(), string(wrong)) {
		t.Errorf("a wrong key: %d %s", w.Code, w.Body)
	}
	w = send(" "+string(l.keys["admin"])+"\n", asked)
	if w.Code != 303 || w.Header().Get("Location") != asked || len(w.Result().Cookies()) != 1 {
		t.Fatalf("signing in: %d %v %s", w.Code, w.Header(), w.Body)
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || !c.Expires.IsZero() {
		t.Errorf("the cookie is %+v", c)
	}
	if c := send(string(l.keys["admin"]), "", "X-Forwarded-Proto: https").Result().Cookies()[0]; !c.Secure {
		t.Errorf("behind TLS the cookie is %+v", c)
	}
	carried := "Cookie: " + c.Name + "=" + c.Value
	w = l.do("GET", asked, "", html, carried)
	if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "<mark>rains</mark>") || !strings.Contains(page, "/ui/sign-out") || strings.Contains(page, c.Value) {
		t.Errorf("asked: %d %s", w.Code, page)
	}
	if w := l.do("GET", "/api/v1/answer?question=rains", "", carried); w.Code != 200 {
		t.Errorf("the answer as JSON: %d", w.Code)
	}
	l.problem(l.do("POST", "/ui/sign-in", "", asForm, "Sec-Fetch-Site: cross-site"), 403, "cross-origin")
	l.problem(l.do("DELETE", "/api/v1/documents/1", "", carried, "Sec-Fetch-Site: cross-site"), 403, "cross-origin")

	w = l.do("POST", "/ui/sign-out", "", carried)
	if cs := w.Result().Cookies(); w.Code != 303 || len(cs) != 1 || cs[0].Value != "" || cs[0].MaxAge >= 0 {
		t.Errorf("signing out: %d %+v", w.Code, cs)
	}

	// A key that was revoked ends the session at once, and the page says why.
	id, _ := auth.Parse(l.keys["admin"])
	if _, err := l.ring.RevokeKey(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if w := l.do("GET", asked, "", html, carried); w.Code != 401 || !strings.Contains(w.Body.String(), "revoked") {
		t.Errorf("after the revocation: %d %s", w.Code, w.Body)
	}
}

// Signing in always leads to a page of this server, whatever the form says.
func TestSignInLeadsNowhereElse(t *testing.T) {
	l := newLocked(t)
	f := func(next, want string) {
		t.Helper()
		body := url.Values{"key": {string(l.keys["admin"])}, "next": {next}}.Encode()
		w := l.do("POST", "/ui/sign-in", body, "Content-Type: application/x-www-form-urlencoded")
		if got := w.Header().Get("Location"); got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
	f("/ui/document/1?start=2#quote", "/ui/document/1?start=2#quote")
	f("", "/")
	f("https://example.org/", "/")
	f("//example.org/", "/")
	f(`/\example.org`, "/")
	f("/\t/example.org", "/")
	f("javascript:alert(1)", "/")
	f("ui", "/")
}

// With OpenClassic the original's routes need no key, and all others do.
func TestOpenClassic(t *testing.T) {
	l := newLocked(t, func(o *web.Options) { o.OpenClassic = true })
	form := "Content-Type: application/x-www-form-urlencoded"
	if w := l.do("POST", "/multivac/data", "data=Stars+burn.", form); w.Code != 200 {
		t.Errorf("a datum: %d %s", w.Code, w.Body)
	}
	l.Settle()
	for target, want := range map[string]string{"/": "Welcome to Multivac!", "/multivac": "Stars burn.", "/multivac?question=Stars": "Stars burn."} {
		if w := l.do("GET", target, ""); w.Code != 200 || w.Body.String() != want {
			t.Errorf("GET %s: %d %q, want %q", target, w.Code, w.Body, want)
		}
	}
	for _, target := range []string{"/api/v1/answer?question=Stars&collection=multivac", "/api/v1/documents", "/metrics", "/api/v1/docs"} {
		l.problem(l.do("GET", target, ""), 401, "unauthorized")
	}
	if w := l.do("GET", "/", "", "Accept: text/html"); w.Code != 401 {
		t.Errorf("the page: %d, want 401", w.Code)
	}
}

// Before there is a key, everything is open except the routes of keys. With
// these, the first caller could lock out all others.
func TestWithoutKeys(t *testing.T) {
	ring := auth.NewKeyring(&webtest.Keys{}, time.Now)
	s := newSite(t, func(o *web.Options) {
		o.Keys = ring
		o.Verbs, o.Gate = auth.Guard(o.Verbs), ring
	})
	s.told("a", markdown)
	if a := read[wire.Answer](s, s.do("GET", "/api/v1/answer?question=link", ""), 200); a.State != "answered" {
		t.Errorf("got %+v", a)
	}
	p := s.problem(s.do("POST", "/api/v1/keys", `{"scopes":["admin"]}`, "Content-Type: application/json"), 403, "forbidden")
	if !strings.Contains(p.Remedy, "--admin-key-file") {
		t.Errorf("the remedy is %q", p.Remedy)
	}
	s.problem(s.do("GET", "/api/v1/keys", ""), 403, "forbidden")
	_, text := auth.NewText()
	s.problem(s.do("GET", "/api/v1/documents", "", bearer(text)), 401, "unauthorized")
	if w := s.do("GET", "/api/v1/documents", "", "Cookie: multivac_key="+string(text)); w.Code != 200 {
		t.Errorf("with a cookie of another server on this host: %d", w.Code)
	}
	if w := s.do("GET", "/api/v1/documents", "", "Authorization: Basic eDp5"); w.Code != 200 {
		t.Errorf("with the password of a proxy: %d", w.Code)
	}
	// The first key closes the routes at once.
	if _, _, err := ring.MakeKey(t.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}}); err != nil {
		t.Fatal(err)
	}
	s.problem(s.do("GET", "/api/v1/documents", ""), 401, "unauthorized")
}

func TestKeysOverHTTP(t *testing.T) {
	l := newLocked(t)
	w := l.as("admin", "POST", "/api/v1/keys", `{"name":"n","scopes":["ask"],"collections":["laws"],"expires":"2100-01-02T03:04:05Z","rate":2.5,"burst":4,"concurrent":3}`, "Content-Type: application/json")
	made := read[wire.MadeKey](l.site, w, 200)
	if w.Header().Get("Cache-Control") != "private, no-store" || !strings.HasPrefix(made.Text, "mvk_"+made.ID+"_") {
		t.Errorf("made %s %v", w.Body, w.Header())
	}
	l.keys["new"] = multivac.KeyText(made.Text)
	if w := l.as("new", "GET", "/api/v1/answer?question=x&collection=laws", ""); w.Code != 200 {
		t.Errorf("the new key: %d %s", w.Code, w.Body)
	}
	w = l.as("admin", "GET", "/api/v1/keys", "")
	all := read[wire.Keys](l.site, w, 200)
	if len(all.Keys) != 2 || !slices.Equal(all.Keys[1].Collections, []string{"laws"}) || all.Keys[1].Rate != 2.5 || all.Keys[1].Burst != 4 || all.Keys[1].Concurrent != 3 {
		t.Errorf("listed %s", w.Body)
	}
	hash := auth.Hash(l.keys["new"])
	for _, secret := range []string{made.Text[16:], fmt.Sprintf("%x", hash[:])} {
		if strings.Contains(strings.ToLower(w.Body.String()), secret) {
			t.Errorf("the list holds a secret: %s", w.Body)
		}
	}
	for range 2 {
		if k := read[wire.Key](l.site, l.as("admin", "DELETE", "/api/v1/keys/"+made.ID, ""), 200); k.Revoked.IsZero() {
			t.Errorf("revoked: %+v", k)
		}
	}
	l.problem(l.as("new", "GET", "/api/v1/answer?question=x&collection=laws", ""), 401, "unauthorized")
	l.problem(l.as("admin", "DELETE", "/api/v1/keys/nobody", ""), 404, "not-found")
	bad := func(body string) {
		t.Helper()
		l.problem(l.as("admin", "POST", "/api/v1/keys", body, "Content-Type: application/json"), 400, "invalid")
	}
	bad(`{}`)
	bad(`{"scopes":[]}`)
	bad(`{"scopes":["root"]}`)
	bad(`{"scopes":["ask"],"collections":["A B"]}`)
	bad(`{"scopes":["admin"],"collections":["laws"]}`)
	bad(`{"scopes":["ask"],"rate":-1}`)
	bad(`{"scopes":["ask"],"burst":3}`)
	bad(`{"scopes":["ask"],"expires":"2000-01-01T00:00:00Z"}`)
	bad(`{"scopes":["ask"],"name":"a\nb"}`)
}
