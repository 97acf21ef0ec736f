package man

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
	"multivac/internal/extract/sheet"
)

// An mdoc is what the macros of mdoc keep.
type mdoc struct {
	name     string // of what the page is about
	synopsis bool   // the section says how to call it
	open     int    // heads of items that go on in the lines below
	displays []bool // whether each open display is code
	rows     []sheet.Row
	function int      // arguments of the function that is open, plus 1
	parts    []string // of the reference that is open
	unspaced bool     // words are not set apart
	begun    bool     // the first of these was written
}

// endMdoc ends what cannot go on in another section.
func (r *reader) endMdoc() {
	r.writeRows()
	r.open, r.displays, r.function, r.unspaced = 0, nil, 0, false
}

// mdocMacro reads a macro of mdoc, and reports whether it is one.
func (r *reader) mdocMacro(name, rest string) bool {
	switch name {
	case "Dd", "Os", "Bk", "Ek", "Bf", "Ef", "Tg", "Db":
	case "Dt":
		if a := r.words(rest); len(a) > 0 && r.title == "" {
			r.setTitle(a[:min(2, len(a))])
		}
	case "Sh", "Ss":
		r.section(map[string]int{"Sh": 2, "Ss": 3}[name], r.rendered("No", rest))
	case "Pp", "Lp":
		r.flush()
	case "Bl":
		r.openList(rest)
	case "El":
		r.writeRows()
		r.setOut()
	case "It":
		r.listItem(rest)
	case "Bd":
		r.openDisplay(rest)
	case "Ed":
		r.closeDisplay()
	case "D1", "Dl":
		r.flush()
		r.lines.Add(r.rendered("No", rest), r.Line)
		r.flush()
	case "Nd":
		r.add("– " + r.rendered("No", rest))
	case "Rs":
		r.flush()
		r.parts = nil
	case "Re":
		r.add(strings.Join(r.parts, ", ") + ".")
		r.parts = nil
	default:
		return r.reference(name, rest) || r.inlineMacro(name, rest)
	}
	return true
}

// reference reads a part of a reference to a book.
func (r *reader) reference(name, rest string) bool {
	if len(name) != 2 || name[0] != '%' {
		return false
	}
	t := r.rendered("No", rest)
	if len(r.parts) < 100 {
		r.parts = append(r.parts, t)
	}
	return true
}

// inlineMacro reads a line of macros that make text.
func (r *reader) inlineMacro(name, rest string) bool {
	if _, ok := callable[name]; !ok {
		return false
	}
	if r.synopsis && (name == "Nm" || name == "Fd" || name == "In" || name == "Ft" || name == "Vt") && !r.item {
		r.flush()
	}
	if name == "Nm" && r.name == "" {
		if a := r.words(rest); len(a) > 0 {
			r.name = a[0]
		}
	}
	tight := r.unspaced && r.begun
	t := r.rendered(name, rest)
	if t == "" {
		r.head = r.head && r.open > 0
		return true
	}
	first, _, _ := strings.Cut(t, " ")
	r.glue = r.glue || tight || isClosing(first) || closers[name] && name != "Xc"
	r.add(t)
	r.begun = r.unspaced
	return true
}

func (r *reader) openList(rest string) {
	kind := "-item"
	if a := r.words(rest); len(a) > 0 {
		kind = a[0]
	}
	r.writeRows()
	r.setIn(level{kind: kind})
}

// listItem begins an item of a list.
func (r *reader) listItem(rest string) {
	last := &r.levels[len(r.levels)-1]
	switch last.kind {
	case "-column":
		r.close()
		r.row(rest)
		return
	case "-bullet", "-dash", "-hyphen", "-item", "-enum":
		r.close()
		last.item, r.item, r.mark, r.tag = true, true, "-", ""
		if last.kind == "-enum" {
			last.number++
			r.mark = strconv.Itoa(last.number) + "."
		}
		return
	}
	t := r.rendered("No", rest)
	r.openItem("")
	r.tag += t
	r.head = r.open > 0
	if r.head {
		r.tag += " "
	}
}

