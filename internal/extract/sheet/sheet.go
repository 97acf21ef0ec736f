// Package sheet writes tables as Markdown, so that each row can be quoted by
// itself. It writes the tables of HTML and of CSV.
package sheet

import (
	"io"
	"slices"
	"strings"

	"multivac"
	"multivac/internal/extract"
)

// A Cell is one cell of a table.
type Cell struct {
	Text   string
	Header bool // marked as a heading
	Bold   bool
	Cols   int  // how many columns it spans; 0 means 1
	Rows   int  // how many rows it spans; 0 means 1
	again  bool // it repeats the cell on its left, which spans both columns
}

// A Row is a row as in the source.
type Row struct {
	Cells []Cell
	Line  int  // line of the source
	Head  bool // it is in the head of the table
	Foot  bool // it is in the foot of the table
	Body  int  // number of the body that it is in
	Gap   bool // an empty line or row comes before it
}

// A Sheet writes a table as Markdown. Each written row says by itself what it
// says to a reader of the whole table: cells that span several rows or columns
// are repeated, several header rows become one, and a row has the name of the
// group above it.
//
// It only holds the first rows, until it knows which of them are the header.
type Sheet struct {
	Out      *extract.Output
	Separate func(line int) // writes what must come before a table
	CSV      bool           // nothing marks a header, and no cell spans others
	Spare    *int           // how many bytes may still be written twice

	held    []Row
	size    int // of the text in held
	decided bool
	open    bool // the last line written is a row of this table

	width    int
	header   []string
	allHeads bool // every cell is marked as a heading, so the marks mean nothing
	head     int  // line of the header
	carry    []carried
	placed   int // the body that carry belongs to

	fill    int  // in how many of the first columns a blank cell repeats the cell above
	grouped bool // a row with only its first cell is a heading of the rows below
	above   []string
	outer   string
	group   string
	waiting *Row // a group without rows so far
	wider   *Row // another one right above it
	unsaid  bool // the group's name is in no row yet
	body    int  // number of the group's body
	inBody  int  // how many rows of that body came after the group's name
}

// A carried cell continues in the rows below.
type carried struct {
	Cell
	left int
}

// Limits of a table.
const (
	HeldRows   = 32 // rows that are examined to find the header
	heldBytes  = 64 << 10
	headerRows = 8    // rows that are joined to a header
	maxColumns = 1000 // columns that one cell spans, as in browsers
	maxGroup   = 100  // bytes of a group's name
)

// Spare returns how many bytes may be repeated for cells that stand for others.
// No table written for people needs more.
func Spare(body []byte) int { return 2*len(body) + 64<<10 }

// pay reports whether n more bytes may be repeated, and counts them.
func (s *Sheet) pay(n int) bool {
	if *s.Spare < n {
		return false
	}
	*s.Spare -= n
	return true
}

// Add writes the next row, or holds it while the header is not known yet.
func (s *Sheet) Add(r Row) {
	r.Cells = s.place(r)
	s.width = max(s.width, len(r.Cells))
	if s.decided {
		s.write(r)
		return
	}
	s.held = append(s.held, r)
	for _, c := range r.Cells {
		s.size += len(c.Text)
	}
	if len(s.held) == HeldRows || s.size > heldBytes {
		s.decide()
	}
}

// End writes the rows that are held.
func (s *Sheet) End() {
	s.decide()
	s.writeAlone(s.wider)
	s.writeAlone(s.waiting)
	s.wider, s.waiting = nil, nil
	s.open = false
}

