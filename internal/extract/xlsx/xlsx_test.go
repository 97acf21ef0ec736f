package xlsx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
	"multivac/internal/text"
)

// What readers of the samples see, and what not.
func TestExpected(t *testing.T) {
	extracttest.Expected(t, "testdata", Format, "x-openpyxl.xlsx", "x-inlinestr.xlsx", "x-xlsxwriter-1904.xlsx")
}

// Parts of the workbooks of tests.
const (
	root   = `<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.xml"/><Relationship Id="b" Type="x/core-properties" Target="docProps/core.xml"/></Relationships>`
	styles = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/><numFmt numFmtId="165" formatCode=";;;"/></numFmts>
		<fonts><font><sz val="11"/></font><font><b/></font><font><b val="0"/></font></fonts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>
		<cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="0" fontId="1"/><xf numFmtId="164" fontId="2"/><xf numFmtId="165" fontId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`
	// The number of the bold one.
	bold = 1
)

// book makes a workbook of one sheet with what follows behind its rows.
func book(t testing.TB, rows, behind string, more ...string) string {
	t.Helper()
	return extracttest.Zip(t, append([]string{
		"_rels/.rels", root, "xl/styles.xml", styles,
		"xl/workbook.xml", `<workbook xmlns:r="rel"><workbookPr/><sheets><sheet name="Main" sheetId="1" r:id="s1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<worksheet><cols><col min="26" max="30" hidden="1"/></cols><sheetData>` + rows + `</sheetData>` + behind + `</worksheet>`,
	}, more...)...)
}

