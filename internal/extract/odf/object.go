package odf

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// startObject reads what is embedded: the titles and values of a chart, a
// formula. An object in an object is not followed.
func (r *reader) startObject(e element) func() {
	to := e.get("xlink:href")
	if to == "" || r.archive == nil || r.object || strings.Contains(to, ":") {
		return nil
	}
	name := path.Join(path.Clean("/"+to), "content.xml")[1:]
	d, err := r.archive.XML(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		r.object = true
		err = r.part(name, d)
		r.object = false
	}
	r.w.Out.Fail(err)
	return nil
}

// A mathElement is an open element of a formula.
type mathElement struct {
	tag   string
	parts int // elements in it so far
}

// startMath reads an element of a formula. It stands in the paragraph around
// it, written in one line: "E = m c^2".
func (r *reader) startMath(e element) func() {
	n := len(r.math)
	p := r.mathPara()
	var end func()
	if n == 0 && p == nil {
		end = r.startParagraph(element{tag: "text:p"})
		p = r.top().para
	}
	if p == nil {
		return nil
	}
	if n == 0 {
		p.add([]byte(" "))
	} else {
		around := &r.math[n-1]
		if around.parts++; around.parts > 1 {
			mark := between[around.tag]
			if around.tag == "math:msubsup" && around.parts == 3 {
				mark = "^"
			}
			p.text = append(p.text, mark...)
		}
	}
	r.math = append(r.math, mathElement{tag: e.tag})
	return func() {
		r.math = slices.Delete(r.math, n, len(r.math))
		if end != nil {
			end()
		}
	}
}

// between is what stands between the parts of an element of a formula.
var between = map[string]string{
	"math:msup": "^", "math:msub": "_", "math:mfrac": "/", "math:msubsup": "_", "math:munder": "_", "math:mover": "^", "math:mtd": " ", "math:mtr": " ", "math:mtable": "; ", "math:mrow": " ", "math:math": " ",
}

// mathPara returns the innermost open paragraph, which a formula in a frame is
// a part of.
func (r *reader) mathPara() *para {
	for _, f := range slices.Backward(r.flows) {
		if f.para != nil {
			return f.para
		}
	}
	return nil
}

func (r *reader) mathText(t []byte) {
	switch r.math[len(r.math)-1].tag {
	case "math:mi", "math:mn", "math:mo", "math:mtext", "math:ms":
		if p := r.mathPara(); p != nil {
			p.add(t)
		}
	}
}
