package place

import (
	"strings"
	"testing"

	"multivac"
)

// at returns the place of what stands first in text.
func at(t *testing.T, p multivac.Places, text, what string) multivac.Place {
	t.Helper()
	i := strings.Index(text, what)
	if i < 0 {
		t.Fatalf("there is no %q in the text", what)
	}
	return At(p, text, i)
}

func line(n int) multivac.Place { return multivac.Place{Line: n} }

func TestSameLines(t *testing.T) {
	text := "one\n\nthree\nfour"
	for what, want := range map[string]int{"one": 1, "hree": 3, "four": 4} {
		if got := at(t, SameLines, text, what); got != line(want) {
			t.Errorf("%q: got %v, want line %d", what, got, want)
		}
	}
	if got := At(SameLines, text, len(text)+1); got != (multivac.Place{}) {
		t.Errorf("behind the end: got %v, want no place", got)
	}
	if got := At("", text, 0); got != (multivac.Place{}) {
		t.Errorf("of no places: got %v, want no place", got)
	}
}

// build returns a text and its places.
func build(pieces ...any) (string, multivac.Places) {
	b, text := &Builder{}, ""
	for i := 0; i < len(pieces); i += 2 {
		b.Add(pieces[i].(string), pieces[i+1].(multivac.Place))
		text += pieces[i].(string)
	}
	return text, b.Places()
}

// Lines that go on as those of the file do take no bytes, and blank lines
// have no place.
func TestBreaks(t *testing.T) {
	text, p := build("a\n", line(1), "b\n", line(2), " \n", line(9), "c\n", line(7), "d\n", line(8), "e\n", line(3))
	for what, want := range map[string]int{"a": 1, "b": 2, "c": 7, "d": 8, "e": 3} {
		if got := at(t, p, text, what); got != line(want) {
			t.Errorf("%q: got %v, want line %d", what, got, want)
		}
	}
	if len(p) != 5 {
		t.Errorf("got %d bytes, want 5: the version, and 2 for each of 2 breaks", len(p))
	}
}

func TestFields(t *testing.T) {
	sheet := multivac.Place{Sheet: "Q1 · prices", Line: 4}
	row := sheet
	row.Line = 9
	text, p := build("Prices of all parts.\nNext line.\n", multivac.Place{Page: 2, Line: 40}, "Next page.\n", multivac.Place{Page: 3},
		"Preface.\n", multivac.Place{Page: 4, Label: "iv"}, "Its end.\n", multivac.Place{Page: 5, Label: "iv"}, "No page.\n", multivac.Place{Label: "v", Line: 1},
		"A sheet.\n", sheet, "Its row.\n", row, "A part.\n", multivac.Place{Part: "a/b.eml", Slide: 7},
		"At once.\n", multivac.Place{Time: 1}, "Late.\n", multivac.Place{Time: 3723004, Part: "b.vtt"}, "Never.\n", multivac.Place{Time: maxNumber})
	want := map[string]multivac.Place{
		"Prices":    {Page: 2, Line: 40},
		"Next line": {Page: 2, Line: 41},
		"Next page": {Page: 3},
		"Preface":   {Page: 4, Label: "iv"},
		"Its end":   {Page: 5, Label: "iv"},
		"No page":   {Line: 1},
		"A sheet":   sheet,
		"Its row":   row,
		"A part":    {Part: "a/b.eml", Slide: 7},
		"At once":   {Time: 1},
		"Late":      {Time: 3723004, Part: "b.vtt"},
		"Never":     {},
	}
	for what, place := range want {
		if got := at(t, p, text, what); got != place {
			t.Errorf("%q: got %v, want %v", what, got, place)
		}
	}
}

// What was packed before places had a time, or a label, is read as ever.
func TestOlderPlaces(t *testing.T) {
	for packed, want := range map[multivac.Places]multivac.Place{
		"\x01\x01\x1f\x01\x02\x03\x01a\x01b": {Line: 1, Page: 2, Slide: 3, Sheet: "a", Part: "b"},
		"\x01\x01\x02\x07":                   {Page: 7},
		"\x01\x01\x22\x07\x09":               {Page: 7, Time: 9},
		"\x01\x00\x04":                       line(3),
	} {
		if got := At(packed, "text", 0); got != want {
			t.Errorf("%q: got %v, want %v", packed, got, want)
		}
	}
}

