package rtf

import (
	"slices"
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// A flow is a text that stands by itself: that of the document, of a note, of a
// frame.
type flow struct {
	held     bool
	note     bool
	text     []byte // of the paragraph
	plain    bool   // some of it is not bold
	label    string // of the item
	labelled bool
	blocks   []block // if held
	after    []block // notes and frames of the paragraph

	rows  []row
	row   row
	cell  []string // paragraphs of the cell
	flat  bool     // some of the cell is not bold
	edges []edge   // of the row that is described
	next  edge
}

// A block is what was read of a flow that is held.
type block struct {
	kind  kind
	level int
	label string
	text  string
	rows  []row
}

type kind int

const (
	paragraph kind = iota
	heading
	item
	code
	tabular
)

// A row of a table.
type row struct {
	cells []sheet.Cell
	right []int // where each cell ends
	head  bool
}

// An edge is the right side of a cell, and what the cell is merged with.
type edge struct {
	at          int
	left, above bool
}

func (r *reader) top() *flow { return r.flows[len(r.flows)-1] }

// maxFlows bounds how deep notes and frames are nested.
const maxFlows = 16

func (r *reader) startFlow(note bool) {
	if len(r.flows) == maxFlows || r.deep > 0 {
		return
	}
	r.flows = append(r.flows, &flow{held: true, note: note})
	r.state.style, r.outline, r.level, r.list, r.table = 0, 0, 0, false, false
}

// endFlow puts a flow that has ended below the paragraph, list or table that
// it is in.
func (r *reader) endFlow() {
	r.endParagraph()
	r.endTable()
	f := r.top()
	r.flows = r.flows[:len(r.flows)-1]
	r.top().after = append(r.top().after, f.blocks...)
}

// text adds text to the paragraph, unless it is not seen.
func (r *reader) text(t string) {
	if r.hidden || r.deleted {
		return
	}
	f := r.top()
	if !r.bold && strings.TrimSpace(t) != "" {
		f.plain = true
	}
	f.text = append(f.text, t...)
}

// paragraphEnd reads the end of a paragraph. One that is hidden or deleted joins
// two paragraphs.
func (r *reader) paragraphEnd() {
	if r.skip = 0; r.dest != body || r.hidden || r.deleted {
		return
	}
	r.decode()
	r.endParagraph()
}

func (r *reader) endParagraph() {
	f := r.top()
	t, label, labelled, plain := strings.Trim(string(f.text), " \n"), f.label, f.labelled, f.plain
	f.text, f.label, f.labelled, f.plain = f.text[:0], "", false, false
	if r.table || len(f.row.cells) > 0 {
		if label = extract.OneLine(label); label != "" && t != "" && !isBullet(label) {
			t = label + " " + t
		}
		f.add(t, plain)
		return
	}
	r.endTable()
	b := block{text: t}
	switch level := r.headingLevel(); {
	case t == "" && !r.isCode():
	case level != 0 && !f.note:
		b.kind, b.level = heading, level
		if label = extract.OneLine(label); label != "" && !isBullet(label) {
			b.text = label + " " + t
		}
	case labelled || r.list:
		b.kind, b.level, b.label = item, r.level+1, label
	case r.isCode():
		b.kind = code
	}
	r.emit(b)
	after := f.after
	f.after = nil
	for _, a := range after {
		if b.kind == item && !f.held {
			r.later = append(r.later, a)
		} else {
			r.emit(a)
		}
	}
}

// isBullet reports whether a label has no number.
func isBullet(label string) bool {
	return strings.IndexFunc(label, func(c rune) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }) < 0 || label == "o"
}

func (f *flow) add(t string, plain bool) {
	if t != "" {
		f.cell = append(f.cell, t)
		f.flat = f.flat || plain
	}
}

// emit puts a block into the flow that is open.
func (r *reader) emit(b block) {
	if f := r.top(); f.held {
		f.blocks = append(f.blocks, b)
		return
	}
	if b.kind != item && len(r.later) > 0 && (b.text != "" || b.kind == tabular) {
		later := r.later
		r.later = nil
		for _, l := range later {
			r.write(l)
		}
	}
	r.write(b)
}

func (r *reader) write(b block) {
	switch b.kind {
	case heading:
		if b.level == titleLevel {
			r.w.SetTitle(b.text)
			b.level = 1
		}
		r.w.Heading(b.level, b.text)
	case item:
		if isBullet(b.label) {
			b.label = ""
		}
		r.w.Item(b.level, b.label, b.text)
	case code:
		r.w.Code(b.text)
	case tabular:
		r.writeTable(b.rows)
	default:
		if b.text != "" {
			r.w.Paragraph(b.text)
		}
	}
}

// finish writes the rest at the end.
func (r *reader) finish() {
	for len(r.flows) > 1 {
		r.endFlow()
	}
	r.endParagraph()
	r.table = false
	if len(r.top().cell) > 0 || len(r.top().row.cells) > 0 {
		r.rowEnd()
	}
	r.endTable()
	for _, b := range append(r.top().after, r.later...) {
		r.write(b)
	}
}

// titleLevel is the level of the title of a document, above all headings.
const titleLevel = -1

// maxChain bounds how many styles one is based on; some are based on
// themselves.
const maxChain = 32

// headingLevel returns the level of the heading that the paragraph is, or 0.
func (r *reader) headingLevel() int {
	if r.outline != 0 {
		return max(r.outline, 0)
	}
	at := r.state.style
	for range maxChain {
		s := r.styles[at]
		if s == nil {
			break
		}
		if level := s.heading(); level != 0 {
			return level
		}
		if s.outline != 0 {
			return max(s.outline, 0)
		}
		at = s.based
	}
	return 0
}

