package docx

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract/extracttest"
)

func TestExpected(t *testing.T) {
	extracttest.Expected(t, "testdata", Format, "trap.docx")
}

// made returns the text that is made of a body, with one line end where blank
// lines are.
func made(t *testing.T, body string, others ...string) string {
	t.Helper()
	return strings.ReplaceAll(strings.TrimSpace(extracttest.Read(t, Format, file(t, body, others...)).Text), "\n\n", "\n")
}

// Forms that programs filled in still have the mark of an empty control.
func TestFilledInPrompt(t *testing.T) {
	ask := part("glossaryDocument", `<w:docParts><w:docPart><w:docPartPr><w:name w:val="Ask"/></w:docPartPr><w:docPartBody>`+
		p("", r("Click here"), r(" to enter text."))+"</w:docPartBody></w:docPart></w:docParts>")
	f := func(glossary, content, want string) {
		t.Helper()
		body := `<w:sdt><w:sdtPr><w:placeholder><w:docPart w:val="Ask"/></w:placeholder><w:showingPlcHdr/></w:sdtPr><w:sdtContent>` +
			content + "</w:sdtContent></w:sdt>" + p("", r("Seen."))
		if got := made(t, body, "glossary/document.xml", glossary); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", content, got, want)
		}
	}
	f(ask, p("", r("Click "), "<w:r><w:noBreakHyphen/></w:r>", r("here to"))+p("", r("enter text.")), "Seen.")
	f(ask, p("", r("The rent "), r("is 40 euros.")), "The rent is 40 euros.\nSeen.")
	f(ask, p("", r("Click here to enter text. Thanks.")), "Click here to enter text. Thanks.\nSeen.")
	f("<broken", p("", r("Click here")), "Seen.")
}

func TestWhatIsSeen(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		if got := made(t, body); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", body, got, want)
		}
	}
	seen := p("", r("Seen."))
	f(p("", r("Pump "), r("12", "<w:b/>"), r("A stops.")), "Pump 12A stops.")
	f(p("", r("a"), "<w:del>", r("b"), "<w:r><w:delText>c</w:delText></w:r></w:del><w:ins>", r("d"), "</w:ins>"), "ad")
	f(p("", "<w:moveFrom>", r("a"), "</w:moveFrom><w:moveTo>", r("b"), "</w:moveTo>"), "b")
	f(p("", r("a", "<w:vanish/>"), r("b", val("vanish", "0"))), "b")
	f(p("", r("a", `<w:rPrChange><w:rPr><w:vanish/></w:rPr></w:rPrChange>`)), "a")
	f(`<w:p><w:pPr><w:pPrChange><w:pPr><w:pStyle w:val="Heading1"/></w:pPr></w:pPrChange></w:pPr>`+r("a")+"</w:p>", "a")
	f(p("", `<w:r><w:footnoteReference w:customMarkFollows="1" w:id="1"/><w:t>*</w:t></w:r>`, r("a")), "a")
	f(p("", r("5", "<w:strike/>"), r("6", val("strike", "false"))), "6")
	f(p("", "<w:r>"+tx("a")+"<w:tab/>"+tx("b")+"<w:noBreakHyphen/>"+tx("c")+"<w:softHyphen/>"+tx("d")+"</w:r>"), "a b-cd")
	f(p("", r("main\u00adte\u00adnance")), "maintenance")
	f(p("", "<w:r>"+tx("The window")+"<w:br/>"+tx("opens at 8.")+"<w:br/>"+tx("Bring a card.")+"</w:r>"), "The window opens at 8.\nBring a card.")
	f(p("", `<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>`, r(" on "), `<w:r><w:sym w:font="Symbol" w:char="F061"/></w:r>`), "☑ on α")
	f(p("", r("\uf0b3 5", `<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>`)), "≥ 5")
	f(p("", `<w:r><mc:AlternateContent><mc:Choice Requires="w16se"><w16se:symEx w16se:char="1F60A"/></mc:Choice><mc:Fallback>`+tx("x")+`</mc:Fallback></mc:AlternateContent></w:r>`), "😊")
	f(p("", "<w:r><w:ruby><w:rubyPr/><w:rt>"+r("かな")+"</w:rt><w:rubyBase>"+r("仮名")+"</w:rubyBase></w:ruby></w:r>"), "仮名")
	f(p("", `<w:hyperlink r:id="r9">`, r("the form"), "</w:hyperlink><w:smartTag>", r(" here"), "</w:smartTag>"), "the form here")
	f("<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"+p("", r("Click here."))+"</w:sdtContent></w:sdt>"+seen, "Seen.")
	f("<w:sdt><w:sdtPr><w:showingPlcHdr w:val=\"0\"/></w:sdtPr><w:sdtContent>"+seen+"</w:sdtContent></w:sdt>", "Seen.")
	f(p("", r("10"), r("6", val("vertAlign", "superscript")), r(" m"), r("2", val("vertAlign", "superscript")), r(" on the 1"), r("st", val("vertAlign", "superscript")), r(" of H"), r("2", val("vertAlign", "subscript")), r("O")),
		"10^6 m² on the 1st of H2O")
	f(p("", "<m:oMath><m:f><m:num><m:r>"+mt("a")+"</m:r></m:num><m:den><m:r>"+mt("b")+"</m:r></m:den></m:f></m:oMath>"), "a/b")
	f(p("", `<w:r><w:commentReference w:id="1"/></w:r>`, r("Seen.")), "Seen.")
	f(p("", r("# Pumps")), `\# Pumps`)
	f(p("", r("Seen."), `<w:r><w:drawing><a:graphic><a:sp><a:txSp><a:txBody><a:p><a:pPr lvl="0"/><a:r><a:rPr b="1"/><a:t>Reads</a:t></a:r><a:br/><a:r><a:t>and writes</a:t></a:r></a:p>
		<a:p><a:r><a:t>Checks</a:t></a:r></a:p></a:txBody></a:txSp></a:sp></a:graphic></w:drawing></w:r>`), "Seen.\nReads and writes\nChecks")
	f(seen+`<w:sectPr><w:headerReference r:id="r1"/></w:sectPr>`, "Seen.")
}

