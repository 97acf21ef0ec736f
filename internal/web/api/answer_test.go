package api

import (
	"errors"
	"io"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"multivac"
	"multivac/internal/web/openapi"
	"multivac/internal/web/wire"
)

// asking is a server that only has the schema of a question.
func asking() *server { return newServer(Options{Document: openapi.New(openapi.Options{})}) }

// says returns the message for a client, or "" if there is no problem.
func says(p *wire.Problem) string {
	if p == nil {
		return ""
	}
	return p.Detail
}

func TestQuestionOfAQuery(t *testing.T) {
	s := asking()
	f := func(query string, want wire.Question, problem string) {
		t.Helper()
		got, p := s.questionOf(query)
		if says(p) != problem || p == nil && got != want {
			t.Errorf("%q: got %+v, %q, want %+v, %q", query, got, says(p), want, problem)
		}
	}
	f("question=why%3F", wire.Question{Question: "why?"}, "")
	f("question=a+b&collection=laws&stop=eager&count=7&after=x", wire.Question{Question: "a b", Collection: "laws", Stop: "eager", Count: 7, After: "x"}, "")
	f("question=a%26b%3Dc%3Bd%2Be%2520f", wire.Question{Question: "a&b=c;d+e%20f"}, "")
	f("&question=why&", wire.Question{Question: "why"}, "")
	f("question=why&count=&stop=", wire.Question{Question: "why"}, "")
	f("question=why&count=%2B1", wire.Question{Question: "why", Count: 1}, "")
	f("question="+strings.Repeat("%C3%BC", multivac.MaxQuestion), wire.Question{Question: strings.Repeat("ü", multivac.MaxQuestion)}, "") // multivac counts the bytes

	f("", wire.Question{}, "query.question: required query parameter is missing")
	f("question=", wire.Question{}, "query.question: required query parameter is missing")
	f("question", wire.Question{}, "query.question: required query parameter is missing")
	f("question="+strings.Repeat("a", multivac.MaxQuestion+1), wire.Question{}, "query.question: expected length <= 4096")
	f("question=why&stop=never", wire.Question{}, `query.stop: expected value to be one of "strict, balanced, eager"`)
	f("question=why&count=x", wire.Question{}, "query.count: invalid integer")
	f("question=why&count=1.0", wire.Question{}, "query.count: invalid integer")
	f("question=why&count=0", wire.Question{}, "query.count: expected number >= 1")
	f("question=why&count=101", wire.Question{}, "query.count: expected number <= 100")
	f("question=why&other=1", wire.Question{}, "query.other: unknown query parameter")
	f("Question=why", wire.Question{}, "query.Question: unknown query parameter")
}

// All faults of a question are reported at once.
func TestSeveralProblemsOfAQuestion(t *testing.T) {
	_, p := asking().questionOf("stop=never&count=x")
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Location)
	}
	if want := "query.question query.stop query.count"; strings.Join(got, " ") != want || p.Status != 400 {
		t.Errorf("got %d for %v, want 400 for %s", p.Status, got, want)
	}
}

func TestQuestionInABody(t *testing.T) {
	s := asking()
	f := func(body, mediaType string, want wire.Question, status int, problem string) {
		t.Helper()
		got, p := s.questionIn([]byte(body), mediaType)
		if !strings.HasPrefix(says(p), problem) || (p == nil) != (problem == "") || p == nil && got != want || p != nil && p.Status != status {
			t.Errorf("%s as %q: got %+v, %+v, want %+v, %d %q", body, mediaType, got, p, want, status, problem)
		}
	}
	why := wire.Question{Question: "why?"}
	f(`{"question":"why?"}`, "", why, 0, "")
	f(`{"question":"why?"}`, "application/json; charset=utf-8", why, 0, "")
	f(`{"question":"why?","count":3,"stop":"strict"}`, "application/json", wire.Question{Question: "why?", Count: 3, Stop: "strict"}, 0, "")

	f(`{"question":"why?"}`, "text/plain", why, 415, "body: unknown content type")
	f(`{"question":`, "", why, 400, "body: ")
	f(`{"question":"why?"} {}`, "", why, 400, "body: ")
	f(`{"question":"why?","question":"x"}`, "", why, 400, "body: ")
	f(`{}`, "", why, 400, "body: expected required property question to be present")
	f(`[]`, "", why, 400, "body: expected object")
	f(`{"question":7}`, "", why, 400, "body.question: expected string")
	f(`{"question":"why?","other":1}`, "", why, 400, "body.other: unexpected property")
	f(`{"question":"why?","Count":1}`, "", why, 400, "body.Count: ")
	f(`{"question":"why?","count":1.5}`, "", why, 400, "body.count: expected integer")
	f(`{"question":"why?","a":[`+strings.Repeat("1,", maxQuestion/10)+`1]}`, "", why, 400, "body: JSON has over")
}

func TestReadSmall(t *testing.T) {
	f := func(body io.Reader, status int) {
		t.Helper()
		got := 0
		if _, p := readSmall(body); p != nil {
			got = p.Status
		}
		if got != status {
			t.Errorf("got status %d, want %d", got, status)
		}
	}
	f(strings.NewReader("{}"), 0)
	f(strings.NewReader(strings.Repeat(" ", maxQuestion-1)), 0)
	f(strings.NewReader(strings.Repeat(" ", maxQuestion)), 413)
	f(strings.NewReader(""), 400)
	f(iotest.ErrReader(os.ErrDeadlineExceeded), 408)
	f(iotest.ErrReader(io.ErrUnexpectedEOF), 400)
	f(iotest.ErrReader(multivac.Errorf(multivac.ErrTooLarge, "send less", "too much")), 413)
}

func TestNoParameters(t *testing.T) {
	if p := noParameters(""); p != nil {
		t.Errorf("none: got %+v", p)
	}
	if p := noParameters("wait=1"); says(p) != "query.wait: unknown query parameter" || p.Status != 400 {
		t.Errorf("one: got %+v", p)
	}
}

func TestWantsText(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/plain": true, " text/plain;q=0.5, application/json": true,
		"application/json, text/plain": false, "text/html": false,
	} {
		if got := wantsText(accept); got != want {
			t.Errorf("%q: got %v, want %v", accept, got, want)
		}
	}
}

func TestNextPage(t *testing.T) {
	f := func(in listInput, cursor, want string) {
		t.Helper()
		if got := in.next(cursor); got != want {
			t.Errorf("%+v: got %s, want %s", in, got, want)
		}
	}
	f(listInput{}, "", "")
	f(listInput{}, "a b", `</api/v1/documents?cursor=a+b>; rel="next"`)
	f(listInput{Collection: "laws", State: "failed", Limit: 7, Cursor: "before"}, "x", `</api/v1/documents?collection=laws&cursor=x&limit=7&state=failed>; rel="next"`)
}

func TestOnlySwitch(t *testing.T) {
	f := func(query string, want bool, problem string) {
		t.Helper()
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := onlySwitch(values, "merge")
		if got != want || problem == "" && err != nil || problem != "" && (!errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), problem)) {
			t.Errorf("%q: got %v, %v, want %v, %q", query, got, err, want, problem)
		}
	}
	f("", false, "")
	f("merge=true", true, "")
	f("merge=false", false, "")
	f("merge=yes", false, `merge is "yes"`)
	f("originals=true", false, `unknown parameter "originals"`)
	f("other=1", false, `unknown parameter "other"`)
}
