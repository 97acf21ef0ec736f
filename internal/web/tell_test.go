package web_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/http/httptest"
	"net/textproto"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/web"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

const documents = "/api/v1/documents"

func TestTellOne(t *testing.T) {
	s := newSite(t)
	f := func(target, contentType, body string, want multivac.Telling) {
		t.Helper()
		w := s.do("POST", target, body, "Content-Type: "+contentType)
		r := read[wire.Receipt](s, w, 202)
		if r.ID != string(want.ID()) || r.Revision != 1 || r.State != "pending" || !r.Changed || r.Source != want.Source || r.Error != nil {
			t.Errorf("%s: got %s", body, w.Body)
		}
		all := s.All()
		if d := gocmp.Diff(want, all[len(all)-1]); d != "" {
			t.Errorf("%s: told (-want +got)\n%s", body, d)
		}
	}
	f(documents, "application/json", `{"collection":"c","source":"s","title":"t","text":"x","media_type":"text/plain"}`,
		multivac.Telling{Collection: "c", Source: "s", Title: "t", MediaType: "text/plain", Body: []byte("x")})
	f(documents, "", `{"id":"i","text":"x"}`, multivac.Telling{Source: "i", Body: []byte("x")})
	f(documents+"?collection=q&source=s1&title=t1", "application/json; charset=utf-8", ` {"content":"/wA=","media_type":"text/csv"}`,
		multivac.Telling{Collection: "q", Source: "s1", Title: "t1", MediaType: "text/csv", Body: []byte("\xff\x00")})
	f(documents+"?source=f.md&title=T&collection=c", "text/markdown", "# A\r\n\nB\n",
		multivac.Telling{Collection: "c", Source: "f.md", Title: "T", MediaType: "text/markdown", Body: []byte("# A\r\n\nB\n")})
	f(documents, "text/html; charset=UTF-8", "<p>a", multivac.Telling{MediaType: "text/html", Body: []byte("<p>a")})
	f(documents, "text/csv", "a,b\n1,2\n", multivac.Telling{MediaType: "text/csv", Body: []byte("a,b\n1,2\n")})
	f(documents, "text/plain", "{not JSON", multivac.Telling{MediaType: "text/plain", Body: []byte("{not JSON")})
}

func TestTellAgainChangesNothing(t *testing.T) {
	s := newSite(t)
	first, again := s.told("a", markdown), s.told("a", markdown)
	if !first.Changed || again.Changed || again.ID != first.ID || again.Revision != 1 {
		t.Errorf("got %+v, then %+v", first, again)
	}
	if r := s.told("a", "# Other\n"); !r.Changed || r.Revision != 2 || r.ID != first.ID {
		t.Errorf("another text: got %+v", r)
	}
}

func TestTellMany(t *testing.T) {
	s := newSite(t)
	f := func(contentType, body string, sources ...string) {
		t.Helper()
		w := s.do("POST", documents, body, "Content-Type: "+contentType)
		var got []string
		for _, r := range read[wire.Receipts](s, w, 202).Documents {
			if r.Error != nil || r.State != "pending" {
				t.Errorf("%s: got %s", body, w.Body)
			}
			got = append(got, r.Source)
		}
		if !slices.Equal(got, sources) {
			t.Errorf("%s: got sources %q, want %q", body, got, sources)
		}
	}
	f("application/json", `[{"source":"a","text":"1"},{"source":"b","text":"2"}]`, "a", "b")
	f("application/json", `[{"source":"a","text":"1"}]`, "a")
	f("application/json", `{"collection":"c","documents":[{"source":"d","text":"1"},{"source":"e","text":"2","collection":"f"}]}`, "d", "e")
	f("application/x-ndjson", "{\"source\":\"g\",\"text\":\"1\"}\r\n\n{\"source\":\"h\",\"text\":\"2\"}", "g", "h")
	f("application/x-ndjson", `{"source":"i","text":"1"}`+"\n", "i")
	f("application/x-ndjson", `{"id":7,"page_content":"1","tags":[]}`, "7") // as in a file

	got := map[string]multivac.CollectionName{}
	for _, told := range s.All() {
		got[told.Source] = told.Collection
	}
	if got["a"] != "" || got["d"] != "c" || got["e"] != "f" {
		t.Errorf("got collections %v", got)
	}
}

