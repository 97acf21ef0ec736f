package docx

import (
	"encoding/xml"
	"strings"
	"unicode"
)

// mathText is the name of the tag with the letters of a formula. Names of the
// tags of formulas begin alike, so that they are not those of Word.
const (
	mathMark = "m:"
	mathText = mathMark + "t"
)

// Brackets are those around a part of a formula.
type brackets struct {
	first, last string
	begun       bool
}

// math reads a tag of a formula. What stands above, below or under something is
// written in the line: (a+b)/2, x^2.
func (w *walker) math(e xml.StartElement, parent string) {
	name := e.Name.Local
	w.top().name = mathMark + name
	switch name {
	case "num":
		w.operand("")
	case "den":
		w.operand("/")
	case "sup":
		w.operand("^")
	case "sub", "lim":
		w.operand("_")
	case "rad":
		w.put("√")
	case "deg":
		w.leaveOut()
	case "naryPr":
		sign := &brackets{first: "∫"}
		w.brackets = append(w.brackets, sign)
		w.top().ends = func() {
			w.brackets = w.brackets[:len(w.brackets)-1]
			w.put(sign.first)
		}
	case "d":
		around := &brackets{first: "(", last: ")"}
		w.brackets = append(w.brackets, around)
		w.top().ends = func() {
			w.brackets = w.brackets[:len(w.brackets)-1]
			w.put(around.last)
		}
	case "e":
		w.mathPart(parent)
	case "begChr", "endChr", "chr":
		w.mathSign(name, parent, attribute(e, "val"))
	}
}

// mathPart begins a part of a formula.
func (w *walker) mathPart(parent string) {
	switch parent {
	case mathMark + "rad":
		w.operand("")
	case mathMark + "func", mathMark + "mr", mathMark + "eqArr":
		w.put(" ")
	case mathMark + "d":
		if b := w.brackets[len(w.brackets)-1]; !b.begun {
			b.begun = true
			w.put(b.first)
		} else {
			w.put("|")
		}
	}
}

// mathSign reads which brackets or which sign a part of a formula has.
func (w *walker) mathSign(name, parent, sign string) {
	if len(w.brackets) == 0 || parent != mathMark+"dPr" && parent != mathMark+"naryPr" {
		return
	}
	if b := w.brackets[len(w.brackets)-1]; name == "endChr" {
		b.last = sign
	} else {
		b.first = sign
	}
}

// longOperand is the longest operand that gets brackets, in bytes.
const longOperand = 200

// operand writes what the tag that was opened last holds behind a sign, in
// brackets where it is more than one word.
func (w *walker) operand(sign string) {
	p := w.flow.par
	if p == nil {
		return
	}
	before := len(p.text)
	w.put(sign)
	from := len(p.text)
	w.top().ends = func() {
		switch t := strings.TrimSpace(string(p.text[from:])); {
		case t == "": // nothing stands there
			p.text = p.text[:before]
		case len(t) > longOperand || !strings.ContainsFunc(t, isOperator):
		default:
			w.count(2)
			p.text = append(p.text[:from], "("+t+")"...)
		}
	}
}

// isOperator reports whether r is of no word and no number.
func isOperator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != ','
}
