package xlsx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/parts"
)

// Bounds of a sheet, as Excel has them.
const (
	maxRow    = 1 << 20
	maxColumn = 1 << 14
)

// kind is what a cell holds.
type kind uint8

const (
	value    kind = iota // a number
	byNumber             // a string by its number
	inline               // a string
	truth                // yes or no
	failed               // the error of a formula
	day                  // a date in ISO 8601
)

// A cell with content. What it shows is made when it is written, since a short
// cell may have a long format.
type cell struct {
	column int32 // from 1
	style  int32
	kind   kind
	from   uint32 // where its content begins in the grid's text; of shared strings, their number
	size   uint32
}

// A row of cells with content.
type row struct {
	number int32 // from 1
	first  int32 // of its cells in the grid
	end    int32
	hidden bool
}

// A span is a rectangle of cells.
type span struct{ top, left, bottom, right int32 }

// A grid is what a sheet holds.
type grid struct {
	cells  []cell
	rows   []row
	text   []byte // of the cells
	hidden []bool // by column
	merged []span
}

// A gridReader reads the part of a sheet.
type gridReader struct {
	*grid
	part    string
	out     *extract.Output
	left    *int // of most
	most    int  // cells that may be read
	depth   int
	inData  bool // among the rows
	row     row
	cell    cell
	inCell  bool
	rich    richText
	content []byte
	inValue bool
	ranges  int  // of columns that are hidden
	jumbled bool // rows or cells do not stand in order
}

// readGrid reads a sheet.
func readGrid(a *parts.Archive, part string, out *extract.Output, left *int, most int) (*grid, error) {
	d, err := a.XML(part)
	if err != nil {
		return nil, parts.Broken(part, err)
	}
	r := &gridReader{grid: &grid{}, part: part, out: out, left: left, most: most}
	for out.Err() == nil {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			r.order()
			return r.grid, nil
		} else if err != nil {
			return nil, parts.Broken(part, err)
		}
		if err := r.take(t); err != nil {
			return nil, err
		}
	}
	return nil, out.Err()
}

// take reads a token.
func (r *gridReader) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		if r.depth++; r.depth > maxDepth {
			return tooDeep(r.part)
		}
		r.rich.add(t)
		return r.start(t)
	case xml.EndElement:
		r.depth--
		r.rich.add(t)
		return r.end(t.Name.Local)
	case xml.CharData:
		if r.inValue {
			r.content = append(r.content, t...)
		} else if r.inCell {
			r.rich.add(t)
		}
	}
	return nil
}

func (r *gridReader) start(e xml.StartElement) error {
	switch name := e.Name.Local; {
	case name == "sheetData":
		r.inData = true
	case r.inData && name == "row":
		return r.startRow(e)
	case r.inData && name == "c":
		return r.startCell(e)
	case name == "v":
		r.inValue = r.inCell
	case name == "col":
		r.hide(e)
	case name == "mergeCell":
		if s, ok := spanOf(attribute(e, "ref")); ok && s != (span{s.top, s.left, s.top, s.left}) {
			if *r.left--; *r.left < 0 {
				return tooManyCells(r.most)
			}
			r.merged = append(r.merged, s)
		}
	}
	return nil
}

// hide notes which columns are not shown.
func (r *gridReader) hide(e xml.StartElement) {
	if r.ranges++; r.ranges > maxColumn || !isHiddenSize(e, "width") {
		return
	}
	if r.hidden == nil {
		r.hidden = make([]bool, maxColumn+1)
	}
	for c := max(number(e, "min"), 1); c <= min(number(e, "max"), maxColumn); c++ {
		r.hidden[c] = true
	}
}

// isHiddenSize reports whether a row or column is not shown: it is hidden, or of
// no size.
func isHiddenSize(e xml.StartElement, size string) bool {
	s := attribute(e, size)
	return isTrue(attribute(e, "hidden"), false) || s != "" && strings.Trim(s, "0.") == ""
}

// unhide shows all rows and columns.
func (g *grid) unhide() {
	g.hidden = nil
	for i := range g.rows {
		g.rows[i].hidden = false
	}
}

