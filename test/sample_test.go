package test

import (
	"html"
	"net/url"
	"regexp"
	"testing"
)

// Every question that the first page of the sample offers has an answer.
func TestSampleAnswersItsExamples(t *testing.T) {
	s := serve(t, t.TempDir(), "--sample")
	s.ready(t)
	page := s.get(t, "/", "Accept", "text/html").body
	offered := regexp.MustCompile(`href="/?\?q=([^"&]+)`).FindAllStringSubmatch(page, -1)
	if len(offered) != 3 {
		t.Fatalf("the page offers %q, want 3 questions\n%s", offered, page)
	}
	for _, m := range offered {
		question, err := url.QueryUnescape(html.UnescapeString(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if a := s.ask(t, question); a["state"] != "answered" {
			t.Errorf("asked %q, the sample answers %v, %v", question, a["text"], a["reason"])
		}
	}
}
