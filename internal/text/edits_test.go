package text

import (
	"testing"
)

func TestEdits(t *testing.T) {
	f := func(typed, meant string, want bool) {
		t.Helper()
		target, got := AppendWords(nil, meant)[0], false
		Edits(typed, func(w Word) { got = got || w.Stem == target.Stem })
		if got != want {
			t.Errorf("%q is one mistake away from %q: %v, want %v", typed, meant, got, want)
		}
	}
	f("langauge", "language", true)
	f("receit", "receipt", true)
	f("gogles", "goggles", true)
	f("exchaged", "exchanged", true)
	f("bkie", "bike", true)
	f("Brekes", "brakes", true)
	f("сталица", "столица", true)
	f("anguage", "language", false) // differs in the first letter
	f("cat", "car", false)          // too short
	f("band", "bank", false)
	f("v1.25", "v1.26", false)
	f("中文字词句", "中文字词语", false)
	f("wholly", "different", false)
}

func BenchmarkEdits(b *testing.B) {
	for b.Loop() {
		Edits("langauge", func(Word) {})
	}
}
