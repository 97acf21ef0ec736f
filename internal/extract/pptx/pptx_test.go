package pptx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
)

func TestSamples(t *testing.T) {
	extracttest.Expected(t, "testdata", Format, "trap.pptx")
}

// reads checks the text of a presentation, without the line end.
func reads(t *testing.T, p pack, want string) {
	t.Helper()
	if got := strings.TrimSuffix(extracttest.Read(t, Format, p.bytes(t)).Text, "\n"); got != want {
		t.Errorf("got\n%s\n\nwant\n%s", got, want)
	}
}

// The show has an order of its own, and lists of sections are not the show.
func TestOrderOfTheShow(t *testing.T) {
	p := slides(slideOf(title("One"), boxAt(0, 500, "First text.")), slideOf(title("Two"), boxAt(0, 500, "Second text.")), slideOf(title("Out"), boxAt(0, 500, "No longer shown.")))
	p["ppt/presentation.xml"] = `<p:presentation` + spaces + `><p:extLst><p:ext><p:sldIdLst><p:sldId id="9" r:id="rId3"/></p:sldIdLst></p:ext></p:extLst>` +
		`<p:sldIdLst><p:sldId id="2" r:id="rId2"/><p:sldId id="1" r:id="rId1"/><p:sldId id="3" r:id="rId2"/></p:sldIdLst></p:presentation>`
	e := extracttest.Read(t, Format, p.bytes(t))
	if want := "# Two\n\nSecond text.\n\n# One\n\nFirst text.\n"; e.Text != want {
		t.Errorf("got %q, want %q", e.Text, want)
	}
	if e.Title != "Two" {
		t.Errorf("got the title %q", e.Title)
	}
	for phrase, n := range map[string]int{"Two": 1, "Second": 1, "One": 2, "First": 2} {
		if at := place.At(e.Places, e.Text, strings.Index(e.Text, phrase)); at != (multivac.Place{Slide: n}) {
			t.Errorf("%s stands at %v, want slide %d", phrase, at, n)
		}
	}
}

func TestOrderOfShapes(t *testing.T) {
	group := func(xfrm string, shapes ...string) string {
		return `<p:grpSp><p:nvGrpSpPr><p:cNvPr id="4" name="Group"/></p:nvGrpSpPr><p:grpSpPr>` + xfrm + `</p:grpSpPr>` + strings.Join(shapes, "") + `</p:grpSp>`
	}
	moved := `<a:xfrm><a:off x="0" y="4000000"/><a:ext cx="1828800" cy="914400"/><a:chOff x="0" y="0"/><a:chExt cx="914400" cy="457200"/></a:xfrm>`
	turned := strings.Replace(boxAt(0, 500, "Turned by a quarter."), "<a:xfrm>", `<a:xfrm rot="5400000">`, 1)
	turned = strings.Replace(turned, `cx="914400" cy="457200"`, `cx="4000000" cy="100000"`, 1)
	for name, c := range map[string]struct{ slide, want string }{
		"the title is first, then from top to bottom": {
			slideOf(boxAt(0, 900, "Last."), boxAt(0, 10, "Above the title."), ph(`type="ctrTitle"`, "Title")), "# Title\n\nAbove the title.\n\nLast."},
		"from left to right at about one height": {
			slideOf(boxAt(600, 300, "Right."), boxAt(100, 305, "Left."), boxAt(100, 360, "Below.")), "Left.\n\nRight.\n\nBelow."},
		"a group stands where its transform puts it": {
			slideOf(group(moved, boxAt(0, 50, "In the group below."), boxAt(0, 0, "In the group above.")), boxAt(0, 300, "Before the group."), boxAt(0, 900, "After it.")),
			"Before the group.\n\nIn the group above.\n\nIn the group below.\n\nAfter it."},
		"the shapes of a group stay together": {
			slideOf(boxAt(500, 200, "Right."), group("", boxAt(0, 400, "Low left."), boxAt(0, 100, "High left."))), "High left.\n\nLow left.\n\nRight."},
		"a group in a group": {
			slideOf(boxAt(0, 700, "Before."), group(moved, group(moved, boxAt(0, 0, "Deep.")))), "Before.\n\nDeep."},
		"what is turned stands where it is seen": {
			slideOf(boxAt(0, 400, "Begins lower."), turned), "Turned by a quarter.\n\nBegins lower."},
	} {
		t.Run(name, func(t *testing.T) { reads(t, slides(c.slide), c.want) })
	}
}

