package text

import "unicode/utf8"

// How many letters of a word are kept. Cutting words does as well as
// Snowball's stemmers in most languages, and needs no guess at the language.
const (
	stemLetters  = 5
	latinLetters = 7 // in Latin script, where common endings go first
)

// stem returns what is left of a folded word when its ending is cut off.
func stem(folded []byte) []byte {
	for _, c := range folded {
		if c >= utf8.RuneSelf {
			return folded[:prefix(folded, stemLetters)]
		}
	}
	s := withoutEnding(folded)
	return s[:min(len(s), latinLetters)]
}

// withoutEnding takes the commonest endings of English off: plural, -ing, -ed,
// -ly, a last e, and one of two equal letters. What it does to other languages
// it does to question and text alike. It is not Porter's stemmer, but near to
// it at a tenth of the rules.
func withoutEnding(w []byte) []byte {
	n := len(w)
	ends := func(ending string, kept int) bool {
		return n >= len(ending)+kept && string(w[n-len(ending):n]) == ending
	}
	switch {
	case ends("ies", 3), ends("sses", 2):
		n -= 2
	case ends("s", 3) && w[n-2] != 's' && w[n-2] != 'u':
		n--
	}
	switch {
	case ends("ing", 3):
		n -= 3
	case ends("ed", 3), ends("ly", 4):
		n -= 2
	}
	if n > 4 && w[n-1] == 'e' {
		n--
	}
	if n > 4 && w[n-1] == w[n-2] {
		n--
	}
	if n > 4 && w[n-1] == 'y' {
		w[n-1] = 'i'
	}
	return w[:n]
}

// prefix returns the length in bytes of the first n letters of b.
func prefix(b []byte, n int) int {
	k := 0
	for ; n > 0 && k < len(b); n-- {
		_, size := utf8.DecodeRune(b[k:])
		k += size
	}
	return k
}
