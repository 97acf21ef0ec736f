package keep

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/queue"
	"multivac/internal/store"
	"multivac/internal/store/sqlite"
	"multivac/internal/store/storetest"
	"multivac/internal/strict"
	"multivac/internal/text"
)

var start = time.UnixMilli(1_700_000_000_123).UTC()

// A kept is a service with its store.
type kept struct {
	*Service
	*testing.T
	db  *sqlite.DB
	now time.Time
}

func open(t *testing.T) *kept {
	t.Helper()
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		storetest.Check(t, db)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &kept{Service: New(db, queue.NewLocal(10)), T: t, db: db, now: start}
	k.Now = func() time.Time { k.now = k.now.Add(time.Second); return k.now }
	return k
}

func (k *kept) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *kept) tell(t multivac.Telling) multivac.Task {
	k.Helper()
	r, err := k.db.Put(k.Context(), []multivac.Telling{t}, k.Now())
	k.must(err)
	return multivac.Task{Document: r[0].ID, Revision: r[0].Revision}
}

func (k *kept) index(t multivac.Telling) multivac.Task {
	k.Helper()
	task := k.tell(t)
	p := store.Publication{Title: "Found", Text: string(t.Body), Version: store.Version{Segmenter: text.Version}, Passages: text.Segment(string(t.Body)),
		Places: multivac.Places("\x01\xff\x00\xff of " + t.Source)}
	_, err := k.db.Publish(k.Context(), task, p, k.Now())
	k.must(err)
	return task
}

func (k *kept) fail(t multivac.Telling) {
	k.Helper()
	task, _, err := k.db.Lease(k.Context(), k.tell(t), k.Now(), k.now.Add(time.Hour))
	k.must(err)
	k.must(k.db.Fail(k.Context(), task, "cannot be read", true, k.Now(), k.now))
}

func telling(source, body string) multivac.Telling {
	return multivac.Telling{Source: source, Body: []byte(body)}
}

// keepOriginal publishes a text and keeps what was told.
func (k *kept) keepOriginal(t multivac.Telling, is string, body bool) {
	k.Helper()
	p := store.Publication{Title: "Found", Text: is, Version: store.Version{Segmenter: text.Version}, Passages: text.Segment(is), IsBody: body, KeepBody: true}
	_, err := k.db.Publish(k.Context(), k.tell(t), p, k.Now())
	k.must(err)
}

// fill tells documents, of which each state has one.
func (k *kept) fill() {
	k.Helper()
	k.index(telling("pump.md", "# Pump\n\nThe pump stops at 70 degrees."))
	k.index(telling("pump.md", "# Pump\n\nThe pump stops at 80 degrees.\n\n- It starts at 60.\n- It weighs 12 kg.\n"))
	k.keepOriginal(multivac.Telling{Source: "page.html", MediaType: multivac.HTML, Body: []byte("<p>The \xff page")}, "The page is green.", false)
	k.keepOriginal(telling("as told.md", "It is as it was told."), "It is as it was told.", true)
	k.index(multivac.Telling{Collection: "laws", Title: "Tax", MediaType: multivac.Plain, Body: []byte("The tax is 19 percent.")})
	k.tell(telling("waits.md", "It waits <for> its & worker \u2028."))
	k.tell(telling("bytes", "\xff\x00\x01 no text"))
	k.index(telling("again.md", "The valve opens at 4 bar."))
	k.tell(telling("again.md", "The valve opens at 5 bar."))
	k.index(telling("broken.md", "The crate was red."))
	k.fail(telling("broken.md", "The crate is broken."))
	gone := k.index(telling("gone.md", "The lighthouse is green."))
	_, err := k.db.Delete(k.Context(), gone.Document, k.Now())
	k.must(err)
	k.must(k.db.PutKey(k.Context(), multivac.Key{ID: "one", Name: "an admin's", Scopes: []multivac.Scope{multivac.ScopeAdmin}, Created: start, Hash: multivac.KeyHash{1, 2}}))
	k.must(k.db.PutKey(k.Context(), multivac.Key{ID: "two", Scopes: []multivac.Scope{multivac.ScopeAsk}, Collections: []multivac.CollectionName{"laws"},
		Limits: multivac.Limits{Rate: 0.5, Burst: 3}, Created: start, Expires: start.Add(time.Hour), Revoked: start.Add(time.Minute)}))
}