// place returns the cells of a row by column, including cells that continue
// from the rows above. One cell that spans the whole row stays one cell.
func (s *Sheet) place(r Row) []Cell {
	if s.CSV {
		return r.Cells
	}
	if r.Body != s.placed {
		s.carry, s.placed = nil, r.Body
	}
	alone := len(r.Cells) == 1 && !s.carries(0)
	out := make([]Cell, 0, len(r.Cells))
	fromAbove := func() {
		for len(out) < len(s.carry) && s.carry[len(out)].left > 0 {
			c := &s.carry[len(out)]
			c.left--
			if !s.pay(len(c.Text) + 4) {
				c.left = 0
				return
			}
			out = append(out, c.Cell)
		}
	}
	for _, c := range r.Cells {
		cols := min(max(c.Cols, 1), maxColumns)
		if alone {
			cols = 1
		}
		for k := range cols {
			fromAbove()
			if k > 0 && !s.pay(len(c.Text)+4) {
				break
			}
			c.again = k > 0
			s.carryDown(len(out), c)
			out = append(out, c)
		}
	}
	for fromAbove(); s.carries(len(out)); fromAbove() {
		if !s.pay(4) {
			break
		}
		out = append(out, Cell{})
	}
	return out
}

// carries reports whether a cell from above is at or after the column.
func (s *Sheet) carries(column int) bool {
	for i := len(s.carry) - 1; i >= column; i-- {
		if s.carry[i].left > 0 {
			return true
		}
		s.carry = s.carry[:i]
	}
	return false
}

func (s *Sheet) carryDown(column int, c Cell) {
	if c.Rows < 2 {
		return
	}
	for len(s.carry) <= column {
		s.carry = append(s.carry, carried{})
	}
	s.carry[column] = carried{c, c.Rows - 1}
}

// decide finds the header in the held rows, and writes them.
func (s *Sheet) decide() {
	if s.decided {
		return
	}
	s.decided = true
	rows := s.held
	s.held = nil
	n, title := 0, ""
	if s.CSV {
		n = csvHeader(rows)
	} else {
		title, rows = s.withoutTitle(rows)
		n = markedHeader(rows)
		s.allHeads = n > 0 && n < len(rows) && isHeader(rows[n]) && !rows[n].Head && len(rows[n].Cells) > 1
	}
	if n > 0 {
		s.setHeader(rows[:n])
		if title != "" {
			s.header[0] = strings.TrimSuffix(title+multivac.HeadingSeparator+s.header[0], multivac.HeadingSeparator)
		}
		rows = rows[n:]
		if len(rows) > 0 && s.units(rows) {
			rows = rows[1:]
		}
		s.writeHeader()
	}
	s.fill = leadingGroups(rows)
	s.grouped = hasGroupRows(rows, s.width)
	for _, r := range rows {
		s.write(r)
	}
}

// withoutTitle returns the rows below a cell that spans the whole header, and
// the text of that cell, if there is one.
func (s *Sheet) withoutTitle(rows []Row) (title string, rest []Row) {
	if len(rows) < 3 || s.width < 2 || len(rows[0].Cells) > 1 || !isHeader(rows[0]) || !isHeader(rows[1]) {
		return "", rows
	}
	return extract.OneLine(rows[0].Cells[0].Text), rows[1:]
}

// setHeader joins the rows of a header, column by column.
func (s *Sheet) setHeader(rows []Row) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.Cells))
	}
	s.head, s.header = rows[0].Line, make([]string, width)
	for column := range s.header {
		last := ""
		for _, r := range rows {
			if column >= len(r.Cells) {
				continue
			}
			t := extract.OneLine(r.Cells[column].Text)
			if t == "" || t == last {
				continue
			}
			if last != "" {
				s.header[column] += multivac.HeadingSeparator
			}
			s.header[column] += t
			last = t
		}
	}
}

// units adds the first row to the header if it has the units of the columns.
func (s *Sheet) units(rows []Row) bool {
	if len(rows) < 2 || len(rows[0].Cells) > len(s.header) {
		return false
	}
	found := 0
	for i, c := range rows[0].Cells {
		t := extract.OneLine(c.Text)
		switch {
		case t == "" || t == "-" || t == "–":
		case !isUnit(t) || i >= len(rows[1].Cells) || kind(rows[1].Cells[i].Text) != number:
			return false
		default:
			found++
		}
	}
	if found == 0 {
		return false
	}
	for i, c := range rows[0].Cells {
		switch t := extract.OneLine(c.Text); {
		case !isUnit(t):
		case t[0] == '(' || t[0] == '[':
			s.header[i] += " " + t
		default:
			s.header[i] += " (" + t + ")"
		}
	}
	return true
}

