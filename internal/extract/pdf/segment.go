package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A segment is text on a line without a gap in it. Its coordinates are those of
// the page as it is turned for the text to be read: x to the right, y down.
type segment struct {
	text    string
	x0, x1  float32
	y       float32 // the line that the text stands on
	size    float32 // of most of its characters
	bold    bool    // four in five of them are: a heading may run into its text
	aside   bool    // marked as no content
	space   bool    // there is a space before it
	block   int32   // the block of the tree of structure that it belongs to, as in Style.Element
	first   int     // its first glyph, in the order of drawing
	letters int     // how many characters it has
	pieces  []piece // where there is text from right to left in it
	typed   int     // characters that are all as wide
	pitch   float32 // how wide each character is where all are as wide, or 0
	grid    *grid   // that it stands for
}

// A plane is the text of a page that runs in one direction.
type plane struct {
	angle    int // in which it runs
	segments []segment
	top      float32 // of the page
	bottom   float32
	letters  int
	level    []rule
	up       []rule
}

// The widths of gaps, in sizes of the font.
const (
	wordGap   = 0.15 // a space, where nothing else says so
	columnGap = 0.9  // ends a segment
)

// A cutter makes segments of the glyphs of a page, in the order of drawing.
type cutter struct {
	view
	planes  map[int]*plane
	order   []*plane
	blocks  []int32 // of each element
	strange int     // characters that cannot be known
	guessed guesses // characters that the file does not name, as their fonts number them
	total   int

	plane *plane
	now   segment
	last  spot
	has   bool // there is a segment
	rtl   bool // with text from right to left
	bolds int
	fixed int  // characters that are all as wide
	votes int  // for its size
	space bool // is due before the next glyph
	count int
	spots []spot // of the segment
}

// A spot is a glyph where it stands for the reader.
type spot struct {
	c      rune
	x0, x1 float32
	y      float32
	size   float32
	origin float32
	space  bool // there is one before it, as far as the order of drawing goes
}

// cut returns the text of a page by the direction in which it runs, the one with
// the most of it first.
func cut(p *Page) *cutter {
	k := &cutter{view: newView(p), planes: map[int]*plane{}, blocks: blocksOf(p.Elements)}
	for _, g := range whole(p.Glyphs) {
		k.count++
		k.add(g)
	}
	k.end()
	for _, f := range p.Values {
		k.value(f)
	}
	for i := 1; i < len(k.order); i++ {
		for j := i; j > 0 && k.order[j].letters > k.order[j-1].letters; j-- {
			k.order[j], k.order[j-1] = k.order[j-1], k.order[j]
		}
	}
	return k
}

// value adds the value of a form as if it were drawn in its field.
func (k *cutter) value(f Field) {
	s := k.on(90 * k.Rotation)
	a, b := turned(f.Box.Left, f.Box.Bottom, s.angle), turned(f.Box.Right, f.Box.Top, s.angle)
	for i, l := range strings.Split(strings.ReplaceAll(f.Text, "\r", "\n"), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		k.count++
		s.letters += len(l)
		s.segments = append(s.segments, segment{
			text: clean(l), x0: min(a.x, b.x), x1: max(a.x, b.x), y: max(a.y, b.y) - 3 + float32(i)*12, size: 10, space: true, first: k.count, letters: len(l),
		})
	}
}

// clean returns a text without characters that nobody sees.
func clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c, ok := readable(Glyph{Rune: c}); ok && c != 0 {
			return c
		}
		return -1
	}, s)
}

type point struct{ x, y float32 }

// turned returns where a point of the page stands where it is turned so that text
// which runs at angle is level.
func turned(x, y float32, angle int) point {
	switch angle {
	case 0:
		return point{x, -y}
	case 90:
		return point{y, x}
	case 180:
		return point{-x, y}
	case 270:
		return point{-y, -x}
	}
	sin, cos := math.Sincos(float64(angle) * math.Pi / 180)
	return point{x*float32(cos) + y*float32(sin), x*float32(sin) - y*float32(cos)}
}

// on returns the plane of an angle.
func (k *cutter) on(angle int) *plane {
	s := k.planes[angle]
	if s == nil {
		a, b := turned(k.Box.Left, k.Box.Bottom, angle), turned(k.Box.Right, k.Box.Top, angle)
		s = &plane{angle: angle, top: min(a.y, b.y), bottom: max(a.y, b.y)}
		s.level, s.up = rules(k.Page, angle)
		k.planes[angle] = s
		k.order = append(k.order, s)
	}
	return s
}

// angleOf returns the direction of a style in degrees from 0 to 359. What is
// nearly level is level.
func angleOf(s Style) int {
	a := (int(math.Round(float64(s.Angle)))%360 + 360) % 360
	if r := a % 90; r <= 2 {
		a -= r
	} else if r >= 88 {
		a += 90 - r
	}
	return a % 360
}

