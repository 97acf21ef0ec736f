package odf

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

func calc(t testing.TB, styles, body string) string {
	return packed(t, "spreadsheet", "content.xml", content("spreadsheet", styles, body))
}

// rows makes rows of cells, set apart by commas. An empty field is a cell
// without a text.
func rows(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("<table:table-row>")
		for _, c := range strings.Split(l, ",") {
			if c == "" {
				b.WriteString("<table:table-cell/>")
			} else {
				b.WriteString("<table:table-cell><text:p>" + c + "</text:p></table:table-cell>")
			}
		}
		b.WriteString("</table:table-row>")
	}
	return b.String()
}

const aSheet = `<table:table table:name="Prices"><table:table-column table:number-columns-repeated="1024"/>` +
	`<table:table-row><table:table-cell office:value-type="string"><text:p>Plan</text:p></table:table-cell><table:table-cell><text:p>Fee</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16382"/></table:table-row>` +
	`<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>` +
	`<table:table-row><table:table-cell><text:p>Basic</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="9.1"><text:p>9.10 €</text:p></table:table-cell></table:table-row>` +
	`<table:table-row><table:table-cell><text:p>Team</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2026-03-09T14:30:00"><text:p>09/03/2026 14:30</text:p></table:table-cell></table:table-row>` +
	`<table:table-row table:number-rows-repeated="1048574"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>`

// A sheet is a heading and a table, as it is shown. Each row has its place.
func TestSheets(t *testing.T) {
	e := extracttest.Read(t, Spreadsheet, calc(t, "", aSheet+`<table:table table:name="Empty"><table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row></table:table>`+
		`<table:table table:name="Second">`+rows("Name,Team", "Bo,Finch", "Al,Wren")+`</table:table>`))
	want := "# Prices\n\n| Plan | Fee |\n|---|---|\n| Basic | 9.10 € |\n| Team | 09/03/2026 14:30 |\n\n# Second\n\n| Name | Team |\n|---|---|\n| Bo | Finch |\n| Al | Wren |\n"
	if d := cmp.Diff(want, e.Text); d != "" || e.Title != "" {
		t.Errorf("title %q (-want +got)\n%s", e.Title, d)
	}
	for phrase, want := range map[string]multivac.Place{"9.10": {Sheet: "Prices", Line: 4}, "Team | 09": {Sheet: "Prices", Line: 5}, "Finch": {Sheet: "Second", Line: 2}, "Plan": {Sheet: "Prices", Line: 1}} {
		if got := place.At(e.Places, e.Text, strings.Index(e.Text, phrase)); got != want {
			t.Errorf("%s: got %v, want %v", phrase, got, want)
		}
	}
}

