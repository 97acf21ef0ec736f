package text

import (
	"unicode"
	"unicode/utf8"
)

// Edits calls yield with the words that are one typing mistake away from w: a
// letter too many, too few or another, or two neighbours swapped, but not the
// first letter, which is seldom mistyped. It does nothing for a word of under
// four letters, which is near to too many others, and for one that has
// anything but letters; one of four has only its neighbours swapped. Its time
// is a few hundred words' worth, whatever the size of a vocabulary.
func Edits(w string, yield func(Word)) {
	letters := []rune(w)
	if len(letters) < 4 || len(letters) > 24 {
		return
	}
	for _, r := range letters {
		if !unicode.IsLetter(r) || spaceless(r) {
			return
		}
	}
	e := edits{yield: yield}
	for i := 1; i+1 < len(letters); i++ {
		e.try(letters[:i], letters[i+1:i+2], letters[i:i+1], letters[i+2:])
	}
	if len(letters) == 4 {
		return
	}
	alphabet := alphabetOf(letters[0])
	for i := 1; i <= len(letters); i++ {
		if i < len(letters) {
			e.try(letters[:i], letters[i+1:])
		}
		for _, r := range alphabet {
			e.try(letters[:i], []rune{r}, letters[i:])
			if i < len(letters) {
				e.try(letters[:i], []rune{r}, letters[i+1:])
			}
		}
	}
}

// edits reads edited words, one after the other.
type edits struct {
	yield func(Word)
	buf   []byte
	words []Word
}

func (e *edits) try(parts ...[]rune) {
	e.buf = e.buf[:0]
	for _, p := range parts {
		for _, r := range p {
			e.buf = utf8.AppendRune(e.buf, r)
		}
	}
	e.words = AppendWords(e.words[:0], string(e.buf))
	if len(e.words) == 1 {
		e.yield(e.words[0])
	}
}

// alphabetOf returns the letters that may be missing beside r.
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
