package text

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An identifier names one thing: KubeAPIDown, max_lag, v1.30, foo.bar/baz. Its
// canonical form has no case, no marks and nothing between its parts, except
// for a dot between two numbers:
//
//	LedgerdWriterStalled, LEDGERD_WRITER_STALLED  ledgerdwriterstalled
//	max_lag, maxLag, --max-lag                    maxlag
//	v1.30, v1.3, v13.0                            v1.30, v1.3, v13.0

// appendParts appends the parts of the word s[i:j]. It cuts
//
//   - before a capital after a small letter: max|Lag,
//   - before the last of several capitals, if small letters follow: HTTP|Server,
//   - between letters and digits: debian|12.
//
// It does not cut iPhone, URLs and 19th, nor a word with digits of up to 3
// characters, nor one that changes between letters and digits so often that it
// is a hash.
func appendParts(dst []Word, s string, i, j int) []Word {
	body := strings.TrimSuffix(strings.TrimSuffix(s[i:j], "'s"), "’s")
	if k := strings.IndexAny(body, "'’ʼ"); k >= 0 {
		_, size := utf8.DecodeRuneInString(body[k:])
		rest := body[k+size:]
		if cuts, _, digits, _ := cut(rest, nil); k > 2 || !digits && len(cuts) == 0 || strings.ContainsAny(rest, "'’ʼ") {
			return append(dst, word(s, i, j)) // one word: O'Neill
		}
		return appendParts(dst, s, i+k+size, j) // the parts after an article: d'OpenShift
	}
	var buf [16]int
	cuts, letters, digits, changes := cut(body, buf[:0])
	switch {
	case !letters || isEnglishOrdinal(body):
		w := word(s, i, j)
		if strings.Count(body, ".") > 1 { // an address: 10.0.0.1
			w.Flags |= Identifier
		}
		return append(dst, w)
	case len(cuts) == 0:
		return append(dst, word(s, i, j))
	case digits && (len(body) <= uncutLength || changes > hashChanges):
		w := word(s, i, j)
		w.Flags |= Identifier
		return append(dst, w)
	}
	from := i
	for _, c := range cuts {
		if from < i+c {
			dst = appendPart(dst, s, from, i+c)
		}
		from = i + c
	}
	return appendPart(dst, s, from, j)
}

const (
	uncutLength = 3 // longest word with digits that is not cut: P1, 5GB
	hashChanges = 4 // a word with more changes between letters and digits is a hash
)

// appendPart appends a part. It appends nothing for one that is only
// underscores.
func appendPart(dst []Word, s string, i, j int) []Word {
	part := strings.Trim(s[i:j], "_")
	if part == "" {
		return dst
	}
	i += strings.Index(s[i:j], part)
	return append(dst, word(s, i, i+len(part)))
}

func word(s string, i, j int) Word {
	if isASCII(s[i:j]) {
		return asciiWord(s, i, j)
	}
	return unicodeWord(s, i, j)
}

// cut appends the offsets at which s has to be cut. It also returns whether s
// has letters and digits, and how often it changes between them.
func cut(s string, cuts []int) (_ []int, letters, digits bool, changes int) {
	const none, capital, small, digit, other = 0, 1, 2, 3, 4
	before, capitals, latest := none, 0, 0 // latest is the offset of the previous capital
	for i, r := range s {
		kind := other
		switch {
		case unicode.IsUpper(r):
			kind = capital
		case unicode.IsLower(r):
			kind = small
		case unicode.IsDigit(r):
			kind = digit
		case r == '.' || r == ',' || r == ';' || unicode.IsMark(r):
			continue // belongs to the number or the letter before it
		case r == '_':
			kind = none
		}
		letters, digits = letters || kind == capital || kind == small || kind == other, digits || kind == digit
		switch {
		case before == none:
		case kind != before && (kind == digit || before == digit):
			cuts = append(cuts, i)
			changes++
		case kind == none, (kind == other) != (before == other):
			cuts = append(cuts, i)
		case kind == capital && before == small && i > utf8.RuneLen(r): // not in iPhone
			cuts = append(cuts, i)
		case kind == small && before == capital && capitals > 1 && smallFollows(s[i+utf8.RuneLen(r):]):
			cuts = append(cuts, latest)
		}
		if kind == capital {
			capitals, latest = capitals+1, i
		} else {
			capitals = 0
		}
		before = kind
	}
	return cuts, letters, digits, changes
}

