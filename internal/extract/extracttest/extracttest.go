// Package extracttest has what the tests of all formats share, and the promises
// that each format keeps.
package extracttest

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/place"
	"multivac/internal/text"
)

// Read returns what f makes of a file, and fails where it refuses it.
func Read(t testing.TB, f extract.Format, in string) extract.Extracted {
	t.Helper()
	e, err := read(t.Context(), f, in, extract.Default)
	if err != nil {
		t.Fatalf("%s %.100q: %v", f.Name, in, err)
	}
	return e
}

func read(ctx context.Context, f extract.Format, in string, l extract.Limits) (extract.Extracted, error) {
	return extract.Formats{f}.Extract(ctx, f.Types[0], []byte(in), l)
}

// Lines returns the line of the file for each line of the text that is not
// blank, without the white space around it.
func Lines(e extract.Extracted) map[string]int {
	lines := map[string]int{}
	places, offset := place.Read(e.Places, e.Text), 0
	for l := range strings.Lines(e.Text) {
		if t := strings.TrimSpace(l); t != "" {
			lines[t] = places.At(offset).Line
		}
		offset += len(l)
	}
	return lines
}

// Quotable returns what can be quoted from a file, and where a reader finds
// it: the path of headings; the lead; the words.
func Quotable(t testing.TB, f extract.Format, in string) []string {
	t.Helper()
	var all []string
	for _, p := range text.Segment(Read(t, f, in).Text) {
		for _, s := range p.Sentences {
			all = append(all, strings.Join([]string{p.Heading, p.Lead, p.Sentence(s)}, "; "))
		}
	}
	return all
}

// Sentences returns what a reader is shown of a file: each sentence behind the
// path of its headings, where it has one.
func Sentences(t testing.TB, f extract.Format, in string) []string {
	t.Helper()
	var all []string
	for _, p := range text.Segment(Read(t, f, in).Text) {
		for _, s := range p.Sentences {
			all = append(all, strings.TrimPrefix(p.Heading+": ", ": ")+p.Sentence(s))
		}
	}
	return all
}

// WantSentences compares what a reader is shown of a file with what is wanted.
func WantSentences(t *testing.T, f extract.Format, in string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, Sentences(t, f, in)); d != "" {
		t.Errorf("%s\n(-want +got)\n%s\n%s", in, d, Read(t, f, in).Text)
	}
}

// WantLines compares the lines of a text that are not blank with what is wanted,
// without the white space around them.
func WantLines(t *testing.T, f extract.Format, in string, want ...string) {
	t.Helper()
	var got []string
	for l := range strings.Lines(Read(t, f, in).Text) {
		if l = strings.TrimSpace(l); l != "" {
			got = append(got, l)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s\n(-want +got)\n%s", in, d)
	}
}

// WantTitle compares the title of a file with what is wanted.
func WantTitle(t *testing.T, f extract.Format, in, want string) {
	t.Helper()
	if got := Read(t, f, in).Title; got != want {
		t.Errorf("%q: got %q, want %q", in, got, want)
	}
}

// Sound checks what holds for any bytes: the text can be kept, shown and quoted,
// and where there is none, the error says why. It returns false then. No file of
// a fuzz test is over the default limits.
func Sound(t *testing.T, f extract.Format, in string, l extract.Limits) (extract.Extracted, bool) {
	t.Helper()
	e, err := read(t.Context(), f, in, l)
	if err != nil {
		if !errors.Is(err, multivac.ErrInvalid) && (l == extract.Default || !errors.Is(err, multivac.ErrTooLarge)) {
			t.Errorf("got %v, want an error that says what to do", err)
		}
		return e, false
	}
	if !utf8.ValidString(e.Text) || !utf8.ValidString(e.Title) || len(e.Title) > multivac.MaxTitle || strings.ContainsAny(e.Title, "\n\x00") {
		t.Errorf("text %q or title %q is not as it should be", e.Text, e.Title)
	}
	for _, p := range text.Segment(e.Text) {
		if err := p.Validate(e.Text); err != nil {
			t.Error(err)
		}
	}
	return e, true
}

// Any checks of any bytes, besides what Sound does, that the text is in proportion
// to the file, and stands on lines that the file has.
func Any(t *testing.T, f extract.Format, in string) {
	e, ok := Sound(t, f, in, extract.Default)
	if !ok {
		return
	}
	if len(e.Text) > 8*len(in)+1<<18 {
		t.Errorf("%d bytes of text of %d", len(e.Text), len(in))
	}
	last := strings.Count(in, "\n") + 1
	for l, n := range Lines(e) {
		if n < 1 || n > last {
			t.Errorf("%q began on line %d of %d", l, n, last)
		}
	}
}

// Bounded checks that f keeps to its limits: unit, many times over, makes a
// text that is too large for them, takes too long, or is nested too deep.
func Bounded(t *testing.T, f extract.Format, unit string) {
	t.Helper()
	in := strings.Repeat(unit, (1<<20)/len(unit))
	small, flat := extract.Default, extract.Default
	small.Bytes, flat.Depth = 10_000, 1
	if e, err := read(t.Context(), f, in, small); !errors.Is(err, multivac.ErrTooLarge) || e.Text != "" {
		t.Errorf("%s: got %d bytes and %v, want ErrTooLarge", f.Name, len(e.Text), err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := read(gone, f, in, extract.Default); !errors.Is(err, enough) {
		t.Errorf("%s: got %v, want the reason why its time ended", f.Name, err)
	}
	if _, err := read(t.Context(), f, in, flat); err != nil && !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("%s: at a depth of 1: got %v", f.Name, err)
	}
}

// Tellings returns the tellings that the file in holds, which name describes and
// names, within the default limits.
func Tellings(ctx context.Context, all extract.Formats, name string, in io.Reader) iter.Seq2[multivac.Telling, error] {
	return all.Tellings(ctx, extract.Input{Source: name, Name: name, Reader: in, Limits: extract.Default})
}
