package epub

import (
	"bytes"
	"strings"

	"multivac/internal/extract"
)

// formula returns a formula of MathML as text of HTML: as its author wrote it in
// TeX or in words, where that is kept, or else as it is drawn, on one line:
// E=mc^2.
func formula(attributes, content []byte) string {
	if _, tex, ok := bytes.Cut(content, []byte(`"application/x-tex">`)); ok {
		if end := bytes.IndexByte(tex, '<'); end >= 0 {
			return strings.TrimSpace(string(tex[:end]))
		}
	}
	if _, words, ok := bytes.Cut(attributes, []byte(`alttext="`)); ok {
		if end := bytes.IndexByte(words, '"'); end > 0 {
			return string(words[:end])
		}
	}
	content, _, _ = bytes.Cut(content, []byte("<annotation"))
	var d drawn
	for len(content) > 0 {
		n := bytes.IndexByte(content, '<')
		if n < 0 {
			n = len(content)
		}
		d.text(bytes.TrimSpace(content[:n]))
		if content = content[n:]; len(content) > 0 {
			end, _ := tagEnd(content)
			d.tag(content[:end])
			content = content[end:]
		}
	}
	return d.out.String()
}

// A drawn is a formula that is being written on one line.
type drawn struct {
	out  strings.Builder
	open []drawnElement
}

type drawnElement struct {
	name     string
	children int
	bracket  bool // its end is written
}

// maxDrawn is how deep the elements of a formula may be. What is deeper is
// written without signs.
const maxDrawn = 32

// signs are what stands before the second and third part of an element.
var signs = map[string][2]string{
	"msup": {"^"}, "msub": {"_"}, "msubsup": {"_", "^"}, "mfrac": {"/"}, "munder": {"_"}, "mover": {"^"}, "munderover": {"_", "^"},
}

// spacious are the elements that stand apart from each other.
var spacious = extract.Words("mtext mtr mtd mspace")

func (d *drawn) text(t []byte) { d.out.Write(t) }

// tag reads a tag.
func (d *drawn) tag(tag []byte) {
	if bytes.HasPrefix(tag, []byte("</")) {
		if n := len(d.open) - 1; n >= 0 {
			if d.open[n].bracket {
				d.out.WriteByte(')')
			}
			d.open = d.open[:n]
		}
		return
	}
	name, _ := tagName(tag[min(1, len(tag)):])
	e := drawnElement{name: name}
	if n := len(d.open) - 1; n >= 0 {
		parent := &d.open[n]
		if parent.children++; signs[parent.name] != [2]string{} {
			if k := parent.children - 2; k == 0 || k == 1 {
				d.out.WriteString(signs[parent.name][k])
			}
			e.bracket = name == "mrow" && (parent.children > 1 || parent.name == "mfrac")
		}
	}
	switch {
	case spacious[name] && d.out.Len() > 0:
		d.out.WriteByte(' ')
	case name == "msqrt" || name == "mroot":
		d.out.WriteString("√")
		e.bracket = name == "msqrt"
	}
	if e.bracket {
		d.out.WriteByte('(')
	}
	if name != "" && !bytes.HasSuffix(tag, []byte("/>")) && len(d.open) < maxDrawn {
		d.open = append(d.open, e)
	}
}
