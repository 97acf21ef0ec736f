package text

import (
	"strings"
	"unicode/utf8"
)

// Letters that a stem keeps of a word. For most languages this works as well as
// Snowball's stemmers, and it does not have to guess the language.
const (
	stemLetters  = 5
	latinLetters = 7 // in Latin script, after common endings are cut off
)

// stem returns a folded word without its ending.
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

// withoutEnding removes the most common English endings: plural, -ing, -ed,
// -ly, a final e, and one of two equal letters at the end. Words of other
// languages lose the same letters in questions and in texts, so they still
// match. It does almost what Porter's stemmer does, with a tenth of the rules.
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

// endings are the most frequent endings of Russian and Arabic words, of 1 to 4
// letters, folded. As in English they are removed before the word is cut: short
// words are not cut at all and differ in their endings only.
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

// withoutLongestEnding removes the longest ending that leaves 3 letters.
// Letters of both scripts have 2 bytes.
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

// withoutPrefix removes the Arabic "and", which is written as part of the word.
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