// heading returns the level that the name of a style says.
func (s *style) heading() int {
	name := strings.ToLower(s.title())
	if name == "title" {
		return titleLevel
	}
	if n, ok := strings.CutPrefix(name, "heading "); ok {
		if level, err := strconv.Atoi(n); err == nil && level > 0 && level < 10 {
			return level
		}
	}
	return 0
}

func (s *style) title() string {
	name, _, _ := strings.Cut(string(s.name), ";")
	return extract.OneLine(name)
}

// isCode reports whether the paragraph is code, by its style.
func (r *reader) isCode() bool {
	s := r.styles[r.state.style]
	if s == nil {
		return false
	}
	switch s.title() {
	case "HTML Preformatted", "Preformatted Text", "Source Code":
		return true
	}
	return false
}

func firstWord(t string) string {
	for w := range strings.FieldsSeq(t) {
		return strings.ToUpper(w)
	}
	return ""
}

// rowWord reads what describes a row of a table.
func (r *reader) rowWord(word string, n int) {
	f := r.top()
	switch word {
	case "trowd":
		f.edges, f.next, f.row.head = f.edges[:0], edge{}, false
	case "trhdr":
		f.row.head = true
	case "clmrg":
		f.next.left = true
	case "clvmrg":
		f.next.above = true
	case "cellx":
		f.next.at = n
		if len(f.edges) < maxColumns {
			f.edges = append(f.edges, f.next)
		}
		f.next = edge{}
	}
}

// maxColumns bounds the cells in a row of a table.
const maxColumns = 1000

// nestedEnd ends a cell or row of a table within a cell. It is text of the outer
// cell.
func (r *reader) nestedEnd() {
	f := r.top()
	f.add(strings.Trim(string(f.text), " \n"), f.plain)
	f.text, f.plain, f.label, f.labelled = f.text[:0], false, "", false
}

func (r *reader) cellEnd() {
	r.nestedEnd()
	f := r.top()
	f.row.cells = append(f.row.cells, sheet.Cell{Text: strings.Join(f.cell, " "), Bold: len(f.cell) > 0 && !f.flat})
	f.cell, f.flat = nil, false
	if r.cells++; r.cells > r.most {
		r.w.Out.Fail(extract.MaxCells.Exceeded("split it", "there are over %d cells in a table", r.most))
	}
}

// rowEnd ends a row: the cells get their places, and those that are merged the
// text that they show.
func (r *reader) rowEnd() {
	f := r.top()
	if len(f.cell) > 0 || len(f.text) > 0 {
		r.cellEnd()
	}
	got := f.row
	f.row = row{head: got.head}
	if sheet.IsEmptyRow(got.cells) {
		return
	}
	out := row{head: got.head}
	var above row
	if n := len(f.rows); n > 0 {
		above = f.rows[n-1]
	}
	for i, c := range got.cells {
		e := edge{}
		if i < len(f.edges) {
			e = f.edges[i]
		}
		if n := len(out.cells); e.left && n > 0 {
			out.right[n-1] = e.at
			out.cells[n-1].Text = strings.TrimSpace(out.cells[n-1].Text + " " + c.Text)
			continue
		}
		if e.above && c.Text == "" {
			c = r.above(above, e.at)
		}
		out.cells, out.right = append(out.cells, c), append(out.right, e.at)
	}
	f.rows = append(f.rows, out)
}

// above returns the cell of the row above that ends at the same place.
func (r *reader) above(row row, right int) sheet.Cell {
	i := slices.Index(row.right, right)
	if i < 0 || r.w.Spare < len(row.cells[i].Text) {
		return sheet.Cell{}
	}
	r.w.Spare -= len(row.cells[i].Text)
	return row.cells[i]
}

// endTable puts the table that has ended into the flow.
func (r *reader) endTable() {
	f := r.top()
	if len(f.rows) == 0 {
		return
	}
	rows := f.rows
	f.rows = nil
	r.emit(block{kind: tabular, rows: rows})
	after := f.after
	f.after = nil
	for _, a := range after {
		r.emit(a)
	}
}

// writeTable writes a table. A cell spans the columns whose right sides are
// within it, if there is a row with a cell for each of them.
func (r *reader) writeTable(rows []row) {
	edges, widest := columnsOf(rows)
	t := r.w.Table(false)
	for _, row := range rows {
		r.cells -= len(row.cells)
		last := -1
		for i := range row.cells {
			if len(edges) > widest {
				break
			}
			at, _ := slices.BinarySearch(edges, row.right[i]-near)
			row.cells[i].Cols = max(at-last, 1)
			last = max(at, last+1)
		}
		t.Add(sheet.Row{Cells: row.cells, Head: row.head})
	}
	t.End()
}

// near is how far apart the sides of cells may be that are one, in twentieths
// of a point.
const near = 40

// columnsOf returns the right sides of all cells, and how many cells the
// longest row has.
func columnsOf(rows []row) (edges []int, widest int) {
	var all []int
	for _, r := range rows {
		all = append(all, r.right...)
		widest = max(widest, len(r.cells))
	}
	slices.Sort(all)
	for _, e := range all {
		if n := len(edges); n == 0 || e-edges[n-1] > near {
			edges = append(edges, e)
		}
	}
	return edges, widest
}
