package markdown

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac"
	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
	"multivac/internal/place"
	"multivac/internal/require"
)

func TestMarkdownOfSites(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	// Callouts
	f("# A\n\n:::caution Data loss\nNo way back.\n:::\n\nAfter.", "A › Data loss: No way back.", "A: After.")
	f("# A\n\n:::note[Mind]{.x}\nText.\n:::\nAfter.", "A › Mind: Text.", "A: After.")
	f("::: {.callout-warning title=\"Hot\"}\nText.\n:::\n", "Hot: Text.")
	f("::: {.note}\nText.\n:::\n", "Text.")
	f("::::warning\nOuter.\n:::tip\nInner.\n:::\nOuter again.\n::::\nAfter.", "Warning: Outer.", "Warning: Inner.", "Warning: Outer again.", "After.")
	f("# A\n\n!!! danger \"Never\"\n    Do it.\n\n    ```sh\n    rm -r <dir>\n    ```\n\n        indented code\n\nAfter.",
		"A › Never: Do it.", "A › Never: rm -r <dir>", "A › Never: indented code", "A: After.")
	f("!!! note\n    Port 7443.\n??? tip \"How?\"\n    So.\n???+ info inline end\n    Or so.", "Port 7443.", "How?: So.", "Or so.")
	f("!!! note \"\"\n    Text.\n!!! is it?", "Text.", "!!! is it?")
	f("1. One\n    !!! warning\n        Hot.\n\n    Goes on.\n2. Two", "One", "**Warning:**", "Hot.", "Goes on.", "Two")
	f("# A\n\n> [!NOTE]\n> Text.\n\n> [!warning]- Title\n> More,\n> and more.\n\nAfter.", "A: Text.", "A › Title: More,\n> and more.", "A: After.")
	f("{% hint style=\"danger\" %}\nNever.\n{% endhint %}\nAfter.", "Danger: Never.", "After.")
	f("{{% notice warning \"Stop\" %}}\nText.\n{{% /notice %}}\n{{< alert color=\"danger\" >}}Hot.{{< /alert >}}\nAfter.", "Stop: Text.", "Danger: Hot.", "After.")
	f("```{warning} Of heat\n:class: x\nText.\n```\n:::{note}\nMore.\n:::\n```{toctree}\na\n```\n```{code-block} python\nx = 1\n```\nAfter.",
		"Of heat: Text.", "More.", "x = 1", "After.")
	// Tabs
	f("## Install\n\n=== \"Debian\"\n\n    Use apt.\n\n=== \"Windows\"\n\n    Use the MSI.\n\nDone.", "Install › Debian: Use apt.", "Install › Windows: Use the MSI.", "Install: Done.")
	f("<Tabs>\n  <TabItem value=\"win\" label=\"Windows\">\n\n    Use the MSI.\n\n  </TabItem>\n  <TabItem value=\"mac\">Use brew.</TabItem>\n</Tabs>\n\nDone.",
		"Windows: Use the MSI.", "mac: Use brew.", "Done.")
	f("<Tabs items={['Debian', 'Windows']}>\n<Tab>\nUse apt.\n</Tab>\n<Tab>\nUse the MSI.\n</Tab>\n</Tabs>", "Debian: Use apt.", "Windows: Use the MSI.")
	f("{% tabs %}\n{% tab title=\"Windows\" %}\nUse the MSI.\n{% endtab %}\n{% endtabs %}\nDone.", "Windows: Use the MSI.", "Done.")
	f("{{< tabs items=\"Debian,Windows\" >}}\n{{< tab >}}\nUse apt.\n{{< /tab >}}\n{{< tab >}}\nUse the MSI.\n{{< /tab >}}\n{{< /tabs >}}", "Debian: Use apt.", "Windows: Use the MSI.")
	f("{{< tab \"Windows\" >}}\nUse the MSI.\n{{< /tab >}}\n", "Windows: Use the MSI.")
	f("::::tabs\n:::tab Windows\nUse the MSI.\n:::\n::::\n", "Windows: Use the MSI.")
	f("::: tabs\n@tab Debian\nUse apt.\n@tab:active Windows\nUse the MSI.\n:::\nDone.", "Debian: Use apt.", "Windows: Use the MSI.", "Done.")
	f("## Hi\n<!-- tabs:start -->\n### **English**\nHello.\n### **French**\nBonjour.\n<!-- tabs:end -->\nDone.", "Hi › **English**: Hello.", "Hi › **French**: Bonjour.", "Hi: Done.")
	f("## A\n\n=== \"B\"\n\n    # C\n\n    Text.\n\nDone.", "A › B › C: Text.", "A: Done.")
	// JSX
	f("import {Callout} from '../x';\nimport './y.css'\nexport const meta = {\n  a: 1,\n};\n\n# Q\n\n<Callout type=\"warning\">May have 40.</Callout>\n\n{/* no\nno */}\n\nSee <Tip text=\"no\">this</Tip>.{' '}More.",
		"Q › Warning: May have 40.", "Q: See this.", "Q: More.")
	f("<Card\n  title=\"Start\"\n  href=\"/x\"\n>\n  How to begin.\n</Card>\n<Frame>\n  Text.\n</Frame>\n<Video src=\"x\" />\nAfter.", "Start: How to begin.", "Text.", "After.")
	f("import it from there.", "import it from there.")
	// HTML
	f("# P\n\n<table>\n<tr><th>Plan</th><th>Seats</th></tr>\n\n<tr><td>Team</td><td>40</td></tr>\n</table>\n<details>\n<summary>More\nseats?</summary>\n\nWrite **us**.\n\n</details>\n\n<h2>Old</h2>\n<p>It had <b>3 seats</b>.</p>",
		"P: Team | 40", "P › More seats?: Write **us**.", "P › Old: It had 3 seats.")
	f("<div align=\"center\">\n  <img src=\"x\">\n\n  <h1>Title</h1>\n</div>\n\nText <!-- no --> goes on.<br>Next <kbd>Ctrl</kbd>, H<sub>2</sub>O, 10<sup>6</sup>, it<sup><a href=\"#1\">1</a></sup>.",
		"Title: Text  goes on.", "Title: Next Ctrl, H2O, 10^6, it.")
	f("<a href=\"#\">\n    <picture>\n        <img src=\"x\">\n    </picture>\n    Shown.\n</a>\n\n    code <b>", "Shown.", "code <b>")
	f("<div style=\"display: none\">\nno\n</div>\n<nav>no</nav>Yes.", "Yes.")
	f("| A<br>B | C |\n|---|---|\n| 1<br/>2 | <ul><li>3</li></ul> |", "1 2 | 3")
	f("AT&amp;T&nbsp;is &lt;b&gt;.", "AT&T is &lt;b&gt;.")
	// Links, attributes, furniture
	f("[TOC]\n\n## Title {#anchor .x}\n\nSee [[Page|this]] and [[That]], [a]{.b} and [c](d){:target=\"_blank\"}.\n{: .lead}\n\n{:toc}", "Title: See this and That, a and [c](d).")
	f("See [x]({{< ref \"y.md\" >}}) {{< glossary text=\"Pods\" id=\"z\" >}}.\n{% include a.html %}\n{% raw %}\nText {{ x }}.\n{% endraw %}\n{% comment %}\nno\n{% endcomment %}\n{{< figure src=\"x\" >}}", "See [x](y.md) Pods.", "Text {{ x }}.")
	f("{% highlight go %}\nx := <T>{}\n{% endhighlight %}\nAfter.", "x := <T>{}", "After.")
	// Groups in tables
	f("| Region | Plan | Fee |\n|---|---|---|\n| Asia | Basic | 1 |\n| | Team | 2 |\n| | | 3 |", "Asia | Basic | 1", "Asia | Team | 2", "Asia | Team | 3")
}

