package test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Requests that the server must refuse, with a status and a problem that says
// what to do. It keeps nothing of them.
func TestBadRequests(t *testing.T) {
	s := serve(t, t.TempDir())
	s.tellAndWait(t, "payments.md", runbook)
	const documents, answer = "/api/v1/documents", "/api/v1/answer"
	refused := func(what string, status int, method, path, mediaType, body string, header ...string) {
		t.Helper()
		r := s.do(t, method, path, mediaType, body, header...)
		if r.status != status || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s %.300s, want %d with a problem", what, r.status, r.header.Get("Content-Type"), r.body, status)
			return
		}
		if p := r.JSON(t); p["detail"] == "" || p["remedy"] == nil || p["request_id"] == nil {
			t.Errorf("%s: %s lacks a detail, a remedy or a request_id", what, r.body)
		}
	}
	get := func(what string, status int, path string) { t.Helper(); refused(what, status, "GET", path, "", "") }
	post := func(what string, status int, mediaType, body string) {
		t.Helper()
		refused(what, status, "POST", documents, mediaType, body)
	}
	const (
		json     = "application/json"
		lines    = "application/x-ndjson"
		markdown = "text/markdown"
		form     = "application/x-www-form-urlencoded"
		megabyte = 1 << 20
	)

	post("nothing", 400, json, "")
	post("nothing, as text", 400, markdown, "")
	post("nothing, as lines", 400, lines, "\n\n")
	post("an empty list", 400, json, "[]")
	post("null", 400, json, "null")
	post("a number", 400, json, "7")
	post("a document without text", 400, json, `{"source":"a.md"}`)
	post("an empty text", 400, json, `{"source":"a.md","text":""}`)
	post("text and content", 400, json, `{"text":"a","content":"YQ=="}`)
	post("content that is no base64", 400, json, `{"source":"a.md","content":"%%%"}`)
	post("a text that is a list", 400, json, `{"text":["a"]}`)
	post("an unknown member", 400, json, `{"text":"a","colour":"red"}`)
	post("two objects", 400, json, `{"text":"a"}{"text":"b"}`)
	post("half an object", 400, json, `{"text":"a`)
	post("a collection that is none", 400, json, `{"text":"a","collection":"../../etc"}`)
	post("a source that is too long", 400, json, object(t, "text", "a", "source", strings.Repeat("s", 2049)))
	post("a title that is too long", 400, json, object(t, "text", "a", "title", strings.Repeat("t", 1025)))
	post("a type inside of which nothing is known", 400, json, `{"text":"a","media_type":"image/png"}`)

	post("a document that is too large", 413, markdown, strings.Repeat("large ", 3*megabyte))
	post("the same as JSON", 413, json, object(t, "text", strings.Repeat("large ", 3*megabyte)))
	post("a request that is too large", 413, json, "["+strings.Repeat(object(t, "text", strings.Repeat("a", megabyte))+",", 65)+"null]")

	post("a zero byte", 400, markdown, "a\x00b")
	post("a picture that says it is text", 400, "text/plain", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	post("broken UTF-8", 400, markdown, "caf\xe9 au lait")
	post("broken UTF-8 in JSON", 400, json, "{\"text\":\"caf\xe9\"}")
	post("UTF-16 that is none", 400, markdown, "\xff\xfe\x00")

	post("deep nesting", 400, json, strings.Repeat("[", 100_000))
	post("deep nesting, closed", 400, json, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))
	post("deep nesting in a member", 400, json, `{"text":`+strings.Repeat(`{"text":`, 100_000)+"1"+strings.Repeat("}", 100_001))
	post("deep nesting in a line", 400, lines, strings.Repeat("[", 100_000))

	post("XML", 415, "application/xml", "<a/>")
	post("a form of the original's", 415, form, "data=a")
	post("Latin-1", 415, "text/plain; charset=iso-8859-1", "caf\xe9")
	post("a type that is none", 400, ";;;", "a")
	post("a form without a boundary", 400, "multipart/form-data", "a")
	post("a form without its end", 400, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=file; filename=a.md\r\n\r\nHalf a f")
	refused("a body that is gzipped", 415, "POST", documents, json, "\x1f\x8b", "Content-Encoding", "gzip")
	refused("an unknown parameter", 400, "POST", documents+"?colour=red", markdown, "a")
	refused("an unknown wait", 400, "POST", documents+"?wait=forever", markdown, "a")

	upload := func(what string, status int, name string, body []byte) {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		part.Write(body)
		w.Close()
		refused(what, status, "POST", documents, w.FormDataContentType(), b.String())
	}
	whole := gzipped(t, runbook)
	upload("an empty file", 400, "a.md", nil)
	upload("a program", 400, "a.exe", []byte("MZ\x90\x00"))
	upload("a file of zeros", 400, "a", make([]byte, 100))
	upload("half a gzip file", 400, "a.md.gz", whole[:len(whole)/2])
	upload("a gzip file with a wrong sum", 400, "a.md.gz", append(whole[:len(whole)-8:len(whole)-8], 1, 2, 3, 4, 5, 6, 7, 8))
	upload("a gzip file of nothing but its magic", 400, "a.md.gz", []byte{0x1f, 0x8b})
	upload("a gzip file that is damaged", 400, "a.md.gz", append(whole[:20:20], bytes.Repeat([]byte{0xff}, 40)...))
	upload("a gzip bomb", 413, "a.md.gz", gzipped(t, strings.Repeat("a", 64*megabyte)))
	upload("a gzip bomb of one line", 413, "a.jsonl.gz", gzipped(t, strings.Repeat("a", 64*megabyte)))

	const nowhere = "00000000000000000000000000000000"
	for _, id := range []string{nowhere, "x", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", strings.Repeat("f", 5000), "'%20or%201=1--", "%ff%fe"} {
		if id != ".." { // the mux resolves it as a parent folder
			get("document "+id, 404, documents+"/"+id)
			refused("delete "+id, 404, "DELETE", documents+"/"+id, "", "")
		}
	}
	get("no such address", 404, "/api/v1/nothing")
	get("no such datum", 404, "/api/v1/collections/empty/datum")
	get("a collection that is none", 400, "/api/v1/collections/A%20B/datum")
	for _, c := range []struct{ method, path string }{
		{"PUT", documents}, {"PATCH", documents + "/" + nowhere}, {"DELETE", documents}, {"DELETE", answer}, {"POST", "/readyz"},
		{"POST", "/metrics"}, {"PUT", "/"}, {"DELETE", "/multivac"}, {"GET", "/multivac/data"}, {"OPTIONS", answer}, {"TRACE", "/"}, {"BREW", documents},
	} {
		refused(c.method+" "+c.path, 405, c.method, c.path, "", "")
		if r := s.do(t, c.method, c.path, "", ""); r.header.Get("Allow") == "" {
			t.Errorf("%s %s does not say what is allowed", c.method, c.path)
		}
	}

	long := strings.Repeat("word ", 20_000)
	get("no question", 400, answer)
	get("an empty question", 400, answer+"?question=")
	get("a question of spaces", 400, answer+"?question=%20%09")
	get("a question of 2,000 words", 400, answer+"?question="+url.QueryEscape(long[:10_000]))
	refused("a question of 20,000 words", 413, "POST", answer, json, object(t, "question", long))
	refused("a question of 2,000 words", 400, "POST", answer, json, object(t, "question", long[:10_000]))
	get("a question that is not UTF-8", 400, answer+"?question=caf%e9")
	get("a query that is none", 400, answer+"?question=%zz")
	get("a stop that is none", 400, answer+"?question=a&stop=never")
	get("no sentences", 400, answer+"?question=a&count=0")
	get("too many sentences", 400, answer+"?question=a&count=101")
	get("more sentences than there are numbers", 400, answer+"?question=a&count=99999999999999999999")
	get("a position that is none", 400, answer+"?question=a&after=yesterday")
	get("a position that has never been", 400, answer+"?question=a&after=00ffffffffffffff")
	get("a parameter that is none", 400, answer+"?question=a&colour=red")
	refused("a question as text", 415, "POST", answer, "text/plain", "How long?")
	refused("a question that is a list", 400, "POST", answer, json, `["How long?"]`)
	refused("a question that nests", 400, "POST", answer, json, `{"question":`+strings.Repeat("[", 20_000))
	refused("a question of broken UTF-8", 400, "POST", answer, json, "{\"question\":\"caf\xe9\"}")
	get("a cursor that is none", 400, documents+"?cursor=next")
	get("a limit that is none", 400, documents+"?limit=-1")
	get("a limit that is too large", 400, documents+"?limit=1001")
	get("a state that is none", 400, documents+"?state=lost")

	get("the original, a question of 2,000 words", 400, "/multivac?question="+url.QueryEscape(long[:10_000]))
	refused("the original, without data", 400, "POST", "/multivac/data", form, "")
	refused("the original, with empty data", 400, "POST", "/multivac/data", form, "data=")
	refused("the original, with JSON", 400, "POST", "/multivac/data", json, `{"data":"a"}`)
	refused("the original, with broken UTF-8", 400, "POST", "/multivac/data", form, "data=caf%e9")
	refused("the original, with data that is too large", 413, "POST", "/multivac/data", form, "data="+strings.Repeat("a", 17*megabyte))
	refused("another site", 403, "POST", documents, markdown, "a", "Origin", "https://example.com", "Sec-Fetch-Site", "cross-site")

	// This answer is not of the API, but of the server in front of it.
	if r := s.get(t, answer+"?question="+url.QueryEscape(long)); r.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a question of 20,000 words in the address: %d, want 431", r.status)
	}
	if r := s.get(t, "/?q="+url.QueryEscape(long[:10_000]), "Accept", "text/html"); r.status != 400 {
		t.Errorf("the page, a question of 2,000 words: %d, want 400", r.status)
	}

	s.unharmed(t, 1)
	if strings.Contains(s.stderr.String(), "panic") {
		t.Errorf("the server panicked:\n%s", s.stderr)
	}
}

