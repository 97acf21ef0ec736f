package pdfium

import (
	"math"
	"slices"

	"multivac"
	"multivac/internal/extract/pdf"
)

// A document is a file that PDFium has opened.
type document struct {
	*library
	handle uint64
	data   uint32
	limits pdf.Limits
}

// The reasons why PDFium opens no file.
const (
	badFormat   = 3
	badPassword = 4
	badSecurity = 5
)

// load opens a file, or returns PDFium's number for the reason.
func (l *library) load(body []byte, limits pdf.Limits) (d document, reason int) {
	d = document{library: l, data: l.malloc(len(body)), limits: limits}
	if d.data == 0 || !l.memory.Write(d.data, body) {
		panic(trap{errNoMemory})
	}
	if d.handle = l.call("FPDF_LoadMemDocument", uint64(d.data), uint64(len(body)), 0); d.handle == 0 {
		reason = l.int("FPDF_GetLastError")
		l.free(d.data)
		return d, max(reason, 1)
	}
	return d, 0
}

func (d document) close() {
	d.call("FPDF_CloseDocument", d.handle)
	d.free(d.data)
}

// pages returns how many pages there are.
func (d document) pages() int { return d.int("FPDF_GetPageCount", d.handle) }

// maxBookmarks bounds the table of contents, of which a book has some hundred, and
// maxBookmark the bytes of a title in it.
const (
	maxBookmarks = 5000
	maxBookmark  = 1000
)

// info returns what the file says of itself.
func (d document) info() pdf.Info {
	return pdf.Info{
		Title:     d.text("FPDF_GetMetaText", d.handle, d.name("Title")),
		Bookmarks: d.bookmarks(),
	}
}

// bookmarks reads the table of contents. One that leads back into itself ends.
func (d document) bookmarks() []pdf.Bookmark {
	type entry struct {
		handle uint64
		depth  int
	}
	var all []pdf.Bookmark
	seen := map[uint64]bool{0: true}
	open := []entry{{d.call("FPDFBookmark_GetFirstChild", d.handle, 0), 0}}
	for len(open) > 0 && len(all) < maxBookmarks {
		e := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[e.handle] {
			continue
		}
		seen[e.handle] = true
		all = append(all, pdf.Bookmark{Title: multivac.Clip(d.text("FPDFBookmark_GetTitle", e.handle), maxBookmark), Depth: e.depth, Page: d.target(e.handle)})
		open = append(open, entry{d.call("FPDFBookmark_GetNextSibling", d.handle, e.handle), e.depth},
			entry{d.call("FPDFBookmark_GetFirstChild", d.handle, e.handle), e.depth + 1})
	}
	return all
}

// target returns the page that a bookmark leads to, from 1, or 0.
func (d document) target(bookmark uint64) int {
	to := d.call("FPDFBookmark_GetDest", d.handle, bookmark)
	if to == 0 {
		if action := d.call("FPDFBookmark_GetAction", bookmark); action != 0 {
			to = d.call("FPDFAction_GetDest", d.handle, action)
		}
	}
	if to == 0 {
		return 0
	}
	return max(0, d.int("FPDFDest_GetDestPageIndex", d.handle, to)+1)
}

// page reads page i, from 0.
func (d document) page(i int) pdf.Page {
	p := pdf.Page{Number: i + 1, Label: d.text("FPDF_GetPageLabel", d.handle, uint64(i))}
	handle := d.call("FPDF_LoadPage", d.handle, uint64(i))
	if handle == 0 {
		p.Failed = "it is broken"
		return p
	}
	if d.annotations(handle, &p) {
		// Draws what is seen of forms and notes into the page.
		const normalDisplay, flattened = 0, 1
		if d.int("FPDFPage_Flatten", handle, normalDisplay) == flattened {
			d.call("FPDF_ClosePage", handle)
			if handle = d.call("FPDF_LoadPage", d.handle, uint64(i)); handle == 0 {
				p.Failed = "it is broken"
				return p
			}
		}
	}
	p.Rotation = d.int("FPDFPage_GetRotation", handle) & 3
	if d.ok("FPDF_GetPageBoundingBox", handle, d.at(0)) {
		p.Box = pdf.Rect{Left: d.float(0), Top: d.float(4), Right: d.float(8), Bottom: d.float(12)}
	}
	under := d.objects(handle, &p)
	tree := d.structure(handle, &p)
	d.glyphs(handle, &p, tree, under)
	d.call("FPDF_ClosePage", handle)
	return p
}