// Text that only looks like a mark stays byte for byte, and so does all code.
func TestMarkdownIsKept(t *testing.T) {
	for _, in := range []string{
		"Use List<String>, Map<String, int>, a < b > c, <https://example.org>, <a@b.c>, <your-name> and `<b>`.\n",
		"Run `{{< tab >}}` or ``{% raw %} ` {% x %}``; {{ value }} and {x} stay.\n",
		"```md\n:::note\n<b>x</b>\n!!! note\n    x\n```\n",
		"Text.\n\n    <b>code</b>\n    :::note\n",
		"~~~\n=== \"Debian\"\n~~~\r\n",
		"<!-- a\n<b>c</b>\n-->\n",
		"- a\n\n  b\n   - c\n1. d\n\n       code\n",
		"[x]: http://example.org\n[^1]: A note.\n[1](a) [[1]] [ -f x ]\n",
		"Title\n=====\n\n=== x\n: a\n:: b\n! c !!!\n> [quote]\n",
		"| a | b |\n|---|---|\n| | 1 |\n| c | d |\n",
		"\ufeff---\ntitle: <b>\n---\nText",
		"",
	} {
		if e, err := Format.Extract(t.Context(), []byte(in), extract.Default); err != nil || e.Text != in || e.Places != place.SameLines {
			t.Errorf("%q became %q", in, e.Text)
		}
	}
}

