package html

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/text"
)

func TestHTML(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if d := cmp.Diff(want, extracttest.Read(t, Format, in).Text); d != "" {
			t.Errorf("%s (-want +got)\n%s", in, d)
		}
	}
	f("<p>One <b>bold</b>&nbsp;word &amp; caf&eacute; &lt;br&gt;.\n  More<p>Two", "One bold word & café <br>. More\n\nTwo\n")
	f("a<script>no()</script><style>no</style><!-- no --><nav>no <nav>no</nav> no</nav> b", "a b\n")
	f(`<div hidden>no<div>no</div></div><p style="display: none">no<p>yes<span aria-hidden="true">no</span>`, "yes\n")
	f(`<figure><img alt="Plan"><figcaption aria-hidden="true">Plan</figcaption></figure>`, "Plan\n")
	f(`<p hidden>no</div><p>yes`, "yes\n")
	f(`<svg/>a<svg><text>no</svg><script src="x"/>no</script>b`, "ab\n")
	f(`<p><a href=a>Home</a><a href=b>Prices</a>: <a href=c>Tel</a><a href=c>ephone</a>s, un<a name=d></a><a href=e>fit</a>, <a href=f>東京</a><a href=g>都</a>.`,
		"Home Prices: Telephones, unfit, 東京都.\n")
	f(`<h2>C# <a href="#c">and</a> D<a href="#d">#</a></h2><h2>E <a>[src]</a><span><a>#</a></span></h2>x<a>#</a>`, "## C# and D\n\n## E\n\nx#\n")
	f("<h1>A</h1><h3>B <i>c</i></h3>text<h2></h2>more", "# A\n\n### B c\n\ntext\n\nmore\n")
	f("<ul><li>a<li><p>b</p><p>c</p></li><li>d<ol start=3><li>e</li><li>f</ol></ul>g",
		"- a\n- b c\n- d\n  1. e\n  2. f\n\ng\n")
	f("<ul><li></ul><p>text", "text\n")
	f("<dl><dt>Seal</dt><dd>Keeps water in.</dd><dt>Ring<dd><p>Too.</dl>x", "- Seal: Keeps water in.\n- Ring\n- Too.\n\nx\n")
	f("<table><caption>Limits</caption><tr><th>Part<th>New</tr><tr><td>Seal<td>4 | 5<br>mm</tr></table>",
		"Limits\n\n| Part | New |\n|---|---|\n| Seal | 4 \\| 5 mm |\n")
	f("<table><tr><td colspan=3>Name<td>Sex<tr><td>a<td>b<td>c<td>d</table>", "| Name | Sex |\n| a | b | c | d |\n")
	f("<table><tr><td>a<td>b<td>c<tr><td colspan=2>A4<td></table>", "| a | b | c |\n| A4 |\n")
	long := strings.Repeat("Long text. ", 10)
	f("<table><tr><th>Bit<th>8<th>7<tr><td>a<td colspan=2>none<tr><td><td colspan=2>See below.<tr><td>b<td colspan=2>"+long+"</table>",
		"| Bit | 8 | 7 |\n|---|---|---|\n| a | none | none |\n|  | See below. |\n| b | "+strings.TrimSpace(long)+" |  |\n")
	f("<table><tr><td>a<td>b<tr><td>c<td>d</table>e", "| a | b |\n| c | d |\n\ne\n")
	f("<table><tr><td>Menu<td><h1>Title</h1><p>Text.</p><table><tr><td>x<td>y</table>after</table>z",
		"Menu\n\n# Title\n\nText.\n\n| x | y |\n\nafter\n\nz\n")
	f("<table><tr><td>"+strings.Repeat("Long text. ", 60)+"</table>", strings.TrimSpace(strings.Repeat("Long text. ", 60))+"\n")
	f("<pre>\nfunc <b>main</b>() {\n\t```\n}\n</pre>after", "````\nfunc main() {\n\t```\n}\n````\n\nafter\n")
	f("12 Main St<br>Portelune<br/>Bring <wbr>it <img alt=x>here", "12 Main St\n\nPortelune\n\nBring it here\n")
	f("<p># no heading<p>&lt;!-- shown<p>``` no<p>&lt;b&gt;<p>#tag", "\\# no heading\n\n\\<!-- shown\n\n\\``` no\n\n\\<b>\n\n#tag\n")
	f("soft\u00adhyphen<p>漢字\u3000と", "softhyphen\n\n漢字 と\n")
	f("\ufeff<!doctype html><html><head><meta charset=utf-8><title>t</title><body hidden>text</body></html>", "text\n")
}

func TestHTMLLines(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, "<title>x</title>\n<h1>A</h1>\n\n<p>one\ntwo</p>\n<ul>\n<li>c\n</ul>\n<table>\n<tr>\n<th>d\n<tr><td>e\n</table>\n<pre>\nf\n\ng\n</pre>"))
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"# A": 2, "one two": 4, "- c": 7, "| d |": 11, "|---|": 11, "| e |": 12, "f": 15, "g": 17}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

