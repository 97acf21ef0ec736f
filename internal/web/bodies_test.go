package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/formats"
	"multivac/internal/web"
	"multivac/internal/web/bodies"
	"multivac/internal/web/wire"
)

// files reads all formats, within the limits of each.
func files(ctx context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
	in.Limits = extract.Default
	return formats.All.Tellings(ctx, in)
}

// The memory for a body is a small multiple of its size, whatever the body
// contains.
func TestMemoryOfBodies(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Files = files })
	const size = 16 << 20
	fill := func(before, unit, after string) string {
		return before + strings.Repeat(unit, (size-len(before)-len(after))/len(unit)) + after
	}
	part := "--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n\r\n"
	f := func(target, mediaType, body string) {
		t.Helper()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := s.do("POST", target, body, "Content-Type: "+mediaType)
		runtime.ReadMemStats(&after)
		// More is allocated than is used at a time. The recorder has the
		// answer, and copied it as it grew.
		if got := (after.TotalAlloc - before.TotalAlloc) / size; got > 20 && !raced {
			t.Errorf("%.40s: %d bytes were allocated for each of the body's, and it got %d", body, got, w.Code)
		}
		if len(w.Body.Bytes()) > 100_000 {
			t.Errorf("%.40s: the answer has %d bytes: %.200s", body, w.Body.Len(), w.Body)
		}
	}
	js := "application/json"
	f(documents, js, fill("[", "1,", "1]"))
	f(documents, js, fill("[", "{},", "{}]"))
	f(documents, js, fill(`{"documents":[`, "null,", `null],"collection":"c"}`))
	f(documents, js, strings.Repeat("[", size))
	f(documents, js, fill(`[{`, `"a":1,`, `"a":1}]`))
	f(documents, js, fill(`{`, `"a":1,`, `"a":1}`))
	f(documents, js, fill(`[{"text":"`, `\u00e9`, `"}]`))
	f(documents, js, fill(`[{"text":`, `1`, `}]`))
	f(documents, "application/x-ndjson", strings.Repeat("\n", size))
	f(documents, "application/x-ndjson", strings.Repeat("1\n", size/2))
	f(documents, "multipart/form-data; boundary=x", fill("", part, "--x--\r\n"))
	f(documents, "multipart/form-data; boundary=x", fill("--x\r\n", "A:b\r\n", "\r\n\r\n--x--\r\n"))
	f(documents, "multipart/form-data; boundary=x", fill("--x\r\nContent-Disposition: form-data", ";a", "\r\n\r\n\r\n--x--\r\n"))
	var many strings.Builder
	for n := 0; many.Len() < 9<<20; n++ {
		fmt.Fprintf(&many, ";a%d=1", n)
	}
	f(documents, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data"+many.String()+"\r\n\r\n\r\n--x--\r\n")
	f("/multivac/data", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data"+many.String()+"\r\n\r\n\r\n--x--\r\n")
	f("/multivac/data", "application/x-www-form-urlencoded", fill("", "a=b&", "data="))
	f("/multivac/data", "multipart/form-data; boundary=x", fill("", part, "--x--\r\n"))
}

// The problem of many documents is short, and says how many more there are.
func TestManyRefused(t *testing.T) {
	s := newSite(t)
	const n = 5000
	p := s.problem(s.do("POST", documents, "["+strings.Repeat("{},", n-1)+"{}]"), 400, "invalid")
	if len(p.Errors)+p.Omitted != n || len(p.Errors) > 100 || len(p.Documents) > 256 || p.Documents[3].Error.Errors[0].Location != "documents[3]" {
		t.Errorf("got %d errors, %d more, %d documents", len(p.Errors), p.Omitted, len(p.Documents))
	}
	// If one of them is stored, each has its receipt, in order.
	w := s.do("POST", documents, "["+strings.Repeat("{},", n-1)+`{"text":"a"}]`)
	got := read[wire.Receipts](s, w, 202).Documents
	if len(got) != n || got[n-1].ID == "" || w.Body.Len() > 150*n {
		t.Fatalf("got %d receipts in %d bytes, the last %+v", len(got), w.Body.Len(), got[len(got)-1])
	}
	for at, r := range got[:n-1] {
		if r.Error == nil || r.Error.Status != 400 || r.Error.Detail == "" {
			t.Fatalf("document %d: got %+v", at, r)
		}
	}
	many := strings.Repeat("{},", 50_000) + `{"text":"a"}`
	p = s.problem(s.do("POST", documents, `{"documents":[`+many+`]}`), 413, "too-large")
	if len(p.Documents) > 256 {
		t.Errorf("nothing was kept, and the problem tells of %d documents", len(p.Documents))
	}
}

// The members of the object around a list may be in any order, but only once.
func TestTellListsInAnyOrder(t *testing.T) {
	s := newSite(t)
	f := func(body string, status int, want string) {
		t.Helper()
		before := len(s.All())
		w := s.do("POST", documents, body)
		if w.Code != status || status == 400 && !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %d %s, want %d and %q", body, w.Code, w.Body, status, want)
		}
		if told := s.All()[before:]; status == 202 && (len(told) == 0 || string(told[0].Collection) != want) || status == 400 && len(told) > 0 {
			t.Errorf("%s: told %v, want it in %q", body, told, want)
		}
	}
	f(`{"documents":[{"text":"a"}],"collection":"c"}`, 202, "c")
	f(` { "collection" : "d" , "documents" : [ {"text":"a"} , {"text":"b","collection":"e"} ] } `, 202, "d")
	f(`{"documents":[{"text":"b"}],"collection":""}`, 202, "")
	f(`{"documents":[{"text":"a"}],"documents":[{"text":"b"}]}`, 400, `field \"documents\" is there twice`)
	f(`{"collection":"a","documents":[{"text":"a"}],"collection":"b"}`, 400, `field \"collection\" is there twice`)
	f(`{"documents":[{"text":"a"}],"Collection":"b"}`, 400, `unknown field \"Collection\"`)
	f(`{"documents":[{"text":"a"}],"collection":5}`, 400, "collection cannot be a JSON number")
	f(`{"documents":null}`, 400, "documents cannot be a JSON null")
	f(`{"documents":{"text":"a"}}`, 400, "documents cannot be a JSON object")
	f(`{"documents":[{"text":"a"}]`, 400, "unexpected end")
	f(`[{"text":"a"}] []`, 400, "something follows")
	f(`[{"text":"a"},{"text":"b"]`, 400, "JSON cannot be read after byte 25")
}

