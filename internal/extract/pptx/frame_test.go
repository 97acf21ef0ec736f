package pptx

import (
	"fmt"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	tc := func(attributes string, text ...string) string {
		return "<a:tc " + attributes + ">" + strings.ReplaceAll(body(text...), "p:txBody", "a:txBody") + "</a:tc>"
	}
	table := func(properties string, rows ...string) string {
		return frame(500, "<a:tbl><a:tblPr "+properties+"/><a:tblGrid/><a:tr>"+strings.Join(rows, "</a:tr><a:tr>")+"</a:tr></a:tbl>")
	}
	for name, c := range map[string]struct{ frame, want string }{
		"a header": {table(`firstRow="1"`, tc("", "Plan")+tc("", "Price"), tc("", "Basic")+tc("", "5 €"), tc("", "Team")+tc("", "9 €", "a month")),
			"| Plan | Price |\n|---|---|\n| Basic | 5 € |\n| Team | 9 € a month |"},
		"cells that span others": {table(`firstRow="1"`, tc("", "Region")+tc("", "Year")+tc("", "Sales"), tc(`rowSpan="2"`, "East")+tc(`gridSpan="2"`, "none yet")+tc(`hMerge="1"`, "covered"), tc(`vMerge="1"`, "covered")+tc("", "2025")+tc("", "7 | 8")),
			"| Region | Year | Sales |\n|---|---|---|\n| East | none yet | none yet |\n| East | 2025 | 7 \\| 8 |"},
		"a header alone is a row": {table(`firstRow="1"`, tc("", "Only")+tc("", "row")), "| Only | row |"},
		"no text":                 {table("", tc("")+tc(""), tc("")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			reads(t, slides(slideOf(boxAt(0, 0, "Above."), c.frame, boxAt(0, 900, "Below."))), strings.ReplaceAll("Above.\n\n"+c.want+"\n\nBelow.", "\n\n\n\n", "\n\n"))
		})
	}
}

// charted is a deck with a chart of that kind.
func charted(kind, chart string) pack {
	return slides(slideOf(title("Figures"), frame(500, `<c:chart r:id="rId2"/>`))).
		with("ppt/slides/_rels/slide1.xml.rels", rels("rId2", kind, "../charts/chart1.xml")).
		with("ppt/charts/chart1.xml", chart)
}

func chartOf(title, plot string) string {
	if title != "" {
		title = "<c:title>" + richly(title) + "</c:title>"
	}
	return "<c:chartSpace" + spaces + "><c:chart>" + title + "<c:plotArea>" + plot + "</c:plotArea></c:chart></c:chartSpace>"
}

func richly(t string) string { return "<c:tx><c:rich><a:p>" + run1(t) + "</a:p></c:rich></c:tx>" }

