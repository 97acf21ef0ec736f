package pptx

import (
	"cmp"
	"math"
	"slices"

	"multivac/internal/extract/parts"
)

// A scene is a part with shapes.
type scene struct {
	to     map[string]parts.Reference
	layout *layout // nil for one that has none
	// reads reports whether a shape is read. It is given the kind of placeholder
	// that the shape is, which is "" for one that is none.
	reads func(kind string) bool
}

// A shape is something on a slide that has text: paragraphs, a frame that is
// a table, a chart or a diagram, or a group of shapes.
type shape struct {
	box   box
	title bool
	text  []paragraph
	frame *element
	group []shape
}

// A box is where a shape stands.
type box struct{ x, y, width, height float64 }

// A transform leads from the coordinates of a group to those of the slide.
type transform struct{ scaleX, moveX, scaleY, moveY float64 }

var same = transform{1, 0, 1, 0}

func (t transform) of(b box) box {
	return box{t.scaleX*b.x + t.moveX, t.scaleY*b.y + t.moveY, t.scaleX * b.width, t.scaleY * b.height}
}

// boxOf reads where a shape stands, and reports whether it says so.
func boxOf(xfrm *element) (box, bool) {
	off, ext := xfrm.kid("off"), xfrm.kid("ext")
	b := box{off.number("x"), off.number("y"), ext.number("cx"), ext.number("cy")}
	const degree = 60_000
	if turned := math.Mod(math.Abs(xfrm.number("rot"))/degree, 180); turned > 45 && turned < 135 {
		x, y := b.x+b.width/2, b.y+b.height/2
		b = box{x - b.height/2, y - b.width/2, b.height, b.width}
	}
	return b, off != nil
}

// in returns the transform of what is in a group.
func (t transform) in(xfrm *element) transform {
	outer, ok := boxOf(xfrm)
	if !ok {
		return t
	}
	off, ext := xfrm.kid("chOff"), xfrm.kid("chExt")
	x, y := 1.0, 1.0
	if n := ext.number("cx"); n > 0 && outer.width > 0 {
		x = outer.width / n
	}
	if n := ext.number("cy"); n > 0 && outer.height > 0 {
		y = outer.height / n
	}
	return transform{
		t.scaleX * x, t.scaleX*(outer.x-x*off.number("x")) + t.moveX,
		t.scaleY * y, t.scaleY*(outer.y-y*off.number("y")) + t.moveY,
	}
}

// shapes returns the shapes with text that are in e.
func (r *reader) shapes(e *element, s scene, t transform) []shape {
	var all []shape
	for _, k := range e.in() {
		switch k.name {
		case "sp":
			if one, ok := r.textShape(k, s, t); ok {
				all = append(all, one)
			}
		case "grpSp":
			if k.at("nvGrpSpPr", "cNvPr").is("hidden") {
				continue
			}
			if inner := r.shapes(k, s, t.in(k.at("grpSpPr", "xfrm"))); len(inner) > 0 {
				all = append(all, shape{box: around(inner), group: inner})
			}
		case "graphicFrame":
			all = append(all, r.frame(k, s, t)...)
		case "AlternateContent":
			inner := r.shapes(k.kid("Choice"), s, t)
			if len(inner) == 0 {
				inner = r.shapes(k.kid("Fallback"), s, t)
			}
			all = append(all, inner...)
		}
	}
	return all
}

// around returns where a group begins. What the group says of itself may be left
// from before its shapes were moved.
func around(inner []shape) box {
	b := inner[0].box
	for _, s := range inner[1:] {
		b.x, b.y = min(b.x, s.box.x), min(b.y, s.box.y)
	}
	return b
}

// textShape reads a shape that may have text.
func (r *reader) textShape(e *element, s scene, t transform) (shape, bool) {
	ph := e.at("nvSpPr", "nvPr", "ph")
	if e.at("nvSpPr", "cNvPr").is("hidden") || !s.reads(kindOf(ph)) {
		return shape{}, false
	}
	body := e.kid("txBody")
	if body == nil {
		body = e.at("txSp", "txBody")
	}
	inherited, style := r.inherited(s.layout, ph)
	b, ok := boxOf(e.at("spPr", "xfrm"))
	if !ok {
		b = inherited
	}
	one := shape{box: t.of(b), title: class(ph.get("type")) == "title", text: paragraphs(body, style)}
	return one, len(one.text) > 0
}

// frame reads a frame that may hold a table, a chart, a diagram or shapes.
func (r *reader) frame(e *element, s scene, t transform) []shape {
	if e.at("nvGraphicFramePr", "cNvPr").is("hidden") || !s.reads(kindOf(e.at("nvGraphicFramePr", "nvPr", "ph"))) {
		return nil
	}
	b, _ := boxOf(e.kid("xfrm"))
	data := e.at("graphic", "graphicData")
	for _, k := range data.in() {
		switch k.name {
		case "tbl", "chart", "relIds":
			return []shape{{box: t.of(b), frame: k}}
		case "lockedCanvas":
			if inner := r.shapes(k, s, t); len(inner) > 0 {
				return []shape{{box: t.of(b), group: inner}}
			}
		}
	}
	return nil
}

// inOrder puts shapes in the order in which they are read: from top to bottom,
// and those that begin at about the same height from left to right.
func (r *reader) inOrder(all []shape) []shape {
	slices.SortStableFunc(all, func(a, b shape) int { return cmp.Compare(a.box.y, b.box.y) })
	near := r.deck.height / 60 // less than the height of a line
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].box.y-all[from].box.y <= near {
			to++
		}
		slices.SortStableFunc(all[from:to], func(a, b shape) int { return cmp.Compare(a.box.x, b.box.x) })
		from = to
	}
	return all
}

// inColumns puts what stands right of the middle behind what stands left of it.
// What stands on both sides divides what is above it from what is below.
func (r *reader) inColumns(all []shape) {
	middle, from := r.deck.width/2, 0
	order := func(to int) {
		slices.SortStableFunc(all[from:to], func(a, b shape) int {
			return cmp.Compare(math.Floor((a.box.x+a.box.width/2)/middle), math.Floor((b.box.x+b.box.width/2)/middle))
		})
		from = to + 1
	}
	for i, s := range all {
		if s.box.x < middle*0.9 && s.box.x+s.box.width > middle*1.1 {
			order(i)
		}
	}
	order(len(all))
}