// A passage has the part of the places that it needs, and can be read by
// itself.
func TestFill(t *testing.T) {
	text, whole := build("# Head\n", line(3), "\n", line(4), "One.\n", line(5), "Two.\n", line(20), "\nThree.\n", line(21), "Four.\n", multivac.Place{Page: 2, Line: 1})
	passage := func(from, to string) multivac.Passage {
		p := multivac.Passage{Start: strings.Index(text, from), End: strings.Index(text, to) + len(to)}
		p.Text = text[p.Start:p.End]
		return p
	}
	for _, passages := range [][]multivac.Passage{
		{passage("One.", "Two."), passage("Three", "Four.")},
		{passage("Three", "Four."), passage("One.", "Two.")}, // in no order
	} {
		Fill(passages, whole, text)
		for _, p := range passages {
			for offset := p.Start; offset < p.End; offset++ {
				if got, want := Of(p, offset), At(whole, text, offset); got != want {
					t.Errorf("%q at %d: got %v, want %v", p.Text, offset, got, want)
				}
			}
			if p.Places != Read(whole, text).Slice(p.Start, p.End) {
				t.Errorf("%q: Slice and Fill differ", p.Text)
			}
			if len(p.Places) > 8 {
				t.Errorf("%q: got %d bytes, want at most 8", p.Text, len(p.Places))
			}
		}
	}
	unknown := []multivac.Passage{passage("One.", "Two.")}
	Fill(unknown, "", text)
	if unknown[0].Places != "" {
		t.Errorf("got %q of no places, want none", unknown[0].Places)
	}
}

func TestNamesAreBounded(t *testing.T) {
	text, p := build("text", multivac.Place{Sheet: strings.Repeat("é", 5000), Part: "a\xffb"})
	got := At(p, text, 0)
	if len(got.Sheet) > maxName || !strings.HasPrefix(got.Sheet, "éé") || got.Part != "a\ufffdb" {
		t.Errorf("got a sheet of %d bytes and part %q", len(got.Sheet), got.Part)
	}
	// The replacement of a byte that is not UTF-8 is longer than the byte.
	text, p = build("text", multivac.Place{Line: 7, Part: strings.Repeat("a\xff", maxName/2)})
	if got := At(p, text, 0); got.Line != 7 || len(got.Part) > maxName || !strings.HasPrefix(got.Part, "a\ufffda") {
		t.Errorf("got line %d and a part of %d bytes, %q", got.Line, len(got.Part), got.Part)
	}
}

// Whatever the bytes are, reading them ends and gives a place that can be
// shown, and a slice says what the whole says.
func FuzzPlaces(f *testing.F) {
	f.Add("\x01", "a\nb", 2)
	f.Add("\x01\x04\x08\x03\x1f\x01\x01\x01\x01a\x01b", "a\n\n\nb\nc", 3)
	f.Add("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", "a", 0)
	f.Add("\x02\x00", "a", 0)
	f.Add("\x01\x04\b\x03d\x01\x01\x01\x01", "\n\n\nab\nc", 3) // a label of no page
	f.Fuzz(func(t *testing.T, packed, text string, offset int) {
		p := multivac.Places(packed)
		got := At(p, text, offset)
		if got.Line < 0 || got.Page < 0 || got.Slide < 0 || got.Time < 0 || len(got.Sheet) > maxName || len(got.Part) > maxName || len(got.Label) > maxName {
			t.Errorf("got %v", got)
		}
		if offset < 0 || offset >= len(text) || isBlank(text[offset:offset+1]) {
			return
		}
		passages := []multivac.Passage{{Start: offset / 2, End: len(text), Text: text[offset/2:]}}
		Fill(passages, p, text)
		if part := Of(passages[0], offset); got != (multivac.Place{}) && part != (multivac.Place{}) && part != got {
			t.Errorf("a slice says %v, the whole %v", part, got)
		}
	})
}

// What was added is what is read, from the whole and from each slice.
func FuzzBuilder(f *testing.F) {
	f.Add("a\nb\n\nc\n", []byte{0, 1, 2, 9, 6, 3})
	f.Fuzz(func(t *testing.T, text string, adds []byte) {
		b, want := &Builder{}, map[int]multivac.Place{}
		rest := 0
		for i := 0; i+1 < len(adds); i += 2 {
			piece := text[rest:min(len(text), rest+int(adds[i]))]
			p := multivac.Place{Line: int(adds[i+1] & 31), Page: int(adds[i+1] >> 6), Sheet: strings.Repeat("s", int(adds[i+1]>>5&1)), Time: int(adds[i] & 1)}
			if p.Page > 0 {
				p.Label = strings.Repeat("i", int(adds[i]>>1&1))
			}
			b.Add(piece, p)
			if !isBlank(piece) {
				want[rest] = p
			}
			rest += len(piece)
		}
		p := b.Places()
		r := Read(p, text)
		for offset, place := range want {
			if got := r.At(offset); got != place {
				t.Errorf("at %d: got %v, want %v", offset, got, place)
			}
			if got := At(r.Slice(offset, len(text)), text[offset:], 0); got != place {
				t.Errorf("sliced at %d: got %v, want %v", offset, got, place)
			}
		}
	})
}
