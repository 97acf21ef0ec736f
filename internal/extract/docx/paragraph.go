package docx

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"multivac/internal/extract"
)

// A paragraph is being read.
type paragraph struct {
	look     *style
	numberID string // "" where only its style says so
	level    int    // in a list; -1 where only its style says so
	outline  int    // level of a heading from 0; -1 where only its style says so
	deleted  bool   // its mark
	hidden   bool   // its mark
	text     []byte
	plain    bool // some of it is not bold
	raised   int  // where raised text ends
	run      run
	notes    []block // that it refers to
	after    []block // text boxes that hang on it
}

// A run is text that looks alike.
type run struct {
	look   *style
	hidden state
	bold   state
	raised bool
	struck bool
	font   string
}

// A state is that of a property which may be left to the style.
type state int8

const (
	unset state = iota
	on
	off
)

func stateOf(e xml.StartElement) state {
	if isSet(e) {
		return on
	}
	return off
}

// is returns whether a property is on. What is not set in the run is so by its
// style, or by that of the paragraph.
func (s state) is(character, paragraph bool) bool {
	return s == on || s == unset && (character || paragraph)
}

// startParagraph begins a paragraph.
func (w *walker) startParagraph() {
	f, end := w.inner()
	f.par = &paragraph{look: w.styles.of(w.styles.standard), level: -1, outline: -1}
	w.top().ends = func() {
		w.flow = f
		w.endParagraph()
		end()
	}
}

// startBox begins a text box.
func (w *walker) startBox() {
	_, end := w.inner()
	w.top().ends = end
}

// inner returns the flow for what begins here, and what ends it. Inside of a
// paragraph it is a new one, which is written behind the paragraph.
func (w *walker) inner() (f *flow, end func()) {
	if w.flow.par == nil {
		return w.flow, func() {}
	}
	f = w.push()
	return f, func() {
		w.pop(f)
		if p := w.flow.par; p != nil {
			p.after = append(p.after, f.blocks...)
		}
	}
}

func (w *walker) paragraphSetting(e xml.StartElement) {
	p := w.flow.par
	if p == nil {
		return
	}
	switch v := attribute(e, "val"); e.Name.Local {
	case "pStyle":
		p.look = w.styles.of(v)
		if p.look.outline > 0 && !p.look.isTOC && w.veiled > 0 {
			w.endListings()
		}
	case "numId":
		p.numberID = v
	case "ilvl":
		p.level = levelOf(v)
	case "outlineLvl":
		p.outline = atoi(v, -1)
	case "sectPr":
		w.leaveOut()
	}
}

// runSetting reads a setting of a run, or of the mark of a paragraph.
func (w *walker) runSetting(e xml.StartElement) {
	p := w.flow.par
	if p == nil || len(w.open) < 3 {
		return
	}
	switch w.open[len(w.open)-3].name {
	case "pPr":
		switch e.Name.Local {
		case "del", "moveFrom":
			p.deleted = true
		case "vanish":
			p.hidden = isSet(e)
		}
	case "r":
		p.run.set(e, w.styles)
	}
}

func (r *run) set(e xml.StartElement, s *styles) {
	switch e.Name.Local {
	case "rStyle":
		r.look = s.of(attribute(e, "val"))
	case "vanish":
		r.hidden = stateOf(e)
	case "b":
		r.bold = stateOf(e)
	case "strike", "dstrike":
		r.struck = isSet(e)
	case "vertAlign":
		r.raised = attribute(e, "val") == "superscript"
	case "rFonts":
		r.font = attribute(e, "ascii")
	}
}

// inRun reads what is not letters in a run.
func (w *walker) inRun(e xml.StartElement) {
	switch e.Name.Local {
	case "tab", "ptab":
		w.put("\t")
	case "br", "cr":
		w.put("\n")
	case "noBreakHyphen":
		w.put("-")
	case "sym":
		w.put(symbol(attribute(e, "font"), attribute(e, "char")))
	case "fldChar":
		w.fieldMark(attribute(e, "fldCharType"))
	case "footnoteReference", "endnoteReference":
		w.refer(strings.TrimSuffix(e.Name.Local, "Reference"), attribute(e, "id"))
		if p := w.flow.par; p != nil && isOn(attribute(e, "customMarkFollows")) && attribute(e, "customMarkFollows") != "" {
			p.run.struck = true // the mark
		}
	}
}

// text reads the letters of the tag that was opened last.
func (w *walker) text(t []byte) {
	if w.skipped > 0 || len(w.open) == 0 {
		return
	}
	switch w.top().name {
	case "t", mathText:
		w.answer(t)
		p := w.flow.par
		if p != nil && isSymbolic(p.run.font) && bytes.IndexByte(t, 0xEF) >= 0 {
			w.put(symbols(p.run.font, string(t)))
			return
		}
		if w.seen() {
			w.append(t)
		}
	case "instrText":
		w.fieldCode(t)
	}
}

// seen reports whether text is seen here.
func (w *walker) seen() bool {
	p := w.flow.par
	if p == nil || w.hidden > 0 || w.veiled > 0 || p.run.struck || w.waits() {
		return false
	}
	return !p.run.hidden.is(p.run.look != nil && p.run.look.hidden, p.look.hidden)
}

// put adds text to the paragraph, where it is seen.
func (w *walker) put(t string) {
	if t != "" && w.seen() {
		w.append([]byte(t))
	}
}

func (w *walker) append(t []byte) {
	p := w.flow.par
	w.count(len(t))
	if !p.plain && len(bytes.TrimSpace(t)) > 0 {
		p.plain = !p.run.bold.is(p.run.look != nil && p.run.look.bold, p.look.bold)
	}
	if p.run.raised {
		t = p.raise(t)
	}
	p.text = append(p.text, t...)
	if p.run.raised {
		p.raised = len(p.text)
	}
}