func TestSheetAsItIsShown(t *testing.T) {
	hidden := `<style:style style:name="H" style:family="table"><style:table-properties table:display="false"/></style:style>` +
		`<style:style style:name="B" style:family="table-cell"><style:text-properties fo:font-weight="bold"/></style:style>`
	cell := func(attrs, t string) string {
		return "<table:table-cell " + attrs + "><text:p>" + t + "</text:p></table:table-cell>"
	}
	for name, c := range map[string]struct{ body, want string }{
		"hidden sheet": {`<table:table table:name="A" table:style-name="H">` + rows("secret,x") + `</table:table><table:table table:name="B">` + rows("a,b") + `</table:table>`, "# B\n\n| a | b |\n"},
		"hidden rows and columns": {`<table:table table:name="A"><table:table-column/><table:table-column table:visibility="collapse" table:number-columns-repeated="2"/><table:table-column/>` +
			rows("Plan,x,y,Fee", "A,x,y,9") + strings.Replace(rows("not,n,n,n"), "<table:table-row", `<table:table-row table:visibility="collapse"`, 1) +
			strings.Replace(rows("nor,n,n,n"), "<table:table-row", `<table:table-row table:visibility="filter" table:number-rows-repeated="3"`, 1) + rows("B,x,y,19") + `</table:table>`,
			"# A\n\n| Plan | Fee |\n|---|---|\n| A | 9 |\n| B | 19 |\n"},
		"above the table": {`<table:table table:name="A">` + rows("Report of 2024", "Made,2024-05-01", "", "Plan,Fee,Seats,Tax", "A,9,1,2", "B,19,5,3") + `</table:table>`,
			"# A\n\nReport of 2024\n\nMade: 2024-05-01\n\n| Plan | Fee | Seats | Tax |\n|---|---|---|---|\n| A | 9 | 1 | 2 |\n| B | 19 | 5 | 3 |\n"},
		"not in the corner": {`<table:table table:name="A">` + rows("", ",,Plan,Fee", ",,A,9", ",,B,19") + `</table:table>`, "# A\n\n| Plan | Fee |\n|---|---|\n| A | 9 |\n| B | 19 |\n"},
		"two tables": {`<table:table table:name="A">` + rows("Plan,Fee", "A,9", "B,19", "") + "<table:table-row>" + cell(`table:style-name="B"`, "Name") + cell(`table:style-name="B"`, "Team") + "</table:table-row>" + rows("Bo,Finch") + `</table:table>`,
			"# A\n\n| Plan | Fee |\n|---|---|\n| A | 9 |\n| B | 19 |\n\n| Name | Team |\n|---|---|\n| Bo | Finch |\n"},
		"bold header": {`<table:table table:name="A"><table:table-row table:default-cell-style-name="B">` + cell("", "2023") + cell("", "2024") + "</table:table-row>" + rows("4,5", "6,7") + `</table:table>`,
			"# A\n\n| 2023 | 2024 |\n|---|---|\n| 4 | 5 |\n| 6 | 7 |\n"},
		"merged": {`<table:table table:name="A"><table:table-row>` + cell(`table:style-name="B" table:number-rows-spanned="2"`, "Plan") + cell(`table:style-name="B" table:number-columns-spanned="2"`, "Fees") + "<table:covered-table-cell/></table:table-row>" +
			"<table:table-row><table:covered-table-cell/>" + cell(`table:style-name="B"`, "Monthly") + cell(`table:style-name="B"`, "Yearly") + "</table:table-row>" +
			"<table:table-row>" + cell(`table:number-rows-spanned="2"`, "A") + cell("", "9") + cell("", "90") + "</table:table-row><table:table-row><table:covered-table-cell/>" + cell("", "8") + cell("", "80") + "</table:table-row></table:table>",
			"# A\n\n| Plan | Fees › Monthly | Fees › Yearly |\n|---|---|---|\n| A | 9 | 90 |\n| A | 8 | 80 |\n"},
		"values alone": {`<table:table table:name="A">` + rows("Name,Age") + `<table:table-row><table:table-cell office:value-type="string" office:string-value="Bo"/><table:table-cell office:value-type="float" office:value="7"/><table:table-cell office:value-type="float" office:value="8"><text:p/></table:table-cell></table:table-row></table:table>`,
			"# A\n\n| Name | Age |\n|---|---|\n| Bo | 7 |\n"},
		"beside the cells": {`<table:table table:name="A"><table:shapes><draw:frame><draw:text-box><text:p>A box.</text:p></draw:text-box></draw:frame></table:shapes>` +
			`<table:table-row><table:table-cell><office:annotation><text:p>remark</text:p></office:annotation><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p><draw:custom-shape><text:p>Over a cell.</text:p></draw:custom-shape></table:table-cell></table:table-row></table:table>`,
			"# A\n\n| a | b |\n\nA box.\n\nOver a cell.\n"},
		"repeated": {`<table:table table:name="A">` + rows("a,b,c") + `<table:table-row table:number-rows-repeated="500000"><table:table-cell table:number-columns-repeated="3"><text:p>x</text:p></table:table-cell></table:table-row></table:table>`,
			"# A\n\n| a | b | c |\n|---|---|---|\n| x | x | x |\n"},
	} {
		t.Run(name, func(t *testing.T) { wantText(t, Spreadsheet, calc(t, hidden, c.body), c.want) })
	}
}

// Hidden sheets, rows and columns are read where that is wanted.
func TestHiddenIsWanted(t *testing.T) {
	hidden := `<style:style style:name="H" style:family="table"><style:table-properties table:display="false"/></style:style>`
	in := calc(t, hidden, `<table:table table:name="A" table:style-name="H"><table:table-column/><table:table-column table:visibility="collapse"/>`+rows("Plan,Fee", "A,9")+
		strings.Replace(rows("B,19"), "<table:table-row", `<table:table-row table:visibility="filter"`, 1)+`</table:table><table:table table:name="B">`+rows("a,b")+`</table:table>`)
	l := extract.Default
	l.Hidden = true
	e, err := Spreadsheet.Extract(t.Context(), []byte(in), l)
	if want := "# A (hidden sheet)\n\n| Plan | Fee |\n|---|---|\n| A | 9 |\n| B | 19 |\n\n# B\n\n| a | b |\n"; err != nil || e.Text != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, e.Text, want)
	}
	if got := place.At(e.Places, e.Text, strings.Index(e.Text, "| B")); got != (multivac.Place{Sheet: "A", Line: 3}) {
		t.Errorf("got %v", got)
	}
}