// layouts is a deck of a slide with a layout and a master.
func layouts(slide, layout, master string) pack {
	return slides(slide).
		with("ppt/slides/_rels/slide1.xml.rels", rels("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")).
		with("ppt/slideLayouts/slideLayout1.xml", layout).
		with("ppt/slideLayouts/_rels/slideLayout1.xml.rels", rels("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")).
		with("ppt/slideMasters/slideMaster1.xml", master)
}

// placed makes a placeholder of a layout, with its prompt.
func placed(attributes string, y int, list string) string {
	s := strings.Replace(ph(attributes, "Click to edit"), "<p:spPr/>", "<p:spPr>"+at(0, y)+"</p:spPr>", 1)
	return strings.Replace(s, "<a:lstStyle/>", "<a:lstStyle>"+list+"</a:lstStyle>", 1)
}

const masterStyles = `<p:txStyles><p:titleStyle/><p:bodyStyle><a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr><a:lvl2pPr><a:buChar char="–"/></a:lvl2pPr></p:bodyStyle><p:otherStyle/></p:txStyles>`

func master(shapes ...string) string {
	return strings.Replace(root("sldMaster", "", strings.Join(shapes, "")), "</p:sldMaster>", masterStyles+"</p:sldMaster>", 1)
}

func TestWhatSlidesTakeFromLayouts(t *testing.T) {
	slide := slideOf(ph(`idx="1"`, "Point.", `<a:pPr lvl="1"/>`+run1("Below the point.")), ph(`type="body" idx="13"`, "Plain by the layout."), boxAt(0, 300, "A box."),
		ph(`type="ftr" idx="11"`, "The footer"), ph(`type="sldNum" idx="12"`, "7"), ph(`type="dt" idx="10"`, "1 May"), ph(`type="body" idx="14"`, ""))
	layout := root("sldLayout", "", placed(`type="body" idx="13"`, 100, `<a:lvl1pPr><a:buNone/></a:lvl1pPr>`)+placed(`idx="1"`, 500, "")+boxAt(0, 950, "© Heron Ltd.")+boxAt(0, 1200, "Use this layout for lists.")+
		ph(`type="ftr" idx="11"`, "Footer of the layout"))
	m := master(placed(`type="title"`, 0, ""), placed(`type="body"`, 500, ""), boxAt(900, 10, "Confidential"))
	text := "Plain by the layout.\n\nA box.\n\n- Point.\n   - Below the point."
	t.Run("places, marks and own text", func(t *testing.T) {
		reads(t, layouts(slide, layout, m), text+"\n\n© Heron Ltd.\n\nConfidential")
	})
	t.Run("without the master's", func(t *testing.T) {
		reads(t, layouts(slide, strings.Replace(layout, "<p:cSld>", `<p:cSld a="">`, 1), m).with("ppt/slideLayouts/slideLayout1.xml", strings.Replace(layout, "<p:sldLayout", `<p:sldLayout showMasterSp="0"`, 1)), text+"\n\n© Heron Ltd.")
	})
	t.Run("without any", func(t *testing.T) {
		reads(t, layouts(strings.Replace(slide, "<p:sld", `<p:sld showMasterSp="0"`, 1), layout, m), text)
	})
	t.Run("a layout that cannot be read only changes the order", func(t *testing.T) {
		reads(t, layouts(slide, "<broken", m), "Point.\n\nBelow the point.\n\nPlain by the layout.\n\nA box.")
	})
	t.Run("once", func(t *testing.T) {
		p := layouts(slideOf(boxAt(0, 0, "One.")), layout, m).with("ppt/slides/slide2.xml", slideOf(boxAt(0, 0, "Two."))).
			with("ppt/slides/_rels/slide2.xml.rels", rels("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"))
		reads(t, p, "One.\n\n© Heron Ltd.\n\nConfidential\n\nTwo.")
	})
}

func TestComparison(t *testing.T) {
	slide := slideOf(title("Pumps"), boxAt(550, 205, "New"), boxAt(50, 200, "Old"), boxAt(50, 300, "Leaks."), boxAt(550, 300, "Is tight."), boxAt(50, 350, "Is loud."),
		strings.Replace(boxAt(50, 600, "Both stop at 80 °C."), `cx="914400"`, `cx="8000000"`, 1), boxAt(550, 700, "40 euros"), boxAt(50, 760, "30 euros"))
	layout := root("sldLayout", `type="twoTxTwoObj"`, "")
	reads(t, layouts(slide, layout, master()), "# Pumps\n\nOld\n\nLeaks.\n\nIs loud.\n\nNew\n\nIs tight.\n\nBoth stop at 80 °C.\n\n30 euros\n\n40 euros")
	reads(t, layouts(slide, strings.Replace(layout, "twoTxTwoObj", "twoObj", 1), master()),
		"# Pumps\n\nOld\n\nNew\n\nLeaks.\n\nIs tight.\n\nIs loud.\n\nBoth stop at 80 °C.\n\n40 euros\n\n30 euros")
}

