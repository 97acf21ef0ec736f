package pdfium

import (
	"slices"

	"multivac/internal/extract/pdf"
)

// maxRules bounds the lines of a page that are kept, and maxSegments those of a
// path that are looked at.
const (
	maxRules    = 4000
	maxSegments = 400
)

// thin is how wide a rule is at most, and short how long one is at least, in points.
const (
	thin  = 3
	short = 4
)

// A cover is an area that is painted over what was drawn before it.
type cover struct {
	area  pdf.Rect
	order int  // of the object that paints it
	dark  bool // as what blacks out a text
}

// path notes the rules that a path draws, and what it covers.
func (d document) path(o uint64, order int, filled, stroked bool, box pdf.Rect, p *pdf.Page) (covers []cover) {
	if !filled && !stroked || len(p.Rules) >= maxRules {
		return nil
	}
	wide, high := box.Right-box.Left, box.Top-box.Bottom
	if min(wide, high) <= thin {
		if max(wide, high) >= short {
			p.Rules = append(p.Rules, box)
		}
		return nil
	}
	points, straight := d.corners(o)
	for i := 1; stroked && i < len(points) && len(p.Rules) < maxRules; i++ {
		a, b := points[i-1], points[i]
		if r := between(a.at, b.at); !b.moved && min(r.Right-r.Left, r.Top-r.Bottom) < 0.5 && max(r.Right-r.Left, r.Top-r.Bottom) >= short {
			p.Rules = append(p.Rules, r)
		}
	}
	if opaque, dark := d.opaque(o); filled && straight && len(points) <= 6 && opaque {
		if area := d.clipped(o, box); area.Right-area.Left > thin && area.Top-area.Bottom > thin {
			return []cover{{area, order, dark}}
		}
	}
	return nil
}

// A corner is a point of a path.
type corner struct {
	at    [2]float32
	moved bool // nothing is drawn to it
}

func between(a, b [2]float32) pdf.Rect {
	return pdf.Rect{Left: min(a[0], b[0]), Bottom: min(a[1], b[1]), Right: max(a[0], b[0]), Top: max(a[1], b[1])}
}

// corners returns the points of a path on the page, and whether it has straight
// lines only, along the sides of the page.
func (d document) corners(path uint64) (all []corner, straight bool) {
	m := [6]float32{1, 0, 0, 1, 0, 0}
	if d.ok("FPDFPageObj_GetMatrix", path, d.at(0)) {
		for i := range m {
			m[i] = d.float(4 * i)
		}
	}
	straight = true
	begin := 0
	for i := range min(d.int("FPDFPath_CountSegments", path), maxSegments) {
		s := d.call("FPDFPath_GetPathSegment", path, uint64(i))
		if s == 0 || !d.ok("FPDFPathSegment_GetPoint", s, d.at(0), d.at(4)) {
			break
		}
		x, y := d.float(0), d.float(4)
		const line, move = 0, 2
		kind := d.int("FPDFPathSegment_GetType", s)
		c := corner{[2]float32{m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]}, kind != line}
		straight = straight && kind != 1
		if kind == move {
			begin = len(all)
		}
		if n := len(all); n > 0 && !c.moved {
			r := between(all[n-1].at, c.at)
			straight = straight && min(r.Right-r.Left, r.Top-r.Bottom) < 0.5
		}
		all = append(all, c)
		if d.int("FPDFPathSegment_GetClose", s) == 1 {
			all = append(all, corner{at: all[begin].at})
		}
	}
	return all, straight
}

// black is the most of red, green and blue that counts as dark.
const black = 80

// opaque reports whether nothing is seen through a filled path, and whether it is dark.
func (d document) opaque(path uint64) (opaque, dark bool) {
	if d.int("FPDFPageObj_HasTransparency", path) != 0 || !d.ok("FPDFPageObj_GetFillColor", path, d.at(0), d.at(4), d.at(8), d.at(12)) {
		return false, false
	}
	return d.uint(12) == 0xff, max(d.uint(0), d.uint(4), d.uint(8)) <= black
}

// withoutBackgrounds returns the covers but for those on which another text was
// drawn, at: they are backgrounds. PDFium says only once that a text is drawn
// twice, first under such a background.
func withoutBackgrounds(covers []cover, at pdf.Rect) []cover {
	x, y := (at.Left+at.Right)/2, (at.Bottom+at.Top)/2
	return slices.DeleteFunc(covers, func(c cover) bool {
		return !c.dark && x >= c.area.Left && x <= c.area.Right && y >= c.area.Bottom && y <= c.area.Top
	})
}

// clipped returns the part of a box that an object may draw to, or nothing where
// that is no rectangle.
func (d document) clipped(o uint64, box pdf.Rect) pdf.Rect {
	clip := d.call("FPDFPageObj_GetClipPath", o)
	if clip == 0 {
		return box
	}
	for i := range min(max(int(int32(d.call("FPDFClipPath_CountPaths", clip))), 0), 32) {
		n := d.int("FPDFClipPath_CountPathSegments", clip, uint64(i))
		if n > 6 {
			return pdf.Rect{}
		}
		var area pdf.Rect
		for k := range n {
			s := d.call("FPDFClipPath_GetPathSegment", clip, uint64(i), uint64(k))
			if s == 0 || !d.ok("FPDFPathSegment_GetPoint", s, d.at(0), d.at(4)) {
				return pdf.Rect{}
			}
			x, y := d.float(0), d.float(4)
			if k == 0 {
				area = pdf.Rect{Left: x, Bottom: y, Right: x, Top: y}
			}
			area = pdf.Rect{Left: min(area.Left, x), Bottom: min(area.Bottom, y), Right: max(area.Right, x), Top: max(area.Top, y)}
		}
		box = pdf.Rect{Left: max(box.Left, area.Left), Bottom: max(box.Bottom, area.Bottom), Right: min(box.Right, area.Right), Top: min(box.Top, area.Top)}
	}
	return box
}