// Kinds of annotations.
const (
	sticky   = 1
	link     = 2
	freeText = 3
	popup    = 16
	widget   = 20
)

// maxAnnotations bounds those of a page.
const maxAnnotations = 10_000

// annotations notes what is not drawn of a page's annotations, and reports
// whether there are some that are.
func (d document) annotations(page uint64, p *pdf.Page) (drawn bool) {
	n := min(d.int("FPDFPage_GetAnnotCount", page), maxAnnotations)
	for i := range n {
		a := d.call("FPDFPage_GetAnnot", page, uint64(i))
		if a == 0 {
			continue
		}
		kind := d.int("FPDFAnnot_GetSubtype", a)
		const hidden, noView = 1 << 1, 1 << 5
		if kind != link && kind != popup && d.int("FPDFAnnot_GetFlags", a)&(hidden|noView) == 0 {
			// The picture of a note is no more than a sign that there is one.
			hasPicture := kind != sticky && uint32(d.call("FPDFAnnot_GetAP", a, 0, 0, 0)) > 2
			drawn = drawn || hasPicture || kind == widget
			if seenAs[kind] != "" && !hasPicture {
				d.note(a, kind, p)
			}
		}
		d.call("FPDFPage_CloseAnnot", a)
	}
	return drawn
}

// seenAs are the kinds of annotations whose text is seen, or can be opened, and
// where it stands.
var seenAs = map[int]string{sticky: "Contents", freeText: "Contents", widget: "V"}

func (d document) note(annotation uint64, kind int, p *pdf.Page) {
	t := d.text("FPDFAnnot_GetStringValue", annotation, d.name(seenAs[kind]))
	if t == "" || !d.ok("FPDFAnnot_GetRect", annotation, d.at(0)) {
		return
	}
	if kind == sticky {
		p.Comments = append(p.Comments, t)
		return
	}
	p.Values = append(p.Values, pdf.Field{Box: pdf.Rect{Left: d.float(0), Top: d.float(4), Right: d.float(8), Bottom: d.float(12)}, Text: t})
}

// Kinds of objects that are drawn.
const (
	pathObject    = 2
	imageObject   = 3
	shadingObject = 4
	formObject    = 5
)

// maxObjects bounds the things on a page that are looked at, and maxAreas those
// that are kept.
const (
	maxObjects = 200_000
	maxAreas   = 2000
)

// objects notes where pictures, colours and rules are on a page. It returns what is
// painted over the objects that draw text.
func (d document) objects(page uint64, p *pdf.Page) map[uint64][]pdf.Rect {
	texts := map[uint64]int{} // where each comes in the order of drawing
	var covers []cover
	for i := range min(d.int("FPDFPage_CountObjects", page), maxObjects) {
		o := d.call("FPDFPage_GetObject", page, uint64(i))
		if o == 0 {
			break
		}
		kind := d.int("FPDFPageObj_GetType", o)
		if kind < pathObject {
			texts[o] = i
			if len(covers) == 0 {
				continue
			}
		}
		if !d.ok("FPDFPageObj_GetBounds", o, d.at(0), d.at(4), d.at(8), d.at(12)) {
			continue
		}
		box := pdf.Rect{Left: d.float(0), Bottom: d.float(4), Right: d.float(8), Top: d.float(12)}
		if kind < pathObject {
			covers = withoutBackgrounds(covers, box)
			continue
		}
		filled, stroked := false, false
		if kind == pathObject {
			filled, stroked = d.draws(o)
		}
		if kind == pathObject && len(covers) < maxAreas {
			covers = append(covers, d.path(o, i, filled, stroked, box, p)...)
		}
		if kind == pathObject && !(filled && d.coloured(o)) || len(p.Pictures)+len(p.Fills) >= maxAreas {
			continue
		}
		p.Fills = append(p.Fills, box)
		if kind == imageObject || kind == formObject && d.holdsPicture(o) {
			p.Pictures = append(p.Pictures, box)
		}
	}
	return covered(texts, covers)
}

