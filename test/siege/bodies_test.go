package siege

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// A body is what a hostile client sends.
type body struct {
	path, mediaType string
	make            func() []byte // called when the attack begins, because all bodies together are large
}

const (
	documents = "/api/v1/documents"
	form      = "multipart/form-data; boundary=x"
	lines     = "application/x-ndjson"
	fields    = "application/x-www-form-urlencoded"
	full      = 60 << 20 // bytes, a little less than a request may have
)

// Bodies that are far larger once they are unpacked or parsed, or that take
// long to read.
var (
	ones      = json(fill("[", "1,", "1]", full))
	empties   = json(fill("[", "{},", "{}]", full))
	deep      = json(fill("", "[", "", full))
	members   = json(fill("[{", `"a":1,`, `"a":1}]`, full))
	escapes   = json(fill(`[{"text":"`, `\u00e9`, `"}]`, full))
	number    = json(fill(`[{"text":`, "1", "}]", full))
	refusals  = json(fill("[", "{},", "{}]", 150_000))
	blank     = body{documents, lines, fill("", "\n", "", full)}
	short     = body{documents, lines, fill("", "1\n", "", full)}
	long      = body{documents, lines, fill(`{"text":"`, "a", "\"}\n", 30<<20)}
	parts     = body{documents, form, fill("", part+"\r\na\r\n", "--x--\r\n", full)}
	headers   = body{documents, form, fill("", part+strings.Repeat("a:b\r\n", 1<<20)+"\r\na\r\n", "--x--\r\n", full)}
	pairs     = body{"/multivac/data", fields, fill("", "a=b&", "c=d", full)}
	data      = body{"/multivac/data", form, fill("", part+"\r\na\r\n", "--x--\r\n", full)}
	packed    = body{documents, form, pack("\n", 3<<30)}
	packedOne = body{documents, form, pack(`{"text":"`+strings.Repeat("a", 1<<20)+"\"}\n", 3<<30)}
	question  = body{"/api/v1/answer", "application/json", fill(`{"question":[`, "[],", "[]]}", 60<<10)}
	archive   = body{"/api/v1/import?merge=true", lines, fill(`{"format":"multivac-export","version":1}`+"\n"+`{"document":{"id":"`, "a", `"}}`, 300<<20)}
	text      = body{documents, "text/plain", fill("", "Backups are kept for 35 days. ", "", 16<<20-100)}
	rows      = body{documents, "text/csv", fill("", "a,b\n", "", 16<<20-100)}
	items     = body{documents, "text/markdown", fill("", "- a\n", "", 16<<20-100)}
	tags      = body{documents, "text/html", fill("", "<div>a", "", 16<<20-100)}
)

const part = "--x\r\nContent-Disposition: form-data; name=f; filename=a.jsonl.gz\r\n"

// hostile are attacks by the content of requests' bodies.
var hostile = []attack{
	{name: "a list of ones", run: send(1, ones)},
	{name: "lists of nothing", run: send(8, empties)},
	{name: "refusals", run: send(50, refusals)},
	{name: "deep nesting", run: send(4, deep)},
	{name: "members", run: send(4, members)},
	{name: "escapes", run: send(4, escapes)},
	{name: "a huge number", run: send(4, number)},
	{name: "blank lines", run: send(8, blank)},
	{name: "short lines", run: send(8, short)},
	{name: "long lines", run: send(8, long)},
	{name: "parts of a form", run: send(4, parts)},
	{name: "headers of parts", run: send(4, headers)},
	{name: "fields of a form", run: send(4, pairs)},
	{name: "parts of a datum", run: send(4, data)},
	{name: "packed blank lines", run: send(8, packed)},
	{name: "packed documents", run: send(8, packedOne)},
	{name: "hostile questions", run: send(300, question)},
	{name: "an endless archive", run: send(3, archive)},
	{name: "large texts", run: send(8, text)},
	{name: "large tables", run: send(3, rows)},
	{name: "large lists", run: send(3, items)},
	{name: "large pages", run: send(3, tags)},
	{name: "all bodies at once", run: send(1, ones, empties, refusals, deep, members, escapes, number, blank, short, long, parts, headers, pairs, data, packed, packedOne, question, archive)},
	{name: "large bodies that stall", run: stall},
}

func json(text func() []byte) body { return body{documents, "application/json", text} }

// fill makes a text of about this size: a beginning, an end, and the same text
// again and again between them.
func fill(before, again, after string, size int) func() []byte {
	return func() []byte {
		return []byte(before + strings.Repeat(again, max(0, size-len(before)-len(after))/len(again)) + after)
	}
}

// pack makes a form with a gzipped file of this size.
func pack(again string, size int) func() []byte {
	return func() []byte {
		block := []byte(strings.Repeat(again, max(1, 1<<20/len(again))))
		var member bytes.Buffer // a gzip file may have many of these
		z := gzip.NewWriter(&member)
		z.Write(block)
		z.Close()
		return []byte(part + "\r\n" + strings.Repeat(member.String(), size/len(block)) + "\r\n--x--\r\n")
	}
}

// send makes n clients send each of the bodies at once, each client with its
// own sources. The server may refuse them.
func send(n int, bodies ...body) func(context.Context, *server) error {
	return func(ctx context.Context, s *server) error {
		var clients sync.WaitGroup
		for _, b := range bodies {
			sent := b.make()
			for i := range n {
				clients.Go(func() { s.post(ctx, b, i, sent) })
			}
		}
		clients.Wait()
		s.settle(ctx)
		return ctx.Err()
	}
}

// settle returns when all tellings are worked on, or ctx has ended.
func (s *server) settle(ctx context.Context) {
	for ctx.Err() == nil {
		if _, reply, err := s.do(ctx, "GET", "/readyz", "", ""); err == nil && strings.Contains(reply, `"pending":0`) {
			return
		}
		pause(ctx)
	}
}

func (s *server) post(ctx context.Context, b body, client int, sent []byte) {
	path := b.path
	if strings.HasPrefix(b.mediaType, "text/") {
		path += fmt.Sprintf("?source=%d", client)
	}
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+path, bytes.NewReader(sent))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", b.mediaType)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
}

// stall sends the beginning of many large bodies, and then nothing more. Small
// documents can be told at the same time.
func stall(ctx context.Context, s *server) error {
	for range 40 {
		c, err := s.dial(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n[%s", documents, full, strings.Repeat("1,", 1<<15))
	}
	for n := 0; ctx.Err() == nil; n++ {
		status, reply, err := s.do(ctx, "POST", documents, "application/json", fmt.Sprintf(`{"source":"stalled-%d","text":"Told meanwhile."}`, n))
		if ctx.Err() == nil && (err != nil || status != http.StatusAccepted) {
			return fmt.Errorf("a small document got %d %.200s, %v", status, reply, err)
		}
		pause(ctx)
	}
	return nil
}
