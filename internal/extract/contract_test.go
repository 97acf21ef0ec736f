package extract_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"time"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/extract/formats"
	"multivac/internal/place"
)

// slides is a format that is not text, as PDF is. Its files are pages between
// zero bytes.
var slides = extract.Format{
	Name: "slides", Types: []string{"application/x-slides"}, Extensions: []string{".slides"},
	Begins: func(head []byte) bool { return strings.HasPrefix(string(head), "\x00SLIDES") },
	Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
		out := extract.NewOutput(ctx, l)
		for n, page := range strings.Split(string(body), "\x00")[2:] {
			out.Line(page, multivac.Place{Slide: n + 1})
			out.Line("", multivac.Place{})
		}
		return out.Extracted("Slides")
	},
}

// A format that is not text needs nothing but its value: its bytes come as they
// are, it is known by its name and by how it begins, and its text has places.
func TestFormatThatIsNoText(t *testing.T) {
	all := append(extract.Formats{}, formats.All...)
	all = append(all, slides)
	body := "\x00SLIDES\x00The pump.\xff\x00It costs 40 euros."
	for _, name := range []string{"a.slides", "b", "c.slides.gz"} {
		for told, err := range extracttest.Tellings(t.Context(), all, name, strings.NewReader(body)) {
			if err != nil || told.MediaType != "application/x-slides" || string(told.Body) != body {
				t.Errorf("%s: got %+v, %v", name, told, err)
			}
		}
	}
	e, err := all.Extract(t.Context(), "application/x-slides", []byte(strings.ReplaceAll(body, "\xff", "")), extract.Default)
	if err != nil || e.Title != "Slides" || e.Text != "The pump.\n\nIt costs 40 euros.\n\n" {
		t.Fatalf("got %+v, %v", e, err)
	}
	if got := place.At(e.Places, e.Text, strings.Index(e.Text, "40")); got != (multivac.Place{Slide: 2}) {
		t.Errorf("got %v, want slide 2", got)
	}
	if got, _ := all.Extension("application/x-slides"); got != ".slides" {
		t.Errorf("got extension %q, want .slides", got)
	}
}

// greedy makes text as long as it may. Where it is deaf, it does not even ask.
func greedy(deaf bool) extract.Formats {
	return extract.Formats{{Name: "greedy", Types: []string{"text/greedy"}, Extensions: []string{".greedy"}, Text: true,
		Extract: func(ctx context.Context, body []byte, l extract.Limits) (extract.Extracted, error) {
			if deaf {
				return extract.Extracted{Text: strings.Repeat("a ", int(l.Bytes))}, nil
			}
			out := extract.NewOutput(ctx, l)
			for n := 1; out.Err() == nil; n++ {
				out.Line("one more line", extract.AtLine(n))
			}
			return out.Extracted("")
		}}}
}

func TestGreedyFormat(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		_, err := greedy(deaf).Extract(t.Context(), "text/greedy", []byte("a"), extract.Limits{Bytes: 1 << 20})
		if !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "1048576 bytes") {
			t.Errorf("deaf %v: got %v, want ErrTooLarge with the limit", deaf, err)
		}
	}
	slow := errors.New("it takes too long")
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, slow)
	defer cancel()
	if _, err := greedy(false).Extract(ctx, "text/greedy", []byte("a"), extract.Limits{Bytes: 1 << 50}); !errors.Is(err, slow) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
}

// An output that is full drops what comes, and what it has is within the limit.
func TestFullOutput(t *testing.T) {
	out := extract.NewOutput(t.Context(), extract.Limits{Bytes: 10})
	for range 5 {
		out.Line("word", extract.AtLine(1))
	}
	if e, err := out.Extracted(""); len(e.Text) > 10 || !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("got %q, %v", e.Text, err)
	}
}

// pack is a format whose files hold many documents, with a bar between two.
var pack = extract.Format{
	Name: "packs", Types: []string{"application/x-pack"}, Extensions: []string{".pack"},
	Many: func(_ context.Context, f extract.File, _ extract.Limits) iter.Seq2[multivac.Telling, error] {
		return func(yield func(multivac.Telling, error) bool) {
			b, _ := io.ReadAll(f.Reader)
			for body := range strings.SplitSeq(string(b), "|") {
				t := multivac.Telling{Source: f.Name + "#" + body, Body: []byte(body)}
				err := f.Lines(1)
				if err == nil {
					err = f.Check(t)
				}
				if !yield(t, err) {
					return
				}
			}
		}
	},
}

// Any format may hold many documents. Each of them is checked like a document
// that is told alone, and the whole cannot be told as one document.
func TestFormatOfMany(t *testing.T) {
	all := extract.Formats{formats.All[0], pack}
	var got []string
	parts := 0
	in := extract.Input{Source: "a.pack", Name: "a.pack", Reader: strings.NewReader("one|\x00|two"), Collection: "c", Limits: extract.Default,
		Spend: func(_, n int) error { parts += n; return nil }}
	for told, err := range all.Tellings(t.Context(), in) {
		switch {
		case errors.Is(err, multivac.ErrInvalid):
			got = append(got, "refused")
		case err != nil || told.Collection != "c":
			t.Errorf("got %+v, %v", told, err)
		default:
			got = append(got, told.Source)
		}
	}
	if strings.Join(got, " ") != "a.pack#one refused a.pack#two" || parts != 3 {
		t.Errorf("got %q of %d parts", got, parts)
	}
	if _, err := all.Extract(t.Context(), "application/x-pack", []byte("a"), extract.Default); err == nil || !strings.Contains(err.Error(), "packs hold many documents") {
		t.Errorf("got %v", err)
	}
}
