package odf

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/blocks"
	"multivac/internal/extract/parts"
	"multivac/internal/extract/sheet"
)

// A reader reads a document element by element. It does not recurse, however
// deep they are nested.
type reader struct {
	w       *blocks.Writer
	limits  extract.Limits
	styles  *styles
	names   names
	archive *parts.Archive // nil for flat XML
	title   string
	named   bool // the title is being read
	body    bool // there is one
	inBody  bool
	cells   int // cells that are held

	open []func() // what ends each open element; nil for most
	skip int      // how many elements are open in one that is left out

	flows  []*flow
	later  []block // notes and frames of a list or table, which come below it
	counts map[counter]int
	ids    map[string]int // the last number of each list
	heads  [11]int        // the numbers of headings, by level

	chart  bool // in a chart
	object bool // in an embedded object
	math   []mathElement

	slides slides
	sheets sheets
}

// A flow is a text that stands by itself: that of the document, of a frame, of a
// note.
type flow struct {
	para   *para
	lists  []list
	table  *table
	cell   *cell
	held   bool
	note   bool
	blocks []block // if held
}

// A para is a paragraph that is being read.
type para struct {
	text   []byte
	bold   bool // what comes next is
	plain  bool // some of it is not
	hidden bool // a field says that it is not shown
	after  []block
}

// A block is what has been read of a flow that is held.
type block struct {
	kind  kind
	level int
	label string
	text  string
	plain bool // not all of it is bold
	rows  []sheet.Row
}

type kind int

const (
	paragraph kind = iota
	heading
	item
	more
	code
	tabular
)

// left are the elements of which nothing is read.
var left = extract.Words(`text:tracked-changes table:tracked-changes office:annotation office:forms office:scripts office:event-listeners
	office:binary-data office:master-styles office:settings office:font-face-decls office:dde-source svg:title svg:desc text:ruby-text text:note-citation
	text:table-of-content text:alphabetical-index text:illustration-index text:table-index text:object-index text:user-index
	text:sequence-decls text:variable-decls text:user-field-decls text:placeholder text:number text:script draw:page-thumbnail
	table:dde-links table:named-expressions table:content-validations table:database-ranges table:data-pilot-tables table:consolidation
	math:annotation math:annotation-xml presentation:settings`)

// part reads a part of the document.
func (r *reader) part(name string, d *xml.Decoder) error {
	if len(r.flows) == 0 {
		r.flows, r.names = []*flow{{}}, names{}
		r.counts, r.ids = map[counter]int{}, map[string]int{}
	}
	for last := int64(0); r.w.Out.Err() == nil; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return parts.Broken(name, err)
		}
		r.w.Spare += int(d.InputOffset() - last)
		last = d.InputOffset()
		switch t := t.(type) {
		case xml.StartElement:
			r.startElement(element{r.names.of(t.Name), t.Attr})
		case xml.EndElement:
			r.endElement()
		case xml.CharData:
			if r.skip == 0 {
				r.text(t)
			}
		}
	}
	if !r.object {
		r.flushLater()
	}
	return r.w.Out.Err()
}

