package jsonl

import (
	"context"
	"errors"
	"strings"
	"testing"

	"multivac"
)

// A line means the same in a file and over HTTP, but for what only HTTP reads.
func TestOneSetOfRules(t *testing.T) {
	read := func(line string, told bool) (multivac.Telling, error) {
		l := Line{Number: 1, Bytes: []byte(line), Size: len(line)}
		if told {
			return l.Telling("c")
		}
		return l.Document()
	}
	f := func(line, source, title, body string) {
		t.Helper()
		for _, told := range []bool{false, true} {
			got, err := read(line, told)
			if err != nil || got.Source != source || got.Title != title || string(got.Body) != body {
				t.Errorf("%s, over HTTP %v: got %+v, %v", line, told, got, err)
			}
		}
	}
	f(`{"id":"a","title":"T","text":"One."}`, "a", "T", "One.")
	f(`{"id":7,"text":"One."}`, "7", "", "One.")
	f(`{"id":null,"text":"One.","tags":["x"],"metadata":{"a":1}}`, "", "", "One.")
	f(`{"page_content":"One."}`, "", "", "One.")
	f(`{"text":"","page_content":"One."}`, "", "", "One.")
	f(`{"text":"One.","page_content":"no"}`, "", "", "One.")

	refused := func(line, want string) {
		t.Helper()
		for _, told := range []bool{false, true} {
			if _, err := read(line, told); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, over HTTP %v: got %v, want %q", line, told, err, want)
			}
		}
	}
	refused(`{}`, `there is no "text"`)
	refused(`{"Text":"a"}`, `there is no "text"`)
	refused(`{"text":null}`, `there is no "text"`)
	refused(`{"text":"a","text":"b"}`, "is there twice")
	refused(`{"text":"\ud800"}`, "surrogate")
	refused("{\"text\":\"\xff\"}", "not UTF-8")
	refused(`{"text":5}`, "text cannot be a JSON number")
	refused(`{"text":"a","title":5}`, "title cannot be a JSON number")
	refused(`{"text":"a","id":[]}`, `"id" is neither a string nor a number`)
	refused(`[]`, "a document cannot be a JSON array")
	refused(`{"text":"a"} {}`, "something follows")
}

// Over HTTP a line says more of its document; in a file other programs use
// these names for what they like.
func TestWhatOnlyHTTPReads(t *testing.T) {
	line := func(text string) Line { return Line{Number: 1, Bytes: []byte(text), Size: len(text)} }
	l := line(`{"source":"s","collection":"laws","media_type":"text/html","content":"PHA+T25lLg=="}`)
	got, err := l.Telling("c")
	if err != nil || got.Source != "s" || got.Collection != "laws" || got.MediaType != "text/html" || string(got.Body) != "<p>One." {
		t.Errorf("over HTTP: got %+v, %v", got, err)
	}
	if got, err = l.Document(); err != nil || got.Source != "" || got.Collection != "" || got.MediaType != multivac.Markdown || string(got.Body) != "PHA+T25lLg==" {
		t.Errorf("in a file: got %+v, %v", got, err)
	}
	if got, err = line(`{"text":"a","collection":"","source":null}`).Telling("c"); err != nil || got.Collection != "c" {
		t.Errorf("got %+v, %v, want what the request says", got, err)
	}
	if got, err = line(`{"text":"a","collection":["x"],"source":{},"media_type":5,"content":[1]}`).Document(); err != nil || string(got.Body) != "a" {
		t.Errorf("in a file, with others of these names: got %+v, %v", got, err)
	}
	for text, want := range map[string]string{
		`{"source":"a","id":"b","text":"a"}`: "differ",
		`{"text":"a","content":"YQ=="}`:      "both given",
		`{"content":"!"}`:                    "not base64",
		`{"text":"a","collection":5}`:        "collection cannot be a JSON number",
	} {
		if _, err := line(text).Telling("c"); !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// room is a buffer with a limit.
type room struct {
	kept
	most int
}

var errFull = errors.New("full")

func (r *room) Append(ctx context.Context, p []byte) error {
	if len(r.kept)+len(p) > r.most {
		return errFull
	}
	return r.kept.Append(ctx, p)
}

// Lines have the numbers that an editor shows, and no more of a line is kept
// than there is room for.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", lineBuffer)
	in := "\ufeffone\r\n\n" + long + "\n  \nlast"
	f := func(most int, want ...string) {
		t.Helper()
		var got []string
		lines := 0
		for l, err := range Lines(t.Context(), strings.NewReader(in), &room{most: most}, func(n int) error { lines += n; return nil }) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, strings.Repeat(".", l.Number)+string(l.Bytes[:min(4, len(l.Bytes))]))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") || most > lineBuffer && lines != 5 {
			t.Errorf("got %q of %d lines, want %q", got, lines, want)
		}
	}
	f(1<<20, ".one", "...xxxx", ".....last")
	f(100, ".one", "full")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range Lines(ctx, strings.NewReader(in), &kept{}, func(int) error { return nil }) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want it ended", err)
		}
	}
}