// isPlain reports whether s is letters of one script without a capital after
// the first letter. It may return false for such a word, but never true for
// another.
func isPlain(s string) bool {
	ascii, other := false, false
	for i, r := range s {
		switch {
		case r < utf8.RuneSelf:
			if classes[r]&lowerCase == 0 && (i > 0 || classes[r]&upperCase == 0) {
				return false
			}
			ascii = true
		case r >= 'а' && r <= 'џ', r >= 'ß' && r <= 'ÿ', r >= 'ά' && r <= 'ώ':
		case r >= 0x0590 && r < 0x0660, r >= 0x0671 && r < 0x06F0, r >= 0x0900 && r < 0x0964, r >= 0xAC00 && r < 0xD7A4, r >= 0x30A0 && r < 0x3100:
			other = true // Hebrew, Arabic, Devanagari, Hangul and Katakana
		case i > 0 && (unicode.IsUpper(r) || unicode.IsDigit(r) || r == '’'):
			return false
		}
		if ascii && other {
			return false
		}
	}
	return true
}

// smallFollows reports whether s begins with a small letter. A single small
// letter after capitals is not a part of its own: URLs, IPv6.
func smallFollows(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(r)
}

// isEnglishOrdinal reports whether s is digits with an English ending: 19th,
// 1980s.
func isEnglishOrdinal(s string) bool {
	switch strings.TrimLeft(s, "0123456789") {
	case "s", "st", "nd", "rd", "th", "ST", "ND", "RD", "TH":
		return digit(s[0])
	}
	return false
}

// A gap is what separates two neighbouring words. Each gap separates more than
// the one before it in this list.
type gap int

const (
	change gap = iota + 1 // nothing but a change of case, or between letters and digits
	hyphen                // or an underscore
	dot
	slash // and the other marks in paths and addresses
	space
	apart // anything else
)