func (k *kept) export() string {
	k.Helper()
	var b bytes.Buffer
	k.must(k.Export(k.Context(), &b, true))
	return b.String()
}

func (k *kept) imports(s string, merge bool) (multivac.Imported, error) {
	return k.Import(k.Context(), strings.NewReader(s), merge)
}

func (k *kept) scan() map[multivac.DocumentID]store.Change {
	all := map[multivac.DocumentID]store.Change{}
	k.must(k.db.Scan(k.Context(), func(c store.Change) error { all[c.Document] = c; return nil }))
	return all
}

func TestExportAndImport(t *testing.T) {
	from, to := open(t), open(t)
	from.fill()
	want := from.export()
	got, err := to.imports(want, false)
	if err != nil || got.Documents != 9 || got.Unchanged+got.Broken != 0 {
		t.Fatalf("imported %+v, %v, want 9 documents\n%s", got, err, want)
	}
	if d := cmp.Diff(want, to.export()); d != "" {
		t.Errorf("exported (-) and imported and exported (+)\n%s", d)
	}
	if d := cmp.Diff(from.scan(), to.scan()); d != "" {
		t.Errorf("published before (-) and after (+)\n%s", d)
	}
	for _, c := range []multivac.CollectionName{"default", "laws"} {
		before, _ := from.db.Datum(t.Context(), c)
		if after, err := to.db.Datum(t.Context(), c); after != before || err != nil {
			t.Errorf("datum of %s: %q, %v, want %q", c, after, err, before)
		}
	}
	for _, secret := range []string{"lighthouse", "70 degrees"} {
		if strings.Contains(want, secret) {
			t.Errorf("the export has %q, which was forgotten or replaced", secret)
		}
	}
	if e, err := to.Examine(t.Context(), false); err != nil || len(e.Faults) > 0 || e.Documents != 9 || e.Passages == 0 {
		t.Errorf("examined after the import: %+v, %v", e, err)
	}
}

// Exports of earlier versions of the format are read. The first has no places, and
// the second does not know what was told.
func TestImportOfEarlierVersions(t *testing.T) {
	for earlier := 1; earlier < version; earlier++ {
		t.Run(fmt.Sprint(earlier), func(t *testing.T) { importEarlier(t, earlier) })
	}
}

func importEarlier(t *testing.T, earlier int) {
	b, err := os.ReadFile(fmt.Sprintf("testdata/v%d.jsonl", earlier))
	if err != nil {
		t.Fatal(err)
	}
	to := open(t)
	if got, err := to.imports(string(b), false); err != nil || got.Documents != 7 || got.Unchanged+got.Broken != 0 {
		t.Fatalf("imported %+v, %v, want 7 documents", got, err)
	}
	head, lines, _ := strings.Cut(string(b), "\n")
	want := strings.Replace(head, fmt.Sprintf(`"version":%d`, earlier), fmt.Sprintf(`"version":%d`, version), 1) + "\n" + lines
	if d := cmp.Diff(want, to.export()); d != "" {
		t.Errorf("exported at first (-) and after the import (+)\n%s", d)
	}
	if keys, err := to.db.Keys(t.Context()); err != nil || len(keys) != 2 {
		t.Errorf("keys %v, %v, want 2", keys, err)
	}
}