// add adds the next glyph.
func (k *cutter) add(g Glyph) {
	c, ok := readable(g)
	if g.Flags&SpaceBefore != 0 || c == ' ' {
		k.space = true
	}
	if c == ' ' {
		k.gap(g)
	}
	if c == ' ' || c == 0 && ok {
		return
	}
	if !k.sees(g) {
		return
	}
	k.total++
	if !ok && (c == 0 || !k.guessed.add(c)) {
		k.strange++
	}
	if c == 0 {
		return
	}
	style := k.style(g)
	plane := k.on(angleOf(style))
	s := spotOf(g, c, plane.angle, k.size(g))
	block := int32(0)
	if e := int(style.Element); e > 0 && e <= len(k.blocks) {
		block = k.blocks[e-1]
	}
	switch {
	case k.has && plane == k.plane && c == k.last.c && k.again(s), k.has && plane == k.plane && k.accent(s):
		return
	case !k.has || plane != k.plane || block != k.now.block || k.apart(s):
		k.end()
		k.begin(plane, s, style, block)
	}
	k.append(s, style)
}

// accents are signs that some fonts draw before the letter that they stand on, and
// the marks that they are.
var accents = map[rune]string{'¨': "\u0308", '´': "\u0301", '`': "\u0300", 'ˆ': "\u0302", '˜': "\u0303", '¸': "\u0327", 'ˇ': "\u030c", '˘': "\u0306", '¯': "\u0304", '˙': "\u0307", '˚': "\u030a", '˝': "\u030b"}

// dotless are letters without the dot that an accent takes the place of.
var dotless = map[rune]rune{'ı': 'i', 'ȷ': 'j'}

// accent reports whether a letter stands below the accent that was drawn before
// it, and makes one character of both.
func (k *cutter) accent(s spot) bool {
	mark, middle := accents[k.last.c], (k.last.x0+k.last.x1)/2
	if mark == "" || !unicode.IsLetter(s.c) || middle < s.x0 || middle > s.x1 || abs(s.y-k.last.y) > 0.5*s.size {
		return false
	}
	letter := s.c
	if c, ok := dotless[letter]; ok {
		letter = c
	}
	composed := []rune(norm.NFC.String(string(letter) + mark))
	if len(composed) != 1 {
		return false
	}
	s.c, s.space = composed[0], k.last.space
	k.spots[len(k.spots)-1], k.last, k.space = s, s, false
	k.now.x1 = max(k.now.x1, s.x1)
	if k.now.letters == 1 {
		k.now.x0, k.now.y = s.x0, s.y
	}
	return true
}

// gap notes where a space is drawn, for text from right to left, of which the order
// says less than the places.
func (k *cutter) gap(g Glyph) {
	if !k.has || g.Box.Right <= g.Box.Left {
		return
	}
	if s := spotOf(g, ' ', k.plane.angle, k.last.size); abs(s.y-k.last.y) < 0.5*k.last.size {
		k.spots = append(k.spots, s)
	}
}

// again reports whether a character is drawn a second time, a little apart, to look
// bold. Those that stand at the very same place are parts of one sign, as in "ff".
func (k *cutter) again(s spot) bool {
	d := abs(s.origin-k.last.origin) + abs(s.y-k.last.y)
	return d > 0.001*s.size && d < 0.12*s.size
}

func spotOf(g Glyph, c rune, angle int, size float32) spot {
	o := turned(g.X, g.Y, angle)
	s := spot{c: c, y: o.y, size: size, origin: o.x}
	if angle%90 != 0 || g.Box.Right <= g.Box.Left {
		s.x0, s.x1 = o.x, o.x+size/2
		return s
	}
	a, b := turned(g.Box.Left, g.Box.Bottom, angle), turned(g.Box.Right, g.Box.Top, angle)
	s.x0, s.x1 = min(a.x, b.x), max(a.x, b.x)
	return s
}

func abs(f float32) float32 { return max(f, -f) }

// apart reports whether a glyph does not go on with the segment.
func (k *cutter) apart(s spot) bool {
	rtl := k.rtl || isRTL(s.c)
	gap := max(s.x0-k.last.x1, k.last.x0-s.x1)
	if rtl {
		gap = max(s.x0-k.now.x1, k.now.x0-s.x1)
	}
	em := max(s.size, k.last.size)
	switch dy := abs(s.y - k.last.y); {
	case gap > columnGap*em, !rtl && s.x0 < k.last.x0-0.5*em, gap > 0.05*em && k.divided(s):
		return true
	case dy <= 0.2*em:
		return false
	default: // raised or lowered
		small := min(s.size, k.last.size)
		return gap > 0.3*em || dy > 0.6*em || small > 0.9*em && k.now.y == k.last.y
	}
}

