package text

import (
	"unicode"
	"unicode/utf8"
)

// Edits calls yield with each word that is one typing mistake away from w: one
// letter added, missing or replaced, or two neighbours swapped. The first
// letter stays, since people seldom mistype it. For a word of under 4 letters,
// or with anything but letters, it does nothing: it would be near to too many
// other words. For a word of 4 letters it only swaps neighbours. It takes as
// long as looking up a few hundred words, however large the vocabulary is.
func Edits(w string, yield func(Word)) {
	var words []Word
	edits(w, func(edited []byte) {
		words = AppendWords(words[:0], string(edited))
		if len(words) == 1 {
			yield(words[0])
		}
	})
}

// Edits calls yield with each identifier that one typing mistake in the n-th
// part of x makes, and with that part. x is an identifier of s. The mistakes
// are those of the function Edits.
func (x *Spelling) Edits(s string, n int, yield func(x Spelling, part Word)) {
	parts := x.parts(s)
	edits(s[parts[n].Start:parts[n].End], func(edited []byte) {
		y := Spelling{Word: x.Word, before: x.before, after: x.after}
		for i, p := range parts {
			part := s[p.Start:p.End]
			if i == n {
				part = string(edited)
			}
			y.canonical = appendCanonical(y.canonical, part)
		}
		y.spell([]byte(y.Canonical()))
		yield(y, word(string(edited), 0, len(edited)))
	})
}

// edits calls yield with the edited forms of w. It reuses their memory after
// yield returns.
func edits(w string, yield func([]byte)) {
	letters := []rune(w)
	if len(letters) < 4 || len(letters) > 24 {
		return
	}
	for _, r := range letters {
		if !unicode.IsLetter(r) || spaceless(r) {
			return
		}
	}
	var buf []byte
	try := func(parts ...[]rune) {
		buf = buf[:0]
		for _, p := range parts {
			for _, r := range p {
				buf = utf8.AppendRune(buf, r)
			}
		}
		yield(buf)
	}
	for i := 1; i+1 < len(letters); i++ {
		try(letters[:i], letters[i+1:i+2], letters[i:i+1], letters[i+2:])
	}
	if len(letters) == 4 {
		return
	}
	alphabet := alphabetOf(letters[0])
	for i := 1; i <= len(letters); i++ {
		if i < len(letters) {
			try(letters[:i], letters[i+1:])
		}
		for _, r := range alphabet {
			try(letters[:i], []rune{r}, letters[i:])
			if i < len(letters) {
				try(letters[:i], []rune{r}, letters[i+1:])
			}
		}
	}
}

// alphabetOf returns the letters that may be missing next to r.
func alphabetOf(r rune) []rune {
	switch {
	case unicode.Is(unicode.Latin, r):
		return []rune("abcdefghijklmnopqrstuvwxyz")
	case unicode.Is(unicode.Cyrillic, r):
		return []rune("абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ")
	case unicode.Is(unicode.Greek, r):
		return []rune("αβγδεζηθικλμνξοπρστυφχψω")
	case unicode.Is(unicode.Arabic, r):
		return []rune("ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
	case unicode.Is(unicode.Hebrew, r):
		return []rune("אבגדהוזחטיכלמנסעפצקרשת")
	}
	return nil
}