// cache makes the values that a chart keeps, under that name.
func cache(name, kind, code string, values ...string) string {
	var b strings.Builder
	for i, v := range values {
		if v != "" {
			fmt.Fprintf(&b, `<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i, v)
		}
	}
	if code != "" {
		code = "<c:formatCode>" + code + "</c:formatCode>"
	}
	return fmt.Sprintf(`<c:%s><c:%sRef><c:f>Sheet1!A1</c:f><c:%sCache>%s%s</c:%sCache></c:%sRef></c:%s>`, name, kind, kind, code, b.String(), kind, kind, name)
}

func TestCharts(t *testing.T) {
	cat := cache("cat", "str", "", "East", "West")
	sales := "<c:ser>" + cache("tx", "str", "", "Sales") + cat + cache("val", "num", "General", "19.199999999999999", "21.4") + "</c:ser>"
	share := "<c:ser>" + cache("tx", "str", "", "Share") + cat + cache("val", "num", "0.0%", "0.175", "") + "</c:ser>"
	axis := func(kind, title string) string {
		return "<c:" + kind + "><c:title>" + richly(title) + "</c:title></c:" + kind + ">"
	}
	point := func(x, y string) string {
		return "<c:ser>" + cache("tx", "str", "", "S"+y) + cache("xVal", "num", "", x) + cache("yVal", "num", "", y) + "</c:ser>"
	}
	for name, c := range map[string]struct {
		chart pack
		want  string
	}{
		"series of two plots": {charted("chart", chartOf("By region", "<c:barChart>"+sales+"</c:barChart><c:lineChart>"+share+"</c:lineChart>"+axis("catAx", "Region")+axis("valAx", "Million euros"))),
			"## By region\n\nMillion euros\n\n| Region | Sales | Share |\n|---|---|---|\n| East | 19.2 | 17.5% |\n| West | 21.4 |  |"},
		"days": {charted("chart", chartOf("", "<c:lineChart><c:ser>"+cache("tx", "str", "", "Sales")+cache("cat", "num", "m/d/yyyy", "46090", "46091")+cache("val", "num", "#,##0", "5", "6")+"</c:ser></c:lineChart>")),
			"|  | Sales |\n|---|---|\n| 2026-03-09 | 5 |\n| 2026-03-10 | 6 |"},
		"points": {charted("chart", chartOf("", "<c:scatterChart>"+point("1", "2")+point("3", "4")+"</c:scatterChart>"+axis("valAx", "Age")+axis("valAx", "Pay"))),
			"Pay\n\n| Age | S2 |\n|---|---|\n| 1 | 2 |\n\n| Age | S4 |\n|---|---|\n| 3 | 4 |"},
		"groups of categories": {charted("chart", chartOf("", `<c:barChart><c:ser><c:cat><c:multiLvlStrRef><c:multiLvlStrCache><c:lvl><c:pt idx="0"><c:v>Q1</c:v></c:pt><c:pt idx="1"><c:v>Q2</c:v></c:pt><c:pt idx="2"><c:v>Q1</c:v></c:pt></c:lvl>`+
			`<c:lvl><c:pt idx="0"><c:v>2025</c:v></c:pt><c:pt idx="2"><c:v>2026</c:v></c:pt></c:lvl></c:multiLvlStrCache></c:multiLvlStrRef></c:cat>`+cache("val", "num", "", "1", "2", "3")+"</c:ser></c:barChart>")),
			"| 2025 › Q1 | 1 |\n| 2025 › Q2 | 2 |\n| 2026 › Q1 | 3 |"},
		"text behind a chart": {charted("chart", chartOf("Title", "<c:barChart>"+sales+"</c:barChart>")).with("ppt/slides/slide1.xml", slideOf(title("Figures"), frame(500, `<c:chart r:id="rId2"/>`), boxAt(0, 900, "Source: us."))).
			with("ppt/slides/slide2.xml", slideOf(boxAt(0, 0, "No title."))),
			"## Title\n\n|  | Sales |\n|---|---|\n| East | 19.2 |\n| West | 21.4 |\n\n##\n\nSource: us.\n\n#\n\nNo title."},
		"labels": {charted("chart", chartOf("", `<c:pieChart><c:ser><c:dLbls><c:dLbl>`+richly("A third!")+`</c:dLbl></c:dLbls>`+cat+cache("val", "num", "", "1", "2")+"</c:ser></c:pieChart>")),
			"| East | 1 |\n| West | 2 |\n\nA third!"},
		"a waterfall": {charted("chartEx", `<cx:chartSpace`+spaces+`><cx:chartData><cx:data id="0"><cx:strDim type="cat"><cx:lvl><cx:pt idx="0">Start</cx:pt><cx:pt idx="1">Loss</cx:pt></cx:lvl></cx:strDim><cx:numDim type="val"><cx:lvl formatCode="General"><cx:pt idx="0">100</cx:pt><cx:pt idx="1">-20</cx:pt></cx:lvl></cx:numDim></cx:data></cx:chartData>`+
			`<cx:chart><cx:title><cx:tx><cx:txData><cx:v>Cash</cx:v></cx:txData></cx:tx></cx:title><cx:plotArea><cx:plotAreaRegion><cx:series layoutId="waterfall"><cx:tx><cx:txData><cx:v>Euros</cx:v></cx:txData></cx:tx><cx:dataId val="0"/></cx:series></cx:plotAreaRegion></cx:plotArea></cx:chart></cx:chartSpace>`),
			"## Cash\n\n|  | Euros |\n|---|---|\n| Start | 100 |\n| Loss | -20 |"},
		"a chart that is broken":  {charted("chart", "<c:chartSpace"), "(a chart of this slide cannot be read)"},
		"a chart that is missing": {slides(slideOf(title("Figures"), frame(500, `<c:chart r:id="rId2"/>`))), "(a chart of this slide cannot be read)"},
		"text drawn on it": {charted("chart", chartOf("Title", "")).with("ppt/charts/_rels/chart1.xml.rels", rels("rId1", "chartUserShapes", "../drawings/drawing1.xml")).
			with("ppt/drawings/drawing1.xml", `<c:userShapes`+spaces+`><c:relSizeAnchor><c:sp>`+body("The record")+`</c:sp></c:relSizeAnchor></c:userShapes>`), "Title\n\nThe record"},
	} {
		t.Run(name, func(t *testing.T) { reads(t, c.chart, "# Figures\n\n"+c.want) })
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range [...][3]string{
		{"0.30000000000000004", "General", "0.3"}, {"0.175", "0%", "18%"}, {"0.175", "0.00%", "17.50%"}, {"1234567.5", "#,##0.00", "1234567.5"}, {"-3", "", "-3"}, {"1e20", "", "1e+20"},
		{"46090", "yyyy", "2026"}, {"46090", "mmm yy", "2026-03"}, {"46090.5", "dd/mm/yyyy hh:mm", "2026-03-09 12:00"}, {"0.25", "h:mm", "06:00"}, {"59", "d.m.yyyy", "1900-02-28"}, {"61", "d.m.yyyy", "1900-03-01"},
		{"5", `0 "days"`, "5"}, {"5", `[Red]0;-0`, "5"}, {"5", `"€"#,##0`, "5"}, {"x y", "General", "x y"}, {"NaN", "", "NaN"}, {"-5", "d.m.yyyy", "-5"}, {"46090", `[$-407]d. mmmm yyyy;@`, "2026-03-09"},
	} {
		if got := formatted(c[0], c[1], false); got != c[2] {
			t.Errorf("%s as %s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if got := formatted("0", "d.m.yyyy", true); got != "1904-01-01" {
		t.Errorf("from 1904: got %s", got)
	}
}

// diagrammed is a deck with a diagram.
func diagrammed(data, drawing string) pack {
	p := slides(slideOf(title("Ways"), frame(500, `<dgm:relIds r:dm="rId2" r:lo="rId3"/>`))).
		with("ppt/slides/_rels/slide1.xml.rels", rels("rId2", "diagramData", "../diagrams/data1.xml", "rId6", "diagramDrawing", "../diagrams/drawing1.xml")).
		with("ppt/diagrams/data1.xml", data)
	if drawing != "" {
		p["ppt/diagrams/drawing1.xml"] = drawing
	}
	return p
}

func TestDiagrams(t *testing.T) {
	pt := func(id, attributes, text string) string {
		return `<dgm:pt modelId="` + id + `" ` + attributes + `><dgm:prSet/><dgm:t><a:p>` + run1(text) + `</a:p></dgm:t></dgm:pt>`
	}
	data := `<dgm:dataModel` + spaces + `><dgm:ptLst>` + pt("d", `type="doc"`, "") + pt("2", "", "Second") + pt("1", "", "First") + pt("3", "", "Below the first") + pt("4", `type="pres"`, "Twice") + pt("5", "", "Alone") +
		`<dgm:pt modelId="6"><dgm:prSet phldrT="[Text]" phldr="1"/><dgm:t><a:p>` + run1("[Text]") + `</a:p></dgm:t></dgm:pt></dgm:ptLst><dgm:cxnLst><dgm:cxn srcId="d" destId="2" srcOrd="1"/><dgm:cxn srcId="d" destId="1" srcOrd="0"/><dgm:cxn srcId="1" destId="3"/>` +
		`<dgm:cxn srcId="3" destId="1"/><dgm:cxn type="presOf" srcId="2" destId="4"/></dgm:cxnLst>%s</dgm:dataModel>`
	drawing := `<dsp:drawing` + spaces + `><dsp:spTree><dsp:sp>` + strings.ReplaceAll(body("First", `<a:pPr lvl="1"><a:buChar char="•"/></a:pPr>`+run1("Detail")), "p:txBody", "dsp:txBody") + `</dsp:sp><dsp:sp>` + strings.ReplaceAll(body("[Text]", "Second"), "p:txBody", "dsp:txBody") + `</dsp:sp></dsp:spTree></dsp:drawing>`
	named := fmt.Sprintf(data, `<dgm:extLst><a:ext uri="x"><dsp:dataModelExt relId="rId6"/></a:ext></dgm:extLst>`)
	asData := "# Ways\n\n- First\n   - Below the first\n- Second\n- Alone"
	t.Run("as drawn, once", func(t *testing.T) { reads(t, diagrammed(named, drawing), "# Ways\n\n- First\n   - Detail\n- Second") })
	t.Run("its drawing is not named", func(t *testing.T) {
		reads(t, diagrammed(fmt.Sprintf(data, ""), drawing), "# Ways\n\n- First\n   - Detail\n- Second")
	})
	t.Run("not drawn", func(t *testing.T) { reads(t, diagrammed(named, ""), asData) })
	t.Run("drawn without text", func(t *testing.T) {
		reads(t, diagrammed(named, `<dsp:drawing`+spaces+`><dsp:spTree/></dsp:drawing>`), asData)
	})
	t.Run("drawn badly", func(t *testing.T) { reads(t, diagrammed(named, "<dsp:drawing"), asData) })
	t.Run("broken", func(t *testing.T) {
		reads(t, diagrammed("<dgm:dataModel", drawing), "# Ways\n\n(a diagram of this slide cannot be read)")
	})
}