// An export has what was told where that is wanted. That a text is what was told
// is in it anyway. What was told has to be that of the hash.
func TestOriginalsTravel(t *testing.T) {
	from := open(t)
	from.fill()
	page, verbatim := telling("page.html", "").ID(), telling("as told.md", "").ID()
	f := func(export string, has bool) {
		t.Helper()
		to := open(t)
		if got, err := to.imports(export, false); err != nil || got.Broken > 0 {
			t.Fatalf("imported %+v, %v", got, err)
		}
		told, err := to.db.Original(t.Context(), page)
		if has && (err != nil || string(told.Body) != "<p>The \xff page" || told.MediaType != multivac.HTML || told.Title != "") || !has && !errors.Is(err, multivac.ErrNotFound) {
			t.Errorf("what was told, exported %v: %+v, %v", has, told, err)
		}
		if told, err := to.db.Original(t.Context(), verbatim); err != nil || string(told.Body) != "It is as it was told." {
			t.Errorf("what was told as it is answered from: %+v, %v", told, err)
		}
	}
	f(from.export(), true)
	var texts bytes.Buffer
	from.must(from.Export(t.Context(), &texts, false))
	if strings.Contains(texts.String(), "original") {
		t.Errorf("an export without originals has them: %s", &texts)
	}
	f(texts.String(), false)
	for _, spoil := range []func(string) string{
		func(s string) string { return strings.Replace(s, "PHA+VGhl", "PHA+VGhh", 1) },
		func(s string) string {
			return strings.Replace(s, "It is as it was told", "It is not as it was told", 1)
		},
	} {
		if got, err := open(t).imports(spoil(from.export()), false); err != nil || got.Broken != 1 || !strings.Contains(got.Lines[0].Err.Error(), "hash of what was told") {
			t.Errorf("spoiled: %+v, %v", got, err)
		}
	}
}

// A document that is read again is handed to the workers at once.
func TestReread(t *testing.T) {
	k := open(t)
	k.fill()
	r, err := k.Reread(t.Context(), telling("page.html", "").ID())
	if err != nil || !r.Changed || r.State != multivac.Pending || r.Revision != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
	if n, err := k.queue.Len(t.Context()); n != 1 || err != nil {
		t.Errorf("%d tasks in the queue, %v, want 1", n, err)
	}
	if again, err := k.Reread(t.Context(), r.ID); again.Changed || err != nil {
		t.Errorf("once more: %+v, %v", again, err)
	}
	if e, err := k.Examine(t.Context(), false); err != nil || len(e.Faults) > 0 {
		t.Errorf("examined: %+v, %v", e, err)
	}
	if _, err := k.Reread(t.Context(), telling("pump.md", "").ID()); !errors.Is(err, multivac.ErrNotFound) || !strings.Contains(err.Error(), "set keep-originals and tell it again") {
		t.Errorf("of what was not kept: %v", err)
	}
}

func TestImportGzipped(t *testing.T) {
	from, to := open(t), open(t)
	from.fill()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(from.export()))
	z.Close()
	if got, err := to.imports(b.String(), false); err != nil || got.Documents != 9 {
		t.Errorf("imported %+v, %v", got, err)
	}
	half := open(t)
	if _, err := half.imports(b.String()[:b.Len()-20], false); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("half of it: %v, want invalid", err)
	}
	if _, err := half.imports(b.String()[:5], true); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("its beginning: %v, want invalid", err)
	}
}

func TestMerge(t *testing.T) {
	from, to := open(t), open(t)
	from.fill()
	to.index(telling("mine.md", "This stands here only."))
	to.index(telling("pump.md", "One."))
	to.index(telling("pump.md", "Two."))
	to.index(telling("pump.md", "The pump never stops."))
	gone := to.index(telling("again.md", "One."))
	to.index(telling("again.md", "Two."))
	_, err := to.db.Delete(t.Context(), gone.Document, to.Now())
	to.must(err)
	before := to.export()
	_, err = to.imports(from.export(), false)
	if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "--merge") || to.export() != before {
		t.Fatalf("without merge: %v, want to be told of --merge and nothing done", err)
	}
	got, err := to.imports(from.export(), true)
	if err != nil || got.Documents != 7 || got.Unchanged != 2 {
		t.Errorf("merged %+v, %v, want 7 and 2 unchanged", got, err)
	}
	f := func(source string, state multivac.State, revision multivac.Revision, says string) {
		t.Helper()
		d, err := to.db.Document(t.Context(), telling(source, "").ID())
		if err != nil || d.State != state || d.Revision != revision || !strings.Contains(d.Text+string(d.Body), says) {
			t.Errorf("%s is %+v, %v, want %s at %d with %q", source, d, err, state, revision, says)
		}
	}
	f("mine.md", multivac.Indexed, 1, "here only")
	f("pump.md", multivac.Indexed, 3, "never stops")
	f("again.md", multivac.Deleted, 3, "")
	f("waits.md", multivac.Pending, 1, "waits")
	if datum, _ := to.db.Datum(t.Context(), "default"); !strings.Contains(datum, "here only") {
		t.Errorf("datum %q, want that which was there", datum)
	}
	if datum, _ := to.db.Datum(t.Context(), "laws"); !strings.Contains(datum, "19 percent") {
		t.Errorf("datum of laws %q, want that which came", datum)
	}
	after := to.export()
	if got, err := to.imports(from.export(), true); err != nil || got.Documents != 0 || to.export() != after {
		t.Errorf("merged again: %+v, %v, want nothing changed", got, err)
	}
}

