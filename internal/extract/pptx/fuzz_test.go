package pptx

import (
	"os"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

// sound checks what holds for any bytes: the text can be kept, shown and quoted,
// and stands on slides; or an error says what is wrong.
func sound(t *testing.T, in string) {
	e, _ := extracttest.Sound(t, Format, in, extract.Limits{Bytes: 1 << 20, Depth: 8, Unpacked: 8 << 20})
	places, offset := place.Read(e.Places, e.Text), 0
	for l := range strings.Lines(e.Text) {
		if at := places.At(offset); strings.TrimSpace(l) != "" && (at.Slide < 1 || at != multivac.Place{Slide: at.Slide}) {
			t.Errorf("%q stands at %v", l, at)
		}
		offset += len(l)
	}
}

func FuzzFile(f *testing.F) {
	sample, err := os.ReadFile("testdata/trap.pptx")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add(slides(slideOf(boxAt(0, 0, "Text."))).bytes(f))
	f.Fuzz(sound)
}

// FuzzParts changes the XML of parts, for a change of the file itself breaks the
// archive first.
func FuzzParts(f *testing.F) {
	chart := chartOf("Title", "<c:barChart><c:ser>"+cache("cat", "str", "", "A", "B")+cache("val", "num", "0%", "1", "2")+"</c:ser></c:barChart>")
	data := `<dgm:dataModel` + spaces + `><dgm:ptLst><dgm:pt modelId="1"><dgm:t><a:p>` + run1("A") + `</a:p></dgm:t></dgm:pt></dgm:ptLst><dgm:cxnLst><dgm:cxn srcId="1" destId="1"/></dgm:cxnLst></dgm:dataModel>`
	table := frame(1, `<a:tbl><a:tblPr firstRow="1"/><a:tr><a:tc gridSpan="2"/></a:tr><a:tr><a:tc rowSpan="9">`+body("x")+`</a:tc></a:tr></a:tbl>`)
	f.Add(slideOf(title("A"), boxAt(1, 2, "B", `<a:pPr lvl="2"><a:buChar/></a:pPr>`+run1("C")), ph(`idx="1"`, "D"), table, frame(3, `<c:chart r:id="rId2"/>`), frame(4, `<dgm:relIds r:dm="rId3"/>`)),
		root("sldLayout", "", placed(`idx="1"`, 5, `<a:lvl1pPr><a:buNone/></a:lvl1pPr>`)+boxAt(0, 0, "Own.")), chart, data)
	f.Fuzz(func(t *testing.T, slide, layout, chart, data string) {
		p := layouts(slide, layout, master())
		p["ppt/slides/_rels/slide1.xml.rels"] = rels("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml", "rId2", "chart", "../charts/chart1.xml", "rId3", "diagramData", "../diagrams/data1.xml")
		p["ppt/charts/chart1.xml"], p["ppt/diagrams/data1.xml"] = chart, data
		sound(t, p.bytes(t))
	})
}