// writeHeader begins a table.
func (s *Sheet) writeHeader() {
	s.Separate(s.head)
	s.open = true
	s.Out.Line(RowOf(s.header), extract.AtLine(s.head))
	s.Out.Line(strings.Repeat("|---", max(len(s.header), 1))+"|", extract.AtLine(s.head))
}

func (s *Sheet) write(r Row) {
	switch {
	case !s.CSV && !s.allHeads && len(r.Cells) > 1 && isHeader(r):
		s.newHeader(r)
		return
	case s.isGroup(r):
		s.writeAlone(s.wider)
		s.wider, s.waiting = s.waiting, &r
		return
	case r.Foot:
		s.endGroup()
	}
	s.startGroup()
	if s.group != "" {
		if r.Body != s.body && s.inBody > 0 {
			s.endGroup()
		}
		s.body = r.Body
		s.inBody++
	}
	s.fromAbove(r)
	isNote := len(r.Cells) == 1 && s.width > 1
	if isNote && s.unsaid { // a note is not a row of the group, which may have none
		s.writeCells([]Cell{{Text: s.group}}, r.Line)
		s.unsaid = false
	}
	if len(r.Cells) == 0 || s.group == "" || isNote || !s.unsaid && !s.pay(len(s.group)+4) {
		s.writeCells(r.Cells, r.Line)
		return
	}
	s.unsaid = false
	first := &r.Cells[0]
	if strings.TrimSpace(first.Text) != "" {
		first.Text = multivac.HeadingSeparator + first.Text
	}
	first.Text = s.group + first.Text
	s.writeCells(r.Cells, r.Line)
}

// startGroup begins the waiting group. It has one name, or two if the first is
// that of a wider group.
func (s *Sheet) startGroup() {
	if s.waiting == nil {
		return
	}
	if s.wider != nil {
		s.outer = groupName(s.wider.Cells[0].Text)
	}
	s.group, s.body, s.inBody, s.unsaid = groupName(s.waiting.Cells[0].Text), s.waiting.Body, 0, true
	if s.outer != "" {
		s.group = s.outer + multivac.HeadingSeparator + s.group
	}
	s.wider, s.waiting = nil, nil
}

// writeAlone writes the name of a group that has no rows.
func (s *Sheet) writeAlone(r *Row) {
	if r != nil {
		s.writeCells(r.Cells, r.Line)
	}
}

func (s *Sheet) endGroup() {
	s.writeAlone(s.wider)
	s.writeAlone(s.waiting)
	s.wider, s.waiting = nil, nil
	s.group, s.outer = "", ""
	s.above = s.above[:0]
}

// newHeader begins another table below the first, unless it repeats the same
// header, as on printed pages.
func (s *Sheet) newHeader(r Row) {
	if s.waiting == nil {
		s.endGroup()
	}
	before := s.header
	s.setHeader([]Row{r})
	if !slices.Equal(before, s.header) || !s.open {
		s.writeHeader()
	}
}

// isGroup reports whether r only has a name for the rows below it.
func (s *Sheet) isGroup(r Row) bool {
	if s.width < 2 || len(r.Cells) == 0 || r.Head || r.Foot {
		return false
	}
	c := r.Cells[0]
	if !isName(c.Text) {
		return false
	}
	if len(r.Cells) == 1 && !s.CSV {
		return c.Header || c.Cols > 1
	}
	return s.grouped && IsEmptyRow(r.Cells[1:])
}

// isName reports whether t may be the name of a group: it is short, and not a
// sentence.
func isName(t string) bool {
	t = strings.TrimSpace(t)
	return t != "" && len(t) <= maxGroup && strings.IndexByte(".!?;,", t[len(t)-1]) < 0
}