func TestParagraphs(t *testing.T) {
	bu := func(level int, mark, text string) string {
		return fmt.Sprintf(`<a:pPr lvl="%d">%s</a:pPr>`, level, mark) + run1(text)
	}
	const dot, none, auto = `<a:buChar char="•"/>`, `<a:buNone/>`, `<a:buAutoNum type="arabicPeriod"/>`
	for name, c := range map[string]struct {
		paragraphs []string
		want       string
	}{
		"levels":                          {[]string{bu(0, dot, "A"), bu(1, dot, "B"), bu(4, dot, "C"), bu(0, dot, "D"), bu(0, none, "E")}, "- A\n   - B\n      - C\n- D\n\nE"},
		"a list that begins deep":         {[]string{bu(3, dot, "A"), bu(3, dot, "B")}, "- A\n   - B"},
		"numbers":                         {[]string{bu(0, auto, "A"), bu(1, auto, "B"), bu(0, auto, "C"), bu(1, auto, "D"), bu(0, dot, "E"), bu(0, auto, "F")}, "1. A\n   1. B\n2. C\n   1. D\n- E\n1. F"},
		"numbers that begin later":        {[]string{bu(0, `<a:buAutoNum type="arabicPeriod" startAt="4"/>`, "A"), bu(0, `<a:buAutoNum type="arabicPeriod" startAt="4"/>`, "B")}, "4. A\n5. B"},
		"breaks and runs":                 {[]string{run1("line") + "<a:br/>" + run1("bro") + run1("ken"), "", run1("  ")}, "line broken"},
		"fields":                          {[]string{run1("Page ") + `<a:fld type="slidenum"><a:t>‹#›</a:t></a:fld>`, `<a:fld type="datetime1"><a:t>1/2/2026</a:t></a:fld>`, `<a:fld type="TxLink"><a:t>Linked</a:t></a:fld>`}, "Page\n\nLinked"},
		"struck out":                      {[]string{`<a:r><a:rPr strike="sngStrike"/><a:t>Old</a:t></a:r>` + run1("new"), `<a:r><a:rPr strike="noStrike"/><a:t>Kept</a:t></a:r>`}, "new\n\nKept"},
		"raised":                          {[]string{run1("10") + sup("6") + run1(" and m") + sup("2") + run1(", the 1") + sup("st") + run1(" note") + sup("3")}, "10^6 and m², the 1st note³"},
		"what looks like a heading":       {[]string{"# 1 in sales", "| a |"}, `\# 1 in sales` + "\n\n" + `\| a |`},
		"characters that nobody sees":     {[]string{"soft\u00adhyphen, \u200bspace,\u0085 next_x000B_line"}, "softhyphen, space, next line"},
		"a formula":                       {[]string{run1("E = ") + `<mc:AlternateContent><mc:Choice Requires="a14"><a14:m><m:oMathPara><m:oMath><m:r><m:t>m</m:t></m:r><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></m:oMathPara></a14:m></mc:Choice><mc:Fallback>` + run1("picture") + `</mc:Fallback></mc:AlternateContent>`}, "E = mc^2(a+b)/2"},
		"an alternative with nothing new": {[]string{`<mc:AlternateContent><mc:Choice Requires="v"/><mc:Fallback>` + run1("Seen") + `</mc:Fallback></mc:AlternateContent>`}, "Seen"},
	} {
		t.Run(name, func(t *testing.T) { reads(t, slides(slideOf(boxAt(0, 0, c.paragraphs...))), c.want) })
	}
}

func sup(t string) string { return `<a:r><a:rPr baseline="30000"/><a:t>` + t + `</a:t></a:r>` }

