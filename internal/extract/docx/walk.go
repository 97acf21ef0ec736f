package docx

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// A walker reads parts of text, tag by tag. It does not recurse, however deep
// tags are nested.
type walker struct {
	*document
	*writer
	out *extract.Output

	open    []element
	skipped int // open tags of the part that is left out
	hidden  int // open tags whose text no reader sees
	flow    *flow
	tables  int // open ones
	size    int64
	noted   []block  // notes that wait for the end of the block
	unread  string   // the name of a file inside that is not read
	asking  []asking // content controls that are open and wait for words

	said bool // there is text of the document

	figures  map[string]bool // that were read
	brackets []*brackets     // of the formula

	title, heading string // the first ones

	fields  []field
	veiled  int // fields whose text is not seen
	settled int // fields that were open when the last paragraph ended
}

// An element is an open tag.
type element struct {
	name   string // of those of Word; that of the one around it for those that only choose
	hides  bool
	prompt string // of a content control: the name of its prompt
	ends   func()
	chose  bool // one of several versions was read
}

// A flow is text that is read from its beginning to its end: that of the document, a
// cell, a note or a text box.
type flow struct {
	outer  *flow
	direct bool    // its blocks are written at once
	blocks []block // those that are not
	par    *paragraph
	joined *paragraph // whose mark was deleted, so that it goes on with the next one
	table  *table
	cell   *cell
	levels []int // of the list at its end
	fields int   // that were open before it
}

// Namespaces, in the transitional and the strict form of the standard.
const (
	wordNS       = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	wordStrictNS = "http://purl.oclc.org/ooxml/wordprocessingml/main"
	mathNS       = "http://schemas.openxmlformats.org/officeDocument/2006/math"
	mathStrictNS = "http://purl.oclc.org/ooxml/officeDocument/math"
	choiceNS     = "http://schemas.openxmlformats.org/markup-compatibility/2006"
	drawnNS      = "urn:schemas-microsoft-com:vml"
	shapeNS      = "http://schemas.openxmlformats.org/drawingml/2006/main"
	shapeStrict  = "http://purl.oclc.org/ooxml/drawingml/main"
)

// part reads a part of text into a flow. Why it cannot be read ends the output.
func (w *walker) part(name string, f *flow) {
	d, err := openPart(w.archive, name, false)
	if err != nil {
		w.out.Fail(parts.Broken(name, err))
		return
	}
	w.flow, w.open, w.skipped, w.hidden = f, w.open[:0], 0, 0
	w.fields, w.veiled, w.settled, w.asking = nil, 0, 0, nil
	for w.out.Err() == nil {
		t, err := d.Token()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				w.out.Fail(parts.Broken(name, err))
			}
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			w.start(t)
		case xml.EndElement:
			w.end()
		case xml.CharData:
			w.text(t)
		}
	}
	w.endFlow(f)
}

func (w *walker) start(e xml.StartElement) {
	parent := ""
	if n := len(w.open); n > 0 {
		parent = w.open[n-1].name
	}
	w.open = append(w.open, element{})
	if w.skipped > 0 {
		w.skipped++
		return
	}
	switch e.Name.Space {
	case wordNS, wordStrictNS:
		w.top().name = e.Name.Local
		w.word(e, parent)
	case mathNS, mathStrictNS:
		w.math(e, parent)
	case choiceNS:
		w.top().name = parent
		w.choice(e.Name.Local)
	case drawnNS:
		if e.Name.Local == "textpath" {
			w.drawn(attribute(e, "string"))
		}
	case shapeNS, shapeStrict:
		w.shape(e, parent)
	default:
		w.foreign(e)
	}
}

// top is the tag that was opened last.
func (w *walker) top() *element { return &w.open[len(w.open)-1] }

// leaveOut leaves out the tag that was opened last, with all in it.
func (w *walker) leaveOut() { w.skipped = 1 }

// hide hides the text of the tag that was opened last.
func (w *walker) hide() {
	w.top().hides = true
	w.hidden++
}

