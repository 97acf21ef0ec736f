package pptx

import (
	"slices"

	"multivac"
	"multivac/internal/extract/parts"
)

// slide reads the slide that is shown as the nth.
func (r *reader) slide(part string, n int) error {
	root, err := r.load(part)
	if err != nil {
		return err
	}
	if root.name != "sld" {
		return multivac.Errorf(multivac.ErrInvalid, "save it again", "the file is broken: slide %d is none", n)
	}
	to, err := r.archive.References(part)
	if err != nil {
		return err
	}
	l, err := r.layoutOf(to, "slideLayout")
	if err != nil {
		return err
	}
	s := scene{to: to, layout: l, reads: func(kind string) bool { return !repeats(kind) }}
	all := r.inOrder(r.shapes(root.at("cSld", "spTree"), s, same))
	title, all := withoutTitle(all)
	if l != nil && l.compares {
		r.inColumns(all)
	}
	hidden := root.get("show") == "0" || root.get("show") == "false"
	r.place = multivac.Place{Slide: n}
	r.beginSlide(title, hidden)
	if err := r.writeShapes(all, s); err != nil {
		return err
	}
	if shows(root) {
		r.common(l)
	}
	if err := r.notes(to); err != nil {
		return err
	}
	r.endSlide(title, hidden)
	return nil
}

// withoutTitle returns the text of the title, and the other shapes.
func withoutTitle(all []shape) (string, []shape) {
	i := slices.IndexFunc(all, func(s shape) bool { return s.title })
	if i < 0 {
		return "", all
	}
	return oneText(all[i].text), slices.Delete(all, i, i+1)
}

// beginSlide announces the heading of a slide.
func (r *reader) beginSlide(title string, hidden bool) {
	if r.first == "" {
		r.first = title
	}
	if len(title) > maxHeading {
		r.head(slideLevel, marked("", hidden))
		r.text(title)
		return
	}
	r.head(slideLevel, marked(title, hidden))
}

// writeShapes writes shapes in the order in which they are read.
func (r *reader) writeShapes(all []shape, s scene) error {
	for _, one := range all {
		if err := r.out.Err(); err != nil {
			return err
		}
		var err error
		switch {
		case one.group != nil:
			err = r.writeShapes(r.inOrder(one.group), s)
		case one.frame == nil:
			r.paragraphs(one.text)
		case one.frame.name == "tbl":
			r.table(one.frame)
		case one.frame.name == "chart":
			err = r.chart(s.to[one.frame.get("r:id")])
		default:
			err = r.diagram(one.frame, s.to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// common writes the own text of a layout and of its master, below the first slide
// that shows it.
func (r *reader) common(l *layout) {
	for ; l != nil; l = l.master {
		if !l.told {
			l.told = true
			for _, s := range l.own {
				r.paragraphs(s.text)
			}
		}
		if !l.showMaster {
			return
		}
	}
}

// notes writes the notes of a slide.
func (r *reader) notes(to map[string]parts.Reference) error {
	part := related(to, "notesSlide")
	if part == "" || r.done[part] {
		return nil
	}
	r.done[part] = true
	root, err := r.load(part)
	if err != nil {
		return r.unread("the notes", err)
	}
	s := scene{reads: func(kind string) bool { return kind == "body" || kind == "" }}
	all := r.shapes(root.at("cSld", "spTree"), s, same)
	if len(all) == 0 {
		return nil
	}
	if s.to, err = r.archive.References(part); err != nil {
		return err
	}
	r.head(innerLevel, "Notes")
	return r.writeShapes(r.inOrder(all), s)
}

// unread names what cannot be read in its place, unless the error is about more
// than that.
func (r *reader) unread(what string, err error) error {
	if err := r.fatal(err); err != nil {
		return err
	}
	r.text("(" + what + " of this slide cannot be read)")
	return nil
}
