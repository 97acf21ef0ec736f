package extract

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/require"
	"multivac/internal/text"
)

// extract returns the text and the title, and fails where Lines don't fit.
func extract(t *testing.T, mediaType, in string) Extracted {
	t.Helper()
	e, err := Extract(mediaType, []byte(in))
	if err != nil {
		t.Fatalf("%s %q: %v", mediaType, in, err)
	}
	if n := strings.Count(e.Text, "\n"); e.Lines != nil && len(e.Lines) != n {
		t.Errorf("%s %q: %d lines, and Lines for %d\n%s", mediaType, in, n, len(e.Lines), e.Text)
	}
	return e
}

func TestPlainIsKept(t *testing.T) {
	for _, in := range []string{"# Title\r\n\r\nText.\r\n", "\ufeff# T\n", " x\t\n\n"} {
		for _, mediaType := range []string{"", multivac.Markdown, multivac.Plain, "text/markdown; charset=utf-8", "TEXT/Plain"} {
			if e := extract(t, mediaType, in); e.Text != in || e.Lines != nil {
				t.Errorf("%s: got %q, want %q", mediaType, e.Text, in)
			}
		}
	}
}

func TestTitle(t *testing.T) {
	f := func(mediaType, in, want string) {
		t.Helper()
		if got := extract(t, mediaType, in).Title; got != want {
			t.Errorf("%s %q: got title %q, want %q", mediaType, in, got, want)
		}
	}
	f(multivac.Markdown, "\ufeff# A *short* `title` {#a}\n", "A *short* title")
	f(multivac.Markdown, "Text first.\n\n# [Later](x) #\n", "Later")
	f(multivac.Markdown, "Set\n===\n", "Set")
	f(multivac.Markdown, "```\n# no\n```\n# Yes\n", "Yes")
	f(multivac.Markdown, "---\ntitle: \"From the front\"\n---\n# Not this\n", "From the front")
	f(multivac.Markdown, "+++\ntitle = 'Toml'\n+++\n", "Toml")
	f(multivac.Markdown, "## Only a second level\n\n# First\n", "")
	f(multivac.Markdown, "No title", "")
	f(multivac.HTML, "<title> A &amp;\n B </title><h1>C</h1>", "A & B")
	f(multivac.HTML, "<h1>A <b>heading</b></h1><h1>Another</h1>", "A heading")
	f(multivac.CSV, "a,b\n1,2\n", "")
	if got := extract(t, multivac.Markdown, "# "+strings.Repeat("é", 2000)).Title; len(got) > multivac.MaxTitle || !utf8.ValidString(got) {
		t.Errorf("a title of %d bytes", len(got))
	}
}

func TestHTML(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if d := cmp.Diff(want, extract(t, multivac.HTML, in).Text); d != "" {
			t.Errorf("%s (-want +got)\n%s", in, d)
		}
	}
	f("<p>One <b>bold</b>&nbsp;word &amp; caf&eacute; &lt;br&gt;.\n  More<p>Two", "One bold word & café <br>. More\n\nTwo\n")
	f("a<script>no()</script><style>no</style><!-- no --><nav>no <nav>no</nav> no</nav> b", "a b\n")
	f(`<div hidden>no<div>no</div></div><p style="display: none">no<p>yes<span aria-hidden="true">no</span>`, "yes\n")
	f(`<p hidden>no</div><p>yes`, "yes\n")
	f(`<svg/>a<svg><text>no</svg><script src="x"/>no</script>b`, "ab\n")
	f(`<h2>C# <a href="#c">and</a> D<a href="#d">#</a></h2><h2>E <a>[src]</a><span><a>#</a></span></h2>x<a>#</a>`, "## C# and D\n\n## E\n\nx#\n")
	f("<h1>A</h1><h3>B <i>c</i></h3>text<h2></h2>more", "# A\n\n### B c\n\ntext\n\nmore\n")
	f("<ul><li>a<li><p>b</p><p>c</p></li><li>d<ol start=3><li>e</li><li>f</ol></ul>g",
		"- a\n- b c\n- d\n  1. e\n  2. f\n\ng\n")
	f("<ul><li></ul><p>text", "text\n")
	f("<dl><dt>Seal</dt><dd>Keeps water in.</dd><dt>Ring<dd><p>Too.</dl>x", "- Seal: Keeps water in.\n- Ring\n- Too.\n\nx\n")
	f("<table><caption>Limits</caption><tr><th>Part<th>New</tr><tr><td>Seal<td>4 | 5<br>mm</tr></table>",
		"Limits\n\n| Part | New |\n|---|---|\n| Seal | 4 \\| 5 mm |\n")
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
	e := extract(t, multivac.HTML, "<title>x</title>\n<h1>A</h1>\n\n<p>one\ntwo</p>\n<ul>\n<li>c\n</ul>\n<table>\n<tr>\n<th>d\n<tr><td>e\n</table>\n<pre>\nf\n\ng\n</pre>")
	got := map[string]int{}
	for i, l := range strings.Split(strings.TrimSuffix(e.Text, "\n"), "\n") {
		got[l] = e.Lines[i]
	}
	delete(got, "")
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"# A": 2, "one two": 4, "- c": 7, "| d |": 11, "|---|": 11, "| e |": 12, "f": 15, "g": 17}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