// covered returns what is painted over each text after it was drawn.
func covered(texts map[uint64]int, covers []cover) map[uint64][]pdf.Rect {
	if len(covers) == 0 {
		return nil
	}
	under := map[uint64][]pdf.Rect{}
	areas := make([]pdf.Rect, len(covers))
	for i, c := range covers {
		areas[i] = c.area
	}
	for o, order := range texts {
		first, _ := slices.BinarySearchFunc(covers, order, func(c cover, order int) int { return c.order - order })
		under[o] = areas[first:]
	}
	return under
}

// holdsPicture reports whether a group of objects has a picture in it. Groups
// within it are not looked into.
func (d document) holdsPicture(form uint64) bool {
	n := min(d.int("FPDFFormObj_CountObjects", form), 100)
	for i := range n {
		if o := d.call("FPDFFormObj_GetObject", form, uint64(i)); o != 0 && d.int("FPDFPageObj_GetType", o) == imageObject {
			return true
		}
	}
	return false
}

// draws reports whether a path is filled, and whether its line is drawn.
func (d document) draws(path uint64) (filled, stroked bool) {
	ok := d.ok("FPDFPath_GetDrawMode", path, d.at(0), d.at(4))
	return ok && d.uint(0) != 0, ok && d.uint(4) != 0
}

// coloured reports whether a path is filled with what is not white.
func (d document) coloured(path uint64) bool {
	if !d.ok("FPDFPageObj_GetFillColor", path, d.at(0), d.at(4), d.at(8), d.at(12)) {
		return true // a pattern
	}
	return min(d.uint(0), d.uint(4), d.uint(8)) < white && d.uint(12) > 0
}

// white is the least of red, green and blue that counts as white.
const white = 250

// maxElements bounds the tree of structure of a page.
const maxElements = 20_000

// structure reads the tree of structure of a page, and returns the element of
// each marked content. Each element is read once, so that a tree which leads
// back into itself ends.
func (d document) structure(page uint64, p *pdf.Page) map[int]int32 {
	tree := d.call("FPDF_StructTree_GetForPage", page)
	if tree == 0 {
		return nil
	}
	defer func() { d.call("FPDF_StructTree_Close", tree) }()
	type entry struct {
		handle uint64
		parent int32
	}
	var open []entry
	for i := min(d.int("FPDF_StructTree_CountChildren", tree), maxElements) - 1; i >= 0; i-- {
		open = append(open, entry{d.call("FPDF_StructTree_GetChildAtIndex", tree, uint64(i)), 0})
	}
	marked, seen := map[int]int32{}, map[uint64]bool{0: true}
	for len(open) > 0 && len(p.Elements) < maxElements {
		e := open[len(open)-1]
		open = open[:len(open)-1]
		if seen[e.handle] {
			continue
		}
		seen[e.handle] = true
		p.Elements = append(p.Elements, pdf.Element{Type: d.text("FPDF_StructElement_GetType", e.handle), Parent: e.parent})
		me := int32(len(p.Elements))
		if id := d.int("FPDF_StructElement_GetMarkedContentID", e.handle); id >= 0 {
			marked[id] = me
		}
		for i := min(d.int("FPDF_StructElement_CountChildren", e.handle), maxElements) - 1; i >= 0; i-- {
			if id := d.int("FPDF_StructElement_GetChildMarkedContentID", e.handle, uint64(i)); id >= 0 {
				marked[id] = me
			} else if len(open) < maxElements {
				open = append(open, entry{d.call("FPDF_StructElement_GetChildAtIndex", e.handle, uint64(i)), me})
			}
		}
	}
	return marked
}