func mt(text string) string { return "<m:t>" + text + "</m:t>" }

func TestFields(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		if got := made(t, body); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", body, got, want)
		}
	}
	code := func(t string) string { return "<w:r><w:instrText>" + t + "</w:instrText></w:r>" }
	f(p("", fielded(" HYPERLINK x ", r("link"))), "link")
	f(p("", mark("begin"), code("IF "), fielded("DOCPROPERTY x", r("inner")), code(`= 1 "a"`), mark("separate"), r("outer"), mark("end")), "outer")
	f(p("", `<w:fldSimple w:instr=" PAGE ">`, r("7"), "</w:fldSimple>"), "7")
	f(p("", mark("begin"), code("XE pump"), mark("end"), r("Pump.")), "Pump.")
	// A list of headings says again what stands below.
	f(p("TOC1", mark("begin"), code(` TOC \o "1-3" `), mark("separate"), r("Pumps 2"))+p("TOC1", r("Valves 3"))+p("", mark("end"))+p("Heading1", r("Pumps")), "# Pumps")
	f(`<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>`+p("TOCHeading", r("Contents"))+`</w:sdtContent></w:sdt>`+p("", r("Seen.")), "Seen.")
	// Fields without an end do not hide the rest.
	f(p("", mark("begin"), code("REF x"))+p("", r("Seen.")), "Seen.")
	f(p("", mark("begin"), code("TOC"), mark("separate"), r("Pumps 2"))+p("Heading1", r("Pumps"))+p("", r("Seen.")), "# Pumps\nSeen.")
	f(p("", mark("end"), mark("separate"), r("Seen.")), "Seen.")
	// Forms have a box to tick, and a list of choices.
	box := func(setting string) string {
		return `<w:r><w:fldChar w:fldCharType="begin"><w:ffData>` + setting + `</w:ffData></w:fldChar></w:r>` + code("FORM") + mark("end")
	}
	f(p("", box(`<w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>`), r(" yes "), box(`<w:checkBox><w:default w:val="0"/></w:checkBox>`), r(" no")), "☒ yes ☐ no")
	f(p("", box(`<w:ddList><w:result w:val="1"/><w:listEntry w:val="red"/><w:listEntry w:val="blue"/></w:ddList>`)), "blue")
}