// JSON, queries and forms are refused if two readers could understand them
// differently.
func TestStrict(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Files = files })
	f := func(method, target, mediaType, body, want string) {
		t.Helper()
		p := s.problem(s.do(method, target, body, "Content-Type: "+mediaType), 400, "invalid")
		if !strings.Contains(p.Detail, want) {
			t.Errorf("%s %s: got %q, want %q in it", target, body, p.Detail, want)
		}
	}
	js, answer, keys := "application/json", "/api/v1/answer", "/api/v1/keys"
	for _, m := range []string{js, "application/x-ndjson"} {
		f("POST", documents, m, `{"text":"a","text":"b"}`, `"text" is there twice`)
		f("POST", documents, m, `{"text":"\ud800"}`, "surrogate")
		f("POST", documents, m, `{"text":"\udc00\ud800"}`, "surrogate")
		f("POST", documents, m, "{\"text\":\"\xed\xa0\x80\"}", "not UTF-8")
	}
	f("POST", documents, js, `{"Text":"a"}`, `unknown field "Text"`)
	f("POST", documents, js, `{"text":"a","tags":[]}`, `unknown field "tags"`)
	f("POST", documents, js, `[{"text":"\ud800"}]`, "surrogate")
	f("POST", documents, js, `[{"text":"a","text":"b"}]`, "is there twice")
	f("POST", answer, js, `{"question":"a","question":"b"}`, "is there twice")
	f("POST", answer, js, `{"Question":"a"}`, "")
	f("POST", answer, js, `{"question":"a","more":1}`, "")
	f("POST", answer, js, `{"question":"\ud800"}`, "surrogate")
	f("POST", keys, js, `{"name":"a","name":"b","scopes":["ask"]}`, "is there twice")
	f("POST", keys, js, `{"name":"a","scopes":["ask"],"x":1}`, "")

	lines := func(line string) string {
		return "--x\r\nContent-Disposition: form-data; name=file; filename=a.jsonl\r\n\r\n" + line + "\r\n--x--\r\n"
	}
	form := "multipart/form-data; boundary=x"
	f("POST", documents, form, lines(`{"text":"a","text":"b"}`), "is there twice")
	f("POST", documents, form, lines(`{"text":"\ud800"}`), "surrogate")
	field := "--x\r\nContent-Disposition: form-data; name=source\r\n\r\na\r\n"
	f("POST", documents, form, field+field+lines(`{"text":"a"}`), `"source" is there twice`)
	data := strings.ReplaceAll(field, "source", "data")
	f("POST", "/multivac/data", form, data+data+"--x--\r\n", `"data" is there twice`)
	f("POST", "/multivac/data", "application/x-www-form-urlencoded", "data=a&x=1&data=b", `"data" is there twice`)

	for _, route := range []string{"GET " + answer, "GET " + documents, "POST " + documents, "GET /multivac", "GET /", "GET /ui/x", "POST /api/v1/import", "GET /api/v1/export", "DELETE " + documents + "/x", "GET /readyz"} {
		method, path, _ := strings.Cut(route, " ")
		f(method, path+"?question=a&question=b", js, "", `"question" is there twice`)
		f(method, path+"?q=a&%71=a", js, "", `"q" is there twice`)
		f(method, path+"?q=%zz", js, "", "cannot be read")
		f(method, path+"?q=a;b", js, "", "cannot be read")
		f(method, path+"?"+strings.Repeat("&", 60_000), js, "", "over 100 parameters")
	}
}