func TestCSV(t *testing.T) {
	f := func(mediaType, in, want string, lines ...int) {
		t.Helper()
		e := extract(t, mediaType, in)
		if d := cmp.Diff(want, e.Text); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
		if d := cmp.Diff(lines, e.Lines); lines != nil && d != "" {
			t.Errorf("%q lines (-want +got)\n%s", in, d)
		}
	}
	f(multivac.CSV, "a,b\n1,2\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", 1, 1, 2)
	f(multivac.CSV, "\ufeffa;b\r\n\r\n1,5;\"two\r\nlines; one | bar\"\r\n3;4", "| a | b |\n|---|---|\n| 1,5 | two lines; one \\| bar |\n| 3 | 4 |\n", 1, 1, 3, 5)
	f(multivac.CSV, "a\tb\n1, 2\t3\n", "| a | b |\n|---|---|\n| 1, 2 | 3 |\n")
	f(multivac.CSV, "sep=|\na|b\n1|2\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", 2, 2, 3)
	f(multivac.CSV, "a,b\n1\n1,2,3\n,,\n", "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\n")
	f(multivac.CSV, "a,b\nsay \"hi\" now,2\n\"open", "| a | b |\n|---|---|\n| say \"hi\" now | 2 |\n| open |\n")
	f(multivac.CSV, "name\nBo\n", "| name |\n|---|\n| Bo |\n")
	f(multivac.CSV, "only, one row", "| only | one row |\n")
	f(tsv, "a,b\tc\n1\t2\n", "| a,b | c |\n|---|---|\n| 1 | 2 |\n")
	f(multivac.CSV, `"a ""b"" c",d`+"\n1,2", "| a \"b\" c | d |\n|---|---|\n| 1 | 2 |\n")
}