// rows makes rows of text from lines. Cells are set apart by bars; a number is
// one, and * before a text makes it bold.
func rows(lines ...string) string {
	var b strings.Builder
	n := 0
	for _, l := range lines {
		n++
		if l == "" {
			continue
		}
		fmt.Fprintf(&b, `<row r="%d">`, n)
		for i, c := range strings.Split(l, "|") {
			at := fmt.Sprintf("%c%d", 'A'+i, n)
			style := 0
			if strings.HasPrefix(c, "*") {
				style, c = bold, c[1:]
			}
			switch _, isNumber := parseDecimal(c); {
			case c == "":
			case isNumber:
				fmt.Fprintf(&b, `<c r="%s" s="%d"><v>%s</v></c>`, at, style, c)
			default:
				fmt.Fprintf(&b, `<c r="%s" s="%d" t="inlineStr"><is><t>%s</t></is></c>`, at, style, c)
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

func wantQuoted(t *testing.T, in string, want ...string) {
	t.Helper()
	for i := range want {
		want[i] = "Main" + want[i]
	}
	if d := cmp.Diff(want, extracttest.Quotable(t, Format, in)); d != "" {
		t.Errorf("(-want +got)\n%s\n%s", d, extracttest.Read(t, Format, in).Text)
	}
}

// merged names merged cells.
func merged(refs ...string) string {
	return `<mergeCells><mergeCell ref="` + strings.Join(refs, `"/><mergeCell ref="`) + `"/></mergeCells>`
}

// Each sheet is a heading, with its table and what stands above it.
func TestTables(t *testing.T) {
	wantQuoted(t, book(t, rows("Part|Mass", "Seal|4", "Axle|12"), ""), "; Part | Mass; Seal | 4", "; Part | Mass; Axle | 12")
	wantQuoted(t, book(t, rows("*Part|*Use", "Seal|pumps", "Axle|carts"), ""), "; Part | Use; Seal | pumps", "; Part | Use; Axle | carts")
	// A title, a note and empty rows above; empty columns between and before.
	wantQuoted(t, book(t, rows("*Parts of 2026", "made by the workshop", "", "||Part||Mass", "||Seal||4", "||Axle||12"), ""),
		" › Parts of 2026; ; made by the workshop", " › Parts of 2026; Part | Mass; Seal | 4", " › Parts of 2026; Part | Mass; Axle | 12")
	wantQuoted(t, book(t, rows("Parts of the mill", "made|46090", "Part|Mass|Use|Shelf", "Seal|4|pumps|2", "Axle|12|carts|3"), ""), "; ; Parts of the mill", "; ; made: 46090",
		"; Part | Mass | Use | Shelf; Seal | 4 | pumps | 2", "; Part | Mass | Use | Shelf; Axle | 12 | carts | 3")
	// An empty row in a table, and one between two tables.
	wantQuoted(t, book(t, rows("*Part|*Mass", "Seal|4", "", "Axle|12", "", "*Town|*People", "Oslo|700", "", "made in March"), ""),
		"; Part | Mass; Seal | 4", "; Part | Mass; Axle | 12", "; Town | People; Oslo | 700", "; ; made in March")
	// Text above numbers is a header, bold or not.
	wantQuoted(t, book(t, rows("Part|Mass", "Seal|4", "", "Town|People", "Oslo|700"), ""), "; Part | Mass; Seal | 4", "; Town | People; Oslo | 700")
	// Names of groups.
	wantQuoted(t, book(t, rows("*Plan|*Fee", "*Europe", "Starter|9", "Full|19", "*Asia", "Starter|8", "Full|18"), ""),
		"; Plan | Fee; Europe › Starter | 9", "; Plan | Fee; Europe › Full | 19", "; Plan | Fee; Asia › Starter | 8", "; Plan | Fee; Asia › Full | 18")
	// Text alone.
	wantQuoted(t, book(t, rows("*About", "This book lists our parts.", "Ask the workshop about it."), ""),
		" › About; ; This book lists our parts.", " › About; ; Ask the workshop about it.")
	// Numbers alone have no header.
	wantQuoted(t, book(t, rows("1|2|3", "4|5|6", "7|8|9"), ""), "; ; 1 | 2 | 3", "; ; 4 | 5 | 6", "; ; 7 | 8 | 9")
}

// Bold lines above a table are its title and notes, and no rows of its header.
func TestBoldLinesAbove(t *testing.T) {
	f := func(lines, merged string, want ...string) {
		t.Helper()
		wantQuoted(t, book(t, rows(strings.Split(lines, "/")...), merged), want...)
	}
	const parts = " › Parts of 2026"
	for _, head := range []string{"*Part|*Mass|*Use", "Part|Mass|Use"} {
		table := "/" + head + "/Seal|4|pumps/Axle|12|carts"
		quoted := func(under string, before ...string) []string {
			return append(before, under+"; Part | Mass | Use; Seal | 4 | pumps", under+"; Part | Mass | Use; Axle | 12 | carts")
		}
		f("*Parts of 2026/*in kilograms"+table, "", quoted(parts, parts+"; ; in kilograms")...)
		f("*Parts of 2026/*in kilograms"+table, merged("A1:C1", "A2:C2"), quoted(parts, parts+"; ; in kilograms")...)
		f("|*Parts of 2026/|*in kilograms"+table, "", quoted(parts, parts+"; ; in kilograms")...)
		f("*Workshop|*North/*Year|*2026"+table, "", quoted("", "; ; Workshop: North", "; ; Year: 2026")...)
		f("*Parts of 2026/*Year|*2026"+table, "", quoted(parts, parts+"; ; Year: 2026")...)
	}
	f("*Parts of 2026/*in kilograms/*by Ada/*Part|*Mass/Seal|4", "", parts+"; ; in kilograms", parts+"; ; by Ada", parts+"; Part | Mass; Seal | 4")
	f("*Workshop|*North/*Year|*2026/*Status|*Draft/*Part|*Mass|*Use/Seal|4|pumps", "", "; ; Workshop: North", "; ; Year: 2026", "; ; Status: Draft", "; Part | Mass | Use; Seal | 4 | pumps")
	f("*Parts of 2026|||*Draft/*in kilograms|||*May/*Part|*Mass|*Use|*Shelf/Seal|4|pumps|2", "", "; ; Parts of 2026: Draft", "; ; in kilograms: May", "; Part | Mass | Use | Shelf; Seal | 4 | pumps | 2")
	// Headers of two rows stay what they are.
	f("*Region|*Sales/|*Plan|*Real|*Change/North|1|2|3/South|4|5|6", merged("B1:D1"), "; Region | Sales › Plan | Sales › Real | Sales › Change; North | 1 | 2 | 3", "; Region | Sales › Plan | Sales › Real | Sales › Change; South | 4 | 5 | 6")
	f("*Sales of the year/*2025||*2026/*Plan|*Real|*Plan|*Real/1|2|3|4/5|6|7|8", merged("A2:B2", "C2:D2"), " › Sales of the year; 2025 › Plan | 2025 › Real | 2026 › Plan | 2026 › Real; 1 | 2 | 3 | 4",
		" › Sales of the year; 2025 › Plan | 2025 › Real | 2026 › Plan | 2026 › Real; 5 | 6 | 7 | 8")
}

// Merged cells are repeated where they stand for several rows or columns.
func TestMergedCells(t *testing.T) {
	wantQuoted(t, book(t, rows("Kind|Part|Mass", "Seals|Ring|4", "|Disc|12", "Axles|Rod|700"), merged("A2:A3")),
		"; Kind | Part | Mass; Seals | Ring | 4", "; Kind | Part | Mass; Seals | Disc | 12", "; Kind | Part | Mass; Axles | Rod | 700")
	// Two rows of a header.
	wantQuoted(t, book(t, rows("Region|Q1||Q2", "|Plan|Real|Plan|Real", "North|1|2|3|4", "South|5|6|7|8"), merged("A1:A2", "B1:C1", "D1:E1")),
		"; Region | Q1 › Plan | Q1 › Real | Q2 › Plan | Q2 › Real; North | 1 | 2 | 3 | 4", "; Region | Q1 › Plan | Q1 › Real | Q2 › Plan | Q2 › Real; South | 5 | 6 | 7 | 8")
	// A title across the table, and a row that only goes on with a cell above.
	wantQuoted(t, book(t, rows("Parts", "*Part|*Mass", "Seal|4", "", "Axle|12"), merged("A1:B1", "A3:A4")),
		"; ; Parts", "; Part | Mass; Seal | 4", "; Part | Mass; Axle | 12")
	// Cells that are merged for looks: a form.
	wantQuoted(t, book(t, rows("Name|Anna Berg", "Town|Oslo", "Note|She comes on Mondays."), merged("B1:F1", "B2:F2", "B3:F3")),
		"; ; Name | Anna Berg", "; ; Town | Oslo", "; ; Note | She comes on Mondays.")
	// The row of a merged cell is hidden, but not all of it.
	wantQuoted(t, book(t, `<row r="1"><c r="A1" t="inlineStr"><is><t>Part</t></is></c><c r="B1" t="inlineStr"><is><t>Mass</t></is></c></row>
		<row r="2" hidden="1"><c r="A2" t="inlineStr"><is><t>Seal</t></is></c><c r="B2"><v>4</v></c></row><row r="3"><c r="B3"><v>5</v></c></row>`, merged("A2:A3")),
		"; Part | Mass; Seal | 5")
	// Cells that overlap are an error of the file; the text stays.
	wantQuoted(t, book(t, rows("a|b|c", "d|e|f"), merged("A1:B1", "B1:C2", "A1:A2", "C2:C1", "x", "A1:ZZZZ9")), "; a | a | c; d | e | f")
}

// Tables with a name say where they begin, and that they have a header.
func TestNamedTables(t *testing.T) {
	table := func(ref, attributes string) string { return `<table ref="` + ref + `" ` + attributes + `/>` }
	in := func(tables ...string) string {
		to, more := "", []string{}
		for i, x := range tables {
			to += fmt.Sprintf(`<Relationship Id="t%d" Type="x/table" Target="../tables/table%d.xml"/>`, i, i)
			more = append(more, fmt.Sprintf("xl/tables/table%d.xml", i), x)
		}
		more = append(more, "xl/worksheets/_rels/sheet1.xml.rels", "<Relationships>"+to+"</Relationships>")
		return book(t, rows("notes of May", "Bird|Town", "finch|Oslo", "wren|Rome", "Tree|Lake", "oak|Como"), "", more...)
	}
	wantQuoted(t, in(table("A2:B4", ""), table("A5:B6", "")), "; ; notes of May", "; Bird | Town; finch | Oslo", "; Bird | Town; wren | Rome", "; Tree | Lake; oak | Como")
	if got := extracttest.Read(t, Format, in(table("A2:B6", `headerRowCount="0"`), table("zz", ""))).Text; !strings.Contains(got, "| oak | Como |") {
		t.Errorf("got %s", got)
	}
	if _, err := Format.Extract(t.Context(), []byte(in("<table")), extract.Default); !errors.Is(err, multivac.ErrInvalid) {
		t.Errorf("a broken table: got %v", err)
	}
}

// What a reader does not see is left out.
func TestHidden(t *testing.T) {
	in := `<row r="1"><c r="A1" t="inlineStr"><is><t>seen</t></is></c><c r="Z1" t="inlineStr"><is><t>no: column</t></is></c></row>
		<row r="2" hidden="1"><c r="A2" t="inlineStr"><is><t>no: row</t></is></c></row>
		<row r="3" ht="0" customHeight="1"><c r="A3" t="inlineStr"><is><t>no: flat row</t></is></c></row>
		<row r="4"><c r="A4"><f>SUM(A1:A2)</f><v></v></c><c r="B4"><f>1+1</f></c><c r="C4" s="3"><v>12345</v></c><c r="D4" s="3" t="inlineStr"><is><t>no: format</t></is></c></row>
		<row r="5"><c r="A5" t="inlineStr"><is><r><t>rich </t></r><r><rPr><b/></rPr><t xml:space="preserve">text</t></r><rPh sb="0" eb="1"><t>no: reading</t></rPh></is></c></row>`
	behind := `<headerFooter><oddHeader>no: head</oddHeader></headerFooter><extLst><ext><f>no: formula</f></ext></extLst>`
	wantQuoted(t, book(t, in, behind, "xl/comments1.xml", "<comments><comment>no: comment</comment></comments>"), "; ; seen", "; ; rich text")
}

// Hidden sheets, rows and columns are read where that is wanted.
func TestHiddenIsWanted(t *testing.T) {
	in := extracttest.Zip(t, "_rels/.rels", root, "xl/workbook.xml", `<workbook xmlns:r="rel"><sheets><sheet name="One" r:id="a"/><sheet name="Two" state="veryHidden" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="a.xml"/><Relationship Id="b" Type="x/worksheet" Target="b.xml"/></Relationships>`,
		"xl/a.xml", `<worksheet><cols><col min="2" max="2" hidden="1"/></cols><sheetData>`+strings.Replace(rows("Part|Mass", "Seal|4", "Axle|12"), `<row`, `<row hidden="1"`, 2)+"</sheetData></worksheet>",
		"xl/b.xml", "<worksheet><sheetData>"+rows("Secret rates")+"</sheetData></worksheet>")
	l := extract.Default
	l.Hidden = true
	e, err := Format.Extract(t.Context(), []byte(in), l)
	if want := "# One\n\n| Part | Mass |\n|---|---|\n| Seal | 4 |\n| Axle | 12 |\n\n# Two (hidden sheet)\n\nSecret rates\n"; err != nil || e.Text != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, e.Text, want)
	}
}

// What cells show.
func TestCells(t *testing.T) {
	in := `<row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#DIV/0!</v></c><c t="str"><f>"a"</f><v>made</v></c></row>
		<row><c s="4"><v>46090</v></c><c s="2" t="d"><v>2026-03-09T14:30:00Z</v></c><c t="d"><v>2026-03-09T14:30:00</v></c><c t="s"><v>0</v></c></row>
		<row><c t="s"><v>1</v></c><c t="s"><v>99</v></c><c t="s"><v>x</v></c><c t="inlineStr"><is><t>one
two_x000D__x005F_x</t></is></c></row>
		<row><c s="999"><v>7</v></c><c s="-4"><v>8</v></c><c s="1" t="inlineStr"><is><t>a|b&#x7f;&#x85;c</t></is></c></row>`
	shared := `<sst><si><t>base</t><rPh><t>no</t></rPh><phoneticPr/></si><si><r><t>two </t></r><r><t>runs</t></r></si></sst>`
	want := "# Main\n\n| TRUE | FALSE | #DIV/0! | made |\n|---|---|---|---|\n| 2026-03-09 | 2026-03-09 | 2026-03-09 14:30:00 | base |\n| two runs |  |  | one two _x |\n| 7 | 8 | a\\|b c |  |\n"
	if d := cmp.Diff(want, extracttest.Read(t, Format, book(t, in, "", "xl/sharedStrings.xml", shared)).Text); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Rows have their number and the name of their sheet as their place.
func TestPlaces(t *testing.T) {
	in := extracttest.Zip(t, "_rels/.rels", root, "docProps/core.xml", `<p xmlns:dc="x"><dc:creator>no</dc:creator><dc:title>Our  parts</dc:title></p>`,
		"xl/workbook.xml", `<workbook xmlns:r="rel"><sheets><sheet name="One" r:id="a"/><sheet name="no" state="hidden" r:id="b"/><sheet name="none" r:id="d"/>
			<sheet name="Two
#" r:id="c"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="x/worksheet" Target="/xl/a.xml"/><Relationship Id="b" Type="x/worksheet" Target="b.xml"/>
			<Relationship Id="c" Type="x/worksheet" Target="c.xml"/><Relationship Id="d" Type="x/worksheet" Target="d.xml"/></Relationships>`,
		"xl/a.xml", "<worksheet><sheetData>"+rows("", "Part|Mass", "", "Seal|4", "Axle|12")+"</sheetData></worksheet>",
		"xl/b.xml", "<worksheet><sheetData>"+rows("no")+"</sheetData></worksheet>",
		"xl/c.xml", "<worksheet><sheetData>"+rows("", "", "last")+"</sheetData></worksheet>",
		"xl/d.xml", "<worksheet><sheetData/></worksheet>")
	e := extracttest.Read(t, Format, in)
	if e.Title != "Our parts" {
		t.Errorf("got title %q", e.Title)
	}
	var got []string
	offset := 0
	for l := range strings.Lines(e.Text) {
		if p := place.At(e.Places, e.Text, offset); strings.TrimSpace(l) != "" {
			got = append(got, fmt.Sprintf("%s %d %s", p.Sheet, p.Line, strings.TrimSpace(l)))
		}
		offset += len(l)
	}
	want := []string{"One 0 # One", "One 2 | Part | Mass |", "One 2 |---|---|", "One 4 | Seal | 4 |", "One 5 | Axle | 12 |", "Two # 0 # Two #", "Two # 3 last"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Text in boxes is read, and the titles of charts.
func TestDrawn(t *testing.T) {
	in := book(t, rows("Part|Mass", "Seal|4"), `<drawing/>`,
		"xl/worksheets/_rels/sheet1.xml.rels", `<Relationships><Relationship Id="d" Type="x/drawing" Target="../drawings/d.xml"/></Relationships>`,
		"xl/drawings/_rels/d.xml.rels", `<Relationships><Relationship Id="c" Type="x/chart" Target="../charts/c.xml"/></Relationships>`,
		"xl/drawings/d.xml", `<wsDr><twoCellAnchor><from><row>6</row></from><sp><nvSpPr><cNvPr/></nvSpPr><txBody><p><r><t>Stop the</t></r><br/><r><t>pump.</t></r></p><p><r><t>Call.</t></r></p></txBody></sp></twoCellAnchor>
			<AlternateContent><Choice><sp><txBody><p><r><t>Once.</t></r></p></txBody></sp></Choice><Fallback><sp><txBody><p><r><t>Once.</t></r></p></txBody></sp></Fallback></AlternateContent>
			<sp><cNvPr hidden="1"/><txBody><p><t>no</t></p></txBody></sp></wsDr>`,
		"xl/charts/c.xml", `<chartSpace><chart><title><tx><rich><p><r><t>Mass of parts</t></r></p></rich></tx></title><plotArea><v>no</v></plotArea></chart></chartSpace>`)
	wantQuoted(t, in, "; Part | Mass; Seal | 4", "; ; Stop the pump.", "; ; Call.", "; ; Once.", "; ; Mass of parts")
	if got := extracttest.Lines(extracttest.Read(t, Format, in))["Call."]; got != 7 {
		t.Errorf("the box is on line %d, want 7", got)
	}
}

// Rows and cells may come in any order, with or without their numbers.
func TestOrder(t *testing.T) {
	in := `<row r="3"><c r="B3"><v>6</v></c><c r="A3" t="inlineStr"><is><t>c</t></is></c></row><row r="1"><c r="A1" t="inlineStr"><is><t>Part</t></is></c><c t="inlineStr"><is><t>Mass</t></is></c></row>
		<row><c t="inlineStr"><is><t>b</t></is></c><c><v>5</v></c></row>`
	wantQuoted(t, book(t, in, ""), "; Part | Mass; b | 5", "; Part | Mass; c | 6")
}

// Excel writes a second element workbookPr, of its extensions, and keeps the name of
// a sheet that held a program when it saves the workbook without.
func TestWorkbookOfExcel(t *testing.T) {
	in := extracttest.Zip(t, "_rels/.rels", root, "xl/styles.xml", styles,
		"xl/workbook.xml", `<workbook xmlns:r="rel"><workbookPr date1904="1"/><sheets><sheet name="Main" r:id="s1"/><sheet name="Module" r:id=""/></sheets>
			<extLst><ext><x15:workbookPr xmlns:x15="more" chartTrackingRefBase="1"/></ext></extLst></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c s="2"><v>11</v></c></row></sheetData></worksheet>`)
	if got, want := extracttest.Read(t, Format, in).Text, "# Main\n\n1904-01-12\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What cannot be read says why, and what to do.
func TestErrors(t *testing.T) {
	workbook := `<workbook xmlns:r="rel"><sheets><sheet name="Main" r:id="s1"/></sheets></workbook>`
	deep := strings.Repeat("<x>", maxDepth+1) + strings.Repeat("</x>", maxDepth+1)
	for _, c := range []struct{ in, want, remedy string }{
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 512), "password", "save it without a password"},
		{"not an archive", "broken", "fetch it again"},
		{extracttest.Zip(t, "word/document.xml", "<document/>"), "no workbook", "right file"},
		{extracttest.Zip(t, "_rels/.rels", strings.Replace(root, "xl/workbook.xml", "word/document.xml", 1), "word/document.xml", "<document/>"), "no workbook", "right file"},
		{extracttest.Zip(t, "_rels/.rels", strings.Replace(root, "workbook.xml", "workbook.bin", 1), "xl/workbook.bin", "x"), ".xlsb", "save it as .xlsx"},
		{extracttest.Zip(t, "xl/workbook.xml", workbook), `sheet "Main" is missing`, "fetch it again"},
		{extracttest.Zip(t, "xl/workbook.xml", workbook[:40]), "workbook.xml", "fetch it again"},
		{book(t, rows("a")+"<row><c", ""), "sheet1.xml", "fetch it again"},
		{book(t, rows("a")+deep, ""), "deep", "save it again"},
		{book(t, `<row r="1048577"><c><v>1</v></c></row>`, ""), `row "1048577"`, "fetch it again"},
		{book(t, `<row r="1"><c r="XFE1"><v>1</v></c></row>`, ""), `cell "XFE1"`, "fetch it again"},
		{book(t, `<row r="1"><c r="A"><v>1</v></c></row>`, ""), `cell "A"`, "fetch it again"},
		{book(t, `<c r="A1"><v>1</v></c>`, ""), `cell "A1"`, "fetch it again"},
		{book(t, rows("a"), "", "xl/sharedStrings.xml", "<sst><si>"), "sharedStrings.xml", "fetch it again"},
		{book(t, rows(""), ""), "no text", "right file"},
	} {
		_, err := extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(c.in), extract.Default)
		var e *multivac.Error
		if !errors.Is(err, multivac.ErrInvalid) || !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || !strings.Contains(e.Remedy, c.remedy) {
			t.Errorf("got %v, want %q and %q", err, c.want, c.remedy)
		}
	}
}

// Cells, text and what unpacks are bounded, and so is time.
func TestBounded(t *testing.T) {
	many := func(n int) string {
		return book(t, strings.Repeat(`<row><c><v>1</v></c></row>`, n), "")
	}
	if _, err := Format.Extract(t.Context(), []byte(many(1000)), extract.Limits{Bytes: 500, Unpacked: 1 << 20, Cells: 1 << 20}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("text: got %v, want ErrTooLarge", err)
	}
	if _, err := Format.Extract(t.Context(), []byte(many(1000)), extract.Limits{Bytes: 1 << 20, Unpacked: 1 << 20, Cells: 9}); !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "over 9 cells in it; split it, save the sheets that matter as CSV, or raise the setting extract.max-cells") {
		t.Errorf("too many cells: got %v", err)
	}
	if _, err := Format.Extract(t.Context(), []byte(many(1000)), extract.Limits{Bytes: 1 << 20, Unpacked: 10_000, Cells: 1 << 20}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("what unpacks: got %v, want ErrTooLarge", err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := Format.Extract(gone, []byte(many(10)), extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
	w, err := open([]byte(many(1000)), extract.Default, extract.NewOutput(t.Context(), extract.Default))
	if err != nil {
		t.Fatal(err)
	}
	w.left = 999
	if err := w.write(extract.NewOutput(t.Context(), extract.Default), w.sheets[0], extract.Default); !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "cells") {
		t.Errorf("cells: got %v, want ErrTooLarge", err)
	}
}

// What stands for many cells takes no more time and text than the file has.
func TestMergedIsBounded(t *testing.T) {
	for _, refs := range [][]string{
		{"A1:XFD1048576"},
		slicesOf("A%d:XFD1048576", 2000),
		slicesOf("A1:B%d", 2000),
	} {
		var b strings.Builder
		for n := range 3000 {
			fmt.Fprintf(&b, `<row r="%d"><c r="%s%d" t="inlineStr"><is><t>some words of a cell</t></is></c></row>`, n+1, columnName(n*5), n+1)
		}
		e := extracttest.Read(t, Format, book(t, b.String(), merged(refs...)))
		if len(e.Text) > 8<<20 {
			t.Errorf("%s: %d bytes of text", refs[0], len(e.Text))
		}
	}
}

func slicesOf(format string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(format, i+2))
	}
	return all
}

// columnName returns the letters of a column, from 0.
func columnName(n int) string {
	name := ""
	for n++; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

func TestBegins(t *testing.T) {
	b, err := os.ReadFile("testdata/x-inlinestr.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	for head, want := range map[string]bool{string(b[:min(len(b), 4096)]): true, "PK\x03\x04word/document.xml": false, "xl/": false} {
		if Format.Begins([]byte(head)) != want {
			t.Errorf("%.30q: want %v", head, want)
		}
	}
}

func FuzzXLSX(f *testing.F) {
	for _, name := range []string{"x-openpyxl", "x-inlinestr", "x-xlsxwriter-1904"} {
		b, err := os.ReadFile("testdata/" + name + ".xlsx")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, in string) { whole(t, in) })
}

// The parts themselves, which a fuzzer seldom reaches through an archive.
func FuzzSheet(f *testing.F) {
	f.Add(rows("*Part|*Mass", "Seal|4", "", "*x", "Axle|12"), merged("A1:B1", "A2:A3"), styles, "<sst><si><t>a</t></si></sst>")
	f.Add(`<row r="3" ht="0"><c r="B3" s="2" t="d"><v>2026-01-01</v></c><c t="s"><v>0</v></c></row><row r="1"/>`, `<mergeCell ref="A1:XFD9"/>`, "<styleSheet>", "<sst/>")
	f.Fuzz(func(t *testing.T, rows, behind, styles, shared string) {
		whole(t, extracttest.Zip(t, "xl/workbook.xml", `<workbook xmlns:r="rel"><sheets><sheet name="Main" r:id="s1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="s1" Type="x/worksheet" Target="sheet1.xml"/></Relationships>`,
			"xl/sheet1.xml", `<worksheet><sheetData>`+rows+`</sheetData>`+behind+`</worksheet>`, "xl/styles.xml", styles, "xl/sharedStrings.xml", shared))
	})
}

// whole checks what holds for any bytes.
func whole(t *testing.T, in string) {
	e, err := Format.Extract(t.Context(), []byte(in), extract.Limits{Bytes: 1 << 22, Depth: 32, Unpacked: 1 << 22, Cells: 1 << 20})
	if err != nil {
		if !errors.Is(err, multivac.ErrInvalid) && !errors.Is(err, multivac.ErrTooLarge) {
			t.Errorf("got %v, want ErrInvalid or ErrTooLarge", err)
		}
		return
	}
	if !utf8.ValidString(e.Text) || !utf8.ValidString(e.Title) || strings.ContainsFunc(strings.ReplaceAll(e.Text, "\n", ""), isNoText) {
		t.Errorf("text %q or title %q is not as it should be", e.Text, e.Title)
	}
	for _, p := range text.Segment(e.Text) {
		if err := p.Validate(e.Text); err != nil {
			t.Error(err)
		}
	}
}

// A sheet of 500,000 cells.
func BenchmarkXLSX(b *testing.B) {
	var rows strings.Builder
	for n := range 50_000 {
		fmt.Fprintf(&rows, `<row r="%d">`, n+1)
		for i := range 5 {
			fmt.Fprintf(&rows, `<c r="%c%d" t="inlineStr"><is><t>words %d</t></is></c><c r="%c%d" s="2"><v>%d</v></c>`, 'A'+2*i, n+1, n, 'B'+2*i, n+1, 40_000+n%9000)
		}
		rows.WriteString(`</row>`)
	}
	in := []byte(book(b, rows.String(), ""))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format.Extract(b.Context(), in, extract.Default); err != nil {
			b.Fatal(err)
		}
	}
}
