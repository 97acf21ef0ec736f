package pptx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A pack is a presentation of parts by name. What a test does not name is as
// in a small deck.
type pack map[string]string

const spaces = ` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"` +
	` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
	` xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"` +
	` xmlns:dsp="http://schemas.microsoft.com/office/drawing/2008/diagram" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"` +
	` xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex"`

// rels makes the relationships of a part: id, kind, target, id, kind, target.
func rels(of ...string) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i < len(of); i += 3 {
		fmt.Fprintf(&b, `<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>`, of[i], of[i+1], of[i+2])
	}
	return b.String() + `</Relationships>`
}

// root makes a part with shapes.
func root(name, attributes, shapes string) string {
	return "<p:" + name + spaces + " " + attributes + "><p:cSld><p:spTree>" + shapes + "</p:spTree></p:cSld></p:" + name + ">"
}

func slideOf(shapes ...string) string { return root("sld", "", strings.Join(shapes, "")) }

// boxAt makes a text box of paragraphs, in tenths of a percent of the slide.
func boxAt(x, y int, paragraphs ...string) string {
	return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="Box"/><p:nvPr/></p:nvSpPr><p:spPr>` + at(x, y) + `</p:spPr>` + body(paragraphs...) + `</p:sp>`
}

func at(x, y int) string {
	return fmt.Sprintf(`<a:xfrm><a:off x="%d" y="%d"/><a:ext cx="914400" cy="457200"/></a:xfrm>`, x*9144, y*6858)
}

// ph makes a placeholder that says nothing of its place.
func ph(attributes string, paragraphs ...string) string {
	return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="Placeholder"/><p:nvPr><p:ph ` + attributes + `/></p:nvPr></p:nvSpPr><p:spPr/>` + body(paragraphs...) + `</p:sp>`
}

func title(t string) string { return ph(`type="title"`, t) }

// body makes the text of a shape. What begins with "<" is XML as it stands.
func body(paragraphs ...string) string {
	var b strings.Builder
	b.WriteString(`<p:txBody><a:bodyPr/><a:lstStyle/>`)
	for _, p := range paragraphs {
		if !strings.HasPrefix(p, "<") {
			p = run1(p)
		}
		b.WriteString("<a:p>" + p + "</a:p>")
	}
	return b.String() + `</p:txBody>`
}

func run1(t string) string { return "<a:r><a:t>" + t + "</a:t></a:r>" }

func frame(y int, data string) string {
	return `<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="3" name="Frame"/><p:nvPr/></p:nvGraphicFramePr>` + strings.ReplaceAll(at(0, y), "a:xfrm", "p:xfrm") +
		`<a:graphic><a:graphicData uri="x">` + data + `</a:graphicData></a:graphic></p:graphicFrame>`
}

// bytes makes the file. Without a presentation.xml, slides 1 to n are shown in
// that order.
func (p pack) bytes(t testing.TB) string {
	t.Helper()
	all := pack{"_rels/.rels": rels("rId1", "officeDocument", "ppt/presentation.xml", "rId2", "metadata/core-properties", "docProps/core.xml")}
	var list, refs strings.Builder
	for n := 1; p[fmt.Sprintf("ppt/slides/slide%d.xml", n)] != ""; n++ {
		fmt.Fprintf(&list, `<p:sldId id="%d" r:id="rId%d"/>`, 255+n, n)
		fmt.Fprintf(&refs, " rId%d slide slides/slide%d.xml", n, n)
	}
	all["ppt/presentation.xml"] = "<p:presentation" + spaces + "><p:sldIdLst>" + list.String() + `</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>`
	all["ppt/_rels/presentation.xml.rels"] = rels(strings.Fields(refs.String())...)
	maps.Copy(all, p)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // to pack takes longer than to read
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// with returns p and other parts.
func (p pack) with(name, part string) pack {
	all := maps.Clone(p)
	all[name] = part
	return all
}

// slides makes a presentation of slides.
func slides(all ...string) pack {
	p := pack{}
	for i, s := range all {
		p[fmt.Sprintf("ppt/slides/slide%d.xml", i+1)] = s
	}
	return p
}
