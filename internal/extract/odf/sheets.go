package odf

import (
	"sort"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// sheets are the sheets of a spreadsheet, the one that is being read first.
type sheets struct {
	any     bool // it is a spreadsheet
	open    bool
	all     bool // hidden rows and columns are read, too
	columns []columns
	styled  int // columns that have been described

	number int // of the row, from 1
	hidden bool
	head   bool
	gap    bool // an empty row comes before
	style  string
	row    []gridCell
	column int // of the next cell
	blank  int // empty cells that come before it

	down map[int]merged // cells that go on in the rows below, by their column
	grid grid
}

// columns are some that are described together.
type columns struct {
	end    int // the column after them
	hidden int // how many of the columns before end are hidden
	hides  bool
	style  string
}

// A merged cell is one that spans several rows.
type merged struct {
	text  string
	bold  bool
	until int // the last row
}

// startSheet reads the elements of a spreadsheet.
func (r *reader) startSheet(e element) func() {
	s := &r.sheets
	switch {
	case e.tag == "table:table" && !s.open:
		*s = sheets{any: true, open: true, all: r.limits.Hidden, down: map[int]merged{}}
		r.w.Place = multivac.Place{Sheet: e.get("table:name")}
		s.grid = grid{w: r.w, name: extract.HiddenSheet(e.get("table:name"), r.styles.hidden("table", e.get("table:style-name")))}
		return func() {
			s.grid.end()
			s.open = false
			if len(r.later) > 0 {
				s.grid.title()
			}
			r.flushLater()
			r.w.Place = multivac.Place{}
		}
	case !s.open:
	case e.tag == "table:table-column":
		s.describe(e)
	case e.tag == "table:table-header-rows":
		s.head = true
		return func() { s.head = false }
	case e.tag == "table:table-row":
		return s.startRow(e)
	case e.tag == "table:table-cell" || e.tag == "table:covered-table-cell":
		return r.startSheetCell(e)
	}
	return nil
}

func (s *sheets) hides(e element) bool {
	v := e.get("table:visibility")
	return !s.all && (v == "collapse" || v == "filter")
}

// maxColumns is how many columns a sheet has at most. LibreOffice has fewer.
const maxColumns = 1 << 20

func (s *sheets) describe(e element) {
	from, hidden := s.styled, 0
	if n := len(s.columns); n > 0 {
		hidden = s.columns[n-1].hidden
	}
	s.styled = min(from+min(e.count("table:number-columns-repeated"), maxColumns), maxColumns)
	c := columns{end: s.styled, hidden: hidden, hides: s.hides(e), style: e.get("table:default-cell-style-name")}
	if c.hides {
		c.hidden += s.styled - from
	}
	s.columns = append(s.columns, c)
}

// of returns the description of a column, and its index.
func (s *sheets) of(column int) (columns, int) {
	i := sort.Search(len(s.columns), func(i int) bool { return s.columns[i].end > column })
	if i == len(s.columns) {
		return columns{}, i
	}
	return s.columns[i], i
}

// shown returns how many of the columns before one are shown.
func (s *sheets) shown(column int) int {
	c, i := s.of(column)
	switch {
	case i == len(s.columns) && i > 0:
		return column - s.columns[i-1].hidden
	case i == len(s.columns):
		return column
	case c.hides:
		return column - (c.hidden - (c.end - column))
	}
	return column - c.hidden
}

func (s *sheets) startRow(e element) func() {
	n := min(e.count("table:number-rows-repeated"), 1<<30-s.number%(1<<30))
	s.number++
	s.hidden, s.style = s.hides(e), e.get("table:default-cell-style-name")
	s.row, s.column, s.blank = nil, 0, 0
	return func() {
		switch {
		case s.hidden:
		case len(s.row) == 0:
			s.gap = true
		default: // equal rows say no more than one of them
			s.grid.add(gridRow{cells: s.row, line: s.number, head: s.head, gap: s.gap})
			s.gap = false
		}
		s.number += n - 1
		s.row = nil
	}
}

// startSheetCell begins a cell. One that is covered shows nothing itself.
func (r *reader) startSheetCell(e element) func() {
	f, s := r.top(), &r.sheets
	if f.cell != nil || f.held {
		return nil
	}
	c := &cell{}
	f.cell = c
	covered := e.tag == "table:covered-table-cell"
	return func() {
		f.cell = nil
		n := min(e.count("table:number-columns-repeated"), maxColumns)
		from := s.column
		s.column = min(from+n, maxColumns)
		k := gridCell{text: c.text(), over: covered}
		switch m, ok := s.down[from]; {
		case covered && ok && s.number <= m.until && r.w.Spare > len(m.text):
			r.w.Spare -= len(m.text)
			k = gridCell{text: m.text, bold: m.bold}
		case covered:
			k.text = ""
		case k.text == "" && !c.seen:
			k.text = valueOf(e)
		}
		if s.hidden {
			return
		}
		name := e.get("table:style-name")
		if name == "" {
			if name = s.style; name == "" {
				column, _ := s.of(from)
				name = column.style
			}
		}
		k.bold = k.bold || k.text != "" && (len(c.texts) > 0 && !c.plain || r.styles.bold("table-cell", name) > 0)
		if rows := e.count("table:number-rows-spanned"); rows > 1 && !covered {
			s.down[from] = merged{k.text, k.bold, s.number + rows - 1}
		}
		r.addCells(k, s.shown(s.column)-s.shown(from))
	}
}

// addCells adds a cell n times, where it has something to say.
func (r *reader) addCells(k gridCell, n int) {
	s := &r.sheets
	if k.text == "" && !(k.over && len(s.row) > 0 && s.blank == 0 && n < maxRepeated) {
		s.blank += n
		return
	}
	if n == 0 {
		return
	}
	cost := (s.blank + n - 1) * (len(k.text) + 16)
	if cost > r.w.Spare { // so far out that nothing else is there
		s.blank, n, cost = min(s.blank, 1), 1, 0
	}
	r.w.Spare -= cost
	s.row = append(s.row, make([]gridCell, s.blank)...)
	s.blank = 0
	for range n {
		s.row = append(s.row, k)
	}
}

// valueOf returns the value of a cell without a text.
func valueOf(e element) string {
	for _, name := range []string{"office:string-value", "office:date-value", "office:time-value", "office:boolean-value", "office:value"} {
		if v := e.get(name); v != "" {
			return v
		}
	}
	return ""
}

// cellsOf returns cells as those of a table, from a column on.
func cellsOf(row []gridCell, left int, header bool) []sheet.Cell {
	var cells []sheet.Cell
	for i, k := range row[min(left, len(row)):] {
		t := k.text
		if header && k.over && i > 0 {
			t = cells[i-1].Text
		}
		cells = append(cells, sheet.Cell{Text: t, Header: header && t != "", Bold: k.bold})
	}
	return cells
}
