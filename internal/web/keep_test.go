package web_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/web"
	"multivac/internal/web/wire"
)

// A keeper does what a test sets.
type keeper struct {
	written  string
	err      error
	imported multivac.Imported
	merged   bool
	read     string
	whole    bool // the export was asked for originals
}

func (k *keeper) Retry(_ context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return multivac.Receipt{ID: id, Revision: 2, State: multivac.Pending, Changed: true}, k.err
}

func (k *keeper) Reread(_ context.Context, id multivac.DocumentID) (multivac.Receipt, error) {
	return multivac.Receipt{ID: id, Revision: 3, State: multivac.Pending, Changed: true}, k.err
}

func (k *keeper) Export(_ context.Context, w io.Writer, originals bool) error {
	k.whole = originals
	if k.written != "" {
		if _, err := io.WriteString(w, k.written); err != nil {
			return err
		}
	}
	return k.err
}

func (k *keeper) Import(_ context.Context, r io.Reader, merge bool) (multivac.Imported, error) {
	b, err := io.ReadAll(r)
	k.read, k.merged = string(b), merge
	return k.imported, errors.Join(err, k.err)
}

func (k *keeper) Examine(_ context.Context, repair bool) (multivac.Examination, error) {
	if repair {
		panic("a server mends nothing")
	}
	return multivac.Examination{Documents: 3, Faults: []multivac.Fault{{Document: "1", Problem: "broken"}}}, k.err
}

func keeping(t *testing.T, k *keeper) *site {
	return newSite(t, func(o *web.Options) { o.Keeper = k })
}

func TestKeeping(t *testing.T) {
	k := &keeper{written: "{}\n"}
	s := keeping(t, k)
	w := s.do("GET", "/api/v1/export", "")
	if w.Code != 200 || w.Body.String() != "{}\n" || w.Header().Get("Content-Type") != wire.ExportType {
		t.Errorf("export: got %d %q, %v", w.Code, w.Body, w.Header())
	}
	if r := read[wire.Receipt](s, s.do("POST", "/api/v1/documents/1/retry", ""), 200); r.ID != "1" || r.Revision != 2 || !r.Changed {
		t.Errorf("retry: got %+v", r)
	}
	if r := read[wire.Receipt](s, s.do("POST", "/api/v1/documents/1/reread", ""), 200); r.ID != "1" || r.Revision != 3 || !r.Changed {
		t.Errorf("reread: got %+v", r)
	}
	for query, want := range map[string]bool{"": false, "?originals=true": true, "?originals=false": false} {
		if s.do("GET", "/api/v1/export"+query, ""); k.whole != want {
			t.Errorf("export%s: with originals is %v", query, k.whole)
		}
	}
	if e := read[wire.Examination](s, s.do("GET", "/api/v1/doctor", ""), 200); e.Sound || e.Documents != 3 || e.Faults[0].Problem != "broken" {
		t.Errorf("doctor: got %+v", e)
	}
	k.imported = multivac.Imported{Documents: 2, Broken: 1, Lines: []multivac.BrokenLine{{Line: 7, Err: multivac.Errorf(multivac.ErrInvalid, "", "no JSON")}}}
	i := read[wire.Imported](s, s.do("POST", "/api/v1/import?merge=true", "lines"), 200)
	if i.Documents != 2 || i.Lines[0].Line != 7 || i.Lines[0].Error.Detail != "no JSON" || !k.merged || k.read != "lines" {
		t.Errorf("import: got %+v of %q, merged %v", i, k.read, k.merged)
	}
	s.do("POST", "/api/v1/import?merge=false", "")
	if k.merged {
		t.Error("merge=false merges")
	}
	if read[wire.Imported](s, s.do("POST", "/api/v1/import", strings.Repeat("x", 3<<20)), 200); len(k.read) != 3<<20 {
		t.Errorf("of 3 MiB, %d bytes came", len(k.read))
	}
	s.problem(s.do("POST", "/api/v1/import?merge=perhaps", ""), 400, "invalid")
	s.problem(s.do("POST", "/api/v1/import?mrege=true", ""), 400, "invalid")
	s.problem(s.do("GET", "/api/v1/export?x=1", ""), 400, "invalid")
	s.problem(s.do("GET", "/api/v1/export?originals=some", ""), 400, "invalid")
	s.problem(s.do("GET", "/api/v1/import", ""), 405, "method-not-allowed")
}

func TestKeepingFails(t *testing.T) {
	k := &keeper{err: multivac.Errorf(multivac.ErrUnavailable, "wait", "disk is full")}
	s := keeping(t, k)
	s.problem(s.do("GET", "/api/v1/export", ""), 503, "unavailable")
	s.problem(s.do("GET", "/api/v1/doctor", ""), 503, "unavailable")
	s.problem(s.do("POST", "/api/v1/documents/1/retry", ""), 503, "unavailable")
	s.problem(s.do("POST", "/api/v1/documents/1/reread", ""), 503, "unavailable")
	k.imported.Lines = []multivac.BrokenLine{{Line: 7, Err: multivac.Errorf(multivac.ErrInvalid, "", "no JSON")}}
	p := s.problem(s.do("POST", "/api/v1/import", "x"), 503, "unavailable")
	if len(p.Errors) != 1 || p.Errors[0].Location != "line 7" {
		t.Errorf("import: got %+v, want the broken line named", p)
	}

	// Once something is written, only the end of the connection can report an
	// error.
	k.written = "{}\n"
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("panic %v, want the connection to be ended", v)
		}
	}()
	s.do("GET", "/api/v1/export", "")
}