func groupName(t string) string { return strings.TrimRight(extract.OneLine(t), ": ") }

// fromAbove fills blank cells, and cells with a mark of repetition, from the
// row above.
func (s *Sheet) fromAbove(r Row) {
	if r.Gap {
		s.above = s.above[:0]
	}
	blank := len(r.Cells) > s.fill && !mostlyBlank(r.Cells[s.fill:]) && !isTotal(r.Cells)
	for i := range r.Cells {
		t := strings.TrimSpace(r.Cells[i].Text)
		switch {
		case i < len(s.above) && (t == "" && blank && i < s.fill || isDitto(t)) && s.pay(len(s.above[i])):
			r.Cells[i].Text = s.above[i]
		case t != "":
			blank = false
		}
	}
	s.above = s.above[:0]
	for _, c := range r.Cells {
		s.above = append(s.above, c.Text)
	}
}

func isDitto(t string) bool { return t == `"` || t == "〃" || t == "″" || t == `-"-` || t == "''" }

// writeCells writes a row. If something else came in between, it writes the
// header again first.
func (s *Sheet) writeCells(cells []Cell, line int) {
	if IsEmptyRow(cells) {
		return
	}
	if !s.open {
		n := 8
		for _, h := range s.header {
			n += len(h) + 8
		}
		if s.header != nil && s.pay(n) {
			s.writeHeader()
		} else {
			s.Separate(line)
		}
		s.open = true
	}
	wide := len(cells) > 2
	if cells = s.once(cells); wide && IsEmptyRow(cells[1:]) {
		cells = cells[:1]
	}
	for _, c := range cells {
		writeCell(s.Out, c.Text)
	}
	s.Out.Line("|", extract.AtLine(line))
}

// maxRepeated is the longest text that is repeated for each column that its cell
// spans, in bytes.
const maxRepeated = 100

// once returns the cells of a row without repeated ones that say nothing: those of
// a table whose columns have no names, or of a row with the text of one cell.
func (s *Sheet) once(cells []Cell) []Cell {
	texts := 0
	for _, c := range cells {
		if !c.again && strings.TrimSpace(c.Text) != "" {
			texts++
		}
	}
	if s.header == nil || texts < 2 {
		return slices.DeleteFunc(cells, func(c Cell) bool { return c.again })
	}
	for i, c := range cells {
		if c.again && len(c.Text) > maxRepeated {
			cells[i].Text = ""
		}
	}
	return cells
}

// isHeader reports whether the row is marked as a row of headings.
func isHeader(r Row) bool {
	if r.Head {
		return true
	}
	n := 0
	for _, c := range r.Cells {
		if c.Header {
			n++
		} else if strings.TrimSpace(c.Text) != "" {
			return false
		}
	}
	return n > 0 && !r.Foot
}

// markedHeader returns how many rows are the header of a table in HTML: the
// marked ones or, if none is marked, rows that look like a header.
func markedHeader(rows []Row) int {
	n := 0
	for n < len(rows) && n < headerRows && isHeader(rows[n]) && (n == 0 || rows[n].Head || len(rows[n].Cells) > 1) {
		n++
	}
	if n > 0 {
		if n == len(rows) {
			return 1
		}
		return n
	}
	if len(rows) < 2 || len(rows[0].Cells) < 2 {
		return 0
	}
	first := rows[0].Cells
	bold, blank, deep, wide := true, 0, 1, false
	for i, c := range first {
		empty := strings.TrimSpace(c.Text) == ""
		bold = bold && (c.Bold || empty)
		if empty && i > 0 {
			blank++
		}
		deep = max(deep, c.Rows)
		wide = wide || c.Cols > 1
	}
	corner := strings.TrimSpace(first[0].Text) == ""
	switch {
	case wide && (corner || deep > 1) && max(deep, 2) < min(len(rows), headerRows):
		return max(deep, 2)
	case bold && !IsEmptyRow(first), len(rows) > 2 && len(rows[1].Cells) == 1 && isName(rows[1].Cells[0].Text): // above a group
		return 1
	case len(first) < 3 || len(rows) < 3 || blank > 0:
		return 0
	}
	labels, values := votes(rows)
	if values == 0 && (labels > 0 || corner) {
		return 1
	}
	return 0
}