func TestSlides(t *testing.T) {
	hide := func(shape string) string { return strings.Replace(shape, "<p:cNvPr ", `<p:cNvPr hidden="1" `, 1) }
	for name, c := range map[string]struct {
		slides pack
		want   string
	}{
		"a title alone is text": {slides(slideOf(title("Sales doubled"))), "Sales doubled"},
		"a hidden slide": {slides(slideOf(title("One"), boxAt(0, 0, "Text.")), root("sld", `show="0"`, title("Two")+boxAt(0, 0, "More.")), root("sld", `show="0"`, title("Three"))),
			"# One\n\nText.\n\n# Two (hidden slide)\n\nMore.\n\n# (hidden slide)\n\nThree"},
		"the heading ends with its slide": {slides(slideOf(title("One"), boxAt(0, 0, "Text.")), slideOf(boxAt(0, 0, "No title."))), "# One\n\nText.\n\n#\n\nNo title."},
		"a title of several lines":        {slides(slideOf(ph(`type="title"`, "Two", "lines"), boxAt(0, 0, "Text."))), "# Two lines\n\nText."},
		"a long title is text":            {slides(slideOf(title(strings.Repeat("word ", 41)), boxAt(0, 0, "Text."))), strings.TrimSpace(strings.Repeat("word ", 41)) + "\n\nText."},
		"hidden shapes":                   {slides(slideOf(hide(boxAt(0, 0, "Hidden.")), boxAt(0, 0, "Seen."))), "Seen."},
		"alternatives": {slides(slideOf(`<mc:AlternateContent><mc:Choice Requires="p14">`+boxAt(0, 0, "Chosen.")+`</mc:Choice><mc:Fallback>`+boxAt(0, 0, "Other.")+`</mc:Fallback></mc:AlternateContent>`,
			`<mc:AlternateContent><mc:Choice Requires="v"><p:pic/></mc:Choice><mc:Fallback>`+boxAt(0, 500, "Fallen back.")+`</mc:Fallback></mc:AlternateContent>`)), "Chosen.\n\nFallen back."},
		"notes": {slides(slideOf(title("One"))).with("ppt/slides/_rels/slide1.xml.rels", rels("rId1", "notesSlide", "../notesSlides/notesSlide1.xml")).
			with("ppt/notesSlides/notesSlide1.xml", root("notes", "", ph(`type="sldImg"`)+ph(`type="body" idx="1"`, "Say this.", "And that.")+ph(`type="sldNum"`, "1")+ph(`type="hdr"`, "Header"))),
			"# One\n\n## Notes\n\nSay this.\n\nAnd that."},
		"empty notes": {slides(slideOf(boxAt(0, 0, "Text."))).with("ppt/slides/_rels/slide1.xml.rels", rels("rId1", "notesSlide", "../notesSlides/notesSlide1.xml")).
			with("ppt/notesSlides/notesSlide1.xml", root("notes", "", ph(`type="body" idx="1"`, ""))), "Text."},
		"notes that are missing": {slides(slideOf(boxAt(0, 0, "Text."))).with("ppt/slides/_rels/slide1.xml.rels", rels("rId1", "notesSlide", "../notesSlides/notesSlide1.xml")),
			"Text.\n\n(the notes of this slide cannot be read)"},
	} {
		t.Run(name, func(t *testing.T) { reads(t, c.slides, c.want) })
	}
}