// glyphs reads the characters of a page.
func (d document) glyphs(page uint64, p *pdf.Page, tree map[int]int32, under map[uint64][]pdf.Rect) {
	text := d.call("FPDFText_LoadPage", page)
	if text == 0 {
		p.Failed = "its text is broken"
		return
	}
	n := d.int("FPDFText_CountChars", text)
	if n > d.limits.Glyphs {
		p.Failed, n = "it has too many characters", 0
	}
	r := styles{document: d, text: text, page: p, tree: tree, known: map[fontStyle]int32{}, fonts: map[uint64]*widths{}}
	p.Glyphs = make([]pdf.Glyph, 0, max(n, 0))
	var flags pdf.Flags
	for i := range max(n, 0) {
		at := uint64(i)
		c := rune(uint32(d.call("FPDFText_GetUnicode", text, at)))
		if d.int("FPDFText_IsGenerated", text, at) == 1 {
			flags |= pdf.SpaceBefore
			continue
		}
		g := pdf.Glyph{Rune: c, Flags: flags, Style: r.of(at)}
		flags = 0
		if d.int("FPDFText_IsHyphen", text, at) == 1 {
			g.Rune, g.Flags = '-', g.Flags|pdf.Hyphen
		} else if d.int("FPDFText_HasUnicodeMapError", text, at) == 1 {
			g.Flags |= pdf.NoUnicode
		}
		if d.ok("FPDFText_GetLooseCharBox", text, at, d.at(0)) {
			g.Box = pdf.Rect{Left: d.float(0), Top: d.float(4), Right: d.float(8), Bottom: d.float(12)}
		}
		r.measure(g)
		if d.ok("FPDFText_GetCharOrigin", text, at, d.at(0), d.at(8)) {
			g.X, g.Y = d.double(0), d.double(8)
		}
		if g.Under(under[r.object]) {
			g.Flags |= pdf.Covered
		}
		p.Glyphs = append(p.Glyphs, g)
	}
	r.fixed()
	d.call("FPDFText_ClosePage", text)
}

// styles finds the style of each glyph. It is that of the object that it is
// drawn by.
type styles struct {
	document
	text   uint64
	page   *pdf.Page
	tree   map[int]int32
	known  map[fontStyle]int32
	fonts  map[uint64]*widths
	inFont []*widths // of each style

	object uint64
	last   int32
}

// A fontStyle is a style with its font.
type fontStyle struct {
	pdf.Style
	font uint64
}

func (r *styles) of(at uint64) int32 {
	object := r.call("FPDFText_GetTextObject", r.text, at)
	if object == r.object && object != 0 {
		return r.last
	}
	r.object = object
	s := fontStyle{Style: r.read(object, at)}
	if object != 0 {
		s.font = r.call("FPDFTextObj_GetFont", object)
	}
	i, ok := r.known[s]
	if !ok {
		i = int32(len(r.page.Styles))
		r.known[s] = i
		r.page.Styles = append(r.page.Styles, s.Style)
		r.inFont = append(r.inFont, r.widthsOf(s.font, at))
	}
	r.last = i
	return i
}

func (r *styles) read(object, at uint64) pdf.Style {
	size := finite(math.Float64frombits(r.call("FPDFText_GetFontSize", r.text, at)))
	var s pdf.Style
	if r.ok("FPDFText_GetMatrix", r.text, at, r.at(0)) {
		a, b, c, d := float64(r.float(0)), float64(r.float(4)), float64(r.float(8)), float64(r.float(12))
		s.Angle = float32(math.Round(math.Atan2(b, a)*180/math.Pi*10) / 10)
		size *= finite(math.Sqrt(math.Abs(a*d - b*c)))
	}
	s.Size = float32(math.Round(float64(size)*20) / 20)
	if r.ok("FPDFText_GetFillColor", r.text, at, r.at(0), r.at(4), r.at(8), r.at(12)) {
		s.Colour = r.uint(0)&0xff<<24 | r.uint(4)&0xff<<16 | r.uint(8)&0xff<<8 | r.uint(12)&0xff
	} else {
		s.Colour = 0xff
	}
	name, _ := r.font(at)
	s.Bold = isBold(name)
	if object == 0 {
		return s
	}
	const fillAndStroke = 2
	s.Mode = uint8(max(0, r.int("FPDFTextObj_GetTextRenderMode", object)))
	s.Bold = s.Bold || s.Mode == fillAndStroke
	if r.tree != nil {
		if id := r.int("FPDFPageObj_GetMarkedContentID", object); id >= 0 {
			s.Element = r.tree[id]
		}
	}
	s.Aside = r.aside(object)
	return s
}

// aside reports whether an object is marked as no content.
func (r *styles) aside(object uint64) bool {
	n := min(r.int("FPDFPageObj_CountMarks", object), 16)
	for i := range n {
		mark := r.call("FPDFPageObj_GetMark", object, uint64(i))
		if mark == 0 || !r.ok("FPDFPageObjMark_GetName", mark, r.at(8), 64, r.at(0)) {
			continue
		}
		if size := r.uint(0); size <= 64 && r.utf16(8, int(size)) == "Artifact" {
			return true
		}
	}
	return false
}
