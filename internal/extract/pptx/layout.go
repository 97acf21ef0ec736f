package pptx

import (
	"errors"

	"multivac"
	"multivac/internal/extract/parts"
)

// A layout is what a slide takes from the slide's layout, and the layout from its
// master: where placeholders stand and what marks their paragraphs, and the text
// that is the same on all slides.
type layout struct {
	placeholders []placeholder
	own          []shape
	told         bool // own is written
	showMaster   bool // the own text of the master is shown, too
	compares     bool // two columns, each below a heading of its own
	master       *layout
	title        marks // of the master, by the kind of text
	body         marks
	other        marks
}

// A placeholder is one of a layout. Its prompt is not kept.
type placeholder struct {
	index string
	class string
	box   box
	boxed bool
	marks marks
}

// kindOf returns which placeholder a shape is, or "" for none.
func kindOf(ph *element) string {
	if ph == nil {
		return ""
	}
	if kind := ph.get("type"); kind != "" {
		return kind
	}
	return "obj"
}

// class returns the kind of placeholder of a master that others of that type
// take after.
func class(kind string) string {
	switch kind {
	case "title", "ctrTitle":
		return "title"
	case "dt", "ftr", "sldNum", "hdr", "sldImg":
		return kind
	}
	return "body"
}

// repeats reports whether such a placeholder shows what is the same on all
// slides, or what PowerPoint fills in.
func repeats(kind string) bool { return class(kind) == kind && kind != "title" && kind != "body" }

// layoutOf reads the part of that kind that another refers to: the layout of a
// slide, or the master of a layout. It returns nil where there is none that can
// be read, for without it only the order may be another.
func (r *reader) layoutOf(to map[string]parts.Reference, kind string) (*layout, error) {
	part := related(to, kind)
	l, ok := r.layouts[part]
	if ok || part == "" {
		return l, nil
	}
	r.layouts[part] = nil // a layout is not its own master
	l, err := r.readLayout(part)
	if err != nil {
		return nil, r.fatal(err)
	}
	r.layouts[part] = l
	return l, nil
}

// related returns the part of a kind that another refers to, or "". There should
// be no two.
func related(to map[string]parts.Reference, kind string) string {
	part := ""
	for _, t := range to {
		if t.Kind == kind && !t.Outside && (part == "" || t.Target < part) {
			part = t.Target
		}
	}
	return part
}

func (r *reader) readLayout(part string) (*layout, error) {
	root, err := r.load(part)
	if err != nil {
		return nil, err
	}
	to, err := r.archive.References(part)
	if err != nil {
		return nil, err
	}
	l := &layout{showMaster: shows(root), compares: root.get("type") == "twoTxTwoObj"}
	if root.name == "sldLayout" {
		if l.master, err = r.layoutOf(to, "slideMaster"); err != nil {
			return nil, err
		}
	}
	styles := root.kid("txStyles")
	l.title, l.body, l.other = marksOf(styles.kid("titleStyle")), marksOf(styles.kid("bodyStyle")), marksOf(styles.kid("otherStyle"))
	tree := root.at("cSld", "spTree")
	for _, e := range tree.all("sp") {
		if ph := e.at("nvSpPr", "nvPr", "ph"); ph != nil {
			p := placeholder{index: ph.get("idx"), class: class(ph.get("type")), marks: marksOf(e.at("txBody", "lstStyle"))}
			p.box, p.boxed = boxOf(e.at("spPr", "xfrm"))
			l.placeholders = append(l.placeholders, p)
		}
	}
	own := r.shapes(tree, scene{layout: l, reads: func(kind string) bool { return kind == "" }}, same)
	l.own = r.onSlide(own)
	return l, nil
}

// shows reports whether a part shows the own text of its master.
func shows(root *element) bool {
	v := root.get("showMasterSp")
	return v != "0" && v != "false"
}

// onSlide returns the shapes with text that begin on the slide. Around it, those
// who make layouts tell how to use them.
func (r *reader) onSlide(all []shape) []shape {
	var on []shape
	for _, s := range r.inOrder(all) {
		if s.group != nil {
			on = append(on, r.onSlide(s.group)...)
			continue
		}
		b := s.box
		if s.frame == nil && b.x+b.width >= 0 && b.y+b.height >= 0 && b.x <= r.deck.width && b.y <= r.deck.height {
			on = append(on, s)
		}
	}
	return on
}

// find returns the placeholder that one of a slide takes after: the one of its
// number or, of a master, of its class.
func (l *layout) find(index, class string) placeholder {
	if l == nil {
		return placeholder{}
	}
	found := placeholder{}
	for _, p := range l.placeholders {
		switch {
		case class != "title" && index != "" && p.index == index:
			return p
		case p.class == class && found.class == "":
			found = p
		}
	}
	return found
}

// inherited returns where a placeholder of a slide stands, and what marks its
// paragraphs, where it does not say so itself. ph is nil for other shapes.
func (r *reader) inherited(l *layout, ph *element) (box, marks) {
	master := l
	if l != nil && l.master != nil {
		master = l.master
	}
	if ph == nil {
		if master == nil {
			return box{}, r.deck.marks
		}
		return box{}, master.other.or(r.deck.marks)
	}
	c := class(ph.get("type"))
	p := l.find(ph.get("idx"), c)
	if master == nil {
		return box{}, r.deck.marks
	}
	above := master.find("", c)
	if !p.boxed {
		p.box = above.box
	}
	style := master.body
	if c == "title" {
		style = master.title
	}
	return p.box, p.marks.or(above.marks).or(style).or(r.deck.marks)
}

// fatal returns err if it ends the reading: the document is too large, or its
// time is over. Other errors are about one part.
func (r *reader) fatal(err error) error {
	if ended := r.out.Err(); ended != nil {
		return ended
	}
	if errors.Is(err, multivac.ErrTooLarge) {
		return err
	}
	return nil
}
