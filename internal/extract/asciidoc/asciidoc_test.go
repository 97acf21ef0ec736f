package asciidoc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multivac/internal/extract/extracttest"
)

func TestAsciiDoc(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantSentences(t, Format, in, want...) }
	f("// no\n= The _Pumps_\nAda Heron <a@x.example>\n:v: 4.2\n:w: {v}.1 \\\nand more\n// no\n\nVersion {v} of {w}, {nosuch}.\n\n== How\n\nStop it.\n\n[discrete]\n=== Sub\n:v!:\nIs {v}.",
		"The Pumps: Ada Heron <a@x.example>", "The Pumps: Version 4.2 of 4.2.1 and more, {nosuch}.", "The Pumps › How: Stop it.", "The Pumps › How › Sub: Is {v}.")
	f("ifdef::nosuch[]\nno\nifdef::backend-html5[]\nno\nendif::[]\nendif::[]\nifndef::nosuch[Yes.]\nifdef::a+b[no]\n\n:a:\nifdef::a,b[]\n\nAnd.\n\nendif::[]\n:n: 3\nifeval::[{n} > 2]\n\nThree.\n\nendif::[]\nifeval::[\"{n}\" == \"2\"]\nno\nendif::[]\ninclude::no.adoc[]\n\\include::shown[]",
		"Yes.", "And.", "Three.", "include::shown[]")
	f("One.\n////\nno\n////\n\n[comment]\nno\n\nimage::no.png[no]\n\n.Caption\nimage::no.png[no]\n\ntoc::[]\n\n'''\n\n<<<\n\nTwo.\n// no\nThree.", "One.", "Caption", "Two.", "Three.")
	f("WARNING: Hot.\n\nNOTE: Mild.\n\n[CAUTION]\n.Data loss\n====\nNo way back.\n\n* a\n* b\n====\n\nAfter.\n\n[TIP]\nDo it.", "Warning: Hot.", "Mild.", "Data loss: No way back.", "Data loss: a", "Data loss: b", "After.", "Do it.")
	f(".Start\n[source,sh]\n----\npump start # <1>\n== x <2> <3>\n----\n<1> Starts it.\n<2> More.\n\n....\nliteral\n....\n\n  indented\n  code\n\n```go\nx := 1\n```\n\n[listing]\ncode\n\nAfter.",
		"Start", "pump start", "== x", "Starts it.", "More.", "literal", "indented", "code", "x := 1", "code", "After.")
	f("* one\ngoes on\n** two\n+\nA paragraph of it.\n+\n----\ncode\n----\n* [x] three\n\n* four\n. five\n. six\n\n[start=4]\n. seven\n\nAfter.",
		"one\n  goes on", "two", "A paragraph of it.", "code", "three", "four", "five", "six", "seven", "After.")
	f("Valve:: It holds.\nRing::\n  It rings.\nA::\nB:: Both.\nWhy?::\n\nSo.\nDeep;; Deeper.\n\n* a\n--\nno list\n--\n", "Valve: It holds.", "Ring: It rings.", "A, B: Both.", "Why? So.", "Deep: Deeper.", "a", "no list")
	f("[quote, Ada, Book]\n____\nSaid.\n____\n\n[verse, Bob]\nRoses.\n\n.Side\n****\nAside.\n****\n\n--\nOpen.\n--\n\n++++\n<b>bold</b><script>no</script>\n++++\n\n[stem]\n++++\nx^2\n++++\n\n.Named\nText.",
		"Said.", "— Ada, Book", "Roses.", "— Bob", "Side: Aside.", "Open.", "bold", "x^2", "Named: Text.")
	f("Title\n=====\n\nText.\n\nSub\n---\n\nMore.\n\nNot a title\n--\nx\n--", "Title: Text.", "Title › Sub: More.", "Title › Sub: Not a title", "Title › Sub: x")
	f("----\nnot closed\n\n== x", "not closed", "== x")
	f("====\nA\n\n----\ncode\n====\n\nAfter.", "A", "code", "After.")
}

func TestTables(t *testing.T) {
	f := func(in string, want ...string) { t.Helper(); extracttest.WantLines(t, Format, in, want...) }
	f(".Plans\n[cols=\"1,2\",options=\"header\"]\n|===\n|Plan |*Seats*\n|Team\n|40 \\| 50\n|Basic | 5\n|===", "Plans", "| Plan | Seats |", "|---|---|", `| Team | 40 \| 50 |`, "| Basic | 5 |")
	f("|===\n|A |B\n\n|a |b\n|c |d\n|===", "| A | B |", "|---|---|", "| a | b |", "| c | d |")
	f("|===\n|a |b\n|c |d\n|===", "| a | b |", "| c | d |")
	f("[%header,cols=3*]\n|===\n|A |B |C\n2+|both .2+|down\n|x |y\n2*|twice |z\n|===", "| A | B | C |", "|---|---|---|", "| both | both | down |", "| x | y | down |", "| twice | twice | z |")
	f("[cols=2*]\n|===\n.3+|a .3+|b\n|c |d\n|===", "| a | b |", "| a | b |", "| a | b |", "| c | d |")
	f("[%header,format=csv]\n|===\nA,B\n\"a, b\",_c_\n|===", "| A | B |", "|---|---|", "| a, b | c |")
	f(",===\na,b\n,===", "| a | b |")
	f("[cols=\"1,a\"]\n|===\n|x\n|* one\n* two\n|===", "| x | * one * two |")
}