// A line that cannot be used is named, and the others are imported.
func TestBrokenLines(t *testing.T) {
	from := open(t)
	from.fill()
	whole := strings.SplitAfter(from.export(), "\n")
	at := slices.IndexFunc(whole, func(l string) bool { return strings.Contains(l, `"waits.md"`) })
	f := func(what, old, new, want string) {
		t.Helper()
		lines := slices.Clone(whole)
		if lines[at] = strings.Replace(lines[at], old, new, 1); lines[at] == whole[at] {
			t.Fatalf("%s: the line has no %s: %s", what, old, lines[at])
		}
		to := open(t)
		got, err := to.imports(strings.Join(lines, ""), false)
		if err != nil || got.Documents != 8 || got.Broken != 1 || len(got.Lines) != 1 || got.Lines[0].Line != at+1 || !strings.Contains(got.Lines[0].Err.Error(), want) {
			t.Errorf("%s: imported %+v, %v, want 8 documents, line %d named, with %q", what, got, err, at+1, want)
		}
	}
	f("no JSON", `{"document"`, `{"document`, "cannot be read")
	f("not UTF-8", `waits`, "\xff", "not UTF-8")
	f("deep nesting", `{"document":`, `{"document":`+strings.Repeat("[", 100_000), "cannot be read")
	f("an unknown member", `{"document":{`, `{"document":{"x":1,`, "unknown field")
	f("a member twice", `"source":`, `"source":"x","source":`, "is there twice")
	f("a member in capitals", `"source":`, `"Source":`, "unknown field")
	f("half a surrogate pair", "It waits", `It \ud800`, "surrogate")
	f("something behind", "}}\n", "}} {}\n", "something follows")
	f("neither", `{"document"`, `{"end":null,"document":null}`+"#", "cannot be read")
	f("another text", "It waits", "It never waits", "hash")
	f("another identifier", `"id":"`, `"id":"00`, "identifier")
	f("another source", `"waits.md"`, `"other.md"`, "identifier")
	f("no such state", `"pending"`, `"sleeping"`, "state")
	f("no revision", `"revision":1`, `"revision":0`, "revision")
	f("no hash", `"hash":"`, `"hash":"x`, "hash")
	f("no such collection", `"collection":"default"`, `"collection":"?"`, "identifier")
}