// A page of settings is refused before it is stored.
func TestPagesOfSettings(t *testing.T) {
	f := func(in string, want bool) {
		t.Helper()
		err := (extract.Formats{Format}).Check(multivac.Telling{Body: []byte(in)})
		if got := errors.Is(err, extract.ErrNoText) && errors.Is(err, multivac.ErrInvalid); got != want {
			t.Errorf("%q: got %v, want refused: %v", in, err, want)
		}
	}
	f("---\ntitle: Section\nweight: 3\n---\n", true)
	f("\ufeff---\r\ntitle: Section\r\n---\r\n\r\n<!-- none\n-->\n{{< cards >}}\n", true)
	f("+++\ntitle = 'Section'\n+++\n{{< cards >}}\n<div></div>\n***\n", true)
	f("---\ntitle: Section\n---\nText", false)
	f("---\ntitle: Section\n---\n# Heading", false)
	f("", false)
	f("...", false)
}

func TestMarkdownLines(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, "---\ntitle: T\n---\n# A\n\n:::tip B\nc\n:::\n<table>\n<tr><td>d</td></tr>\n<tr><td>e</td></tr>\n</table>\n<X\n  y=\"z\"\n/>\n{/* f\ng */}\nh<br>i\n"))
	if d := cmp.Diff(map[string]int{"---": 3, "title: T": 2, "# A": 4, "## B": 6, "c": 7, "##": 8, "| d |": 10, "| e |": 11, "h": 18, "i": 18}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

// Marks that are never closed must not make it slow. Quadratic time would be
// minutes.
func TestMarkdownIsLinear(t *testing.T) {
	require.Long(t, "it reads many megabytes")
	for _, in := range []string{"<table>", "<table>\n", "<div>\n", "<A {\n", "<a b=\"", "{% x", "{{< x ", "{/*", "[[", "<!--", "`", "` `` ", "``` ", "!!! a\n",
		":::a\n", "&", "<A\n", "<details><summary>", "<a <", "{", "> [!a]\n", "</a>", "<table></table>", "<sup>", "[a]{.b}", "<ul><li>", "<A>", "<br>", "](", "<A b={"} {
		_, err := Format.Extract(t.Context(), []byte("text "+strings.Repeat(in, (1<<20)/len(in))+"</table></div></A></details>"), extract.Default)
		if err != nil && !errors.Is(err, multivac.ErrInvalid) {
			t.Errorf("%s…: %v", in, err)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("---\ntitle: x\n---\n# [a](b) `c` {#d}\n")
	f.Add("\xff\xfea\x00")
	f.Add("# a\n:::tip b\n!!! c \"d\"\n    e\n=== \"f\"\n    ```{g} h\n    :i: j\n    ```\n:::\n> [!k] l\n> m<br>n\n| o | p |\n|-|-|\n| | q |\n")
	f.Add("<Tabs items={['a']}>\n  <Tab>\n  b\n  </Tab>\n</Tabs>\n{% tab \"c\" %}\nd{% endtab %}\n{{< e \"f\" >}}g{{< /e >}}\n{/* h */}<table><tr><td>i\n</table>j <sup>k</sup> [[l|m]] &amp;\n")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"A line.\n\n", "::: tip Title\ntext\n", "<table><tr><td>a cell</table>\n", "> [!note]\n> text\n\n"} {
		extracttest.Bounded(t, Format, unit)
	}
}

// An element that is over the limit by itself makes the text too large, and is
// not left out.
func TestElementsAreBounded(t *testing.T) {
	in := "# A\n\n<table><tr><td>a<td>b<tr><td>" + strings.Repeat("x", 500) + "<td>c</table>\n\nEnd.\n"
	for bytes, want := range map[int64]error{200: multivac.ErrTooLarge, 2000: nil} {
		e, err := Format.Extract(t.Context(), []byte(in), extract.Limits{Bytes: bytes, Depth: 100})
		if !errors.Is(err, want) || want == nil && !strings.Contains(e.Text, "xxx") {
			t.Errorf("with %d bytes: got %q, %v, want %v", bytes, e.Text, err, want)
		}
	}
}