// row reads a row of a table. Its cells are set apart by the macro Ta or by tabs.
func (r *reader) row(rest string) {
	row := sheet.Row{Line: r.Line}
	for _, cell := range strings.Split(strings.ReplaceAll(rest, "\t", " Ta "), " Ta ") {
		first := arguments(cell)
		row.Cells = append(row.Cells, sheet.Cell{
			Text: strings.TrimSpace(r.rendered("No", cell)),
			Bold: len(first) > 0 && (first[0].text == "Sy" || first[0].text == "Em"),
		})
	}
	if len(r.rows) == 0 && row.Cells[0].Bold {
		row.Head = true
	}
	r.rows = append(r.rows, row)
}

// writeRows writes the table that is open.
func (r *reader) writeRows() {
	rows := r.rows
	r.rows = nil
	if len(rows) == 0 {
		return
	}
	if !r.para.Empty() { // text of the last cell
		t, _ := r.para.Take()
		cells := rows[len(rows)-1].Cells
		cells[len(cells)-1].Text += " " + t
	}
	r.Table(rows)
}

func (r *reader) openDisplay(rest string) {
	r.flush()
	kind := ""
	if a := r.words(rest); len(a) > 0 {
		kind = a[0]
	}
	isCode := kind == "-literal" || kind == "-unfilled"
	if len(r.displays) < r.Limits.Depth {
		r.displays = append(r.displays, isCode)
		r.code = isCode
	}
}

func (r *reader) closeDisplay() {
	r.flush()
	r.code = false
	if n := len(r.displays); n > 0 {
		r.displays = r.displays[:n-1]
		r.code = n > 1 && r.displays[n-2]
	}
}

// callable are the macros of text, with what they write before and after their
// arguments.
var callable = map[string][2]string{
	"Op": {"[", "]"}, "Dq": {"“", "”"}, "Sq": {"‘", "’"}, "Ql": {"‘", "’"}, "Qq": {`"`, `"`}, "Pq": {"(", ")"}, "Bq": {"[", "]"}, "Brq": {"{", "}"}, "Aq": {"<", ">"}, "En": {"", ""},
	"Oo": {"[", ""}, "Do": {"“", ""}, "So": {"‘", ""}, "Qo": {`"`, ""}, "Po": {"(", ""}, "Bo": {"[", ""}, "Bro": {"{", ""}, "Ao": {"<", ""}, "Xo": {"", ""}, "Eo": {"", ""},
	"Oc": {"", "]"}, "Dc": {"", "”"}, "Sc": {"", "’"}, "Qc": {"", `"`}, "Pc": {"", ")"}, "Bc": {"", "]"}, "Brc": {"", "}"}, "Ac": {"", ">"}, "Xc": {"", ""}, "Ec": {"", ""},
	"Fl": {}, "Ar": {}, "Cm": {}, "Ic": {}, "Em": {}, "Sy": {}, "Li": {}, "Pa": {}, "Va": {}, "Vt": {}, "Ev": {}, "Er": {}, "Dv": {}, "Fa": {}, "Tn": {}, "No": {}, "Ms": {}, "An": {}, "Ad": {}, "Cd": {},
	"Ft": {}, "Fd": {}, "In": {}, "Sx": {}, "Lk": {}, "Mt": {}, "Lb": {}, "Xr": {}, "Nm": {}, "Fn": {}, "Fo": {}, "Fc": {}, "Ns": {}, "Ap": {}, "Pf": {}, "Sm": {}, "Ex": {}, "Rv": {}, "St": {}, "At": {},
	"Bx": {}, "Bsx": {}, "Nx": {}, "Fx": {}, "Ox": {}, "Dx": {}, "Ux": {}, "Bt": {}, "Ud": {}, "Hf": {}, "Fr": {}, "Ot": {}, "Es": {}, "Ta": {},
}

// enclosing are the macros whose text goes on to the end of the line, opening
// ones to that of their partner, closing ones end that.
var (
	enclosing = extract.Words("Op Dq Sq Ql Qq Pq Bq Brq Aq")
	openers   = extract.Words("Oo Do So Qo Po Bo Bro Ao")
	closers   = extract.Words("Oc Dc Sc Qc Pc Bc Brc Ac Xc Ec")
)

// systems are the macros that write the name of a system.
var systems = map[string]string{"Bx": "BSD", "Bsx": "BSD/OS", "Nx": "NetBSD", "Fx": "FreeBSD", "Ox": "OpenBSD", "Dx": "DragonFly", "Ux": "UNIX", "At": "AT&T UNIX"}
