package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
)

// A Word is a word of a text: what is matched. Words are compared by 64-bit
// hashes, so that neither the index nor the ranker holds strings; two of a
// million words collide with a probability of 3 in 100 million.
type Word struct {
	Start, End int    // bytes in the text
	Folded     uint64 // hash of the word without case, accents, width and marks
	Stem       uint64 // hash of what is left of it when its ending is cut off
	Flags      Flags
}

// Flags say what a word looks like.
type Flags uint8

const (
	Capital Flags = 1 << iota // begins with an upper-case letter
	Digits                    // has a digit
	Pair                      // two neighbouring characters of a script without spaces
	Single                    // one character of a script without spaces
)

// AppendWords appends the words of s to dst and returns it. Boundaries are
// those of UAX #29. Where a script writes no spaces (Chinese, Japanese, Thai,
// Khmer, Lao, Burmese), each character is a word, and each pair of neighbours
// one more. Hyphens and slashes separate; dots do, but in acronyms.
func AppendWords(dst []Word, s string) []Word {
	for start := 0; start < len(s); {
		if s[start] <= ' ' {
			start++
			continue
		}
		end, ascii := start, true
		for ; end < len(s) && s[end] > ' '; end++ {
			ascii = ascii && s[end] < utf8.RuneSelf
		}
		if ascii {
			dst = appendASCII(dst, s, start, end)
		} else {
			dst = appendUnicode(dst, s, start, end)
		}
		start = end
	}
	return dst
}

// appendASCII is the fast path of appendUnicode for a run without spaces.
func appendASCII(dst []Word, s string, start, end int) []Word {
	for i := start; i < end; {
		if !alphanumeric(s[i]) {
			i++
			continue
		}
		j := i + 1
		for j < end && (alphanumeric(s[j]) || joins(s, i, j, end)) {
			j++
		}
		dst = appendParts(dst, s, i, j)
		i = j
	}
	return dst
}

// joins reports whether the mark at j continues the word that began at i.
func joins(s string, i, j, end int) bool {
	if j+1 >= end || !alphanumeric(s[j+1]) {
		return false
	}
	before, after := digit(s[j-1]), digit(s[j+1])
	switch s[j] {
	case '_':
		return true
	case '\'', '.':
		return before == after
	case ',', ';':
		return before && after
	}
	return false
}

// appendParts appends the ASCII word s[i:j], taken apart at dots unless it is
// an acronym (U.S.) or a number (3.8).
func appendParts(dst []Word, s string, i, j int) []Word {
	dots, acronym := 0, true
	for k := i; k < j; k++ {
		if s[k] == '.' {
			dots++
			acronym = acronym && !digit(s[k-1]) && (k-2 < i || s[k-2] == '.') && (k+2 >= j || s[k+2] == '.')
		}
	}
	if dots == 0 || acronym || digit(s[i]) {
		return append(dst, asciiWord(s, i, j))
	}
	for k := i; k < j; k++ {
		if s[k] == '.' {
			dst = append(dst, asciiWord(s, i, k))
			i = k + 1
		}
	}
	return append(dst, asciiWord(s, i, j))
}

func asciiWord(s string, i, j int) Word {
	w := Word{Start: i, End: j}
	if s[i] >= 'A' && s[i] <= 'Z' {
		w.Flags |= Capital
	}
	var buf [64]byte
	folded := buf[:0]
	for k := i; k < j && len(folded) < len(buf); k++ {
		c := s[k]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case digit(c):
			w.Flags |= Digits
		case c == '\'':
			if k-i <= 2 && j-k > 2 { // l'arte, o'clock
				folded = folded[:0]
				continue
			}
			if j-k == 2 && s[k+1]|0x20 == 's' { // Asimov's
				k = j
			}
			continue
		case c == '.' && w.Flags&Digits == 0, c == ',':
			continue // U.S. is US, 1,000 is 1000
		}
		folded = append(folded, c)
	}
	w.hash(folded)
	return w
}