// A bad document is named with the reason, and does not stop the others.
func TestTellSomeBad(t *testing.T) {
	s := newSite(t)
	f := func(contentType, body string, want ...string) {
		t.Helper()
		w := s.do("POST", documents, body, "Content-Type: "+contentType)
		var got []string
		for _, r := range read[wire.Receipts](s, w, 202).Documents {
			if r.Error != nil {
				got = append(got, r.Error.Detail)
				if r.ID != "" || r.Error.Status < 400 || r.Error.Remedy == "" {
					t.Errorf("%s: got %+v", body, r)
				}
			} else {
				got = append(got, r.State)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%s: got %q, want %q", body, got, want)
		}
		for n := range want {
			if !strings.Contains(got[n], want[n]) {
				t.Errorf("%s: got %q, want %q in it", body, got[n], want[n])
			}
		}
	}
	ndjson := "application/x-ndjson"
	f(ndjson, `{"text":"1"}`+"\n"+`{"text":`+"\n"+`{"text":"3"}`, "pending", "ends early", "pending")
	f(ndjson, `{"text":"1"}`+"\nnonsense\n"+`{"txt":"3"}`, "pending", "JSON cannot be read", `there is no "text"`)
	f(ndjson, `{"text":"1"}`+"\n"+`{"text":5}`+"\n[]", "pending", "text cannot be a JSON number", "a document cannot be a JSON array")
	f(ndjson, `{"text":"1"}`+"\n{\"text\":\"\xff\"}\n"+`{"text":"1"} {"text":"2"}`, "pending", "not UTF-8", "something follows")
	f(ndjson, `{"text":"1"}`+"\n"+`{"content":"!"}`+"\n"+`{"text":"a","content":"YQ=="}`, "pending", "not base64", "both given")
	f(ndjson, `{"text":"1"}`+"\n"+`{"source":"a","id":"b","text":"a"}`+"\n"+`{"text":"a","collection":"No!"}`, "pending", "differ", "not allowed")
	f("application/json", `[{"text":"1"},null,{"text":"2","source":"refuse"},{}]`, "pending", "empty", "refuse is refused", "empty")
}

func TestTellNothingGood(t *testing.T) {
	s := newSite(t)
	f := func(contentType, body string, status int, kind, want string) {
		t.Helper()
		p := s.problem(s.do("POST", documents, body, "Content-Type: "+contentType), status, kind)
		if !strings.Contains(p.Detail, want) {
			t.Errorf("%.100s: got detail %q, want %q in it", body, p.Detail, want)
		}
	}
	js := "application/json"
	f(js, `{"text":`, 400, "invalid", "after byte 8: unexpected end")
	f(js, ``, 400, "invalid", "unexpected end")
	f(js, `[{"text":"a"},`, 400, "invalid", "JSON cannot be read")
	f(js, `[]`, 400, "invalid", "nothing")
	f(js, `"a"`, 400, "invalid", "a document cannot be a JSON string")
	f(js, `{"documents":5}`, 400, "invalid", "documents cannot be a JSON number")
	f(js, `{"documents":[{"text":"a"}],"text":"b"}`, 400, "invalid", `unknown field "text"`)
	f(js, `{"text":""}`, 400, "invalid", "empty")
	f(js, `{"text":"a","source":"refuse"}`, 400, "invalid", "refuse is refused")
	f(js, `[{"text":""},{"txt":"b"}]`, 400, "invalid", "documents[0]: document is empty")
	f("application/x-ndjson", "\n{}", 400, "invalid", `line 2: there is no "text"`)
	f("application/x-ndjson", `{"text":""}`, 400, "invalid", "line 1: document is empty")
	f("application/x-ndjson", "", 400, "invalid", "nothing")
	f("text/plain", "", 400, "invalid", "empty")
	f("text/plain", strings.Repeat("a", multivac.MaxBody+1), 413, "too-large", "over the limit")
	f("text/plain; charset=latin1", "a", 415, "unsupported-media-type", "latin1")
	f("application/x-www-form-urlencoded", `{"text":"a"}`, 415, "unsupported-media-type", "x-www-form-urlencoded")
	f("application/x-msdownload", `MZ`, 415, "unsupported-media-type", "application/x-msdownload")
	f("multipart/form-data; boundary=x", `no form`, 400, "invalid", "form")
	f("multipart/form-data", `no form`, 400, "invalid", "form")
	f("multipart/form-data; boundary=x", "--x--\r\n", 400, "invalid", "nothing")
	f(";", `{}`, 400, "invalid", "Content-Type")
	s.problem(s.do("POST", documents+"?colection=c", `{"text":"a"}`), 400, "invalid")
	s.problem(s.do("POST", documents+"?wait=long", `{"text":"a"}`), 400, "invalid")
	s.problem(s.do("POST", documents, `{"text":"a"}`, "Content-Encoding: gzip"), 415, "unsupported-media-type")

	p := s.problem(s.do("POST", documents, `[{"text":"","source":"a"},{"txt":"b"}]`), 400, "invalid")
	if len(p.Errors) != 2 || p.Errors[1].Location != "documents[1]" || len(p.Documents) != 2 || p.Documents[0].Source != "a" {
		t.Errorf("got %+v", p)
	}
	if got := s.All(); len(got) != 1 { // "refuse", which only the teller knows to refuse
		t.Errorf("told %+v", got)
	}
}

func TestTellTooLarge(t *testing.T) {
	s := newSite(t)
	line := `{"text":"a"}` + strings.Repeat(" ", 1<<20) + "\n"
	r := httptest.NewRequest("POST", documents, strings.NewReader(strings.Repeat(line, 70)))
	r.ContentLength = -1 // the length is unknown
	r.Header.Set("Content-Type", "application/x-ndjson")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	p := s.problem(w, 413, "too-large")
	kept := 0
	for _, r := range p.Documents {
		if r.ID != "" {
			kept++
		}
	}
	if kept == 0 || kept != len(p.Documents) {
		t.Errorf("%d of %d documents read before the limit are kept", kept, len(p.Documents))
	}
	s.problem(s.do("POST", documents, strings.Repeat(" ", bodies.Most+1), "Content-Type: application/json"), 413, "too-large")
	s.problem(s.do("POST", documents, strings.Repeat("{}\n", 50_001), "Content-Type: application/x-ndjson"), 413, "too-large")

	// A line that is too long is named, and the others are told.
	body := strings.Repeat("b", 33<<20) + "\n" + `{"text":"c"}`
	got := read[wire.Receipts](s, s.do("POST", documents, body, "Content-Type: application/x-ndjson"), 202).Documents
	if len(got) != 2 || got[0].Error == nil || got[0].Error.Status != 413 || got[1].State != "pending" {
		t.Errorf("got %+v", got)
	}
}

func TestTellsInBatches(t *testing.T) {
	s := newSite(t)
	f := func(size, documents int, want ...int) {
		t.Helper()
		before := len(s.Told())
		var body strings.Builder
		for n := range documents {
			fmt.Fprintf(&body, `{"source":"%d","text":"%s"}`+"\n", n, strings.Repeat("a", size))
		}
		read[wire.Receipts](s, s.do("POST", "/api/v1/documents", body.String(), "Content-Type: application/x-ndjson"), 202)
		var got []int
		for _, batch := range s.Told()[before:] {
			got = append(got, len(batch))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d documents of %d bytes: got batches of %v, want %v", documents, size, got, want)
		}
	}
	f(10, 600, 256, 256, 88)
	f(4<<20, 3, 2, 1)
}

func TestTellAndWait(t *testing.T) {
	s := newSite(t)
	if r := s.told("a", "x"); r.State != "indexed" || r.Position == "" {
		t.Errorf("got %+v", r)
	}
	s.Mangled = true
	if r := s.told("b", "x"); r.State != "failed" || r.ID == "" || r.Error == nil || r.Error.Detail != "cannot be read" {
		t.Errorf("one that fails: got %+v", r)
	}
	s.Stuck = true // longer than the server waits
	if r := s.told("c", "x"); r.State != "pending" || r.Position != "" || r.Error != nil {
		t.Errorf("one that takes long: got %+v", r)
	}
}

// A server that stops does not wait any more, but still answers, because the
// documents are stored.
func TestStopEndsTheWait(t *testing.T) {
	stop, end := context.WithCancel(t.Context())
	s := newSite(t, func(o *web.Options) { o.Wait, o.Stop = time.Hour, stop })
	s.Stuck = true
	go func() {
		for len(s.All()) == 0 {
			runtime.Gosched()
		}
		end()
	}()
	if r := s.told("a", "x"); r.State != "pending" || r.ID == "" || r.Error != nil {
		t.Errorf("got %+v, want a receipt that says pending", r)
	}
}

// form makes a form of name, file name, media type and content.
func form(t *testing.T, parts ...[4]string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name=%q`, p[0])
		if p[1] != "" {
			disposition += fmt.Sprintf(`; filename=%q`, p[1])
		}
		h.Set("Content-Disposition", disposition)
		if p[2] != "" {
			h.Set("Content-Type", p[2])
		}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, p[3])
	}
	w.Close()
	return "Content-Type: " + w.FormDataContentType(), b.String()
}

// splitLines reads each line of a .jsonl as a document, and other files as a
// whole. It refuses files with an unknown ending.
func splitLines(_ context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
	return func(yield func(multivac.Telling, error) bool) {
		name, c := in.Source, in.Collection
		b, err := io.ReadAll(in.Reader)
		switch {
		case err != nil || strings.HasSuffix(name, ".exe"):
			yield(multivac.Telling{Source: name}, multivac.Errorf(multivac.ErrInvalid, "tell a text", "%s is no text", name))
		case !strings.HasSuffix(name, ".jsonl"):
			yield(multivac.Telling{Collection: c, Source: name, MediaType: cmp.Or(in.MediaType, "text/by-name"), Body: b}, nil)
		default:
			for n, line := range strings.Fields(string(b)) {
				if !yield(multivac.Telling{Collection: c, Source: fmt.Sprint(name, n), Body: []byte(line)}, nil) {
					return
				}
			}
		}
	}
}

func TestTellFiles(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Files = splitLines })
	f := func(parts [][4]string, want ...multivac.Telling) {
		t.Helper()
		before := len(s.All())
		header, body := form(t, parts...)
		w := s.do("POST", documents, body, header)
		if got := read[wire.Receipts](s, w, 202).Documents; len(got) < len(want) {
			t.Errorf("%q: got %s", parts, w.Body)
		}
		if d := gocmp.Diff(want, s.All()[before:]); d != "" {
			t.Errorf("%q: told (-want +got)\n%s", parts, d)
		}
	}
	file := func(name, mediaType, body string) [4]string { return [4]string{"file", name, mediaType, body} }
	f([][4]string{file("a/b.md", "application/octet-stream", "A")},
		multivac.Telling{Source: "a/b.md", MediaType: "text/by-name", Body: []byte("A")})
	f([][4]string{file("notes", "text/plain", "A"), file("b.txt", "text/plain", "B"), file("c.txt", "text/markdown", "C")},
		multivac.Telling{Source: "notes", MediaType: "text/plain", Body: []byte("A")},
		multivac.Telling{Source: "b.txt", MediaType: "text/by-name", Body: []byte("B")},
		multivac.Telling{Source: "c.txt", MediaType: "text/markdown", Body: []byte("C")})
	f([][4]string{file("a.md", "", "A"), {"collection", "", "", "c"}, {"source", "", "", "s"}, {"title", "", "", "T"}},
		multivac.Telling{Collection: "c", Source: "s", Title: "T", MediaType: "text/by-name", Body: []byte("A")})
	f([][4]string{{"collection", "", "", "c"}, file("x.jsonl", "", "1\n2")},
		multivac.Telling{Collection: "c", Source: "x.jsonl0", Body: []byte("1")},
		multivac.Telling{Collection: "c", Source: "x.jsonl1", Body: []byte("2")})
	f([][4]string{file("a.exe", "", "MZ"), file("b.md", "", "B")}, // the bad one is named
		multivac.Telling{Source: "b.md", MediaType: "text/by-name", Body: []byte("B")})

	header, body := form(t, file("a.exe", "", "MZ"))
	if p := s.problem(s.do("POST", documents, body, header), 400, "invalid"); p.Documents[0].Source != "a.exe" || p.Errors[0].Location != "a.exe" {
		t.Errorf("got %+v", p)
	}
	header, body = form(t, file("a.md", "", "A"), file("b.md", "", "B"), [4]string{"title", "", "", "T"})
	s.problem(s.do("POST", documents, body, header), 400, "invalid")
	header, body = form(t, file("a.md", "", "A"), [4]string{"colour", "", "", "T"})
	s.problem(s.do("POST", documents, body, header), 400, "invalid")
}

// Whatever is sent, the answer is JSON, and the error is the sender's, not the
// server's.
func FuzzTellBody(f *testing.F) {
	content := base64.StdEncoding.EncodeToString([]byte(markdown))
	for _, body := range []string{
		`{"text":"x"}`, `[{"text":"x"},{"id":"a"}]`, `{"documents":[{"text":"x"},5,null]}`, `{"content":"` + content + `"}`, `{"documents":null}`,
		"{\"text\":\"x\"}\n{\n\n[]\n\"\xff\"", "--x\r\nContent-Disposition: form-data; name=f; filename=a.jsonl\r\n\r\nA B\r\n--x--\r\n",
		"--x\r\nContent-Disposition: form-data; name=source\r\n\r\nA\r\n--x", "", "\x00", `{"a":`, `[[[[[[`, `{"text":"\ud800"}`,
	} {
		for _, contentType := range []string{"application/json", "application/x-ndjson", "multipart/form-data; boundary=x", "text/plain", "text/html; charset=utf-8", ";", ""} {
			f.Add(contentType, body)
		}
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		s := newSite(t, func(o *web.Options) { o.Files = splitLines })
		r := httptest.NewRequest("POST", "/api/v1/documents", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 202 && (w.Code < 400 || w.Code >= 500) || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q as %q: got %d %s", body, contentType, w.Code, w.Body)
		}
		for _, told := range s.All() {
			if err := told.Validate(); err != nil {
				t.Errorf("%q as %q: told what is not valid: %v", body, contentType, err)
			}
		}
		if w.Code != 202 && len(s.All()) > 0 && !strings.Contains(w.Body.String(), "refuse") {
			t.Errorf("%q as %q: kept %d, but answers %s", body, contentType, len(s.All()), w.Body)
		}
	})
}

func FuzzQuestionBody(f *testing.F) {
	for _, body := range []string{`{"question":"x"}`, `{"question":"x","count":1e9}`, `{"question":5}`, `[]`, `{`, "", "null", `{"question":"x","stop":""}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		s := newSite(t)
		w := s.do("POST", "/api/v1/answer", body, "Content-Type: application/json")
		if w.Code != 200 && (w.Code < 400 || w.Code >= 500) || !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%q: got %d %s", body, w.Code, w.Body)
		}
	})
}

var errDisk = errors.New("disk full")

func TestTellThatFailsAsAWhole(t *testing.T) {
	s := newSite(t)
	s.Err = errDisk
	p := s.problem(s.do("POST", documents, `[{"text":"x"},{"text":""}]`), 500, "internal")
	if len(p.Documents) != 2 || p.Documents[0].Error.Status != 500 || p.Documents[1].Error.Status != 400 {
		t.Errorf("got %+v", p)
	}
}
