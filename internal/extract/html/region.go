package html

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"multivac/internal/extract"
)

// leavesOut reports whether an element does not belong to the page's text. A
// hidden element belongs to it if a reader can open it: if it is marked as a
// panel, if something on the page refers to it, or if it comes right after a
// button or a heading.
func (w *writer) leavesOut(e *element) bool {
	switch {
	case Voids[e.tag] || e.tag == "body" || e.tag == "html":
		return false
	case skipped[e.tag] || e.isOther():
		return true
	case !e.hidden && !e.silent:
		return false
	case e.role == "tabpanel" || e.tag == "dd":
		return false
	case inline[e.tag] || e.isCalled(otherWords):
		return true
	case e.isCalled(openWords) || e.id != "" && w.refs[e.id] || w.toggled:
		return false
	}
	return !slices.ContainsFunc(e.controls, func(c string) bool { return w.refs[c] }) &&
		!slices.ContainsFunc(e.words, func(c string) bool { return w.refs[c] })
}

// trackStart counts a start tag for the innermost region of its name.
func (w *writer) trackStart(tag string) {
	for i := len(w.regions) - 1; i >= 0; i-- {
		r := &w.regions[i]
		if r.tag == tag && enders[tag] == nil {
			r.n++
			return
		}
		if r.tag == tag || r.tag == "p" && isBlock(tag) { // which it ends
			w.endRegions(i)
			return
		}
	}
}

// trackEnd ends the regions that the end tag ends.
func (w *writer) trackEnd(tag string) {
	for i := len(w.regions) - 1; i >= 0; i-- {
		if r := &w.regions[i]; r.tag == tag {
			if r.n--; r.n == 0 {
				w.endRegions(i)
			}
			return
		}
	}
}

// endRegions ends region i and the regions in it.
func (w *writer) endRegions(i int) {
	for k := len(w.regions) - 1; k >= i; k-- {
		r := w.regions[k]
		w.regions = w.regions[:k]
		switch r.kind {
		case raised:
			w.endRaised()
		case title:
			w.close()
			w.toggled = true
		default:
			w.endPanel(r.level)
		}
	}
}

// push opens a region. If too many are open, it does nothing.
func (w *writer) push(kind, level int) {
	if len(w.regions) < w.depthLimit {
		for i := len(w.regions) - 1; i >= 0; i-- { // the tag counts for the new region
			if r := &w.regions[i]; r.tag == w.e.tag {
				r.n--
				break
			}
		}
		w.regions = append(w.regions, region{open: open{w.e.tag, 1}, kind: kind, level: level, shift: unknownShift})
	}
}

// endPanel ends the text under the heading of a panel.
func (w *writer) endPanel(level int) {
	if level <= 0 {
		return
	}
	w.flush()
	if w.depth >= level {
		w.depth = level - 1
		if w.ended == 0 || level < w.ended {
			w.ended = level
		}
	}
}

// startTab handles the start of a panel's button, whose text is the heading of
// the panel. It returns true if nothing else has to be done for the tag.
func (w *writer) startTab(n int) bool {
	i, ok := w.at[n]
	if !ok {
		return false
	}
	t := &w.tabs[i]
	if t.inside || !t.isName() && t.text {
		return false
	}
	if w.pending != nil && w.pending.text {
		w.writePending()
	}
	w.pending = nil
	switch {
	case !t.isName() || t.keyed:
	case t.toggler:
		w.pending = t
	default:
		if n := len(w.queue); w.taken || n > 0 && w.tabs[w.queue[n-1]].list != t.list {
			w.queue, w.taken = w.queue[:0], false // the other tabs have their panels elsewhere
		}
		w.queue = append(w.queue, i)
	}
	w.leaveOut(w.e.tag)
	w.toggled = true
	return true
}

func (w *writer) dropPending() {
	if w.pending != nil && !w.pending.text {
		w.pending = nil
	}
}

// writePending writes the name of a panel that has none.
func (w *writer) writePending() {
	t := w.pending
	w.pending = nil
	w.panel(t.name, false)
}

// startRegion opens the region of an element, if it has one.
func (w *writer) startRegion(n int) {
	e := &w.e
	switch {
	case e.tag == "sup" || e.raised && inline[e.tag]:
		if w.raisedAt == 0 && !w.pre {
			w.raisedAt, w.spaced, w.raisedLink = len(w.buf)+1, w.space, w.link
			w.space = false
			w.push(raised, 0)
		}
	case e.tag == "details":
		w.push(details, 0)
	case e.tag == "summary":
		w.startName(details, w.headed[n])
	case e.tag == "table" && w.captions > 1 && w.pending == nil: // captions distinguish the tables
		w.push(captioned, 0)
	case e.tag == "caption":
		w.startName(captioned, false)
	case e.role == "heading" && !isHeadingTag(e.tag) && !w.inCell() && w.level == 0:
		level := e.level
		if level < 1 || level > 6 {
			level = 2
		}
		w.push(title, 0)
		w.startHeading(level)
	default:
		w.startPanel()
	}
}

// startName begins the heading of the innermost region if that is of this kind:
// a summary names what it opens, a caption its table. If the summary holds a
// heading, that heading is used.
func (w *writer) startName(kind int, holdsHeading bool) {
	last := len(w.regions) - 1
	inItem := w.prefix == "" && len(w.lists) > 0 && len(w.buf) > 0
	if last < 0 || w.regions[last].kind != kind || w.inCell() || w.depth >= maxPanel || inItem {
		return
	}
	w.flush()
	if holdsHeading {
		w.regions[last].level = unknownLevel
		return
	}
	w.level, w.naming = w.depth+1, true
	w.regions[last].level = w.level
	w.prefix = strings.Repeat("#", w.level) + " "
	w.push(title, 0)
}

