package pdfium

import (
	"encoding/binary"
	"math"

	"multivac/internal/extract/pdf"
)

// A page is a pdf.Page with its glyphs packed, for they are many, and gob takes
// longer for them than PDFium.
type page struct {
	pdf.Page
	Packed []byte
}

// glyphSize is how many bytes a packed glyph has.
const glyphSize = 33

func pack(p pdf.Page) page {
	b := make([]byte, 0, glyphSize*len(p.Glyphs))
	for _, g := range p.Glyphs {
		b = binary.LittleEndian.AppendUint32(b, uint32(g.Rune))
		b = binary.LittleEndian.AppendUint32(b, uint32(g.Style))
		for _, f := range [...]float32{g.X, g.Y, g.Box.Left, g.Box.Bottom, g.Box.Right, g.Box.Top} {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
		b = append(b, byte(g.Flags))
	}
	p.Glyphs = nil
	return page{p, b}
}

func (p page) unpack() pdf.Page {
	p.Glyphs = make([]pdf.Glyph, len(p.Packed)/glyphSize)
	for i := range p.Glyphs {
		b := p.Packed[i*glyphSize:]
		number := func(k int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b[8+4*k:])) }
		p.Glyphs[i] = pdf.Glyph{
			Rune: rune(binary.LittleEndian.Uint32(b)), Style: int32(binary.LittleEndian.Uint32(b[4:])), X: number(0), Y: number(1),
			Box: pdf.Rect{Left: number(2), Bottom: number(3), Right: number(4), Top: number(5)}, Flags: pdf.Flags(b[glyphSize-1]),
		}
	}
	return p.Page
}