// leadingGroups returns in how many of the first columns a blank cell repeats
// the cell above. In such a column, blank cells come in runs below a name, in
// rows that are otherwise full.
func leadingGroups(rows []Row) int {
	for n := 0; n < 2; n++ {
		if !isGrouping(rows, n) {
			return n
		}
	}
	return 2
}

func isGrouping(rows []Row, column int) bool {
	names, blanks, followed := 0, 0, 0
	numeric, repeated, afterName := true, false, false
	seen := map[string]bool{}
	for _, r := range rows {
		if len(r.Cells) < column+2 || IsEmptyRow(r.Cells[column+1:]) || isTotal(r.Cells) {
			continue
		}
		t, next := strings.TrimSpace(r.Cells[column].Text), strings.TrimSpace(r.Cells[column+1].Text)
		switch {
		case t != "":
			names++
			numeric = numeric && kind(t) == number
			afterName = true
		case r.Gap: // a blank cell here is not filled
			continue
		case names == 0, !IsEmptyRow(r.Cells[:column]), mostlyBlank(r.Cells[column+1:]):
			return false
		default:
			blanks++
			if afterName {
				followed++
			}
			afterName = false
		}
		repeated = repeated || seen[next]
		seen[next] = next != ""
	}
	switch {
	case blanks == 0 || followed*2 < names:
		return false
	case numeric: // they may be numbers of rows, some of which are missing
		return repeated || blanks >= names
	default:
		return repeated || blanks*3 >= names*2
	}
}

func mostlyBlank(cells []Cell) bool {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c.Text) == "" {
			n++
		}
	}
	return n*2 > len(cells)
}

var totals = extract.Words("total totals sum subtotal gesamt summe итого totale")

// isTotal reports whether the row is a sum of others.
func isTotal(cells []Cell) bool {
	for _, c := range cells {
		if first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(c.Text)), " "); first != "" {
			return totals[strings.Trim(first, ":")]
		}
	}
	return false
}

// hasGroupRows reports whether rows with only their first cell are names of the
// rows below them. That is so if the first row is such a row, and if there are
// several, each above full rows.
func hasGroupRows(rows []Row, width int) bool {
	groups := 0
	for i, r := range rows {
		name := len(r.Cells) > 0 && isName(r.Cells[0].Text) && IsEmptyRow(r.Cells[1:]) && width > 1 && (len(r.Cells) > 1 || r.Cells[0].Cols < 2)
		switch {
		case i == 0 && !name:
			return false
		case !name:
		case i+1 == len(rows):
			return groups > 1
		case len(rows[i+1].Cells) < 2 || IsEmptyRow(rows[i+1].Cells[1:]):
			return false
		default:
			groups++
		}
	}
	return groups > 1
}

// IsEmptyRow reports whether all cells are blank.
func IsEmptyRow(cells []Cell) bool {
	for _, c := range cells {
		if strings.TrimSpace(c.Text) != "" {
			return false
		}
	}
	return true
}

var escapeBar = strings.NewReplacer("|", `\|`)

// RowOf returns cells as a row of a Markdown table, without a line end.
func RowOf(cells []string) string {
	var b strings.Builder
	for _, c := range cells {
		writeCell(&b, c)
	}
	return b.String() + "|"
}

// writeCell writes a cell with the bar before it.
func writeCell(w io.Writer, text string) {
	_, _ = io.WriteString(w, "| ")
	for i, word := range strings.Fields(text) {
		if i > 0 {
			_, _ = io.WriteString(w, " ")
		}
		_, _ = escapeBar.WriteString(w, word)
	}
	_, _ = io.WriteString(w, " ")
}