// No cache on the way may keep answers.
func TestAnswersAreNotKept(t *testing.T) {
	s := newSite(t)
	r := s.told("a.md", markdown)
	for _, path := range []string{"/api/v1/answer?question=links", "/api/v1/answer?stop=eager&question=links", "/api/v1/documents", "/api/v1/documents/" + r.ID, "/multivac?question=links", "/?q=links", "/nothing"} {
		if got := s.do("GET", path, "").Header().Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s: got Cache-Control %q", path, got)
		}
	}
}

func gzipped(t *testing.T, unit string, n int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for range n {
		io.WriteString(w, unit)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Unpacked bytes are counted, whether they are documents or not, over all files
// of a request.
func TestUnpackedIsCounted(t *testing.T) {
	read := 0
	s := newSite(t, func(o *web.Options) {
		o.Files = func(ctx context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
			spend := in.Spend
			in.Spend = func(bytes, lines int) error {
				read += bytes
				return spend(bytes, lines)
			}
			return files(ctx, in)
		}
	})
	f := func(most int, files ...string) {
		t.Helper()
		var parts [][4]string
		for n, body := range files {
			parts = append(parts, [4]string{"file", fmt.Sprintf("%d.jsonl.gz", n), "", body})
		}
		header, body := form(t, parts...)
		read = 0
		s.problem(s.do("POST", documents, body, header), 413, "too-large")
		if read > most {
			t.Errorf("%d bytes were unpacked, want at most %d", read, most)
		}
	}
	f(2<<20, gzipped(t, strings.Repeat("\n", 1<<16), 1<<8)) // 16 MiB of blank lines
	f(260<<20, gzipped(t, strings.Repeat(" ", 1<<20), 600)) // one long blank line
	half := gzipped(t, strings.Repeat("\n", 600_000), 1)
	f(2<<20, half, half, half)
}

// A server that stops ends the reading of a request's files.
func TestStopEndsTheReading(t *testing.T) {
	stop, end := context.WithCancel(t.Context())
	s := newSite(t, func(o *web.Options) {
		o.Stop = stop
		o.Files = func(_ context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
			return func(yield func(multivac.Telling, error) bool) {
				end()
				for {
					if err := in.Spend(0, 0); err != nil {
						yield(multivac.Telling{}, err)
						return
					}
				}
			}
		}
	})
	header, body := form(t, [4]string{"file", "a.jsonl", "", "x"}, [4]string{"file", "b.jsonl", "", "x"})
	s.problem(s.do("POST", documents, body, header), 503, "unavailable")
	for _, mediaType := range []string{"application/json", "application/x-ndjson"} {
		s.problem(s.do("POST", documents, "["+strings.Repeat("1,", 5000)+"1]", "Content-Type: "+mediaType), 503, "unavailable")
	}
}

// A body that is too large is refused before it is sent.
func TestTooLargeBeforeItIsSent(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		f := func(path string, length int) {
			t.Helper()
			c := p.dial()
			defer c.Close()
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", path, length)
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			if res.StatusCode != 413 || !res.Close {
				t.Errorf("%s: got %s, closed %t; want 413 and the end", path, res.Status, res.Close)
			}
		}
		f(documents, bodies.Most+1)
		f("/multivac/data", bodies.Most+1)
		f("/api/v1/answer", 2<<20)
		f("/ui/sign-in", 2<<20)
	})
}

