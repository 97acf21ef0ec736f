package audit_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/audit"
	"multivac/internal/auth"
	"multivac/internal/telemetry"
	"multivac/internal/web/webtest"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)

// A house does something of each kind with a key, and one thing without.
func work(t *testing.T, sink audit.Sink) (admin, made multivac.KeyID, secret string) {
	t.Helper()
	log := audit.Log{Sink: sink, Now: func() time.Time { return at }}
	m := &webtest.Memory{}
	ring := auth.NewKeyring(&webtest.Keys{}, time.Now)
	root, _, err := ring.MakeKey(t.Context(), multivac.Key{Scopes: []multivac.Scope{multivac.ScopeAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	guard := auth.Guard(multivac.Verbs{Teller: m, Asker: m, Library: m, Keys: ring})
	verbs := log.Verbs(guard)
	ctx := telemetry.WithRequestID(auth.With(t.Context(), &auth.Caller{Key: root}), "r-1")

	tellings := []multivac.Telling{{Source: "secret-name", Title: "secret-title", Body: []byte("secret-text")}, {Source: "refuse", Body: []byte("x")}}
	for range 2 { // the second time nothing changes
		if _, err := verbs.Tell(ctx, tellings, multivac.WaitStored); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := verbs.Delete(ctx, tellings[0].ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := verbs.Delete(ctx, "secret/id"); !errors.Is(err, multivac.ErrNotFound) {
		t.Fatal(err)
	}
	k, text, err := verbs.MakeKey(ctx, multivac.Key{Name: "secret-purpose", Scopes: []multivac.Scope{multivac.ScopeAsk}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verbs.RevokeKey(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	asker := auth.With(t.Context(), &auth.Caller{Key: k})
	if _, _, err := verbs.MakeKey(asker, multivac.Key{}); !errors.Is(err, multivac.ErrForbidden) {
		t.Fatal(err)
	}
	if _, err := verbs.Tell(auth.With(t.Context(), &auth.Anyone), tellings[:1], multivac.WaitStored); err != nil {
		t.Fatal(err)
	}
	return root.ID, k.ID, string(text)
}

func read(t *testing.T, path string) (events []audit.Event, text string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(b)))
	for lines.Scan() {
		var e audit.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		events = append(events, e)
	}
	return events, string(b)
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	f, err := audit.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	admin, made, secret := work(t, f)
	told := multivac.Telling{Source: "secret-name"}.ID()
	refused := multivac.Telling{Source: "refuse"}.ID()
	want := []audit.Event{
		{Key: admin, Action: "tell", Collection: "default", Document: told, Revision: 1, Outcome: "done", Request: "r-1"},
		{Key: admin, Action: "tell", Collection: "default", Document: refused, Outcome: "invalid", Request: "r-1"},
		{Key: admin, Action: "tell", Collection: "default", Document: told, Revision: 1, Outcome: "unchanged", Request: "r-1"},
		{Key: admin, Action: "tell", Collection: "default", Document: refused, Outcome: "invalid", Request: "r-1"},
		{Key: admin, Action: "delete", Collection: "default", Document: told, Revision: 2, Outcome: "done", Request: "r-1"},
		{Key: admin, Action: "delete", Outcome: "not-found", Request: "r-1"},
		{Key: admin, Action: "make-key", Subject: made, Scopes: []multivac.Scope{multivac.ScopeAsk}, Outcome: "done", Request: "r-1"},
		{Key: admin, Action: "revoke-key", Subject: made, Outcome: "done", Request: "r-1"},
		{Key: made, Action: "make-key", Outcome: "forbidden"},
		{Action: "tell", Collection: "default", Document: told, Revision: 3, Outcome: "done"},
	}
	for i := range want {
		want[i].Time = at
	}
	got, text := read(t, path)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, s := range []string{"secret-name", "secret-title", "secret-text", "secret-purpose", "secret/id", secret[16:]} {
		if strings.Contains(text, s) {
			t.Errorf("%q is in the audit log:\n%s", s, text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
	}
}

// A file that log rotation has moved away gets no more, once it is noticed or
// said; nothing is lost.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "audit.log")
		f, err := audit.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		write := func(request string) { f.Write(t.Context(), []audit.Event{{Action: "tell", Request: request}}) }
		move := func(to string) {
			if err := os.Rename(path, path+to); err != nil {
				t.Fatal(err)
			}
		}
		write("one")
		move(".1")
		if err := f.Reopen(); err != nil {
			t.Fatal(err)
		}
		write("two")
		move(".2")
		time.Sleep(time.Second)
		write("three")
		for name, want := range map[string]string{".1": "one", ".2": "two", "": "three"} {
			if got, _ := read(t, path+name); len(got) != 1 || got[0].Request != want {
				t.Errorf("audit.log%s: %+v, want %s", name, got, want)
			}
		}
		if _, err := audit.OpenFile(filepath.Join(path, "x")); !errors.Is(err, multivac.ErrUnavailable) {
			t.Errorf("a file below a file: %v", err)
		}
	})
}

// Without a file, events are lines of the log; what nobody needed a key for is
// for those who look closely.
func TestLines(t *testing.T) {
	var out strings.Builder
	lines := func(level slog.Level) []string {
		out.Reset()
		log := telemetry.New(&out, telemetry.Options{Format: telemetry.JSON, Level: level}).Logger()
		work(t, audit.Lines{Log: log})
		return strings.Split(strings.TrimSpace(out.String()), "\n")
	}
	got := lines(slog.LevelInfo)
	if len(got) != 9 {
		t.Fatalf("%d lines, want 9:\n%s", len(got), out.String())
	}
	for _, want := range []string{`"audit":true`, `"action":"tell"`, `"outcome":"done"`, `"collection":"default"`, `"revision":1`, `"request_id":"r-1"`} {
		if !strings.Contains(got[0], want) {
			t.Errorf("%s is not in %s", want, got[0])
		}
	}
	if got := lines(slog.LevelDebug); len(got) != 10 || strings.Contains(out.String(), "secret-text") {
		t.Errorf("%d lines, want 10:\n%s", len(got), out.String())
	}
}
