package pdf

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// contains reports whether a point is in r, or at most margin away.
func (r Rect) contains(x, y, margin float32) bool {
	return x >= r.Left-margin && x <= r.Right+margin && y >= r.Bottom-margin && y <= r.Top+margin
}

func inAny(all []Rect, x, y float32) bool {
	for _, r := range all {
		if r.contains(x, y, 1) {
			return true
		}
	}
	return false
}

// clear is the least of red, green and blue that counts as white, and the
// opacity below which nothing is seen.
const (
	white = 250
	clear = 8
)

// leastSize is the size of text, in points, below which nobody reads it.
const leastSize = 1

// A view decides which glyphs of a page are seen. Not seen is what stands outside
// the page; what is painted over, as to black it out; what only clips (mode 7); what is smaller than a point; white where
// nothing but white is painted; and what is drawn without ink (mode 3, or
// without opacity), except over a picture: there it says what the picture shows,
// as programs that read scanned pages write it.
type view struct {
	*Page
	hidden map[int32]bool // styles, of which no glyph is seen
	white  map[int32]bool // styles
	noInk  map[int32]bool // styles
}

func newView(p *Page) view {
	v := view{p, map[int32]bool{}, map[int32]bool{}, map[int32]bool{}}
	for i, s := range p.Styles {
		n := int32(i)
		r, g, b, opacity := s.Colour>>24, s.Colour>>16&0xff, s.Colour>>8&0xff, s.Colour&0xff
		v.hidden[n] = s.Mode == 7
		v.noInk[n] = s.Mode == 3 || opacity < clear
		v.white[n] = min(r, g, b) >= white && (s.Mode == 0 || s.Mode == 4)
	}
	return v
}

func (v view) sees(g Glyph) bool {
	x, y := g.centre()
	switch {
	case g.Flags&Covered != 0, v.hidden[g.Style], !v.Box.contains(x, y, 1):
		return false
	case v.noInk[g.Style]:
		return inAny(v.Pictures, x, y)
	case v.white[g.Style]:
		return inAny(v.Fills, x, y)
	}
	return v.size(g) >= leastSize
}

// centre returns the middle of a glyph, or its origin where it has no box.
func (g Glyph) centre() (x, y float32) {
	if g.Box.Right <= g.Box.Left || g.Box.Top <= g.Box.Bottom {
		return g.X, g.Y
	}
	return (g.Box.Left + g.Box.Right) / 2, (g.Box.Bottom + g.Box.Top) / 2
}

// Under reports whether the middle of a glyph is in one of the areas.
func (g Glyph) Under(areas []Rect) bool {
	x, y := g.centre()
	return slices.ContainsFunc(areas, func(r Rect) bool { return r.contains(x, y, 0) })
}

// size returns the size of a glyph's font on the page. Fonts that are drawn by
// programs of their own may say one that is far from how high they are.
func (v view) size(g Glyph) float32 {
	s := v.style(g).Size
	h := g.Box.Top - g.Box.Bottom
	if w := g.Box.Right - g.Box.Left; v.style(g).sideways() {
		h = w
	}
	if h > 0.1 && (s < h/4 || s > 8*h) {
		return h / 1.2
	}
	return s
}

// sideways reports whether text runs up or down the page.
func (s Style) sideways() bool {
	return s.Angle > 45 && s.Angle < 135 || s.Angle < -45 && s.Angle > -135
}

func (v view) style(g Glyph) Style {
	if g.Style < 0 || int(g.Style) >= len(v.Styles) {
		return Style{}
	}
	return v.Styles[g.Style]
}

// readable returns what a reader sees of a character: 0 for none. ok is false
// where the file does not say which character it is.
func readable(g Glyph) (c rune, ok bool) {
	switch c := g.Rune; {
	case g.Flags&Hyphen != 0, c == 0xad, c == '‐', c == '‑':
		return '-', true
	case c == '\t', c == '\n', c == '\r', c == 0xa0, c == 0x3000, unicode.Is(unicode.Zs, c):
		return ' ', true
	case c == 0xf0b7, c == 0xf0a7, c == 0xf06e: // bullets of fonts of symbols
		return '•', true
	case c == 0x200b, c == 0xfeff, c == 0x200e, c == 0x200f, c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
		return 0, true // marks without width
	case c < ' ', c >= 0x7f && c < 0xa0, c == 0xfffd, c&0xfffe == 0xfffe, c >= 0xd800 && c < 0xe000, c > unicode.MaxRune, unicode.Is(unicode.Co, c):
		return 0, false
	case g.Flags&NoUnicode != 0:
		return c, false
	default:
		return c, true
	}
}

// guesses count characters of fonts that do not say what they draw. Most such fonts
// number their characters as ASCII does; in others, the numbers mean nothing.
type guesses struct{ all, letters, vowels, digits int }

// add counts a character. It returns false where it is not one that is guessed.
func (g *guesses) add(c rune) bool {
	switch {
	case c <= ' ' || c > 0x17f:
		return false
	case unicode.IsLetter(c):
		g.letters++
		if base := norm.NFD.String(string(c)); strings.ContainsAny(base[:1], "aeiouyAEIOUY") {
			g.vowels++
		}
	case c >= '0' && c <= '9':
		g.digits++
	}
	g.all++
	return true
}

// wrong returns how many guesses are wrong: all, unless they are mostly letters and
// digits, and vowels as frequent among the letters as in languages.
func (g *guesses) wrong() int {
	written := 10*(g.letters+g.digits) >= 8*g.all
	spoken := 5*g.vowels >= g.letters && 5*g.vowels <= 3*g.letters
	if written && (spoken || g.letters < fewLetters && g.digits > g.letters) {
		return 0
	}
	return g.all
}

// fewLetters say nothing of how frequent vowels are.
const fewLetters = 20

// whole joins the halves of characters outside the first plane, which come one
// by one.
func whole(all []Glyph) []Glyph {
	kept := all[:0]
	for _, g := range all {
		if n := len(kept); n > 0 && g.Rune >= 0xdc00 && g.Rune < 0xe000 && kept[n-1].Rune >= 0xd800 && kept[n-1].Rune < 0xdc00 {
			kept[n-1].Rune = (kept[n-1].Rune-0xd800)<<10 + (g.Rune - 0xdc00) + 0x10000
			continue
		}
		kept = append(kept, g)
	}
	return kept
}
