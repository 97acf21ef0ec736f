package web_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/web"
	"multivac/internal/web/wire"
)

const letter = "From: Ada <ada@example.org>\nTo: Bob <bob@example.org>\nSubject: Pumps\nDate: Mon, 9 Mar 2026 10:00:00 +0100\n" +
	"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nThe pump is serviced in May.\n" +
	"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"valve.txt\"\n\nThe valve opens at 4 bar.\n--x--\n"

func zipped(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		if w, err := z.Create(name); err == nil {
			fmt.Fprintf(w, "This is %s.\n", name)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	text := "This is " + name + ".\n"
	if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// A file that holds others is told with all of them, however it comes, and each
// has a receipt.
func TestFilesThatHoldOthers(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Files = files })
	server := httptest.NewServer(s.Handler)
	defer server.Close()
	f := func(query, contentType, body string, want ...string) {
		t.Helper()
		resp, err := http.Post(server.URL+documents+query, contentType, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		w := &httptest.ResponseRecorder{Code: resp.StatusCode, Body: &bytes.Buffer{}}
		io.Copy(w.Body, resp.Body)
		var got []string
		for _, r := range read[wire.Receipts](s, w, 202).Documents {
			line := r.Source
			if r.Error != nil {
				line += ": " + r.Error.Detail
			}
			got = append(got, line)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %s (-want +got)\n%s", query, contentType, d)
		}
	}
	archive := zipped(t, "guide/start.md", "logo.png", ".hidden.md")
	refused := ": .png is not a kind of document I can read"
	for _, contentType := range []string{"application/zip", "application/x-zip-compressed"} {
		f("?source=docs.zip", contentType, archive, "docs.zip/guide/start.md", "docs.zip/logo.png"+refused)
	}
	f("?source=d", "application/x-tar", tarred(t, "a.md"), "d/a.md")
	f("?source=d.tgz", "application/gzip", gzipped(t, tarred(t, "a.md"), 1), "d.tgz/a.md")
	f("?source=d", "application/gzip", gzipped(t, tarred(t, "a.md"), 1), "d/a.md")
	f("?source=2026.11", "application/gzip", gzipped(t, "# One\n\nOne is one.\n", 1), "2026.11")
	f("?source=a.eml", "message/rfc822", letter, "a.eml", "a.eml/valve.txt")
	f("?source=notes.v2", "message/rfc822", letter, "notes.v2", "notes.v2/valve.txt")
	f("?source=a.mbox", "application/mbox", "From ada Mon Mar  9 10:00:00 2026\n"+letter, "a.mbox#1", "a.mbox#1/valve.txt")

	// Without a source, what is in it is called by the hash of the file.
	name := string(multivac.Telling{Body: []byte(letter)}.ID())
	f("", "message/rfc822", letter, "", name+"/valve.txt")

	in := func(source, mediaType, body string) string {
		return fmt.Sprintf(`{"source":%q,"media_type":%q,"content":%q}`, source, mediaType, base64.StdEncoding.EncodeToString([]byte(body)))
	}
	f("", "application/json", in("b.eml", "message/rfc822", letter), "b.eml", "b.eml/valve.txt")
	f("", "application/json", "["+in("b.zip", "application/zip", archive)+`,{"source":"c","text":"One."},`+in("d", "Message/RFC822; charset=utf-8", letter)+"]",
		"b.zip/guide/start.md", "b.zip/logo.png"+refused, "c", "d", "d/valve.txt")
	// A line is one document.
	f("", "application/x-ndjson", in("e.eml", "message/rfc822", letter)+"\n"+`{"source":"c","text":"One."}`, "e.eml", "c")

	upload := func(parts ...[4]string) (contentType, body string) {
		contentType, body = form(t, parts...)
		return strings.TrimPrefix(contentType, "Content-Type: "), body
	}
	contentType, body := upload([4]string{"file", "m.eml", "message/rfc822", letter}, [4]string{"file", "f.zip", "application/x-zip-compressed", archive})
	f("", contentType, body, "m.eml", "m.eml/valve.txt", "f.zip/guide/start.md", "f.zip/logo.png"+refused)
	contentType, body = upload([4]string{"file", "m", "message/rfc822", letter}, [4]string{"source", "", "", "n.zip"})
	f("", contentType, body, "n.zip", "n.zip/valve.txt") // the file's own name and type say what it is
	contentType, body = upload([4]string{"file", "word.docx", "application/zip", "PK\x03\x04"})
	f("", contentType, body, "word.docx")
}

// What holds others shares the turns and the bounds of what unpacks.
func TestFilesThatHoldOthersAreBounded(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.Files = files })
	bomb := gzipped(t, strings.Repeat("\n", 1<<16), 1<<8)
	p := s.problem(s.do("POST", documents+"?source=a.jsonl.gz", bomb, "Content-Type: application/gzip"), 413, "too-large")
	if !strings.Contains(p.Detail, "1048576 lines") {
		t.Errorf("got %q", p.Detail)
	}
	p = s.problem(s.do("POST", documents+"?source=a.zip", "PK\x03\x04 and no more", "Content-Type: application/zip"), 400, "invalid")
	if !strings.Contains(p.Detail, "the archive is broken") || p.Documents[0].Source != "a.zip" {
		t.Errorf("got %+v", p)
	}
}
