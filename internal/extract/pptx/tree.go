package pptx

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// Limits of a part.
const (
	maxElements = 1 << 20 // that are kept; a rich slide has some thousand
	maxDepth    = 200     // of elements in each other; groups in groups come to some dozen
)

// An element is one of XML, with those in it. Of a part, only the elements and
// attributes are kept that lead to text, or say where it stands. All methods
// take a nil element as an empty one.
type element struct {
	name string
	attr []string // name, value, name, value
	text []byte
	kids []*element
}

// kept are the names of the elements that are kept, without their name space.
// What is in others is left out: how things are drawn, timed and printed.
var kept = extract.Words(`presentation sldIdLst sldId sldSz defaultTextStyle coreProperties title
	sld notes sldLayout sldMaster cSld spTree sp grpSp graphicFrame AlternateContent Choice Fallback lockedCanvas txSp
	nvSpPr nvGrpSpPr nvGraphicFramePr cNvPr nvPr ph spPr grpSpPr xfrm off ext chOff chExt txXfrm
	txBody lstStyle lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr
	p pPr buNone buChar buAutoNum buBlip r rPr t br fld m txStyles titleStyle bodyStyle otherStyle
	graphic graphicData tbl tblPr tr tc relIds
	chartSpace date1904 chart tx rich strRef strCache strLit pt v plotArea ser cat val xVal yVal bubbleSize
	numRef numCache numLit formatCode multiLvlStrRef multiLvlStrCache lvl catAx valAx dateAx serAx dLbls dLbl userShapes relSizeAnchor absSizeAnchor
	chartData data strDim numDim plotAreaRegion series dataId txData axis
	drawing dataModel ptLst prSet cxnLst cxn extLst dataModelExt`)

// keptAttributes are the names of the attributes that are kept.
var keptAttributes = extract.Words(`id dm type idx x y cx cy rot lvl startAt hidden show showMasterSp gridSpan rowSpan hMerge vMerge firstRow
	baseline strike val uri modelId srcId destId srcOrd phldr phldrT relId formatCode orientation`)

// mathematics is the name space of formulas, of which every element is kept.
const mathematics = "/math"

// load reads a part of XML. An error says what to do, unless the time is over.
func (r *reader) load(part string) (*element, error) {
	d, err := r.archive.XML(part)
	if err != nil {
		return nil, parts.Broken(part, err)
	}
	b := builder{groups: r.limits.Depth, open: []open{{e: &element{}}}}
	for {
		if err := r.out.Err(); err != nil {
			return nil, err
		}
		t, err := d.Token()
		if err == nil {
			err = b.add(t)
		}
		switch {
		case errors.Is(err, io.EOF) && len(b.open[0].e.kids) > 0:
			return b.open[0].e.kids[0], nil
		case err != nil:
			return nil, parts.Broken(part, err)
		}
	}
}

// A builder makes elements of XML.
type builder struct {
	open   []open // the elements that are not ended; the first one holds the root
	skip   int    // how deep the reading is in what is left out
	groups int    // how deep groups may be nested
	n      int    // of elements
}

// open is an element that is not ended.
type open struct {
	e      *element
	depth  int // of e
	groups int // that it is in
}

func (b *builder) add(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if b.skip > 0 || !isKept(t.Name) && len(b.open) > 1 {
			b.skip++
			return nil
		}
		return b.start(t)
	case xml.EndElement:
		if b.skip > 0 {
			b.skip--
			return nil
		}
		b.open = b.open[:len(b.open)-1]
	case xml.CharData:
		if top := b.open[len(b.open)-1].e; b.skip == 0 && holdsText(top.name) {
			top.text = append(top.text, t...)
		}
	}
	return nil
}

// start begins an element. A group that is nested too deep becomes none: what is
// in it belongs to the group around it.
func (b *builder) start(t xml.StartElement) error {
	top := b.open[len(b.open)-1]
	if t.Name.Local == "grpSp" {
		if top.groups++; top.groups > b.groups {
			b.open = append(b.open, top)
			return nil
		}
	}
	if b.n++; b.n > maxElements {
		return multivac.Errorf(multivac.ErrTooLarge, "split it", "there is too much on one slide, or in one chart")
	}
	if top.depth++; top.depth > maxDepth {
		return multivac.Errorf(multivac.ErrInvalid, "make or save it again", "the file is broken: its elements are nested too deep")
	}
	e := &element{name: t.Name.Local}
	for _, a := range t.Attr {
		switch {
		case !keptAttributes[a.Name.Local]:
		case strings.HasSuffix(a.Name.Space, "/relationships"):
			e.attr = append(e.attr, "r:"+a.Name.Local, a.Value)
		default:
			e.attr = append(e.attr, a.Name.Local, a.Value)
		}
	}
	top.e.kids = append(top.e.kids, e)
	top.e = e
	b.open = append(b.open, top)
	return nil
}

func isKept(n xml.Name) bool {
	return kept[n.Local] || strings.HasSuffix(n.Local, "Chart") || strings.HasSuffix(n.Space, mathematics)
}

// holdsText reports whether the characters in such an element are text.
func holdsText(name string) bool {
	return name == "t" || name == "v" || name == "pt" || name == "formatCode" || name == "title"
}

// kid returns the first element of that name in e.
func (e *element) kid(name string) *element {
	if e != nil {
		for _, k := range e.kids {
			if k.name == name {
				return k
			}
		}
	}
	return nil
}

// at returns the element at a path of names below e.
func (e *element) at(path ...string) *element {
	for _, name := range path {
		e = e.kid(name)
	}
	return e
}

// all returns the elements of that name in e.
func (e *element) all(name string) []*element {
	var all []*element
	for _, k := range e.in() {
		if k.name == name {
			all = append(all, k)
		}
	}
	return all
}

// in returns the elements in e.
func (e *element) in() []*element {
	if e == nil {
		return nil
	}
	return e.kids
}

// textOf returns the characters right in e.
func (e *element) textOf() string {
	if e == nil {
		return ""
	}
	return string(e.text)
}

// get returns the value of an attribute, or "".
func (e *element) get(name string) string {
	if e != nil {
		for i := 0; i < len(e.attr); i += 2 {
			if e.attr[i] == name {
				return e.attr[i+1]
			}
		}
	}
	return ""
}

// number returns the value of an attribute, or 0.
func (e *element) number(name string) float64 {
	n, _ := strconv.ParseFloat(e.get(name), 64)
	return n
}

// integer returns the value of an attribute between 0 and most, or 0.
func (e *element) integer(name string, most int) int {
	n, _ := strconv.Atoi(e.get(name))
	return min(max(n, 0), most)
}

// is reports whether an attribute says yes.
func (e *element) is(name string) bool {
	v := e.get(name)
	return v == "1" || v == "true"
}

// find appends to all the elements of a name in e, however deep, which are not in
// each other.
func (e *element) find(name string, all []*element) []*element {
	for _, k := range e.in() {
		if k.name == name {
			all = append(all, k)
		} else {
			all = k.find(name, all)
		}
	}
	return all
}
