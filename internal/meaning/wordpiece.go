package meaning

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A piece is a piece of a word in a text: a row of the vocabulary.
type piece struct {
	id         int32
	word       int32 // of the text, counted from 0; a mark is a word
	start, end int32 // bytes of the text
}

// longestWord is how many letters a word may have that is looked up; a longer
// one is unknown.
const longestWord = 100

// A vocabulary cuts texts into word pieces: the longest that are known, from
// the left, as BERT does (Devlin et al., 2019, uncased).
type vocabulary struct {
	words        map[string]int32 // pieces that begin a word
	suffixes     map[string]int32 // pieces that go on with one
	longest      int              // of them, in bytes
	unknown      int32
	start, split int32 // [CLS] and [SEP]
	colon        int32
}

func newVocabulary(words []string) *vocabulary {
	v := &vocabulary{words: map[string]int32{}, suffixes: map[string]int32{}}
	for i, w := range words {
		if rest, ok := strings.CutPrefix(w, "##"); ok && rest != "" {
			v.suffixes[rest] = int32(i)
		} else {
			v.words[w] = int32(i)
		}
		v.longest = max(v.longest, len(w))
	}
	v.unknown, v.start, v.split, v.colon = v.words["[UNK]"], v.words["[CLS]"], v.words["[SEP]"], v.words[":"]
	return v
}

// whole says whether all marks are there.
func (v *vocabulary) whole() bool {
	for _, mark := range []string{"[UNK]", "[CLS]", "[SEP]", ":"} {
		if _, ok := v.words[mark]; !ok {
			return false
		}
	}
	return true
}

// A cutter cuts texts with a vocabulary; for one goroutine at a time.
type cutter struct {
	*vocabulary
	pieces []piece // so far
	word   int32   // of the text
	parts  []byte  // the letter at hand, taken apart
	folded []byte  // the word at hand, without case and accents
	at     []int32 // where in the text the letter of each of its bytes begins,
	to     []int32 // and ends
}

// appendPieces appends the pieces of a text to pieces, at most limit of them.
func (c *cutter) appendPieces(pieces []piece, s string, limit int) []piece {
	c.pieces, c.word = pieces, 0
	first := len(pieces)
	for at := 0; at < len(s) && len(c.pieces)-first < limit; {
		r, size := utf8.DecodeRuneInString(s[at:])
		switch {
		case ' ' < r && r < 0x7f:
			c.add(r, at, size)
		case r == utf8.RuneError || unicode.Is(unicode.C, r) && r != '\t' && r != '\n' && r != '\r':
		case unicode.IsSpace(r):
			c.flush()
		default:
			c.parts = norm.NFD.AppendString(c.parts[:0], s[at:at+size])
			for parts := c.parts; len(parts) > 0; {
				r, n := utf8.DecodeRune(parts)
				if parts = parts[n:]; !unicode.Is(unicode.Mn, r) {
					c.add(r, at, size)
				}
			}
		}
		at += size
	}
	c.flush()
	return c.pieces[:min(len(c.pieces), first+limit)]
}

// add adds a letter, which stands at so many bytes of the text, to the word at
// hand, or cuts it as a word of its own.
func (c *cutter) add(r rune, at, size int) {
	mark := isMark(r)
	if mark {
		c.flush()
	}
	before := len(c.folded)
	if before > longestWord*utf8.UTFMax { // unknown, however it goes on
		c.to[before-1] = int32(at + size)
		return
	}
	c.folded = utf8.AppendRune(c.folded, unicode.ToLower(r))
	for range len(c.folded) - before {
		c.at, c.to = append(c.at, int32(at)), append(c.to, int32(at+size))
	}
	if mark {
		c.flush()
	}
}

// flush cuts the word at hand.
func (c *cutter) flush() {
	if len(c.folded) == 0 {
		return
	}
	c.appendWord()
	c.word++
	c.folded, c.at, c.to = c.folded[:0], c.at[:0], c.to[:0]
}

// appendWord appends the pieces of the word at hand.
func (c *cutter) appendWord() {
	first := len(c.pieces)
	add := func(id int32, from, to int) { c.pieces = append(c.pieces, piece{id, c.word, c.at[from], c.to[to-1]}) }
	if utf8.RuneCount(c.folded) > longestWord {
		add(c.unknown, 0, len(c.folded))
		return
	}
	for from := 0; from < len(c.folded); {
		table := c.suffixes
		if from == 0 {
			table = c.words
		}
		to := min(len(c.folded), from+c.longest)
		id, ok := int32(0), false
		for ; to > from; to-- {
			if id, ok = table[string(c.folded[from:to])]; ok {
				break
			}
		}
		if !ok {
			c.pieces = c.pieces[:first]
			add(c.unknown, 0, len(c.folded))
			return
		}
		add(id, from, to)
		from = to
	}
}

// isMark says whether a rune is a word of its own: punctuation, what ASCII has
// beside letters and digits, and Chinese characters.
func isMark(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r > ' ' && !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') && r != 0x7f
	case unicode.Is(unicode.P, r):
		return true
	}
	return 0x4E00 <= r && r <= 0x9FFF || 0x3400 <= r && r <= 0x4DBF || 0x20000 <= r && r <= 0x2A6DF ||
		0x2A700 <= r && r <= 0x2CEAF || 0xF900 <= r && r <= 0xFAFF || 0x2F800 <= r && r <= 0x2FA1F
}