// What is extracted is segmented as it was meant.
func TestExtractedIsSegmented(t *testing.T) {
	in := extract(t, multivac.HTML, `<h1>Pumps</h1><p>How to stop one:<ol><li>Close the valve.<li>Call.</ol>
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

func TestEncodings(t *testing.T) {
	units := utf16.Encode([]rune("\ufeff# Müller 😀\r\nText"))
	var little, big []byte
	for _, u := range units {
		little = append(little, byte(u), byte(u>>8))
		big = append(big, byte(u>>8), byte(u))
	}
	for _, in := range [][]byte{little, big} {
		if err := Check(multivac.Telling{Body: in}); err != nil {
			t.Error(err)
		}
		if e := extract(t, multivac.Plain, string(in)); e.Text != "# Müller 😀\r\nText" || e.Title != "Müller 😀" {
			t.Errorf("got %q, title %q", e.Text, e.Title)
		}
	}
}

// A page is read in the encoding that it declares, unless it is in UTF-8.
func TestDeclaredEncoding(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if err := Check(multivac.Telling{MediaType: multivac.HTML, Body: []byte(in)}); err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if got := strings.TrimSpace(extract(t, multivac.HTML, in).Text); got != want {
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
	if got, err := MediaType("page", []byte("<!doctype html><p>B\xfcro")); got != multivac.HTML || err != nil {
		t.Errorf("a page by its beginning: got %q, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	f := func(mediaType, in string, want ...string) {
		t.Helper()
		_, err := Extract(mediaType, []byte(in))
		if !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s %q: got %v, want ErrInvalid", mediaType, in, err)
			return
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s %q: got %q, want it to say %q", mediaType, in, err, w)
			}
		}
	}
	f(multivac.Plain, "caf\xe9", "not UTF-8", "0xe9 at offset 3", "iconv")
	f(multivac.Markdown, "a\x00b", "not text", "offset 1")
	f(multivac.Plain, "\xff\xfea\x00\x00\x00", "zero byte")
	f("image/png", "x", "image/png", "text/markdown")
	f(jsonLines, "{}", "each line")
	f(multivac.HTML, "<p>caf\xe9", "not UTF-8", "iconv")
	f(multivac.HTML, "<meta charset=utf-8><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=unknown><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=iso-2022-kr><p>caf\xe9", "not UTF-8")
	f(multivac.HTML, "<meta charset=windows-1252><p>caf\xe9\x00", "zero byte")
	f(multivac.HTML, "<meta charset=euc-jp><p>\xff\xff\xff\xff", "says that it is in euc-jp")
	f(multivac.CSV, "<meta charset=windows-1252>\xe9", "not UTF-8")
	f(multivac.HTML, "<div id=root></div><script>render()</script>", "no text", "script")
	f(multivac.CSV, ",,\n", "no text")
	f(multivac.Markdown, "\ufeff \n", "no text")
}

func TestMediaType(t *testing.T) {
	f := func(name, head, want string) {
		t.Helper()
		got, err := MediaType(name, []byte(head))
		if want == "" {
			if !errors.Is(err, multivac.ErrInvalid) || !strings.Contains(err.Error(), "not a kind of document I can read") {
				t.Errorf("%s: got %q, %v, want it refused", name, got, err)
			}
			return
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	f("a/b.md", "", multivac.Markdown)
	f("B.MARKDOWN", "", multivac.Markdown)
	f("a.txt.gz", "", multivac.Plain)
	f("a.rst", "", "text/x-rst")
	f("a.HTM", "", multivac.HTML)
	f("a.csv", "", multivac.CSV)
	f("a.tsv", "", tsv)
	f("a.ndjson.gz", "", jsonLines)
	f("a.go", "package a", "")
	f("a.png", "\x89PNG", "")
	f(".gitignore", "x", "")
	f("dir.d/README", "Hello", multivac.Markdown)
	f(`dir.d\LICENSE`, "Copyright", multivac.Markdown)
	f("page", " <!DOCTYPE HTML><html>", multivac.HTML)
	f("lines", `{"id": "a", "text": "b"}`, jsonLines)
	f("cut", strings.Repeat("x", 511)+"\xc3", multivac.Markdown)
	f("wide", "\xff\xfea\x00", multivac.Plain)
	f("program", "\x7fELF\x00", "")
	f("latin", "caf\xe9 au lait", "")
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
	f.Fuzz(func(t *testing.T, in string) { fuzz(t, multivac.HTML, in) })
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b\n1,\"2\n3\"\n")
	f.Add("sep=;\na;b\n\"\"\";\n\r,,|\\|")
	f.Add("Report\n\n,Q1,\na,b,c\nx,1,2\n,3,\"\n")
	f.Add("# x\na,,\nb,1,2\nc,,\nd,3,4\n(kg),[m],%\n")
	f.Fuzz(func(t *testing.T, in string) { fuzz(t, multivac.CSV, in) })
}

func FuzzMarkdown(f *testing.F) {
	f.Add("---\ntitle: x\n---\n# [a](b) `c` {#d}\n")
	f.Add("\xff\xfea\x00")
	f.Add("# a\n:::tip b\n!!! c \"d\"\n    e\n=== \"f\"\n    ```{g} h\n    :i: j\n    ```\n:::\n> [!k] l\n> m<br>n\n| o | p |\n|-|-|\n| | q |\n")
	f.Add("<Tabs items={['a']}>\n  <Tab>\n  b\n  </Tab>\n</Tabs>\n{% tab \"c\" %}\nd{% endtab %}\n{{< e \"f\" >}}g{{< /e >}}\n{/* h */}<table><tr><td>i\n</table>j <sup>k</sup> [[l|m]] &amp;\n")
	f.Fuzz(func(t *testing.T, in string) { fuzz(t, multivac.Markdown, in) })
}

func fuzz(t *testing.T, mediaType, in string) {
	e, err := Extract(mediaType, []byte(in))
	if err != nil {
		if !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("got %v, want ErrInvalid", err)
		}
		return
	}
	if !utf8.ValidString(e.Text) || !utf8.ValidString(e.Title) || len(e.Title) > multivac.MaxTitle || strings.Contains(e.Title, "\n") {
		t.Errorf("text %q or title %q is not as it should be", e.Text, e.Title)
	}
	if len(e.Text) > 8*len(in)+1<<18 {
		t.Errorf("%d bytes of text of %d", len(e.Text), len(in))
	}
	if e.Lines != nil {
		last := strings.Count(in, "\n") + 1
		if n := strings.Count(e.Text, "\n"); n != len(e.Lines) {
			t.Errorf("%d lines, and Lines for %d", n, len(e.Lines))
		}
		for i, l := range e.Lines {
			if l < 1 || l > last {
				t.Errorf("line %d began on line %d of %d", i, l, last)
			}
		}
	}
	for _, p := range text.Segment(e.Text) {
		if err := p.Validate(e.Text); err != nil {
			t.Error(err)
		}
	}
}

// Deep nesting and long runs must cost neither the stack nor quadratic time.
func TestHTMLIsLinear(t *testing.T) {
	require.Long(t, "it reads many megabytes")
	for _, in := range []string{"<div>", "<table>", "<table><tr><td>", "<ul><li>", "<b", "<p hidden>", "<nav>", "`", "<pre>`", "&amp;", "<a href=", "<dt>", "<!--", "<h1>", "\u3000", "<title>", "|",
		"<details><summary>", "<div role=tab>", "<li role=tab>a", "<div role=tabpanel>", "<button class=accordion>a</button><p>", "<sup>1", "x<sup>12345</sup>", "<s>", "<rt>", "<a id=fn1 href=#fn2>"} {
		_, err := Extract(multivac.HTML, []byte("text "+strings.Repeat(in, (1<<20)/len(in))))
		if err != nil && !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s…: %v", in, err)
		}
	}
}

// Cells that span others, and names of groups, are written again and again:
// the text stays in proportion to the page.
func TestTablesAreBounded(t *testing.T) {
	long := strings.Repeat("x", longCell)
	for _, in := range []string{"<td rowspan=65534 colspan=1000>x", "<tr><td rowspan=0 colspan=1000>" + long, "<tr><td>a<td rowspan=65534>b",
		"<tr><th>a<th>" + long + "<tr><th colspan=2>" + long[:90] + strings.Repeat("<tr><td>b<td>c", 50), "<tr><td>" + long + "<td>a" + strings.Repeat("<tr><td><td>b", 50)} {
		in := "<table>" + strings.Repeat(in, (1<<18)/len(in))
		if got := len(extract(t, multivac.HTML, in).Text); got > 4*len(in) {
			t.Errorf("%.50s…: %d bytes of text of %d", in, got, len(in))
		}
	}
	for _, row := range []string{"\n,b,c", "\n" + long[:90] + ",,\na,1,2\nb,1,2"} {
		in := "a," + long + ",1\n" + long + ",b,1" + strings.Repeat(row, (1<<18)/len(row))
		if got := len(extract(t, multivac.CSV, in).Text); got > 6*len(in) {
			t.Errorf("%.50s…: %d bytes of text of %d", in, got, len(in))
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	in := []byte(strings.Repeat("<div class=\"x y\"><h2>Limits</h2>\n<p>One <b>bold</b> word &amp; another sentence that goes on.</p>\n<ul><li>a</li></ul><table><tr><td>c<td>d</table></div>\n", 1000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Extract(multivac.HTML, in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	in := []byte(strings.Repeat("Disc pad,\"3.8 mm, new\",1.0 mm,Workshop north\n", 10000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Extract(multivac.CSV, in); err != nil {
			b.Fatal(err)
		}
	}
}