// hash sets the hashes of w from its folded form.
func (w *Word) hash(folded []byte) {
	w.Folded = hash(folded)
	w.Stem = w.Folded
	if w.Flags&(Digits|Pair|Single) == 0 {
		w.Stem = hash(stem(folded))
	}
}

// hash is FNV-1a with a final mix.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h ^ h>>29
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// appendUnicode appends the words of s[start:end], a run without spaces.
func appendUnicode(dst []Word, s string, start, end int) []Word {
	it := words.FromString(s[start:end])
	previous := -1 // start of the character before, in a script without spaces
	for it.Next() {
		i, j := start+it.Start(), start+it.End()
		r, size := utf8.DecodeRuneInString(s[i:j])
		switch {
		case spaceless(r):
			dst = append(dst, characters(s, i, j, Single))
			if previous >= 0 {
				dst = append(dst, characters(s, previous, j, Pair))
			}
			previous = i
			continue
		case size == j-i && r < utf8.RuneSelf && alphanumeric(s[i]), unicode.IsLetter(r), unicode.IsNumber(r):
			dst = appendASCIIOrFold(dst, s, i, j)
		}
		previous = -1
	}
	return dst
}

func appendASCIIOrFold(dst []Word, s string, i, j int) []Word {
	for k := i; k < j; k++ {
		if s[k] >= utf8.RuneSelf {
			return append(dst, unicodeWord(s, i, j))
		}
	}
	return appendASCII(dst, s, i, j)
}

// spaceless reports whether r is of a script that writes no spaces between
// words; Katakana is not, for UAX #29 keeps its words together.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func characters(s string, i, j int, flag Flags) Word {
	w := Word{Start: i, End: j, Flags: flag}
	w.Folded = hash([]byte(s[i:j]))
	w.Stem = w.Folded
	return w
}

// articles are what Arabic writes in front of a noun: the article, alone or
// after a conjunction or preposition. The longest come first.
var articles = []string{"وال", "بال", "كال", "فال", "ال", "لل"}

// unicodeWord folds s[i:j]: compatibility decomposition, lower case, and no
// marks where the letters are Latin, Greek, Cyrillic, Arabic or Hebrew. In
// other scripts marks are vowels and stay.
func unicodeWord(s string, i, j int) Word {
	w := Word{Start: i, End: j}
	var buf, out [128]byte
	decomposed := norm.NFKD.AppendString(buf[:0], s[i:min(j, i+64)])
	folded := out[:0]
	letters, first, markless := 0, true, true
	for k := 0; k < len(decomposed); {
		r, size := utf8.DecodeRune(decomposed[k:])
		k += size
		if first && unicode.IsUpper(r) {
			w.Flags |= Capital
		}
		first = false
		switch {
		case r == '\'' || r == '’' || r == 'ʼ':
			if letters <= 2 && len(decomposed)-k > 2 {
				folded, letters = folded[:0], 0
			} else if string(decomposed[k:]) == "s" || string(decomposed[k:]) == "S" {
				k = len(decomposed)
			}
			continue
		case r == 0x0640: // Arabic tatweel only stretches a word
			continue
		case unicode.Is(unicode.Mn, r):
			if markless {
				continue
			}
		case unicode.IsLetter(r):
			markless = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew)
		case unicode.IsNumber(r):
			w.Flags |= Digits
		}
		folded = utf8.AppendRune(folded, fold(r))
		letters++
	}
	folded = withoutArticle(folded)
	w.hash(folded)
	return w
}

// fold returns the lower-case form of r; ß and the final sigma are made equal
// to what they are in capitals.
func fold(r rune) rune {
	switch r {
	case 'ς':
		return 'σ'
	case 'ى': // Arabic alef maksura is often written for yeh
		return 'ي'
	case 'ة': // and heh for teh marbuta
		return 'ه'
	}
	return unicode.ToLower(r)
}

func withoutArticle(folded []byte) []byte {
	if len(folded) < 8 || folded[0] < 0xD8 || folded[0] > 0xDB {
		return folded
	}
	for _, a := range articles {
		if len(folded) >= len(a)+4 && string(folded[:len(a)]) == a {
			return folded[len(a):]
		}
	}
	return folded
}