// between returns the gap of s between two words, from end to start.
func between(s string, end, start int) (g gap) {
	if end == start {
		before, _ := utf8.DecodeLastRuneInString(s[:end])
		after, _ := utf8.DecodeRuneInString(s[start:])
		if caseless(before) || caseless(after) {
			return space
		}
		return change
	}
	if strings.Contains(s[end:start], "://") {
		return apart
	}
	if end+1 < start && strings.Trim(s[end:start], ".") == "" { // "Wait...what": an ellipsis
		return apart
	}
	for _, r := range s[end:start] {
		switch {
		case r == '.' && end+1 < start: // the dot of an acronym: U.S.-based
			g = max(g, hyphen)
		case r == '-' || r == '_' || r == '‐' || r == '‑':
			g = max(g, hyphen)
		case r == '.':
			g = max(g, dot)
		case strings.ContainsRune(`/:@#\`, r):
			g = max(g, slash)
		case unicode.IsSpace(r):
			g = max(g, space)
		default:
			return apart
		}
	}
	return g
}

// caseless reports whether r is a letter or mark of a script without case. Such
// a letter next to a Latin one belongs to another word.
func caseless(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.IsUpper(r) && !unicode.IsLower(r)
}

// appendWholes appends the identifiers and compounds that the words dst[from:]
// form. These words are those of a run without spaces. For each kind of gap it
// takes the longest sequences of words whose gaps are no wider. For example,
// foo.bar/baz has the gaps dot and slash: at the level dot it forms foo.bar,
// and at the level slash foo.bar/baz.
func appendWholes(dst []Word, s string, from int) []Word {
	n := len(dst)
	var buf [16]gap
	gaps, nearest, widest := buf[:0], apart, gap(0)
	for k := from + 1; k < n; k++ {
		g := apart
		if (dst[k-1].Flags|dst[k].Flags)&(Pair|Single) == 0 {
			g = between(s, dst[k-1].End, dst[k].Start)
		}
		gaps = append(gaps, g)
		nearest = min(nearest, g)
		if g <= slash {
			widest = max(widest, g)
		}
	}
	for level := nearest; level <= widest; level++ {
		for first := 0; first < len(gaps); first++ {
			last, has := first, false
			for ; last < len(gaps) && gaps[last] <= level; last++ {
				has = has || gaps[last] == level
			}
			if has {
				if w, ok := whole(s, dst[from+first:from+last+1], gaps[first:last]); ok {
					dst = append(dst, w)
				}
			}
			first = max(first, last)
		}
	}
	for k := from; k < n; k++ {
		if isMarked(s, dst[k].Start, dst[k].End) {
			dst = appendMarked(dst, s, dst[k])
		}
	}
	return dst
}

// isMarked reports whether a mark stands next to the word s[start:end] that may
// be part of it: C++, C#, .NET.
func isMarked(s string, start, end int) bool {
	return end < len(s) && (s[end] == '+' || s[end] == '#') || start > 0 && s[start-1] == '.'
}

// wholeLength is the length of the longest identifier that is compared as a
// whole, in bytes.
const wholeLength = 256

// whole returns the identifier or compound that the words of s form, and false
// if they form none. gaps are those between the words.
func whole(s string, words []Word, gaps []gap) (w Word, ok bool) {
	first, last := words[0], words[len(words)-1]
	w = Word{Start: first.Start, End: last.End, Flags: first.Flags&Capital | Whole}
	if w.End-w.Start > wholeLength {
		return w, false
	}
	numbers, numeric, small, widest, slashes := 0, 0, 0, change, 0
	for i, part := range words {
		if part.Flags&Digits != 0 {
			numeric++
			if isNumber(s[part.Start:part.End]) {
				numbers++
			}
		} else if part.Flags&Capital == 0 {
			small++
		}
		if i > 0 {
			widest = max(widest, gaps[i-1])
			if gaps[i-1] == slash && s[part.Start-1] == '/' {
				slashes++
			}
		}
	}
	switch spelled := s[w.Start:w.End]; {
	case numbers == len(words):
		if !strings.ContainsRune(spelled, '/') || strings.Count(spelled, ".") < 2 { // a network, 10.0.0.1/24, is an identifier; 3/4 is not
			return w, false
		}
		w.Flags |= Identifier
	case numeric > 0:
		if numeric == 1 && first.Flags&Digits != 0 && gaps[0] == hyphen { // 20-year is a number and a word
			return w, false
		}
		w.Flags |= Identifier
	case strings.ContainsAny(spelled, `_@#\`) || strings.Contains(spelled, "::") || slices.Contains(gaps, change) || slices.Contains(gaps, dot):
		w.Flags |= Identifier
	case widest == hyphen && (small == len(words) && len(words) > 2 && isASCII(spelled) || startsOption(s, w.Start)): // only ASCII: in other languages words in small letters are inflected
		w.Flags |= Identifier
	case widest == slash && (slashes > 1 || w.Start > 0 && s[w.Start-1] == '/'):
		w.Flags |= Identifier
	case widest == hyphen:
		w.Flags |= Compound
	default: // on/off is two words
		return w, false
	}
	w.Flags |= numericFlag(numeric)
	var buf [wholeLength]byte
	canonical := buf[:0]
	for _, part := range words {
		canonical = appendCanonical(canonical, s[part.Start:part.End])
	}
	w.spell(canonical)
	return w, true
}

func numericFlag(n int) Flags {
	if n > 0 {
		return Digits
	}
	return 0
}

// isNumber reports whether s has no letters.
func isNumber(s string) bool { return strings.IndexFunc(s, unicode.IsLetter) < 0 }

// startsOption reports whether dashes stand before start, as in --max-lag.
func startsOption(s string, start int) bool {
	before := strings.TrimRight(s[:start], "-")
	if len(before) == start {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return before == "" || !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// appendMarked appends w again, with the marks around it, if they are part of
// its name: C++, C#, .NET.
func appendMarked(dst []Word, s string, w Word) []Word {
	if w.Flags&(Digits|Pair|Single) != 0 {
		return dst
	}
	before, after := marksAround(s, w.Start, w.End)
	if before+after == "" {
		return dst
	}
	m := Word{Start: w.Start - len(before), End: w.End + len(after), Flags: w.Flags | Identifier | Whole}
	var buf [wholeLength]byte
	m.spell(append(appendCanonical(append(buf[:0], before...), s[w.Start:w.End]), after...))
	return append(dst, m)
}

// marksAround returns the marks directly before and after the word s[start:end]
// that are part of its name.
func marksAround(s string, start, end int) (before, after string) {
	follows := func(mark string) bool {
		rest := s[end:]
		if !strings.HasPrefix(rest, mark) {
			return false
		}
		r, _ := utf8.DecodeRuneInString(rest[len(mark):])
		return len(rest) == len(mark) || !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("+#", r)
	}
	switch {
	case follows("++"):
		return "", "++"
	case end-start <= 2 && follows("#"):
		return "", "#"
	}
	if start > 0 && s[start-1] == '.' {
		r, _ := utf8.DecodeLastRuneInString(s[:start-1])
		if start == 1 || unicode.IsSpace(r) || strings.ContainsRune("([{<\"'`“‘„«*", r) {
			return ".", ""
		}
	}
	return "", ""
}

// appendCanonical appends the next part of an identifier in canonical form.
// Between two digits it puts a dot, so that 1_30 and 13_0 differ.
func appendCanonical(dst []byte, part string) []byte {
	at := len(dst)
	if isASCII(part) {
		dst, _ = foldASCII(dst, part)
	} else {
		dst, _ = foldUnicode(dst, part)
	}
	if at > 0 && at < len(dst) && digit(dst[at-1]) && digit(dst[at]) {
		dst = append(dst, 0)
		copy(dst[at+1:], dst[at:])
		dst[at] = '.'
	}
	return dst
}

// spell sets the hashes of an identifier. An identifier with digits has the
// same stem as a word with digits, since such words have no ending to cut off.
func (w *Word) spell(canonical []byte) {
	w.Folded = hash(canonical)
	switch {
	case w.Flags&Digits != 0:
		w.Stem = w.Folded
	case w.Flags&Identifier != 0:
		w.Stem = w.Identifier()
	default:
		w.Stem = w.Compound()
	}
}

// Identifier returns the stem of the identifier with the letters of w.
func (w Word) Identifier() uint64 { return w.Folded * 0xff51afd7ed558ccd }

// Compound returns the stem of the compound with the letters of w.
func (w Word) Compound() uint64 { return w.Folded * 0xc4ceb9fe1a85ec53 }

// A Spelling finds an identifier in each of its spellings: as one word, or as
// several neighbouring words.
type Spelling struct {
	Word             // the word that stands for the identifier
	canonical []byte // without the marks around it
	before    string // marks in front: the dot of .NET
	after     string
}

// NewSpelling returns the spelling of w, which is an identifier or several
// neighbouring words of s.
func NewSpelling(s string, w Word) Spelling {
	x := Spelling{Word: w}
	for _, part := range x.parts(s) {
		x.canonical = appendCanonical(x.canonical, s[part.Start:part.End])
	}
	if w.Flags&Identifier != 0 {
		spelled := s[w.Start:w.End]
		x.before = spelled[:len(spelled)-len(strings.TrimLeft(spelled, "."))]
		x.after = spelled[len(strings.TrimRight(spelled, "+#")):]
	}
	return x
}

// parts returns the words of s that x consists of.
func (x *Spelling) parts(s string) []Word {
	parts := AppendWords(nil, s[x.Start:x.End])
	for i := range parts {
		parts[i].Start += x.Start
		parts[i].End += x.Start
	}
	return parts
}

// Together returns the identifier that neighbouring words of s would be if they
// were written as one word.
func Together(s string, words []Word) Spelling {
	w := Word{Start: words[0].Start, End: words[len(words)-1].End, Flags: Identifier}
	for _, part := range words {
		w.Flags |= part.Flags & Digits
	}
	x := NewSpelling(s, w)
	x.spell(x.canonical)
	return x
}

// WithoutOrWithS returns x without its last s, or with an s added if it has
// none at the end.
func (x *Spelling) WithoutOrWithS() Spelling {
	y := *x
	if n := len(x.canonical); n > 0 && x.canonical[n-1] == 's' {
		y.canonical = x.canonical[:n-1]
	} else {
		y.canonical = append(slices.Clip(x.canonical), 's')
	}
	y.spell([]byte(y.Canonical()))
	return y
}

// Canonical returns the canonical form with the marks of x.
func (x *Spelling) Canonical() string { return x.before + string(x.canonical) + x.after }

// Join replaces neighbouring words of s that spell one of the identifiers by
// the identifier, in place.
func Join(words []Word, s string, spellings []Spelling) []Word {
	if len(spellings) == 0 {
		return words
	}
	joined := words[:0]
	for i := 0; i < len(words); {
		n, x := spelled(words, i, s, spellings)
		if n == 0 {
			joined = append(joined, words[i])
			i++
			continue
		}
		w := x.Word
		w.Start, w.End = words[i].Start-len(x.before), words[i+n-1].End+len(x.after)
		w.Flags |= words[i].Flags & Capital
		joined = append(joined, w)
		i += n
	}
	return joined
}

// spelled returns the identifier that words from the i-th on spell and the
// number of these words. If several fit, it returns the longest.
func spelled(words []Word, i int, s string, spellings []Spelling) (n int, found *Spelling) {
	if words[i].Flags&(Pair|Single) != 0 {
		return 0, nil
	}
	var buf [wholeLength]byte
	var begins []byte
	for k := range spellings {
		x := &spellings[k]
		if len(x.canonical) == 0 {
			continue
		}
		if c := s[words[i].Start] | 0x20; c < utf8.RuneSelf && !digit(s[words[i].Start]) && c != x.canonical[0] {
			continue
		}
		if begins == nil {
			begins = appendCanonical(buf[:0], s[words[i].Start:words[i].End])
		}
		if m := x.spelledBy(words, i, s, begins); m > n {
			n, found = m, x
		}
	}
	return n, found
}

// spelledBy returns how many words from the i-th on spell x, or 0. canonical is
// the canonical form of the i-th word.
func (x *Spelling) spelledBy(words []Word, i int, s string, canonical []byte) int {
	inside := gap(0)
	for k := i; ; k++ {
		switch {
		case !bytes.HasPrefix(x.canonical, canonical):
			return 0
		case len(canonical) == len(x.canonical):
			if x.stands(words, i, k, s, inside) {
				return k - i + 1
			}
			return 0
		case k+1 == len(words) || words[k+1].Flags&(Pair|Single) != 0:
			return 0
		}
		g := between(s, words[k].End, words[k+1].Start)
		if g == apart {
			return 0
		}
		inside = max(inside, g)
		canonical = appendCanonical(canonical, s[words[k+1].Start:words[k+1].End])
	}
}

// stands reports whether words i to k have the marks of x and are not part of a
// longer identifier. inside is the widest gap between these words.
func (x *Spelling) stands(words []Word, i, k int, s string, inside gap) bool {
	outside := func(end, start int) bool {
		g := between(s, end, start)
		return g >= space || g > inside
	}
	if i > 0 && !outside(words[i-1].End, words[i].Start) || k+1 < len(words) && !outside(words[k].End, words[k+1].Start) {
		return false
	}
	if x.before+x.after == "" {
		return true
	}
	before, after := marksAround(s, words[i].Start, words[k].End)
	return before == x.before && after == x.after
}
