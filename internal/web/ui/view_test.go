package ui

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/percent"
)

func TestPieces(t *testing.T) {
	f := func(s, want string, borders ...int) {
		t.Helper()
		var marks []multivac.Span
		for i := 0; i < len(borders); i += 2 {
			marks = append(marks, multivac.Span{Start: borders[i], End: borders[i+1]})
		}
		var got strings.Builder
		for _, p := range pieces(s, marks) {
			if p.Mark {
				got.WriteString("[" + p.Text + "]")
			} else {
				got.WriteString(p.Text)
			}
		}
		if got.String() != want {
			t.Errorf("%q %v: got %q, want %q", s, marks, got.String(), want)
		}
	}
	f("", "")
	f("a b c", "a b c")
	f("a b c", "[a] b [c]", 0, 1, 4, 5)
	f("a b c", "[a] b [c]", 4, 5, 0, 1)
	f("abcdef", "a[bcd][e]f", 1, 4, 2, 3, 3, 5)
	f("abc", "[a]b[c]", -3, 1, 2, 99, 50, 60, 2, 1, 1, 1)
	f("añb", "a[ñ]b", 2, 3)
	f("añb", "[añ]b", 0, 2)
}

func FuzzPieces(f *testing.F) {
	f.Add("añb", 2, 3, 0, 2)
	f.Add("| a\\| | b |", 9, -1, 3, 70)
	f.Fuzz(func(t *testing.T, s string, a, b, c, d int) {
		if !utf8.ValidString(s) {
			t.Skip("what is told is UTF-8")
		}
		marks := []multivac.Span{{Start: a, End: b}, {Start: c, End: d}}
		var whole strings.Builder
		for _, p := range pieces(s, marks) {
			if p.Text == "" || !utf8.ValidString(p.Text) {
				t.Errorf("%q %v: piece %q is empty, or cuts a rune", s, marks, p.Text)
			}
			whole.WriteString(p.Text)
		}
		if whole.String() != s {
			t.Errorf("%q %v: the pieces are %q", s, marks, whole.String())
		}
		newQuotationView(multivac.Quotation{Text: s, Lead: s, Before: s, After: s, Marks: marks})
	})
}

func TestCells(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, texts(in, cells(in))); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
	}
	f("| a | b c |", "a", "b c")
	f("  |a|b|  ", "a", "b")
	f(`| a \| b | c |`, `a \| b`, "c")
	f("|  | b |", "", "b")
	f("a | b c", "a", "b c")
	f("a |", "a")
	f("a", "a")
	f("||", "")
	f("|")
	f("")
	f("| a | b |\n| c | d |")
	f(`| a \|`, `a \|`)
	f(`a | \`, "a", `\`)
}

func TestClip(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(clipStart("one two three", 20), "one two three")
	f(clipStart("one two three four", 12), "… three four")
	f(clipEnd("one two three four", 12), "one two …")
	f(clipStart(strings.Repeat("é", 9), 5), "… éé")
	f(clipEnd(strings.Repeat("é", 9), 5), "éé …")
}

func TestConfidenceInWords(t *testing.T) {
	f := func(p float64, percentWant, wordsWant string) {
		t.Helper()
		if got := percent.Of(p); got != percentWant {
			t.Errorf("%v: got %q, want %q", p, got, percentWant)
		}
		if got := confidence(p); got != wordsWant {
			t.Errorf("%v: got %q, want %q", p, got, wordsWant)
		}
	}
	f(1, "over 99%", "Very likely right")
	f(.996, "over 99%", "Very likely right")
	f(.95, "95%", "Very likely right")
	f(.8, "80%", "Likely right")
	f(.6, "60%", "Probably right")
	f(.4, "40%", "Perhaps right")
	f(.2, "20%", "Probably wrong")
	f(.001, "under 1%", "Probably wrong")
	f(math.NaN(), "under 1%", "Probably wrong")
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0 documents", 1: "1 document", 999: "999 documents", 1000: "1,000 documents", 1234567: "1,234,567 documents", -1234: "-1,234 documents", -123: "-123 documents"} {
		if got := plural(n, "document"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
