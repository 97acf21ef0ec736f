package pdf

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// isRTL reports whether a character is written from right to left.
func isRTL(c rune) bool {
	return c >= 0x590 && c <= 0x8ff && !(c >= 0x660 && c <= 0x669) && !(c >= 0x6f0 && c <= 0x6f9) || c >= 0xfb1d && c <= 0xfdff || c >= 0xfe70 && c <= 0xfefc || c >= 0x10800 && c <= 0x10fff || c >= 0x1e800 && c <= 0x1efff
}

// The directions of pieces of text.
const (
	neutral = iota
	left    // to right
	right   // to left
	number
)

// A piece is a character with its marks, or text from left to right, and where it
// stands.
type piece struct {
	text   string
	x0, x1 float32
	kind   int
	space  bool // there is a gap on its left
}

func kindOf(c rune) int {
	switch {
	case isRTL(c):
		return right
	case unicode.IsDigit(c):
		return number
	case unicode.IsLetter(c):
		return left
	}
	return neutral
}

// piecesOf returns glyphs from left to right. A mark goes with the character that it
// is over, and the letters that one glyph stands for stay together, in the order
// of reading.
func piecesOf(spots []spot) []piece {
	var all []piece
	drawn := false // spaces are
	for _, s := range spots {
		text := string(s.c)
		if s.c >= 0xfb1d && s.c <= 0xfdff || s.c >= 0xfe70 && s.c <= 0xfefc {
			text = norm.NFKC.String(text) // letters as they look at the end of a word
		}
		n := len(all)
		if n > 0 && kindOf(s.c) != number && (unicode.Is(unicode.Mn, s.c) && overlap(all[n-1], s) > 0 || all[n-1].kind == right && s.x1-s.x0 < 0.01) {
			all[n-1].text += text
			continue
		}
		drawn = drawn || s.c == ' '
		all = append(all, piece{text: text, x0: s.x0, x1: s.x1, kind: kindOf(s.c)})
	}
	slices.SortStableFunc(all, func(a, b piece) int { return cmp.Compare(a.x0+a.x1, b.x0+b.x1) })
	least := float32(wordGap)
	if drawn {
		least = sureGap
	}
	for i := range all {
		all[i].space = i > 0 && all[i].x0-all[i-1].x1 > least*spots[0].size
	}
	return all
}

// sureGap is a space where others are drawn, in sizes of the font.
const sureGap = 0.3

func overlap(p piece, s spot) float32 { return min(p.x1, s.x1) - max(p.x0, s.x0) }

// logical returns pieces that stand from left to right, in the order in which they
// are read. rtl says that the paragraph runs from right to left.
func logical(visual []piece, rtl bool) string {
	tokens := numbers(visual)
	if rtl {
		slices.Reverse(tokens)
		turn(tokens, left, true)
	} else {
		turn(tokens, right, false)
	}
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.text)
	}
	return mirrored(strings.Join(strings.Fields(b.String()), " "))
}

// numbers returns pieces with those of a number as one, and a piece for each space.
func numbers(visual []piece) []piece {
	var tokens []piece
	for i, p := range visual {
		if p.space && i > 0 {
			tokens = append(tokens, piece{text: " "})
		}
		n := len(tokens)
		switch {
		case n > 0 && !p.space && p.kind == number && tokens[n-1].kind == number:
			tokens[n-1].text += p.text
		case n > 1 && !p.space && p.kind == number && isSeparator(tokens[n-1].text) && tokens[n-2].kind == number:
			tokens[n-2].text += tokens[n-1].text + p.text
			tokens = tokens[:n-1]
		default:
			tokens = append(tokens, p)
		}
	}
	return tokens
}

func isSeparator(s string) bool { return len(s) == 1 && strings.Contains(".,:/-+", s) }

// turn turns each run of pieces of one direction round. A run goes on over what has
// no direction, and over numbers, where more of it follows. Where the paragraph
// runs from right to left, a number right of words belongs to them.
func turn(tokens []piece, kind int, rtl bool) {
	for i := 0; i < len(tokens); i++ {
		if tokens[i].kind != kind && !(rtl && tokens[i].kind == number) {
			continue
		}
		end := -1
		for k := i; k < len(tokens); k++ {
			if t := tokens[k].kind; t == kind {
				end = k
			} else if t != neutral && t != number {
				break
			}
		}
		if end > i {
			slices.Reverse(tokens[i : end+1])
			i = end
		}
	}
}

var mirror = strings.NewReplacer("(", ")", ")", "(", "[", "]", "]", "[", "{", "}", "}", "{", "«", "»", "»", "«")

// mirrored turns brackets round where they are all the wrong way: whether a file
// has them as they are drawn or as they are read is not said.
func mirrored(s string) string {
	depth, wrong := 0, 0
	for _, c := range s {
		switch c {
		case '(', '[', '{', '«':
			depth++
		case ')', ']', '}', '»':
			if depth--; depth < 0 {
				wrong++
			}
		}
	}
	if wrong > 0 && depth == 0 {
		return mirror.Replace(s)
	}
	return s
}

// runsRTL reports whether most letters are written from right to left; otherwise
// where there are none.
func runsRTL(text string, otherwise bool) bool {
	n, any := 0, false
	for _, c := range text {
		switch kindOf(c) {
		case right:
			n, any = n+1, true
		case left:
			n, any = n-1, true
		}
	}
	if !any || n == 0 {
		return otherwise
	}
	return n > 0
}
