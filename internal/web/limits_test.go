package web_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/web"
	"multivac/internal/web/webtest"
)

// What a request may use in all is bounded, however it is split into files, and the
// error names the setting.
func TestLimitsOfRequest(t *testing.T) {
	blank := strings.Repeat(" ", 300<<10)
	s := newSite(t, func(o *web.Options) {
		o.Files, o.Limits = files, web.Limits{Documents: 5, Unpacked: 1 << 20, Time: time.Minute}
	})
	f := func(setting, mediaType, body string) {
		t.Helper()
		p := s.problem(s.do("POST", documents, body, "Content-Type: "+mediaType), 413, "too-large")
		if !strings.HasSuffix(p.Remedy, "raise the setting "+setting) {
			t.Errorf("%s: got %q; %q", setting, p.Detail, p.Remedy)
		}
	}
	form := func(extension, content string) (mediaType, body string) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for i := range 5 {
			w, err := m.CreateFormFile("file", fmt.Sprintf("%d%s", i, extension))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(w, content)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return m.FormDataContentType(), b.String()
	}
	for extension, content := range map[string]string{
		".docx": extracttest.Zip(t, "word/document.xml", blank), // is unpacked by the worker only
		".zip":  extracttest.Zip(t, "a.txt", blank),
		".md":   strings.Repeat("x", 300<<10),
	} {
		mediaType, body := form(extension, content)
		f("request.max-unpacked", mediaType, body)
	}
	word := `{"media_type":"application/vnd.openxmlformats-officedocument.wordprocessingml.document","content":"` +
		base64.StdEncoding.EncodeToString([]byte(extracttest.Zip(t, "word/document.xml", blank))) + `"}` + "\n"
	f("request.max-unpacked", "application/x-ndjson", strings.Repeat(word, 5))
	f("request.max-documents", "application/x-ndjson", strings.Repeat(`{"text":"a"}`+"\n", 6))
}

// stuck is a file that yields no byte until the request has ended.
type stuck struct {
	ctx context.Context
	io.Reader
}

func (s stuck) Read(p []byte) (int, error) {
	<-s.ctx.Done()
	return s.Reader.Read(p)
}

// timely tells as a store does, which takes nothing of a request that has ended.
type timely struct{ *webtest.Memory }

func (t timely) Tell(ctx context.Context, tellings []multivac.Telling, wait multivac.Wait) ([]multivac.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t.Memory.Tell(ctx, tellings, wait)
}

// A request whose files take too long to read ends when its time is over. The
// answer names the setting, and each document was told whole or is refused.
func TestTimeOfRequest(t *testing.T) {
	const limit = time.Minute
	f := func(mediaType, body string, kept, refused int) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, func(o *web.Options) {
				o.Limits = web.Limits{Documents: 1000, Unpacked: 1 << 20, Time: limit}
				o.Teller = timely{o.Teller.(*webtest.Memory)}
				o.Files = func(ctx context.Context, in extract.Input) iter.Seq2[multivac.Telling, error] {
					switch {
					case strings.HasPrefix(in.Name, "slow.zip"): // what is in memory ends by itself
						return func(yield func(multivac.Telling, error) bool) {
							<-ctx.Done()
							yield(multivac.Telling{Source: in.Source}, context.Cause(ctx))
						}
					case strings.HasPrefix(in.Name, "slow"):
						in.Reader = stuck{ctx, in.Reader}
					}
					return files(ctx, in)
				}
			})
			begun := time.Now()
			p := s.problem(s.do("POST", documents, body, "Content-Type: "+mediaType), 413, "too-large")
			if took := time.Since(begun); took != limit {
				t.Errorf("the answer came after %s, want %s", took, limit)
			}
			if want := "the request takes longer than 1m0s"; p.Detail != want || !strings.HasSuffix(p.Remedy, "raise the setting request.max-time") {
				t.Errorf("got %q; %q, want %q", p.Detail, p.Remedy, want)
			}
			got := 0
			for _, r := range p.Documents {
				if r.ID != "" {
					got++
				} else if r.Error == nil {
					t.Errorf("%s: it has neither an ID nor an error", r.Source)
				}
			}
			if got != kept || len(p.Documents)-got != refused || len(s.All()) != kept {
				t.Errorf("got %d documents kept and %d refused, and %d told, want %d and %d", got, len(p.Documents)-got, len(s.All()), kept, refused)
			}
			if slices.ContainsFunc(s.All(), func(t multivac.Telling) bool { return strings.Contains(string(t.Body), "Slow") }) {
				t.Error("a file was told that was read too late")
			}
		})
	}
	form := func(names ...string) (mediaType, body string) {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, name := range names {
			w, err := m.CreateFormFile("file", name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(w, "%s says this.\n", strings.ToUpper(name[:1])+name[1:])
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		return m.FormDataContentType(), b.String()
	}
	mediaType, body := form("slow.md")
	f(mediaType, body, 0, 0)
	mediaType, body = form("slow.zip")
	f(mediaType, body, 0, 0)
	f("application/json", `[{"source":"slow.zip","media_type":"application/zip","content":"UEs="}]`, 0, 0)
	mediaType, body = form("quick.md", "slow.md", "later.md")
	f(mediaType, body, 0, 1)
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("quick%03d.md", i))
	}
	mediaType, body = form(append(many, "slow.md", "later.md")...)
	f(mediaType, body, 256, 44)
}