func TestFormulas(t *testing.T) {
	m := func(tag string, content ...string) string {
		return "<m:" + tag + ">" + strings.Join(content, "") + "</m:" + tag + ">"
	}
	mr := func(text string) string { return m("r", m("rPr"), "<w:rPr/>", m("t", text)) }
	for body, want := range map[string]string{
		m("f", m("num", mr("a")), m("den", mr("b"))):                                                 "a/b",
		m("f", m("num", mr("a+b")), m("den", mr("2"))):                                               "(a+b)/2",
		m("sSup", m("e", mr("x")), m("sup", mr("2"))) + mr("+1"):                                     "x^2+1",
		m("rad", m("radPr"), m("deg"), m("e", mr("a+b"))):                                            "√(a+b)",
		m("d", m("e", mr("x"))):                                                                      "(x)",
		m("d", m("dPr", `<m:begChr m:val="["/><m:endChr m:val="]"/>`), m("e", mr("x"))):              "[x]",
		m("nary", m("naryPr", `<m:chr m:val="∑"/>`), m("sub", mr("i=1")), m("sup"), m("e", mr("i"))): "∑_(i=1)i",
		m("func", m("fName", mr("sin")), m("e", mr("x"))):                                            "sin x",
		"<w:del>" + m("f", m("num", mr("a")), m("den", mr("b"))) + "</w:del>" + mr("c"):              "c",
	} {
		if got := made(t, p("", m("oMath", body))); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestFigures(t *testing.T) {
	figure := func(tag string) string { return p("", "<w:r><w:drawing>"+tag+"</w:drawing></w:r>") }
	series := func(name, first, second string) string {
		return `<c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>` + name + `</c:v></c:pt></c:strCache></c:strRef></c:tx>` +
			`<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>East</c:v></c:pt><c:pt idx="1"><c:v>West</c:v></c:pt></c:strCache></c:strRef></c:cat>` +
			`<c:val><c:numRef><c:f>Sheet1!$B$2</c:f><c:numCache><c:formatCode>General</c:formatCode><c:pt idx="0"><c:v>` + first + `</c:v></c:pt><c:pt idx="1"><c:v>` + second + `</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>`
	}
	chart := `<c:chartSpace ` + declared + `><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Sales </a:t></a:r><a:r><a:t>of pumps</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:barChart>` +
		series("2024", "4.2999999999999998", "2") + series("2025", "5", "3") + `</c:barChart></c:plotArea></c:chart></c:chartSpace>`
	diagram := `<dgm:dataModel ` + declared + `><dgm:ptLst><dgm:pt><dgm:t><a:p><a:r><a:t>Order</a:t></a:r></a:p></dgm:t></dgm:pt>` +
		`<dgm:pt><dgm:t><a:p><a:r><a:t>Pay</a:t></a:r><a:r><a:t>ment</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt><dgm:t><a:p/></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>`
	got := made(t, p("", r("Above."))+figure(`<c:chart r:id="r1"/>`)+figure(`<dgm:relIds r:dm="r2"/>`)+figure(`<dgm:relIds r:dm="r2"/>`)+figure(`<c:chart r:id="r9"/>`)+p("", r("Below.")),
		"charts/chart1.xml", chart, "diagrams/data1.xml", diagram)
	want := "Above.\nSales of pumps\n|  | 2024 | 2025 |\n|---|---|---|\n| East | 4.3 | 5 |\n| West | 2 | 3 |\n- Order\n- Payment\n[a part that is missing is not read]\nBelow."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Marks of paragraphs that were deleted join them with the next one.
func TestDeletedMarks(t *testing.T) {
	deleted := func(text string) string { return "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + r(text) + "</w:p>" }
	for body, want := range map[string]string{
		deleted("One ") + deleted("and ") + p("Heading1", r("two")): "# One and two",
		deleted("One") + tbl(2, tr("a", "b")):                       "One\n| a | b |",
		deleted("One"):                                              "One",
	} {
		if got := made(t, body); got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

// The path of headings is that of the styles, also of those that are based on
// others, and of levels of the outline.
func TestHeadings(t *testing.T) {
	styles := styled(
		"berschrift1", val("name", "heading 1")+`<w:pPr><w:outlineLvl w:val="0"/></w:pPr>`,
		"Kop", val("name", "Kop")+val("basedOn", "Mid"),
		"Mid", val("name", "Mid")+val("basedOn", "berschrift2"),
		"berschrift2", val("name", "heading 2"),
		"Loop", val("name", "Loop")+val("basedOn", "Loop"),
		"Body", val("name", "Body")+val("basedOn", "berschrift1")+`<w:pPr><w:outlineLvl w:val="9"/></w:pPr>`,
		"Secret", val("name", "Secret")+`<w:rPr><w:vanish/></w:rPr>`,
	)
	in := file(t, p("Title", r("Handbook"))+p("berschrift1", r("Pumps"))+p("Kop", r("Stop"))+p("Body", r("Press red."))+p("Loop", r("Press twice."))+
		p("Secret", r("Nobody sees it."))+`<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>`+r("Twice")+`</w:p>`+p("", r("Really."))+p("Heading2", r("Start"))+p("", r("Press green.")), "styles.xml", styles)
	got := extracttest.Sentences(t, Format, in)
	want := []string{"Pumps › Stop: Press red.", "Pumps › Stop: Press twice.", "Pumps › Stop › Twice: Really.", "Pumps › Start: Press green."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTitle(t *testing.T) {
	core := func(title string) string {
		return `<cp:coreProperties xmlns:cp="http://x/core" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` + title + `</dc:title></cp:coreProperties>`
	}
	body := p("Heading1", r("Pumps")) + p("Title", r("Handbook")) + p("", r("Text."))
	for _, c := range []struct{ in, want string }{
		{file(t, body, "../docProps/core.xml", core("All\n pumps")), "All pumps"},
		{file(t, body, "../docProps/core.xml", core("")), "Handbook"},
		{file(t, body), "Handbook"},
		{file(t, p("Heading1", r("Pumps"))), "Pumps"},
		{file(t, p("", r("Text."))), ""},
	} {
		if got := extracttest.Read(t, Format, c.in).Title; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestNotes(t *testing.T) {
	note := func(kind, id string) string {
		return `<w:r><w:` + kind + `Reference w:id="` + id + `"/></w:r>`
	}
	notes := part("footnotes", `<w:footnote w:type="separator" w:id="-1">`+p("", r("---"))+`</w:footnote>`+
		`<w:footnote w:id="1">`+p("", "<w:r><w:footnoteRef/></w:r>", r(" Since 2024."))+`</w:footnote><w:footnote w:id="2">`+p("", r("Not on Sunday."))+`</w:footnote>`+
		`<w:footnote w:id="3">`+p("", r("Nobody refers to it."))+`</w:footnote>`)
	ends := part("endnotes", `<w:endnote w:id="1">`+p("", r("See the law."))+`</w:endnote>`)
	got := made(t, p("", r("Open at 8."), note("footnote", "1"), note("endnote", "1"), r(" Closed at 9."))+
		p("", "<w:del>", note("footnote", "3"), "</w:del>", r("Walk."))+
		tbl(2, tr("Day", "Fee"), tr("Monday", tc("", p("", r("5"), note("footnote", "2")))), tr("Tuesday", "6"))+
		p("", r("End."), note("footnote", "1")), "footnotes.xml", notes, "endnotes.xml", ends)
	want := "Open at 8. Closed at 9.\nSince 2024.\nSee the law.\nWalk.\n| Day | Fee |\n| Monday | 5 |\n| Tuesday | 6 |\nNot on Sunday.\nEnd."
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A text box is written once, behind the paragraph that it hangs on.
func TestTextBoxes(t *testing.T) {
	box := "<w:txbxContent>" + li(1, 0, "One") + li(1, 1, "Two") + p("", r("Inside.")) + tbl(2, tr("a", "b"), tr("c", "d")) + "</w:txbxContent>"
	got := made(t, p("", "<w:r><mc:AlternateContent><mc:Choice><w:drawing>"+box+"</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>"+box+"</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>", r("Outside."))+
		p("", `<w:r><w:pict><v:shape><v:textpath string="Drawn words"/></v:shape></w:pict></w:r>`), "numbering.xml", numbered(lvl(0, "bullet", "o")+lvl(1, "bullet", "o")))
	if want := "Outside.\n- One\n  - Two\nInside.\n| a | b |\n| c | d |\nDrawn words"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCode(t *testing.T) {
	got := made(t, p("", r("Run:"))+p("SourceCode", "<w:r>"+tx("if x {")+"<w:br/>"+tx("  stop()")+"</w:r>")+p("SourceCode", r("}"))+p("", r("Done.")),
		"styles.xml", styled("SourceCode", val("name", "Source Code")))
	if want := "Run:\n```\nif x {\n  stop()\n}\n```\nDone."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The standard has a strict form with other names.
func TestStrict(t *testing.T) {
	strict := strings.NewReplacer("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main")
	in := extracttest.Zip(t, "_rels/.rels", relationships(relationship("x", "officeDocument", "/word/main.xml")),
		"word/main.xml", strict.Replace(xmlHead+"<w:document "+declared+"><w:body>"+p("Heading1", r("Pumps"))+p("", r("Press red."))+"</w:body></w:document>"))
	if got := extracttest.Sentences(t, Format, in); !slices.Equal(got, []string{"Pumps: Press red."}) {
		t.Errorf("got %q", got)
	}
}
