package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"
	"time"

	"multivac/internal/extract/extracttest"
	"multivac/internal/web"
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