// While large bodies take all memory for them, another large body is told to
// try again, and small requests are answered as usual.
func TestRoomForBodies(t *testing.T) {
	slowly(t, func(t *testing.T, s *site, p pipes) {
		var conns []net.Conn
		defer func() {
			for _, c := range conns {
				c.Close()
			}
		}()
		begin := func(length int) *bufio.Reader {
			c := p.dial()
			conns = append(conns, c)
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", documents, length)
			return bufio.NewReader(c)
		}
		first := begin(60 << 20)
		synctest.Wait()
		begun := time.Now()
		res, err := http.ReadResponse(begin(60<<20), nil)
		if err != nil || res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			t.Errorf("got %v, %v, want 503 with Retry-After", res, err)
			return
		}
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("it was refused after %v", took)
		}
		begun = time.Now()
		s.told("a.md", markdown)
		if w := s.do("POST", "/api/v1/answer", `{"question":"links"}`); w.Code != 200 || time.Since(begun) > time.Second {
			t.Errorf("a question got %d after %v", w.Code, time.Since(begun))
		}
		// A client that sends nothing only holds it for half a minute.
		if res, err = http.ReadResponse(first, nil); err != nil || res.StatusCode != 408 || time.Since(begun) > 40*time.Second {
			t.Errorf("after %v: got %v, %v, want 408", time.Since(begun), res, err)
		}
		if w := s.do("POST", documents, `[{"text":"a"}]`+strings.Repeat(" ", 60<<20)); w.Code != 202 {
			t.Errorf("after that: got %d %s", w.Code, w.Body)
		}
	})
}

// Only one import is read at a time.
func TestOneImport(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := newSite(t, func(o *web.Options) { o.Keeper = &slowKeeper{begun: begun, end: end} })
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- s.do("POST", "/api/v1/import", "x") }()
	<-begun
	s.problem(s.do("POST", "/api/v1/import", "x"), 503, "unavailable")
	close(end)
	if w := <-done; w.Code != 200 {
		t.Errorf("the first: got %d %s", w.Code, w.Body)
	}
}

type slowKeeper struct {
	keeper
	begun, end chan struct{}
}

func (k *slowKeeper) Import(context.Context, io.Reader, bool) (multivac.Imported, error) {
	k.begun <- struct{}{}
	<-k.end
	return multivac.Imported{}, nil
}

// The number of errors that huma finds is limited to 100, too.
func TestManyErrorsOfAQuestion(t *testing.T) {
	s := newSite(t)
	var body strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&body, `"%d":1,`, n)
	}
	p := s.problem(s.do("POST", "/api/v1/answer", "{"+body.String()+`"question":"a"}`), 400, "invalid")
	if len(p.Errors) != 100 || p.Omitted != 2900 {
		t.Errorf("got %d errors, and %d more", len(p.Errors), p.Omitted)
	}
	p = s.problem(s.do("POST", "/api/v1/answer", "["+strings.Repeat("[],", 10_000)+"1]"), 400, "invalid")
	if !strings.Contains(p.Detail, "values") {
		t.Errorf("got %q", p.Detail)
	}
}
