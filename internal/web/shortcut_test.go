package web_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/web"
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

// TestPlainQuestionsThatFail holds that an error is told as elsewhere, and
// that nobody asks again, and waits again, to hear of it.
func TestPlainQuestionsThatFail(t *testing.T) {
	behind := multivac.Errorf(multivac.ErrBehind, "try again in a second", "the index is behind")
	behind.RetryAfter = time.Second
	for _, err := range []error{behind, multivac.Errorf(multivac.ErrUnavailable, "ask again", "no <store>"), errors.New("secret")} {
		f := &failing{err: err}
		s := newSite(t, func(o *web.Options) { f.Asker = o.Asker; o.Asker = f })
		long := s.do("GET", "/api/v1/answer?stop=balanced&question=why", "")
		f.asked = 0
		plain := s.do("GET", "/api/v1/answer?question=why", "")
		if plain.Code != long.Code || plain.Body.String() != long.Body.String() || f.asked != 1 {
			t.Errorf("%v: got %d %s after asking %d times, want %d %s after once", err, plain.Code, plain.Body, f.asked, long.Code, long.Body)
		}
		if d := cmp.Diff(long.Header(), plain.Header()); d != "" {
			t.Errorf("%v: headers (-long +plain)\n%s", err, d)
		}
	}
}

// failing answers nothing.
type failing struct {
	multivac.Asker
	err   error
	asked int
}

func (f *failing) Ask(context.Context, multivac.Question) (multivac.Answer, error) {
	f.asked++
	return multivac.Answer{}, f.err
}
