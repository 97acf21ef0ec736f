package test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"unicode"

	"multivac"
	"multivac/internal/app"
)

// FuzzQuotation tests the first promise, for any document and any question: each
// quoted sentence equals, byte for byte, the stored text at its offsets in the
// revision that it names.
func FuzzQuotation(f *testing.F) {
	for _, seed := range []struct{ mediaType, body, question string }{
		{multivac.Markdown, runbook, "How long are backups kept?"},
		{multivac.Markdown, "# T\n\n| port | use |\n|---|---|\n| 5000 | web |\n\n- a\n- b\n\n```\ncode\n```\n", "which port is for the web"},
		{multivac.Plain, "Dr. Who\u00a0wrote e.g. this.\r\nA\u0301rbol. 東京は首都です。กรุงเทพ\u200b", "who wrote this"},
		{multivac.HTML, "<h1>T&eacute;st</h1><p>One &amp; two.<ul><li>three<li>four</ul><table><tr><th>a<tr><td>b</table>", "one and two"},
		{multivac.CSV, "name,age\n\"O'Neil, \"\"Jo\"\"\",33\n", "what is the age of O'Neil"},
		{multivac.Plain, strings.Repeat("word ", 400), "word"},
		{multivac.Plain, "\ufeff a\u2028b\u0000", "a"},
	} {
		f.Add(seed.mediaType, []byte(seed.body), seed.question)
	}
	a := open(f)
	f.Fuzz(func(t *testing.T, mediaType string, body []byte, question string) {
		receipts, err := a.Tell(t.Context(), []multivac.Telling{{Source: "fuzz", MediaType: mediaType, Body: body}}, multivac.WaitIndexed)
		if err != nil {
			t.Fatal(err)
		}
		if refused := receipts[0].Err; refused != nil {
			if !errors.Is(refused, multivac.ErrInvalid) && !errors.Is(refused, multivac.ErrTooLarge) {
				t.Errorf("refused: %v, want what is wrong with it", refused)
			}
			return // it cannot be told
		}
		d, err := a.Document(t.Context(), receipts[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{question, someWords(d.Text)} {
			answer, err := a.Ask(t.Context(), multivac.Question{Text: q, Stop: multivac.Eager, Count: 20, After: receipts[0].Position})
			if errors.Is(err, multivac.ErrInvalid) {
				continue // not a question
			}
			if err != nil {
				t.Fatalf("asked %q: %v", q, err)
			}
			for _, s := range answer.Sentences {
				if s.Document != d.ID || s.Revision != d.Revision {
					t.Errorf("asked %q: %s at revision %d, want %s at %d", q, s.Document, s.Revision, d.ID, d.Revision)
				}
				if got := d.Text[s.Start:s.End]; got != s.Text || s.Text == "" {
					t.Errorf("asked %q: quotation %q, but text[%d:%d] is %q", q, s.Text, s.Start, s.End, got)
				}
				for _, m := range s.Marks {
					if m.Start < 0 || m.Start >= m.End || m.End > len(s.Text) {
						t.Errorf("asked %q: mark %v is not in %q", q, m, s.Text)
					}
				}
			}
			if answer.State == multivac.InsufficientData && answer.Text() != multivac.Insufficient {
				t.Errorf("asked %q: a refusal says %q", q, answer.Text())
			}
		}
	})
}

// open returns a MultiVAC in a folder of its own, running until the test ends.
func open(t testing.TB) *app.App {
	t.Helper()
	a, err := app.Open(context.Background(), app.Settings{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return a
}

// someWords returns words of the text, so that the question finds something.
func someWords(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return multivac.Clip(strings.Join(words[:min(len(words), 6)], " "), 1000)
}