func (r *reader) startElement(e element) {
	if r.skip > 0 || r.leavesOut(e) {
		r.skip++
		return
	}
	if len(r.open) > maxOpen {
		r.w.Out.Fail(multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: over %d elements are open in each other", maxOpen))
		return
	}
	var end func()
	switch {
	case r.inBody:
		end = r.start(e)
	case e.tag == "office:body":
		r.body, r.inBody = true, true
		end = func() { r.inBody = false }
	case e.tag == "dc:title":
		r.named = r.title == ""
		end = func() { r.named = false }
	default:
		r.styles.start(e)
		end = func() { r.styles.end(e.tag) }
	}
	r.open = append(r.open, end)
}

// maxOpen bounds how deep elements are nested.
const maxOpen = 10_000

func (r *reader) endElement() {
	if r.skip > 0 {
		r.skip--
		return
	}
	n := len(r.open) - 1
	end := r.open[n]
	r.open = r.open[:n]
	if end != nil {
		end()
	}
}

// leavesOut reports whether no reader of the document sees the element.
func (r *reader) leavesOut(e element) bool {
	if left[e.tag] || e.get("text:display") == "none" && r.inBody {
		return true
	}
	switch e.tag {
	case "text:p", "text:h":
		return r.styles.hidden("paragraph", e.get("text:style-name"))
	case "text:span":
		return r.styles.hidden("text", e.get("text:style-name"))
	case "text:section", "text:hidden-text":
		return e.get("text:is-hidden") == "true"
	case "table:table":
		return r.styles.hidden("table", e.get("table:style-name")) && !(r.limits.Hidden && r.sheets.any) || r.chart && r.sheets.any
	case "loext:content-control":
		return e.get("loext:showing-place-holder") == "true"
	case "draw:frame", "draw:custom-shape", "draw:rect":
		return e.get("presentation:placeholder") == "true" || running[e.get("presentation:class")]
	}
	return false
}

// start reads the start of an element of the body, and returns what ends it.
func (r *reader) start(e element) func() {
	switch e.tag {
	case "text:p", "text:h":
		return r.startParagraph(e)
	case "text:span", "text:s", "text:tab", "text:line-break", "text:hidden-paragraph", "text:conditional-text":
		return r.inline(e)
	case "text:list", "text:list-item", "text:list-header":
		return r.startList(e)
	case "text:note-body":
		return r.startFlow(true)
	case "office:spreadsheet":
		r.sheets.any = true
	case "chart:chart":
		before := r.chart
		r.chart = true
		return func() { r.chart = before }
	case "draw:page", "presentation:notes":
		return r.startSlide(e)
	case "draw:object":
		return r.startObject(e)
	}
	switch {
	case shapes[e.tag]:
		return r.startShape(e)
	case strings.HasPrefix(e.tag, "table:"):
		if r.sheets.any && !r.chart {
			return r.startSheet(e)
		}
		return r.startTable(e)
	case strings.HasPrefix(e.tag, "math:"):
		return r.startMath(e)
	}
	return nil
}

// shapes are the elements that may have a text of their own.
var shapes = extract.Words(`draw:frame draw:custom-shape draw:rect draw:ellipse draw:circle draw:line draw:polyline draw:polygon
	draw:regular-polygon draw:path draw:connector draw:caption draw:measure`)

func (r *reader) top() *flow { return r.flows[len(r.flows)-1] }

// maxFlows bounds how deep frames and notes are nested in each other. What is
// deeper is read as text of the outer one.
const maxFlows = 16

// startFlow begins a text that stands by itself.
func (r *reader) startFlow(note bool) func() {
	if len(r.flows) == maxFlows {
		return nil
	}
	r.flows = append(r.flows, &flow{held: true, note: note})
	return func() { r.place(r.endFlow()) }
}

func (r *reader) endFlow() *flow {
	f := r.top()
	r.flows = r.flows[:len(r.flows)-1]
	return f
}

// place puts a flow that has ended where it belongs: below the paragraph that
// it is in, or below the list or table.
func (r *reader) place(f *flow) {
	outer := r.top()
	switch {
	case r.sheets.any:
		r.later = append(r.later, f.blocks...)
	case outer.cell != nil && !f.note:
		for _, b := range f.blocks {
			outer.cell.add(b)
		}
	case len(outer.lists) > 0 || outer.table != nil:
		r.later = append(r.later, f.blocks...)
	case outer.para != nil:
		outer.para.after = append(outer.para.after, f.blocks...)
	default:
		r.emitAll(f.blocks)
	}
}

func (r *reader) emitAll(all []block) {
	for _, b := range all {
		r.emit(b)
	}
}

// emit puts a block into the open flow.
func (r *reader) emit(b block) {
	f := r.top()
	switch {
	case b.kind != tabular && strings.TrimSpace(b.text) == "" && b.kind != code:
	case f.cell != nil:
		f.cell.add(b)
	case f.held:
		f.blocks = append(f.blocks, b)
	default:
		r.write(b)
	}
}

// flushLater writes what had to wait for the end of a list or table.
func (r *reader) flushLater() {
	all := r.later
	r.later = nil
	r.emitAll(all)
}

func (r *reader) write(b block) {
	switch b.kind {
	case heading:
		r.w.Heading(b.level, b.text)
	case item:
		r.w.Item(b.level, b.label, b.text)
	case more:
		r.w.More(b.level, b.text)
	case code:
		r.w.Code(b.text)
	case tabular:
		t := r.w.Table(false)
		for _, row := range b.rows {
			t.Add(row)
			r.cells -= len(row.Cells)
		}
		t.End()
	default:
		r.w.Paragraph(b.text)
	}
}

// text adds characters to the open paragraph.
func (r *reader) text(t []byte) {
	switch f := r.top(); {
	case r.named:
		if len(r.title) < multivac.MaxTitle {
			r.title += string(t)
		}
	case !r.inBody:
	case len(r.math) > 0:
		r.mathText(t)
	case f.para != nil:
		f.para.add(t)
	}
}

// add adds characters: each run of white space is one space, none at the
// beginning.
func (p *para) add(t []byte) {
	for _, c := range t {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			if n := len(p.text); n > 0 && p.text[n-1] != ' ' && p.text[n-1] != '\n' {
				p.text = append(p.text, ' ')
			}
			continue
		}
		p.plain = p.plain || !p.bold
		p.text = append(p.text, c)
	}
}