func TestInline(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := strings.TrimSpace(extracttest.Read(t, Format, in).Text); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", in, got, want)
		}
	}
	f("a *bold* _it_ `code` #mark# **b**c __d__e ``f``g ##h##", "a bold it code mark bc de fg h")
	f("*_both_*, (*x*). a*b*c snake_case_x 2 * 3 * 4 C# and F#", "both, (x). a*b*c snake_case_x 2 * 3 * 4 C# and F#")
	f("[.red]#text# [line-through]#gone# x^2^ 1^st^ H~2~O", "text x^2 1st H2O")
	f("+*a*+ ++_b_++ +++<u>c</u>+++ pass:[*d*] `+*e*+` one +\ntwo", "*a* _b_ c *d* *e* one\ntwo")
	f("https://x.example[the *site*,window=_blank], link:a.html[A^], https://y.example/a_b_c. <https://z.example> mailto:a@x.example[mail] link:b.html[] http://w.example[\"a, b\",role=c]",
		"the site, A, https://y.example/a_b_c. https://z.example mail b.html a, b")
	f("== Big _title_\n\n[[x]]\n.Named\nSee <<_big_title>>, <<x>>, <<nosuch>>, <<y,that one>>, xref:z.adoc#q[Z] and xref:x[].", "## Big title\n\n### Named\n\nSee Big title, Named, [nosuch], that one, Z and Named.\n###")
	f("A.footnote:[The _note_.] B image:x.png[no] kbd:[Ctrl+C] btn:[OK] menu:File[Save > As] ((term)) (((no, no)))indexterm:[no] stem:[x] [[anchor]]c", "A. B Ctrl+C OK File › Save › As term x c\n\nThe note.")
	f("&amp; &#169; (C) (TM) a -- b a--b --flag -> {nbsp}{amp} \\*a* \\{a} \"`q`\" '`r`'", "& © © ™ a — b a—b --flag → & *a* {a} “q” ‘r’")
	f("*unclosed and _this and `that", "*unclosed and _this and `that")
	f("a footnote:[b\nc] d\n| e |", "a\nd | e |\n\nb c")
	f(":a: *b* https://x.example\n\n{a}[c] {cpp} => {cpp} `[TOC]` and `x`", "*b* c C++ ⇒ C++ [TOC] and x")
}

func TestLines(t *testing.T) {
	got := extracttest.Lines(extracttest.Read(t, Format, "= T\n:a: b\n\n// no\nOne\nhttp://x[two\nthree]\n// no\nfour.\n\n* item\n  more\n+\n----\n\ncode\n----\n\n|===\n|a |b\n\n|c |d\n|===\n\nterm::\n  def"))
	delete(got, "```")
	if d := cmp.Diff(map[string]int{"# T": 1, "One": 5, "two": 6, "three": 7, "four.": 9, "- item": 11, "more": 12, "code": 16, "| a | b |": 20, "|---|---|": 20, "| c | d |": 22, "- term: def": 26}, got); d != "" {
		t.Errorf("lines (-want +got)\n%s", d)
	}
}

func TestTitle(t *testing.T) {
	f := func(in, want string) { t.Helper(); extracttest.WantTitle(t, Format, in, want) }
	f("= The *pumps*\n\ntext", "The pumps")
	f("text\n\n== First", "First")
	f("text", "")
}

func FuzzAsciiDoc(f *testing.F) {
	f.Add("= a\n:b: c\n\n{b} *d* _e_ `f` footnote:[g] <<h>> http://i[j]\n\n* k\n+\n----\nl <1>\n----\n<1> m\n\nn:: o\n")
	f.Add("[cols=\"1,2\"]\n|===\n|a |b\n\n2+|c .2+|d\n|===\n,===\na,b\n,===\n[NOTE]\n====\nx\n====\nifdef::a[]\nb\nendif::[]\n++++\n<b>\n++++\n")
	f.Fuzz(func(t *testing.T, in string) { extracttest.Any(t, Format, in) })
}

func TestBounded(t *testing.T) {
	for _, unit := range []string{"A line.\n\n", "* a\n** b\n", "== a\n", "[NOTE]\n====\nx\n====\n", "|===\n|a |b\n|===\n", "*a _b `c footnote:[d <<e +f "} {
		extracttest.Bounded(t, Format, unit)
	}
}

// Values that grow with each attribute end.
func TestAttributesAreBounded(t *testing.T) {
	in := ":a: xxxxxxxxxx\n" + strings.Repeat(":a: {a}{a}\n", 100) + "\n" + strings.Repeat("{a}\n", 1000)
	if e := extracttest.Read(t, Format, in); len(e.Text) > 1<<18 {
		t.Errorf("%d bytes of text of %d", len(e.Text), len(in))
	}
}
