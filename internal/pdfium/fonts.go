package pdfium

import (
	"slices"
	"strings"

	"multivac/internal/extract/pdf"
)

// heavy are parts of the names of bold fonts, and typewriters of those whose
// characters are all as wide.
var (
	heavy       = []string{"bold", "black", "heavy", "cmbx", "demi", "-medi"}
	typewriters = []string{"mono", "courier", "consol", "typewriter", "cmtt", "cmsltt", "cmitt", "sftt", "ectt", "menlo", "fixed", "code"}
)

func hasAny(name string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(name, part) })
}

// font returns the name of a glyph's font, in lower case, and its flags.
func (r *styles) font(at uint64) (name string, flags uint32) {
	n := uint32(r.call("FPDFText_GetFontInfo", r.text, at, r.at(8), textSize-8, r.at(0)))
	if n < 2 || n > 256 {
		return "", 0
	}
	raw, _ := r.memory.Read(r.scratch+8, n-1)
	return strings.ToLower(string(raw)), r.uint(0)
}

// isBold reports whether a font is called bold. The weight that PDFium works out is
// that of a bold one for many that are not.
func isBold(name string) bool { return hasAny(name, heavy) && !strings.Contains(name, "medium") }

// widths are how wide the characters of a font are on a page, in sizes of the font.
// They say better than the font itself whether all are as wide: TeX marks no font so,
// and other programs mark some whose characters differ.
type widths struct {
	least, most  float32
	narrow, wide bool // it has letters that are narrow elsewhere, and other ones
	called       bool // what its name or its flags say
}

func (r *styles) widthsOf(font, at uint64) *widths {
	w := r.fonts[font]
	if w == nil {
		const fixedPitch = 1
		name, flags := r.font(at)
		w = &widths{called: hasAny(name, typewriters) || flags&fixedPitch != 0}
		r.fonts[font] = w
	}
	return w
}

// measure notes how wide a character is. Those beyond ASCII may be twice as wide.
func (r *styles) measure(g pdf.Glyph) {
	s := r.page.Styles[g.Style]
	wide := g.Box.Right - g.Box.Left
	if s.Angle > 45 && s.Angle < 135 || s.Angle < -45 && s.Angle > -135 {
		wide = g.Box.Top - g.Box.Bottom
	}
	if g.Rune <= ' ' || g.Rune > '~' || wide <= 0 || s.Size <= 0 {
		return
	}
	wide /= s.Size
	w := r.inFont[g.Style]
	if w.most == 0 {
		w.least = wide
	}
	w.least, w.most = min(w.least, wide), max(w.most, wide)
	switch {
	case strings.ContainsRune("ijlI", g.Rune):
		w.narrow = true
	case !strings.ContainsRune("frt", g.Rune) && (g.Rune|0x20 >= 'a' && g.Rune|0x20 <= 'z'):
		w.wide = true
	}
}

// sameWidth is by what part the widths of a font's characters may differ that are
// the same: some reach over their edges.
const sameWidth = 0.15

// fixed notes which styles have characters that are all as wide.
func (r *styles) fixed() {
	for i, w := range r.inFont {
		r.page.Styles[i].Fixed = w.most > 0 && w.most-w.least <= sameWidth*w.most && (w.called || w.narrow && w.wide)
	}
}