func (r *gridReader) startRow(e xml.StartElement) error {
	next := r.row.number + 1
	if n := number(e, "r"); n >= 0 {
		r.jumbled = r.jumbled || int32(min(n, maxRow)) < next
		next = int32(min(n, maxRow+1))
	}
	if next < 1 || next > maxRow {
		return r.broken("row", attribute(e, "r"))
	}
	r.row = row{number: next, first: int32(len(r.cells)), hidden: isHiddenSize(e, "ht")}
	r.cell.column = 0
	return nil
}

func (r *gridReader) startCell(e xml.StartElement) error {
	if r.row.number == 0 {
		return r.broken("cell", attribute(e, "r"))
	}
	c := cell{column: r.cell.column + 1}
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "r":
			_, column, ok := reference(a.Value)
			if !ok {
				return r.broken("cell", a.Value)
			}
			r.jumbled = r.jumbled || column < c.column
			c.column = column
		case "s":
			c.style = int32(max(number(e, "s"), 0))
		case "t":
			c.kind = map[string]kind{"s": byNumber, "inlineStr": inline, "str": inline, "b": truth, "e": failed, "d": day}[a.Value]
		}
	}
	if c.column > maxColumn {
		return r.broken("cell", attribute(e, "r"))
	}
	r.cell, r.inCell, r.content, r.rich = c, true, r.content[:0], richText{text: r.rich.text[:0]}
	return nil
}

func (r *gridReader) broken(what, where string) error {
	return multivac.Errorf(multivac.ErrInvalid, "make or fetch it again", "the file is broken: no sheet has a %s %q", what, multivac.Clip(where, 20))
}

func (r *gridReader) end(name string) error {
	switch {
	case name == "v":
		r.inValue = false
	case name == "c" && r.inCell:
		r.inCell = false
		return r.endCell()
	case name == "sheetData":
		r.inData = false
	case r.inData && name == "row":
		if r.row.end = int32(len(r.cells)); r.row.end > r.row.first {
			r.rows = append(r.rows, r.row)
		}
	}
	return nil
}

// endCell keeps a cell, if there is something in it.
func (r *gridReader) endCell() error {
	c, content := r.cell, r.content
	if len(content) == 0 && len(r.rich.text) > 0 {
		c.kind, content = inline, r.rich.text
	}
	if c.kind == inline {
		content = unescape(content)
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil
	}
	if *r.left--; *r.left < 0 {
		return tooManyCells(r.most)
	}
	c.from, c.size = uint32(len(r.text)), uint32(len(content))
	if c.kind == byNumber {
		c.from, c.size = index(content), 0
	} else {
		r.text = append(r.text, content...)
	}
	r.cells = append(r.cells, c)
	return nil
}

// index returns the number of a string, or one that no string has.
func index(content []byte) uint32 {
	n := uint32(0)
	for _, c := range content {
		if c < '0' || c > '9' || n > math.MaxInt32/10 {
			return math.MaxInt32
		}
		n = n*10 + uint32(c-'0')
	}
	return n
}

// order sorts rows and cells where the file does not have them in order.
func (g *gridReader) order() {
	if !g.jumbled {
		return
	}
	slices.SortStableFunc(g.rows, func(a, b row) int { return int(a.number - b.number) })
	for _, r := range g.rows {
		slices.SortStableFunc(g.cells[r.first:r.end], func(a, b cell) int { return int(a.column - b.column) })
	}
}

// reference returns the row and column of a cell such as B7.
func reference(t string) (row, column int32, ok bool) {
	i := 0
	for ; i < len(t) && i < 4; i++ {
		c := t[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int32(c-'A'+1)
	}
	for _, c := range []byte(t[i:]) {
		if c < '0' || c > '9' || row > maxRow {
			return 0, 0, false
		}
		row = row*10 + int32(c-'0')
	}
	return row, column, column > 0 && column <= maxColumn && row > 0 && row <= maxRow
}

// spanOf returns the cells that a reference such as A1:C3 names.
func spanOf(t string) (span, bool) {
	from, to, ok := strings.Cut(t, ":")
	if !ok {
		to = from
	}
	top, left, ok1 := reference(from)
	bottom, right, ok2 := reference(to)
	return span{top, left, bottom, right}, ok1 && ok2 && top <= bottom && left <= right
}
