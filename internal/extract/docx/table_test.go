package docx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTables(t *testing.T) {
	f := func(name, body, want string) {
		t.Helper()
		styles := part("styles", `<w:style w:type="table" w:styleId="Grid"/><w:style w:type="table" w:styleId="Fine"><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>`)
		if diff := cmp.Diff(want, made(t, body, "styles.xml", styles, "numbering.xml", numbered(lvl(0, "bullet", "x")))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	bold := func(text string) string { return tc("", p("", r(text, "<w:b/>"))) }
	look := func(style, first string) string {
		return `<w:tblPr><w:tblStyle w:val="` + style + `"/><w:tblLook w:val="` + first + `"/></w:tblPr>`
	}
	rows := tr("Plan", "Fee") + tr("Basic", "5") + tr("Team", "9")
	header := "| Plan | Fee |\n|---|---|\n| Basic | 5 |\n| Team | 9 |"
	none := "| Plan | Fee |\n| Basic | 5 |\n| Team | 9 |"
	styled := func(style, first string) string {
		return strings.Replace(tbl(2, rows), "<w:tbl>", "<w:tbl>"+look(style, first), 1)
	}
	f("plain", tbl(2, rows), none)
	f("bold", tbl(2, tr(bold("Plan"), bold("Fee")), tr("Basic", "5"), tr("Team", "9")), header)
	f("of a style", styled("Fine", "04A0"), header)
	f("a style that is not used", styled("Fine", "0480"), none)
	f("a style without a head", styled("Grid", "04A0"), none)
	f("repeated", tbl(2, strings.Replace(rows, "<w:tr>", "<w:tr><w:trPr><w:tblHeader/></w:trPr>", 1)), header)
	f("deleted row", tbl(2, tr("a", "b"), "<w:tr><w:trPr><w:del/></w:trPr>"+tc("", p("", r("no")))+tc("", p("", r("no")))+"</w:tr>", tr("c", "d")), "| a | b |\n| c | d |")
	f("paragraphs and lists", tbl(2, tr(tc("", p("", r("One."))+p("", r("Two."))), tc("", li(1, 0, "a")+li(1, 0, "b")))), "| One. Two. | a b |")
	f("in a control", tbl(2, "<w:sdt><w:sdtContent>"+tr("a", "<w:tc><w:sdt><w:sdtContent>"+p("", r("b"))+"</w:sdtContent></w:sdt></w:tc>")+"</w:sdtContent></w:sdt>"), "| a | b |")
	f("bars", tbl(2, tr("a|b", "c")), `| a\|b | c |`)
}

func TestMergedCells(t *testing.T) {
	f := func(name, body, want string) {
		t.Helper()
		if diff := cmp.Diff(want, made(t, body)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	from := func(text string) string { return tc(`<w:vMerge w:val="restart"/>`, p("", r(text))) }
	on := tc(`<w:vMerge/>`, p(""))
	wide := func(text string) string { return tc(`<w:gridSpan w:val="2"/>`, p("", r(text))) }
	f("down", tbl(2, tr("Plan", "Fee"), tr(from("Basic"), "5"), tr(on, "6"), tr("Team", "9")), "| Plan | Fee |\n| Basic | 5 |\n| Basic | 6 |\n| Team | 9 |")
	f("header of two rows", tbl(3, tr(from("Plan"), wide("Fee")), tr(on, "month", "year"), tr("Basic", "5", "50"), tr("Team", "9", "90")),
		"| Plan | Fee › month | Fee › year |\n|---|---|---|\n| Basic | 5 | 50 |\n| Team | 9 | 90 |")
	f("empty before", tbl(3, "<w:tr><w:trPr><w:gridBefore w:val=\"1\"/></w:trPr>"+tc("", p("", r("b")))+tc("", p("", r("c")))+"</w:tr>", tr("1", "2", "3")), "|  | b | c |\n| 1 | 2 | 3 |")
	long := tr(from("Basic"), "0")
	want := "| Basic | 0 |"
	for range 20 {
		long += tr(on, "1")
		want += "\n| Basic | 1 |"
	}
	f("over many rows", tbl(2, long), want)
}

// A table that only arranges text is no table.
func TestLayout(t *testing.T) {
	f := func(name, body, want string) {
		t.Helper()
		if diff := cmp.Diff(want, made(t, body)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	f("a frame", tbl(1, tr(tc("", p("", r("Do not touch."))+p("", r("It is hot."))))), "Do not touch.\nIt is hot.")
	f("columns with headings", tbl(2, tr(tc("", p("Heading1", r("Left"))+p("", r("Text."))), tc("", p("Heading1", r("Right"))+p("", r("More."))))), "# Left\nText.\n# Right\nMore.")
	inner := tbl(2, tr("a", "b"), tr("c", "d"))
	f("around a table", tbl(2, tr("Left.", tc("", p("", r("Right."))+inner))), "Left.\nRight.\n| a | b |\n| c | d |")
	f("around one cell", tbl(2, tr("Left.", tc("", tbl(1, tr("right"))))), "| Left. | right |")
	long := strings.TrimSpace(strings.Repeat("Long text. ", 80))
	f("long cells", tbl(2, tr("a", "b"), tr(long, "c")), "| a | b |\n"+long+"\nc")
}
