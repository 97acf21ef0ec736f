package docx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract/extracttest"
)

func TestLists(t *testing.T) {
	f := func(name, body, numbering, want string) {
		t.Helper()
		if diff := cmp.Diff(want, made(t, body, "numbering.xml", numbering)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	bullets := lvl(0, "bullet", "\uf0b7") + lvl(1, "bullet", "o") + lvl(2, "bullet", "o")
	legal := lvl(0, "decimal", "%1.") + lvl(1, "decimal", "%1.%2") + lvl(2, "lowerLetter", "%3)")
	f("nested", p("", r("Take:"))+li(1, 0, "Nuts")+li(1, 1, "M4")+li(1, 2, "long")+li(1, 1, "M5")+li(1, 0, "Bolts")+p("", r("Done.")), numbered(bullets),
		"Take:\n- Nuts\n  - M4\n    - long\n  - M5\n- Bolts\nDone.")
	f("begins deep", li(1, 2, "a")+li(1, 0, "b"), numbered(bullets), "- a\n- b")
	f("numbers", li(1, 0, "Scope")+li(1, 1, "Pumps")+li(1, 1, "Valves")+li(1, 2, "red")+li(1, 2, "green")+li(1, 0, "Terms")+li(1, 1, "Fee"), numbered(legal),
		"1. Scope\n  - 1.1 Pumps\n  - 1.2 Valves\n    - a) red\n    - b) green\n2. Terms\n  - 2.1 Fee")
	f("shared", li(1, 0, "a")+p("", r("Wait."))+li(1, 0, "b")+li(2, 0, "c"), numbered(legal, lvl(0, "upperRoman", "%1.")), "1. a\nWait.\n2. b\n- I. c")
	f("removed", li(1, 0, "a")+li(0, 0, "b")+li(9, 0, "c"), numbered(legal), "1. a\nb\nc")
	f("empty items count", li(1, 0, "a")+li(1, 0, "")+li(1, 0, "c"), numbered(legal), "1. a\n3. c")
	f("hidden items do not", li(1, 0, "a")+`<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:rPr><w:vanish/></w:rPr></w:pPr>`+r("b", "<w:vanish/>")+`</w:p>`+li(1, 0, "c"), numbered(legal), "1. a\n2. c")
	f("legal", li(1, 0, "a")+li(1, 1, "b"), numbered(lvl(0, "upperRoman", "Article %1")+lvl(1, "decimal", "Section %1.%2", "<w:isLgl/>")),
		"- Article I a\n  - Section 1.1 b")
	f("legal with zeros", li(1, 0, "a")+li(1, 1, "b"), numbered(lvl(0, "upperRoman", "Article %1")+lvl(1, "decimalZero", "Section %1.%2", "<w:isLgl/>")),
		"- Article I a\n  - Section 1.01 b")
	f("in words", li(1, 0, "a")+li(1, 0, "b"), numbered(lvl(0, "ordinalText", "%1.")), "- First. a\n- Second. b")
	f("begins again only", li(1, 0, "a")+li(1, 1, "b")+li(1, 0, "c")+li(1, 1, "d"), numbered(lvl(0, "decimal", "%1.")+lvl(1, "decimal", "%2.", val("lvlRestart", "0"))),
		"1. a\n  1. b\n2. c\n  2. d")
	f("no label", li(1, 0, "a"), numbered(lvl(0, "none", "")), "a")
	f("a second paragraph", li(1, 0, "a")+li(2, 0, "more")+li(1, 0, "b"), numbered(lvl(0, "decimal", "%1."), lvl(0, "bullet", " ")), "1. a\n  more\n2. b")
	f("glued", li(1, 0, "总则"), numbered(lvl(0, "chineseCountingThousand", "第%1条", val("suff", "nothing"))), "- 第一条总则")
}

// A number may have other starts and levels than the list it shares.
func TestOverrides(t *testing.T) {
	numbering := part("numbering", `<w:abstractNum w:abstractNumId="0">`+lvl(0, "decimal", "%1.")+`</w:abstractNum>`+
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`+
		`<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/></w:lvlOverride></w:num>`+
		`<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">`+lvl(0, "lowerRoman", "(%1)")+`</w:lvlOverride></w:num>`+
		`<w:num w:numId="4"><w:abstractNumId w:val="99"/></w:num>`)
	got := made(t, li(1, 0, "a")+li(1, 0, "b")+li(2, 0, "c")+li(2, 0, "d")+li(3, 0, "e")+li(4, 0, "f"), "numbering.xml", numbering)
	if diff := cmp.Diff("1. a\n2. b\n7. c\n8. d\n- (ix) e\nf", got); diff != "" {
		t.Error(diff)
	}
}

// Headings get their numbers from the list of their styles.
func TestNumberedHeadings(t *testing.T) {
	styles := styled(
		"H1", val("name", "heading 1")+`<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>`,
		"H2", val("name", "heading 2")+val("basedOn", "H1"),
		"Own", val("name", "Own")+val("basedOn", "H2"),
		"Item", val("name", "List Bullet")+`<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>`,
		"Item2", val("name", "List Bullet 2")+`<w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr>`,
		"Goes", val("name", "List Continue"),
		"Linked", val("name", "Linked")+`<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>`,
	)
	numbering := numbered(lvl(0, "decimal", "%1", val("pStyle", "H1"))+lvl(1, "decimal", "%1.%2", val("pStyle", "H2")), lvl(0, "bullet", "x"), lvl(0, "bullet", "x"))
	in := file(t, p("H1", r("Pumps"))+p("H2", r("Stop"))+p("Own", r("Start"))+p("", r("Press green."))+p("H1", r("Valves"))+p("H2", r("Open"))+
		p("", r("Turn left:"))+p("Item", r("once"))+p("Goes", r("or more"))+p("Item", r("twice"))+p("Item2", r("slowly"))+p("", r("Then wait.")), "styles.xml", styles, "numbering.xml", numbering)
	want := []string{"1 Pumps › 1.2 Start: Press green.", "2 Valves › 2.1 Open: Turn left:", "2 Valves › 2.1 Open: once", "2 Valves › 2.1 Open: or more",
		"2 Valves › 2.1 Open: twice", "2 Valves › 2.1 Open: slowly", "2 Valves › 2.1 Open: Then wait."}
	if diff := cmp.Diff(want, extracttest.Sentences(t, Format, in)); diff != "" {
		t.Error(diff)
	}
	if got := extracttest.Read(t, Format, in).Text; !strings.Contains(got, "- twice\n  - slowly\n") {
		t.Errorf("got %q", got)
	}
}

// A list may have the levels of a style.
func TestLinkedLists(t *testing.T) {
	numbering := part("numbering", `<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="Legal"/></w:abstractNum>`+
		`<w:abstractNum w:abstractNumId="1"><w:styleLink w:val="Legal"/>`+lvl(0, "decimal", "§ %1")+`</w:abstractNum>`+
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>`)
	got := made(t, li(1, 0, "a")+li(1, 0, "b"), "numbering.xml", numbering, "styles.xml",
		styled("Legal", val("name", "Legal")+`<w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr>`))
	if want := "- § 1 a\n- § 2 b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNumeral(t *testing.T) {
	f := func(n int, format, want string) {
		t.Helper()
		if got := numeral(n, format); got != want {
			t.Errorf("%d %s: got %q, want %q", n, format, got, want)
		}
	}
	f(3, "decimal", "3")
	f(3, "custom", "3")
	f(3, "none", "")
	f(3, "decimalZero", "03")
	f(12, "decimalZero", "12")
	f(1994, "upperRoman", "MCMXCIV")
	f(9, "lowerRoman", "ix")
	f(0, "lowerRoman", "0")
	f(26, "lowerLetter", "z")
	f(28, "upperLetter", "BB")
	f(1_000_000_000, "lowerLetter", "1000000000")
	f(4, "russianLower", "г")
	f(20, "decimalEnclosedCircle", "⑳")
	f(21, "decimalEnclosedCircle", "21")
	for n, want := range map[int]string{1: "st", 2: "nd", 3: "rd", 4: "th", 11: "th", 112: "th", 121: "st"} {
		f(n, "ordinal", fmt.Sprintf("%d%s", n, want))
	}
	for n, want := range map[int]string{0: "零", 7: "七", 10: "十", 11: "十一", 20: "二十", 105: "一百零五", 110: "一百一十", 1001: "一千零一", 10000: "10000"} {
		f(n, "chineseCounting", want)
	}
	for n, want := range map[int]string{3: "Third", 5: "Fifth", 8: "Eighth", 9: "Ninth", 12: "Twelfth", 19: "Nineteenth", 20: "Twentieth", 42: "Forty-second", 99: "Ninety-ninth", 100: "100"} {
		f(n, "ordinalText", want)
	}
	f(71, "cardinalText", "Seventy-one")
	f(3, "numberInDash", "- 3 -")
	f(2, "ganada", "나")
}