// A text that is too long is refused before it is read.
func TestTextTooLong(t *testing.T) {
	if err := new(content).UnmarshalJSON(make([]byte, maxContent+1)); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

// An import whose stream has no end stops with its context.
func TestImportStops(t *testing.T) {
	for _, line := range []string{"\n", "x\n"} {
		ctx, stop := context.WithCancel(t.Context())
		read := 0
		endless := io.MultiReader(strings.NewReader(`{"format":"multivac-export","version":1}`+"\n"), readerFunc(func(p []byte) (int, error) {
			if read += len(p); read > 1<<20 {
				stop()
			}
			return copy(p, strings.Repeat(line, len(p)/len(line))), nil
		}))
		if _, err := open(t).Import(ctx, endless, false); !errors.Is(err, context.Canceled) || read > 2<<20 {
			t.Errorf("lines of %q: %v after %d bytes", line, err, read)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestBrokenStreams(t *testing.T) {
	from := open(t)
	from.fill()
	whole := strings.SplitAfter(from.export(), "\n")
	n := len(whole) - 1 // what stands after the last line end
	f := func(what, stream, want string) {
		t.Helper()
		to := open(t)
		_, err := to.imports(stream, false)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want invalid, with %q", what, err, want)
		}
	}
	f("nothing", "", "first line")
	f("documents", `{"source":"a","text":"b"}`+"\n", "multivac tell")
	f("a newer one", strings.Replace(strings.Join(whole, ""), fmt.Sprintf(`"version":%d`, version), fmt.Sprintf(`"version":%d`, version+1), 1), "newer program")
	f("without its end", strings.Join(whole[:n-1], ""), fmt.Sprintf("ends early, after line %d", n-1))
	f("cut in a line", strings.Join(whole[:5], "")+whole[5][:20], "ends early")
	f("with a line less", strings.Join(slices.Delete(slices.Clone(whole), 4, 5), ""), "8 documents")
}

// A caller that may not make keys imports none.
func TestKeysAreImportedByAdmins(t *testing.T) {
	from, to := open(t), open(t)
	from.fill()
	to.Keys = func(context.Context) bool { return false }
	got, err := to.imports(from.export(), false)
	if err != nil || got.Documents != 9 || got.Broken != 2 || !errors.Is(got.Lines[0].Err, multivac.ErrForbidden) {
		t.Errorf("imported %+v, %v", got, err)
	}
	if keys, err := to.db.Keys(t.Context()); len(keys) != 0 || err != nil {
		t.Errorf("keys %v, %v", keys, err)
	}
}

func TestRetry(t *testing.T) {
	k := open(t)
	k.fail(telling("a", "broken"))
	r, err := k.Retry(t.Context(), telling("a", "").ID())
	if err != nil || !r.Changed || r.State != multivac.Pending || r.Revision != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
	if n, err := k.queue.Len(t.Context()); n != 1 || err != nil {
		t.Errorf("%d tasks in the queue, %v, want 1", n, err)
	}
}

// A bent is a store that changes what it says of its documents.
type bent struct {
	store.Store
	bend func(*store.Record)
}

func (b bent) Records(ctx context.Context, parts store.Parts, fn func(store.Record) error) error {
	return b.Store.Records(ctx, parts, func(r store.Record) error { b.bend(&r); return fn(r) })
}

func TestExamineFindsWhatContradicts(t *testing.T) {
	k := open(t)
	k.fill()
	f := func(source, want string, bend func(*store.Record)) {
		t.Helper()
		s := New(bent{k.db, func(r *store.Record) {
			if r.Source == source {
				bend(r)
			}
		}}, k.queue)
		e, err := s.Examine(t.Context(), false)
		if err != nil || len(e.Faults) == 0 || !strings.Contains(e.Faults[0].Problem, want) || e.Sound() {
			t.Errorf("%s: got %+v, %v, want %q", source, e, err, want)
		}
	}
	f("waits.md", "lost", func(r *store.Record) { r.Body = nil })
	f("waits.md", "hash", func(r *store.Record) { r.Body = []byte("other") })
	f("pump.md", "identifier", func(r *store.Record) { r.Source = "another" })
	f("pump.md", "the feed says", func(r *store.Record) { r.Published.Revision++; r.Revision++ })
	f("pump.md", "is published", func(r *store.Record) { r.Published = nil })
	f("pump.md", "0 data", func(r *store.Record) { r.Datum = false })
	f("again.md", "2 data", func(r *store.Record) { r.Datum = true })
	f("gone.md", "the feed says", func(r *store.Record) { r.Revision++ })
	f("broken.md", "has failed", func(r *store.Record) { r.State, r.Revision = multivac.Failed, 9 })
	f("pump.md", "passages are broken", func(r *store.Record) { r.Published.Passages[0].Text = "other" })
	f("pump.md", "it has none", func(r *store.Record) { r.Published.Passages = nil })
	f("pump.md", "changed", func(r *store.Record) { r.Changed = time.Time{} })
}

// What is wrong at the first look only is no fault: somebody wrote at that time.
func TestExamineLooksTwice(t *testing.T) {
	k := open(t)
	k.fill()
	looks := 0
	s := New(bent{k.db, func(r *store.Record) {
		if r.Source == "waits.md" {
			if looks++; looks == 1 {
				r.Body = nil
			}
		}
	}}, k.queue)
	if e, err := s.Examine(t.Context(), false); err != nil || len(e.Faults) > 0 || looks != 2 {
		t.Errorf("after %d looks: %+v, %v", looks, e, err)
	}
}

// What is read and written is read as the same.
func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"document":{"id":"3f6c0a1b2c3d4e5f60718293a4b5c6d7","collection":"a","revision":1,"state":"indexed","hash":"00000000000000000000000000000000","told":"2023-11-14T22:13:20Z","changed":"2023-11-14T22:13:20Z","published":{"text":{"base64":"/w=="}}}}`))
	f.Add([]byte(`{"document":{"id":"00","collection":"a","revision":1,"state":"failed","body":"x"}}`))
	f.Add([]byte(`{"key":{"id":"a","scopes":["ask"],"created":"2023-11-14T22:13:20Z","hash":"00"}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		var l line
		if strict.Unmarshal(in, "the line", &l) != nil || l.Document == nil {
			return
		}
		r, err := l.Document.record()
		if err != nil {
			return
		}
		b, err := marshal(line{Document: newDocument(r)})
		if err != nil {
			return // a time that JSON has no form for
		}
		var again line
		if err := strict.Unmarshal(b, "the line", &again); err != nil {
			t.Fatalf("%s cannot be read: %v", b, err)
		}
		other, err := again.Document.record()
		if d := cmp.Diff(r, other); err != nil || d != "" {
			t.Errorf("%s: %v (-read +written and read)\n%s", in, err, d)
		}
	})
}