// units are those that are squared or cubed.
var units = extract.Words("m cm mm km dm nm µm μm in ft yd mi s ms")

// raise returns raised text as it is written in a line: 10^6, m², 1st.
func (p *paragraph) raise(t []byte) []byte {
	before, _ := utf8.DecodeLastRune(p.text)
	digits := strings.TrimLeft(string(t), "-−+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(p.text) == p.raised || !unicode.IsLetter(before) && !unicode.IsDigit(before) && before != ')' {
		return t
	}
	word := string(p.text[bytes.LastIndexFunc(p.text, func(r rune) bool { return !unicode.IsLetter(r) })+1:])
	if units[word] || utf8.RuneCountInString(word) == 1 {
		switch string(t) {
		case "2":
			return []byte("²")
		case "3":
			return []byte("³")
		}
	}
	return append([]byte("^"), strings.ReplaceAll(string(t), "−", "-")...)
}

// endParagraph ends the paragraph of the flow.
func (w *walker) endParagraph() {
	f := w.flow
	p := f.par
	f.par = nil
	w.settleFields()
	if j := f.joined; j != nil {
		f.joined = nil
		p.text, p.plain = append(j.text, p.text...), p.plain || j.plain
		p.notes, p.after = append(j.notes, p.notes...), append(j.after, p.after...)
	}
	if p.deleted {
		f.joined = p
		return
	}
	w.addParagraph(p)
}

// endJoined writes a paragraph whose mark was deleted and which nothing follows.
func (w *walker) endJoined() {
	if p := w.flow.joined; p != nil {
		w.flow.joined = nil
		w.addParagraph(p)
	}
}

// unseenMarks are invisible characters, such as soft hyphens.
var unseenMarks = strings.NewReplacer("\u00ad", "", "\u2060", "", "\ufeff", "")

// addParagraph adds a paragraph, the notes that it refers to, and what hangs on
// it.
func (w *walker) addParagraph(p *paragraph) {
	if b, ok := w.blockOf(p); ok {
		w.add(b)
	}
	if w.noted = append(w.noted, p.notes...); w.flow.direct && len(w.flow.levels) == 0 {
		w.writeNotes()
	}
	for _, b := range p.after {
		w.add(b)
	}
}

// blockOf makes a block of a paragraph, if it has text that is seen.
func (w *walker) blockOf(p *paragraph) (block, bool) {
	raw := unseenMarks.Replace(string(p.text))
	text := strings.TrimSpace(raw)
	if text == "" && p.hidden || p.look.isTOC {
		return block{}, false
	}
	mark, inList := w.label(p)
	if text == "" && !p.look.isCode {
		return block{}, false
	}
	b := block{text: broken(raw), bold: !p.plain}
	level := p.look.outline
	if p.outline >= 0 {
		level = (p.outline + 1) % (levels + 1)
	}
	switch {
	case level > 0:
		b.kind, b.level, b.text = heading, level, mark.before(extract.OneLine(raw))
		w.named(p.look, b.text)
	case p.look.isCode:
		b.kind, b.text = code, strings.TrimRight(raw, " \t\n")
	case inList && !mark.none:
		b.kind, b.level = item, w.flow.nest(w.levelOf(p)+p.look.deeper(), w.limits.Depth)
		b.label, b.text = mark.marked(extract.OneLine(raw))
	case len(w.flow.levels) > 0 && (inList || strings.HasPrefix(p.look.name, "list ")):
		b.kind, b.level, b.text = more, len(w.flow.levels)-1, extract.OneLine(raw)
	}
	return b, true
}

// named remembers what the document may be called.
func (w *walker) named(s *style, text string) {
	if s.isTitle && w.title == "" {
		w.title = text
	}
	if w.heading == "" {
		w.heading = text
	}
}

// numberOf returns the list that a paragraph is an item of, or "".
func (p *paragraph) numberOf() string {
	id := p.numberID
	if id == "" {
		id = p.look.numberID
	}
	if id == "0" {
		return ""
	}
	return id
}

// levelOf returns the level of a paragraph in its list.
func (w *walker) levelOf(p *paragraph) int {
	switch {
	case p.level >= 0:
		return p.level
	case p.numberID != "":
		return 0
	case p.look.level >= 0:
		return p.look.level
	}
	return w.numbering.levelOfStyle(p.numberOf(), p.look.ids)
}

// label counts an item of a list, and returns what stands before it.
func (w *walker) label(p *paragraph) (label, bool) {
	id := p.numberOf()
	if id == "" {
		return label{}, false
	}
	return w.numbering.next(id, w.levelOf(p))
}

// before returns a heading with its number.
func (l label) before(text string) string {
	if l.text == "" || text == "" {
		return text
	}
	if l.glued {
		return l.text + text
	}
	return l.text + " " + text
}

// marked returns the mark of an item of Markdown, and its text. Numbers that
// Markdown does not have, such as a) and 2.1, begin the text.
func (l label) marked(text string) (mark, rest string) {
	n := len(l.text) - 1
	if n > 0 && n < 9 && (l.text[n] == '.' || l.text[n] == ')') {
		if _, err := strconv.ParseUint(l.text[:n], 10, 32); err == nil {
			return l.text + " ", text
		}
	}
	return "- ", l.before(text)
}

var symbolic = []string{"Symbol", "Wingdings", "Wingdings 2"}

func isSymbolic(font string) bool { return slices.Contains(symbolic, font) }