// What a file says is repeated is never written without a bound.
func TestSheetIsBounded(t *testing.T) {
	for _, row := range []string{
		`<table:table-row><table:table-cell table:number-columns-repeated="16384"><text:p>text again</text:p></table:table-cell></table:table-row>`,
		`<table:table-row><table:table-cell table:number-columns-repeated="999999999"/><table:table-cell><text:p>far</text:p></table:table-cell></table:table-row>`,
		`<table:table-row table:number-rows-repeated="999999999"><table:table-cell table:number-rows-spanned="1000000"><text:p>down</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell table:number-columns-repeated="1000"/><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>`,
		`<table:table-column table:number-columns-repeated="999999999" table:visibility="collapse"/><table:table-column/>`,
	} {
		body := `<table:table table:name="A">` + rows("a,b") + strings.Repeat(row, 5000) + `</table:table>`
		if n := len(extracttest.Read(t, Spreadsheet, calc(t, "", body)).Text); n > 4*len(body)+1<<18 {
			t.Errorf("%.80s…: %d bytes of text of %d", row, n, len(body))
		}
	}
}

const aSlide = `<draw:page draw:style-name="d1"><draw:frame svg:x="1cm" svg:y="12cm"><draw:text-box><text:p>Lower left.</text:p></draw:text-box></draw:frame>` +
	`<draw:frame svg:x="15cm" svg:y="50.2mm"><draw:text-box><text:p>Upper right.</text:p></draw:text-box></draw:frame>` +
	`<draw:frame svg:x="1cm" svg:y="5cm"><draw:text-box><text:list><text:list-item><text:p>Upper left</text:p></text:list-item></text:list></draw:text-box></draw:frame>` +
	`<draw:frame presentation:class="title" svg:y="20cm"><draw:text-box><text:p>The pump</text:p></draw:text-box></draw:frame>` +
	`<draw:frame presentation:class="subtitle" presentation:placeholder="true"><draw:text-box><text:p>Click to add text</text:p></draw:text-box></draw:frame>` +
	`<draw:frame presentation:class="footer"><draw:text-box><text:p>Every page</text:p></draw:text-box></draw:frame>` +
	`<presentation:notes><draw:page-thumbnail/><draw:frame presentation:class="notes"><draw:text-box><text:p>Say it slowly.</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>`

// Slides come in order, each with its title, what is on it from the top to the
// bottom, and its notes.
func TestSlides(t *testing.T) {
	styles := `<style:style style:name="d2" style:family="drawing-page"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>`
	body := aSlide + `<draw:page draw:style-name="d2"><draw:frame presentation:class="title"><draw:text-box><text:p>Costs</text:p></draw:text-box></draw:frame>` +
		`<draw:frame><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell></table:table-row></table:table></draw:frame></draw:page>` +
		`<draw:page><draw:custom-shape><text:p>No title here.</text:p></draw:custom-shape></draw:page>` +
		`<draw:page/><draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>The end</text:p></draw:text-box></draw:frame></draw:page>`
	e := extracttest.Read(t, Presentation, packed(t, "presentation", "content.xml", content("presentation", styles, body)))
	want := "# The pump\n\n- Upper left\n\nUpper right.\n\nLower left.\n\n## Notes\n\nSay it slowly.\n\n# Costs (hidden slide)\n\n| a | b |\n\n#\n\nNo title here.\n\nThe end\n"
	if d := cmp.Diff(want, e.Text); d != "" || e.Title != "The pump" {
		t.Errorf("title %q (-want +got)\n%s", e.Title, d)
	}
	for phrase, n := range map[string]int{"The pump": 1, "Say": 1, "| a": 2, "No title": 3, "The end": 5} {
		if got := place.At(e.Places, e.Text, strings.Index(e.Text, phrase)); got != (multivac.Place{Slide: n}) {
			t.Errorf("%s: got %v, want slide %d", phrase, got, n)
		}
	}
}

func BenchmarkSheet(b *testing.B) {
	var body strings.Builder
	for i := range 20_000 {
		body.WriteString(rows(fmt.Sprintf("part %d,seal,%d,north", i, i)))
	}
	in := []byte(calc(b, "", `<table:table table:name="A">`+rows("Part,Use,Count,Where")+body.String()+`</table:table>`))
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		if _, err := Read(b.Context(), in, extract.Default); err != nil {
			b.Fatal(err)
		}
	}
}