// A source with control characters, which an earlier version took, is imported,
// exported and deleted like any other.
func TestSourcesOfBeforeStay(t *testing.T) {
	k := open(t)
	told := telling("a\n\x1b[2J.md", "It rains.")
	told.Collection = multivac.DefaultCollection
	b, err := marshal(line{Document: newDocument(store.Record{Document: multivac.Document{
		ID: told.ID(), Collection: told.Collection, Source: told.Source, Hash: told.Hash(), Body: told.Body, Revision: 1, State: multivac.Pending, Told: start, Changed: start,
	}})})
	k.must(err)
	head, _, _ := strings.Cut(k.export(), "\n")
	_, err = k.Import(k.Context(), strings.NewReader(head+"\n"+string(b)+`{"end":{"documents":1,"keys":0}}`+"\n"), false)
	k.must(err)
	if _, err := k.db.Put(k.Context(), []multivac.Telling{told}, k.Now()); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("told again: %v, want ErrInvalid", err)
	}
	d, err := k.db.Document(k.Context(), told.ID())
	if err != nil || d.Source != told.Source || !strings.Contains(k.export(), `"source":"a\n\u001b[2J.md"`) {
		t.Errorf("got %+v, %v and the export %s", d, err, k.export())
	}
	r, err := k.db.Delete(k.Context(), told.ID(), k.Now())
	if err != nil || r.State != multivac.Deleted {
		t.Errorf("deleted: %+v, %v", r, err)
	}
}

// A document that is written in pieces is what marshal makes of it.
func TestWriteDocument(t *testing.T) {
	long := strings.Repeat("Größe \"<b>\" \u2028\n", 20_000)
	for _, d := range []document{
		{ID: "1", State: "deleted"},
		{ID: "1", State: "pending", Body: content(long)},
		{ID: "1", State: "pending", Body: content{}},
		{ID: "1", State: "failed", Body: content("\xff\x00" + long)},
		{ID: "1", State: "indexed", Datum: true, Published: &published{Text: content(long)}},
		{ID: "1", State: "failed", Body: content("two"), Published: &published{Revision: 1, Title: "\"}}", Text: content("one")}},
		{ID: "1", State: "indexed", Published: &published{Text: content{}}},
		{ID: "1", State: "indexed", Published: &published{Text: content("one"), Original: content("\xff" + long)}},
		{ID: "1", State: "indexed", Published: &published{Text: content("one"), Verbatim: true}},
		{ID: "1", State: "indexed", Published: &published{Places: []byte("\x01\x00\xff"), Text: content(long)}},
	} {
		want, err := marshal(line{Document: &d})
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := d.write(&got); err != nil || got.String() != string(want) {
			t.Errorf("got %.300q, %v, want %.300q", &got, err, want)
		}
	}
}
