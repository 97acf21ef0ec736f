package text

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"golang.org/x/text/unicode/norm"
)

// A Word is a word of a text, the unit that search matches. Words are compared
// by 64-bit hashes, so that the index and the ranker hold no strings. Among a
// million words, two share a hash with a probability of 3 in 100 million.
type Word struct {
	Start, End int    // bytes in the text
	Folded     uint64 // hash of the word without case, accents, width and marks
	Stem       uint64 // hash of the word without its ending
	Flags      Flags
}

// Flags say what a word looks like.
type Flags uint8

const (
	Capital    Flags = 1 << iota // begins with an upper-case letter
	Digits                       // has a digit
	Pair                         // two neighbouring characters of a script without spaces
	Single                       // one character of a script without spaces
	Identifier                   // names one thing, like P1 and KubeAPIDown
	Compound                     // ordinary words joined by hyphens
	Whole                        // an identifier or compound that is added to the words it consists of
)

// AppendWords appends the words of s to dst and returns it. Boundaries are
// those of UAX #29. In scripts without spaces (Chinese, Japanese, Thai, Khmer,
// Lao, Burmese), each character is a word, and so is each pair of neighbours.
// Hyphens and slashes separate words. Dots do, too, except in acronyms and
// numbers. An identifier (KubeAPIDown, max_lag, debian12) is cut into its
// words, unless it has 3 characters or fewer.
func AppendWords(dst []Word, s string) []Word { return appendRuns(dst, s, false) }

// AppendTerms appends the terms by which s is found: its words, and after the
// words of each run without spaces the identifiers and compounds that they
// form. These have the flag Whole. The text foo.bar/baz has the terms foo, bar,
// baz, foo.bar and foo.bar/baz.
func AppendTerms(dst []Word, s string) []Word { return appendRuns(dst, s, true) }

func appendRuns(dst []Word, s string, wholes bool) []Word {
	for start := 0; start < len(s); {
		if s[start] <= ' ' {
			start++
			continue
		}
		end, ascii := start, true
		for ; end < len(s) && s[end] > ' '; end++ {
			ascii = ascii && s[end] < utf8.RuneSelf
		}
		from := len(dst)
		if ascii {
			dst = appendASCII(dst, s, start, end)
		} else {
			dst = appendUnicode(dst, s, start, end)
		}
		if wholes && (len(dst) > from+1 || len(dst) > from && isMarked(s, dst[from].Start, dst[from].End)) {
			dst = appendWholes(dst, s, from)
		}
		start = end
	}
	return dst
}

// appendASCII is the fast path of appendUnicode for a run without spaces.
func appendASCII(dst []Word, s string, start, end int) []Word {
	for i := start; i < end; {
		first := classes[s[i]]
		if first == 0 {
			i++
			continue
		}
		var rest class
		j := i + 1
		for ; j < end; j++ {
			if c := classes[s[j]]; c != 0 {
				rest |= c
			} else if !joins(s, i, j, end) {
				break
			}
		}
		all := first | rest
		if inner := rest&upperCase != 0 && all&lowerCase != 0; inner || all&numeral != 0 {
			dst = appendParts(dst, s, i, j)
		} else {
			dst = append(dst, asciiWord(s, i, j))
		}
		i = j
	}
	return dst
}

// A class says what an ASCII character is; 0 is none of these.
type class uint8

const (
	upperCase class = 1 << iota
	lowerCase
	numeral
)

var classes = func() (of [256]class) {
	for c := range of {
		switch c := byte(c); {
		case c >= 'a' && c <= 'z':
			of[c] = lowerCase
		case c >= 'A' && c <= 'Z':
			of[c] = upperCase
		case c >= '0' && c <= '9':
			of[c] = numeral
		}
	}
	return of
}()

// joins reports whether the mark at j continues the word that began at i.
func joins(s string, i, j, end int) bool {
	if j+1 >= end || !alphanumeric(s[j+1]) {
		return false
	}
	before, after := digit(s[j-1]), digit(s[j+1])
	switch s[j] {
	case '\'':
		return before == after
	case '.':
		if before || after {
			return before && after
		}
		// Single letters on both sides: an acronym.
		return (j-1 == i || s[j-2] == '.') && (j+2 >= end || !alphanumeric(s[j+2]))
	case ',', ';':
		return before && after
	}
	return false
}