// maxPanel is the lowest level of a heading that a panel may be under. 2 levels
// must remain: one for the panel's heading and one for the headings in it.
const maxPanel = 4

// startPanel opens the panel of a tab or an accordion, if the element is one.
func (w *writer) startPanel() {
	e := &w.e
	if i, ok := w.tabOf(e); ok {
		switch t := w.tabs[i]; {
		case !t.inside:
			w.panel(t.name, true)
		case !w.term && w.depth > 0 && w.level == 0:
			w.push(panel, w.depth)
		}
		return
	}
	if w.pending == nil || !containers[e.tag] {
		return
	}
	name := w.pending.name
	w.pending = nil
	w.panel(name, true)
}

// containers are the elements that may be the panel of the button before.
var containers = extract.Words("div section article p ul ol dl table pre blockquote aside figure main form fieldset")

// tabOf returns the tab of a panel: the one that refers to the panel or that
// the panel refers to, or else the first tab without a panel.
func (w *writer) tabOf(e *element) (int, bool) {
	if len(w.tabs) == 0 || !containers[e.tag] && e.role != "tabpanel" {
		return 0, false
	}
	i, ok := w.named[e.labelled]
	if !ok && e.id != "" {
		i, ok = w.panels[e.id]
	}
	isPanel := e.isPanel(w.panes)
	for k := 0; !ok && k < len(e.controls) && (isPanel || e.hidden || e.silent); k++ {
		i, ok = w.panels[e.controls[k]]
	}
	switch {
	case ok:
		return i, w.tabs[i].isName()
	case !isPanel || len(w.queue) == 0:
		return 0, false
	}
	i, w.queue, w.taken = w.queue[0], w.queue[1:], true
	return i, true
}

// panel writes the name of a panel as a heading. If the panel is an element,
// its text ends with the element.
func (w *writer) panel(name string, isElement bool) {
	if w.inCell() {
		w.space = true
		w.word([]byte(name + ":"))
		w.space = true
		return
	}
	w.flush()
	w.prefix, w.level, w.naming = "", 0, false
	if w.depth >= maxPanel {
		w.emit("", extract.Escape(name), w.line, paragraph)
		return
	}
	level := w.depth + 1
	w.writeHeading(level, name, w.line)
	if isElement {
		w.push(panel, level)
	}
}

// startHeading begins a heading. In a panel, it is below the heading of the
// panel.
func (w *writer) startHeading(level int) {
	if w.pending != nil && w.pending.text {
		w.writePending()
	}
	w.flush()
	last := len(w.regions) - 1
	for i := last; i >= 0; i-- {
		r := &w.regions[i]
		if r.level <= 0 {
			continue
		}
		if r.shift == unknownShift {
			r.shift = max(0, r.level+1-level)
		}
		level = min(6, max(level+r.shift, r.level+1))
		break
	}
	if last >= 0 && w.regions[last].level == unknownLevel {
		w.regions[last].level = level
	}
	w.level = level
	w.prefix = strings.Repeat("#", level) + " "
}

func (w *writer) writeHeading(level int, t string, line int) {
	if level <= w.ended {
		w.ended = 0
	}
	w.emit(strings.Repeat("#", level)+" ", t, line, paragraph)
	w.depth = level
}

// maxBase is how many bytes before raised text are read, to find out what the
// raised text is.
const maxBase = 80

// endRaised writes raised text in the form for a line: 10^6.
func (w *writer) endRaised() {
	at := w.raisedAt - 1
	w.raisedAt = 0
	if at < 0 || at > len(w.buf) {
		return
	}
	r := raisedText{
		base: string(w.buf[max(0, at-maxBase):at]), text: strings.TrimSpace(string(w.buf[at:])),
		spaced: w.spaced, linked: w.raisedLink, cell: w.inCell(),
	}
	w.buf = w.buf[:at]
	t, apart := r.write(w.survey)
	if w.lost = ""; t == "" {
		w.lost, w.apart = r.text, w.space
		w.space = w.space || w.spaced
		return
	}
	if len(w.buf) > 0 && (w.spaced || apart) {
		w.buf = append(w.buf, ' ')
	}
	w.buf = append(w.buf, t...)
}

// restore puts raised text back if the next word s shows that it was not the
// mark of a note, but the numerator of a fraction, the mass of an isotope or a
// power in an equation. It returns the text to write for s.
func (w *writer) restore(s []byte) []byte {
	t, before := w.lost, len(w.buf) > 0
	w.lost = ""
	if w.spaced && !w.apart && strings.IndexByte(".,;:!?)", s[0]) >= 0 {
		w.space = false
	}
	if t == "" || strings.Trim(t, "0123456789") != "" {
		return s
	}
	slash := !w.apart && (bytes.HasPrefix(s, []byte("/")) || bytes.HasPrefix(s, []byte("⁄")))
	switch {
	case slash, !w.apart && len(t) > 1 && (w.spaced || !before) && isChemical(s):
		w.space = w.space || before
		return append([]byte(t), s...)
	case s[0] == '=' && before && !w.spaced:
		w.buf = append(w.buf, power(t, false)...)
	}
	return s
}

// isChemical reports whether s begins with the symbol of an element: one or
// two letters.
func isChemical(s []byte) bool {
	n := 0
	for n < len(s) && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
		n++
	}
	return n > 0 && n < 3 && s[0] < 'a' && (n == 1 || s[1] >= 'a') && (n == len(s) || s[n] < utf8.RuneSelf)
}
