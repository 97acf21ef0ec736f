package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendWords(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		var got []string
		for _, w := range AppendWords(nil, in) {
			got = append(got, in[w.Start:w.End])
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("AppendWords(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	f("")
	f(" \t\n")
	f("…!?")
	f("Who wrote it?", "Who", "wrote", "it")
	f("re-index on/off", "re", "index", "on", "off")
	f("U.S. troops", "U.S", "troops")
	f("3.8 mm, 1,000 km; 1973.", "3.8", "mm", "1,000", "km", "1973")
	f("settings.toml", "settings", "toml")
	f("don't Asimov's", "don't", "Asimov's")
	f("hit_at_1", "hit", "at", "1")
	f("Beyoncé’s café", "Beyoncé’s", "café")
	f("中文", "中", "文", "中文")
	f("a中文b", "a", "中", "文", "中文", "b")
	f("ما هي الحديقة", "ما", "هي", "الحديقة")
	f("x\xffy", "x", "y")
}

func TestWordsThatAreEqual(t *testing.T) {
	stem := func(s string) uint64 {
		t.Helper()
		w := AppendWords(nil, s)
		if len(w) != 1 {
			t.Fatalf("AppendWords(%q) = %d words, want 1", s, len(w))
		}
		return w[0].Stem
	}
	same := func(a, b string) {
		t.Helper()
		if stem(a) != stem(b) {
			t.Errorf("stems of %q and %q differ", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if stem(a) == stem(b) {
			t.Errorf("stems of %q and %q are equal", a, b)
		}
	}
	same("Robots", "robot")
	same("bikes", "bike")
	same("cars", "Car")
	same("Asimov's", "asimov")
	same("Asimov’s", "Asimov")
	same("U.S", "US")
	same("1,000", "1000")
	same("Beyoncé", "beyonce")
	same("ＡＢＣ", "abc")
	same("Straße", "straße")
	same("الحديقة", "حديقة")
	same("وقال", "قال")
	same("مدينتها", "مدينت")
	same("книгами", "книга")
	same("большого", "большой")
	same("начался", "начал")
	same("Ὀδυσσεύς", "οδυσσευσ")
	same("l'arte", "arte")
	differ("1973", "1974")
	differ("19731", "19732")
	differ("glass", "glas")
	differ("मौसम", "मीसम")
}

// FuzzAppendWords checks for any bytes that words lie in the text and are
// ordered by their ends.
func FuzzAppendWords(f *testing.F) {
	for _, s := range []string{"Who wrote it?", "中文 3.8", "U.S.'s l'été", "\xff\xfe", "a.b.c.d'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end := 0
		for _, w := range AppendWords(nil, s) {
			if w.Start < 0 || w.End > len(s) || w.Start >= w.End || w.End < end {
				t.Fatalf("word [%d:%d] of %q is out of place", w.Start, w.End, s)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[w.Start:w.End]) {
				t.Fatalf("word [%d:%d] of %q cuts a rune", w.Start, w.End, s)
			}
			end = w.End
		}
	})
}

func BenchmarkAppendWords(b *testing.B) {
	s := strings.Repeat("The 1973 oil crisis began in October 1973 when the members of OAPEC proclaimed an embargo. ", 100)
	var words []Word
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		words = AppendWords(words[:0], s)
	}
}