func asciiWord(s string, i, j int) Word {
	w := Word{Start: i, End: j}
	if s[i] >= 'A' && s[i] <= 'Z' {
		w.Flags |= Capital
	}
	var buf [64]byte
	folded, digits := foldASCII(buf[:0], s[i:j])
	if digits {
		w.Flags |= Digits
	}
	w.hash(folded)
	return w
}

// foldASCII appends the ASCII word s in the form that is compared: without case
// and marks, at most 64 bytes.
func foldASCII(dst []byte, s string) (folded []byte, digits bool) {
	begin := len(dst)
	for k := 0; k < len(s) && len(dst)-begin < 64; k++ {
		c := s[k]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case digit(c):
			digits = true
		case c == '\'':
			if k <= 2 && len(s)-k > 2 { // drops an article: l'arte, o'clock
				dst = dst[:begin]
				continue
			}
			if len(s)-k == 2 && s[k+1]|0x20 == 's' { // drops a possessive: Asimov's
				k = len(s)
			}
			continue
		case c == '.' && !digits, c == ',':
			continue // drops marks: U.S. is US, 1,000 is 1000
		}
		dst = append(dst, c)
	}
	return dst, digits
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

func alphanumeric(c byte) bool { return classes[c] != 0 }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// appendUnicode appends the words of s[start:end], a run without spaces.
func appendUnicode(dst []Word, s string, start, end int) []Word {
	it := words.FromString(s[start:end])
	previous := -1 // start of the previous character, in a script without spaces
	ascii := start // start of the ASCII characters before the current word
	for it.Next() {
		i, j := start+it.Start(), start+it.End()
		r, _ := utf8.DecodeRuneInString(s[i:j])
		if isASCII(s[i:j]) {
			previous = -1
			continue
		}
		dst = appendASCII(dst, s, ascii, i)
		ascii = j
		switch {
		case spaceless(r):
			dst = append(dst, characters(s, i, j, Single))
			if previous >= 0 {
				dst = append(dst, characters(s, previous, j, Pair))
			}
			previous = i
			continue
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '_':
			if isPlain(s[i:j]) {
				dst = append(dst, unicodeWord(s, i, j))
			} else {
				dst = appendParts(dst, s, i, j)
			}
		}
		previous = -1
	}
	return appendASCII(dst, s, ascii, end)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// spaceless reports whether r belongs to a script without spaces between words.
// Katakana does not, since UAX #29 keeps its words together.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func characters(s string, i, j int, flag Flags) Word {
	w := Word{Start: i, End: j, Flags: flag}
	w.Folded = hash([]byte(s[i:j]))
	w.Stem = w.Folded
	return w
}

// articles are the Arabic articles, alone or after a conjunction or
// preposition, which are written as part of the noun. The longest come first.
var articles = []string{"وال", "بال", "كال", "فال", "ال", "لل"}

func unicodeWord(s string, i, j int) Word {
	w := Word{Start: i, End: j}
	var buf [128]byte
	folded, digits := foldUnicode(buf[:0], s[i:j])
	if digits {
		w.Flags |= Digits
	}
	if r, _ := utf8.DecodeRuneInString(s[i:]); unicode.IsUpper(r) {
		w.Flags |= Capital
	}
	w.hash(folded)
	return w
}

// foldUnicode appends the word s in the form that is compared: after
// compatibility decomposition and in lower case, at most 64 bytes. It drops the
// marks of Latin, Greek, Cyrillic, Arabic and Hebrew letters. In other scripts
// marks are vowels and stay.
func foldUnicode(dst []byte, s string) (folded []byte, digits bool) {
	var buf [128]byte
	decomposed := norm.NFKD.AppendString(buf[:0], s[:min(len(s), 64)])
	begin := len(dst)
	letters, markless := 0, true
	for k := 0; k < len(decomposed); {
		r, size := utf8.DecodeRune(decomposed[k:])
		k += size
		switch {
		case r == '\'' || r == '’' || r == 'ʼ':
			if letters <= 2 && len(decomposed)-k > 2 {
				dst, letters = dst[:begin], 0
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
			digits = true
		}
		dst = utf8.AppendRune(dst, fold(r))
		letters++
	}
	word := withoutArticle(dst[begin:])
	return append(dst[:begin], word...), digits
}

// fold returns the lower-case form of r. The final sigma becomes a plain one, as
// the lower case of its capital is.
func fold(r rune) rune {
	switch r {
	case 'ς':
		return 'σ'
	case 'ى': // people often write Arabic alef maksura for yeh
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
