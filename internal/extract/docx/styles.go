package docx

import (
	"strconv"
	"strings"

	"multivac/internal/extract"
)

// The styles of a document as they are written.
type xmlStyles struct {
	Styles []xmlStyle `xml:"style"`
}

type xmlStyle struct {
	ID       string  `xml:"styleId,attr"`
	Type     string  `xml:"type,attr"`
	Default  string  `xml:"default,attr"`
	Name     value   `xml:"name"`
	BasedOn  value   `xml:"basedOn"`
	Outline  *value  `xml:"pPr>outlineLvl"`
	NumberID *value  `xml:"pPr>numPr>numId"`
	Level    *value  `xml:"pPr>numPr>ilvl"`
	Hidden   *toggle `xml:"rPr>vanish"`
	Bold     *toggle `xml:"rPr>b"`
	Parts    []struct {
		Type string  `xml:"type,attr"`
		Bold *toggle `xml:"rPr>b"`
		Fill *value  `xml:"tcPr>shd"`
	} `xml:"tblStylePr"`
}

type value struct {
	Val string `xml:"val,attr"`
}

// A toggle is on where it has no value.
type toggle struct {
	Val *string `xml:"val,attr"`
}

func (t *toggle) on() bool { return t != nil && (t.Val == nil || isOn(*t.Val)) }

func isOn(v string) bool { return v != "0" && v != "false" && v != "off" }

// A style is how paragraphs, runs or tables of that name look, with all that
// they have from the styles that theirs is based on.
type style struct {
	name     string // in lower case
	outline  int    // level of a heading from 1, or 0
	isTitle  bool
	isCode   bool
	isTOC    bool   // a line of the table of contents
	numberID string // of the list it is an item of
	level    int    // in the list, or -1
	ids      []string
	hidden   bool
	bold     bool
	header   bool // the first row of a table stands out
}

// styles are those of a document by their identifier.
type styles struct {
	written  map[string]xmlStyle
	resolved map[string]*style
	standard string // the style of paragraphs that name none
}

func newStyles(x xmlStyles) *styles {
	s := &styles{written: make(map[string]xmlStyle, len(x.Styles)), resolved: map[string]*style{}}
	for _, y := range x.Styles {
		s.written[y.ID] = y
		if y.Type == "paragraph" && y.Default != "" && isOn(y.Default) {
			s.standard = y.ID
		}
	}
	return s
}

// maxBases is how many styles a style may be based on, one upon the other.
const maxBases = 32

// of returns the style with the identifier.
func (s *styles) of(id string) *style {
	if r := s.resolved[id]; r != nil {
		return r
	}
	r, known := &style{level: -1}, known{}
	for at := id; len(r.ids) < maxBases; {
		y, ok := s.written[at]
		if !ok && at != "" {
			y = xmlStyle{Name: value{at}} // one of Word's own that is not written down
		}
		r.ids = append(r.ids, at)
		r.inherit(y, &known)
		if at = y.BasedOn.Val; at == "" {
			break
		}
	}
	if r.isTitle && !known.outline {
		r.outline = 1
	}
	s.resolved[id] = r
	return r
}

// known are the properties that a style has of itself or from a nearer one.
type known struct{ outline, number, level, hidden, bold bool }

// inherit takes from y what r does not have.
func (r *style) inherit(y xmlStyle, k *known) {
	name := strings.ToLower(strings.TrimSpace(y.Name.Val))
	if len(r.ids) == 1 {
		r.name = name
	}
	r.isCode = r.isCode || codeStyles[name]
	r.isTOC = r.isTOC || isTOC(name)
	r.isTitle = r.isTitle || name == "title"
	if y.Outline != nil && !k.outline {
		k.outline = true
		if n := atoi(y.Outline.Val, -1); n >= 0 && n < levels {
			r.outline = n + 1
		}
	}
	if n := headingName(name); n > 0 && !k.outline {
		r.outline, k.outline = n, true
	}
	if y.NumberID != nil && !k.number {
		r.numberID, k.number = y.NumberID.Val, true
	}
	if y.Level != nil && !k.level {
		r.level, k.level = levelOf(y.Level.Val), true
	}
	if y.Hidden != nil && !k.hidden {
		r.hidden, k.hidden = y.Hidden.on(), true
	}
	if y.Bold != nil && !k.bold {
		r.bold, k.bold = y.Bold.on(), true
	}
	for _, p := range y.Parts {
		r.header = r.header || p.Type == "firstRow" && (p.Bold.on() || p.Fill != nil)
	}
}

// codeStyles are the names of styles of code, as Word and Pandoc have them.
var codeStyles = map[string]bool{
	"source code": true, "sourcecode": true, "html preformatted": true, "macro text": true, "code": true, "code block": true,
	"preformatted text": true, "macro": true,
}

// headingName returns the level that the name of a style of Word itself says.
func headingName(name string) int {
	rest, ok := strings.CutPrefix(name, "heading")
	n, err := strconv.Atoi(strings.TrimSpace(rest))
	if !ok || err != nil || n < 1 || n > 9 {
		return 0
	}
	return n
}

// deeper returns how many levels deeper the style of an item is than its list: each
// of List Bullet, List Bullet 2 and so on has a list of its own.
func (r *style) deeper() int {
	rest, ok := strings.CutPrefix(r.name, "list ")
	_, n, found := strings.Cut(rest, " ")
	if !ok || !found || r.level > 0 {
		return 0
	}
	return max(min(atoi(n, 1), levels)-1, 0)
}

// isTOC reports whether the style is that of a line in a list of headings or of
// figures. Such lines say again what stands elsewhere.
func isTOC(name string) bool {
	rest, ok := strings.CutPrefix(name, "toc")
	_, err := strconv.Atoi(strings.TrimSpace(rest))
	return ok && err == nil || name == "table of figures" || name == "table of authorities"
}

// levelOf returns the level in a list, from 0.
func levelOf(v string) int {
	n, err := strconv.Atoi(extract.OneLine(v))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, levels-1)
}