// The extracted text is segmented as the page means it.
func TestExtractedIsSegmented(t *testing.T) {
	in := extracttest.Read(t, Format, `<h1>Pumps</h1><p>How to stop one:<ol><li>Close the valve.<li>Call.</ol>
		<h2>Limits</h2><table><tr><th>Part<th>New<tr><td>Seal<td>4 mm</table><pre>pump stop</pre>`).Text
	var got []string
	for _, p := range text.Segment(in) {
		for _, s := range p.Sentences {
			got = append(got, strings.Join([]string{string(p.Kind), p.Heading, p.Lead, p.Sentence(s)}, "; "))
		}
	}
	want := []string{
		"list; Pumps; How to stop one:; How to stop one:",
		"list; Pumps; How to stop one:; Close the valve.",
		"list; Pumps; How to stop one:; Call.",
		"table; Pumps › Limits; Part | New; Seal | 4 mm",
		"code; Pumps › Limits; ; pump stop",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// A page is read in the encoding that it declares, unless it is in UTF-8.
func TestDeclaredEncoding(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if err := (extract.Formats{Format}).Check(multivac.Telling{MediaType: multivac.HTML, Body: []byte(in)}); err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if got := strings.TrimSpace(extracttest.Read(t, Format, in).Text); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("<meta charset=windows-1252><p>B\xfcro \x80", "Büro €")
	f("<meta charset='ISO-8859-1'><p>B\xfcro", "Büro")
	f(`<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=koi8-r">`+"\xd4\xc5\xd3\xd4", "тест")
	f("<?xml version='1.0' encoding='iso-8859-2'?><html><p>\xb1", "ą")
	f("<meta charset=Shift_JIS><p>\x83e\x83X\x83g", "テスト")
	f("<meta charset=iso-2022-jp><p>\x1b$B%F%9%H\x1b(B", "テスト")
	f("<meta charset=gb2312><p>\xb2\xe2", "测")
	f("<!-- "+strings.Repeat("x", 2000)+" --><meta charset=windows-1251><p>\xf2", "т")
	f("<meta charset=windows-1252><p>Büro", "Büro")
	f("<meta charset=utf-16><p>Büro", "Büro")
	f("<script>'<meta charset=koi8-r>'</script><meta charset=windows-1252><p>\xfc", "ü")
	if got, err := (extract.Formats{Format}).MediaType("page", []byte("<!doctype html><p>B\xfcro")); got != multivac.HTML || err != nil {
		t.Errorf("a page by its beginning: got %q, %v", got, err)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("<p>a<br>b<table><tr><th>c<td><table><tr><td>d</table><pre>\n```</pre><ul><li hidden>e<li><h1>f</ul><dl><dt>g<dd>h")
	f.Add("<pre>\n>a<br>b\r```</pre>\rc")
	f.Add("<svg/><script/>x</script><select><option>y</select><title>z</title>&lt;!--<p>&num; a")
	f.Add("<table><thead><tr><th rowspan=2>a<th colspan=0>b<tr><th>c<tbody><tr><td rowspan=0>d<td>e<tr><td>f<tr><th colspan=9>g<tr><td>\"<td></table>")
	f.Add("<ul role=tablist><li role=tab id=a>b<li role=tab aria-controls=c>d</ul><div role=tabpanel aria-labelledby=a hidden><h2>e</h2><div id=c>f</div></div>g")
	f.Add("<details><summary>a<h3>b</h3></summary>c<button class=accordion>d</button><p>e</details><dl><dt><button>f?</button></dt><dd hidden>g")
	f.Add("10<sup>6</sup> a<sup><a href=#n>1</a></sup> <sup>3</sup>/<sub>4</sub> <span style=vertical-align:super>2</span><s>b<p>c<ruby>d<rt>e</ruby>")
	f.Add("<meta charset=windows-1252>\xfc<?xml encoding='koi8-r'?>")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

// Deep nesting and long runs neither overflow the stack nor take quadratic
// time.
func TestHTMLIsLinear(t *testing.T) {
	for _, in := range []string{"<div>", "<table>", "<table><tr><td>", "<ul><li>", "<b", "<p hidden>", "<nav>", "`", "<pre>`", "&amp;", "<a href=", "<dt>", "<!--", "<h1>", "\u3000", "<title>", "|",
		"<details><summary>", "<div role=tab>", "<li role=tab>a", "<div role=tabpanel>", "<button class=accordion>a</button><p>", "<sup>1", "x<sup>12345</sup>", "<s>", "<rt>", "<a id=fn1 href=#fn2>"} {
		_, err := Format.Extract(t.Context(), []byte("text "+strings.Repeat(in, (1<<20)/len(in))), extract.Default)
		if err != nil && !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s…: %v", in, err)
		}
	}
}

// Cells that span others, and names of groups, are written repeatedly. The text
// still stays in proportion to the page.
func TestTablesAreBounded(t *testing.T) {
	long := strings.Repeat("x", longCell)
	for _, in := range []string{"<td rowspan=65534 colspan=1000>x", "<tr><td rowspan=0 colspan=1000>" + long, "<tr><td>a<td rowspan=65534>b",
		"<tr><th>a<th>" + long + "<tr><th colspan=2>" + long[:90] + strings.Repeat("<tr><td>b<td>c", 50), "<tr><td>" + long + "<td>a" + strings.Repeat("<tr><td><td>b", 50)} {
		in := "<table>" + strings.Repeat(in, (1<<18)/len(in))
		if got := len(extracttest.Read(t, Format, in).Text); got > 4*len(in) {
			t.Errorf("%.50s…: %d bytes of text of %d", in, got, len(in))
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	in := []byte(strings.Repeat("<div class=\"x y\"><h2>Limits</h2>\n<p>One <b>bold</b> word &amp; another sentence that goes on.</p>\n<ul><li>a</li></ul><table><tr><td>c<td>d</table></div>\n", 1000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Format.Extract(b.Context(), in, extract.Default); err != nil {
			b.Fatal(err)
		}
	}
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"<p>A line.", "<ul><li>An item", "<table><tr><td>A cell<td>another", "<pre>code\n</pre>"} {
		extracttest.Bounded(t, Format, unit)
	}
}
