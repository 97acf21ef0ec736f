package client

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"multivac"
	"multivac/internal/auth"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// locked returns a server that wants keys, and the key of its admin.
func locked(t *testing.T) (address string, ring *auth.Keyring, admin multivac.KeyText) {
	t.Helper()
	m := &webtest.Memory{}
	ring = auth.NewKeyring(&webtest.Keys{}, time.Now)
	_, admin, err := ring.MakeKey(t.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	guard := auth.Guard(multivac.Verbs{Teller: m, Asker: m, Library: m, Keys: ring})
	server := httptest.NewServer(web.New(web.Options{Verbs: guard, Gate: ring, Log: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	return server.URL, ring, admin
}

func TestKeys(t *testing.T) {
	at, ring, admin := locked(t)
	c, _ := clientOf(t, at)
	_, err := c.ListKeys(t.Context())
	for what, err := range map[string]error{"keys": err, "status": func() error { _, err := c.Status(t.Context()); return err }()} {
		if !errors.Is(err, multivac.ErrUnauthorized) {
			t.Errorf("%s without a key: %v", what, err)
		}
	}
	c.key = admin
	want := multivac.Key{
		Name: "n", Scopes: []multivac.Scope{multivac.ScopeAsk, multivac.ScopeTell}, Collections: []multivac.CollectionName{"laws"},
		Limits: multivac.Limits{Rate: 2.5, Burst: 4, Concurrent: 3}, Expires: time.Date(2100, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	made, text, err := c.MakeKey(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, made, cmpopts.IgnoreFields(multivac.Key{}, "ID", "Created")); d != "" {
		t.Errorf("made (-want +got)\n%s", d)
	}
	if id, err := auth.Parse(text); err != nil || id != made.ID {
		t.Errorf("the text is of %q, %v, want %q", id, err, made.ID)
	}
	kept, err := ring.ListKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed, err := c.ListKeys(t.Context())
	if d := cmp.Diff(kept, listed, cmpopts.IgnoreFields(multivac.Key{}, "Hash")); err != nil || d != "" {
		t.Errorf("listed %v (-want +got)\n%s", err, d)
	}
	if st, err := c.Status(t.Context()); err != nil || !st.Ready {
		t.Errorf("status: %+v, %v", st, err)
	}

	small, _ := clientOf(t, at)
	small.key = text
	if _, err := small.Ask(t.Context(), multivac.Question{Text: "x"}); !errors.Is(err, multivac.ErrForbidden) {
		t.Errorf("asked of another collection: %v", err)
	}
	if k, err := c.RevokeKey(t.Context(), made.ID); err != nil || k.Revoked.IsZero() {
		t.Errorf("revoked: %+v, %v", k, err)
	}
	if _, err := small.Ask(t.Context(), multivac.Question{Text: "x", Collection: "laws"}); !errors.Is(err, multivac.ErrUnauthorized) {
		t.Errorf("with a revoked key: %v", err)
	}
	if _, err := c.RevokeKey(t.Context(), "a/b"); !errors.Is(err, multivac.ErrNotFound) {
		t.Errorf("revoked what is not there: %v", err)
	}
}

// Over its limit a client waits as long as it is told, and tries again.
func TestLimitedClientWaits(t *testing.T) {
	at, _, admin := locked(t)
	c, _ := clientOf(t, at)
	c.key = admin
	_, text, err := c.MakeKey(t.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAsk}, Limits: multivac.Limits{Rate: 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	small, slept := clientOf(t, at)
	small.key = text
	for range 2 {
		_, err = small.Ask(t.Context(), multivac.Question{Text: "x"})
	}
	if !errors.Is(err, multivac.ErrLimited) || len(*slept) != attempts-1 || (*slept)[0] != 2*time.Second {
		t.Errorf("the second question: %v, after waiting %v", err, *slept)
	}
}

// A key goes to the server that it is for, and to none that it leads to.
func TestKeyStaysWithItsServer(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	defer other.Close()
	away := httptest.NewServer(http.RedirectHandler("http://localhost"+other.URL[len("http://127.0.0.1"):], http.StatusTemporaryRedirect))
	defer away.Close()
	c, _ := clientOf(t, away.URL)
	c.key = "mvk_secret"
	if _, err := c.ListKeys(t.Context()); err == nil {
		t.Error("what is no MultiVAC answers")
	}
	for _, header := range got {
		if header != "" {
			t.Errorf("another server got %q", header)
		}
	}
	if len(got) == 0 {
		t.Error("nobody was led anywhere")
	}
}

// A server that nobody vouches for gets no key.
func TestUntrustedServer(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was called") }))
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	c, _ := clientOf(t, server.URL)
	c.key = "mvk_secret"
	if _, err := c.ListKeys(t.Context()); !errors.Is(err, multivac.ErrUnavailable) || !strings.Contains(err.Error(), "SSL_CERT_FILE") {
		t.Errorf("got %v", err)
	}
}
