package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"multivac"
	"multivac/internal/web"
	"multivac/internal/web/ui"
	"multivac/internal/web/webtest"
)

// A counting keeper exports one line and counts the exports.
type counting struct {
	multivac.Keeper // nil: no other method is called
	exports         atomic.Int64
}

func (k *counting) Export(_ context.Context, w io.Writer, _ bool) error {
	k.exports.Add(1)
	_, err := io.WriteString(w, "the tunnel\n")
	return err
}

// attack is what a page does to a server that the browser takes for the page's
// own. It returns the status of each request, or what the page learned.
const attack = `(async () => {
	const statuses = [];
	const send = async (method, path, body) => {
		const r = await fetch(path, {method, body, headers: body ? {"Content-Type": "application/json"} : {}});
		statuses.push(r.status);
		return r.text();
	};
	const read = await send("GET", "/api/v1/documents/DOCUMENT");
	await send("POST", "/api/v1/documents?wait=indexed", JSON.stringify({source: "planted.md", text: "The tunnel is open."}));
	const exported = await send("GET", "/api/v1/export");
	await send("GET", "/?q=tunnel");
	await send("DELETE", "/api/v1/documents/DOCUMENT");
	return statuses.join(" ") + (read.includes("tunnel") ? " read" : "") + (exported.includes("tunnel") ? " exported" : "");
})()`

// A page of another site, whose name points to this machine once the page is
// open, can neither read, tell nor delete.
func TestBrowserRebinding(t *testing.T) {
	browser := startChrome(t, "--host-resolver-rules=MAP evil.example 127.0.0.1")
	f := func(local bool, host, want string, exports int64) {
		t.Helper()
		m, keeper := &webtest.Memory{}, &counting{}
		site := web.New(web.Options{Verbs: multivac.Verbs{Teller: m, Asker: m, Library: m, Keeper: keeper}, Pages: ui.New(m, m).Routes(), Local: local})
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/page" { // from the site's own server, before its name pointed here
				w.Header().Set("Content-Type", "text/html")
				return
			}
			site.ServeHTTP(w, r)
		}))
		defer server.Close()
		receipts, err := m.Tell(t.Context(), []multivac.Telling{{Source: "secret.md", Body: []byte("The tunnel is closed at night.")}}, multivac.WaitIndexed)
		if err != nil {
			t.Fatal(err)
		}
		id := string(receipts[0].ID)
		b := browser.tab(t, 1280, "light", true)
		b.open(strings.Replace(server.URL, "127.0.0.1", host, 1) + "/page")
		if got := b.promise(strings.ReplaceAll(attack, "DOCUMENT", id)); got != want {
			t.Errorf("local %v, %s: the page got %q, want %q", local, host, got, want)
		}
		if got := keeper.exports.Load(); got != exports {
			t.Errorf("local %v, %s: %d exports, want %d", local, host, got, exports)
		}
		state, told := multivac.Indexed, 1
		if exports > 0 {
			state, told = multivac.Deleted, 2
		}
		if d, err := m.Document(t.Context(), receipts[0].ID); err != nil || d.State != state || len(m.All()) != told {
			t.Errorf("local %v, %s: the document is %s, and %d were told; want %s, %d: %v", local, host, d.State, len(m.All()), state, told, err)
		}
	}
	f(false, "evil.example", "200 202 200 200 200 read exported", 1) // this is what it can do if any name is accepted
	f(true, "evil.example", "421 421 421 421 421", 0)
	f(true, "127.0.0.1", "200 202 200 200 200 read exported", 1)
	f(true, "localhost", "200 202 200 200 200 read exported", 1)
}

// A page of another site, under its own name, cannot start an export.
func TestBrowserCrossSite(t *testing.T) {
	browser := startChrome(t, "--host-resolver-rules=MAP evil.example 127.0.0.1")
	m, keeper := &webtest.Memory{}, &counting{}
	var asked atomic.Int64
	site := web.New(web.Options{Verbs: multivac.Verbs{Teller: m, Asker: m, Library: m, Keeper: keeper}, Local: true})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		site.ServeHTTP(w, r)
	}))
	defer server.Close()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }))
	defer evil.Close()
	b := browser.tab(t, 1280, "light", true)
	b.open(strings.Replace(evil.URL, "127.0.0.1", "evil.example", 1) + "/page")
	got := b.promise(fmt.Sprintf(`(async () => {
		const url = %q;
		const seen = [await fetch(url, {mode: "no-cors"}).then(r => r.type, e => "failed")];
		await new Promise((done) => { const i = new Image(); i.onload = i.onerror = done; i.src = url; document.body.append(i); });
		return seen.join(" ");
	})()`, server.URL+"/api/v1/export"))
	if got != "opaque" || asked.Load() != 2 {
		t.Fatalf("the requests of the page: %q, and %d came", got, asked.Load())
	}
	if n := keeper.exports.Load(); n != 0 {
		t.Errorf("%d exports were made for a page of another site", n)
	}
}
