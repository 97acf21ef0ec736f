package epub

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
	"multivac/internal/text"
)

const (
	containerPart = `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>` +
		`<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`
	xhtmlType = "application/xhtml+xml"
)

// opf makes a package document of metadata, a manifest and a spine.
func opf(metadata, manifest, spine string) string {
	return `<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">` +
		`<metadata>` + metadata + `</metadata><manifest>` + manifest + `</manifest>` + spine + `</package>`
}

// book makes a book of pages, in the order of their names: name, body, name, body.
// A page that is called nav or ncx is its contents.
func book(t testing.TB, pages ...string) string {
	t.Helper()
	manifest, spine := "", ""
	files := []string{"mimetype", "application/epub+zip", "META-INF/container.xml", containerPart, "OEBPS/content.opf", ""}
	for i := 0; i < len(pages); i += 2 {
		name, body := pages[i], pages[i+1]
		switch name {
		case "nav":
			manifest += `<item id="nav" href="nav.xhtml" media-type="` + xhtmlType + `" properties="nav"/>`
			name = "nav.xhtml"
			body = `<html xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc"><h1>Contents</h1><ol>` + body + `</ol></nav></body></html>`
		case "ncx":
			manifest += `<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>`
			name, body = "toc.ncx", `<ncx><navMap>`+body+`</navMap></ncx>`
		default:
			manifest += `<item id="p` + fmt.Sprint(i) + `" href="` + name + `" media-type="` + xhtmlType + `"/>`
			spine += `<itemref idref="p` + fmt.Sprint(i) + `"/>`
			body = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Page</title></head><body>` + body + `</body></html>`
		}
		files = append(files, "OEBPS/"+name, body)
	}
	files[5] = opf(`<dc:title>The Pumps</dc:title>`, manifest, `<spine toc="ncx">`+spine+`</spine>`)
	return extracttest.Zip(t, files...)
}

// cited returns what can be quoted: the place, the path of headings and the words.
func cited(t testing.TB, in string) []string {
	t.Helper()
	e := extracttest.Read(t, Format, in)
	at := place.Read(e.Places, e.Text)
	var all []string
	for _, p := range text.Segment(e.Text) {
		for _, s := range p.Sentences {
			all = append(all, strings.Join([]string{at.At(s.Start).String(), p.Heading, p.Sentence(s)}, "; "))
		}
	}
	return all
}

func wantCited(t *testing.T, in string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, cited(t, in)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestExpected(t *testing.T) { extracttest.Expected(t, "testdata", Format, "trap.epub") }

// Chapters are cited by the name that the contents give them, and others by
// their file.
func TestChapters(t *testing.T) {
	wantCited(t, book(t,
		"nav", `<li><a href="two.xhtml">II. <i>The Seal</i></a></li><li><a href="one.xhtml#top">I. The Pump</a></li>`,
		"two.xhtml", `<h1>The Seal</h1><p>It is of rubber.</p>`,
		"one.xhtml", `<h1>The Pump</h1><p>It is blue.</p>`,
		"index.xhtml", `<h1>Index</h1><p>It ends here.</p>`),
		"II. The Seal; The Seal; It is of rubber.", "I. The Pump; The Pump; It is blue.", "index.xhtml; Index; It ends here.")
}

// A chapter without a heading has the one of the contents, once.
func TestNamesFromContents(t *testing.T) {
	want := []string{"The Pump; The Pump; It is blue.", "The Seal; The Pump › The Seal; It is of rubber.", "more.xhtml; The Pump › The Seal; It is black."}
	wantCited(t, book(t,
		"ncx", `<navPoint><navLabel><text>The Pump</text></navLabel><content src="one.xhtml"/>`+
			`<navPoint><navLabel><text>The Seal</text></navLabel><content src="two.xhtml"/></navPoint></navPoint>`,
		"one.xhtml", `<p>It is blue.</p>`,
		"two.xhtml", `<p class="title">THE SEAL</p><p>It is of rubber.</p>`,
		"more.xhtml", `<p>It is black.</p>`), want...)
	wantCited(t, book(t,
		"nav", `<li><a href="one.xhtml">The Pump</a><ol><li><a href="two.xhtml">The Seal</a></li></ol></li>`,
		"one.xhtml", `<p>The pump</p><p>It is blue.</p>`,
		"two.xhtml", `<p>It is of rubber.</p>`,
		"more.xhtml", `<p>It is black.</p>`), want...)
}

// A title page and the like have headings of their own, which are not above the
// chapters that follow. The page of a part of the book is.
func TestFrontMatter(t *testing.T) {
	const seal = `<h2>The Seal</h2><p>It is of rubber.</p>`
	f := func(name, page string, front bool) {
		t.Helper()
		in := "The Book › The Seal"
		if front {
			in = "The Seal"
		}
		got := cited(t, book(t, name, page, "one.xhtml", seal, "two.xhtml", `<p>It is black.</p>`, "three.xhtml", `<h2>The Valve</h2><p>It is red.</p>`))
		want := []string{name + "; The Book; By Ada Smith.", "one.xhtml; " + in + "; It is of rubber.", "two.xhtml; " + in + "; It is black.",
			"three.xhtml; " + strings.Replace(in, "Seal", "Valve", 1) + "; It is red."}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %s (-want +got)\n%s", name, page, d)
		}
	}
	const page = `<h1>The Book</h1><p>By Ada Smith.</p>`
	for _, name := range []string{"titlepage.xhtml", "01_Title-Page.xhtml", "title.xhtml", "copyright.xhtml", "978123_cover.html", "Impressum.xhtml"} {
		f(name, page, true)
	}
	for _, kind := range []string{"titlepage", "halftitlepage", "copyright-page", "frontmatter titlepage", "dedication"} {
		f("a.xhtml", `<section epub:type="`+kind+`">`+page+`</section>`, true)
		f("a.xhtml", strings.Replace(page, "<h1>", `<h1 role="doc-subtitle" epub:type="`+kind+`">`, 1), false)
	}
	f("part1.xhtml", page, false)
	f("discovery.xhtml", page, false)
	f("a.xhtml", `<section epub:type="part">`+page+`</section>`, false)

	wantCited(t, book(t, "a.xhtml", `<h1>The Pumps</h1><p>By Ada Smith.</p>`, "one.xhtml", seal), // the title of the book
		"a.xhtml; The Pumps; By Ada Smith.", "one.xhtml; The Seal; It is of rubber.")
	wantCited(t, book(t, "title.xhtml", page, "copyright.xhtml", `<h2>Rights</h2><p>All rights are reserved.</p>`, "one.xhtml", `<p>It is of rubber.</p>`, "two.xhtml", `<h1>The Valve</h1><p>It is red.</p>`),
		"title.xhtml; The Book; By Ada Smith.", "copyright.xhtml; The Book › Rights; All rights are reserved.", "one.xhtml; ; It is of rubber.", "two.xhtml; The Valve; It is red.")
	in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf",
		opf(``, `<item id="a" href="a.xhtml"/><item id="b" href="b.xhtml"/>`, `<spine><itemref idref="a"/><itemref idref="b"/></spine><guide><reference type="copyright-page" href="a.xhtml#x"/></guide>`),
		"OEBPS/a.xhtml", "<html><body>"+page+"</body></html>", "OEBPS/b.xhtml", "<html><body>"+seal+"</body></html>")
	wantCited(t, in, "a.xhtml; The Book; By Ada Smith.", "b.xhtml; The Seal; It is of rubber.")
}

// Where several chapters are in a part, a heading says which one it is.
func TestChaptersInOnePart(t *testing.T) {
	wantCited(t, book(t,
		"nav", `<li><a href="all.xhtml#a">The Pump</a></li><li><a href="all.xhtml#b">The Seal</a><ol><li><a href="all.xhtml#c">Rubber</a></li></ol></li>`,
		"all.xhtml", `<p>Begin.</p><h2 id="a">The Pump</h2><p>It is blue.</p><h2 id="b">The Seal</h2><p>It is small.</p>`),
		"all.xhtml; ; Begin.", "The Pump; The Pump; It is blue.", "The Seal; The Seal; It is small.")
	wantCited(t, book(t,
		"nav", `<li><a href="all.xhtml">The Pump</a><ol><li><a href="all.xhtml#b">The Seal</a></li></ol></li>`,
		"all.xhtml", `<h1>The Pump</h1><p>It is blue.</p><h2 id="b">The Seal</h2><p>It is small.</p>`),
		"The Pump; The Pump; It is blue.", "The Pump; The Pump › The Seal; It is small.")
}

// The order is that of the spine, each part once; what stands aside is last, under
// no heading of another chapter; what is in no spine is not shown.
func TestOrder(t *testing.T) {
	item := func(id string) string {
		return `<item id="` + id + `" href="` + id + `.xhtml" media-type="` + xhtmlType + `"/>`
	}
	wantCited(t, extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf",
		opf(`<dc:title>T</dc:title>`, item("a")+item("b")+item("c")+item("orphan"),
			`<spine><itemref idref="c" linear="no"/><itemref idref="b"/><itemref idref="a"/><itemref idref="b"/></spine>`),
		"OEBPS/a.xhtml", `<h1>A</h1><p>It is a.</p>`, "OEBPS/b.xhtml", `<p>It is b.</p>`, "OEBPS/c.xhtml", `<p>It is c.</p>`,
		"OEBPS/orphan.xhtml", `<p>It is lost.</p>`),
		"b.xhtml; ; It is b.", "a.xhtml; A; It is a.", "c.xhtml; ; It is c.")
}

// The page of contents would have each heading once more. A page that says more
// is read.
func TestPagesOfContents(t *testing.T) {
	f := func(page string, want ...string) {
		t.Helper()
		in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf",
			opf(``, `<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/><item id="t" href="toc.html" media-type="`+xhtmlType+`"/>`+
				`<item id="a" href="a.html" media-type="`+xhtmlType+`"/>`,
				`<spine toc="ncx"><itemref idref="t"/><itemref idref="a"/></spine><guide><reference type="toc" href="toc.html#x"/></guide>`),
			"OEBPS/toc.ncx", `<ncx><navMap><navPoint><navLabel><text>The Pump</text></navLabel><content src="a.html"/></navPoint></navMap></ncx>`,
			"OEBPS/toc.html", page, "OEBPS/a.html", `<h1>The Pump</h1><p>It is blue.</p>`)
		wantCited(t, in, want...)
	}
	f(`<h1>Contents</h1><p>1. <a href="a.html">The Pump</a> . . . 7</p>`, "The Pump; The Pump; It is blue.")
	f(`<h1>Contents</h1><p><a href="a.html">The Pump</a></p><p>For Ada.</p>`,
		"toc.html; Contents; The Pump", "toc.html; Contents; For Ada.", "The Pump; The Pump; It is blue.")
}

func TestTitle(t *testing.T) {
	f := func(metadata, want string) {
		t.Helper()
		in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf", opf(metadata, `<item id="a" href="a.xhtml"/>`, `<spine><itemref idref="a"/></spine>`),
			"OEBPS/a.xhtml", `<h2>The Pump</h2><p>It is blue.</p>`)
		if got := extracttest.Read(t, Format, in).Title; got != want {
			t.Errorf("%s: got %q, want %q", metadata, got, want)
		}
	}
	f(``, "The Pump")
	f(`<dc:title> </dc:title><dc:title>Pumps &amp;
		Seals</dc:title>`, "Pumps & Seals")
	f(`<dc:title id="s">A guide</dc:title><dc:title id="m">Pumps</dc:title>`, "A guide")
	f(`<dc:title id="s">A guide</dc:title><dc:title id="m">Pumps</dc:title><meta refines="#s" property="title-type">subtitle</meta>`+
		`<meta refines="#m" property="title-type">main</meta>`, "Pumps")
}

// XHTML is not HTML.
func TestXHTML(t *testing.T) {
	f := func(page string, want ...string) {
		t.Helper()
		in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf", opf(``, `<item id="a" href="a.xhtml"/>`, `<spine><itemref idref="a"/></spine>`), "OEBPS/a.xhtml", page)
		if d := cmp.Diff(want, extracttest.Sentences(t, Format, in)); d != "" {
			t.Errorf("%s (-want +got)\n%s", page, d)
		}
	}
	f(`<html><head><title/></head><body><p>It is blue.</p></body></html>`, "It is blue.")
	f(`<html><head><script src="a.js"/><style/></head><body><p>It is blue.</p></body></html>`, "It is blue.")
	f(`<script>if (a < b && "<p/>") {}</script><p>It is blue.</p>`, "It is blue.")
	f(`<h1/><p>It is blue.</p><pre/><p>It is <b/>cold<a id="p1"/>.</p><ul/><p>It is old.</p>`, "It is blue.", "It is cold.", "It is old.")
	f(`<p>It has <![CDATA[<3 & more]]> seals.</p>`, "It has <3 & more seals.")
	f(`<?xml version="1.0"?><?a b > c?><!DOCTYPE html [<!ENTITY a "b > c">]><html><p>It is&nbsp;blue.</p></html>`, "It is blue.")
	f(`<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:h1>Pumps</h:h1><h:p>It is blue.</h:p><h:p>It is old.</h:p></h:html>`, "Pumps: It is blue.", "Pumps: It is old.")
	f(`<p title="a > b">It is blue.<br/>It is old.<br></br></p><hr/><p>I <3 it, if a<b.</p>`, "It is blue.", "It is old.", "I <3 it, if a")
	f(`<p>It is<span epub:type="pagebreak" id="p7">7</span> blue<a epub:type="noteref" href="#n"><span>12</span></a>, says <a epub:type='noteref' href="#m">Ada</a>.</p>`+
		`<aside epub:type="footnote" id="n">It was green.</aside>`, "It is blue, says Ada.", "It was green.")
	f(`<p>東<ruby>京<rt>きょう</rt></ruby>は大きい。</p>`, "東京は大きい。")
	f(`<p>As <math alttext="E = mc^2"><mi>E</mi></math>, it is <m:math xmlns:m="x"><m:semantics><m:mi>E</m:mi><m:annotation encoding="application/x-tex">a &lt; b</m:annotation></m:semantics></m:math>.</p>`,
		"As E = mc^2, it is a < b.")
	f(`<p>So <math><mi>E</mi> <mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup><mo>+</mo><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><msqrt><mi>x</mi></msqrt></mfrac></math> it is.</p>`,
		"So E=mc^2+(a+b)/√(x) it is.")
	f(`<p>So <math/>it is <math><mi>a`, "So it is a")
	f("\xff\xfe<\x00p\x00>\x00I\x00t\x00.\x00", "It.")
	f(`<?xml version="1.0" encoding="iso-8859-1"?><p>Gr`+"\xfc\xdf"+`e.</p>`, "Grüße.")
}

// All that a page has is the book: nothing is chosen of it.
func TestNothingIsChosen(t *testing.T) {
	got := strings.Join(extracttest.Sentences(t, Format, book(t, "a.xhtml",
		`<header><p>Over it.</p></header><div id="sidebar" class="sidebar"><p>Aside it.</p></div><article><p>In it.</p></article><section class="footer"><p>Under it.</p></section>`+
			`<aside><p>Noted.</p></aside><footer><p>At last.</p></footer>`)), " ")
	if want := "Over it. Aside it. In it. Under it. Noted. At last."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Parts are found however their names are written, and what is no page is said,
// or stands for another.
func TestParts(t *testing.T) {
	in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf",
		opf(``, `<item id="a" href="a%20b.xhtml" media-type="`+xhtmlType+`"/><item id="b" href="100%25.xhtml" media-type="`+xhtmlType+`"/>`+
			`<item id="c" href="../up/C.XHTML" media-type="`+xhtmlType+`"/><item id="d" href="d.svg" media-type="image/svg+xml"/>`+
			`<item id="e" href="e.png" media-type="image/png"/><item id="f" href="f.pdf" media-type="application/pdf"/>`+
			`<item id="g" href="g.xml" media-type="application/x-thing" fallback="h"/><item id="h" href="h.xhtml" media-type="`+xhtmlType+`"/>`+
			`<item id="i" href="gone.xhtml" media-type="`+xhtmlType+`"/><item id="j" href="http://example.org/" media-type="`+xhtmlType+`"/>`,
			`<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="c"/><itemref idref="d"/><itemref idref="e"/><itemref idref="f"/><itemref idref="g"/>`+
				`<itemref idref="i"/><itemref idref="j"/><itemref idref="k"/></spine>`),
		"OEBPS/a b.xhtml", "<p>It is a.</p>", "OEBPS/100%25.xhtml", "<p>It is b.</p>", "up/c.xhtml", "<p>It is c.</p>",
		"OEBPS/d.svg", `<svg><title>T</title><text>It <tspan>is</tspan> d.</text><style>x</style></svg>`, "OEBPS/e.png", "\x89PNG", "OEBPS/f.pdf", "%PDF", "OEBPS/g.xml", "<x/>", "OEBPS/h.xhtml", "<p>It is g.</p>")
	wantCited(t, in, "a b.xhtml; ; It is a.", "100%.xhtml; ; It is b.", "C.XHTML; ; It is c.", "d.svg; ; It is d.",
		"f.pdf; ; [f.pdf is not a kind of page I can read]", "h.xhtml; ; It is g.", "gone.xhtml; ; [gone.xhtml is not in the file]",
		"j; ; [j is not in the file]", "k; ; [k is not in the file]")
}

// What cannot be read says why, and what to do.
func TestRefused(t *testing.T) {
	encryption := func(algorithm, uri string) string {
		return `<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="` + algorithm +
			`"/><enc:CipherData><enc:CipherReference URI="` + uri + `"/></enc:CipherData></enc:EncryptedData></encryption>`
	}
	page := opf(``, `<item id="a" href="a.xhtml" media-type="`+xhtmlType+`"/>`, `<spine><itemref idref="a"/></spine>`)
	whole := []string{"META-INF/container.xml", containerPart, "OEBPS/content.opf", page, "OEBPS/a.xhtml", "<p>It is blue.</p>"}
	with := func(files ...string) string {
		return extracttest.Zip(t, append(append([]string{}, whole...), files...)...)
	}
	const aes = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"
	for _, c := range []struct{ in, message, remedy string }{
		{with("META-INF/encryption.xml", encryption(aes, "OEBPS/a.xhtml")), "copy protection (DRM)", "tell a copy without one"},
		{with("META-INF/encryption.xml", encryption(aes, "OEBPS/a.xhtml"), "META-INF/rights.xml", "<r/>"), "copy protection of Adobe (DRM)", "tell a copy without one"},
		{"PK\x03\x04", "broken", "make or fetch it again"},
		{with()[:400], "broken", "make or fetch it again"},
		{extracttest.Zip(t, "a.txt", "a"), "it is no EPUB", "check that it is the right file"},
		{extracttest.Zip(t, "META-INF/container.xml", "<container/>"), "names no package document", "make or fetch it again"},
		{extracttest.Zip(t, "META-INF/container.xml", "<container><"), "container.xml", "make or fetch it again"},
		{extracttest.Zip(t, "META-INF/container.xml", containerPart), "OEBPS/content.opf is not in the file", "make or fetch it again"},
		{extracttest.Zip(t, whole[:4]...), "none of its chapters is in the file", "make or fetch it again"},
		{extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf", opf("", "", "")), "content.opf lists no chapters", "make or fetch it again"},
		{extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf", strings.Repeat("<a>", 1000)), "elements deep", "make or fetch it again"},
		{book(t, "a.xhtml", "<p>Gr\xfc\xdfe.</p>"), "a.xhtml: it is not UTF-8", "make or fetch it again"},
		{book(t, "a.xhtml", `<img src="a.png" alt=""/>`), "no text in it", "check that it is the right file"},
	} {
		_, err := extract.Formats{Format}.Extract(t.Context(), Format.Types[0], []byte(c.in), extract.Default)
		var e *multivac.Error
		if !errors.Is(err, multivac.ErrInvalid) || !errors.As(err, &e) || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Remedy, c.remedy) {
			t.Errorf("got %v, want an ErrInvalid with %q and %q", err, c.message, c.remedy)
		}
	}
	// Fonts are often made hard to take out, and other parts may be locked.
	for _, encrypted := range []string{encryption("http://www.idpf.org/2008/embedding", "OEBPS/a.xhtml"), encryption(aes, "OEBPS/film.mp4")} {
		wantCited(t, with("META-INF/encryption.xml", encrypted), "a.xhtml; ; It is blue.")
	}
}

func TestLimits(t *testing.T) {
	in := []byte(book(t, "a.xhtml", strings.Repeat("<p>A line.</p>", 10_000)))
	for name, l := range map[string]extract.Limits{
		"text":     {Bytes: 10_000, Depth: 32, Unpacked: 1 << 30},
		"unpacked": {Bytes: 1 << 30, Depth: 32, Unpacked: 10_000},
	} {
		if e, err := Format.Extract(t.Context(), in, l); !errors.Is(err, multivac.ErrTooLarge) || len(e.Text) > 10_000 {
			t.Errorf("%s: got %d bytes and %v, want ErrTooLarge", name, len(e.Text), err)
		}
	}
	if _, err := Format.Extract(t.Context(), []byte(book(t, "a.xhtml", strings.Repeat("a", maxPage))), extract.Default); !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "a.xhtml") {
		t.Errorf("a page of %d bytes: got %v, want ErrTooLarge", maxPage, err)
	}
}

func TestLargePackage(t *testing.T) {
	in := extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf", opf("", strings.Repeat("<item/>", maxDirectory/7), ""))
	if _, err := Format.Extract(t.Context(), []byte(in), extract.Default); !errors.Is(err, multivac.ErrTooLarge) || !strings.Contains(err.Error(), "content.opf") {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestBegins(t *testing.T) {
	for in, want := range map[string]bool{
		book(t, "a.xhtml", "<p>It is blue.</p>"):                    true,
		extracttest.Zip(t, "META-INF/container.xml", containerPart): true,
		extracttest.Zip(t, "word/document.xml", "<a/>"):             false,
		"application/epub+zip":                                      false,
	} {
		if got := begins([]byte(in[:min(len(in), 512)])); got != want {
			t.Errorf("%.60q: got %v, want %v", in, got, want)
		}
	}
}

// Rewriting a page takes time in proportion to it.
func TestPagesAreLinear(t *testing.T) {
	for _, in := range []string{"<", "<a", "<a ", `<a "`, `<a '<b "`, "<a/>", "<!", "<![CDATA[", "<!--", "<?", "<script>", "<script></", "<!a [", `<a x:type="`, `<a x:type="noteref">`, "<a:b:c>", "<section", "<body>", "<math>", "<math></math>", "<math><msup>", "<math><msup><mrow>"} {
		_ = asHTML([]byte(strings.Repeat(in, (1<<20)/len(in))))
		_ = isFrontType([]byte(strings.Repeat(in, 4)))
	}
}

// Whatever the bytes are, what is made of them can be kept, shown and quoted.
func check(t *testing.T, in string) {
	e, _ := extracttest.Sound(t, Format, in, extract.Limits{Bytes: 1 << 22, Depth: 32, Unpacked: 1 << 24})
	if strings.ContainsFunc(e.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		t.Errorf("text %q is not as it should be", e.Text)
	}
}

func FuzzEPUB(f *testing.F) {
	sample, err := os.ReadFile("testdata/trap.epub")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add(book(f, "ncx", `<navPoint><navLabel><text>A</text></navLabel><content src="a.xhtml"/></navPoint>`, "a.xhtml", "<p>It is blue.</p>"))
	f.Fuzz(check)
}

// FuzzPage fuzzes what is packed in a book, which bytes of an archive seldom
// reach.
func FuzzPage(f *testing.F) {
	f.Add(`<h1>A</h1><p>It<br/> is <![CDATA[b]]>.</p><pre>c</pre>`, `<li><a href="a.xhtml">A</a></li>`, `<dc:title>T</dc:title>`)
	f.Add(`<title/><a x:type="noteref">1</a>`, `<ol><li><a href="%zz#">B<img alt="c"/></a>`, `<meta property="title-type" refines="#a">main</meta>`)
	f.Fuzz(func(t *testing.T, page, contents, metadata string) {
		check(t, extracttest.Zip(t, "META-INF/container.xml", containerPart, "OEBPS/content.opf",
			opf(metadata, `<item id="n" properties="nav" href="n.xhtml"/><item id="a" href="a.xhtml"/>`, `<spine><itemref idref="n"/><itemref idref="a" linear="no"/></spine>`),
			"OEBPS/n.xhtml", `<nav>`+contents+`</nav>`, "OEBPS/a.xhtml", page))
	})
}