// What can be quoted has the titles of its slide before it.
func TestQuotable(t *testing.T) {
	p := slides(slideOf(title("Plan"), boxAt(0, 500, "Ship in May.")), slideOf(boxAt(0, 0, "No title.")), slideOf(title("Thank you"))).
		with("ppt/slides/_rels/slide1.xml.rels", rels("rId1", "notesSlide", "../notesSlides/notesSlide1.xml")).
		with("ppt/notesSlides/notesSlide1.xml", root("notes", "", ph(`type="body"`, "Or in June.")))
	want := []string{"Plan: Ship in May.", "Plan › Notes: Or in June.", "No title.", "Thank you"}
	if got := extracttest.Sentences(t, Format, p.bytes(t)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTitle(t *testing.T) {
	for property, want := range map[string]string{
		"Plan of 2026": "Plan of 2026", "PowerPoint Presentation": "Slide one", "PowerPoint-Präsentation": "Slide one", "Microsoft PowerPoint - old deck name.ppt": "Slide one", "": "Slide one",
		"Slide 1": "Slide one", "Presentation": "Slide one", "Slide 1 of the inquiry": "Slide 1 of the inquiry",
	} {
		p := slides(slideOf(boxAt(0, 0, "Text.")), slideOf(title("Slide one"), boxAt(0, 0, "Text."))).
			with("docProps/core.xml", `<cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>`+property+`</dc:title></cp:coreProperties>`)
		if e := extracttest.Read(t, Format, p.bytes(t)); e.Title != want {
			t.Errorf("%q: got the title %q, want %q", property, e.Title, want)
		}
	}
}

func TestErrors(t *testing.T) {
	good := slides(slideOf(boxAt(0, 0, "Text.")))
	for name, c := range map[string]struct{ in, want string }{
		"nothing":               {"", "make or fetch it again"},
		"cut off":               {good.bytes(t)[:400], "make or fetch it again"},
		"before 2007":           {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), "save it without a password"},
		"a text":                {pack{"_rels/.rels": rels("rId1", "officeDocument", "word/document.xml"), "word/document.xml": `<w:document xmlns:w="w"/>`}.bytes(t), "give it the extension of what it is"},
		"another archive":       {pack{"_rels/.rels": rels(), "ppt/presentation.xml": `<a/>`}.bytes(t), "give it the extension of what it is"},
		"a slide is missing":    {good.with("ppt/_rels/presentation.xml.rels", rels()).bytes(t), "save it again"},
		"a slide is broken":     {good.with("ppt/slides/slide1.xml", "<p:sld><p:cSld>").bytes(t), "slide1.xml"},
		"a slide is no slide":   {good.with("ppt/slides/slide1.xml", "<p:notes/>").bytes(t), "slide 1 is none"},
		"pictures only":         {slides(slideOf(`<p:pic/>`)).bytes(t), "tell a text of what its pictures show"},
		"nested without end":    {slides(slideOf(strings.Repeat("<mc:AlternateContent><mc:Choice>", 150) + strings.Repeat("</mc:Choice></mc:AlternateContent>", 150))).bytes(t), "nested too deep"},
		"the rest is nowhere":   {good.with("ppt/slides/_rels/slide1.xml.rels", "<Relationships").bytes(t), "slide1.xml"},
		"no slide":              {slides().bytes(t), "there is no text on its slides"},
		"the list is elsewhere": {good.with("_rels/.rels", rels("rId1", "officeDocument", "ppt/none.xml")).bytes(t), "none.xml"},
	} {
		_, err := extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(c.in), extract.Default)
		if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrInvalid with %q", name, err, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	p := slides(slideOf(slices.Repeat([]string{boxAt(0, 0, "A sentence of some words that is here again.")}, 2000)...))
	in := []byte(p.bytes(t))
	if _, err := read(t.Context(), in, extract.Limits{Bytes: 10_000, Depth: 32, Unpacked: 1 << 30}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("bytes: got %v, want ErrTooLarge", err)
	}
	if _, err := read(t.Context(), in, extract.Limits{Bytes: 1 << 30, Depth: 32, Unpacked: 100_000}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("unpacked: got %v, want ErrTooLarge", err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	if _, err := read(gone, in, extract.Default); !errors.Is(err, enough) {
		t.Errorf("got %v, want the reason why its time ended", err)
	}
	// Limits are not an error about a part that can be left out.
	broken := layouts(slideOf(boxAt(0, 0, "Text.")), root("sldLayout", "", strings.Repeat(boxAt(0, 0, "Words."), 1000)), master())
	if _, err := read(t.Context(), []byte(broken.bytes(t)), extract.Limits{Bytes: 1 << 30, Depth: 32, Unpacked: 100_000}); !errors.Is(err, multivac.ErrTooLarge) {
		t.Errorf("a layout: got %v, want ErrTooLarge", err)
	}
}

// Groups that are nested deeper than the limit are read as if they were not.
func TestDepth(t *testing.T) {
	const deep = 3000
	slide := slideOf(strings.Repeat(`<p:grpSp>`, deep) + boxAt(0, 0, "At the bottom.") + strings.Repeat(`</p:grpSp>`, deep) + boxAt(0, 500, "After."))
	for _, depth := range []int{0, 1, 32} {
		e, err := read(t.Context(), []byte(slides(slide).bytes(t)), extract.Limits{Bytes: 1 << 20, Depth: depth, Unpacked: 1 << 30})
		if want := "At the bottom.\n\nAfter.\n"; err != nil || e.Text != want {
			t.Errorf("at a depth of %d: got %q, %v", depth, e.Text, err)
		}
	}
}

// What is long is read in time that is in proportion.
func TestLinear(t *testing.T) {
	const n = 50_000
	for name, slide := range map[string]string{
		"characters in pieces": slideOf(boxAt(0, 0, "<a:r><a:t>"+strings.Repeat("a<!-- -->", n)+"</a:t></a:r>")),
		"runs":                 slideOf(boxAt(0, 0, strings.Repeat(run1("a"), n))),
		"empty cells":          slideOf(frame(0, "<a:tbl>"+strings.Repeat("<a:tr>"+strings.Repeat("<a:tc/>", 100)+"</a:tr>", n/100)+"</a:tbl>"), boxAt(0, 0, "Text.")),
		"placeholders":         slideOf(strings.Repeat(`<p:sp><p:nvSpPr><p:nvPr><p:ph/></p:nvPr></p:nvSpPr></p:sp>`, n/10), boxAt(0, 0, "Text.")),
	} {
		t.Run(name, func(t *testing.T) {
			extracttest.Read(t, Format, slides(slide).bytes(t))
		})
	}
}

func TestBegins(t *testing.T) {
	sample, err := os.ReadFile("testdata/trap.pptx")
	if err != nil {
		t.Fatal(err)
	}
	kinds := `<Types><Override PartName="/ppt/presentation.xml" ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/></Types>`
	for name, c := range map[string]struct {
		head string
		want bool
	}{
		"the sample":    {string(sample[:512]), true},
		"by its kinds":  {pack{"[Content_Types].xml": kinds + strings.Repeat(" ", 2000)}.bytes(t), true},
		"another":       {pack{"[Content_Types].xml": "<Types/>", "word/document.xml": "<a/>", "ppt/presentation.xml": ""}.bytes(t)[:80], false},
		"cut off early": {string(sample[:20]), false},
		"no archive":    {"ppt/presentation.xml is a part of a presentation", false},
		"nothing":       {"", false},
	} {
		if got := begins([]byte(c.head[:min(512, len(c.head))])); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// A sentence that someone broke into paragraphs, so that its lines look well, is
// one. Lines that are none stay apart.
func TestSentenceOverParagraphs(t *testing.T) {
	plain, second := `<a:pPr><a:buNone/></a:pPr>`, `<a:pPr lvl="1"/>`
	for name, c := range map[string]struct{ box, want string }{
		"two":              {boxAt(0, 0, "The pump is checked every year", "in May, by the workshop.", "Then it is started."), "The pump is checked every year in May, by the workshop.\n\nThen it is started."},
		"three":            {boxAt(0, 0, "The pump is checked", "every year in May,", "by the workshop."), "The pump is checked every year in May, by the workshop."},
		"no full stop":     {boxAt(0, 0, "The pump is checked every year", "in May"), "The pump is checked every year in May"},
		"told unmarked":    {boxAt(0, 0, plain+run1("The pump is checked every year"), plain+run1("in May.")), "The pump is checked every year in May."},
		"a sentence ended": {boxAt(0, 0, "The pump is checked every year.", "in May it is closed."), "The pump is checked every year.\n\nin May it is closed."},
		"a colon":          {boxAt(0, 0, "We have these colours:", "red and green."), "We have these colours:\n\nred and green."},
		"a capital":        {boxAt(0, 0, "The pump is checked every year", "In May it is closed."), "The pump is checked every year\n\nIn May it is closed."},
		"another level":    {boxAt(0, 0, "The pump is checked every year", second+run1("in May.")), "The pump is checked every year\n\nin May."},
		"an empty line":    {boxAt(0, 0, "The pump is checked every year", "", "in May."), "The pump is checked every year\n\nin May."},
		"a list of words":  {boxAt(0, 0, "Our fruits of the year", "red apples", "green pears", "blue plums"), "Our fruits of the year\n\nred apples\n\ngreen pears\n\nblue plums"},
		"a name":           {boxAt(0, 0, "Ada Smith", "ada@example.org"), "Ada Smith\n\nada@example.org"},
		"an address":       {boxAt(0, 0, "Find more of it here", "https://example.org"), "Find more of it here\n\nhttps://example.org"},
	} {
		t.Run(name, func(t *testing.T) { reads(t, slides(slideOf(c.box)), c.want) })
	}
	bullets := `<a:pPr><a:buChar char="•"/></a:pPr>`
	reads(t, slides(slideOf(boxAt(0, 0, bullets+run1("The pump is checked every year"), bullets+run1("in May.")))), "- The pump is checked every year\n- in May.")
	reads(t, slides(slideOf(boxAt(0, 0, bullets+run1("The pump is checked every year"), "in May.", "Then it starts."))), "- The pump is checked every year\n\nin May.\n\nThen it starts.")
}
