package extract

import (
	"slices"
	"strings"

	"multivac"
)

// An output is the text that is being made, and where each of its lines began.
type output struct {
	strings.Builder
	lines []int
}

func (o *output) line(s string, line int) {
	o.WriteString(s)
	o.WriteByte('\n')
	o.lines = append(o.lines, line)
}

// A cell is one of a table.
type cell struct {
	text   string
	header bool // it is marked as a heading
	bold   bool
	cols   int // how many columns it spans, 0 or 1 for one
	rows   int // how many rows it spans, 0 or 1 for one
}

// A tableRow is one row as the source has it.
type tableRow struct {
	cells []cell
	line  int  // of the source
	head  bool // it is in the head of the table
	foot  bool // or in its foot
	body  int  // which of the table's bodies it is in
	gap   bool // an empty line or row comes before it
}

// A sheet writes a table as Markdown. Each row that it writes says by itself
// what it says to a reader of the table: cells that span several rows or
// columns are repeated, headers of several rows become one, and a row has the
// name of the group that it stands under.
//
// It keeps the first rows until it knows what they are, and no others.
type sheet struct {
	out      *output
	separate func(line int) // writes what has to come before a table
	csv      bool           // nothing marks a header, and no cell spans others
	spare    *int           // how many bytes may still be written twice

	held    []tableRow
	size    int // of the text in held
	decided bool
	open    bool // what was written last is a row of this table

	width    int
	header   []string
	allHeads bool // every cell is marked as a heading, which tells nothing
	head     int  // line of the header
	carry    []carried
	placed   int // the body that carry is of

	fill    int  // how many columns mean the cell above where they are blank
	grouped bool // a row with nothing but its first cell heads those below
	above   []string
	outer   string
	group   string
	waiting *tableRow // a group whose first row has not come
	wider   *tableRow // another right above it
	unsaid  bool      // no row has the name of the group
	body    int       // the group's body,
	inBody  int       // and how many rows came after it in it
}

// A carried cell goes on in the rows below.
type carried struct {
	cell
	left int
}

// What bounds a table.
const (
	heldRows   = 32 // that are looked at to tell the header
	heldBytes  = 64 << 10
	headerRows = 8    // that are joined
	maxColumns = 1000 // that one cell spans, as in browsers
	maxGroup   = 100  // bytes of the name of a group
)

// pay reports whether n more bytes may be written twice.
func (s *sheet) pay(n int) bool {
	if *s.spare < n {
		return false
	}
	*s.spare -= n
	return true
}

func (s *sheet) add(r tableRow) {
	r.cells = s.place(r)
	s.width = max(s.width, len(r.cells))
	if s.decided {
		s.write(r)
		return
	}
	s.held = append(s.held, r)
	for _, c := range r.cells {
		s.size += len(c.text)
	}
	if len(s.held) == heldRows || s.size > heldBytes {
		s.decide()
	}
}

// end writes what is held back.
func (s *sheet) end() {
	s.decide()
	s.writeAlone(s.wider)
	s.writeAlone(s.waiting)
	s.wider, s.waiting = nil, nil
	s.open = false
}

// place returns the cells of a row by column, with those that come from the
// rows above. One cell that spans the whole row stays one.
func (s *sheet) place(r tableRow) []cell {
	if s.csv {
		return r.cells
	}
	if r.body != s.placed {
		s.carry, s.placed = nil, r.body
	}
	alone := len(r.cells) == 1 && !s.carries(0)
	out := make([]cell, 0, len(r.cells))
	fromAbove := func() {
		for len(out) < len(s.carry) && s.carry[len(out)].left > 0 {
			c := &s.carry[len(out)]
			c.left--
			if !s.pay(len(c.text) + 4) {
				c.left = 0
				return
			}
			out = append(out, c.cell)
		}
	}
	for _, c := range r.cells {
		cols := min(max(c.cols, 1), maxColumns)
		if alone {
			cols = 1
		}
		for k := range cols {
			fromAbove()
			if k > 0 && !s.pay(len(c.text)+4) {
				break
			}
			s.carryDown(len(out), c)
			out = append(out, c)
		}
	}
	for fromAbove(); s.carries(len(out)); fromAbove() {
		if !s.pay(4) {
			break
		}
		out = append(out, cell{})
	}
	return out
}

