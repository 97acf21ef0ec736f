package ask

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"multivac"
	"multivac/internal/text"
)

const renewing = `# Renewing the certificate

## Renew the web certificate

1. Stop the web server.
2. Run the renewal tool, which takes 40 seconds.
3. Start the web server again.

## Renew the mail certificate

The mail certificate lasts 90 days. It is renewed by Castellan.

| Certificate | Lasts |
|---|---|
| web | 30 days |
| mail | 90 days |
`

func TestAnswersWithTheWhole(t *testing.T) {
	s := newShelf(map[string]string{"certificates.md": renewing, "brakes.md": library["brakes.md"]})
	f := func(question string, shape multivac.Shape, want, sentence string) {
		t.Helper()
		q := ask(t, service(s), multivac.Question{Text: question, Stop: multivac.Eager}).Sentences[0]
		if q.Text != want || q.Shape != shape || sentence != "" && q.SentenceText() != sentence {
			t.Errorf("Ask(%q) = %s %q of %q, want %s %q of %q", question, q.Shape, q.Text, q.SentenceText(), shape, want, sentence)
		}
		d := s.documents[q.Document]
		if d.Text[q.Start:q.End] != q.Text || !strings.Contains(d.Text[q.Sentence.Start:q.Sentence.End], q.SentenceText()) {
			t.Errorf("Ask(%q): bytes %d to %d are not the quotation", question, q.Start, q.End)
		}
		for _, m := range q.Marks {
			if m.Start < 0 || m.End > len(q.Text) {
				t.Errorf("Ask(%q): mark %v is outside", question, m)
			}
		}
	}
	const steps = "1. Stop the web server.\n2. Run the renewal tool, which takes 40 seconds.\n3. Start the web server again."
	f("How do I renew the web certificate?", multivac.ShapeSteps, steps, "")
	f("How do I run the renewal tool?", multivac.ShapeSteps, steps, "Run the renewal tool, which takes 40 seconds.")
	f("How many seconds does the renewal tool take?", multivac.ShapeSentence, "Run the renewal tool, which takes 40 seconds.", "Run the renewal tool, which takes 40 seconds.")
	f("Who renews the mail certificate, is it Castellan?", multivac.ShapeRun, "The mail certificate lasts 90 days. It is renewed by Castellan.", "It is renewed by Castellan.")
	f("web certificate lasts days", multivac.ShapeRows, "web | 30 days", "web | 30 days")
}

// The runners-up, and the sentence that was turned down, stay sentences.
func TestOnlyTheAnswerIsWhole(t *testing.T) {
	s := service(newShelf(map[string]string{"certificates.md": renewing}))
	a := ask(t, s, multivac.Question{Text: "How do I run the renewal tool?", Stop: multivac.Eager})
	for _, q := range a.Sentences[1:] {
		if strings.Contains(q.Text, "\n") {
			t.Errorf("runner-up %q has several steps", q.Text)
		}
	}
	a = ask(t, s, multivac.Question{Text: "How do I run the Brandenburg tool of the choir?", Stop: multivac.Strict})
	if a.State != multivac.InsufficientData || a.Reason.Nearest == nil || strings.Contains(a.Reason.Nearest.Text, "\n") {
		t.Errorf("%s, reason %+v; want a refusal with one sentence", a.State, a.Reason)
	}
}

// A long list is several passages of the store, and one quotation.
func TestWholeOfSeveralPassages(t *testing.T) {
	var list strings.Builder
	for _, step := range []string{"1. Drain", "2. Fence", "3. Wipe", "4. Join", "5. Copy", "6. Check", "7. Open", "8. Note"} {
		list.WriteString(step + " the node" + strings.Repeat(" and wait for it", 8) + ".\n")
	}
	body := "# Replace a node\n\nDo this:\n\n" + list.String()
	if n := len(text.Segment(body)); n < 2 {
		t.Fatalf("%d passages, want several", n)
	}
	s := service(newShelf(map[string]string{"node.md": body, "brakes.md": library["brakes.md"]}))
	q := ask(t, s, multivac.Question{Text: "How do I replace a node?", Stop: multivac.Eager}).Sentences[0]
	if want := "Do this:\n\n" + strings.TrimSpace(list.String()); q.Text != want || q.Shape != multivac.ShapeSteps || q.Lead != "" || len(q.Text) > multivac.MaxRun {
		t.Errorf("%s of %d bytes with lead %q: %q", q.Shape, len(q.Text), q.Lead, q.Text)
	}
}

// What is quoted around the sentence has to be stored, too.
func TestWholeIsVerified(t *testing.T) {
	s := newShelf(map[string]string{"certificates.md": renewing})
	s.gone = true
	synctest.Test(t, func(t *testing.T) {
		_, err := service(s).Ask(t.Context(), multivac.Question{Text: "How do I run the renewal tool?"})
		if !errors.Is(err, multivac.ErrUnavailable) {
			t.Errorf("Ask = %v, want it to refuse to quote what is not stored", err)
		}
	})
}