// startParagraph begins a paragraph or heading.
func (r *reader) startParagraph(e element) func() {
	var ended func()
	if r.top().para != nil { // a paragraph in a paragraph
		if ended = r.startFlow(false); ended == nil {
			r.top().para.add([]byte(" "))
			return nil
		}
	}
	f, name := r.top(), e.get("text:style-name")
	f.para = &para{bold: r.styles.bold("paragraph", name) > 0}
	if f.cell != nil {
		f.cell.seen = true
		f.cell.header = f.cell.header || r.styles.is(name, "Table_20_Heading")
	}
	b := r.blockOf(e, f)
	return func() {
		p := f.para
		f.para = nil
		b.text, b.plain = strings.TrimRight(string(p.text), " \n"), p.plain
		if p.hidden {
			b.text = ""
		}
		if b.kind == heading && b.text != "" && b.label != "" {
			b.text = b.label + " " + b.text
		}
		if b.kind == heading && b.level == titleLevel {
			b.level = 1
			r.w.SetTitle(b.text)
		}
		r.emit(b)
		if len(f.lists) > 0 {
			r.later = append(r.later, p.after...)
		} else {
			r.emitAll(p.after)
		}
		if ended != nil {
			ended()
		}
	}
}

// titleLevel is the level of the title of a document, above all headings.
const titleLevel = -1

// blockOf returns what a paragraph is: a heading, an item or the like.
func (r *reader) blockOf(e element, f *flow) block {
	name := e.get("text:style-name")
	if e.tag == "text:h" {
		level := e.count("text:outline-level")
		return block{kind: heading, level: level, label: r.headingLabel(e, level, f)}
	}
	switch n := len(f.lists); {
	case n > 0 && f.lists[n-1].pending:
		l := &f.lists[n-1]
		l.pending, l.said = false, true
		return block{kind: item, level: n, label: r.label(f.lists)}
	case n > 0 && !f.lists[n-1].said:
		return block{kind: paragraph}
	case n > 0:
		return block{kind: more, level: n}
	case r.styles.is(name, "Title") && !r.slides.any:
		return block{kind: heading, level: titleLevel}
	case r.styles.is(name, "Preformatted_20_Text", "Source_20_Code"):
		return block{kind: code}
	}
	if level := r.styles.heading(name); level > 0 {
		return block{kind: heading, level: level}
	}
	return block{kind: paragraph}
}

// inline reads elements within a paragraph.
func (r *reader) inline(e element) func() {
	p := r.top().para
	if p == nil {
		return nil
	}
	switch e.tag {
	case "text:tab":
		p.text = append(p.text, ' ')
	case "text:line-break":
		p.text = append(p.text, '\n')
	case "text:s":
		n := min(e.count("text:c"), maxSpaces)
		if n > 1 && r.w.Spare < n {
			n = 1
		}
		r.w.Spare -= n
		p.text = append(p.text, slices.Repeat([]byte(" "), n)...)
	case "text:hidden-paragraph":
		if e.get("text:is-hidden") == "true" {
			p.hidden = true
		}
	case "text:span":
		bold := r.styles.bold("text", e.get("text:style-name"))
		if bold != 0 && p.bold != (bold > 0) {
			before := p.bold
			p.bold = bold > 0
			return func() { p.bold = before }
		}
	}
	return nil
}

// maxSpaces is how many spaces one element stands for at most.
const maxSpaces = 200