// unharmed checks that the server has exactly these documents, and answers from
// them.
func (s *server) unharmed(t *testing.T, documents int) {
	t.Helper()
	list := s.get(t, "/api/v1/documents?limit=1000").JSON(t)["documents"].([]any)
	if len(list) != documents {
		t.Errorf("%d documents are there, want %d: %v", len(list), documents, list)
	}
	a := s.ask(t, "How long are backups of the payments database kept?")
	contains(t, "answer", fmt.Sprint(a["text"]), "35 days")
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A bad line is named, and only that line is not told.
func TestBadLineInTheMiddle(t *testing.T) {
	s := serve(t, t.TempDir())
	bad := []struct{ line, named string }{
		{`{"id":"broken","text":"half a`, "line 2"},
		{`{"id":"empty","text":""}`, "line 4"},
		{"{\"id\":\"latin\",\"text\":\"caf\xe9\"}", "line 6"},
		{strings.Repeat("[", 50_000), "line 8"},
		{`{"id":"zero","text":"a\u0000b"}`, "line 10"},
		{`{"id":"huge","text":"` + strings.Repeat("a", 17<<20) + `"}`, "line 12"},
	}
	var body strings.Builder
	for n, b := range bad {
		fmt.Fprintf(&body, "{\"id\":\"good-%d\",\"text\":\"Good document %d.\"}\n%s\n", n, n, b.line)
	}
	body.WriteString("{\"id\":\"last\",\"text\":\"" + strings.ReplaceAll(runbook, "\n", `\n`) + "\"}")
	r := s.do(t, "POST", "/api/v1/documents?wait=indexed", "application/x-ndjson", body.String())
	if r.status != http.StatusAccepted {
		t.Fatalf("%d %.500s", r.status, r.body)
	}
	receipts := r.JSON(t)["documents"].([]any)
	if len(receipts) != 2*len(bad)+1 {
		t.Fatalf("%d receipts, want %d: %.2000s", len(receipts), 2*len(bad)+1, r.body)
	}
	for n, receipt := range receipts {
		if n%2 == 0 {
			if at(receipt, "state") != "indexed" || at(receipt, "error") != nil {
				t.Errorf("line %d is good: %v", n+1, receipt)
			}
			continue
		}
		named, _ := at(receipt, "error", "errors").([]any)
		if len(named) != 1 || at(named[0], "location") != bad[n/2].named || at(receipt, "id") != nil {
			t.Errorf("line %d is bad: %v", n+1, receipt)
		}
	}
	s.unharmed(t, len(bad)+1)
}