// carries reports whether a cell from above stands at or behind the column.
func (s *sheet) carries(column int) bool {
	for i := len(s.carry) - 1; i >= column; i-- {
		if s.carry[i].left > 0 {
			return true
		}
		s.carry = s.carry[:i]
	}
	return false
}

func (s *sheet) carryDown(column int, c cell) {
	if c.rows < 2 {
		return
	}
	for len(s.carry) <= column {
		s.carry = append(s.carry, carried{})
	}
	s.carry[column] = carried{c, c.rows - 1}
}

// decide looks at the rows that are held, and writes them.
func (s *sheet) decide() {
	if s.decided {
		return
	}
	s.decided = true
	rows := s.held
	s.held = nil
	n, title := 0, ""
	if s.csv {
		n = csvHeader(rows)
	} else {
		title, rows = s.withoutTitle(rows)
		n = markedHeader(rows)
		s.allHeads = n > 0 && n < len(rows) && isHeader(rows[n]) && !rows[n].head && len(rows[n].cells) > 1
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

// withoutTitle returns the rows below the cell over the whole header, and what
// that says, if there is one.
func (s *sheet) withoutTitle(rows []tableRow) (title string, rest []tableRow) {
	if len(rows) < 3 || s.width < 2 || len(rows[0].cells) > 1 || !isHeader(rows[0]) || !isHeader(rows[1]) {
		return "", rows
	}
	return oneLine(rows[0].cells[0].text), rows[1:]
}

// setHeader joins the rows of a header, column by column.
func (s *sheet) setHeader(rows []tableRow) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.cells))
	}
	s.head, s.header = rows[0].line, make([]string, width)
	for column := range s.header {
		last := ""
		for _, r := range rows {
			if column >= len(r.cells) {
				continue
			}
			t := oneLine(r.cells[column].text)
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

// units adds the first row to the header where it says what the columns are
// measured in.
func (s *sheet) units(rows []tableRow) bool {
	if len(rows) < 2 || len(rows[0].cells) > len(s.header) {
		return false
	}
	found := 0
	for i, c := range rows[0].cells {
		t := oneLine(c.text)
		switch {
		case t == "" || t == "-" || t == "–":
		case !isUnit(t) || i >= len(rows[1].cells) || kind(rows[1].cells[i].text) != number:
			return false
		default:
			found++
		}
	}
	if found == 0 {
		return false
	}
	for i, c := range rows[0].cells {
		switch t := oneLine(c.text); {
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
func (s *sheet) writeHeader() {
	s.separate(s.head)
	s.open = true
	writeRow(&s.out.Builder, s.header)
	s.out.lines = append(s.out.lines, s.head)
	s.out.line(strings.Repeat("|---", max(len(s.header), 1))+"|", s.head)
}

func (s *sheet) write(r tableRow) {
	switch {
	case !s.csv && !s.allHeads && len(r.cells) > 1 && isHeader(r):
		s.newHeader(r)
		return
	case s.isGroup(r):
		s.writeAlone(s.wider)
		s.wider, s.waiting = s.waiting, &r
		return
	case r.foot:
		s.endGroup()
	}
	s.startGroup()
	if s.group != "" {
		if r.body != s.body && s.inBody > 0 {
			s.endGroup()
		}
		s.body = r.body
		s.inBody++
	}
	s.fromAbove(r)
	isNote := len(r.cells) == 1 && s.width > 1
	if isNote && s.unsaid { // it is no row of the group, which may have none
		s.writeCells([]cell{{text: s.group}}, r.line)
		s.unsaid = false
	}
	if len(r.cells) == 0 || s.group == "" || isNote || !s.unsaid && !s.pay(len(s.group)+4) {
		s.writeCells(r.cells, r.line)
		return
	}
	s.unsaid = false
	first := &r.cells[0]
	if strings.TrimSpace(first.text) != "" {
		first.text = multivac.HeadingSeparator + first.text
	}
	first.text = s.group + first.text
	s.writeCells(r.cells, r.line)
}

// startGroup begins the group whose name is waiting: one name, or two of which
// the first is that of a wider group.
func (s *sheet) startGroup() {
	if s.waiting == nil {
		return
	}
	if s.wider != nil {
		s.outer = groupName(s.wider.cells[0].text)
	}
	s.group, s.body, s.inBody, s.unsaid = groupName(s.waiting.cells[0].text), s.waiting.body, 0, true
	if s.outer != "" {
		s.group = s.outer + multivac.HeadingSeparator + s.group
	}
	s.wider, s.waiting = nil, nil
}

// writeAlone writes the name of a group that has no rows.
func (s *sheet) writeAlone(r *tableRow) {
	if r != nil {
		s.writeCells(r.cells, r.line)
	}
}

func (s *sheet) endGroup() {
	s.writeAlone(s.wider)
	s.writeAlone(s.waiting)
	s.wider, s.waiting = nil, nil
	s.group, s.outer = "", ""
	s.above = s.above[:0]
}

// newHeader begins another table below the first, unless the header is but
// repeated, as on every printed page.
func (s *sheet) newHeader(r tableRow) {
	if s.waiting == nil {
		s.endGroup()
	}
	before := s.header
	s.setHeader([]tableRow{r})
	if !slices.Equal(before, s.header) || !s.open {
		s.writeHeader()
	}
}

// isGroup reports whether r is but the name of the rows below.
func (s *sheet) isGroup(r tableRow) bool {
	if s.width < 2 || len(r.cells) == 0 || r.head || r.foot {
		return false
	}
	c := r.cells[0]
	if !isName(c.text) {
		return false
	}
	if len(r.cells) == 1 && !s.csv {
		return c.header || c.cols > 1
	}
	return s.grouped && isEmptyRow(r.cells[1:])
}

// isName reports whether t may be the name of a group: it is short, and no
// sentence.
func isName(t string) bool {
	t = strings.TrimSpace(t)
	return t != "" && len(t) <= maxGroup && strings.IndexByte(".!?;,", t[len(t)-1]) < 0
}

func groupName(t string) string { return strings.TrimRight(oneLine(t), ": ") }

// fromAbove puts what stands above in the cells that are blank for it, and
// for those that hold a mark of repetition.
func (s *sheet) fromAbove(r tableRow) {
	if r.gap {
		s.above = s.above[:0]
	}
	blank := len(r.cells) > s.fill && !mostlyBlank(r.cells[s.fill:]) && !isTotal(r.cells)
	for i := range r.cells {
		t := strings.TrimSpace(r.cells[i].text)
		switch {
		case i < len(s.above) && (t == "" && blank && i < s.fill || isDitto(t)) && s.pay(len(s.above[i])):
			r.cells[i].text = s.above[i]
		case t != "":
			blank = false
		}
	}
	s.above = s.above[:0]
	for _, c := range r.cells {
		s.above = append(s.above, c.text)
	}
}

func isDitto(t string) bool { return t == `"` || t == "〃" || t == "″" || t == `-"-` || t == "''" }

// writeCells writes a row; where something else came between, with the
// header again.
func (s *sheet) writeCells(cells []cell, line int) {
	if isEmptyRow(cells) {
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
			s.separate(line)
		}
		s.open = true
	}
	if len(cells) > 2 && isEmptyRow(cells[1:]) {
		cells = cells[:1]
	}
	for _, c := range cells {
		writeCell(&s.out.Builder, c.text)
	}
	s.out.line("|", line)
}

// isHeader reports whether the row is marked as one of headings.
func isHeader(r tableRow) bool {
	if r.head {
		return true
	}
	n := 0
	for _, c := range r.cells {
		if c.header {
			n++
		} else if strings.TrimSpace(c.text) != "" {
			return false
		}
	}
	return n > 0 && !r.foot
}

// markedHeader returns how many of the rows are the header of a table in
// HTML: those that are marked, or, where none is, what looks like one.
func markedHeader(rows []tableRow) int {
	n := 0
	for n < len(rows) && n < headerRows && isHeader(rows[n]) && (n == 0 || rows[n].head || len(rows[n].cells) > 1) {
		n++
	}
	if n > 0 {
		if n == len(rows) {
			return 1
		}
		return n
	}
	if len(rows) < 2 || len(rows[0].cells) < 2 {
		return 0
	}
	first := rows[0].cells
	bold, blank, deep, wide := true, 0, 1, false
	for i, c := range first {
		empty := strings.TrimSpace(c.text) == ""
		bold = bold && (c.bold || empty)
		if empty && i > 0 {
			blank++
		}
		deep = max(deep, c.rows)
		wide = wide || c.cols > 1
	}
	corner := strings.TrimSpace(first[0].text) == ""
	switch {
	case wide && (corner || deep > 1) && max(deep, 2) < min(len(rows), headerRows):
		return max(deep, 2)
	case bold && !isEmptyRow(first), len(rows) > 2 && len(rows[1].cells) == 1 && isName(rows[1].cells[0].text): // above a group
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

// leadingGroups returns how many of the leading columns mean what stands
// above where they are blank: those in which the blanks come in runs below a
// name, in rows that are full otherwise.
func leadingGroups(rows []tableRow) int {
	for n := 0; n < 2; n++ {
		if !isGrouping(rows, n) {
			return n
		}
	}
	return 2
}

func isGrouping(rows []tableRow, column int) bool {
	names, blanks, followed := 0, 0, 0
	numeric, repeated, afterName := true, false, false
	seen := map[string]bool{}
	for _, r := range rows {
		if len(r.cells) < column+2 || isEmptyRow(r.cells[column+1:]) || isTotal(r.cells) {
			continue
		}
		t, next := strings.TrimSpace(r.cells[column].text), strings.TrimSpace(r.cells[column+1].text)
		switch {
		case t != "":
			names++
			numeric = numeric && kind(t) == number
			afterName = true
		case r.gap: // is not filled
			continue
		case names == 0, !isEmptyRow(r.cells[:column]), mostlyBlank(r.cells[column+1:]):
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
	case numeric: // they may be numbers of the rows, of which some are missing
		return repeated || blanks >= names
	default:
		return repeated || blanks*3 >= names*2
	}
}

func mostlyBlank(cells []cell) bool {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c.text) == "" {
			n++
		}
	}
	return n*2 > len(cells)
}

var totals = set("total totals sum subtotal gesamt summe итого totale")

// isTotal reports whether the row sums others up.
func isTotal(cells []cell) bool {
	for _, c := range cells {
		if first, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(c.text)), " "); first != "" {
			return totals[strings.Trim(first, ":")]
		}
	}
	return false
}

// hasGroupRows reports whether rows with nothing but their first cell are
// names of the rows below: the first row is one, and there are several, each
// above full rows.
func hasGroupRows(rows []tableRow, width int) bool {
	groups := 0
	for i, r := range rows {
		name := len(r.cells) > 0 && isName(r.cells[0].text) && isEmptyRow(r.cells[1:]) && width > 1 && (len(r.cells) > 1 || r.cells[0].cols < 2)
		switch {
		case i == 0 && !name:
			return false
		case !name:
		case i+1 == len(rows):
			return groups > 1
		case len(rows[i+1].cells) < 2 || isEmptyRow(rows[i+1].cells[1:]):
			return false
		default:
			groups++
		}
	}
	return groups > 1
}

func isEmptyRow(cells []cell) bool {
	for _, c := range cells {
		if strings.TrimSpace(c.text) != "" {
			return false
		}
	}
	return true
}

func oneLine(t string) string { return strings.Join(strings.Fields(t), " ") }

var escapeBar = strings.NewReplacer("|", `\|`)

// writeRow writes cells as a table row in Markdown, on one line.
func writeRow(b *strings.Builder, cells []string) {
	for _, c := range cells {
		writeCell(b, c)
	}
	b.WriteString("|\n")
}

// writeCell writes a cell with the bar before it.
func writeCell(b *strings.Builder, text string) {
	b.WriteString("| ")
	for i, word := range strings.Fields(text) {
		if i > 0 {
			b.WriteByte(' ')
		}
		escapeBar.WriteString(b, word)
	}
	b.WriteByte(' ')
}
