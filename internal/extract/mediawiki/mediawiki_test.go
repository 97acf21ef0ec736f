package mediawiki

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract"
	"multivac/internal/extract/extracttest"
)

func TestMediaWiki(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f("__NOTOC__\n== The ''pumps'' ==\nStop '''it'''.<!-- no\nno -->\nThen wait.\n<!-- no -->\n=== Sub ===\n----\nMore.\n\n[[Category:Pumps]]\n[[de:Pumpen]]",
		"The pumps: Stop it.", "The pumps: Then wait.", "The pumps › Sub: More.")
	f("* one\n** two\n*# three\n*# four\n*: more of it\n# five\n# six\n#* in six\n# seven\n: indented\n; Valve : It holds.\n; Ring\n: It rings.\n; Alone\nText.",
		"one", "two", "three", "four", "more of it", "five", "six", "in six", "seven", "indented", "Valve: It holds.", "Ring: It rings.", "Alone", "Text.")
	f("Run:\n<syntaxhighlight lang=\"sh\">\npump ''start''\n== x\n</syntaxhighlight>\nor <code>stop</code> <nowiki>[[a]] ''b'' &lt;</nowiki>\n<pre>\n{{x}} &amp;\n</pre>\n a line\n with '''bold'''\n\nAfter.",
		"Run:", "pump ''start''", "== x", "or stop [[a]] ''b'' <", "{{x}} &", "a line", "with bold", "After.")
	f("A.<ref>The ''note''.\nMore {{x}}</ref> B.<ref name=\"x\" />\n== H ==\nC.<ref name=y>Last.</ref>\n<references>\n<ref>Listed.</ref>\n</references>", "A. B.", "The note.", "More", "H: C.", "H: Last.", "H: Listed.")
	f("{{Infobox city\n| name = Portelune\n| population_total = 5,000 [[people]]\n| image = a.jpg\n| area = \n}}\n{{unknown|no|x={{no|no}}}}Text {{nowrap|a b}} {{lang|fr|mot}} {{convert|5|km|mi}} {{key press|Ctrl|C}} {{abbr|X|no}}{{snd}}{{ic|a{{=}}b}}{{#if:x|no|no}} {{{p|q}}}.\n{{Warning|Hot.}}\n\n{{Note|1=Mild.}}",
		"name | Portelune", "population total | 5,000 people", "Text a b mot 5 km Ctrl+C X – a=b q.", "Warning: Hot.", "Mild.")
	f("[[File:a.jpg|thumb|200px|alt=no|The [[pump|old]] one.]]Text.\n\n[[Datei:b.png|no]]\n<gallery>\nFile:a.jpg|First\nb.jpg\n</gallery>", "Text.", "First", "The old one.")
	f("<div class=\"x\">One.</div><p>Two<br/>three.</p><ul><li>a<li>b</ul><s>no</s> <del>no</del>x<sup>2</sup> 1<sup>st</sup> H<sub>2</sub>O a < b <foo> <includeonly>no</includeonly><h3>Head</h3>Text.<table><tr><th>A<th>B<tr><td>1<td>2</table>",
		"One.", "Two three.", "a", "b", "x^2 1st H2O a < b <foo>", "Head: Text.", "Head: 1 | 2")
	f("{{unclosed\nText [[unclosed ''and'' <ref>more\n}} ]]", "{{unclosed\nText [[unclosed and more }} ]]")
}

func TestTables(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantLines(t, Format, in, want...) }
	f("{| class=\"wikitable\"\n|+ style=x | The ''plans''\n! Plan !! scope=\"col\" | Seats\n|-\n| Team || style=\"a\" | 40 [[a|b]]\n|-\n| rowspan=2 | Big\n| more than\n'''100'''\n* a\n|-\n| x\n|}", "The plans", "| Plan | Seats |", "|---|---|", "| Team | 40 b |", "| Big | more than 100 a |", "| Big | x |")
	f("{|\n| a\n|\n{|\n| in || side\n|}\n| b\n|}\nText.", "| a | in side | b |", "Text.")
	f(":{|\n! colspan=2 | Both\n|-\n| a{{!}}b || c\n|}", "| Both |", "|---|", `| a\|b | c |`)
}

func TestInline(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := strings.TrimSpace(extracttest.Read(t, Format, in).Text); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", in, got, want)
		}
	}
	f("'''''both''''' l''''avion'''' it's a''b''c", "both l'avion' it's abc")
	f("[[A]] [[A|b '''c''']] [[bus]]es [[Help:A (x)|]] [[:Category:X]] [[a#b]] [http://x.example the ''site''] [http://y.example] https://z.example", "A b c buses A Category:X a#b the site https://z.example")
	f("&lt;b&gt; &amp;amp; a&nbsp;b &#39;&#39; -{zh-hans:简;zh-hant:繁}- ~~~~ snake__case", "<b> &amp; a b '' 简 snake__case")
	f("<math>x^2</math> and <syntaxhighlight lang=c inline>a[0]</syntaxhighlight>", "x^2 and a[0]")
}

func TestLines(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, "{{nosuch\n|a=b\n}}\nOne\n<!-- no\nno -->\nTwo<ref>x\ny</ref> three\nfour.\n\n== H ==\n* item\n<pre>\ncode\n</pre>\n{|\n|-\n! a\n|-\n| b\n|}\nlast"))
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"One": 4, "Two three": 7, "four.": 9, "x y": 7, "## H": 11, "- item": 12, "code": 14, "| a |": 18, "|---|": 18, "| b |": 20, "last": 22}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

func TestTitle(t *testing.T) {
	f := func(in, want string) { t.Helper(); extracttest.WantTitle(t, Format, in, want) }
	f("{{DISPLAYTITLE:The ''pumps''}}\ntext", "The pumps")
	f("text\n== First ==", "First")
	f("text", "")
	_, err := extract.Formats{Format}.Extract(t.Context(), "text/x-wiki", []byte("#REDIRECT [[Pumps]]\n"), extract.Default)
	if !errors.Is(err, extract.ErrNoText) || !strings.Contains(err.Error(), "tell Pumps") {
		t.Errorf("got %v", err)
	}
}

func FuzzMediaWiki(f *testing.F) {
	f.Add("== a ==\n'''b''' [[c|d]] [http://e f] {{nowrap|g}} <ref>h</ref>\n* i\n*# j\n; k : l\n{|\n! m !! n\n|-\n| rowspan=2 | o || p\n|}\n")
	f.Add("{{Infobox x|a=b}}[[File:a|thumb|b [[c]]]]<pre>\nd\n</pre><table><tr><td colspan=3>e</table><ul><li>f</ul><sup>2</sup>{{{g|h}}}\n<gallery>\na|b\n</gallery><nowiki>''</nowiki>")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"A line.\n\n", "* a\n** b\n", "== a ==\n", "{|\n! a\n|-\n| b\n|}\n", "'''a [[b <ref>c {{d <pre> [http://e ", "{{nowrap|a}} b\n\n"} {
		extracttest.Bounded(t, Format, unit)
	}
}