// divided reports whether a line runs down between a glyph and the one before it.
func (k *cutter) divided(s spot) bool {
	x0, x1 := k.last.x1, s.x0
	if s.x1 < k.last.x0 {
		x0, x1 = s.x1, k.last.x0
	}
	at, _ := slices.BinarySearchFunc(k.plane.up, x0-0.5, func(r rule, x float32) int { return cmp.Compare(r.at, x) })
	for _, r := range k.plane.up[at:] {
		if r.at > x1+0.5 {
			return false
		}
		if y := s.y - 0.3*s.size; r.lo <= y && y <= r.hi && r.hi-r.lo > s.size {
			return true
		}
	}
	return false
}

func (k *cutter) begin(plane *plane, s spot, style Style, block int32) {
	k.plane, k.has, k.rtl, k.bolds, k.fixed, k.votes = plane, true, false, 0, 0, 0
	k.now = segment{x0: s.x0, x1: s.x1, y: s.y, size: s.size, block: block, first: k.count, space: k.space, aside: style.Aside}
	k.spots = k.spots[:0]
	k.space = false
}

func (k *cutter) append(s spot, style Style) {
	s.space, k.space = k.space, false
	k.spots = append(k.spots, s)
	k.now.x0, k.now.x1 = min(k.now.x0, s.x0), max(k.now.x1, s.x1)
	k.now.letters++
	k.now.aside = k.now.aside && style.Aside
	k.rtl = k.rtl || isRTL(s.c)
	if style.Bold {
		k.bolds++
	}
	if style.Fixed {
		k.fixed++
	}
	switch { // the size of most
	case s.size == k.now.size:
		k.votes++
	case k.votes == 0:
		k.now.size, k.now.y, k.votes = s.size, s.y, 1
	default:
		k.votes--
	}
	k.last = s
}

// end ends the segment.
func (k *cutter) end() {
	if !k.has {
		return
	}
	k.has = false
	n := k.now
	n.text, n.bold = k.text(), 5*k.bolds > 4*n.letters
	if n.typed = k.fixed; n.typed == n.letters {
		n.pitch = k.pitch()
	}
	if k.rtl {
		n.pieces = piecesOf(k.spots)
	}
	k.plane.letters += n.letters
	k.plane.segments = append(k.plane.segments, n)
}

// missedGap is by how much a gap is wider than most of those between the letters of
// a segment, in sizes of the font, where it is a space that PDFium has missed.
const missedGap = 0.2

// text returns the text of the segment.
func (k *cutter) text() string {
	var b strings.Builder
	letterGap := float32(-1)
	var last spot
	for _, s := range k.spots {
		if s.c == ' ' {
			continue
		}
		gap := s.x0 - last.x1
		switch {
		case b.Len() == 0:
		case s.space:
			b.WriteByte(' ')
		case gap > missedGap*s.size && s.y == last.y:
			if letterGap < 0 {
				letterGap = k.letterGap()
			}
			if gap > letterGap+missedGap*s.size {
				b.WriteByte(' ')
			}
		}
		b.WriteRune(s.c)
		last = s
	}
	return b.String()
}

// leastPitch is how wide a character is at least in a font that gives all of them the
// same width, in sizes of the font.
const leastPitch = 0.2

// pitch returns how wide the narrowest character of the segment is: those beyond
// ASCII may be twice as wide.
func (k *cutter) pitch() float32 {
	least := float32(0)
	for _, s := range k.spots {
		if w := s.x1 - s.x0; s.c != ' ' && w > leastPitch*s.size && (least == 0 || w < least) {
			least = w
		}
	}
	return least
}

// letterGap returns the usual gap between the letters of the segment, which is wide
// where they are spaced out.
func (k *cutter) letterGap() float32 {
	var all []float32
	for i := 1; i < len(k.spots); i++ {
		if s := k.spots[i]; !s.space && s.c != ' ' && k.spots[i-1].c != ' ' {
			all = append(all, s.x0-k.spots[i-1].x1)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return max(all[len(all)/2], 0)
}

// inline are the elements that are parts of a block.
var inline = map[string]bool{"Span": true, "Link": true, "Annot": true, "Reference": true, "Quote": true, "Code": true, "Em": true, "Strong": true,
	"Note": true, "BibEntry": true, "Sub": true, "Ruby": true, "RB": true, "RT": true, "RP": true, "Warichu": true, "NonStruct": true, "": true}

// blocksOf returns the block of each element: itself, or the nearest one around it
// that is not inline.
func blocksOf(elements []Element) []int32 {
	blocks := make([]int32, len(elements))
	for i, e := range elements {
		blocks[i] = int32(i) + 1
		if p := int(e.Parent); inline[e.Type] && p > 0 && p <= i { // the parent comes before
			blocks[i] = blocks[p-1]
		}
	}
	return blocks
}
