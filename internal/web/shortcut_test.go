package web_test

import (
	"net/url"
	"testing"
)

// TestPlainQuestions holds that the plainest way to ask, which has a way of its
// own, is answered as any other.
func TestPlainQuestions(t *testing.T) {
	s := newSite(t)
	s.told("a.md", "Backups <b>are</b> kept for 35 days & nights.")
	f := func(question string, headers ...string) {
		t.Helper()
		plain := s.do("GET", "/api/v1/answer?question="+url.QueryEscape(question), "", headers...)
		long := s.do("GET", "/api/v1/answer?stop=balanced&question="+url.QueryEscape(question), "", headers...)
		if plain.Code != long.Code || plain.Body.String() != long.Body.String() {
			t.Errorf("%q: got %d %s, want %d %s", question, plain.Code, plain.Body, long.Code, long.Body)
		}
		for name := range long.Header() {
			if got, want := plain.Header().Get(name), long.Header().Get(name); got != want {
				t.Errorf("%q: header %s is %q, want %q", question, name, got, want)
			}
		}
	}
	f("How long are backups kept?")
	f("How long are backups kept?", "Accept: application/json")
	f("How long are backups kept?", "Accept: text/plain")
	f("How long are backups kept?", "Accept: application/cbor, application/json;q=0.5")
	f("a&b=c;d+e%20f")
	f("")
	f("  ")
	f("\xff")
}