func (w *walker) end() {
	e := w.top()
	w.open = w.open[:len(w.open)-1]
	if w.skipped > 0 {
		w.skipped--
		return
	}
	if e.hides {
		w.hidden--
	}
	if e.ends != nil {
		e.ends()
	}
}

// choice reads the first of several versions of the same thing.
func (w *walker) choice(tag string) {
	if tag != "Choice" && tag != "Fallback" || len(w.open) < 2 {
		return
	}
	around := &w.open[len(w.open)-2]
	if around.chose {
		w.leaveOut()
	}
	around.chose = true
}

// attribute returns the value of an attribute, in any namespace, or "".
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// isSet returns whether a tag that turns something on or off turns it on.
func isSet(e xml.StartElement) bool {
	v := attribute(e, "val")
	return v == "" || isOn(v)
}

// word reads a tag of Word.
func (w *walker) word(e xml.StartElement, parent string) {
	if strings.HasSuffix(e.Name.Local, "Change") { // how it was before
		w.leaveOut()
		return
	}
	switch parent {
	case "pPr", "numPr":
		w.paragraphSetting(e)
	case "rPr":
		w.runSetting(e)
	case "tblPr", "trPr", "tcPr", "tblGrid":
		w.tableSetting(e)
	case "sdtPr", "docPartObj", "placeholder":
		w.controlSetting(e)
	case "r":
		w.inRun(e)
	case "fldChar", "ffData", "checkBox", "ddList":
		w.formSetting(e)
	default:
		w.block(e)
	}
}

// block reads a tag that holds others.
func (w *walker) block(e xml.StartElement) {
	switch e.Name.Local {
	case "p":
		w.startParagraph()
	case "r":
		if p := w.flow.par; p != nil {
			p.run = run{}
		}
	case "t": // in a part of a run that only chooses
		w.inRun(e)
	case "tbl":
		w.startTable()
	case "tr":
		w.startRow()
	case "tc":
		w.startCell()
	case "txbxContent":
		w.startBox()
	case "del", "moveFrom":
		w.hide()
	case "fldSimple":
		if isListing(attribute(e, "instr")) {
			w.hide()
		}
	case "footnote", "endnote":
		w.startNote(e.Name.Local, attribute(e, "id"))
	case "altChunk":
		w.inserted(attribute(e, "id"))
	case "sectPr", "sdtEndPr", "rubyPr", "rt", "background", "tblPrEx", "docPartPr", "smartTagPr", "customXmlPr":
		w.leaveOut()
	}
}

// startNote reads a note into its own flow. It is written where the text refers
// to it.
func (w *walker) startNote(kind, id string) {
	f := w.push()
	w.top().ends = func() {
		w.pop(f)
		w.notes[kind+id] = f.blocks
	}
}

// refer remembers to write the note behind the paragraph, or behind the list or
// table around it.
func (w *walker) refer(kind, id string) {
	if !w.seen() {
		return
	}
	p := w.flow.par
	p.notes = append(p.notes, w.notes[kind+id]...)
	delete(w.notes, kind+id)
}

// push begins a flow inside the current one.
func (w *walker) push() *flow {
	w.flow = &flow{outer: w.flow, fields: len(w.fields)}
	return w.flow
}

// pop ends a flow, and those in it that have not ended.
func (w *walker) pop(f *flow) {
	w.endFlow(f)
	w.flow = f.outer
	w.dropFields(f.fields)
}

// endFlow ends what is open in a flow.
func (w *walker) endFlow(f *flow) {
	w.flow = f
	if f.par != nil { // its end is missing, because the XML is broken
		w.endParagraph()
	}
	w.endJoined()
	if f.table != nil {
		w.endTable()
	}
}

// count counts text. It ends the output where there is too much.
func (w *walker) count(n int) {
	if w.size += int64(n); w.size > w.limits.Bytes {
		w.out.Fail(multivac.Errorf(multivac.ErrTooLarge, "split it", "there are over %d bytes of text in it", w.limits.Bytes))
	}
}
