package text

import (
	"strings"
	"unicode/utf8"
)

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
			s := withoutLongestEnding(withoutPrefix(folded))
			return s[:prefix(s, stemLetters)]
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

// endings are those that Russian and Arabic words have most often, of one to
// four letters, folded. They go before the cut, as in English: short words are
// not cut at all, and differ in their endings only.
var endings = func() map[string]bool {
	m := map[string]bool{}
	for e := range strings.FieldsSeq(`
		иями ями ами ыми ими ого его ому ему ует ают яют ала ила иях иям ием иеи ать ять ить еть ает яет
		ых их ым им ом ем ам ям ах ях ои еи ыи ии ая яя ое ее ую юю ые ие ов ев ия ию ет ит ут ют ат ят ла ло ли ал ил ть
		а е и о у ы э ю я ь
		ها ان ات ون ين يه ه ي`) {
		m[e] = true
	}
	return m
}()

// withoutLongestEnding takes the longest ending off that leaves three letters.
// Letters of both scripts have two bytes.
func withoutLongestEnding(w []byte) []byte {
	if c := w[0]; c < 0xD0 || c > 0xDB {
		return w
	}
	if n := len(w); n >= 12 && (string(w[n-4:]) == "ся" || string(w[n-4:]) == "сь") {
		w = w[:n-4]
	}
	for n := 8; n > 0; n -= 2 {
		if len(w) >= n+6 && endings[string(w[len(w)-n:])] {
			return w[:len(w)-n]
		}
	}
	return w
}

// withoutPrefix takes the Arabic "and" off, which is written as part of the word.
func withoutPrefix(w []byte) []byte {
	if len(w) >= 8 && string(w[:2]) == "و" {
		return w[2:]
	}
	return w
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
